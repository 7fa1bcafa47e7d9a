-- Sides on which many companies moved far at once (domestic_revenue_moved): companies change one by one, files as a whole.
-- None of the 42 pairs of years at hand moved so far; an acquisition or a new table of countries moves one or two
-- companies in a hundred from one annual report to the next.
WITH moved AS (
    SELECT *, row_number() OVER (PARTITION BY session, index_id ORDER BY name, company_id) AS place
    FROM revenue_move AS m
    ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
        ON c.kind IN ('real_move', 'restatement') AND c.dataset = 'revenue_geography' AND c.subject = m.company_id
        AND m.fiscal_period_end BETWEEN c.date AND coalesce(c.until, c.date)
    WHERE m.has_moved
),
compared AS (SELECT session, index_id, count(*) AS compared FROM revenue_move GROUP BY ALL)
SELECT
    session, index_id, count(*) AS moved, count(*) FILTER (us_share = 1) AS to_all_revenue,
    count(*) FILTER (us_share IS NULL) AS to_impossible, c.compared,
    string_agg(name, ', ' ORDER BY place) FILTER (place <= 5) AS some_of_them
FROM moved
JOIN compared AS c USING (session, index_id)
GROUP BY ALL
HAVING count(*) >= 10 AND count(*) > 0.05 * c.compared
ORDER BY ALL
