-- Who was a member thirty years ago and what became of each: what figure 4 and its coverage read.
--
-- in:  side, side_members, run_session, calendar; core.membership, core.security, core.security_level as known at
--      getvariable('known_at'); getvariable('years', 'min_coverage', 'cash_rate', 'trim_share'); the macros of
--      security_step.sql and macros.sql
-- out: temporary tables, for each as-of date (several sessions share one):
--      constituent_window(as_of, oldest, members_month, members_date)
--      constituent_level_known: the levels as known, with their payloads
--      constituent_part(as_of, security_id, source, covered_from, covered_until, factor): which file gives which days
--      constituent_list(as_of, index_id, members_source, is_stand_in): the list of members that was used
--      constituent(as_of, index_id, security_id, ticker, name, level_id, level_until, start_date, start_value): the members
--      constituent_coverage(as_of, index_id, month_end, n_started, n_covered, is_enough): month-ends within the lag
--      constituent_end(as_of, end_date): the end of the returns, NULL where coverage is enough at no month-end
--      constituent_outcome(as_of, index_id, security_id, ..., availability, last_date, return_cum, return_ann)
--      constituent_ranked(..., rounding, n_available, k, rank, trimmed): the available names in order of return
--      constituent_step(as_of, security_id, fault, ...): wide steps on the way of each security that has a return

CREATE OR REPLACE TEMP TABLE constituent_month_end AS
SELECT date_trunc('month', date) AS month, max(date) AS month_end FROM calendar GROUP BY ALL;

-- 1996-02-29 for 2026-02-27: the last session of the month that many years before.
CREATE OR REPLACE TEMP TABLE constituent_window AS
SELECT r.as_of, min(r.oldest) AS oldest, any_value(m.month) AS members_month, any_value(m.month_end) AS members_date
FROM run_session AS r
LEFT JOIN constituent_month_end AS m
    ON m.month = CAST(date_trunc('month', r.as_of) - to_months(CAST(12 * getvariable('years') AS INTEGER)) AS DATE)
GROUP BY r.as_of;

-- Securities: tickers with their dates, and one row a security that says how it ended.
CREATE OR REPLACE TEMP TABLE constituent_ticker AS
SELECT security_id, ticker, ticker_from, coalesce(ticker_to, DATE '9999-12-31') AS ticker_to
FROM core.security_as_known(getvariable('known_at'));

CREATE OR REPLACE TEMP TABLE constituent_fate AS
WITH security AS (
    SELECT *
    FROM core.security_as_known(getvariable('known_at'))
    QUALIFY row_number() OVER (PARTITION BY security_id ORDER BY delisted_on IS NULL, ticker_from DESC) = 1
),
judged AS (
    SELECT
        *,
        -- CRSP's codes for a delisting by the exchange for bad performance
        coalesce(delisting_cause = 'performance', false)
        OR coalesce(
            delisting_code IN (500, 520, 580, 584) OR delisting_code BETWEEN 551 AND 574, false
        ) AS is_for_performance
    FROM security
)
SELECT
    security_id, name, delisted_on,
    coalesce(delisting_cause = 'merger', false) OR acquirer_id IS NOT NULL AS is_merger,
    delisting_return AS stated_return,
    -- Shumway 1997; Shumway and Warther 1999: what holders lost where nobody wrote it down
    coalesce(
        delisting_return,
        CASE WHEN is_for_performance THEN CASE WHEN exchange = 'NASDAQ' THEN -0.55 ELSE -0.30 END ELSE 0 END
    ) AS delisting_return,
    acquirer_id,
    coalesce(exchange_ratio, 0) AS exchange_ratio,
    coalesce(cash_per_share, 0) AS cash_per_share
FROM judged;

