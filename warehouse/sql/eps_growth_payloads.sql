-- The payloads behind growth of earnings of a session: the estimates that its rows were made from.
--
-- in:  figure.eps_growth; getvariable('study'), getvariable('session'), getvariable('known_at')
-- out: payload_sha256
SELECT DISTINCT k.payload_sha256
FROM figure.eps_growth AS f
JOIN core.eps_estimate_as_known(getvariable('known_at')) AS k
    ON k.index_id = f.index_id AND k.fiscal_year = f.fiscal_year AND k.source_date = f.source_date
    AND (k.constituent = 'INDEX') = (f.method = 'vendor_index')
WHERE f.study = getvariable('study') AND f.session = getvariable('session')
