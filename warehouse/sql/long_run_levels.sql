-- The levels that figure 2 of a session stands on: every day of each line.
--
-- in:  figure.long_run; getvariable('study'), getvariable('session')
-- out: series_id, date
SELECT series_id, date
FROM figure.long_run
WHERE study = getvariable('study') AND session = getvariable('session')
