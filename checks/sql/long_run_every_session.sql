-- Sessions on which a line has no value, and days on which it has one without a session or more than one. Of monthly
-- series the sessions are the last ones of each month.
WITH line AS (
    SELECT session, index_id, date, count(*) AS rows_found
    FROM figure.long_run
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    GROUP BY ALL
),
span AS (
    SELECT session, index_id, min(date) AS first_date, max(date) AS last_date FROM line GROUP BY ALL
),
-- An index of the study that has no line at all is missing on every session that another one has.
wanted AS (
    SELECT s.session, s.index_id, c.date
    FROM span AS s JOIN study_day AS c ON c.date BETWEEN s.first_date AND s.last_date
    UNION
    SELECT l.session, i.index_id, l.date
    FROM line AS l
    CROSS JOIN (SELECT DISTINCT index_id FROM study_series) AS i
    ANTI JOIN span AS s ON s.session = l.session AND s.index_id = i.index_id
)
SELECT session, index_id, date AS day, l.rows_found
FROM wanted AS w
FULL JOIN line AS l USING (session, index_id, date)
WHERE l.rows_found IS DISTINCT FROM 1 OR w.date IS NULL
ORDER BY ALL
