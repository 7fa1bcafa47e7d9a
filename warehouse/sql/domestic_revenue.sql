-- The companies behind figure 3.
--
-- in:  run_session; domestic_company (domestic_revenue_share_prepare.sql)
-- out: the columns of figure.domestic_revenue from as_of on, without study and revision
SELECT
    session, as_of, false AS is_headline, index_id, company_id, tickers, name, status, fiscal_period_end, accepted_at,
    filing, revenue, us_revenue, currency, us_share, reason
FROM domestic_company
