-- Small against large on the days that count, kept for every session: the lines themselves are not.
--
-- in:  figure.long_run (made before this one); run_session, calendar; getvariable('study', 'ratio_until')
-- out: the columns of figure.long_run_ratio from as_of on, without study and revision
WITH ratio AS (
    SELECT
        session, as_of, date,
        max(rebased) FILTER (size = 'small') AS small, max(rebased) FILTER (size = 'large') AS large,
        small / large AS ratio
    FROM figure.long_run
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    GROUP BY ALL
    HAVING small IS NOT NULL AND large IS NOT NULL
),
early AS (
    SELECT * FROM ratio WHERE date <= coalesce(getvariable('ratio_until'), DATE '9999-12-31')
),
marks AS (
    SELECT 'lowest' AS mark, * FROM early QUALIFY row_number() OVER (PARTITION BY session ORDER BY ratio, date) = 1
    UNION ALL
    SELECT 'highest', * FROM early QUALIFY row_number() OVER (PARTITION BY session ORDER BY ratio DESC, date) = 1
    UNION ALL
    SELECT 'at', * FROM early QUALIFY row_number() OVER (PARTITION BY session ORDER BY date DESC) = 1
    UNION ALL
    SELECT 'end', * FROM ratio QUALIFY row_number() OVER (PARTITION BY session ORDER BY date DESC) = 1
)
SELECT session, as_of, false AS is_headline, mark, date, small, large, ratio
FROM marks
