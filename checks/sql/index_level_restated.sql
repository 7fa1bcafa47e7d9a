-- Series of which the newest load changed more than five levels that were known before. What stands beside a level (its
-- close, a dividend) is no level.
WITH newest AS (
    SELECT series_id, max(known_at) AS known_at FROM core.index_level
    WHERE known_at <= getvariable('known_at') GROUP BY series_id
),
restated AS (
    SELECT l.series_id, l.date, any_value(l.level) AS level, arg_max(before.level, before.known_at) AS level_before
    FROM core.index_level AS l
    JOIN newest USING (series_id, known_at)
    JOIN study_series AS s USING (series_id)
    JOIN core.index_level AS before
        ON before.series_id = l.series_id AND before.date = l.date AND before.known_at < l.known_at
    GROUP BY l.series_id, l.date
    HAVING any_value(l.level) IS DISTINCT FROM arg_max(before.level, before.known_at)
)
SELECT series_id AS subject, min(date) AS date, max(date) AS last_date, count(*) AS restated_days
FROM restated
GROUP BY series_id
HAVING count(*) > 5
ORDER BY subject
