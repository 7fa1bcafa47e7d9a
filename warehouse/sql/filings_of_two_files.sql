-- The first report of which two files of rows say different things: of one filing; or, where a file names none, of one
-- company, year and time of acceptance.
--
-- in:  mine, theirs: rows of core.revenue_geography; parameters: the names of the two files
-- out: at most one row: subject and where
WITH named AS (
    SELECT *, filing = $mine AS is_unnamed FROM mine
),
others AS (
    SELECT *, filing = $theirs AS is_unnamed FROM theirs
)
SELECT m.company_id AS subject, CAST(CAST(m.fiscal_period_end AS DATE) AS VARCHAR) AS where_
FROM named AS m
JOIN others AS t
    ON t.company_id = m.company_id AND CAST(t.fiscal_period_end AS DATE) = CAST(m.fiscal_period_end AS DATE)
    AND CASE
        WHEN m.is_unnamed AND t.is_unnamed THEN t.accepted_at = m.accepted_at
        ELSE t.filing = m.filing
    END
WHERE t.revenue IS DISTINCT FROM m.revenue OR t.us_revenue IS DISTINCT FROM m.us_revenue
ORDER BY ALL
LIMIT 1
