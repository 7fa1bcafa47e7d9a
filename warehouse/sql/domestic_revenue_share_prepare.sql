-- Which companies are members on the day, and what the newest filing of each says of its revenue: what figure 3 and
-- its coverage read.
--
-- in:  revenue_side, revenue_list, run_session (domestic_tables.sql); core.holding, core.company,
--      core.revenue_geography as known at getvariable('known_at'); getvariable('fiscal_years_back')
-- out: temporary tables
--      domestic_list(session, as_of, index_id, members_source, is_stand_in, members_date): the list that is used
--      domestic_member(session, as_of, index_id, company_id, tickers, name): companies, share classes as one
--      domestic_company(session, as_of, index_id, company_id, tickers, name, status, ...): with what is known of them
--      revenue_move(session, index_id, company_id, name, filing, fiscal_period_end, us_share, known_at, nearest_share,
--      has_moved): a row a company of a side that has a stated figure, and another one to compare it with

-- The newest list on or before the as-of date, never a later one.
CREATE OR REPLACE TEMP TABLE domestic_list AS
SELECT r.session, r.as_of, l.index_id, l.series_id AS members_source, l.is_stand_in, max(h.as_of) AS members_date
FROM run_session AS r
CROSS JOIN revenue_list AS l
JOIN core.holding AS h ON h.series_id = l.series_id AND h.as_of BETWEEN r.oldest AND r.as_of
WHERE h.known_at <= getvariable('known_at') AND NOT h.is_withdrawn
GROUP BY r.session, r.as_of, l.index_id, l.series_id, l.is_stand_in, l.list_order
QUALIFY row_number() OVER (PARTITION BY r.session, l.index_id ORDER BY l.list_order) = 1;

-- Shares of companies only: no cash, futures or swaps, and nothing that is left of a company which is gone. What is left
-- (contingent rights, escrows, warrants that were cut off) stands in a fund's list as asset class Equity, now and then
-- under the company's plain name and ticker, so that its exchange and price have to tell: no market; an over-the-counter
-- code for a trifle; a price that only keeps the line in the books. In the lists of IWM, IJR and IVV that were looked at
-- (2021 to 2026) the prices of such lines are 0.00001, and of true members 0.03 and more; the trifles on Nasdaq's
-- non-NMS service are below 0.005 of the median position. The rule of core.holding_as_known is written out: choosing the
-- lists before it reads some days instead of all.
CREATE OR REPLACE TEMP TABLE domestic_line AS
WITH known AS (
    SELECT h.*
    FROM core.holding AS h
    SEMI JOIN domestic_list AS l ON l.members_source = h.series_id AND l.members_date = h.as_of
    WHERE h.known_at <= getvariable('known_at')
    QUALIFY row_number() OVER (PARTITION BY h.series_id, h.as_of, h.line ORDER BY h.known_at DESC) = 1
)
SELECT * FROM known WHERE NOT is_withdrawn;

CREATE OR REPLACE TEMP TABLE domestic_holding AS
WITH shares AS (
    SELECT
        *,
        upper(coalesce(exchange, '')) AS market,
        coalesce(price, market_value_usd / nullif(quantity, 0)) AS price_or_value,
        median(market_value_usd) OVER (PARTITION BY series_id, as_of) AS median_position
    FROM domestic_line
    WHERE lower(asset_class) IN ('equity', 'stock') AND market_value_usd > 0
)
SELECT
    l.session, l.as_of, l.index_id, s.ticker, s.name, s.market_value_usd,
    plain_ticker(s.ticker) AS plain_ticker  -- BRKB here, BRK-B in the ticker list
FROM domestic_list AS l
JOIN shares AS s ON s.series_id = l.members_source AND s.as_of = l.members_date
WHERE s.ticker IS NOT NULL
    AND NOT regexp_matches(s.market, '^NO MARKET|UNLISTED')
    AND NOT (
        regexp_matches(s.market, '\bNNQS\b|\bNON-NMS\b|\bOTC\b|OVER.THE.COUNTER|\bPINK\b|\bGR[AE]Y MARKET\b')
        AND s.market_value_usd < 0.01 * s.median_position
    )
    AND coalesce(s.price_or_value > 0.01, true)
    -- the last words of a right's or warrant's name, but not the first one of CVR ENERGY INC
    AND NOT regexp_matches(
        upper(coalesce(s.name, '')),
        '\s(RIGHTS?|RTS|CVR|WARRANTS?|WTS|ESCROW|CONTRA|LIQUIDATING TRUST)( EXP.*| CUSIP.*| SHARES?| UNITS?| [0-9].*)?$'
    );

