-- Days on which a level with dividends does not move as the close and the dividend beside it say: a dividend that was left
-- out or paid twice, a close that was not adjusted.
-- That is what dividend_gap() and dividend_gap_allowed() say (warehouse/sql/macros.sql).
WITH printed AS (
    SELECT
        l.series_id, l.date, l.level, l.close, l.dividend,
        -- a split that is stated puts the level right, and leaves the close as the file has it
        coalesce(p.factor, l.split_factor, 1) AS split_factor,
        -- the finest unit of the series, since 100.05 is printed to a cent and so is 100.1
        coalesce(min(l.quantum) OVER whole, 0) AS quantum,
        min(CASE
            WHEN abs(l.close * 100 - round_half_up(l.close * 100, 0)) < 1e-6 THEN 0.01
            WHEN abs(l.close * 10000 - round_half_up(l.close * 10000, 0)) < 1e-6 THEN 0.0001
            ELSE 0
        END) OVER whole AS close_quantum,
        lag(l.level) OVER days AS level_before,
        lag(l.close) OVER days AS close_before
    FROM study_level AS l
    JOIN study_series AS s USING (series_id)
    LEFT JOIN core.correction_as_known(getvariable('known_at')) AS p
        ON p.kind = 'split' AND p.dataset = 'index_level' AND p.subject = l.series_id AND p.date = l.date
    WHERE s.return_basis IN ('gross', 'adjusted_close') AND l.close IS NOT NULL
    WINDOW whole AS (PARTITION BY l.series_id), days AS (PARTITION BY l.series_id ORDER BY l.date)
),
moves AS (
    SELECT
        *,
        level / level_before AS move,
        (close + dividend) / close_before AS expected,
        abs(dividend_gap(move, close_before, close, dividend, split_factor)) AS difference,
        dividend_gap_allowed(level, level_before, quantum, close, close_before, close_quantum, dividend) AS allowed
    FROM printed
    WHERE level_before IS NOT NULL AND dividend IS NOT NULL
)
SELECT
    m.series_id AS subject, m.date, round_half_up(m.move - 1, 6) AS move, m.close_before, m.close, m.dividend,
    round_half_up(m.expected - 1, 6) AS move_of_close_and_dividend
FROM moves AS m
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'index_level' AND c.subject = m.series_id
    AND m.date BETWEEN c.date AND coalesce(c.until, c.date)
WHERE m.difference > m.allowed
ORDER BY subject, m.date
