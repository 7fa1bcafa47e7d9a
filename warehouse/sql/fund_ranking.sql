-- Figure 5: the funds of the reviewed list that the house sells, by net assets.
--
-- in:  fund_shown, fund_performance, fund_nav_known (fund_ranking_prepare.sql); getvariable('return_rule')
-- out: the columns of figure.fund_ranking from as_of on, without study and revision
WITH own AS (
    SELECT
        session, fund_id,
        max(return_cum) FILTER (period = '1Y') AS return_1y,
        max(return_cum) FILTER (period = '3Y') AS return_3y
    FROM fund_performance
    WHERE base_rule = getvariable('return_rule')
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
    due_date
FROM measured
