-- A second opinion on revenue by geography: few companies that state a US figure earn everything there, and shares of revenue
-- are not all alike.
--
-- in:  run_session, core.revenue_geography; getvariable('known_at')
-- out: a row an alarm: measure, what was found, what is usual
-- Measured on the filings at hand (15 with a figure): none at exactly 100 %. A company that earns everything at home seldom files
-- a table of countries, so the limit of 25 % of the companies leaves room.
WITH night AS (SELECT max(session) AS session FROM run_session),
newest AS (
    SELECT n.session, r.*
    FROM core.revenue_geography_as_known(getvariable('known_at')) AS r
    JOIN night AS n ON r.accepted_on <= n.session
    WHERE r.status = 'reported' AND r.fiscal_period_end > n.session - 731 AND r.revenue > 0
    QUALIFY row_number() OVER (PARTITION BY r.company_id ORDER BY r.fiscal_period_end DESC, r.accepted_at DESC) = 1
),
share AS (
    SELECT
        session, count(*) AS companies,
        count(*) FILTER (us_revenue = revenue) / count(*) AS all_at_home,
        count(*) FILTER (us_revenue < 0.01 * revenue) / count(*) AS next_to_nothing
    FROM newest GROUP BY ALL
    HAVING count(*) >= 20
)
SELECT session, 'share_of_companies_with_everything_in_the_us' AS measure, round_half_up(all_at_home, 3) AS found, 0.25 AS usual_up_to
FROM share WHERE all_at_home > 0.25
UNION ALL
SELECT session, 'share_of_companies_with_next_to_nothing_in_the_us', round_half_up(next_to_nothing, 3), 0.1
FROM share WHERE next_to_nothing > 0.1
ORDER BY ALL
