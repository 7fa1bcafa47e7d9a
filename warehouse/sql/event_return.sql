-- Returns since the study's events, on the series that figure 1 uses.
--
-- in:  study_level, session_series (study_levels.sql), study_event (study_tables.sql), calendar
-- out: the columns of figure.event_return from as_of on, without study and revision; payloads: of base and end
WITH
-- nothing after the as-of date is known; an event that lasts beyond it has no end yet
begun AS (
    SELECT
        c.*, e.event_id, e.starts_on,
        CASE WHEN e.ends_on <= c.as_of THEN e.ends_on END AS ends_on,
        least(coalesce(e.ends_on, c.last_date), c.last_date) AS until
    FROM session_series AS c
    JOIN study_event AS e ON e.starts_on <= c.last_date
),
based AS (
    SELECT b.*, s.date AS base_session
    FROM begun AS b
    ASOF JOIN calendar AS s ON s.date < b.starts_on
)
SELECT
    b.session, b.as_of, true AS is_headline, b.event_id, b.index_id, b.series_id, b.size,
    b.starts_on AS event_start, b.ends_on AS event_end,
    x.date AS base_date, coalesce(y.date, t.date) AS end_date, y.level / x.level - 1 AS return_cum,
    CASE WHEN x.date IS NOT NULL THEN [x.payload_sha256, y.payload_sha256] END AS payloads
FROM based AS b
ASOF JOIN calendar AS t ON t.date <= b.until
LEFT JOIN study_level AS x ON x.series_id = b.series_id AND x.date = b.base_session
-- an event that was over before the series began keeps its row, without a return
ASOF LEFT JOIN study_level AS y ON y.series_id = b.series_id AND y.date <= b.until
