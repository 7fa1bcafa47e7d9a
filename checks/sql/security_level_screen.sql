-- A second opinion on the newest day of each source of securities' levels: do most of them move, and by what names move?
--
-- in:  run_session, core.security_level; getvariable('known_at')
-- out: a row an alarm: measure, what was found, what is usual
-- Measured on 336 days of a panel of 7,270 names (mostly month-ends) and 899 days of one of 495 names (daily): at most 30 % of the
-- names unchanged (the last, unfinished days of the first), at most 10 % moving by more than half (April 2009), a median move
-- of at most 21 % (March 2020). No alarm.
WITH night AS (SELECT max(session) AS session FROM run_session),
last_day AS (
    SELECT n.session, l.source, max(l.date) AS date
    FROM core.security_level AS l JOIN night AS n ON l.date <= n.session
    WHERE l.known_at <= getvariable('known_at')
    GROUP BY ALL
),
-- Two months reach the level before of a monthly source too, and leave the rest of the history unread.
recent AS (
    SELECT l.source, l.security_id, l.date, l.level, d.session, d.date AS newest
    FROM core.security_level AS l
    JOIN last_day AS d ON d.source = l.source AND l.date BETWEEN d.date - 62 AND d.date
    WHERE l.known_at <= getvariable('known_at')
    QUALIFY row_number() OVER (PARTITION BY l.source, l.security_id, l.date ORDER BY l.known_at DESC) = 1
),
moves AS (
    SELECT source, session, date, newest, level / lag(level) OVER (PARTITION BY source, security_id ORDER BY date) - 1 AS move
    FROM recent
    WHERE level > 0
),
day AS (
    SELECT
        source, session, count(*) AS names,
        count(*) FILTER (move = 0) / count(*) AS unchanged,
        count(*) FILTER (abs(move) > 0.5) / count(*) AS wild,
        median(move) AS middle
    FROM moves
    WHERE date = newest AND move IS NOT NULL
    GROUP BY ALL
    HAVING count(*) >= 50
)
SELECT source AS subject, session, 'share_of_names_unchanged' AS measure, round_half_up(unchanged, 3) AS found, 0.35 AS usual_up_to
FROM day WHERE unchanged > 0.35
UNION ALL
SELECT source, session, 'share_of_names_moving_by_half', round_half_up(wild, 3), 0.2 FROM day WHERE wild > 0.2
UNION ALL
SELECT source, session, 'median_move', round_half_up(middle, 3), 0.3 FROM day WHERE abs(middle) > 0.3
ORDER BY ALL
