-- Why growth of earnings can't be told for a session: a row an index without this year's row. Growth is a comparison:
-- one index alone is not published.
--
-- in:  study_series, run_session (study_tables.sql); eps_estimate_known, eps_newest, eps_method, eps_headline
--      (eps_growth_prepare.sql); getvariable('eps_methods')
-- out: session, is_late (never: estimates have no day on which they are due), reason
WITH lacking AS (
    SELECT r.session, r.as_of, r.oldest, i.index_id, i.index_order
    FROM run_session AS r
    CROSS JOIN (SELECT DISTINCT index_id, index_order FROM study_series) AS i
    ANTI JOIN eps_headline AS h ON h.session = r.session AND h.index_id = i.index_id
),
known AS (
    SELECT l.session, l.index_id, max(k.source_date) AS newest
    FROM lacking AS l
    JOIN eps_estimate_known AS k ON k.index_id = l.index_id AND k.source_date <= l.as_of
    GROUP BY ALL
),
there AS (
    SELECT
        session, index_id,
        string_agg(
            format('{} of {} ({})', method, fiscal_year, source_date), ', ' ORDER BY fiscal_year, method
        ) AS found
    FROM eps_method
    GROUP BY ALL
)
SELECT
    l.session,
    false AS is_late,
    CASE
        WHEN t.found IS NULL
            THEN format(
                '{}: no estimate from {} to {}; newest: {}',
                l.index_id, l.oldest, l.as_of, coalesce(CAST(k.newest AS VARCHAR), 'none')
            )
        ELSE format(
            '{}: no growth of {} by {}; there is: {}',
            l.index_id, year(l.as_of), array_to_string(getvariable('eps_methods'), ' or '), t.found
        )
    END AS reason
FROM lacking AS l
LEFT JOIN known AS k ON k.session = l.session AND k.index_id = l.index_id
LEFT JOIN there AS t ON t.session = l.session AND t.index_id = l.index_id
ORDER BY l.session, l.index_order
