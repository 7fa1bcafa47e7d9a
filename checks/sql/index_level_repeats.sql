-- Days that are another day again: a level was filled from the day before, or an older row stands under a new date. Either
-- both sides equal the same earlier day (in the close where there is one, else in the level), or one series does in open,
-- high, low and close.
--
-- Looked for is up to 30 days back, and only where the prices are printed finely enough to tell days apart: both units over
-- both prices at most 2.5e-8, as 0.01 of 63. Measured on 10,096 days of the Russell indices and 5,366 of two funds: neither
-- ever happened (rounded to 0.1, both sides would on 12 days). One series alone equals the day before in 1 to 8 of 1,000
-- days: index_level_stands_still.
WITH numbered AS (
    SELECT
        l.series_id, s.index_id, l.date, l.close, l.open, l.high, l.low,
        coalesce(l.close, l.level) AS price,
        CASE
            WHEN l.close IS NULL THEN coalesce(l.quantum, 0)
            WHEN abs(l.close * 100 - round_half_up(l.close * 100, 0)) < 1e-6 THEN 0.01
            ELSE 0
        END / price AS unit,
        row_number() OVER (PARTITION BY l.series_id ORDER BY l.date) AS number
    FROM study_level AS l JOIN study_series AS s USING (series_id)
),
-- as FLOAT: a level that was chained has lost its last digit, so that equal ones differ by 1e-16
repeated AS (
    SELECT a.series_id, a.index_id, a.date, b.date AS same_as, a.unit
    FROM numbered AS a
    JOIN numbered AS b
        ON b.series_id = a.series_id AND CAST(b.price AS FLOAT) = CAST(a.price AS FLOAT)
        AND a.number - b.number BETWEEN 1 AND 30
),
both_sides AS (
    SELECT a.series_id, a.date, a.same_as, min(b.series_id) AS as_does
    FROM repeated AS a
    JOIN repeated AS b ON b.date = a.date AND b.same_as = a.same_as AND b.index_id <> a.index_id
    WHERE a.unit * b.unit <= 2.5e-8
    GROUP BY ALL
),
bars AS (
    SELECT a.series_id, a.date, b.date AS same_as, 'open, high, low and close' AS as_does
    FROM numbered AS a
    JOIN numbered AS b
        ON b.series_id = a.series_id AND b.close = a.close AND b.open = a.open AND b.high = a.high AND b.low = a.low
        AND a.number - b.number BETWEEN 1 AND 30
    WHERE a.high > a.low
)
SELECT r.series_id AS subject, r.date, r.same_as, r.as_does AS as_does_also
FROM (FROM both_sides UNION ALL FROM bars) AS r
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'index_level' AND c.subject = r.series_id
    AND r.date BETWEEN c.date AND coalesce(c.until, c.date)
ORDER BY subject, r.date, r.same_as
