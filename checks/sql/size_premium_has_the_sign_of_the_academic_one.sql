-- Pairs whose small less large has the other sign than the academic portfolios' in half of the years or more.
WITH signs AS (
    SELECT
        p.small, p.large, s.year,
        sign(s.year_return - l.year_return) = sign(a.year_return - b.year_return) AS agrees
    FROM size_premium AS p
    JOIN year_return AS s ON s.series_id = p.small
    JOIN year_return AS l ON l.series_id = p.large AND l.year = s.year
    JOIN year_return AS a ON a.series_id = p.academic_small AND a.year = s.year
    JOIN year_return AS b ON b.series_id = p.academic_large AND b.year = s.year
)
SELECT small AS subject, large, count(*) AS years, count(*) FILTER (agrees) AS agreeing
FROM signs
GROUP BY small, large
HAVING count(*) FILTER (agrees) * 2 <= count(*)