-- Levels of the securities that had one in a members' month, and of those that took others over. The rule of
-- core.security_level_as_known, written out: choosing the securities before it makes it several times as fast.
CREATE OR REPLACE TEMP TABLE constituent_level_known AS
WITH wanted AS (
    SELECT l.security_id
    FROM core.security_level AS l
    JOIN constituent_window AS w ON w.members_month = date_trunc('month', l.date)
    UNION
    SELECT acquirer_id FROM constituent_fate WHERE acquirer_id IS NOT NULL
),
known AS (
    SELECT l.*
    FROM core.security_level AS l
    SEMI JOIN wanted USING (security_id)
    WHERE l.known_at <= getvariable('known_at')
        AND l.date >= (SELECT min(members_month) FROM constituent_window)
        AND l.date <= (SELECT max(as_of) FROM constituent_window)
    QUALIFY row_number() OVER (PARTITION BY l.security_id, l.source, l.date ORDER BY l.known_at DESC) = 1
)
SELECT * FROM known WHERE level IS NOT NULL;

CREATE OR REPLACE TEMP TABLE constituent_level AS
SELECT security_id, source, currency, return_basis, date, level, close, dividend, split_factor
FROM core.security_level_corrected('constituent_level_known', getvariable('known_at'));

-- The last level of each month, and whether it may stand for the month's end.
-- is_near: a thin name's last trade, weeks before the end, is no price of it. Within a week of the month's last session;
-- a file of many names that all have another day (the first of the month) is measured by that day. In a panel of 1,413
-- names and 334 month-ends no last level of a month is more than a day off.
-- is_complete: near, in a file that has reached the month's end, and not the third month-end with the same level: a
-- vendor that repeats a name's last price (74 in 100,000 month-ends of that panel; none at the end of its window).
CREATE OR REPLACE TEMP TABLE constituent_month AS
WITH reach AS (
    SELECT source, max(date) AS last_date
    FROM core.security_level
    WHERE known_at <= getvariable('known_at') AND level IS NOT NULL
    GROUP BY source
),
last_level AS (
    SELECT
        l.security_id, l.source, m.month, m.month_end, max(l.date) AS date, max_by(l.level, l.date) AS level,
        bool_and(r.last_date >= m.month_end) AS is_reached
    FROM constituent_level AS l
    JOIN constituent_month_end AS m ON m.month = date_trunc('month', l.date) AND l.date <= m.month_end
    JOIN reach AS r USING (source)
    GROUP BY ALL
),
usual AS (
    SELECT source, month, mode(date) AS date FROM last_level GROUP BY ALL HAVING count(*) >= 20
),
judged AS (
    SELECT
        l.*,
        least(l.month_end, coalesce(u.date, l.month_end)) - l.date <= 7 AS is_near,
        coalesce(
            l.level = lag(l.level) OVER months AND l.level = lag(l.level, 2) OVER months
            AND lag(l.month, 2) OVER months = l.month - INTERVAL 2 MONTH,
            false
        ) AS is_repeated
    FROM last_level AS l
    LEFT JOIN usual AS u USING (source, month)
    WINDOW months AS (PARTITION BY l.security_id, l.source ORDER BY l.month)
)
SELECT
    security_id, source, month, month_end, date, level, is_near,
    is_near AND is_reached AND NOT is_repeated AS is_complete
FROM judged;

-- Which file gives which days of a security. The one with a level in the members' month comes first, then the one that
-- reaches further.
CREATE OR REPLACE TEMP TABLE constituent_life AS
WITH life AS (
    SELECT
        w.as_of, m.security_id, m.source, min(m.date) AS first_date, max(m.date) AS last_date,
        bool_or(m.month = w.members_month AND m.is_near) AS has_start
    FROM constituent_window AS w
    JOIN constituent_month AS m ON m.month BETWEEN w.members_month AND w.as_of
    GROUP BY ALL
)
SELECT
    as_of AS day, as_of, security_id AS subject, source, first_date, last_date, CAST(NULL AS INTEGER) AS place,
    row_number() OVER (
        PARTITION BY as_of, security_id
        ORDER BY has_start DESC, CASE WHEN NOT has_start THEN first_date END, last_date DESC, source
    ) AS first_place
