-- Why figure 2 can't be made for a session: a row an index whose line begins after the base session, or ends too early.
--
-- in:  long_run_base, long_run_line (long_run_prepare.sql), study_level, study_series; getvariable('is_monthly')
-- out: session, is_late (the newest session itself is missing; a month's level is due on no certain morning), reason
WITH line AS (
    SELECT
        b.session, b.as_of, b.oldest, b.base_date, s.index_id,
        min(l.date) AS first_date, arg_min(l.series_id, l.date) AS first_series, max(l.date) AS last_date
    FROM long_run_base AS b
    CROSS JOIN (SELECT DISTINCT index_id FROM study_series) AS s
    LEFT JOIN long_run_line AS l ON l.session = b.session AND l.index_id = s.index_id
    GROUP BY ALL
),
-- Levels before the base session are in no line, but a reason has to tell what there is.
known AS (
    SELECT
        b.session, s.index_id, min(l.date) AS first_known, max(l.date) AS last_known,
        list(DISTINCT s.series_id) FILTER (l.date < b.base_date) AS older_series
    FROM long_run_base AS b
    CROSS JOIN study_series AS s
    LEFT JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= b.as_of
    GROUP BY ALL
)
SELECT
    session,
    NOT getvariable('is_monthly')
    AND (coalesce(first_date = base_date, false) OR coalesce(last_known < base_date, false)) AS is_late,
    CASE
        WHEN first_known IS NULL THEN format('{}: no level up to {}', index_id, as_of)
        WHEN base_date IS NULL
            THEN format('{}: the line would start before the calendar, but its levels begin on {}', index_id, first_known)
        WHEN first_date = base_date
            THEN format('{}: no level from {} to {}; newest: {}', index_id, oldest, as_of, last_date)
        WHEN last_known < base_date
            THEN format('{}: no level from {} to {}; newest: {}', index_id, oldest, as_of, last_known)
        WHEN list_contains(older_series, first_series)
            THEN format('{}: the line would start on {}, but {} has no level then', index_id, base_date, first_series)
        ELSE format('{}: the line would start on {}, but its levels begin on {}', index_id, base_date, first_date)
    END AS reason
FROM line
JOIN known USING (session, index_id)
WHERE first_date IS NULL OR base_date IS NULL OR first_date > base_date OR last_date < oldest
ORDER BY session, index_id
