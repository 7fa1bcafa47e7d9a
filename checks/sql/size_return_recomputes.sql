-- Rows whose return is not what their levels say, or whose window does not run forward up to the as-of date.
SELECT session, index_id, base_rule, period, base_date, end_date, as_of, base_level, end_level, return_cum
FROM figure.size_return
WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    AND (
        abs(return_cum - (end_level / base_level - 1)) > 2e-6
        OR base_date >= end_date
        OR end_date > as_of
        OR (return_cum IS NULL) <> (base_date IS NULL)
    )
ORDER BY ALL
