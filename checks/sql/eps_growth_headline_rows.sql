-- Indices of the study without exactly one headline row, and headline rows other than this year's by the first of the
-- study's methods that has a growth (by the first that there is, where none has).
WITH wanted AS (
    SELECT s.session, i.index_id
    FROM (SELECT DISTINCT session FROM figure.eps_growth WHERE study = getvariable('study')) AS s
    SEMI JOIN run_session USING (session)
    CROSS JOIN (SELECT DISTINCT index_id FROM study_series) AS i
),
rows_of_study AS (
    SELECT *, list_position(getvariable('eps_methods'), method) AS place
    FROM figure.eps_growth
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
),
drawn AS (
    SELECT
        f.session, f.index_id, count(*) AS rows_found,
        bool_and(
            f.fiscal_year = year(f.as_of)
            AND f.place IS NOT NULL
            AND NOT EXISTS (
                FROM rows_of_study AS o
                WHERE o.session = f.session AND o.index_id = f.index_id AND o.fiscal_year = f.fiscal_year
                    AND (
                        (o.growth IS NOT NULL AND f.growth IS NULL AND o.place IS NOT NULL)
                        OR ((o.growth IS NULL) = (f.growth IS NULL) AND o.place < f.place)
                    )
            )
        ) AS is_the_first
    FROM rows_of_study AS f
    WHERE f.is_headline
    GROUP BY ALL
)
SELECT
    coalesce(w.session, d.session) AS session, coalesce(w.index_id, d.index_id) AS index_id,
    d.rows_found, d.is_the_first
FROM wanted AS w
FULL JOIN drawn AS d USING (session, index_id)
WHERE d.rows_found IS DISTINCT FROM 1 OR w.index_id IS NULL OR NOT d.is_the_first
ORDER BY ALL
