-- Who was a member thirty years ago and what became of each: what figure 4 and its coverage read.
--
-- The history is not copied: a night reads the last levels of the months that count, and the days around an end.
--
-- in:  side, side_members, run_session, calendar; core.membership, core.security, core.security_level as known at
--      getvariable('known_at'); getvariable('years', 'min_coverage', 'cash_rate', 'trim_share'); the macros of macros.sql
-- out: temporary tables, for each as-of date (several sessions share one):
--      constituent_window(as_of, oldest, members_month, members_date)
--      constituent_version: every version known of every level in the window; constituent_corrected: the levels of
--      securities of which something was put right; constituent_day: the levels around the ends
--      constituent_part(as_of, security_id, source, covered_from, covered_until, factor): which file gives which days
--      constituent_list(as_of, index_id, members_source, is_stand_in): the list of members that was used
--      constituent(as_of, index_id, security_id, ticker, name, level_id, level_until, start_date, start_value): the members
--      constituent_coverage(as_of, index_id, month_end, n_started, n_covered, is_enough): month-ends within the lag
--      constituent_end(as_of, end_date): the end of the returns, NULL where coverage is enough at no month-end
--      constituent_outcome(as_of, index_id, security_id, ..., availability, last_date, return_cum, return_ann)
--      constituent_ranked(..., rounding, n_available, k, rank, trimmed): the available names in order of return

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

-- Which days are read: those of the members' months (first_day to start_until), and those of the months at whose ends the
-- returns may end, with the two before them (end_from to last_day). Variables, so that a scan leaves the other days out.
SET VARIABLE first_day = (SELECT CAST(min(members_month) AS DATE) FROM constituent_window);
SET VARIABLE start_until = (SELECT CAST(last_day(max(members_month)) AS DATE) FROM constituent_window);
SET VARIABLE end_from = (
    SELECT CAST(date_trunc('month', min(oldest)) - INTERVAL 2 MONTH AS DATE) FROM constituent_window
);
SET VARIABLE last_day = (SELECT CAST(max(as_of) AS DATE) FROM constituent_window);

-- The files of every security, and the newest day that each has ever had a level of.
CREATE OR REPLACE TEMP TABLE constituent_file AS
SELECT security_id, source, max(date) AS last_date
FROM core.security_level
WHERE known_at <= getvariable('known_at') AND level IS NOT NULL
GROUP BY ALL;

-- Securities that had a level in a members' month, and those that took others over. is_corrected: somebody has stated a
-- wrong value or a split of them.
CREATE OR REPLACE TEMP TABLE constituent_wanted AS
WITH wanted AS (
    SELECT l.security_id
    FROM core.security_level AS l
    JOIN constituent_window AS w ON w.members_month = date_trunc('month', l.date)
    WHERE l.date BETWEEN getvariable('first_day') AND getvariable('start_until')
    UNION
    SELECT acquirer_id FROM constituent_fate WHERE acquirer_id IS NOT NULL
)
SELECT
    security_id,
    count(f.source) AS files,
    security_id IN (
        SELECT subject
        FROM core.correction_as_known(getvariable('known_at'))
        WHERE dataset = 'security_level' AND kind IN ('wrong_value', 'split')
    ) AS is_corrected
FROM wanted
LEFT JOIN constituent_file AS f USING (security_id)
GROUP BY security_id;

-- Their levels: every version that is known; and without the securities of which something is put right.
CREATE OR REPLACE TEMP MACRO constituent_versions_of(securities) AS TABLE
SELECT *
FROM core.security_level
SEMI JOIN query_table(securities) USING (security_id)
WHERE known_at <= getvariable('known_at') AND date BETWEEN getvariable('first_day') AND getvariable('last_day');

CREATE OR REPLACE TEMP VIEW constituent_as_filed AS FROM constituent_wanted WHERE NOT is_corrected;
CREATE OR REPLACE TEMP VIEW constituent_of_several AS FROM constituent_as_filed WHERE files > 1;
CREATE OR REPLACE TEMP VIEW constituent_put_right AS FROM constituent_wanted WHERE is_corrected;

CREATE OR REPLACE TEMP VIEW constituent_version AS FROM constituent_versions_of('constituent_wanted');
CREATE OR REPLACE TEMP VIEW constituent_plain AS FROM constituent_versions_of('constituent_as_filed');
CREATE OR REPLACE TEMP VIEW constituent_plain_of_several AS FROM constituent_versions_of('constituent_of_several');

