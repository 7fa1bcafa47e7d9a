-- Why figure 3 can't be made for a session: a row an index without a list of members that is new enough, and one where
-- no company of any index has a filing that counts.
--
-- in:  revenue_side, revenue_list, run_session; domestic_list, domestic_company (domestic_revenue_share_prepare.sql)
-- out: session, is_late (there are older lists), reason
WITH held AS (
    SELECT series_id, as_of FROM core.holding WHERE known_at <= getvariable('known_at') GROUP BY ALL
),
lists AS (
    SELECT
        r.session, r.as_of, r.oldest, s.index_id, l.list_order, l.series_id,
        max(h.as_of) FILTER (h.as_of <= r.as_of) AS newest, min(h.as_of) FILTER (h.as_of > r.as_of) AS next_later
    FROM run_session AS r
    CROSS JOIN revenue_side AS s
    JOIN revenue_list AS l ON l.index_id = s.index_id
    LEFT JOIN held AS h ON h.series_id = l.series_id
    GROUP BY ALL
)
SELECT
    session,
    coalesce(max(newest) < any_value(oldest), false) AS is_late,
    format(
        '{}: no list of members from {} to {}; newest: {}', index_id, any_value(oldest), any_value(as_of),
        string_agg(
            series_id || ' ' || coalesce(CAST(newest AS VARCHAR), 'none')
            || coalesce(' (the next is of ' || CAST(next_later AS VARCHAR) || ': too late)', ''),
            ', ' ORDER BY list_order
        )
    ) AS reason
FROM lists
WHERE (session, index_id) NOT IN (SELECT (session, index_id) FROM domestic_list)
GROUP BY session, index_id
UNION ALL
SELECT
    session, false,
    format(
        'none of {} member companies has a filing by {} with a figure for a fiscal year that ends on or after {}',
        count(*), any_value(as_of),
        make_date(CAST(year(session) - getvariable('fiscal_years_back') AS INTEGER), 1, 1)
    )
FROM domestic_company
GROUP BY session
HAVING count(*) FILTER (status IN ('reported', 'domicile_tag', 'implied_domestic')) = 0
ORDER BY ALL
