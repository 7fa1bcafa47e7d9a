-- Lines that end before the as-of date.
SELECT session, index_id, arg_max(series_id, date) AS subject, max(date) AS last_date, any_value(as_of) AS as_of
FROM figure.long_run
WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
GROUP BY session, index_id
HAVING max(date) < any_value(as_of)
ORDER BY ALL