FROM life;

CREATE OR REPLACE TEMP VIEW constituent_scale AS
SELECT security_id AS subject, source, currency, date, level FROM constituent_level;

CREATE OR REPLACE TEMP TABLE constituent_part AS
SELECT day AS as_of, subject AS security_id, source, covered_from, covered_until, factor
FROM splice('constituent_life', 'constituent_scale');

-- The levels of each security on one scale: every one, and the last of each month.
CREATE OR REPLACE TEMP VIEW constituent_line AS
SELECT p.as_of, p.security_id AS level_id, l.date, l.level * p.factor AS value, l.close
FROM constituent_part AS p
JOIN constituent_level AS l
    ON l.security_id = p.security_id AND l.source = p.source AND l.date > p.covered_from AND l.date <= p.covered_until;

CREATE OR REPLACE TEMP VIEW constituent_month_line AS
SELECT p.as_of, p.security_id AS level_id, m.* EXCLUDE (security_id, source, level), m.level * p.factor AS value
FROM constituent_part AS p
JOIN constituent_month AS m
    ON m.security_id = p.security_id AND m.source = p.source AND m.date > p.covered_from AND m.date <= p.covered_until;

-- Every security with a level at the end of the members' month, on or before the day itself.
CREATE OR REPLACE TEMP TABLE constituent_start AS
SELECT w.as_of, m.level_id, max(m.date) AS start_date, max_by(m.value, m.date) AS start_value
FROM constituent_window AS w
JOIN constituent_month_line AS m ON m.as_of = w.as_of AND m.month = w.members_month AND m.is_near
GROUP BY ALL;

-- Members of every list on the day. A security is found by its id; by its ticker on that day; or, for lists and files
-- that have no permanent ids, by the part before ~ of an id with a level in that month: tickers are reused, and today's
-- owner of one has no level then.
CREATE OR REPLACE TEMP TABLE constituent_listed AS
WITH member AS (
    SELECT w.as_of, w.members_date, m.series_id, m.security_id, m.ticker, m.payload_sha256
    FROM constituent_window AS w
    JOIN core.membership_as_known(getvariable('known_at')) AS m
        ON m.valid_from <= w.members_date AND (m.valid_to IS NULL OR m.valid_to > w.members_date)
    WHERE m.series_id IN (SELECT series_id FROM side_members)
    QUALIFY row_number() OVER (PARTITION BY w.as_of, m.series_id, m.security_id ORDER BY m.valid_from DESC) = 1
),
with_level AS (
    SELECT DISTINCT security_id FROM core.security_level WHERE known_at <= getvariable('known_at') AND level IS NOT NULL
),
by_ticker_then AS (
    SELECT as_of, split_part(level_id, '~', 1) AS ticker, min(level_id) AS level_id FROM constituent_start GROUP BY ALL
),
identified AS (
    SELECT
        m.as_of, m.series_id, m.ticker, m.security_id AS listed_id, m.payload_sha256,
        CASE
            WHEN f.security_id IS NOT NULL OR own.level_id IS NOT NULL THEN m.security_id
            ELSE coalesce(t.security_id, b.level_id, m.security_id)
        END AS security_id,
        b.level_id AS level_id_then
    FROM member AS m
    LEFT JOIN constituent_fate AS f ON f.security_id = m.security_id
    LEFT JOIN constituent_start AS own ON own.as_of = m.as_of AND own.level_id = m.security_id
    LEFT JOIN constituent_ticker AS t
        ON t.ticker = m.ticker AND t.ticker_from <= m.members_date AND m.members_date < t.ticker_to
    LEFT JOIN by_ticker_then AS b ON b.as_of = m.as_of AND b.ticker = m.ticker
    -- one security a member, and a security once in a list
    QUALIFY row_number() OVER (
        PARTITION BY m.as_of, m.series_id, m.security_id ORDER BY t.ticker_from DESC, t.security_id
    ) = 1
)
SELECT
    i.as_of, i.series_id, i.security_id, i.ticker, i.payload_sha256,
    -- the id of its levels; a security with an id of its own may have them under its ticker of that day
    CASE WHEN l.security_id IS NOT NULL THEN i.security_id ELSE i.level_id_then END AS level_id
