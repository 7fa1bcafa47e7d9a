-- Calendar years in which the whole market does not lie between small and large at a plausible weight of small.
WITH weights AS (
    SELECT
        m.whole, m.low, m.high, w.year, w.year_end,
        s.year_return - l.year_return AS gap,
        (w.year_return - l.year_return) / (s.year_return - l.year_return) AS weight
    FROM whole_market AS m
    JOIN year_return AS w ON w.series_id = m.whole
    JOIN year_return AS s ON s.series_id = m.small AND s.year = w.year
    JOIN year_return AS l ON l.series_id = m.large AND l.year = w.year
)
SELECT whole AS subject, year_end AS date, year, round_half_up(weight, 4) AS weight, low, high
FROM weights
WHERE abs(gap) > 0.005 AND weight NOT BETWEEN low AND high
ORDER BY subject, year
