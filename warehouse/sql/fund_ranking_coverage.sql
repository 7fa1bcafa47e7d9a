-- Why figure 5 can't be made for a session: no fund of the reviewed list has a valuation that is new enough.
--
-- in:  fund_reviewed, run_session (fund_tables.sql); fund_valuation, fund_listed (fund_ranking_prepare.sql); fund_doubt, fund_shown (fund_ranking_doubt.sql)
-- out: session, is_late (there are older valuations), reason; check_name and subject where a check failed: of a fund that
--      is left out, and without subject where too many are
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
    END AS reason,
    CAST(NULL AS VARCHAR) AS check_name,
    CAST(NULL AS VARCHAR) AS subject
FROM sold AS s
LEFT JOIN fund_valuation AS v ON v.fund_id = s.fund_id AND v.valuation_date <= s.as_of
WHERE s.session NOT IN (SELECT session FROM fund_listed)
GROUP BY s.session
UNION ALL
SELECT
    d.session, false, format('{}: {}', any_value(l.name), string_agg(d.reason, '; ' ORDER BY d.check_name, d.reason)),
    max(d.check_name), d.fund_id
FROM fund_doubt AS d
JOIN fund_listed AS l ON l.session = d.session AND l.fund_id = d.fund_id
WHERE d.session IN (SELECT session FROM fund_shown)
GROUP BY d.session, d.fund_id
UNION ALL
SELECT
    session, false,
    format(
        '{} of the {} funds are in doubt, more than a quarter: {}',
        count(DISTINCT fund_id), (SELECT count(*) FROM fund_listed AS l WHERE l.session = fund_doubt.session),
        string_agg(fund_id || ': ' || reason, '; ' ORDER BY fund_id, check_name, reason)
    ),
    max(check_name), NULL
FROM fund_doubt
WHERE session NOT IN (SELECT session FROM fund_shown)
GROUP BY session
ORDER BY ALL
