-- Funds whose association code is another one than before. The rule is in
-- warehouse/sql/fund_ranking_doubt.sql, for figure 5 leaves these funds out.
SELECT session, fund_id AS subject, reason FROM fund_doubt WHERE check_name = 'fund_keeps_its_code' ORDER BY ALL
