-- Three calendar years in a row over which a fund lies on one side of its index, in the mean, further than fees and chance
-- bring it: dividends are missing, from the index where the fund is above, from the fund where it is below. A year alone
-- does not show that: a price index lies 0.7 to 3.3 points below its fund. Both series are named, unless one is as the
-- index's provider published these years; where those are known, the fund is compared with them, too.
--
-- Limit: 0.7 points (`drift_beyond`). Measured on two pairs, 2006 to 2018, and against the published years to 2024: means
-- from -0.23 to 0.38; of a price index in place of its total return 0.96 and more, of a fund's own price -0.95 and less.
WITH pairs AS (
    SELECT f.fund, f.index_series, f.drift_beyond, a.year, a.year_end, 100 * (a.year_return - b.year_return) AS points
    FROM fund_pair AS f
    JOIN year_return AS a ON a.series_id = f.fund
    JOIN year_return AS b ON b.series_id = f.index_series AND b.year = a.year
    UNION ALL
    SELECT f.fund, NULL, f.drift_beyond, p.year, p.year_end, p.year_return - p.rate
    FROM fund_pair AS f JOIN year_as_published AS p ON p.series_id = f.fund
),
means AS (
    SELECT *, avg(points) OVER three AS mean_points, min(year) OVER three AS first_year, count(*) OVER three AS years
    FROM pairs
    WINDOW three AS (PARTITION BY fund, index_series ORDER BY year RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)
),
drifting AS (
    SELECT * FROM means WHERE years = 3 AND abs(mean_points) > drift_beyond
),
named AS (
    SELECT fund AS subject, * FROM drifting
    UNION ALL
    SELECT index_series AS subject, * FROM drifting WHERE index_series IS NOT NULL
),
-- a fund is borne out by the mean of the same years: its single years lie too far apart to tell
borne_out AS (
    SELECT series_id, year, count(*) OVER three = 3 AND abs(avg(year_return - rate) OVER three) <= CASE WHEN is_proxy THEN 0.7 ELSE 0.1 END AS agrees
    FROM year_as_published
    WINDOW three AS (PARTITION BY series_id ORDER BY year RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)
)
SELECT
    n.subject, max(n.year_end) AS date, n.first_year, n.year AS last_year, n.fund,
    coalesce(n.index_series, 'as published') AS against, round_half_up(any_value(n.mean_points), 2) AS mean_points,
    any_value(n.drift_beyond) AS allowed_points
FROM named AS n
ANTI JOIN borne_out AS b ON b.series_id = n.subject AND b.year = n.year AND b.agrees
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'index_level' AND c.subject IN (n.fund, n.index_series)
    AND n.year_end BETWEEN c.date AND coalesce(c.until, c.date)
GROUP BY ALL
ORDER BY n.subject, last_year, against
