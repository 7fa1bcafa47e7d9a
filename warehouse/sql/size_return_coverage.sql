-- Why figure 1 can't be made for a session: a row an index none of whose series reaches the as-of date.
--
-- in:  study_level, study_series, run_session (study_levels.sql, study_tables.sql); getvariable('is_monthly')
-- out: session, is_late (the newest session itself is missing; a month's level is due on no certain morning), reason
WITH newest AS (
    SELECT r.session, r.as_of, r.oldest, s.index_id, s.series_id, s.series_order, l.date AS last_date
    FROM run_session AS r
    CROSS JOIN study_series AS s
    ASOF LEFT JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= r.as_of
)
SELECT
    session,
    NOT getvariable('is_monthly') AND coalesce(max(last_date) < any_value(as_of), false) AS is_late,
    format(
        '{}: no level from {} to {}; newest: {}',
        index_id, any_value(oldest), any_value(as_of),
        string_agg(series_id || ' ' || coalesce(CAST(last_date AS VARCHAR), 'none'), ', ' ORDER BY series_order)
    ) AS reason
FROM newest
GROUP BY session, index_id
HAVING max(last_date) IS NULL OR max(last_date) < any_value(oldest)
ORDER BY session, index_id
