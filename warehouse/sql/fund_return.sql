-- The returns of each fund that is shown, by period and rule, beside those that the vendor prints.
--
-- in:  fund_shown (fund_ranking_doubt.sql), fund_performance (fund_ranking_prepare.sql)
-- out: the columns of figure.fund_return from as_of on, without study and revision
SELECT
    p.session, s.as_of, false AS is_headline, p.fund_id, p.period, p.period_order, p.base_rule, p.base_date, p.end_date,
    p.return_cum, p.printed
FROM fund_performance AS p
JOIN fund_shown AS s ON s.session = p.session AND s.fund_id = p.fund_id
