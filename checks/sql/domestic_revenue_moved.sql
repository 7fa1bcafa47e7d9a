-- Companies whose share of US revenue is far from all that was ever known of them (other fiscal years, other filings,
-- earlier versions of the same one), is all revenue where it never was, or can't be right any more. Of 42 pairs of years of 17 real companies
-- (2011 to 2025) the largest move was 14.6 points, 95 % were within 4.2, and none came to be the whole; over 68 months of
-- the sample no company moved. A week after the filing came the warning ends: domestic_revenue_moved_together goes on.
SELECT m.session, m.company_id AS company, m.name, m.us_share, m.nearest_share, m.filing
FROM revenue_move AS m
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind IN ('real_move', 'restatement') AND c.dataset = 'revenue_geography' AND c.subject = m.company_id
    AND m.fiscal_period_end BETWEEN c.date AND coalesce(c.until, c.date)
WHERE m.has_moved AND m.known_at > getvariable('known_at') - INTERVAL 7 DAY
ORDER BY ALL