FROM identified AS i
LEFT JOIN with_level AS l ON l.security_id = i.security_id
QUALIFY row_number() OVER (
    PARTITION BY i.as_of, i.series_id, i.security_id ORDER BY i.security_id <> i.listed_id, i.listed_id
) = 1;

-- The first of each side's lists that has any member on the day; without one, the rest where the study allows it.
CREATE OR REPLACE TEMP TABLE constituent_list AS
WITH answering AS (
    SELECT l.as_of, s.index_id, s.series_id, s.is_stand_in
    FROM (SELECT DISTINCT as_of, series_id FROM constituent_listed) AS l
    JOIN side_members AS s USING (series_id)
    QUALIFY row_number() OVER (PARTITION BY l.as_of, s.index_id ORDER BY s.list_order) = 1
)
SELECT
    w.as_of, s.index_id,
    coalesce(a.series_id, CASE WHEN s.is_rest THEN 'every other name with a level' END) AS members_source,
    coalesce(a.is_stand_in, s.is_rest) AS is_stand_in,
    a.series_id IS NULL AND s.is_rest AS is_rest
FROM constituent_window AS w
CROSS JOIN side AS s
LEFT JOIN answering AS a ON a.as_of = w.as_of AND a.index_id = s.index_id
WHERE a.series_id IS NOT NULL OR s.is_rest;

CREATE OR REPLACE TEMP TABLE constituent AS
WITH listed AS (
    SELECT c.as_of, c.index_id, l.security_id, l.ticker, l.level_id, l.payload_sha256 AS list_payload
    FROM constituent_list AS c
    JOIN constituent_listed AS l ON l.as_of = c.as_of AND l.series_id = c.members_source
    WHERE NOT c.is_rest
),
rest AS (
    SELECT
        s.as_of, c.index_id, s.level_id AS security_id,
        coalesce(t.ticker, split_part(s.level_id, '~', 1)) AS ticker, s.level_id
    FROM constituent_list AS c
    JOIN constituent_start AS s ON s.as_of = c.as_of
    JOIN constituent_window AS w ON w.as_of = c.as_of
    LEFT JOIN constituent_ticker AS t
        ON t.security_id = s.level_id AND t.ticker_from <= w.members_date AND w.members_date < t.ticker_to
    WHERE c.is_rest
        AND NOT EXISTS (
            FROM listed AS l WHERE l.as_of = s.as_of AND (l.level_id = s.level_id OR l.security_id = s.level_id)
        )
    QUALIFY row_number() OVER (PARTITION BY s.as_of, c.index_id, s.level_id ORDER BY t.ticker_from DESC) = 1
)
-- Levels that are found by a ticker are this security's while it has the ticker: level_until is the first day that the
-- ticker is another's or nobody's.
SELECT n.*, f.name, s.start_date, s.start_value, coalesce(t.ticker_to, DATE '9999-12-31') AS level_until
FROM (FROM listed UNION ALL BY NAME FROM rest) AS n
JOIN constituent_window AS w ON w.as_of = n.as_of
LEFT JOIN constituent_fate AS f ON f.security_id = n.security_id
LEFT JOIN constituent_start AS s ON s.as_of = n.as_of AND s.level_id = n.level_id
LEFT JOIN constituent_fate AS own ON own.security_id = n.level_id
LEFT JOIN constituent_ticker AS t
    ON own.security_id IS NULL AND t.ticker = split_part(n.level_id, '~', 1)
    AND t.ticker_from <= w.members_date AND w.members_date < t.ticker_to
