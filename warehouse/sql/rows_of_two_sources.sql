-- The first row of which two payloads of one night, from two places, say different things.
--
-- in:  mine, theirs: parsed rows; {scope}: what a payload of the table speaks of, {day}: the rows' day, {is_span}: whether
--      it speaks of the days from its first to its last only; {needs_both}: whether a row that one of them lacks differs
-- out: at most one row: its key
WITH span_of_mine AS (SELECT {scope}, min({day}) AS low, max({day}) AS high FROM mine GROUP BY ALL),
span_of_theirs AS (SELECT {scope}, min({day}) AS low, max({day}) AS high FROM theirs GROUP BY ALL),
shared AS (
    SELECT a.* EXCLUDE (low, high), greatest(a.low, b.low) AS low, least(a.high, b.high) AS high
    FROM span_of_mine AS a JOIN span_of_theirs AS b ON {same_scope}
    WHERE NOT {is_span} OR greatest(a.low, b.low) <= least(a.high, b.high)
),
m AS (
    SELECT r.* FROM mine AS r SEMI JOIN shared AS s
    ON {in_scope} AND (NOT {is_span} OR r.{day} BETWEEN s.low AND s.high)
),
t AS (
    SELECT r.* FROM theirs AS r SEMI JOIN shared AS s
    ON {in_scope} AND (NOT {is_span} OR r.{day} BETWEEN s.low AND s.high)
)
SELECT {shown}
FROM m FULL JOIN t ON {on_entity}
WHERE CASE WHEN m.{day} IS NULL OR t.{day} IS NULL THEN {needs_both} ELSE {differs} END
ORDER BY ALL
LIMIT 1
