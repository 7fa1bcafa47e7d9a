-- Funds whose list and history tell different NAVs or net assets of one day. The rule is in
-- warehouse/sql/fund_ranking_doubt.sql, for figure 5 leaves these funds out.
SELECT session, fund_id AS subject, reason FROM fund_doubt WHERE check_name = 'fund_list_agrees_with_history' ORDER BY ALL