-- Tickers to companies by the newest list of tickers on or before the day; by the first one for a day before it. A ticker
-- that is gone from the newest list (company_id NULL) is nobody's, however it was spelled before.
CREATE OR REPLACE TEMP TABLE domestic_ticker AS
WITH asked AS (
    SELECT DISTINCT session, as_of, ticker, plain_ticker FROM domestic_holding
    UNION
    SELECT DISTINCT r.session, r.as_of, g.ticker, plain_ticker(g.ticker)
    FROM run_session AS r
    CROSS JOIN (SELECT DISTINCT ticker FROM core.revenue_geography WHERE ticker IS NOT NULL) AS g
),
listed AS (
    SELECT *, plain_ticker(ticker) AS plain_ticker
    FROM core.company_as_known(getvariable('known_at'))
),
of_the_day AS (
    SELECT a.session, a.as_of, a.ticker, c.ticker AS listed_ticker, c.company_id, c.name AS listed_name,
        c.as_of AS listed_on, c.payload_sha256
    FROM asked AS a
    JOIN listed AS c USING (plain_ticker)
    QUALIFY row_number() OVER (
        PARTITION BY a.session, a.ticker, c.ticker
        ORDER BY c.as_of > a.as_of, abs(c.as_of - a.as_of)
    ) = 1
)
SELECT session, ticker, company_id, listed_name, payload_sha256
FROM of_the_day
WHERE company_id IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY session, ticker
    ORDER BY listed_ticker = ticker DESC, listed_on > as_of, abs(listed_on - as_of), listed_ticker, company_id
) = 1;

-- A holding that no ticker list knows is a company by its issuer's name, without the class of the share.
CREATE OR REPLACE TEMP TABLE domestic_member AS
WITH named AS (
    SELECT
        h.session, h.as_of, h.index_id, h.ticker, h.name, t.payload_sha256,
        coalesce(
            t.company_id,
            'name:' || trim(
                regexp_replace(upper(coalesce(h.name, h.ticker)), '\s+(CLASS|CL|SERIES|SER)\s+[A-Z0-9]+\b.*$', '')
            )
        ) AS company_id
    FROM domestic_holding AS h
    LEFT JOIN domestic_ticker AS t ON t.session = h.session AND t.ticker = h.ticker
)
SELECT
    session, as_of, index_id, company_id, string_agg(DISTINCT ticker, ', ' ORDER BY ticker) AS tickers,
    min(name) AS name, list(DISTINCT payload_sha256) AS payloads
FROM named
GROUP BY ALL;

-- The day that a fiscal year is said to end on differs by source: a year of 52 or 53 weeks to Friday 2025-01-03 is one to
-- 2024-12-31 in the data sets, which round to the nearest end of a month. That rule is the one here, for every source.
CREATE OR REPLACE TEMP MACRO fiscal_year_end(day) AS
    CASE
        WHEN last_day(day) - day <= day - (CAST(date_trunc('month', day) AS DATE) - 1) THEN last_day(day)
        ELSE CAST(date_trunc('month', day) AS DATE) - 1
    END;

-- What was accepted by the as-of date, of fiscal years that are recent enough. A stated figure stays until another stated
-- one for the same or a later whole year comes: a vaguer filing (an amendment without geography, an annual report that
-- names no country) displaces none, and neither does a transition report, whose period is part of a year.
CREATE OR REPLACE TEMP TABLE domestic_filing AS
WITH known AS (
    SELECT * FROM core.revenue_geography_as_corrected(getvariable('known_at'))
),
eligible AS (
    SELECT
        r.session, k.* EXCLUDE (company_id, status),
        coalesce(t.company_id, k.company_id) AS company_id,
        k.company_id AS own_id,
        [k.payload_sha256, t.payload_sha256] AS payloads,
        -- an implied figure may be left unsaid, a stated one may not
        CASE
            WHEN k.status IN ('reported', 'domicile_tag', 'implied_domestic')
                AND coalesce(
                    k.revenue <= 0 OR k.us_revenue < 0 OR k.us_revenue > k.revenue, k.status <> 'implied_domestic'
                ) THEN 'invalid'
            ELSE k.status
        END AS status,
        NOT regexp_full_match(k.company_id, '[0-9]{10}') AS is_vendors,
        fiscal_year_end(k.fiscal_period_end) AS fiscal_year_end,
        make_date(CAST(year(r.session) - getvariable('fiscal_years_back') AS INTEGER), 1, 1) AS first_day
    FROM run_session AS r
    JOIN known AS k ON k.accepted_on <= r.as_of
    LEFT JOIN domestic_ticker AS t
        ON t.session = r.session AND t.ticker = k.ticker AND NOT regexp_full_match(k.company_id, '[0-9]{10}')
)
SELECT
    * EXCLUDE (last_known_at),
    fiscal_year_end >= first_day AS is_recent,
    max(fiscal_period_end) OVER (PARTITION BY session, company_id, is_vendors) AS newest_period_end
