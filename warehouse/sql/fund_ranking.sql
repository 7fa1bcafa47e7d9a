-- Figure 5: the funds of the reviewed list that the house sells, by net assets.
--
-- in:  fund_shown, fund_performance, fund_nav_known (fund_ranking_prepare.sql); getvariable('return_rule')
-- out: the columns of figure.fund_ranking from as_of on, without study and revision; payloads: of the fund's valuation,
--      and of the history behind its returns (figure.fund_return)
WITH own AS (
    SELECT
        session, fund_id,
        max(return_cum) FILTER (period = '1Y') AS return_1y,
        max(return_cum) FILTER (period = '3Y') AS return_3y
    FROM fund_performance
    WHERE base_rule = getvariable('return_rule')
    GROUP BY ALL
),
span AS (
    SELECT session, fund_id, min(base_date) AS first_date, max(end_date) AS last_date
    FROM fund_performance
    WHERE return_cum IS NOT NULL
    GROUP BY ALL
),
history AS (
    SELECT s.session, s.fund_id, list(DISTINCT n.payload_sha256) AS payloads
    FROM span AS s
    JOIN fund_nav_known AS n ON n.fund_id = s.fund_id AND n.date BETWEEN s.first_date AND s.last_date
    GROUP BY ALL
),
-- a short history of its own is a dash; only a fund without any history shows what its vendor prints
measured AS (
    SELECT
        s.*, o.return_1y AS own_1y, o.return_3y AS own_3y,
        EXISTS (
            SELECT 1 FROM fund_nav_known AS n WHERE n.fund_id = s.fund_id AND n.date <= s.valuation_date
        ) AS has_history
    FROM fund_shown AS s
    LEFT JOIN own AS o USING (session, fund_id)
)
SELECT
    session,
    as_of,
    true AS is_headline,
    row_number() OVER (PARTITION BY session ORDER BY net_assets_jpy DESC NULLS LAST, fund_id) AS rank,
    fund_id,
    association_code,
    name,
    manager,
    is_hedged,
    net_assets_jpy,
    nav_jpy,
    expense_ratio,
    CASE WHEN has_history THEN own_1y ELSE return_1y END AS return_1y,
    CASE WHEN has_history THEN own_3y ELSE return_3y END AS return_3y,
    CASE WHEN has_history THEN getvariable('return_rule') ELSE 'printed' END AS return_rule,
    valuation_date,
    due_date,
    list_append(payloads, payload_sha256) AS payloads
FROM measured
LEFT JOIN history USING (session, fund_id)
