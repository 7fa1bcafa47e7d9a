-- Tickers whose prices figures of constituents may lack: members first, then the others in turn, from where the session's
-- turn begins in the list of all, around to where it began. So one that its vendor doesn't have takes no more of the
-- nights than any other.
--
-- in:  members_day(day): the days whose members count; domestic_holding (domestic_revenue_share_prepare.sql);
--      core.membership, core.company, core.security_level as known at getvariable('known_at');
--      getvariable('members_of'): lists; getvariable('reaches'): the day up to which levels are wanted;
--      getvariable('session_number', 'count'): how many tickers a session takes
-- out: ticker, at most so many
WITH member AS (
    SELECT DISTINCT m.ticker, plain_ticker(m.ticker) AS plain_ticker
    FROM core.membership_as_known(getvariable('known_at')) AS m
    JOIN members_day AS d ON m.valid_from <= d.day AND (m.valid_to IS NULL OR m.valid_to > d.day)
    WHERE list_contains(getvariable('members_of'), m.series_id) AND m.ticker IS NOT NULL
),
-- A fund writes BRKB, a list of tickers BRK-B, and only from that a class can be told.
spelled AS (
    SELECT plain_ticker(ticker) AS plain_ticker, max_by(ticker, as_of) AS ticker
    FROM core.company_as_known(getvariable('known_at'))
    WHERE company_id IS NOT NULL
    GROUP BY ALL
),
candidate AS (
    SELECT plain_ticker, ticker, true AS is_member FROM member
    UNION ALL
    SELECT h.plain_ticker, coalesce(s.ticker, h.ticker), false
    FROM domestic_holding AS h
    LEFT JOIN spelled AS s USING (plain_ticker)
    WHERE h.plain_ticker <> ''
),
placed AS (
    SELECT ticker, is_member, row_number() OVER (ORDER BY ticker) - 1 AS place, count(*) OVER () AS n
    FROM (
        FROM candidate
        -- a member's levels are found by the ticker that its list gives it
        QUALIFY row_number() OVER (PARTITION BY plain_ticker ORDER BY is_member DESC, ticker) = 1
    )
),
known AS (
    SELECT security_id AS ticker, min(date) AS first_date, max(date) AS last_date
    FROM core.security_level
    WHERE known_at <= getvariable('known_at') AND level IS NOT NULL
    GROUP BY ALL
)
SELECT p.ticker
FROM placed AS p
LEFT JOIN known AS k USING (ticker)
WHERE k.ticker IS NULL
    -- a history that begins after the members' day makes no constituent, however far it reaches
    OR (k.last_date < getvariable('reaches') AND k.first_date <= (SELECT max(day) FROM members_day))
ORDER BY p.is_member DESC, p.place < getvariable('session_number') * getvariable('count') % p.n, p.place
LIMIT getvariable('count')
