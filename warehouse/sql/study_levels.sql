-- The levels that a study's figures and checks read: as known at the cut-off, getvariable('known_at'), and as corrected
-- by what people state (core.correction).
--
-- in: study_series, run_session (study_tables.sql), calendar(date): the sessions of the exchange;
--     getvariable('is_monthly')

-- The days on which the study's series have a level: every session, or the last one of each month.
CREATE OR REPLACE TEMP TABLE study_day AS
SELECT max(date) AS date
FROM calendar
GROUP BY CASE WHEN getvariable('is_monthly') THEN date_trunc('month', date) ELSE date END;

CREATE OR REPLACE TEMP TABLE right_level AS
SELECT * EXCLUDE (known_at, is_withdrawn) FROM core.index_level_as_corrected(getvariable('known_at'));

-- On those days only: a level on a day without trading is ignored.
CREATE OR REPLACE TEMP TABLE study_level AS
SELECT l.*
FROM right_level AS l
JOIN study_day USING (date)
WHERE l.series_id IN (SELECT series_id FROM study_series);

-- One series an index and session: the first in the study's order with a level within the lag of the as-of date.
CREATE OR REPLACE TEMP VIEW session_series AS
WITH reach AS (
    SELECT r.session, r.as_of, s.*, l.date AS last_date
    FROM run_session AS r
    CROSS JOIN study_series AS s
    ASOF JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= r.as_of
    WHERE l.date >= r.oldest
)
SELECT * FROM reach
QUALIFY row_number() OVER (PARTITION BY session, index_id ORDER BY series_order) = 1;

-- Calendar-year returns of every series that a cross-check may name: years whose both ends are there.
CREATE OR REPLACE TEMP TABLE year_return AS
WITH year_ends AS (
    SELECT year(date) AS year, max(date) AS year_end FROM calendar GROUP BY year(date)
),
ends AS (
    SELECT l.series_id, y.year, y.year_end, l.level
    FROM right_level AS l
    JOIN year_ends AS y ON y.year_end = l.date
)
SELECT series_id, year, year_end, level / lag(level) OVER years - 1 AS year_return
FROM ends
WINDOW years AS (PARTITION BY series_id ORDER BY year)
QUALIFY lag(year) OVER years = year - 1;

-- Moves from one day of the study to the next. A series that lacks the day before has none.
CREATE OR REPLACE TEMP VIEW study_move AS
WITH numbered AS (
    SELECT date, row_number() OVER (ORDER BY date) AS number FROM study_day
),
moves AS (
    SELECT
        l.series_id, l.date,
        l.level / lag(l.level) OVER days - 1 AS move,
        n.number - lag(n.number) OVER days AS days_since
    FROM study_level AS l JOIN numbered AS n USING (date)
    WINDOW days AS (PARTITION BY l.series_id ORDER BY l.date)
)
SELECT m.series_id, s.index_id, s.size, s.frequency, m.date, m.move
FROM moves AS m JOIN study_series AS s USING (series_id)
WHERE m.days_since = 1;

-- Whether a series' calendar year is the one that the index's provider published: to 0.1 point (real files of the index:
-- 0.01), and to 1.5 points where a fund stands in (real ones: 1.32, IWM in 2009).
CREATE OR REPLACE TEMP VIEW year_as_published AS
SELECT
    y.series_id, y.year, y.year_end, 100 * y.year_return AS year_return, p.rate, s.is_proxy, s.return_basis,
    abs(100 * y.year_return - p.rate) <= CASE WHEN s.is_proxy THEN 1.5 ELSE 0.1 END AS agrees
FROM year_return AS y
JOIN study_series AS s USING (series_id)
JOIN published_return AS p ON p.index_id = s.index_id AND p.year = y.year;
