-- Lines that do not start with 100 at the base session that all lines of the session share.
WITH start AS (
    SELECT session, index_id, any_value(base_date) AS base_date, min(date) AS first_date, arg_min(rebased, date) AS first_value
    FROM figure.long_run
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    GROUP BY ALL
)
SELECT *
FROM start
WHERE first_value <> 100 OR first_date <> base_date
    OR base_date <> (SELECT max(o.base_date) FROM start AS o WHERE o.session = start.session)
ORDER BY ALL
