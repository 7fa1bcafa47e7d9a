-- A second opinion on the session's newest levels, each against its own history. Warnings: what is rare and may be real.
--
-- in:  run_session, session_series, study_series, study_level (study_levels.sql)
-- out: a row an alarm: measure, what was found, what is usual
-- Measured on 21 years of IWM and IWB and 40 years of the Russell total return indices: move_of_the_day 0.8 a year for both
-- series together, spread_of_sides 0.4 a year, repeated_levels none (three equal levels within 20 days never happened).
WITH moves AS (
    SELECT
        l.series_id, l.date, s.size,
        ln(l.level / lag(l.level) OVER days) AS move,
        l.level = lag(l.level) OVER days AS is_repeated
    FROM study_level AS l
    JOIN study_series AS s USING (series_id)
    WHERE s.frequency = 'daily' AND l.level > 0
    WINDOW days AS (PARTITION BY l.series_id ORDER BY l.date)
),
own AS (
    SELECT
        series_id, date, abs(move) AS found,
        median(abs(move)) OVER year_before AS usual,
        count(move) OVER year_before AS days_before,
        count(*) FILTER (is_repeated) OVER month AS repeated
    FROM moves
    WINDOW
        year_before AS (PARTITION BY series_id ORDER BY date ROWS BETWEEN 250 PRECEDING AND 1 PRECEDING),
        month AS (PARTITION BY series_id ORDER BY date ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
),
newest AS (
    SELECT session, series_id, size, last_date AS date FROM session_series WHERE frequency = 'daily'
),
pair AS (
    SELECT DISTINCT small.series_id AS small, large.series_id AS large
    FROM newest AS small JOIN newest AS large ON large.session = small.session
    WHERE small.size = 'small' AND large.size = 'large'
),
spread AS (
    SELECT
        p.small, p.large, s.date, abs(s.move - l.move) AS found,
        median(abs(s.move - l.move)) OVER year_before AS usual,
        count(*) OVER year_before AS days_before
    FROM pair AS p
    JOIN moves AS s ON s.series_id = p.small
    JOIN moves AS l ON l.series_id = p.large AND l.date = s.date
    WINDOW year_before AS (PARTITION BY p.small, p.large ORDER BY s.date ROWS BETWEEN 250 PRECEDING AND 1 PRECEDING)
)
SELECT
    n.series_id AS subject, n.session, n.date AS day, 'move_of_the_day' AS measure, round_half_up(o.found, 4) AS found,
    round_half_up(12 * o.usual, 4) AS usual_up_to
FROM newest AS n JOIN own AS o USING (series_id, date)
WHERE o.days_before >= 60 AND o.found > 12 * o.usual
UNION ALL
SELECT n.series_id, n.session, n.date, 'repeated_levels', o.repeated, 2
FROM newest AS n JOIN own AS o USING (series_id, date)
WHERE o.repeated > 2
UNION ALL
SELECT n.series_id, n.session, n.date, 'spread_of_sides', round_half_up(s.found, 4), round_half_up(8 * s.usual, 4)
FROM newest AS n
JOIN newest AS other ON other.session = n.session AND other.date = n.date AND other.size = 'large'
JOIN spread AS s ON s.small = n.series_id AND s.large = other.series_id AND s.date = n.date
WHERE n.size = 'small' AND s.days_before >= 60 AND s.found > 8 * s.usual
ORDER BY ALL
