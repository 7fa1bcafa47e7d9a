-- Figure 2: the long run, rebased: each index spliced on returns in the study's order.
--
-- in:  study_level, study_series, run_session, calendar (study_levels.sql, study_tables.sql); getvariable('years'): how far the lines go back
-- out: the columns of figure.long_run from as_of on, without study and revision
WITH
reach AS (
    SELECT
        r.session, r.as_of, s.index_id, s.size, s.series_id, s.series_order, s.is_proxy, s.return_basis, s.currency,
        min(l.date) AS first_date, max(l.date) AS last_date
    FROM run_session AS r
    CROSS JOIN study_series AS s
    JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= r.as_of
    GROUP BY ALL
),
-- A series gives the days after the last level of those before it in the order, up to its own last level.
parts AS (
    SELECT *, max(last_date) OVER before AS covered_until, arg_max(series_id, last_date) OVER before AS series_before
    FROM reach
    WINDOW before AS (
        PARTITION BY session, index_id ORDER BY series_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
used AS (
    SELECT * FROM parts WHERE covered_until IS NULL OR last_date > covered_until
),
-- Parts are joined at the last day that both have; a part without such a day can't follow.
joints AS (
    SELECT u.session, u.index_id, u.series_order, max(a.date) AS joint_date, max_by(a.level / b.level, a.date) AS ratio
    FROM used AS u
    JOIN study_level AS a ON a.series_id = u.series_before AND a.date <= u.covered_until
    JOIN study_level AS b ON b.series_id = u.series_id AND b.date = a.date
    GROUP BY ALL
),
scaled AS (
    SELECT
        u.*,
        product(coalesce(j.ratio, 1)) OVER (PARTITION BY u.session, u.index_id ORDER BY u.series_order) AS factor
    FROM used AS u
    LEFT JOIN joints AS j USING (session, index_id, series_order)
    WHERE u.covered_until IS NULL OR j.joint_date IS NOT NULL
),
-- Both lines start at the same session: the last one on or before the anniversary.
base AS (
    SELECT r.session, max(c.date) AS base_date
    FROM run_session AS r
    JOIN calendar AS c ON c.date <= r.as_of - to_years(CAST(getvariable('years') AS INTEGER))
    GROUP BY r.session
),
line AS (
    SELECT s.*, b.base_date, l.date, l.level * s.factor AS value
    FROM scaled AS s
    JOIN base AS b USING (session)
    JOIN study_level AS l
        ON l.series_id = s.series_id AND l.date <= s.as_of
        AND l.date >= b.base_date AND (s.covered_until IS NULL OR l.date > s.covered_until)
),
bases AS (
    SELECT session, index_id, value AS base_value FROM line WHERE date = base_date
),
bases_of_lines AS (
    SELECT session, index_id, CASE WHEN count(*) > 1 THEN 'spliced' ELSE any_value(return_basis) END AS return_basis
    FROM (SELECT DISTINCT session, index_id, series_id, return_basis FROM line)
    GROUP BY ALL
)
SELECT
    l.session,
    l.as_of,
    true AS is_headline,
    l.index_id,
    l.series_id,
    l.size,
    l.date,
    100 * (l.value / b.base_value) AS rebased,
    l.base_date,
    r.return_basis,
    l.currency,
    l.is_proxy
FROM line AS l
JOIN bases AS b USING (session, index_id)
JOIN bases_of_lines AS r USING (session, index_id)
