-- Sessions on which a line has no value, and days on which it has one without a session or more than one.
WITH line AS (
    SELECT session, index_id, date, count(*) AS rows_found
    FROM figure.long_run
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    GROUP BY ALL
),
span AS (
    SELECT session, index_id, min(date) AS first_date, max(date) AS last_date FROM line GROUP BY ALL
),
wanted AS (
    SELECT s.session, s.index_id, c.date FROM span AS s JOIN calendar AS c ON c.date BETWEEN s.first_date AND s.last_date
)
SELECT session, index_id, date AS day, l.rows_found
FROM wanted AS w
FULL JOIN line AS l USING (session, index_id, date)
WHERE l.rows_found IS DISTINCT FROM 1 OR w.date IS NULL
ORDER BY ALL
