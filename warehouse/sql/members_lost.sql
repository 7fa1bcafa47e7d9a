-- Lists of members that are older than what is known: they end before, and lack all who came on two days or more since.
-- With one day only, that day may have been corrected: a member that never was one, a change that came on another day.
--
-- in:  incoming: parsed rows of a payload; core.membership; getvariable('session'): days after it don't count
-- out: a row a list: its last day, and the first and the last day whose new members it lacks
WITH list AS (
    SELECT series_id, CAST(max(valid_from) AS DATE) AS ends_on FROM incoming GROUP BY ALL
)
SELECT k.series_id, l.ends_on, min(k.valid_from) AS first_day, max(k.valid_from) AS last_day
FROM core.membership_as_known(TIMESTAMP '9999-01-01') AS k
JOIN list AS l USING (series_id)
ANTI JOIN incoming AS i ON i.series_id = k.series_id AND i.security_id = k.security_id
WHERE k.valid_from > l.ends_on AND k.valid_from <= getvariable('session')
GROUP BY ALL
HAVING count(DISTINCT k.valid_from) >= 2
ORDER BY ALL
