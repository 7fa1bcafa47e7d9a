-- Companies whose newest annual report may have come since the one that is known, the largest holding first.
--
-- in:  run_session; domestic_holding, domestic_ticker, domestic_filing (domestic_revenue_share_prepare.sql)
-- out: company_id, ticker
WITH held AS (
    SELECT
        t.company_id, h.ticker,
        h.market_value_usd / sum(h.market_value_usd) OVER (PARTITION BY h.index_id) AS weight
    FROM domestic_holding AS h
    JOIN domestic_ticker AS t USING (session, ticker)
)
SELECT company_id, max_by(ticker, weight) AS ticker
FROM held
WHERE company_id NOT IN (
    SELECT f.company_id
    FROM domestic_filing AS f
    JOIN run_session AS r USING (session)
    -- the year after the newest known one, with a figure or not, has not ended thirty days ago: no report on it is out
    WHERE NOT f.is_vendors AND f.newest_period_end + INTERVAL 12 MONTH + INTERVAL 30 DAY > r.session
)
GROUP BY company_id
ORDER BY sum(weight) DESC, company_id
