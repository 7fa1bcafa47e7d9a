-- The payloads behind figure 5 of a session: the valuations that are shown, and the histories behind the returns.
--
-- in:  figure.fund_ranking, figure.fund_return; getvariable('study'), getvariable('session'), getvariable('known_at')
-- out: payload_sha256
WITH shown AS (
    SELECT fund_id, association_code, valuation_date
    FROM figure.fund_ranking
    WHERE study = getvariable('study') AND session = getvariable('session')
),
spans AS (
    SELECT fund_id, min(base_date) AS first_date, max(end_date) AS last_date
    FROM figure.fund_return
    WHERE study = getvariable('study') AND session = getvariable('session') AND return_cum IS NOT NULL
    GROUP BY fund_id
)
SELECT payload_sha256
FROM (
    SELECT f.payload_sha256, f.is_withdrawn
    FROM core.fund AS f
    JOIN shown AS s ON s.fund_id = f.fund_id AND s.valuation_date = f.valuation_date
    WHERE f.known_at <= getvariable('known_at')
    QUALIFY row_number() OVER (PARTITION BY f.fund_id, f.valuation_date ORDER BY f.known_at DESC) = 1
)
WHERE NOT is_withdrawn
UNION
SELECT payload_sha256
FROM (
    SELECT n.payload_sha256, n.is_withdrawn
    FROM core.fund_nav AS n
    JOIN shown AS s ON n.fund_id IN (s.fund_id, s.association_code)
    JOIN spans AS p ON p.fund_id = s.fund_id AND n.date BETWEEN p.first_date AND p.last_date
    WHERE n.known_at <= getvariable('known_at')
    QUALIFY row_number() OVER (PARTITION BY s.fund_id, n.fund_id, n.date ORDER BY n.known_at DESC) = 1
        -- as in fund_ranking_prepare.sql: a history by the ISIN comes before one by the association code
        AND dense_rank() OVER (PARTITION BY s.fund_id ORDER BY n.fund_id <> s.fund_id) = 1
)
WHERE NOT is_withdrawn
