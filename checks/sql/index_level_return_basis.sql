-- Series whose levels are of another basis or currency than the study expects.
SELECT
    l.series_id AS subject, min(l.date) AS date,
    l.return_basis, s.return_basis AS expected_basis, l.currency, s.currency AS expected_currency
FROM core.index_level_as_known(getvariable('known_at')) AS l
JOIN study_series AS s USING (series_id)
WHERE l.return_basis <> s.return_basis OR l.currency <> s.currency
GROUP BY ALL
ORDER BY subject