QUALIFY row_number() OVER (
    PARTITION BY n.as_of, n.index_id, n.security_id ORDER BY t.security_id = n.security_id DESC NULLS LAST, t.ticker_to
) = 1;

-- At a month-end a name is covered by a level of the month, or by a known end on or before it. Exact arithmetic: a
-- binary 0.8 would decide a name too many or too few.
CREATE OR REPLACE TEMP MACRO constituent_covered(first_day, last_day) AS TABLE
WITH month_ends AS (
    SELECT w.as_of, w.oldest, s.index_id, m.month, m.month_end
    FROM constituent_window AS w
    CROSS JOIN side AS s
    JOIN constituent_month_end AS m ON m.month_end > w.members_date AND m.month_end <= w.as_of
),
covered AS (
    SELECT c.as_of, c.index_id, m.month_end, c.security_id
    FROM constituent AS c
    JOIN constituent_month_line AS m ON m.as_of = c.as_of AND m.level_id = c.level_id
    WHERE m.is_complete AND m.date < c.level_until AND c.start_date IS NOT NULL
        AND m.month_end BETWEEN first_day AND last_day
    UNION
    SELECT c.as_of, c.index_id, m.month_end, c.security_id
    FROM constituent AS c
    JOIN constituent_fate AS f ON f.security_id = c.security_id AND f.delisted_on >= c.start_date
    JOIN constituent_month_end AS m ON m.month_end >= f.delisted_on AND m.month_end BETWEEN first_day AND last_day
),
n_covered AS (
    SELECT as_of, index_id, month_end, count(*) AS n FROM covered GROUP BY ALL
),
n_started AS (
    SELECT as_of, index_id, count(start_date) AS n FROM constituent GROUP BY ALL
)
SELECT
    m.as_of, m.index_id, m.month_end, m.month_end >= m.oldest AS is_within_lag,
    coalesce(s.n, 0) AS n_started, coalesce(n.n, 0) AS n_covered,
    coalesce(s.n, 0) > 0
    AND coalesce(n.n, 0) >= CAST(getvariable('min_coverage') AS DECIMAL(9, 6)) * coalesce(s.n, 0) AS is_enough
FROM month_ends AS m
LEFT JOIN n_started AS s ON s.as_of = m.as_of AND s.index_id = m.index_id
LEFT JOIN n_covered AS n ON n.as_of = m.as_of AND n.index_id = m.index_id AND n.month_end = m.month_end
WHERE m.month_end BETWEEN first_day AND last_day;

CREATE OR REPLACE TEMP TABLE constituent_coverage AS
SELECT *
FROM constituent_covered(
    (SELECT min(oldest) FROM constituent_window), (SELECT max(as_of) FROM constituent_window)
)
WHERE is_within_lag;

CREATE OR REPLACE TEMP TABLE constituent_end AS
WITH passed AS (
    SELECT as_of, month_end FROM constituent_coverage GROUP BY as_of, month_end HAVING bool_and(is_enough)
)
SELECT w.as_of, max(p.month_end) AS end_date
FROM constituent_window AS w
LEFT JOIN passed AS p USING (as_of)
GROUP BY w.as_of;

