-- Sides on which far fewer companies have a figure than at the session before: the way from a ticker to a filing is
-- broken. From year to year the fiscal years that count change, and their number falls by rights; within a year it
-- falls by a company at a time, when one leaves the index. Over 68 months of the sample no month lost more than 1 %.
WITH now AS (
    SELECT DISTINCT session, index_id, members_source, n_members, n_available
    FROM figure.domestic_revenue_share
    WHERE study = getvariable('study') AND method = 'reported' AND session IN (SELECT session FROM run_session)
),
before AS (
    SELECT
        n.session, n.index_id, n.n_members, n.n_available, p.session AS session_before,
        p.n_available AS available_before
    FROM now AS n
    JOIN figure.domestic_revenue_share AS p
        ON p.study = getvariable('study') AND p.method = 'reported' AND p.index_id = n.index_id
        AND p.members_source = n.members_source AND p.session < n.session AND year(p.session) = year(n.session)
    QUALIFY row_number() OVER (PARTITION BY n.session, n.index_id ORDER BY p.session DESC) = 1
)
SELECT session, index_id, n_available, session_before, available_before
FROM before
WHERE n_available < 0.85 * available_before AND available_before - n_available >= 5
ORDER BY ALL
