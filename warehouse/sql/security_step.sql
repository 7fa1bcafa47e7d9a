-- What can't be true of a step of a security's level: from one level of a file to its next one. NULL: nothing is known
-- against it.
--
-- in:  move: level over the level before; close_move: the same of the closes, NULL where the file has none; days between;
--      usual: the mean size of the logarithm of the steps around it, NULL where they are too few
-- Limits measured on 473,284 monthly steps of the 1,413 names of one panel that figure 4 uses, 588,652 of its other 5,800
-- names, 757,000 of a second panel, and 541,000 daily steps of 506 names:
--   within a week: a real one fell by 53 % at most. Beyond five times: none. Two within 3 % of a factor of 2, both of them
--     splits that the file had left out; the real falls of 52 and 53 % are further from it.
--   from month to month: real ones of x 28.6 and / 39.8. Beyond 50 times only prices that came back the month after, and
--     other companies' shares under the ticker. 7 to 14 times, where a power of ten and a month's own move end: 19 steps
--     of the 480,897 of figure 4's names, none by a name whose steps are 10 % in the mean of the two years on either side
--     (75 % of all steps; the nearest are 11 % and x 10, 13 % and / 10.9, 15 % and / 7.1). Wilder names really move so.
--   after a silence of more than 35 days: x 2.9 at most.
--   adjusted close against the close beside it: x 2.5 at most while the close stands, once, by month; none by day.
CREATE OR REPLACE TEMP MACRO step_size(move) AS greatest(move, 1 / move);

-- A day's step by the factor of a split, and by no more.
CREATE OR REPLACE TEMP MACRO is_split_ratio(move, close_move, days) AS days <= 7 AND step_size(move) >= 1.9 AND least(
    abs(step_size(move) / 2 - 1), abs(step_size(move) / 2.5 - 1), abs(step_size(move) / 3 - 1),
    abs(step_size(move) / 4 - 1), abs(step_size(move) / 5 - 1)
) <= 0.03 AND coalesce(abs(close_move / move - 1) <= 0.03, true);

CREATE OR REPLACE TEMP MACRO step_fault(move, close_move, days, usual) AS CASE
    WHEN days <= 7 AND step_size(move) >= 5 THEN 'more than five times within a week: a power of ten, a split left out?'
    WHEN step_size(move) >= 50 THEN 'more than fifty times at once: a power of ten, another unit or currency?'
    WHEN step_size(move) BETWEEN 7 AND 14 AND usual <= 0.10
        THEN 'near ten times at once, of a name that is calm before and after: a power of ten, a split left out?'
    WHEN days > 35 AND step_size(move) >= 4 THEN 'more than four times after a silence: another owner of the ticker?'
    -- a penny stock that falls so may be put together ten to one in that month: a close that isn't adjusted stands then
    WHEN step_size(move) >= 5 AND step_size(close_move) <= 2
        AND (move > 1 OR abs(close_move / move - round_half_up(close_move / move, 0)) > 0.02 * close_move / move)
        THEN 'the close beside it does not move so'
    WHEN days <= 7 AND step_size(move) >= 1.5 AND step_size(close_move) <= 1.1 THEN 'the close beside it does not move so'
END;

-- Steps that are wide, and those in which currency or basis change. ``levels``: a relation with security_id, source,
-- stretch, date, level, close, split_factor, currency, return_basis; one row a security, source and day, and every day of
-- a stretch.
CREATE OR REPLACE TEMP MACRO wide_steps(levels) AS TABLE
WITH step AS (
    SELECT
        security_id, source, date, level, close, currency, return_basis, split_factor,
        lag(date) OVER days AS date_before,
        lag(level) OVER days AS level_before,
        lag(close) OVER days AS close_before,
        coalesce(lag(currency) OVER days <> currency OR lag(return_basis) OVER days <> return_basis, false)
            AS is_of_another_kind,
        lead(level) OVER days AS level_after,
        lag(level, 2) OVER days AS level_two_before
    FROM query_table(levels)
    WINDOW days AS (PARTITION BY security_id, source, stretch ORDER BY date)
)
SELECT
    *,
    level / level_before AS move,
    CASE WHEN close > 0 AND close_before > 0 THEN close / close_before END AS close_move,
    CAST(date - date_before AS INTEGER) AS days
FROM step
WHERE is_of_another_kind OR step_size(level / level_before) >= 1.5
    OR step_size(coalesce(split_factor, 1)) > 1.2 AND step_size(level / level_before) > 1.15;

