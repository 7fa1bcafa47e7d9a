-- Dividends that were known and that a later payload no longer has, or has at less than half: returns lack them now.
--
-- A payload that says nothing of dividends takes none away.
WITH paid AS (
    SELECT l.series_id, l.date, max(l.dividend) AS dividend_before
    FROM core.index_level AS l
    SEMI JOIN study_series AS s ON s.series_id = l.series_id
    WHERE l.dividend > 0 AND l.known_at <= getvariable('known_at')
    GROUP BY ALL
)
SELECT p.series_id AS subject, p.date, p.dividend_before, l.dividend AS dividend_now
FROM paid AS p
JOIN core.index_level_as_known(getvariable('known_at')) AS l ON l.series_id = p.series_id AND l.date = p.date
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind IN ('restatement', 'wrong_value') AND c.dataset = 'index_level' AND c.subject = p.series_id
    AND p.date BETWEEN c.date AND coalesce(c.until, c.date)
WHERE l.dividend < p.dividend_before / 2
ORDER BY subject, p.date
