-- The returns of each fund that is shown, by period and rule, beside those that the vendor prints.
--
-- in:  fund_shown (fund_ranking_doubt.sql), fund_performance, fund_nav_known (fund_ranking_prepare.sql)
-- out: the columns of figure.fund_return from as_of on, without study and revision; payloads: of the fund's valuation, and
--      of the history behind its returns
WITH span AS (
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
)
SELECT
    p.session, s.as_of, false AS is_headline, p.fund_id, p.period, p.period_order, p.base_rule, p.base_date, p.end_date,
    p.return_cum, p.printed, list_append(h.payloads, s.payload_sha256) AS payloads
FROM fund_performance AS p
JOIN fund_shown AS s ON s.session = p.session AND s.fund_id = p.fund_id
LEFT JOIN history AS h ON h.session = p.session AND h.fund_id = p.fund_id
