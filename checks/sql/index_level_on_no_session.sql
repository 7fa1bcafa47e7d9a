-- Levels on days on which the exchange did not trade.
SELECT l.series_id AS subject, l.date, l.level
FROM core.index_level_as_known(getvariable('known_at')) AS l
JOIN study_series AS s USING (series_id)
ANTI JOIN calendar AS c ON c.date = l.date
WHERE l.date >= (SELECT min(date) FROM calendar)
ORDER BY subject, l.date
