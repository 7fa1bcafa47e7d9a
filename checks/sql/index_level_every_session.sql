-- Sessions of the exchange without a level between a daily series' first and last day.
WITH life AS (
    SELECT s.series_id, min(l.date) AS first_date, max(l.date) AS last_date
    FROM study_series AS s
    JOIN study_level AS l USING (series_id)
    WHERE s.frequency = 'daily'
    GROUP BY s.series_id
)
SELECT life.series_id AS subject, c.date
FROM life
JOIN calendar AS c ON c.date BETWEEN life.first_date AND life.last_date
ANTI JOIN study_level AS l ON l.series_id = life.series_id AND l.date = c.date
ORDER BY subject, c.date
