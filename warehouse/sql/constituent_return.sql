-- Figure 4, rows behind it: the return of every member and what became of it.
--
-- in:  constituent_outcome, constituent_ranked, constituent_part, constituent_level_known
--      (constituent_return_prepare.sql), run_session;
--      getvariable('availability', 'rounding'): the study's defaults
-- out: the columns of figure.constituent_return from as_of on, without study and revision; payloads: of the list of members,
--      and of the levels that the return begins and ends with
WITH level_payload AS (
    SELECT e.as_of, e.index_id, e.availability, e.security_id, list(DISTINCT l.payload_sha256) AS payloads
    FROM (
        SELECT
            as_of, index_id, availability, security_id,
            unnest([level_id, last_level_id]) AS level_id, unnest([start_date, last_date]) AS date
        FROM constituent_outcome
        WHERE return_cum IS NOT NULL
    ) AS e
    JOIN constituent_part AS p
        ON p.as_of = e.as_of AND p.security_id = e.level_id AND e.date > p.covered_from AND e.date <= p.covered_until
    JOIN constituent_level_known AS l ON l.security_id = p.security_id AND l.source = p.source AND l.date = e.date
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
