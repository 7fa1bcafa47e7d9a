-- Rows that the study asks for and the figure lacks, and rows that it has twice.
WITH wanted AS (
    SELECT r.session, i.index_id, b.base_rule, p.period
    FROM run_session AS r
    CROSS JOIN (SELECT DISTINCT index_id FROM study_series) AS i
    CROSS JOIN (SELECT unnest(['prev', 'next', 'month_end']) AS base_rule) AS b
    CROSS JOIN study_period AS p
    WHERE NOT (b.base_rule = 'month_end' AND p.unit IN ('day', 'session'))
)
SELECT w.session, w.index_id, w.base_rule, w.period, count(f.period) AS rows_found
FROM wanted AS w
LEFT JOIN figure.size_return AS f
    ON f.study = getvariable('study') AND f.session = w.session AND f.index_id = w.index_id
    AND f.base_rule = w.base_rule AND f.period = w.period
WHERE w.session IN (SELECT session FROM figure.size_return WHERE study = getvariable('study'))
GROUP BY ALL
HAVING count(f.period) <> 1
ORDER BY ALL
