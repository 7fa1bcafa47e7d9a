-- A second opinion on the newest list of tickers: a list changes the owner of few tickers.
--
-- in:  run_session, core.company; getvariable('known_at')
-- out: a row an alarm: measure, what was found, what is usual
-- Tickers change hands some dozens of times a year among ten thousand; one real list was at hand, so the limit leaves room.
WITH night AS (SELECT max(session) AS session FROM run_session),
known AS (
    SELECT n.session, c.ticker, c.as_of, c.company_id
    FROM core.company_as_known(getvariable('known_at')) AS c JOIN night AS n ON c.as_of <= n.session AND c.company_id IS NOT NULL
),
steps AS (
    SELECT *, lag(company_id) OVER (PARTITION BY ticker ORDER BY as_of) AS before, max(as_of) OVER () AS newest FROM known
),
list AS (
    SELECT
        session,
        count(*) FILTER (as_of = newest AND before IS NOT NULL AND before <> company_id) AS changed,
        count(DISTINCT ticker) AS tickers
    FROM steps GROUP BY ALL
)
SELECT session, 'tickers_of_another_company' AS measure, changed AS found, round_half_up(0.01 * tickers, 0) AS usual_up_to
FROM list WHERE changed > 0.01 * tickers AND changed > 5
