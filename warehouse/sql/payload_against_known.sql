-- What a payload's series look like beside what is known of them: a guard reads this (assets/ingest/guards.py).
--
-- in:  incoming(series_id, date, return_basis, currency, ...), getvariable('session'): dates after it don't count;
--      getvariable('vendor', 'places'): where the payload came from. Of a series that several files share, one a year,
--      those that came from there are what it is compared with; one that came from nowhere yet, with all
-- out: a row a series: rows and newest date sent and known, whether its levels are chained, common dates
WITH every AS (
    SELECT k.*, l.place IS NOT NULL AS is_own
    FROM core.index_level_as_known(TIMESTAMP '9999-01-01') AS k
    LEFT JOIN meta.load AS l
        ON l.payload_sha256 = k.payload_sha256 AND l.known_at = k.known_at AND l.table_name = 'core.index_level'
        AND l.vendor = getvariable('vendor') AND list_contains(getvariable('places'), l.place)
    WHERE k.series_id IN (SELECT series_id FROM incoming)
),
known AS (
    SELECT * EXCLUDE (is_own)
    FROM every
    QUALIFY is_own OR NOT bool_or(is_own) OVER (PARTITION BY series_id)
),
sent AS (
    SELECT
        series_id,
        count(*) FILTER (date <= getvariable('session')) AS rows_sent,
        CAST(max(date) AS DATE) AS newest_sent,
        bool_and(return_basis = 'adjusted_close') AS is_adjusted_sent
    FROM incoming
    GROUP BY series_id
),
stored AS (
    SELECT
        series_id,
        count(*) FILTER (date <= getvariable('session')) AS rows_known,
        max(date) FILTER (date <= getvariable('session')) AS newest_known,
        bool_or(return_basis = 'adjusted_close') AS is_adjusted_known
    FROM known
    GROUP BY series_id
)
SELECT
    s.series_id, s.rows_sent, k.rows_known, s.newest_sent, k.newest_known,
    s.is_adjusted_sent AND k.is_adjusted_known AS is_chained,
    (SELECT count(*) FROM incoming AS i JOIN known USING (series_id, date) WHERE i.series_id = s.series_id) AS common_dates
FROM sent AS s
JOIN stored AS k USING (series_id)
ORDER BY s.series_id