-- What can't be true of them: fault is NULL where a step may be real; doubt is what is odd of such a one. ``wide``: a table
-- of wide_steps(); ``everybody``: a relation with security_id, source, date, known_at, level: each version of each level.
-- Faults that only others show: a price that is back at the next level, and many names that jump on one day. The most
-- names that really did so in one direction are 0.26 % of a panel (March 2020).
CREATE OR REPLACE TEMP MACRO security_steps(wide, everybody) AS TABLE
WITH
-- every step of the names that move near ten times, and of these the usual one: in two years on either side, without the
-- step itself
whole AS (
    SELECT
        security_id, source, date, level / lag(level) OVER (PARTITION BY security_id, source ORDER BY date) AS move
    FROM (
        SELECT security_id, source, date, level
        FROM query_table(everybody)
        SEMI JOIN (FROM query_table(wide) WHERE step_size(move) BETWEEN 7 AND 14) USING (security_id, source)
        QUALIFY row_number() OVER (PARTITION BY security_id, source, date ORDER BY known_at DESC) = 1
    )
    WHERE level IS NOT NULL
),
usual AS (
    SELECT w.security_id, w.source, w.date, avg(abs(ln(s.move))) AS move
    FROM query_table(wide) AS w
    JOIN whole AS s
        ON s.security_id = w.security_id AND s.source = w.source
        AND s.date <> w.date AND s.date BETWEEN w.date - 750 AND w.date + 750
    WHERE step_size(w.move) BETWEEN 7 AND 14 AND s.move IS NOT NULL
    GROUP BY ALL
    HAVING count(*) >= 6
),
crowd AS (
    SELECT source, date, move > 1 AS is_rise, count(*) AS names
    FROM query_table(wide)
    WHERE step_size(move) >= 5
    GROUP BY ALL
    HAVING count(*) >= 5
),
-- everybody who has a level on such a day
there AS (
    SELECT l.source, l.date, l.security_id
    FROM query_table(everybody) AS l
    SEMI JOIN crowd USING (source, date)
    GROUP BY ALL
    HAVING max(l.known_at) FILTER (l.level IS NOT NULL) = max(l.known_at)
),
crowded AS (
    SELECT c.source, c.date, c.is_rise, c.names, count(*) AS names_of_day
    FROM crowd AS c
    JOIN there AS t ON t.source = c.source AND t.date = c.date
    GROUP BY ALL
    HAVING c.names > 0.005 * count(*)
)
SELECT
    w.security_id, w.source, w.date, w.date_before, w.level_before, w.level, w.close_before, w.close, w.move, w.close_move,
    w.days, w.is_of_another_kind,
    CASE
        WHEN w.is_of_another_kind THEN 'another currency or return_basis than the day before'
        -- an adjusted level doesn't see a split: one that moves by it was not adjusted
        WHEN step_size(coalesce(w.split_factor, 1)) > 1.2 AND w.days <= 7 AND abs(ln(w.move * w.split_factor)) < abs(ln(w.move)) / 2
            THEN 'the split that the file states beside it was left out'
        ELSE coalesce(
            step_fault(w.move, w.close_move, w.days, u.move),
            CASE WHEN is_split_ratio(w.move, w.close_move, w.days) AND w.split_factor IS DISTINCT FROM 1
                THEN 'the factor of a split that was left out?' END,
            CASE
                WHEN step_size(w.move) < 5 THEN NULL
                WHEN c.names IS NOT NULL THEN format('{} of {} names of the day jump so', c.names, c.names_of_day)
                WHEN step_size(w.level_after / w.level) >= 5 AND step_size(w.level_after / w.level_before) <= 2
                    THEN 'and back at the next level'
                WHEN step_size(w.level_before / w.level_two_before) >= 5
                    AND step_size(w.level / w.level_two_before) <= 2
                    THEN 'back from the level before'
            END
        )
    END AS fault,
    -- the file knows of splits, and of none on that day
    CASE WHEN fault IS NULL AND is_split_ratio(w.move, w.close_move, w.days)
        THEN 'the factor of a split, and the file states that there was none' END AS doubt
FROM query_table(wide) AS w
LEFT JOIN usual AS u ON u.security_id = w.security_id AND u.source = w.source AND u.date = w.date
LEFT JOIN crowded AS c ON c.source = w.source AND c.date = w.date AND c.is_rise = (w.move > 1) AND step_size(w.move) >= 5;
