-- A second opinion on how securities ended: is a return at the end plausible for its cause, and are ends not all alike?
--
-- in:  run_session, core.security; getvariable('known_at')
-- out: a row an alarm: measure, what was found, what is usual
-- No real list of ends was at hand. What is usual: a merger pays within half to twice the last price; a delisting for
-- performance rarely pays more than the last price; real lists have several returns, a default filled in has one.
WITH night AS (SELECT max(session) AS session FROM run_session),
ended AS (
    SELECT n.session, s.*
    FROM core.security_as_known(getvariable('known_at')) AS s JOIN night AS n ON s.delisted_on <= n.session
),
alike AS (
    SELECT session, count(*) AS ends, count(DISTINCT delisting_return) AS returns, count(delisting_return) AS stated
    FROM ended GROUP BY ALL
)
SELECT security_id AS subject, session, 'return_at_the_end' AS measure, delisting_return AS found
FROM ended
WHERE (delisting_cause = 'merger' AND abs(delisting_return) > 1)
    OR (delisting_cause = 'performance' AND delisting_return > 0.5)
UNION ALL
SELECT NULL, session, 'ends_that_all_have_one_return', stated FROM alike WHERE stated >= 20 AND returns = 1
ORDER BY ALL
