-- The payloads behind figure 3 of a session: the lists of members, the filings that were used, and the ticker lists
-- that led from one to the other; none that was corrected before, or is of another company.
--
-- in:  figure.domestic_revenue_share, figure.domestic_revenue;
--      getvariable('study'), getvariable('session'), getvariable('known_at')
-- out: payload_sha256
WITH lists AS (
    SELECT DISTINCT members_source, members_date
    FROM figure.domestic_revenue_share
    WHERE study = getvariable('study') AND session = getvariable('session')
),
holdings AS (
    SELECT h.payload_sha256, h.is_withdrawn
    FROM core.holding AS h
    SEMI JOIN lists AS l ON l.members_source = h.series_id AND l.members_date = h.as_of
    WHERE h.known_at <= getvariable('known_at')
    QUALIFY row_number() OVER (PARTITION BY h.series_id, h.as_of, h.line ORDER BY h.known_at DESC) = 1
),
companies AS (
    SELECT DISTINCT as_of, company_id, tickers, filing, fiscal_period_end, accepted_at
    FROM figure.domestic_revenue
    WHERE study = getvariable('study') AND session = getvariable('session')
),
filings AS (
    SELECT
        c.as_of, c.company_id, g.company_id AS own_id, g.payload_sha256,
        CASE WHEN g.company_id <> c.company_id THEN g.ticker END AS ticker
    FROM companies AS c
    JOIN core.revenue_geography_as_known(getvariable('known_at')) AS g
        ON g.filing = c.filing AND g.fiscal_period_end = c.fiscal_period_end AND g.accepted_at = c.accepted_at
        AND (g.company_id = c.company_id OR NOT regexp_full_match(g.company_id, '[0-9]{10}'))
),
asked AS (
    SELECT as_of, unnest(string_split(tickers, ', ')) AS ticker FROM companies
    UNION
    SELECT as_of, ticker FROM filings WHERE ticker IS NOT NULL
),
-- the rule of domestic_ticker (domestic_revenue_share_prepare.sql)
of_the_day AS (
    SELECT a.as_of, a.ticker, c.ticker AS listed_ticker, c.company_id, c.as_of AS listed_on, c.payload_sha256
    FROM asked AS a
    JOIN core.company_as_known(getvariable('known_at')) AS c
        ON regexp_replace(upper(c.ticker), '[^A-Z0-9]', '', 'g') = regexp_replace(upper(a.ticker), '[^A-Z0-9]', '', 'g')
    QUALIFY row_number() OVER (
        PARTITION BY a.as_of, a.ticker, c.ticker
        ORDER BY c.as_of > a.as_of, CASE WHEN c.as_of <= a.as_of THEN c.as_of END DESC, c.as_of
    ) = 1
),
listed AS (
    SELECT *
    FROM of_the_day
    WHERE company_id IS NOT NULL
    QUALIFY row_number() OVER (
        PARTITION BY as_of, ticker
        ORDER BY
            listed_ticker = ticker DESC, listed_on > as_of, CASE WHEN listed_on <= as_of THEN listed_on END DESC, listed_on,
            listed_ticker, company_id
    ) = 1
)
SELECT payload_sha256 FROM holdings WHERE NOT is_withdrawn
UNION
SELECT f.payload_sha256
FROM filings AS f
WHERE f.own_id = f.company_id OR (f.ticker, f.company_id) IN (SELECT (ticker, company_id) FROM listed)
UNION
-- a ticker of another company's row of the same vendor report is left out
SELECT t.payload_sha256
FROM listed AS t
WHERE t.company_id IN (SELECT company_id FROM companies)
