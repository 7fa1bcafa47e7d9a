-- Figure 4, rows behind it: the return of every member and what became of it.
--
-- in:  constituent_outcome, constituent_ranked, constituent_part, constituent_version, constituent_day
--      (constituent_return_prepare.sql), run_session;
--      getvariable('availability', 'rounding'): the study's defaults
-- out: the columns of figure.constituent_return from as_of on, without study and revision; payloads: of the list of members,
--      and of the levels that the return begins and ends with
WITH stands_on AS (
    SELECT o.as_of, o.index_id, o.availability, o.security_id, o.level_id, p.source, o.date
    FROM (
        SELECT
            as_of, index_id, availability, security_id,
            unnest([level_id, last_level_id]) AS level_id, unnest([start_date, last_date]) AS date
        FROM constituent_outcome
        WHERE return_cum IS NOT NULL
    ) AS o
    JOIN constituent_part AS p
        ON p.as_of = o.as_of AND p.security_id = o.level_id AND o.date > p.covered_from AND o.date <= p.covered_until
),
level AS (
    SELECT security_id, source, date, payload_sha256
    FROM constituent_version AS v
    SEMI JOIN stands_on AS s ON s.level_id = v.security_id AND s.date = v.date
    WHERE v.date <= getvariable('start_until') OR v.date >= getvariable('end_from')
    QUALIFY row_number() OVER (PARTITION BY security_id, source, date ORDER BY known_at DESC) = 1
    UNION
    SELECT security_id, source, date, payload_sha256 FROM constituent_day
),
level_payload AS (
    SELECT s.as_of, s.index_id, s.availability, s.security_id, list(DISTINCT l.payload_sha256) AS payloads
    FROM stands_on AS s
    JOIN level AS l ON l.security_id = s.level_id AND l.source = s.source AND l.date = s.date
    GROUP BY ALL
)
SELECT
    r.session,
    r.as_of,
    -- the names whose returns the chart draws
    o.availability = getvariable('availability') AND o.return_cum IS NOT NULL AS is_headline,
    o.index_id,
    o.availability,
    o.security_id,
    o.ticker AS ticker_at_start,
    o.name,
    o.start_date,
    o.last_date AS end_date,
    o.return_cum,
    o.return_ann,
    k.trimmed,
    o.status,
    list_append(l.payloads, o.list_payload) AS payloads
FROM run_session AS r
JOIN constituent_outcome AS o USING (as_of)
LEFT JOIN constituent_ranked AS k
    ON k.as_of = o.as_of AND k.index_id = o.index_id AND k.availability = o.availability
    AND k.security_id = o.security_id AND k.rounding = getvariable('rounding')
LEFT JOIN level_payload AS l
    ON l.as_of = o.as_of AND l.index_id = o.index_id AND l.availability = o.availability
    AND l.security_id = o.security_id
