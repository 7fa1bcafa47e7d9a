-- Funds whose newest valuation is older than the one that is due.
SELECT session, fund_id, name, valuation_date, due_date
FROM figure.fund_ranking
WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session) AND valuation_date < due_date
ORDER BY ALL
