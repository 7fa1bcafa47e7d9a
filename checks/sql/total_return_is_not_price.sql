-- Calendar years in which a total return series is so near its price series that one was loaded as the other.
SELECT g.total_return AS subject, t.year_end AS date, t.year, g.price, round_half_up(100 * (t.year_return - p.year_return), 2) AS points, g.floor
FROM price_guard AS g
JOIN year_return AS t ON t.series_id = g.total_return
JOIN year_return AS p ON p.series_id = g.price AND p.year = t.year
WHERE 100 * (t.year_return - p.year_return) < g.floor
ORDER BY subject, t.year
