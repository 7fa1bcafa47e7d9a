-- Calendar years that are not what the index's provider published: to 0.1 point for the index itself, within 3 points for a
-- fund that stands in, as fund_far_from_index.
--
-- Measured: two indices, 1995 to 2018, at most 0.01 point off; two funds, 2006 to 2024, at most 1.32 (IWM in 2009).
SELECT
    series_id AS subject, year_end AS date, year, round_half_up(year_return, 2) AS year_return, rate AS published_return,
    CASE WHEN return_basis = 'gross' AND NOT is_proxy THEN 0.1 ELSE 3.0 END AS allowed_points
FROM year_as_published AS y
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'index_level' AND c.subject = y.series_id
    AND y.year_end BETWEEN c.date AND coalesce(c.until, c.date)
WHERE abs(year_return - rate) > allowed_points
ORDER BY subject, year
