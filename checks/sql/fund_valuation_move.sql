-- Funds whose NAV, net assets, fee or printed return jumped from one valuation to the next. The rule is in
-- warehouse/sql/fund_ranking_doubt.sql, for figure 5 leaves these funds out.
SELECT session, fund_id AS subject, reason FROM fund_doubt WHERE check_name = 'fund_valuation_move' ORDER BY ALL
