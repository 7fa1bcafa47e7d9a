-- Sides with clearly fewer names than on the newest earlier session: a file that has lost names, or ends earlier.
WITH available AS (
    SELECT DISTINCT session, index_id, availability, members_date, n_available
    FROM figure.constituent_return_summary
    WHERE study = getvariable('study')
),
compared AS (
    SELECT
        *,
        lag(session) OVER earlier AS session_before,
        lag(n_available) OVER earlier AS n_available_before
    FROM available
    WINDOW earlier AS (PARTITION BY index_id, availability ORDER BY session)
)
SELECT session, index_id, availability, members_date, n_available, session_before, n_available_before
FROM compared
WHERE session IN (SELECT session FROM run_session) AND n_available * 100 < n_available_before * 95
ORDER BY ALL
