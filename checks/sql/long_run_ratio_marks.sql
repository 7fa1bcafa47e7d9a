-- Marks that do not follow from the lines.
WITH ratio AS (
    SELECT
        session, date,
        max(rebased) FILTER (size = 'small') / max(rebased) FILTER (size = 'large') AS ratio,
        date <= coalesce(getvariable('ratio_until'), DATE '9999-12-31') AS is_early
    FROM figure.long_run
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    GROUP BY session, date
    HAVING ratio IS NOT NULL
),
lines AS (
    SELECT
        session,
        -- lines that begin after the study's day have an end and no more
        CASE WHEN bool_or(is_early) THEN 4 ELSE 1 END AS wanted,
        min(ratio) FILTER (is_early) AS lowest,
        max(ratio) FILTER (is_early) AS highest,
        max_by(ratio, date) FILTER (is_early) AS on_the_day,
        max_by(ratio, date) AS at_the_end
    FROM ratio
    GROUP BY session
),
marks AS (
    SELECT
        m.session,
        count(*) AS found, count(DISTINCT m.mark) AS marks,
        max(abs(m.ratio - m.small / m.large)) AS off,
        max(abs(m.ratio - CASE m.mark
            WHEN 'lowest' THEN l.lowest WHEN 'highest' THEN l.highest WHEN 'at' THEN l.on_the_day ELSE l.at_the_end
        END)) AS off_the_lines,
        bool_and(r.ratio IS NOT NULL AND abs(m.ratio - r.ratio) <= 1e-6) AS is_of_its_day
    FROM figure.long_run_ratio AS m
    JOIN lines AS l ON l.session = m.session
    LEFT JOIN ratio AS r ON r.session = m.session AND r.date = m.date
    WHERE m.study = getvariable('study')
    GROUP BY m.session
)
SELECT l.session, l.wanted, coalesce(m.found, 0) AS found, m.off, m.off_the_lines, m.is_of_its_day
FROM lines AS l
LEFT JOIN marks AS m ON m.session = l.session
WHERE m.found IS DISTINCT FROM l.wanted OR m.marks <> l.wanted OR m.off > 1e-6 OR m.off_the_lines > 1e-6
    OR NOT m.is_of_its_day
ORDER BY l.session