-- What holding a security came to: members, and whoever took one over. ended_on: its known end within the window, with
-- the last level before it; a level after it would be another owner's of the ticker, and one more than 35 days before it
-- (the longest step from month-end to month-end) says nothing of the end. Without a known end: the level at the end.
CREATE OR REPLACE TEMP TABLE constituent_exit AS
WITH held AS (
    SELECT DISTINCT as_of, security_id, level_id, level_until, start_date
    FROM constituent
    WHERE start_date IS NOT NULL
    UNION
    SELECT w.as_of, f.acquirer_id, f.acquirer_id, DATE '9999-12-31', w.members_month
    FROM constituent_window AS w
    CROSS JOIN (SELECT DISTINCT acquirer_id FROM constituent_fate WHERE acquirer_id IS NOT NULL) AS f
    WHERE NOT EXISTS (
        FROM constituent AS c
        WHERE c.as_of = w.as_of AND c.security_id = f.acquirer_id AND c.start_date IS NOT NULL
    )
),
dated AS (
    SELECT
        h.*, e.end_date,
        CASE WHEN f.delisted_on BETWEEN h.start_date AND e.end_date THEN f.delisted_on END AS ended_on
    FROM held AS h
    JOIN constituent_end AS e ON e.as_of = h.as_of
    LEFT JOIN constituent_fate AS f ON f.security_id = h.security_id
    WHERE e.end_date IS NOT NULL
),
at_end AS (
    SELECT d.as_of, d.security_id, max(m.date) AS date, max_by(m.value, m.date) AS value
    FROM dated AS d
    JOIN constituent_month_line AS m
        ON m.as_of = d.as_of AND m.level_id = d.level_id AND m.month_end = d.end_date AND m.date < d.level_until
        AND m.is_complete
    WHERE d.ended_on IS NULL
    GROUP BY ALL
),
before_end AS (
    SELECT
        d.as_of, d.security_id, max(l.date) AS date, max_by(l.value, l.date) AS value,
        max_by([l.close], l.date)[1] AS close
    FROM dated AS d
    JOIN constituent_line AS l
        ON l.as_of = d.as_of AND l.level_id = d.level_id
        AND l.date BETWEEN d.start_date AND d.ended_on AND l.date < d.level_until
    GROUP BY ALL
    HAVING max(l.date) >= d.ended_on - 35
)
SELECT
    d.as_of, d.security_id, d.level_id, d.end_date, d.ended_on,
    coalesce(b.date, a.date) AS last_date, coalesce(b.value, a.value) AS last_value, b.close AS last_close,
    -- what holders got at the end against the last level; a takeover for cash alone says so itself
    CASE
        WHEN f.stated_return IS NULL AND f.is_merger AND f.exchange_ratio = 0 AND f.cash_per_share > 0 AND b.close > 0
            THEN f.cash_per_share / b.close - 1
        ELSE f.delisting_return
    END AS end_return,
    -- what one unit of cash paid at the end has become by the end of the window
    (1 + getvariable('cash_rate')) ** ((d.end_date - d.ended_on) / 365.25) AS cash_growth
FROM dated AS d
LEFT JOIN at_end AS a ON a.as_of = d.as_of AND a.security_id = d.security_id
LEFT JOIN before_end AS b ON b.as_of = d.as_of AND b.security_id = d.security_id
LEFT JOIN constituent_fate AS f ON f.security_id = d.security_id;

-- Mergers that go on in the acquirer: how much of the target's last value goes on in its shares, how much was paid in
-- cash. Without both closes and a ratio, value is continuous and all of it goes on. The acquirer's level is the last
-- one up to the day, or the first after it, within a month.
CREATE OR REPLACE TEMP TABLE constituent_merger AS
WITH deal AS (
    SELECT
        x.as_of, x.security_id, x.last_close, x.ended_on, f.acquirer_id, f.exchange_ratio, f.cash_per_share,
        f.stated_return
    FROM constituent_exit AS x
    JOIN constituent_fate AS f ON f.security_id = x.security_id
    JOIN constituent_exit AS y ON y.as_of = x.as_of AND y.security_id = f.acquirer_id
    WHERE x.ended_on IS NOT NULL
        AND NOT (f.exchange_ratio = 0 AND f.cash_per_share > 0)
        AND (y.ended_on IS NULL OR y.ended_on >= x.ended_on)
),
entered AS (
    SELECT d.*, l.date AS entry_date, l.value AS entry_value, l.close AS acquirer_close
    FROM deal AS d
    JOIN constituent_exit AS y ON y.as_of = d.as_of AND y.security_id = d.acquirer_id
    JOIN constituent_line AS l
        ON l.as_of = d.as_of AND l.level_id = y.level_id
        AND l.date BETWEEN d.ended_on - 31 AND d.ended_on + 31
        AND l.date <= coalesce(y.last_date, d.ended_on)
    QUALIFY row_number() OVER (
        PARTITION BY d.as_of, d.security_id ORDER BY l.date > d.ended_on, abs(l.date - d.ended_on)
    ) = 1
)
SELECT
    as_of, security_id, acquirer_id, entry_value,
    CASE
        WHEN exchange_ratio > 0 AND last_close > 0 AND acquirer_close > 0
            THEN exchange_ratio * acquirer_close / last_close
        ELSE 1 + coalesce(stated_return, 0)
    END AS share_part,
    CASE
        WHEN exchange_ratio > 0 AND last_close > 0 AND acquirer_close > 0 THEN cash_per_share / last_close
        ELSE 0
    END AS cash_part
