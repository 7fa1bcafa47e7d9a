-- Securities of figure 4 whose level does not move as the close and the dividend beside it say; a row each, with its days,
-- the first of them, and by what they move the return. A dividend that was left out or paid twice, a close that was not
-- adjusted. Only files that state dividends are looked at.
-- What counts as so is dividend_gap() and dividend_gap_allowed() (warehouse/sql/macros.sql).
WITH behind AS (
    SELECT x.as_of, x.level_id, x.last_date, p.source, p.covered_from, p.covered_until
    FROM constituent_exit AS x
    JOIN constituent_part AS p ON p.as_of = x.as_of AND p.security_id = x.level_id
    WHERE x.last_value IS NOT NULL
),
-- of the files that state dividends
filed AS (
    SELECT v.*
    FROM constituent_plain AS v
    SEMI JOIN (
        SELECT security_id, source FROM constituent_plain WHERE dividend IS NOT NULL AND close > 0
    ) USING (security_id, source)
    SEMI JOIN behind ON behind.level_id = v.security_id AND behind.source = v.source
    QUALIFY row_number() OVER (PARTITION BY v.security_id, v.source, v.date ORDER BY v.known_at DESC) = 1
),
known AS (
    FROM filed WHERE level IS NOT NULL UNION ALL BY NAME FROM constituent_corrected
),
step AS (
    SELECT
        security_id, source, date, level, close, dividend, coalesce(split_factor, 1) AS split_factor,
        lag(date) OVER days AS date_before,
        level / lag(level) OVER days AS move,
        lag(close) OVER days AS close_before,
        -- a cent, or a hundredth of one, of a printed number
        CASE WHEN abs(level * 100 - round_half_up(level * 100, 0)) < 1e-6 THEN 0.01 ELSE 0.0001 END AS unit,
        lag(level) OVER days AS level_before
    FROM known
    WHERE dividend IS NOT NULL AND close > 0 AND return_basis <> 'price'
    WINDOW days AS (PARTITION BY security_id, source ORDER BY date)
),
apart AS (
    SELECT
        *,
        dividend_gap(move, close_before, close, dividend, split_factor) AS difference,
        dividend_gap_allowed(level, level_before, unit, close, close_before, 0.01, dividend) AS allowed
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