CREATE OR REPLACE TEMP MACRO newest_version(versions) AS TABLE
SELECT *
FROM (
    FROM query_table(versions)
    QUALIFY row_number() OVER (PARTITION BY security_id, source, date ORDER BY known_at DESC) = 1
)
WHERE level IS NOT NULL;

CREATE OR REPLACE TEMP TABLE constituent_corrected AS
FROM constituent_versions_of('constituent_put_right');

CREATE OR REPLACE TEMP TABLE constituent_corrected AS FROM newest_version('constituent_corrected');

CREATE OR REPLACE TEMP TABLE constituent_corrected AS
FROM core.security_level_corrected('constituent_corrected', getvariable('known_at'));

-- The last level of each month. A month whose days have one version each, none of them withdrawn, is told by its sums;
-- any other is read again, version by version.
CREATE OR REPLACE TEMP MACRO constituent_last_levels(versions, first_day, until_day) AS TABLE
WITH summed AS (
    SELECT
        v.*, m.month_end, v.is_one_a_day AND v.date <= m.month_end AS is_told
    FROM (
        SELECT
            security_id, source, CAST(date_trunc('month', date) AS DATE) AS month, max(date) AS date,
            max_by(level, date) AS level,
            count(*) = count(level) AND count(*) = bit_count(bit_or(CAST(1 AS BIGINT) << day(date))) AS is_one_a_day
        FROM query_table(versions)
        WHERE date BETWEEN first_day AND until_day
        GROUP BY ALL
    ) AS v
    JOIN constituent_month_end AS m USING (month)
),
again AS (
    SELECT v.security_id, v.source, s.month, s.month_end, v.date, v.level
    FROM query_table(versions) AS v
    JOIN summed AS s
        ON s.security_id = v.security_id AND s.source = v.source AND s.month = date_trunc('month', v.date)
    WHERE NOT s.is_told AND v.date BETWEEN first_day AND until_day AND v.date <= s.month_end
    QUALIFY row_number() OVER (PARTITION BY v.security_id, v.source, v.date ORDER BY v.known_at DESC) = 1
)
SELECT security_id, source, month, month_end, date, level FROM summed WHERE is_told
UNION ALL
SELECT security_id, source, month, month_end, max(date), max_by(level, date)
FROM again
WHERE level IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE constituent_last_level AS
FROM constituent_last_levels('constituent_plain', getvariable('first_day'), getvariable('start_until'))
UNION
FROM constituent_last_levels('constituent_plain', getvariable('end_from'), getvariable('last_day'))
UNION
FROM constituent_last_levels('constituent_plain_of_several', getvariable('first_day'), getvariable('last_day'))
UNION
FROM constituent_last_levels('constituent_corrected', getvariable('first_day'), getvariable('last_day'));

