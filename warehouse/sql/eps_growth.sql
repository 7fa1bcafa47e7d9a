-- Growth of earnings per share, for every session of the run, index, fiscal year and method.
--
-- in:  eps_method, eps_headline (eps_growth_prepare.sql); study_series (study_tables.sql)
-- out: the columns of figure.eps_growth from as_of on, without study and revision; payloads: of its estimates
SELECT
    m.session,
    m.as_of,
    h.method IS NOT NULL AS is_headline,
    m.index_id,
    i.size,
    m.fiscal_year,
    m.method,
    m.n AS n_constituents,
    m.eps_base,
    m.eps_target,
    m.growth,
    m.reason,
    m.source,
    m.source_date,
    m.payloads
FROM eps_method AS m
JOIN (SELECT DISTINCT index_id, size FROM study_series) AS i USING (index_id)
LEFT JOIN eps_headline AS h USING (session, index_id, fiscal_year, method)
