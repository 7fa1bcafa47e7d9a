-- Why figure 5 can't be made for a session: no fund of the reviewed list has a valuation that is new enough.
--
-- in:  fund_reviewed, run_session (fund_tables.sql); fund_valuation, fund_shown (fund_ranking_prepare.sql)
-- out: session, is_late (there are older valuations), reason
WITH sold AS (
    SELECT s.session, s.due_date, s.oldest, s.as_of, r.fund_id
    FROM run_session AS s
    LEFT JOIN fund_reviewed AS r
        ON r.is_active AND r.sold_since <= s.as_of AND coalesce(r.sold_until > s.as_of, true)
)
SELECT
    s.session,
    coalesce(max(v.valuation_date) < any_value(s.oldest), false) AS is_late,
    CASE
        WHEN count(s.fund_id) = 0 THEN format('no fund of the reviewed list is sold on {}', any_value(s.as_of))
        ELSE format(
            'none of {} funds has a valuation from {} to {}; newest: {}',
            count(DISTINCT s.fund_id), any_value(s.oldest), any_value(s.as_of),
            coalesce(CAST(max(v.valuation_date) AS VARCHAR), 'none')
        )
    END AS reason
FROM sold AS s
LEFT JOIN fund_valuation AS v ON v.fund_id = s.fund_id AND v.valuation_date <= s.as_of
WHERE s.session NOT IN (SELECT session FROM fund_shown)
GROUP BY s.session
ORDER BY s.session
