-- Funds whose own return and the one that the vendor prints can't be of the same thing. The rule is in
-- warehouse/sql/fund_ranking_doubt.sql, for figure 5 leaves these funds out.
SELECT session, fund_id AS subject, reason FROM fund_doubt WHERE check_name = 'fund_return_far_from_printed' ORDER BY ALL
