-- Moves of securities of figure 4 that may be real and are worth a look: beyond five times within two months of either
-- end, an adjusted close that moves by half or more while the close beside it stands, and a day's step by the factor of a
-- split where the file knows of none.
--
-- A close that is not adjusted for splits falls by the factor of a split, a whole number or 3:2: such a month says nothing.
-- On one panel of 1,413 names four steps in 28 years.
WITH moved AS (
    SELECT *, step_size(move / close_move) AS apart FROM constituent_step WHERE fault IS NULL
)
SELECT
    r.session, m.level_id AS security_id, m.date, round_half_up(m.move, 4) AS move,
    round_half_up(m.close_move, 4) AS close_move, m.doubt, m.source
FROM moved AS m
JOIN run_session AS r ON r.as_of = m.as_of
WHERE step_size(m.move) >= 5 AND m.is_near_an_end
    OR m.doubt IS NOT NULL
    OR step_size(m.close_move) <= 1.25 AND abs(m.apart - round_half_up(m.apart, 0)) > 0.02 AND abs(m.apart - 1.5) > 0.02
ORDER BY ALL
