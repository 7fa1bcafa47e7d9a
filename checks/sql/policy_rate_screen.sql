-- A second opinion on policy rates: the last change, and how long the newest day lies back.
--
-- in:  run_session, core.policy_rate; getvariable('known_at')
-- out: a row an alarm: measure, what was found, what is usual
-- No real file was at hand. The Federal Reserve's target has moved by at most one point at once since it is announced
-- (2020-03-16), and its series has a value for every calendar day.
WITH night AS (SELECT max(session) AS session FROM run_session),
steps AS (
    SELECT n.session, p.series_id, p.date, p.rate - lag(p.rate) OVER (PARTITION BY p.series_id ORDER BY p.date) AS step
    FROM core.policy_rate_as_known(getvariable('known_at')) AS p JOIN night AS n ON p.date <= n.session
)
SELECT series_id AS subject, session, date AS day, 'step' AS measure, round_half_up(step, 6) AS found, 0.01 AS usual_up_to
FROM steps
WHERE abs(step) > 0.010001 AND date > session - 31
ORDER BY ALL