FROM entered;

-- Status and return of every member under each rule of availability.
CREATE OR REPLACE TEMP TABLE constituent_outcome AS
WITH RECURSIVE
-- Where a member's money was: wealth is what one unit of its start value is worth at the last level of the security
-- held, cash what was paid out on the way, as of the end. A security met before ends the walk: no going in circles.
walk AS (
    SELECT
        c.as_of, c.index_id, c.security_id, c.security_id AS held_id, x.last_value / c.start_value AS wealth,
        CAST(0 AS DOUBLE) AS cash, [c.security_id] AS met
    FROM constituent AS c
    JOIN constituent_exit AS x ON x.as_of = c.as_of AND x.security_id = c.security_id
    WHERE c.start_date IS NOT NULL
    UNION ALL
    SELECT
        w.as_of, w.index_id, w.security_id, m.acquirer_id, w.wealth * m.share_part * y.last_value / m.entry_value,
        w.cash + w.wealth * m.cash_part * x.cash_growth, list_append(w.met, m.acquirer_id)
    FROM walk AS w
    JOIN constituent_merger AS m ON m.as_of = w.as_of AND m.security_id = w.held_id
    JOIN constituent_exit AS x ON x.as_of = w.as_of AND x.security_id = w.held_id
    JOIN constituent_exit AS y ON y.as_of = w.as_of AND y.security_id = m.acquirer_id
    WHERE NOT list_contains(w.met, m.acquirer_id)
),
-- The worth at the end of each step, if the money stayed there: an ended security gives its delisting return, then
-- cash.
worth AS (
    SELECT
        w.as_of, w.index_id, w.security_id, len(w.met) AS step,
        max(len(w.met)) OVER (PARTITION BY w.as_of, w.index_id, w.security_id) AS steps,
        x.level_id AS last_level_id, x.last_date,
        w.cash + w.wealth * CASE
            WHEN x.ended_on IS NULL THEN 1
            ELSE (1 + x.end_return) * x.cash_growth
        END AS worth
    FROM walk AS w
    JOIN constituent_exit AS x ON x.as_of = w.as_of AND x.security_id = w.held_id
),
judged AS (
    SELECT
        c.as_of, c.index_id, c.security_id, c.ticker, c.name, c.level_id, c.start_date, c.list_payload, e.end_date,
        CASE
            WHEN c.start_date IS NULL THEN 'missing'
            WHEN x.last_value IS NULL THEN 'censored'
            WHEN x.ended_on IS NULL THEN 'alive'
            WHEN f.is_merger THEN 'merged'
            ELSE 'delisted'
        END AS status
    FROM constituent AS c
    JOIN constituent_end AS e ON e.as_of = c.as_of
    LEFT JOIN constituent_exit AS x ON x.as_of = c.as_of AND x.security_id = c.security_id
    LEFT JOIN constituent_fate AS f ON f.security_id = c.security_id
    WHERE e.end_date IS NOT NULL
),
-- survivors have a return only if they live; terminal_cash stays with the security, acquirer_chain goes to the last one.
chosen AS (
    SELECT j.*, a.availability, w.last_level_id, w.last_date, w.worth
    FROM judged AS j
    CROSS JOIN (SELECT unnest(['survivors', 'terminal_cash', 'acquirer_chain']) AS availability) AS a
    LEFT JOIN worth AS w
        ON w.as_of = j.as_of AND w.index_id = j.index_id AND w.security_id = j.security_id
        AND w.step = CASE WHEN a.availability = 'acquirer_chain' THEN w.steps ELSE 1 END
        AND (a.availability <> 'survivors' OR j.status = 'alive')
)
SELECT
    * EXCLUDE (worth),
    worth - 1 AS return_cum,
    worth ** (365.25 / (end_date - start_date)) - 1 AS return_ann
