-- Levels behind figure 4 that contain something else than the study says: prices under total returns, or the other way
-- round. A row a file and basis, with one name of it.
WITH behind AS (
    SELECT DISTINCT x.as_of, p.security_id, p.source
    FROM constituent_exit AS x
    JOIN constituent_part AS p ON p.as_of = x.as_of AND p.security_id = x.level_id
    WHERE x.last_value IS NOT NULL
)
SELECT
    r.session, l.source, l.return_basis, count(DISTINCT l.security_id) AS securities, min(l.security_id) AS security_id,
    getvariable('return_basis') AS asked
FROM constituent_level AS l
JOIN behind AS b ON b.security_id = l.security_id AND b.source = l.source
JOIN run_session AS r ON r.as_of = b.as_of
WHERE (l.return_basis = 'price') <> (getvariable('return_basis') = 'price')
GROUP BY ALL
ORDER BY ALL
