-- Steps of the newest two months of each file that no price takes, whether a figure uses the security or not.
--
-- in:  run_session, core.security_level, core.correction; the macros of warehouse/sql/security_step.sql
CREATE OR REPLACE TEMP TABLE security_level_recent AS
WITH last_day AS (
    SELECT source, max(date) AS date
    FROM core.security_level
    WHERE known_at <= getvariable('known_at') AND date <= (SELECT max(session) FROM run_session)
    GROUP BY source
)
SELECT l.*
FROM core.security_level AS l
JOIN last_day AS d ON d.source = l.source AND l.date BETWEEN d.date - 62 AND d.date
WHERE l.known_at <= getvariable('known_at')
QUALIFY row_number() OVER (PARTITION BY l.source, l.security_id, l.date ORDER BY l.known_at DESC) = 1;

CREATE OR REPLACE TEMP TABLE security_level_recent AS
SELECT *, 0 AS stretch
FROM core.security_level_corrected('security_level_recent', getvariable('known_at'))
WHERE level IS NOT NULL;

CREATE OR REPLACE TEMP TABLE security_level_wide AS FROM wide_steps('security_level_recent');

SELECT
    s.security_id AS subject, s.date, round_half_up(s.move, 4) AS move, coalesce(s.fault, s.doubt) AS fault,
    s.date_before, s.level_before, s.level, s.close_before, s.close, s.source
FROM security_steps('security_level_wide', 'security_level_recent') AS s
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS k
    ON k.kind = 'real_move' AND k.dataset = 'security_level' AND k.subject = s.security_id
    AND s.date BETWEEN k.date AND coalesce(k.until, k.date)
WHERE coalesce(s.fault, s.doubt) IS NOT NULL
ORDER BY ALL
