-- Which funds are shown, and what each returned: what figure 5 and its coverage read.
--
-- in:  fund_reviewed, fund_period, run_session (fund_tables.sql); core.fund, core.fund_nav as known at
--      getvariable('known_at'); getvariable('return_rule')
-- out: temporary tables
--      fund_listed(session, as_of, due_date, month_end, fund_id, ..., valuation_date): the newest valuation of each
--      fund_performance(session, fund_id, period, period_order, base_rule, base_date, end_date, return_cum, printed)

-- The rule of core.fund_as_known, written out: choosing the funds before it leaves thousands of others unread.
CREATE OR REPLACE TEMP TABLE fund_valuation_known AS
SELECT f.*
FROM core.fund AS f
SEMI JOIN fund_reviewed AS r ON r.fund_id = f.fund_id
WHERE f.known_at <= getvariable('known_at')
QUALIFY row_number() OVER (PARTITION BY f.fund_id, f.valuation_date ORDER BY f.known_at DESC) = 1;

CREATE OR REPLACE TEMP TABLE fund_valuation AS
SELECT * EXCLUDE (is_withdrawn)
FROM core.fund_corrected('fund_valuation_known', getvariable('known_at'))
WHERE NOT is_withdrawn;

-- The code that the study says, else the newest one that the data has.
CREATE OR REPLACE TEMP TABLE fund_code AS
SELECT r.fund_id, coalesce(r.association_code, max_by(v.association_code, v.valuation_date)) AS association_code
FROM fund_reviewed AS r
LEFT JOIN fund_valuation AS v USING (fund_id)
GROUP BY r.fund_id, r.association_code;

CREATE OR REPLACE TEMP TABLE fund_listed AS
WITH newest AS (
    SELECT
        s.session, s.as_of, s.due_date, s.month_end, v.* EXCLUDE (association_code, known_at), c.association_code,
        r.is_hedged
    FROM run_session AS s
    JOIN fund_reviewed AS r
        ON r.is_active AND r.sold_since <= s.as_of AND coalesce(r.sold_until > s.as_of, true)
    JOIN fund_valuation AS v ON v.fund_id = r.fund_id AND v.valuation_date BETWEEN s.oldest AND s.as_of
    JOIN fund_code AS c ON c.fund_id = r.fund_id
    QUALIFY row_number() OVER (PARTITION BY s.session, v.fund_id ORDER BY v.valuation_date DESC) = 1
)
-- only now: an older valuation may not know of the redemption yet
SELECT * FROM newest WHERE coalesce(redeemed_on > as_of, true);

-- A fund's own history, by its ISIN or its association code; an ISIN's comes first.
CREATE OR REPLACE TEMP TABLE fund_nav_id AS
SELECT fund_id, fund_id AS nav_id, 0 AS place FROM fund_reviewed
UNION ALL
SELECT fund_id, association_code, 1 FROM fund_code WHERE association_code IS NOT NULL;

CREATE OR REPLACE TEMP TABLE fund_nav_chosen AS
SELECT n.*
FROM core.fund_nav AS n
SEMI JOIN fund_nav_id AS w ON w.nav_id = n.fund_id
WHERE n.known_at <= getvariable('known_at')
QUALIFY row_number() OVER (PARTITION BY n.fund_id, n.date ORDER BY n.known_at DESC) = 1;

CREATE OR REPLACE TEMP TABLE fund_nav_known AS
SELECT w.fund_id, k.date, k.nav_jpy, k.net_assets_jpy, k.distribution_jpy, k.units, k.payload_sha256
FROM core.fund_nav_corrected('fund_nav_chosen', getvariable('known_at')) AS k
JOIN fund_nav_id AS w ON w.nav_id = k.fund_id
WHERE NOT k.is_withdrawn
QUALIFY dense_rank() OVER (PARTITION BY w.fund_id ORDER BY w.place) = 1;

-- The value of a holding whose distributions buy units again: R_t = R_{t-1} * (NAV_t + distribution_t) / NAV_{t-1},
-- for as many units as one has become by the splits that are stated.
CREATE OR REPLACE TEMP TABLE fund_value AS
SELECT
    fund_id, date,
    exp(sum(growth) OVER (PARTITION BY fund_id ORDER BY date ROWS UNBOUNDED PRECEDING)) AS value
FROM (
    SELECT
        fund_id, date,
        coalesce(
            ln(
                (nav_jpy + coalesce(distribution_jpy, 0)) * units
                / lag(nav_jpy * units) OVER (PARTITION BY fund_id ORDER BY date)
            ),
            0
        ) AS growth
    FROM fund_nav_known
);

CREATE OR REPLACE TEMP TABLE fund_performance AS
WITH ends AS (
    SELECT
        s.session, s.fund_id, s.return_1y, s.return_3y, rule.base_rule,
        CASE rule.base_rule WHEN 'prev' THEN s.valuation_date ELSE s.month_end END AS newest_end
    FROM fund_listed AS s
    CROSS JOIN (SELECT unnest(['prev', 'month_end']) AS base_rule) AS rule
),
ended AS (
    SELECT e.*, max(v.date) AS end_date, max_by(v.value, v.date) AS end_value
    FROM ends AS e
    LEFT JOIN fund_value AS v
        ON v.fund_id = e.fund_id AND v.date <= e.newest_end
        AND v.date >= e.newest_end - INTERVAL 14 DAY
        -- a history that stops within the month has no end of the month
        AND (
            e.base_rule = 'prev'
            OR e.newest_end <= (SELECT max(n.date) FROM fund_value AS n WHERE n.fund_id = e.fund_id)
        )
    GROUP BY ALL
),
based AS (
    SELECT
        e.session, e.fund_id, e.base_rule, e.end_date, e.end_value, e.return_1y, e.return_3y, p.period, p.period_order,
        max(v.date) AS base_date, max_by(v.value, v.date) AS base_value
    FROM ended AS e
    CROSS JOIN fund_period AS p
    LEFT JOIN fund_value AS v
        ON v.fund_id = e.fund_id
        AND CASE e.base_rule
            WHEN 'prev' THEN v.date <= CAST(e.end_date - to_months(p.months) AS DATE)
                AND v.date >= CAST(e.end_date - to_months(p.months) AS DATE) - INTERVAL 14 DAY
            ELSE date_trunc('month', v.date) = date_trunc('month', e.end_date) - to_months(p.months)
                AND v.date >= last_day(v.date) - INTERVAL 14 DAY
        END
    GROUP BY ALL
)
SELECT
    session, fund_id, period, period_order, base_rule,
    CASE WHEN base_value IS NOT NULL THEN base_date END AS base_date,
    end_date,
    end_value / base_value - 1 AS return_cum,
    CASE period WHEN '1Y' THEN return_1y WHEN '3Y' THEN return_3y END AS printed
FROM based;
