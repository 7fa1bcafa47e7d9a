-- Calendar years in which a fund and the index it stands for lie further apart than the study allows (`within`).
SELECT
    f.fund AS subject, a.year_end AS date, a.year, f.index_series,
    round_half_up(100 * a.year_return, 2) AS fund_return, round_half_up(100 * b.year_return, 2) AS index_return, f.within AS allowed_points
FROM fund_pair AS f
JOIN year_return AS a ON a.series_id = f.fund
JOIN year_return AS b ON b.series_id = f.index_series AND b.year = a.year
WHERE abs(100 * (a.year_return - b.year_return)) > f.within
ORDER BY subject, a.year
