-- Rows whose counts do not fit together, do not follow from the companies behind them, or whose share is not theirs.
WITH rows_of_run AS (
    SELECT *
    FROM figure.domestic_revenue_share
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
),
companies AS (
    SELECT session, index_id, status, us_revenue, revenue
    FROM figure.domestic_revenue
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
),
recounted AS (
    SELECT
        r.session, r.index_id, r.threshold, count(*) AS n_members,
        count(*) FILTER (c.status IN ('reported', 'domicile_tag')) AS n_stated,
        count(*) FILTER (
            c.status IN ('reported', 'domicile_tag')
            AND c.us_revenue * CAST(10000 AS HUGEINT) >= c.revenue * CAST(round_half_up(r.threshold * 10000, 0) AS HUGEINT)
        ) AS n_above,
        count(*) FILTER (c.status = 'implied_domestic') AS n_implied,
        [
            count(*) FILTER (c.status = 'reported'), count(*) FILTER (c.status = 'domicile_tag'),
            count(*) FILTER (c.status = 'implied_domestic'), count(*) FILTER (c.status = 'region_only'),
            count(*) FILTER (c.status = 'missing'), count(*) FILTER (c.status = 'invalid')
        ] AS of_each_status
    FROM (SELECT DISTINCT session, index_id, threshold FROM rows_of_run) AS r
    JOIN companies AS c ON c.session = r.session AND c.index_id = r.index_id
    GROUP BY ALL
),
bounds AS (
    SELECT
        session, index_id, threshold,
        max(share) FILTER (method = 'lower_bound') AS low, max(share) FILTER (method = 'upper_bound') AS high
    FROM rows_of_run
    GROUP BY ALL
)
SELECT
    r.session, r.index_id, r.threshold, r.method, r.n_members, r.n_available, r.n_at_or_above, r.share, b.low, b.high
FROM rows_of_run AS r
LEFT JOIN recounted AS n USING (session, index_id, threshold)
LEFT JOIN bounds AS b USING (session, index_id, threshold)
WHERE n.n_members IS DISTINCT FROM r.n_members
    OR r.n_reported + r.n_domicile_tag + r.n_implied_domestic + r.n_region_only + r.n_missing + r.n_invalid
    <> r.n_members
    OR n.of_each_status
    <> [r.n_reported, r.n_domicile_tag, r.n_implied_domestic, r.n_region_only, r.n_missing, r.n_invalid]
    OR abs(r.coverage - r.n_available / r.n_members) > 1e-6
    OR r.n_available <> n.n_stated + CASE WHEN r.method = 'reported_or_implied' THEN n.n_implied ELSE 0 END
    OR r.n_at_or_above <> n.n_above + CASE
        WHEN r.method = 'reported_or_implied' THEN n.n_implied
        WHEN r.method = 'upper_bound' THEN n.n_members - n.n_stated
        ELSE 0
    END
    OR abs(
        r.share - r.n_at_or_above / CASE WHEN r.method LIKE '%bound' THEN r.n_members ELSE r.n_available END
    ) > 1e-6
    OR (r.share IS NULL) <> (
        r.method NOT LIKE '%bound'
        AND (r.n_available * 10000 < r.n_members * getvariable('min_coverage') OR r.n_available = 0)
    )
    OR (r.share IS NULL) <> (r.reason IS NOT NULL)
    OR r.share < b.low - 1e-6
    OR r.share > b.high + 1e-6
ORDER BY ALL
