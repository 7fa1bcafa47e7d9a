-- Sides whose members are much the same companies: one fund's holdings came under the other's name. Of the real lists
-- IVV and IJR share 0.6 % of all their tickers, and a list that has another as a part of it about half.
WITH member AS (
    SELECT DISTINCT session, index_id, company_id
    FROM figure.domestic_revenue
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
),
size AS (SELECT session, index_id, count(*) AS members FROM member GROUP BY ALL)
SELECT a.session, a.index_id, b.index_id AS other_index, count(*) AS in_both, x.members, y.members AS other_members
FROM member AS a
JOIN member AS b ON b.session = a.session AND b.company_id = a.company_id AND b.index_id > a.index_id
JOIN size AS x ON x.session = a.session AND x.index_id = a.index_id
JOIN size AS y ON y.session = b.session AND y.index_id = b.index_id
GROUP BY ALL
HAVING count(*) > 0.67 * (x.members + y.members - count(*))
ORDER BY ALL
