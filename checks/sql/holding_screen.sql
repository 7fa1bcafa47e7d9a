-- A second opinion on the newest list of each fund's holdings, for the run's newest session: do the weights add up, do they
-- follow from the market values, and is it much the list that came before?
--
-- in:  run_session, core.holding; getvariable('known_at')
-- out: a row an alarm: measure, what was found, what is usual
-- Measured on five iShares lists (2023 to 2026): weights add up to 0.9978 to 1.0000; a weight is its share of the market value
-- within 0.00005; ranks of two lists correlate by 0.96 after 11 weeks and by 0.87 after three years. No alarm.
WITH night AS (SELECT max(session) AS session FROM run_session),
list AS (
    SELECT n.session, h.*
    FROM core.holding_as_known(getvariable('known_at')) AS h JOIN night AS n ON h.as_of <= n.session
),
recent AS (
    SELECT session, series_id, as_of, row_number() OVER (PARTITION BY series_id ORDER BY as_of DESC) AS age
    FROM (SELECT DISTINCT session, series_id, as_of FROM list)
    QUALIFY age <= 2
),
line AS (
    SELECT l.*, r.age, sum(market_value_usd) OVER (PARTITION BY l.series_id, l.as_of) AS total
    FROM list AS l JOIN recent AS r USING (series_id, as_of)
),
whole AS (
    SELECT
        series_id, session, sum(weight) AS weights, count(weight) AS weighted, count(*) AS lines,
        max(abs(weight - market_value_usd / total)) AS furthest
    FROM line WHERE age = 1 GROUP BY ALL
),
ranked AS (
    SELECT
        a.series_id, a.session,
        rank() OVER (PARTITION BY a.series_id ORDER BY a.weight) AS now,
        rank() OVER (PARTITION BY a.series_id ORDER BY b.weight) AS before
    FROM line AS a
    JOIN line AS b ON b.series_id = a.series_id AND b.ticker = a.ticker AND b.age = 2 AND b.weight IS NOT NULL
    WHERE a.age = 1 AND a.weight IS NOT NULL
),
order_kept AS (
    SELECT series_id, session, corr(now, before) AS found FROM ranked GROUP BY ALL HAVING count(*) >= 20
)
SELECT series_id AS subject, session, 'sum_of_weights' AS measure, round_half_up(weights, 4) AS found, 1.0 AS usual
FROM whole WHERE weighted = lines AND abs(weights - 1) > 0.02
UNION ALL
SELECT series_id, session, 'weight_against_market_value', round_half_up(furthest, 4), 0.0005
FROM whole WHERE furthest > 0.0005
UNION ALL
SELECT series_id, session, 'order_of_weights', round_half_up(found, 2), 0.7
FROM order_kept WHERE found < 0.7
ORDER BY ALL
