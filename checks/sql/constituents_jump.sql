-- Steps on the way of a security of figure 4, from its first level to its last one, that no price takes.
--
-- A price that jumps and comes back between the two moves no return: faults in both directions that leave the level
-- within four times are passed over.
WITH fault AS (
    SELECT
        *,
        min(move) OVER way < 1 AND max(move) OVER way > 1 AND abs(sum(ln(move)) OVER way) <= ln(4) AS is_undone
    FROM constituent_step
    WHERE fault IS NOT NULL
    WINDOW way AS (PARTITION BY as_of, security_id)
)
SELECT
    r.session, f.level_id AS security_id, f.date, round_half_up(f.move, 4) AS move, f.fault,
    f.date_before, f.level_before, f.level, f.close_before, f.close, f.source
FROM fault AS f
JOIN run_session AS r ON r.as_of = f.as_of
WHERE NOT f.is_undone OR f.is_of_another_kind
ORDER BY ALL
