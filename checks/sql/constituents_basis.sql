-- Levels behind figure 4 that contain something else than the study says: prices under total returns, or the other way
-- round. A row a file and basis, with one name of it.
WITH behind AS (
    SELECT DISTINCT x.as_of, p.security_id, p.source
    FROM constituent_exit AS x
    JOIN constituent_part AS p ON p.as_of = x.as_of AND p.security_id = x.level_id
    WHERE x.last_value IS NOT NULL
),
-- every version of a day of which one is so, and of these the newest
other AS (
    SELECT security_id, source, date
    FROM constituent_version
    WHERE CASE WHEN getvariable('return_basis') = 'price' THEN return_basis <> 'price' ELSE return_basis = 'price' END
),
level AS (
    SELECT security_id, source, level, return_basis
    FROM constituent_version
    SEMI JOIN other USING (security_id, source, date)
    QUALIFY row_number() OVER (PARTITION BY security_id, source, date ORDER BY known_at DESC) = 1
)
SELECT
    r.session, l.source, l.return_basis, count(DISTINCT l.security_id) AS securities, min(l.security_id) AS security_id,
    getvariable('return_basis') AS asked
FROM level AS l
JOIN behind AS b ON b.security_id = l.security_id AND b.source = l.source
JOIN run_session AS r ON r.as_of = b.as_of
WHERE l.level IS NOT NULL AND (l.return_basis = 'price') <> (getvariable('return_basis') = 'price')
GROUP BY ALL
ORDER BY ALL