FROM (
    SELECT *, max(known_at) OVER (PARTITION BY session, company_id, is_vendors, filing) AS last_known_at FROM eligible
)
QUALIFY row_number() OVER (
    PARTITION BY session, company_id, is_vendors
    ORDER BY
        fiscal_year_end < first_day,
        status NOT IN ('reported', 'domicile_tag', 'invalid'),  -- whatever states a figure, be it one that can't be right
        starts_with(coalesce(form, ''), '10-KT'),
        fiscal_year_end DESC, status = 'missing', accepted_at DESC,
        -- filings have their numbers; of reports that only have the name of their file what came last is the correction
        CASE WHEN NOT regexp_full_match(filing, '[0-9]{10}-[0-9]{2}-[0-9]{6}') THEN last_known_at END DESC NULLS FIRST,
        filing DESC,
        fiscal_period_end DESC, own_id DESC  -- one filing from two sources, two share classes of one vendor
) = 1;

-- A company's own filing comes first; a vendor's figure fills in where the filing has none.
CREATE OR REPLACE TEMP TABLE domestic_company AS
WITH chosen AS (
    SELECT *
    FROM domestic_filing
    QUALIFY row_number() OVER (
        PARTITION BY session, company_id
        ORDER BY NOT is_recent, status NOT IN ('reported', 'domicile_tag'), is_vendors
    ) = 1
),
judged AS (
    SELECT
        m.* EXCLUDE (payloads), list_concat(m.payloads, c.payloads) AS payloads, c.fiscal_period_end, c.accepted_at, c.filing, c.revenue, c.us_revenue, c.currency, c.payload_sha256,
        c.own_id, c.known_at,
        CASE
            WHEN c.status IS NULL OR NOT c.is_recent THEN 'missing'
            ELSE c.status
        END AS status,
        CASE
            WHEN c.status IS NULL THEN 'no annual filing by the as-of date'
            WHEN NOT c.is_recent
                THEN format(
                    'newest fiscal year ends on {}{}, before {}',
                    c.fiscal_period_end,
                    CASE
                        WHEN c.fiscal_year_end <> c.fiscal_period_end
                            THEN ', by the nearest end of a month ' || CAST(c.fiscal_year_end AS VARCHAR)
                        ELSE ''
                    END,
                    c.first_day
                )
            ELSE c.reason
        END AS reason
    FROM domestic_member AS m
    LEFT JOIN chosen AS c ON c.session = m.session AND c.company_id = m.company_id
)
SELECT
    *,
    CASE
        WHEN status IN ('reported', 'domicile_tag', 'implied_domestic')
            THEN CAST(us_revenue AS DOUBLE) / CAST(revenue AS DOUBLE)
    END AS us_share
FROM judged;

-- How far each company's share is from the nearest one that was ever known of it: of another fiscal year, another filing,
-- or the same one as it was sent before. A version that was wrong and has been put right is near the one before it. A stated
-- figure that can't be right (NULL here) where there was one that can has moved as well.
CREATE OR REPLACE TEMP TABLE revenue_move AS
WITH stated AS (
    SELECT
        company_id, filing, fiscal_period_end, accepted_on, known_at, payload_sha256,
        CAST(us_revenue AS DOUBLE) / revenue AS us_share
    FROM core.revenue_geography
    WHERE known_at <= getvariable('known_at') AND status IN ('reported', 'domicile_tag')
        AND revenue > 0 AND us_revenue BETWEEN 0 AND revenue
),
now AS (
    SELECT
        session, as_of, index_id, company_id, own_id, name, filing, fiscal_period_end, us_share, payload_sha256, known_at
    FROM domestic_company
    WHERE status IN ('reported', 'domicile_tag', 'invalid')
),
compared AS (
    SELECT
        n.session, n.index_id, n.company_id, n.name, n.filing, n.fiscal_period_end, n.us_share, n.known_at,
        coalesce(min_by(s.us_share, abs(s.us_share - n.us_share)), max(s.us_share)) AS nearest_share
    FROM now AS n
    JOIN stated AS s
        ON s.company_id = n.own_id AND s.accepted_on <= n.as_of
        AND (s.filing, s.fiscal_period_end, s.payload_sha256) <> (n.filing, n.fiscal_period_end, n.payload_sha256)
    GROUP BY ALL
)
SELECT
    *,
    us_share IS NULL OR abs(us_share - nearest_share) > 0.2 OR (us_share = 1 AND nearest_share < 0.99) AS has_moved
FROM compared;
