-- Days on which two series of one index (the index, a fund on it) moved further apart than they ever did: both are named,
-- unless the other side tells that one of them is right.
--
-- Limit: 3 %. Measured on 3,529 days of two index and fund pairs (2005 to 2019): the largest real difference is 1.84 %
-- (2008-09-30, trading after hours).
WITH apart AS (
    SELECT a.index_id, a.size, a.date, a.series_id, a.move, b.series_id AS other, b.move AS other_move
    FROM study_move AS a
    JOIN study_move AS b ON b.date = a.date AND b.index_id = a.index_id AND b.series_id <> a.series_id
    WHERE a.frequency = 'daily' AND abs(a.move - b.move) > getvariable('same_index_apart')
),
other_side AS (
    SELECT
        a.series_id, a.other, a.date,
        min(abs(a.move - c.move)) <= getvariable('sides_apart') AS is_near,
        min(abs(a.other_move - c.move)) <= getvariable('sides_apart') AS is_other_near
    FROM apart AS a
    JOIN study_move AS c ON c.date = a.date AND c.size <> a.size
    GROUP BY ALL
)
SELECT
    a.series_id AS subject, a.date, round_half_up(a.move, 4) AS move, a.other AS against, round_half_up(a.other_move, 4) AS move_against
FROM apart AS a
LEFT JOIN other_side AS o USING (series_id, other, date)
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'index_level' AND c.subject IN (a.series_id, a.other)
    AND a.date BETWEEN c.date AND coalesce(c.until, c.date)
WHERE NOT coalesce(o.is_near AND NOT o.is_other_near, false)
ORDER BY subject, a.date, against
