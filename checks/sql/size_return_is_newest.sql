-- Windows that end before the as-of date although their rule ends them at the newest session.
SELECT DISTINCT session, series_id AS subject, index_id, end_date, as_of
FROM figure.size_return
WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    AND base_rule <> 'month_end' AND end_date < as_of
ORDER BY ALL
