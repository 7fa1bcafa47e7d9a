-- Sides whose number of companies is outside the study's band; a side without a band has none to leave.
SELECT DISTINCT f.session, f.index_id, f.members_date, f.members_source, f.n_members, s.low, s.high
FROM figure.domestic_revenue_share AS f
JOIN revenue_side AS s ON s.index_id = f.index_id
WHERE f.study = getvariable('study') AND f.session IN (SELECT session FROM run_session)
    AND (f.n_members < s.low OR f.n_members > s.high)
ORDER BY ALL
