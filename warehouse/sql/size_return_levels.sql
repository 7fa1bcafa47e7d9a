-- The levels that figure 1 of a session stands on: base and end of each window.
--
-- in:  figure.size_return; getvariable('study'), getvariable('session')
-- out: series_id, date
SELECT DISTINCT series_id, unnest([base_date, end_date]) AS date
FROM figure.size_return
WHERE study = getvariable('study') AND session = getvariable('session') AND base_date IS NOT NULL
