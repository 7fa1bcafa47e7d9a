-- Sessions of the exchange without a level between a series' first and last day; of a monthly series the last session
-- of each month. hint: where none of the study's series has the day.
WITH life AS (
    SELECT series_id, min(date) AS first_date, max(date) AS last_date FROM study_level GROUP BY series_id
)
SELECT
    life.series_id AS subject, c.date,
    CASE
        WHEN count(*) OVER (PARTITION BY c.date) > 1 AND c.date NOT IN (SELECT date FROM study_level)
            THEN 'no series has this day: if the exchange stayed closed, state it in corrections.toml'
    END AS hint
FROM life
JOIN study_day AS c ON c.date BETWEEN life.first_date AND life.last_date
ANTI JOIN study_level AS l ON l.series_id = life.series_id AND l.date = c.date
ORDER BY subject, c.date