-- Whether the last level of a month may stand for its end.
-- is_near: a thin name's last trade, weeks before the end, is no price of it. Within a week of the month's last session;
-- a file of many names that all have another day (the first of the month) is measured by that day. In a panel of 1,413
-- names and 334 month-ends no last level of a month is more than a day off.
-- is_complete: near, in a file that has reached the month's end, and not the third month-end with the same level: a
-- vendor that repeats a name's last price (74 in 100,000 month-ends of that panel; none at the end of its window).
CREATE OR REPLACE TEMP VIEW constituent_judged_month AS
WITH reach AS (
    SELECT source, max(last_date) AS last_date FROM constituent_file GROUP BY source
),
last_level AS (
    SELECT l.*, r.last_date >= l.month_end AS is_reached FROM constituent_last_level AS l JOIN reach AS r USING (source)
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

CREATE OR REPLACE TEMP TABLE constituent_month AS FROM constituent_judged_month;

-- Which file gives which days of a security. The one with a level in the members' month comes first, then the one that
-- reaches further; the only one gives every day.
CREATE OR REPLACE TEMP TABLE constituent_life AS
WITH life AS (
    SELECT
        w.as_of, m.security_id, m.source, min(m.date) AS first_date, max(m.date) AS last_date,
        bool_or(m.month = w.members_month AND m.is_near) AS has_start
    FROM constituent_window AS w
    JOIN constituent_month AS m ON m.month BETWEEN w.members_month AND w.as_of
    WHERE m.security_id IN (SELECT security_id FROM constituent_wanted WHERE files > 1)
    GROUP BY ALL
)
SELECT
    as_of AS day, as_of, security_id AS subject, source, first_date, last_date, CAST(NULL AS INTEGER) AS place,
    row_number() OVER (
        PARTITION BY as_of, security_id
        ORDER BY has_start DESC, CASE WHEN NOT has_start THEN first_date END, last_date DESC, source
    ) AS first_place
FROM life;

CREATE OR REPLACE TEMP TABLE constituent_scale AS
SELECT security_id AS subject, source, currency, date, level FROM newest_version('constituent_plain_of_several')
UNION ALL
SELECT security_id, source, currency, date, level FROM constituent_corrected;

CREATE OR REPLACE TEMP TABLE constituent_part AS
SELECT day AS as_of, subject AS security_id, source, covered_from, covered_until, factor
FROM splice('constituent_life', 'constituent_scale')
UNION ALL
SELECT w.as_of, f.security_id, f.source, DATE '0001-01-01', last_day(w.as_of), 1
FROM constituent_file AS f
SEMI JOIN (FROM constituent_wanted WHERE files = 1) USING (security_id)
JOIN constituent_window AS w ON w.members_month <= f.last_date;

DROP TABLE constituent_scale;

-- The levels of each security on one scale: the last of each month.
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
LEFT JOIN (SELECT DISTINCT security_id FROM constituent_file) AS l ON l.security_id = i.security_id
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

-- Where no month-end within the lag will do, the coverage looks for one in the whole window.
SET VARIABLE lacking_until = (SELECT getvariable('last_day') FROM constituent_end WHERE end_date IS NULL LIMIT 1);

INSERT INTO constituent_last_level
FROM constituent_last_levels('constituent_plain', getvariable('first_day'), getvariable('lacking_until'))
EXCEPT
FROM constituent_last_level;

CREATE OR REPLACE TEMP TABLE constituent_month AS FROM constituent_judged_month;

-- Securities that are followed: members, and whoever took one over. ended_on: the known end within the window.
CREATE OR REPLACE TEMP TABLE constituent_held AS
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
)
SELECT h.*, e.end_date, CASE WHEN f.delisted_on BETWEEN h.start_date AND e.end_date THEN f.delisted_on END AS ended_on
FROM held AS h
JOIN constituent_end AS e ON e.as_of = h.as_of
LEFT JOIN constituent_fate AS f ON f.security_id = h.security_id
WHERE e.end_date IS NOT NULL;

-- The days around the ends: five weeks before the end of a security, and a month on either side for who took it over.
CREATE OR REPLACE TEMP TABLE constituent_day AS
WITH span AS (
    SELECT level_id AS security_id, ended_on - 35 AS first_day, ended_on AS until_day
    FROM constituent_held
    WHERE ended_on IS NOT NULL
    UNION
    SELECT y.level_id, x.ended_on - 31, x.ended_on + 31
    FROM constituent_held AS x
    JOIN constituent_fate AS f ON f.security_id = x.security_id
    JOIN constituent_held AS y ON y.as_of = x.as_of AND y.security_id = f.acquirer_id
    WHERE x.ended_on IS NOT NULL
)
SELECT security_id, source, date, known_at, level, close, payload_sha256
FROM constituent_plain AS v
SEMI JOIN span AS s ON s.security_id = v.security_id AND v.date BETWEEN s.first_day AND s.until_day;

CREATE OR REPLACE TEMP TABLE constituent_day AS
SELECT * EXCLUDE known_at FROM newest_version('constituent_day')
UNION ALL
SELECT security_id, source, date, level, close, payload_sha256 FROM constituent_corrected;

CREATE OR REPLACE TEMP VIEW constituent_line AS
SELECT p.as_of, p.security_id AS level_id, l.date, l.level * p.factor AS value, l.close
FROM constituent_part AS p
JOIN constituent_day AS l
    ON l.security_id = p.security_id AND l.source = p.source AND l.date > p.covered_from AND l.date <= p.covered_until;

-- What holding a security came to: at its end the last level before it; a level after it would be another owner's of the
-- ticker, and one more than 35 days before it (the longest step from month-end to month-end) says nothing of the end.
-- Without a known end: the level at the end of the window.
CREATE OR REPLACE TEMP TABLE constituent_exit AS
WITH
at_end AS (
    SELECT d.as_of, d.security_id, max(m.date) AS date, max_by(m.value, m.date) AS value
    FROM constituent_held AS d
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
    FROM constituent_held AS d
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
FROM constituent_held AS d
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
