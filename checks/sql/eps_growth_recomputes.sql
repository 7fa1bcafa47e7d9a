-- Rows whose growth is not what their base and target say, or that have a growth and a reason, or neither. The numbers
-- are published with six decimals: a small base makes the growth from them so much less certain.
SELECT session, index_id, fiscal_year, method, eps_base, eps_target, growth, reason
FROM figure.eps_growth
WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    AND (
        (growth IS NULL) <> (reason IS NOT NULL)
        OR (growth IS NOT NULL AND eps_base <= 0)
        OR (growth IS NULL AND eps_base > 0 AND eps_target IS NOT NULL)
        OR (
            eps_base > 0
            AND abs(growth - (eps_target / eps_base - 1)) > 1e-6 + 1e-6 * (1 + abs(eps_target / eps_base)) / eps_base
        )
    )
ORDER BY ALL
