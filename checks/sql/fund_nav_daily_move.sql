-- Moves beyond 35 % from one valuation to the next, the distribution put back: a wrong unit, a split, or another fund's file.
-- Values that are stated to be wrong, splits and real moves count as they are stated (docs/corrections.md).
WITH before AS (
    SELECT
        fund_id, date, nav_jpy, distribution_jpy, units,
        lag(nav_jpy) OVER (PARTITION BY fund_id ORDER BY date) AS nav_before,
        lag(units) OVER (PARTITION BY fund_id ORDER BY date) AS units_before
    FROM core.fund_nav_as_corrected(getvariable('known_at'))
),
moves AS (
    -- rounded, since floats make exactly 35 % a little more
    SELECT
        *, round_half_up((nav_jpy + coalesce(distribution_jpy, 0)) * units / (nav_before * units_before) - 1, 9) AS move
    FROM before
)
SELECT
    fund_id AS subject, date, nav_before, nav_jpy AS nav, distribution_jpy AS distribution, round_half_up(move, 4) AS move
FROM moves
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'fund_nav' AND c.subject = moves.fund_id
    AND moves.date BETWEEN c.date AND coalesce(c.until, c.date)
WHERE abs(moves.move) > 0.35
ORDER BY subject, date
