-- Figure 2: the long run, rebased: each index spliced on returns in the study's order.
--
-- in:  long_run_base, long_run_line (long_run_prepare.sql), study_level (study_levels.sql)
-- out: the columns of figure.long_run from as_of on, without study and revision; payloads: of the level
WITH base AS (
    SELECT l.session, l.index_id, b.base_date, l.value AS base_value
    FROM long_run_line AS l
    JOIN long_run_base AS b ON b.session = l.session AND b.base_date = l.date
),
basis AS (
    SELECT
        session, index_id,
        CASE WHEN count(DISTINCT series_id) > 1 THEN 'spliced' ELSE any_value(return_basis) END AS return_basis
    FROM long_run_line
    GROUP BY ALL
)
SELECT
    l.session,
    l.as_of,
    true AS is_headline,
    l.index_id,
    l.series_id,
    l.size,
    l.date,
    100 * (l.value / b.base_value) AS rebased,
    b.base_date,
    r.return_basis,
    l.currency,
    l.is_proxy,
    [x.payload_sha256] AS payloads
FROM long_run_line AS l
JOIN base AS b USING (session, index_id)
JOIN basis AS r USING (session, index_id)
JOIN study_level AS x ON x.series_id = l.series_id AND x.date = l.date
