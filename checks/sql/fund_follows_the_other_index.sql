-- Calendar years in which a fund moves with the other side's index rather than with its own: two files were exchanged.
--
-- Compared are medians of the daily differences, over 200 days or more (one wrong day moves no median). Measured on two
-- funds, 2005 to 2019: that to the own index is at most 0.54 of that to the other one (IWM in 2007); 1 is the limit.
WITH differences AS (
    SELECT
        f.fund, f.index_series, o.series_id AS other_index, year(a.date) AS year, max(a.date) AS date,
        median(abs(a.move - i.move)) AS from_own, median(abs(a.move - o.move)) AS from_other
    FROM fund_pair AS f
    JOIN study_move AS a ON a.series_id = f.fund AND a.frequency = 'daily'
    JOIN study_move AS i ON i.series_id = f.index_series AND i.date = a.date
    JOIN fund_pair AS p ON p.fund <> f.fund
    JOIN study_move AS o ON o.series_id = p.index_series AND o.date = a.date AND o.size <> a.size
    GROUP BY ALL
    HAVING count(*) >= 200 AND from_own >= from_other
)
SELECT
    unnest([fund, index_series]) AS subject, date, year, fund, index_series, other_index,
    round_half_up(from_own, 5) AS from_own, round_half_up(from_other, 5) AS from_other
FROM differences
ORDER BY subject, year
