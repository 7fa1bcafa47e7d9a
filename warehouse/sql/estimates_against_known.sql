-- How a payload's newest estimates of an index's constituents compare with those known of the same day or the newest
-- before it: a guard reads this (assets/ingest/guards.py).
--
-- in:  incoming; getvariable('session'): days after it don't count
-- out: a row an index: constituents and day, sent and known
WITH sent AS (
    SELECT index_id, CAST(source_date AS DATE) AS source_date, count(DISTINCT constituent) AS n
    FROM incoming
    WHERE constituent <> 'INDEX' AND source_date <= getvariable('session')
    GROUP BY index_id, source_date
    QUALIFY row_number() OVER (PARTITION BY index_id ORDER BY source_date DESC) = 1
),
known AS (
    SELECT index_id, source_date, count(DISTINCT constituent) AS n
    FROM core.eps_estimate_as_known(TIMESTAMP '9999-01-01')
    WHERE constituent <> 'INDEX'
    GROUP BY ALL
)
SELECT
    s.index_id, s.n AS rows_sent, k.n AS rows_known, s.source_date AS newest_sent, k.source_date AS newest_known
FROM sent AS s
ASOF JOIN known AS k ON k.index_id = s.index_id AND k.source_date <= s.source_date
ORDER BY s.index_id
