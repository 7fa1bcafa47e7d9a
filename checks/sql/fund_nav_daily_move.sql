-- Moves beyond 35 % from one valuation to the next, the distribution put back: a wrong unit, a split, or another fund's file.
WITH before AS (
    SELECT
        fund_id, date, nav_jpy, distribution_jpy,
        lag(nav_jpy) OVER (PARTITION BY fund_id ORDER BY date) AS nav_before
    FROM core.fund_nav_as_known(getvariable('known_at'))
),
moves AS (
    -- rounded, since floats make exactly 35 % a little more
    SELECT *, round_half_up((nav_jpy + coalesce(distribution_jpy, 0)) / nav_before - 1, 9) AS move FROM before
)
SELECT
    fund_id AS subject, date, nav_before, nav_jpy AS nav, distribution_jpy AS distribution, round_half_up(move, 4) AS move
FROM moves
WHERE abs(moves.move) > 0.35
ORDER BY subject, date
