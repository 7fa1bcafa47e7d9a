-- One-day moves beyond 25 %: the largest real one in these series is -18.5 % (1987-10-19). A move that is stated to be
-- real passes (docs/corrections.md); study_level has splits and wrong values as they are stated.
WITH moves AS (
    SELECT
        l.series_id, l.date, l.level,
        lag(l.level) OVER (PARTITION BY l.series_id ORDER BY l.date) AS level_before
    FROM study_level AS l
    JOIN study_series AS s USING (series_id)
    WHERE s.frequency = 'daily'
)
SELECT series_id AS subject, date, level_before, level, round_half_up(level / level_before - 1, 4) AS move
FROM moves AS m
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'index_level' AND c.subject = m.series_id
    AND m.date BETWEEN c.date AND coalesce(c.until, c.date)
WHERE abs(level / level_before - 1) > 0.25
ORDER BY subject, date
