-- A second opinion on the newest estimates of each index's constituents: few are revised by half from one list to the next, and
-- their order stays.
--
-- in:  run_session, core.eps_estimate; getvariable('known_at')
-- out: a row an alarm: measure, what was found, what is usual
-- No real list of estimates was at hand: the limits are those of an estimate's meaning, not of a record.
WITH night AS (SELECT max(session) AS session FROM run_session),
known AS (
    SELECT n.session, e.*
    FROM core.eps_estimate_as_known(getvariable('known_at')) AS e JOIN night AS n ON e.source_date <= n.session
    WHERE e.constituent <> 'INDEX' AND e.eps_target IS NOT NULL
),
newest AS (SELECT index_id, fiscal_year, max(source_date) AS day FROM known GROUP BY ALL),
pair AS (
    SELECT
        a.session, a.index_id, a.eps_target AS now_value, b.eps_target AS before_value,
        rank() OVER (PARTITION BY a.index_id ORDER BY a.eps_target) AS now,
        rank() OVER (PARTITION BY a.index_id ORDER BY b.eps_target) AS before
    FROM known AS a
    JOIN newest AS n ON n.index_id = a.index_id AND n.fiscal_year = a.fiscal_year AND n.day = a.source_date
    ASOF JOIN known AS b
        ON b.index_id = a.index_id AND b.constituent = a.constituent AND b.fiscal_year = a.fiscal_year
        AND b.source_date < a.source_date
),
list AS (
    SELECT
        session, index_id, corr(now, before) AS order_kept,
        count(*) FILTER (abs(now_value - before_value) > 0.5 * abs(before_value)) / count(*) AS revised
    FROM pair GROUP BY ALL
    HAVING count(*) >= 20
)
SELECT index_id AS subject, session, 'order_of_estimates' AS measure, round_half_up(order_kept, 2) AS found, 0.8 AS usual
FROM list WHERE order_kept < 0.8
UNION ALL
SELECT index_id, session, 'share_of_estimates_revised_by_half', round_half_up(revised, 3), 0.15 FROM list WHERE revised > 0.15
ORDER BY ALL
