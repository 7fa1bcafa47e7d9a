-- Adjusted closes of one payload, put on the scale of the levels stored before.
--
-- A vendor rewrites every adjusted close at each dividend, so two downloads are compared as one-day returns. Equal
-- returns are a pure rescale: the stored levels stand, and new days are chained to them. From the first day whose
-- return differs, the levels are chained anew to the day before it: a restatement.
--
-- in:  to_chain(series_id, date, level, return_basis, currency, quantum), stored(series_id, date, level)
-- out: series_id, date, level, return_basis, currency
WITH compared AS (
    SELECT i.*, s.level AS stored
    FROM to_chain AS i
    LEFT JOIN stored AS s ON s.series_id = i.series_id AND s.date = i.date
),
common AS (
    SELECT
        series_id, date, level, stored,
        lag(date) OVER days AS date_before,
        level / lag(level) OVER days - 1 AS return_sent,
        stored / lag(stored) OVER days - 1 AS return_stored,
        -- a level printed with few decimals cannot say its return more exactly than this
        greatest(1e-6, quantum / level + quantum / lag(level) OVER days) AS tolerance
    FROM compared
    WHERE stored IS NOT NULL
    WINDOW days AS (PARTITION BY series_id ORDER BY date)
),
anchor AS (
    SELECT
        series_id,
        min(date) FILTER (abs(return_sent - return_stored) > tolerance) AS first_restated,
        coalesce(
            arg_min(date_before, date) FILTER (abs(return_sent - return_stored) > tolerance),
            max(date)
        ) AS anchor_date
    FROM common
    GROUP BY series_id
),
scale AS (
    SELECT a.series_id, a.first_restated, c.stored / c.level AS factor, c.level AS anchor_level
    FROM anchor AS a
    JOIN common AS c ON c.series_id = a.series_id AND c.date = a.anchor_date
)
SELECT
    c.series_id,
    c.date,
    CASE
        WHEN c.stored IS NULL THEN c.level * coalesce(s.factor, 1)
        WHEN s.first_restated IS NULL OR c.date < s.first_restated THEN c.stored
        WHEN abs(c.level * s.factor / c.stored - 1) <= greatest(1e-6, c.quantum / c.level + c.quantum / s.anchor_level)
            THEN c.stored
        ELSE c.level * s.factor
    END AS level,
    c.return_basis,
    c.currency
FROM compared AS c
LEFT JOIN scale AS s ON s.series_id = c.series_id
