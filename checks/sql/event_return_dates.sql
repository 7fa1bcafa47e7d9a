-- Events whose window is not as it should be, that began and are missing, or are there twice.
WITH found AS (
    SELECT *
    FROM figure.event_return
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
),
-- levels may lag behind the as-of date: an event after the last one has not begun for them
reach AS (
    SELECT r.session, r.as_of, s.index_id, l.date AS last_date
    FROM run_session AS r
    CROSS JOIN study_series AS s
    ASOF JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= r.as_of
    WHERE
        l.date >= r.oldest
        AND r.session NOT IN (
            SELECT session FROM meta.coverage WHERE study = getvariable('study') AND figure = 'event_return'
        )
    QUALIFY row_number() OVER (PARTITION BY r.session, s.index_id ORDER BY s.series_order) = 1
),
wanted AS (
    SELECT
        r.*, e.event_id, e.starts_on,
        (SELECT max(c.date) FROM calendar AS c WHERE c.date < e.starts_on) AS last_before
    FROM reach AS r
    JOIN study_event AS e ON e.starts_on <= r.last_date
)
SELECT
    w.session, w.as_of, w.event_id, w.index_id, w.starts_on, count(f.session) AS found,
    any_value(f.base_date) AS base_date, any_value(f.end_date) AS end_date
FROM wanted AS w
LEFT JOIN found AS f ON f.session = w.session AND f.event_id = w.event_id AND f.index_id = w.index_id
GROUP BY ALL
HAVING count(f.session) <> 1
    OR bool_or(f.base_date <> w.last_before OR f.base_date > f.end_date OR f.end_date > f.as_of)
ORDER BY ALL
