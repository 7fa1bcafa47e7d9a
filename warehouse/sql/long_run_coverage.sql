-- Why figure 2 can't be made for a session: a row an index that begins after the base session, or ends too early.
--
-- in:  study_level, study_series, run_session, calendar (study_levels.sql, study_tables.sql); getvariable('years')
-- out: session, is_late (the newest session itself is missing), reason
WITH base AS (
    SELECT r.session, r.as_of, r.oldest, max(c.date) AS base_date
    FROM run_session AS r
    LEFT JOIN calendar AS c ON c.date <= r.as_of - to_years(CAST(getvariable('years') AS INTEGER))
    GROUP BY ALL
),
life AS (
    SELECT b.session, b.as_of, b.oldest, b.base_date, s.index_id, min(l.date) AS first_date, max(l.date) AS last_date
    FROM base AS b
    CROSS JOIN study_series AS s
    LEFT JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= b.as_of
    GROUP BY ALL
)
SELECT
    session,
    first_date IS NOT NULL AND first_date <= base_date AS is_late,
    CASE
        WHEN first_date IS NULL THEN format('{}: no level up to {}', index_id, as_of)
        WHEN base_date IS NULL OR first_date > base_date
            THEN format('{}: the line would start on {}, but its levels begin on {}', index_id, base_date, first_date)
        ELSE format('{}: no level from {} to {}; newest: {}', index_id, oldest, as_of, last_date)
    END AS reason
FROM life
WHERE first_date IS NULL OR base_date IS NULL OR first_date > base_date OR last_date < oldest
ORDER BY session, index_id
