-- Calendar years in which total return less price return is outside the band seen in the study's years.
SELECT g.total_return AS subject, t.year_end AS date, t.year, g.price, round_half_up(100 * (t.year_return - p.year_return), 2) AS points, g.low, g.high
FROM price_guard AS g
JOIN year_return AS t ON t.series_id = g.total_return
JOIN year_return AS p ON p.series_id = g.price AND p.year = t.year
WHERE t.year BETWEEN g.first_year AND g.last_year
    AND 100 * (t.year_return - p.year_return) NOT BETWEEN g.low AND g.high
ORDER BY subject, t.year
