-- Rows of the table that would not be drawn.
SELECT session, fund_id, rank
FROM figure.fund_ranking
WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session) AND NOT is_headline
ORDER BY ALL
