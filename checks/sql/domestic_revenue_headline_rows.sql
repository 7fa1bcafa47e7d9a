-- Indices that lack a headline row or have one too many, and headline rows of another method or threshold.
WITH rows_of_run AS (
    SELECT *
    FROM figure.domestic_revenue_share
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
),
wanted AS (
    SELECT
        r.session, s.index_id,
        unnest([getvariable('method'), 'lower_bound', 'upper_bound']) AS method,
        getvariable('threshold') AS ten_thousandths
    FROM (SELECT DISTINCT session FROM rows_of_run) AS r
    CROSS JOIN revenue_side AS s
)
SELECT
    coalesce(w.session, r.session) AS session, coalesce(w.index_id, r.index_id) AS index_id,
    coalesce(w.method, r.method) AS method, r.threshold, count(r.session) AS found
FROM wanted AS w
FULL JOIN (SELECT * FROM rows_of_run WHERE is_headline) AS r
    ON r.session = w.session AND r.index_id = w.index_id AND r.method = w.method
    AND CAST(round_half_up(r.threshold * 10000, 0) AS INTEGER) = w.ten_thousandths
GROUP BY ALL
HAVING count(r.session) <> 1 OR count(w.session) = 0
ORDER BY ALL
