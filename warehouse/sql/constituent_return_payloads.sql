-- The payloads behind figure 4 of a session: the lists of members, and the files of the levels at both ends.
--
-- in:  figure.constituent_return_summary, figure.constituent_return;
--      getvariable('study'), getvariable('session'), getvariable('known_at')
-- out: payload_sha256
WITH lists AS (
    SELECT DISTINCT members_source, members_date
    FROM figure.constituent_return_summary
    WHERE study = getvariable('study') AND session = getvariable('session')
),
names AS (
    SELECT DISTINCT security_id, start_date, end_date
    FROM figure.constituent_return
    WHERE study = getvariable('study') AND session = getvariable('session') AND return_cum IS NOT NULL
),
ends AS (
    SELECT n.security_id, s.source, n.end_date, s.date = n.start_date AS is_start, s.payload_sha256
    FROM names AS n
    JOIN core.security_level_as_known(getvariable('known_at')) AS s
        ON s.security_id = n.security_id AND s.date IN (n.start_date, n.end_date)
),
-- The file with the start level goes on as far as it reaches; another one stands behind the end only where it doesn't.
whole AS (
    SELECT security_id, source, end_date FROM ends GROUP BY ALL HAVING bool_or(is_start) AND bool_or(NOT is_start)
)
SELECT m.payload_sha256
FROM lists AS l
JOIN core.membership_as_known(getvariable('known_at')) AS m
    ON m.series_id = l.members_source AND m.valid_from <= l.members_date
    AND (m.valid_to IS NULL OR m.valid_to > l.members_date)
UNION
SELECT e.payload_sha256
FROM ends AS e
LEFT JOIN whole AS w USING (security_id, end_date)
WHERE w.source IS NULL OR w.source = e.source
