-- Levels of the study's series that move on a day on which the exchange is stated to have stayed closed: either it was
-- open, or the level is another day's. A level that only repeats the one before says nothing against a closure.
--
-- in: study_series, right_level (study_levels.sql); core.correction; getvariable('known_at')
WITH moves AS (
    SELECT
        l.series_id, l.date, l.level, lag(l.level) OVER (PARTITION BY l.series_id ORDER BY l.date) AS level_before
    FROM right_level AS l
    SEMI JOIN study_series AS s USING (series_id)
)
SELECT m.series_id AS subject, m.date, m.level_before, m.level, c.stated_in, c.correction_id
FROM moves AS m
JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'closure' AND m.date BETWEEN c.date AND coalesce(c.until, c.date)
WHERE m.level <> m.level_before
ORDER BY subject, m.date
