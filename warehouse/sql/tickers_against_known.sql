-- A list of tickers beside the list before it, and beside what the funds' newest holdings call the same tickers.
--
-- in:  incoming: parsed rows of a payload; core.company, core.holding; name_words (company_names.sql)
-- out: one row: known, changed (tickers known before, and those of them that another company has now), a_change;
--      named, agreed (tickers of the holdings that have a name on both sides, and those whose names have a word in
--      common), a_difference
WITH sent AS (
    SELECT
        ticker, company_id, name, CAST(as_of AS DATE) AS as_of,
        plain_ticker(ticker) AS plain_ticker
    FROM incoming
),
before AS (
    SELECT c.ticker, c.company_id
    FROM core.company_as_known(TIMESTAMP '9999-01-01') AS c
    JOIN (SELECT max(as_of) AS as_of FROM sent) AS s ON true
    QUALIFY row_number() OVER (
        PARTITION BY c.ticker ORDER BY c.as_of > s.as_of, abs(c.as_of - s.as_of), c.as_of
    ) = 1
),
owned AS (
    SELECT
        count(*) AS known,
        count(*) FILTER (s.company_id <> b.company_id) AS changed,
        min(format('{}: {}, before {}', s.ticker, s.company_id, b.company_id)) FILTER (s.company_id <> b.company_id)
            AS a_change
    FROM sent AS s
    JOIN before AS b USING (ticker)
),
newest AS (
    SELECT h.ticker, h.name, h.asset_class, h.is_withdrawn
    FROM core.holding AS h
    SEMI JOIN (SELECT series_id, max(as_of) AS as_of FROM core.holding GROUP BY ALL) AS l
        ON l.series_id = h.series_id AND l.as_of = h.as_of
    QUALIFY row_number() OVER (PARTITION BY h.series_id, h.as_of, h.line ORDER BY h.known_at DESC) = 1
),
held AS (
    SELECT ticker, plain_ticker(ticker) AS plain_ticker, min(name) AS name
    FROM newest
    WHERE NOT is_withdrawn AND asset_class = 'Equity' AND ticker IS NOT NULL AND name IS NOT NULL
    GROUP BY ALL
),
pair AS (
    SELECT h.ticker, h.name, s.name AS listed_name, name_words(h.name) AS words, name_words(s.name) AS listed_words
    FROM held AS h
    JOIN sent AS s USING (plain_ticker)
    WHERE s.name IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY h.ticker ORDER BY s.ticker = h.ticker DESC, s.ticker) = 1
),
-- words in a tenth of the names tell nothing
frequent AS (
    SELECT coalesce(list(word), []) AS frequent_words
    FROM (
        SELECT word
        FROM (SELECT unnest(list_distinct(words)) AS word FROM pair)
        GROUP BY word
        HAVING count(*) > greatest(1, 0.1 * (SELECT count(*) FROM pair))
    )
),
judged AS (
    SELECT
        *,
        words = listed_words
        OR len(
            list_filter(
                list_intersect(words, listed_words), lambda word: NOT list_contains(frequent_words, word)
            )
        ) > 0 AS agrees
    FROM pair
    CROSS JOIN frequent
),
named AS (
    SELECT
        count(*) AS named, count(*) FILTER (agrees) AS agreed,
        min(format('{}: {}, in the holdings {}', ticker, listed_name, name)) FILTER (NOT agrees) AS a_difference
    FROM judged
)
SELECT * FROM owned CROSS JOIN named
