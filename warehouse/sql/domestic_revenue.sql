-- The companies behind figure 3.
--
-- in:  domestic_company, domestic_list, domestic_line (domestic_revenue_share_prepare.sql)
-- out: the columns of figure.domestic_revenue from as_of on, without study and revision; payloads: of the company's
--      filing, the list of members, and the lists of tickers that led from one to the other
SELECT
    session, as_of, false AS is_headline, index_id, company_id, tickers, name, status, fiscal_period_end, accepted_at,
    filing, revenue, us_revenue, currency, us_share, reason, list_concat(payloads, list_payloads) AS payloads
FROM domestic_company
JOIN domestic_list USING (session, as_of, index_id)
JOIN (
    SELECT series_id AS members_source, as_of AS members_date, list(DISTINCT payload_sha256) AS list_payloads
    FROM domestic_line
    GROUP BY ALL
) USING (members_source, members_date)
