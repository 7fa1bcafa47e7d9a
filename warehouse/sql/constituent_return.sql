-- Figure 4, rows behind it: the return of every member and what became of it.
--
-- in:  constituent_outcome, constituent_ranked (constituent_return_prepare.sql), run_session;
--      getvariable('availability', 'rounding'): the study's defaults
-- out: the columns of figure.constituent_return from as_of on, without study and revision
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
    o.status
FROM run_session AS r
JOIN constituent_outcome AS o USING (as_of)
LEFT JOIN constituent_ranked AS k
    ON k.as_of = o.as_of AND k.index_id = o.index_id AND k.availability = o.availability
    AND k.security_id = o.security_id AND k.rounding = getvariable('rounding')
