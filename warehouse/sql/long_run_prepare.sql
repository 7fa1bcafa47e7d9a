-- The spliced line of each index, from the base session on: what figure 2 and its coverage read.
--
-- in:  study_level, study_series, run_session (study_levels.sql, study_tables.sql); getvariable('years'), ('is_monthly')
-- out: temporary tables long_run_base(session, base_date) and
--      long_run_line(session, as_of, index_id, size, series_id, return_basis, currency, is_proxy, date, value)

-- Both lines start at the same session: the last one on or before the anniversary; of monthly levels the one of the
-- anniversary's month.
CREATE OR REPLACE TEMP TABLE long_run_base AS
WITH anniversaries AS (
    SELECT *, CAST(as_of - to_years(CAST(getvariable('years') AS INTEGER)) AS DATE) AS anniversary FROM run_session
)
SELECT a.session, a.as_of, a.oldest, max(d.date) AS base_date
FROM anniversaries AS a
LEFT JOIN study_day AS d
    ON d.date <= CASE WHEN getvariable('is_monthly') THEN last_day(a.anniversary) ELSE a.anniversary END
GROUP BY a.session, a.as_of, a.oldest;

CREATE OR REPLACE TEMP TABLE long_run_line AS
WITH RECURSIVE
life AS (
    SELECT r.session, r.as_of, s.*, min(l.date) AS first_date, max(l.date) AS last_date
    FROM run_session AS r
    CROSS JOIN study_series AS s
    LEFT JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= r.as_of
    GROUP BY ALL
),
-- Two series of an index are joined at the last day that both have, and only there.
joint AS (
    SELECT a.session, a.index_id, a.series_id AS series_before, b.series_id, max_by(x.level / y.level, x.date) AS ratio
    FROM life AS a
    JOIN life AS b ON b.session = a.session AND b.index_id = a.index_id AND b.series_order > a.series_order
    JOIN study_level AS x ON x.series_id = a.series_id AND x.date <= a.as_of
    JOIN study_level AS y ON y.series_id = b.series_id AND y.date = x.date
    GROUP BY ALL
),
-- In the study's order: a series gives the days after those before it ended, up to its own last level. One that
-- begins too late to be joined, or ends too early to add a day, is passed over.
part AS (
    SELECT
        session, index_id, -1 AS series_order, CAST(NULL AS VARCHAR) AS series_id,
        CAST(NULL AS DATE) AS covered_from, CAST(NULL AS DATE) AS covered_until, CAST(1 AS DOUBLE) AS factor, false AS is_used
    FROM life
    GROUP BY session, index_id
    UNION ALL
    SELECT
        p.session, p.index_id, l.series_order,
        CASE WHEN u.is_used THEN l.series_id ELSE p.series_id END,
        CASE WHEN u.is_used THEN coalesce(p.covered_until, DATE '0001-01-01') ELSE p.covered_from END,
        CASE WHEN u.is_used THEN l.last_date ELSE p.covered_until END,
        CASE WHEN u.is_used THEN p.factor * coalesce(j.ratio, 1) ELSE p.factor END,
        u.is_used
    FROM part AS p
    JOIN life AS l ON l.session = p.session AND l.index_id = p.index_id AND l.series_order = p.series_order + 1
    LEFT JOIN joint AS j ON j.session = p.session AND j.series_before = p.series_id AND j.series_id = l.series_id
    CROSS JOIN LATERAL (
        SELECT coalesce(
            l.last_date IS NOT NULL
            AND (p.covered_until IS NULL OR (l.last_date > p.covered_until AND j.ratio IS NOT NULL)),
            false
        ) AS is_used
    ) AS u
)
SELECT
    l.session, l.as_of, l.index_id, l.size, l.series_id, l.return_basis, l.currency, l.is_proxy, x.date,
    x.level * p.factor AS value
FROM part AS p
JOIN life AS l USING (session, index_id, series_id, series_order)
JOIN long_run_base AS b ON b.session = p.session
JOIN study_level AS x
    ON x.series_id = p.series_id AND x.date > p.covered_from AND x.date <= l.as_of AND x.date >= b.base_date
WHERE p.is_used;
