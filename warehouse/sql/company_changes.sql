-- What a list of tickers changes: a row a ticker and list day where its owner or its name differs from the list before,
-- with company_id NULL where the list no longer has it. Ten thousand tickers a day stay a few rows.
--
-- A list counts from its day to the next list's, whichever of them came first: where an older list comes late, the next
-- one says again what it said.
--
-- in:  incoming(ticker, as_of, company_id, name): lists of one day or of several; core.company;
--      getvariable('is_complete'): whether a ticker that they lack is nobody's
-- out: ticker, as_of, company_id, name: also what is known of these days already, so that the append can compare
WITH known AS (
    SELECT ticker, as_of, company_id, name FROM core.company_as_known(TIMESTAMP '9999-01-01')
),
sent AS (
    SELECT ticker, CAST(as_of AS DATE) AS as_of, company_id, name FROM incoming
),
sent_day AS (
    SELECT DISTINCT as_of FROM sent
),
next_day AS (
    SELECT DISTINCT k.as_of
    FROM sent_day AS s ASOF JOIN (SELECT DISTINCT as_of FROM known) AS k ON k.as_of > s.as_of
    WHERE k.as_of NOT IN (SELECT as_of FROM sent_day)
),
every_ticker AS (
    SELECT ticker FROM known UNION SELECT ticker FROM sent
),
list AS (
    SELECT t.ticker, d.as_of, s.company_id, s.name
    FROM every_ticker AS t
    CROSS JOIN sent_day AS d
    LEFT JOIN sent AS s ON s.ticker = t.ticker AND s.as_of = d.as_of
    WHERE s.ticker IS NOT NULL OR getvariable('is_complete')
    UNION ALL
    SELECT t.ticker, t.as_of, k.company_id, k.name
    FROM (SELECT * FROM every_ticker CROSS JOIN next_day) AS t
    ASOF LEFT JOIN known AS k ON k.ticker = t.ticker AND k.as_of <= t.as_of
),
timeline AS (
    SELECT *, true AS is_sought FROM list
    UNION ALL
    SELECT *, false FROM known ANTI JOIN list USING (ticker, as_of)
),
step AS (
    SELECT
        *, lag(company_id) OVER earlier AS company_before, lag(name) OVER earlier AS name_before
    FROM timeline
    WINDOW earlier AS (PARTITION BY ticker ORDER BY as_of)
)
SELECT s.ticker, s.as_of, s.company_id, s.name
FROM step AS s
LEFT JOIN known AS k USING (ticker, as_of)
WHERE s.is_sought
    AND (
        k.ticker IS NOT NULL OR s.company_id IS DISTINCT FROM s.company_before OR s.name IS DISTINCT FROM s.name_before
    )
