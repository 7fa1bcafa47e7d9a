-- Funds of the reviewed list that are sold and are not in the table; one that was redeemed is expected to be gone.
SELECT
    s.session, r.fund_id, r.association_code, max(v.valuation_date) AS newest, s.oldest
FROM run_session AS s
JOIN fund_reviewed AS r ON r.is_active AND r.sold_since <= s.as_of AND coalesce(r.sold_until > s.as_of, true)
LEFT JOIN fund_valuation AS v ON v.fund_id = r.fund_id AND v.valuation_date <= s.as_of
WHERE (s.session, r.fund_id) NOT IN (SELECT (session, fund_id) FROM fund_listed)
    -- a session without any fund is not covered, which says more than a list of all
    AND s.session IN (SELECT session FROM fund_listed)
GROUP BY ALL
HAVING NOT coalesce(arg_max_null(v.redeemed_on, v.valuation_date) <= s.as_of, false)
ORDER BY ALL
