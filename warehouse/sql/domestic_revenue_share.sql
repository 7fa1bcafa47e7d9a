-- Figure 3: the share of companies whose US revenue is the threshold or more of all revenue, under every method.
--
-- in:  revenue_side, revenue_threshold, run_session; domestic_list, domestic_company
--      (domestic_revenue_share_prepare.sql); getvariable('method', 'threshold', 'min_coverage'), the latter two in
--      ten-thousandths
-- out: the columns of figure.domestic_revenue_share from as_of on, without study and revision
WITH counted AS (
    SELECT
        c.session, c.as_of, c.index_id, t.ten_thousandths,
        count(*) AS n_members,
        count(*) FILTER (c.status = 'reported') AS n_reported,
        count(*) FILTER (c.status = 'domicile_tag') AS n_domicile_tag,
        count(*) FILTER (c.status = 'implied_domestic') AS n_implied_domestic,
        count(*) FILTER (c.status = 'region_only') AS n_region_only,
        count(*) FILTER (c.status = 'missing') AS n_missing,
        count(*) FILTER (c.status = 'invalid') AS n_invalid,
        n_reported + n_domicile_tag AS n_stated,
        -- whole numbers on both sides: us / all >= threshold without a division
        count(*) FILTER (
            c.status IN ('reported', 'domicile_tag')
            AND CAST(c.us_revenue AS HUGEINT) * 10000 >= CAST(c.revenue AS HUGEINT) * t.ten_thousandths
        ) AS n_stated_above
    FROM domestic_company AS c
    CROSS JOIN revenue_threshold AS t
    GROUP BY ALL
),
-- n_of: what the share is taken of
measured AS (
    SELECT
        *,
        unnest([
            {'method': 'reported', 'n_available': n_stated, 'n_at_or_above': n_stated_above, 'n_of': n_stated},
            {
                'method': 'reported_or_implied',
                'n_available': n_stated + n_implied_domestic,
                'n_at_or_above': n_stated_above + n_implied_domestic,
                'n_of': n_stated + n_implied_domestic
            },
            {'method': 'lower_bound', 'n_available': n_stated, 'n_at_or_above': n_stated_above, 'n_of': n_members},
            {
                'method': 'upper_bound',
                'n_available': n_stated,
                'n_at_or_above': n_stated_above + n_members - n_stated,
                'n_of': n_members
            }
        ], recursive := true)
    FROM counted
),
judged AS (
    SELECT
        *,
        method IN ('reported', 'reported_or_implied')
        AND n_available * 10000 < n_members * getvariable('min_coverage') AS is_too_few
    FROM measured
)
SELECT
    j.session,
    j.as_of,
    j.ten_thousandths = getvariable('threshold')
    AND j.method IN (getvariable('method'), 'lower_bound', 'upper_bound') AS is_headline,
    j.index_id,
    s.size,
    j.ten_thousandths / 10000 AS threshold,
    j.method,
    l.members_source,
    l.members_date,
    l.is_stand_in,
    j.n_members,
    j.n_available,
    j.n_at_or_above,
    CASE WHEN NOT j.is_too_few AND j.n_of > 0 THEN j.n_at_or_above / j.n_of END AS share,
    j.n_available / j.n_members AS coverage,
    j.n_reported,
    j.n_domicile_tag,
    j.n_implied_domestic,
    j.n_region_only,
    j.n_missing,
    j.n_invalid,
    CASE
        WHEN j.is_too_few
            THEN format(
                'too few companies with a figure: {} of {}, {} % of the members are needed',
                j.n_available, j.n_members, getvariable('min_coverage') / 100
            )
        WHEN j.n_of = 0 THEN 'no company has a figure'
    END AS reason
FROM judged AS j
JOIN domestic_list AS l ON l.session = j.session AND l.index_id = j.index_id
JOIN revenue_side AS s ON s.index_id = j.index_id
