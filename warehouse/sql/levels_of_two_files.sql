-- The first level of which two files of one night say different things, where the one is a version of the other: more
-- than half of the levels that both have are equal to the last digit. Panels of two vendors, or of one that was asked
-- twice, have other levels nearly everywhere (two real ones 14 % equal): they are joined on returns, and may differ.
--
-- in:  mine, theirs: rows of core.security_level
-- out: at most one row: subject and where
WITH shared AS (
    SELECT m.security_id, CAST(m.date AS DATE) AS date, abs(m.level / t.level - 1) > 1e-9 AS is_other
    FROM mine AS m JOIN theirs AS t ON t.security_id = m.security_id AND CAST(t.date AS DATE) = CAST(m.date AS DATE)
    WHERE t.source <> m.source AND t.return_basis = m.return_basis
)
SELECT security_id AS subject, CAST(date AS VARCHAR) AS where_
FROM shared
WHERE is_other AND (SELECT 2 * count(*) FILTER (NOT is_other) > count(*) FROM shared)
ORDER BY ALL
LIMIT 1