FROM chosen;

-- The available names in order: by return, ties by security. k of them go from each tail, whatever the measure; never
-- more than there are. Exact arithmetic: a binary 0.01 * 700 is above 7.
CREATE OR REPLACE TEMP TABLE constituent_ranked AS
WITH available AS (
    SELECT
        *,
        count(*) OVER members AS n_available,
        row_number() OVER (PARTITION BY as_of, index_id, availability ORDER BY return_cum, security_id) AS rank
    FROM constituent_outcome
    WHERE return_cum IS NOT NULL
    WINDOW members AS (PARTITION BY as_of, index_id, availability)
)
SELECT
    a.*, r.rounding,
    CAST(a.n_available AS DECIMAL(12, 0)) * CAST(getvariable('trim_share') AS DECIMAL(9, 6)) AS share,
    CASE r.rounding WHEN 'floor' THEN floor(share) WHEN 'ceil' THEN ceil(share) ELSE floor(share + 0.5) END AS wanted,
    least(CAST(wanted AS INTEGER), a.n_available // 2) AS k,
    CASE WHEN a.rank <= k THEN 'low' WHEN a.rank > a.n_available - k THEN 'high' END AS trimmed
FROM available AS a
CROSS JOIN (SELECT unnest(['floor', 'half_up', 'ceil']) AS rounding) AS r;

-- What a return stands on: the wide steps of a security between its first level and its last one, for the checks.
CREATE OR REPLACE TEMP TABLE constituent_step AS
WITH held AS (
    SELECT
        x.as_of, x.security_id, x.level_id, x.ended_on, x.last_date,
        coalesce(c.start_date, CAST(w.members_month AS DATE)) AS start_date
    FROM constituent_exit AS x
    JOIN constituent_window AS w ON w.as_of = x.as_of
    LEFT JOIN (SELECT DISTINCT as_of, security_id, start_date FROM constituent WHERE start_date IS NOT NULL) AS c
        ON c.as_of = x.as_of AND c.security_id = x.security_id
    WHERE x.last_value IS NOT NULL
)
SELECT
    h.as_of, h.security_id, s.security_id AS level_id, s.* EXCLUDE (security_id),
    -- a name that fails falls so before its end
    s.date <= h.start_date + 62 OR h.ended_on IS NULL AND s.date_before >= h.last_date - 62 AS is_near_an_end
FROM security_steps('constituent_level') AS s
JOIN held AS h ON h.level_id = s.security_id AND s.date_before >= h.start_date AND s.date <= h.last_date
JOIN constituent_part AS p
    ON p.as_of = h.as_of AND p.security_id = s.security_id AND p.source = s.source
    AND s.date_before >= p.covered_from AND s.date <= p.covered_until
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS k
    ON k.kind = 'real_move' AND k.dataset = 'security_level' AND k.subject = s.security_id
    AND s.date BETWEEN k.date AND coalesce(k.until, k.date);
