-- The levels that the returns since events of a session stand on: base and end of each.
--
-- in:  figure.event_return; getvariable('study'), getvariable('session')
-- out: series_id, date
SELECT DISTINCT series_id, unnest([base_date, end_date]) AS date
FROM figure.event_return
WHERE study = getvariable('study') AND session = getvariable('session') AND base_date IS NOT NULL
