-- A second opinion on the ends of funds' histories: does the NAV move from day to day, and do net assets follow it?
--
-- in:  run_session, core.fund_nav; getvariable('known_at')
-- out: a row an alarm: measure, what was found, what is usual
-- Measured on one history of 679 days: two unchanged NAVs in all; net assets beyond the NAV's move by up to 22 % on all but one day in
-- a hundred, once eighteenfold in the fund's first weeks: so only the last day counts, and only after 250 days.
WITH night AS (SELECT max(session) AS session FROM run_session),
moves AS (
    SELECT
        n.session, f.fund_id, f.date,
        f.nav_jpy = lag(f.nav_jpy) OVER days AS is_repeated,
        (f.net_assets_jpy / lag(f.net_assets_jpy) OVER days)
            / ((f.nav_jpy + coalesce(f.distribution_jpy, 0)) / lag(f.nav_jpy) OVER days) - 1 AS flow,
        row_number() OVER (PARTITION BY f.fund_id ORDER BY f.date DESC) AS age,
        count(*) OVER (PARTITION BY f.fund_id) AS days
    FROM core.fund_nav_as_known(getvariable('known_at')) AS f JOIN night AS n ON f.date <= n.session
    WHERE f.nav_jpy > 0
    WINDOW days AS (PARTITION BY f.fund_id ORDER BY f.date)
),
recent AS (
    SELECT
        fund_id, session, count(*) FILTER (is_repeated) AS repeated,
        max(abs(flow)) FILTER (age = 1) AS flow
    FROM moves WHERE age <= 20 AND days >= 250
    GROUP BY ALL
)
SELECT fund_id AS subject, session, 'repeated_navs' AS measure, repeated AS found, 4 AS usual_up_to
FROM recent WHERE repeated > 4
UNION ALL
SELECT fund_id, session, 'net_assets_without_the_nav', round_half_up(flow, 3), 0.5 FROM recent WHERE flow > 0.5
ORDER BY ALL
