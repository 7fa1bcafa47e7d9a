-- Why returns since events can't be told for a session: an index without a level, or no event by then.
--
-- in:  study_level, study_series, run_session (study_levels.sql, study_tables.sql), study_event
-- out: session, is_late (the newest session itself is missing), reason
WITH newest AS (
    SELECT r.session, r.as_of, r.oldest, s.index_id, max(l.date) AS last_date
    FROM run_session AS r
    CROSS JOIN (SELECT DISTINCT index_id, series_id FROM study_series) AS s
    LEFT JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= r.as_of
    GROUP BY r.session, r.as_of, r.oldest, s.index_id
),
-- the last day of the series that event_return.sql takes
chosen AS (
    SELECT r.session, r.as_of, l.date AS last_date
    FROM run_session AS r
    CROSS JOIN study_series AS s
    ASOF JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= r.as_of
    WHERE l.date >= r.oldest
    QUALIFY row_number() OVER (PARTITION BY r.session, s.index_id ORDER BY s.series_order) = 1
),
reach AS (
    SELECT session, as_of, max(last_date) AS last_date FROM chosen GROUP BY ALL
)
SELECT
    session,
    coalesce(last_date < as_of, false) AS is_late,
    format('{}: no level from {} to {}; newest: {}', index_id, oldest, as_of, coalesce(CAST(last_date AS VARCHAR), 'none'))
        AS reason
FROM newest
WHERE last_date IS NULL OR last_date < oldest
UNION ALL
SELECT
    r.session,
    coalesce(e.first_day <= r.as_of, false),
    CASE
        WHEN e.first_day IS NULL THEN 'the study has no event'
        ELSE format('no event of the study began by {}; the first one begins on {}', r.last_date, e.first_day)
    END
FROM reach AS r
CROSS JOIN (SELECT min(starts_on) AS first_day FROM study_event) AS e
WHERE e.first_day IS NULL OR e.first_day > r.last_date
ORDER BY ALL
