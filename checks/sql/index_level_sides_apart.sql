-- Days on which small and large moved further apart than they ever did: a series that another one of its index bears
-- out is not named, and where both are borne out the day was such a day.
--
-- Limit: 8 % and 0.8 of the largest move of the last six days that every series made (a crash moves all of them, a wrong
-- level only one). Measured on 10,095 days of the Russell indices (1979 to 2019) and 5,365 of two funds on them (2005 to
-- 2026): none reaches it, the nearest comes to 0.62 of it (11.2 % apart on 1987-10-20, 7.0 % on 2008-10-10).
WITH unrest AS (
    SELECT date, max(least_move) OVER (ORDER BY date ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) AS unrest
    FROM (SELECT date, min(abs(move)) AS least_move FROM study_move WHERE frequency = 'daily' GROUP BY date)
),
apart AS (
    SELECT
        s.date, s.series_id AS small, l.series_id AS large, s.move AS small_move, l.move AS large_move,
        getvariable('sides_apart') + getvariable('sides_apart_per_unrest') * u.unrest AS allowed
    FROM study_move AS s
    JOIN study_move AS l ON l.date = s.date AND l.size = 'large'
    JOIN unrest AS u ON u.date = s.date
    WHERE s.size = 'small' AND s.frequency = 'daily' AND abs(s.move - l.move) > allowed
),
-- without those of which it is stated that one of the two moved so
stated AS (
    SELECT * FROM apart AS a
    ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
        ON c.kind = 'real_move' AND c.dataset = 'index_level' AND c.subject IN (a.small, a.large)
        AND a.date BETWEEN c.date AND coalesce(c.until, c.date)
),
suspects AS (
    SELECT small AS subject, date, small_move AS move, large AS against, large_move AS move_against, allowed FROM stated
    UNION ALL
    SELECT large, date, large_move, small, small_move, allowed FROM stated
),
borne_out AS (
    SELECT DISTINCT a.series_id, a.date
    FROM study_move AS a
    JOIN study_move AS b ON b.date = a.date AND b.index_id = a.index_id AND b.series_id <> a.series_id
    WHERE abs(a.move - b.move) <= getvariable('same_index_apart')
)
SELECT
    subject, date, round_half_up(any_value(move), 4) AS move, min(against) AS against,
    round_half_up(arg_min(move_against, against), 4) AS move_against, round_half_up(any_value(allowed), 4) AS allowed_apart
FROM suspects AS s
ANTI JOIN borne_out AS b ON b.series_id = s.subject AND b.date = s.date
GROUP BY subject, date
ORDER BY subject, date
