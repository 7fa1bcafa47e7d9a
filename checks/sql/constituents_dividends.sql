-- Securities of figure 4 whose level does not move as the close and the dividend beside it say; a row each, with its days,
-- the first of them, and by what they move the return. A dividend that was left out or paid twice, a close that was not
-- adjusted. Only files that state dividends are looked at.
--
-- A dividend is put back in one of two ways, (close + dividend) / close before, or close / (close before - dividend) as
-- Yahoo does, and a close may be adjusted for splits or not: one of them has to hold, to 0.002 % and what the printed
-- decimals allow. Two real funds, 5,365 days each with 171 dividends: less than 0.001 % by the nearer one.
WITH behind AS (
    SELECT x.as_of, x.level_id, x.last_date, p.source, p.covered_from, p.covered_until
    FROM constituent_exit AS x
    JOIN constituent_part AS p ON p.as_of = x.as_of AND p.security_id = x.level_id
    WHERE x.last_value IS NOT NULL
),
step AS (
    SELECT
        security_id, source, date, level, close, dividend, coalesce(split_factor, 1) AS split_factor,
        lag(date) OVER days AS date_before,
        level / lag(level) OVER days AS move,
        lag(close) OVER days AS close_before,
        -- half a cent, or half of a hundredth of one, of a printed number
        CASE WHEN abs(level * 100 - round_half_up(level * 100, 0)) < 1e-6 THEN 0.005 ELSE 0.00005 END AS noise,
        lag(level) OVER days AS level_before
    FROM constituent_level
    WHERE dividend IS NOT NULL AND close > 0 AND return_basis <> 'price'
    WINDOW days AS (PARTITION BY security_id, source ORDER BY date)
),
apart AS (
    SELECT
        *,
        list_reduce(
            [
                ln(move * close_before / (close + dividend)),
                ln(move * greatest(close_before - dividend, 1e-9) / close),
                ln(move * close_before / (close * split_factor + dividend)),
                ln(move * close_before / ((close + dividend) * split_factor))
            ],
            lambda a, b: CASE WHEN abs(a) <= abs(b) THEN a ELSE b END
        ) AS difference,
        2e-5 + noise * (1 / level + 1 / level_before) + 0.005 * (1 / close + 1 / close_before)
        + CASE WHEN dividend > 0 THEN 0.0005 / close_before ELSE 0 END AS allowed
    FROM step
    WHERE level_before IS NOT NULL
)
SELECT
    r.session, a.security_id, count(*) AS days, min(a.date) AS first_day, round_half_up(exp(sum(a.difference)) - 1, 6) AS return_moved_by,
    a.source
FROM apart AS a
JOIN behind AS b
    ON b.level_id = a.security_id AND b.source = a.source AND a.date_before >= b.covered_from AND a.date <= b.covered_until
    AND a.date <= b.last_date
JOIN run_session AS r ON r.as_of = b.as_of
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS k
    ON k.kind = 'real_move' AND k.dataset = 'security_level' AND k.subject = a.security_id
    AND a.date BETWEEN k.date AND coalesce(k.until, k.date)
WHERE abs(a.difference) > a.allowed
GROUP BY ALL
ORDER BY ALL
