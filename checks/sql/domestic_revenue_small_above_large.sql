-- Sessions at which the small index's headline share is not above the large one's; an unknown share is no failure.
SELECT
    session,
    max(share) FILTER (size = 'small') AS small,
    max(share) FILTER (size = 'large') AS large
FROM figure.domestic_revenue_share
WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    AND is_headline AND method NOT LIKE '%bound'
GROUP BY session
HAVING max(share) FILTER (size = 'small') <= max(share) FILTER (size = 'large')
ORDER BY session
