-- Each list of a payload of holdings beside the fund's own list of the nearest day, and beside the other funds' lists.
--
-- in:  incoming: parsed rows of a payload; core.holding
-- out: series_id, as_of, shares (lines of shares with a ticker); own_as_of, own_shares, own_overlap: of the fund's own
--      nearest list within three years, NULL where there is none; other_id, other_as_of, other_overlap: of the other
--      fund's list, of the nearest day within a year, that is most like it. An overlap is the part of all companies of two
--      lists that is in both: a list that is a part of another does not look like the same.
WITH sent AS (
    SELECT DISTINCT
        series_id, CAST(as_of AS DATE) AS as_of, regexp_replace(upper(ticker), '[^A-Z0-9]', '', 'g') AS ticker
    FROM incoming
    WHERE asset_class = 'Equity' AND ticker IS NOT NULL
),
sent_list AS (SELECT series_id, as_of, count(*) AS shares FROM sent GROUP BY ALL),
near AS (
    SELECT s.series_id, s.as_of, k.series_id AS known_id, k.as_of AS known_as_of
    FROM sent_list AS s
    JOIN (SELECT DISTINCT series_id, as_of FROM core.holding) AS k
        ON abs(k.as_of - s.as_of) <= CASE WHEN k.series_id = s.series_id THEN 1096 ELSE 366 END
    QUALIFY row_number() OVER (
        PARTITION BY s.series_id, s.as_of, k.series_id ORDER BY abs(k.as_of - s.as_of), k.as_of
    ) = 1
),
newest AS (
    SELECT h.series_id, h.as_of, h.ticker, h.asset_class, h.is_withdrawn
    FROM core.holding AS h
    SEMI JOIN near AS n ON n.known_id = h.series_id AND n.known_as_of = h.as_of
    QUALIFY row_number() OVER (PARTITION BY h.series_id, h.as_of, h.line ORDER BY h.known_at DESC) = 1
),
known AS (
    SELECT DISTINCT series_id, as_of, regexp_replace(upper(ticker), '[^A-Z0-9]', '', 'g') AS ticker
    FROM newest
    WHERE NOT is_withdrawn AND asset_class = 'Equity' AND ticker IS NOT NULL
),
measured AS (
    SELECT
        n.*, l.shares, count(k.ticker) AS known_shares,
        count(s.ticker) / (any_value(l.shares) + count(k.ticker) - count(s.ticker)) AS overlap
    FROM near AS n
    JOIN sent_list AS l USING (series_id, as_of)
    JOIN known AS k ON k.series_id = n.known_id AND k.as_of = n.known_as_of
    LEFT JOIN sent AS s ON s.series_id = n.series_id AND s.as_of = n.as_of AND s.ticker = k.ticker
    GROUP BY ALL
)
SELECT
    series_id, as_of, any_value(shares) AS shares,
    max(known_as_of) FILTER (known_id = series_id) AS own_as_of,
    max(known_shares) FILTER (known_id = series_id) AS own_shares,
    max(overlap) FILTER (known_id = series_id) AS own_overlap,
    max_by(known_id, overlap) FILTER (known_id <> series_id) AS other_id,
    max_by(known_as_of, overlap) FILTER (known_id <> series_id) AS other_as_of,
    max(overlap) FILTER (known_id <> series_id) AS other_overlap
FROM measured
GROUP BY series_id, as_of
ORDER BY ALL
