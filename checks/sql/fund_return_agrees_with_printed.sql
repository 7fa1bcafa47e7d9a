-- Own returns that differ by more than 0.2 points from the ones that the vendor prints, by the vendor's own rule.
SELECT r.session, r.fund_id, f.name, r.period, r.base_rule, r.base_date, r.end_date, r.return_cum, r.printed
FROM figure.fund_return AS r
JOIN figure.fund_ranking AS f USING (study, session, revision, fund_id)
WHERE r.study = getvariable('study') AND r.session IN (SELECT session FROM run_session)
    AND r.base_rule = getvariable('printed_rule') AND round_half_up(abs(r.return_cum - r.printed), 6) > 0.002
ORDER BY ALL
