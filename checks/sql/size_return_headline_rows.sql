-- Headline rows other than the study's headline periods under its base rule, once an index.
WITH drawn AS (
    SELECT session, index_id, period, count(*) AS rows_found, bool_and(base_rule = getvariable('base_rule')) AS is_default_rule
    FROM figure.size_return
    WHERE study = getvariable('study') AND is_headline AND session IN (SELECT session FROM run_session)
    GROUP BY ALL
),
wanted AS (
    SELECT r.session, i.index_id, p.period
    FROM (SELECT DISTINCT session FROM figure.size_return WHERE study = getvariable('study')) AS r
    SEMI JOIN run_session USING (session)
    CROSS JOIN (SELECT DISTINCT index_id FROM study_series) AS i
    CROSS JOIN study_period AS p
    WHERE p.is_headline
)
SELECT
    coalesce(w.session, d.session) AS session, coalesce(w.index_id, d.index_id) AS index_id,
    coalesce(w.period, d.period) AS period, d.rows_found, w.period IS NOT NULL AS is_wanted
FROM wanted AS w
FULL JOIN drawn AS d USING (session, index_id, period)
WHERE d.rows_found IS DISTINCT FROM 1 OR w.period IS NULL OR NOT d.is_default_rule
ORDER BY ALL
