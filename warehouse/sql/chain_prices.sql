-- The prices that stand beside the chained levels of one payload, on the scale of those stored before.
--
-- Yahoo rewrites every close and dividend at a split, others never do. Where most of the days that both have differ by one
-- factor, that factor is taken back, so that a pure rescale adds no rows and new days fit to those before.
--
-- in:  to_chain: the payload's rows; chained(series_id, date, level): their levels; stored: the series' rows as known
-- out: the columns of core.index_level that a vendor states
WITH rescaled AS (
    SELECT i.series_id, median(s.close / i.close) AS factor
    FROM to_chain AS i
    JOIN stored AS s ON s.series_id = i.series_id AND s.date = i.date
    GROUP BY i.series_id
),
scaled AS (
    SELECT i.*, CASE WHEN abs(r.factor - 1) > 1e-6 THEN r.factor ELSE 1 END AS factor
    FROM to_chain AS i LEFT JOIN rescaled AS r ON r.series_id = i.series_id
)
SELECT
    c.series_id,
    c.date,
    c.level,
    c.return_basis,
    c.currency,
    CASE WHEN c.level = s.level THEN s.quantum ELSE i.quantum * c.level / i.level END AS quantum,
    CASE WHEN abs(i.open * i.factor / s.open - 1) <= 1e-6 THEN s.open ELSE i.open * i.factor END AS open,
    CASE WHEN abs(i.high * i.factor / s.high - 1) <= 1e-6 THEN s.high ELSE i.high * i.factor END AS high,
    CASE WHEN abs(i.low * i.factor / s.low - 1) <= 1e-6 THEN s.low ELSE i.low * i.factor END AS low,
    CASE WHEN abs(i.close * i.factor / s.close - 1) <= 1e-6 THEN s.close ELSE i.close * i.factor END AS close,
    CASE WHEN abs(i.dividend * i.factor - s.dividend) <= 1e-6 THEN s.dividend ELSE i.dividend * i.factor END AS dividend,
    i.split_factor
FROM chained AS c
JOIN scaled AS i ON i.series_id = c.series_id AND CAST(i.date AS DATE) = CAST(c.date AS DATE)
LEFT JOIN stored AS s ON s.series_id = c.series_id AND s.date = c.date
