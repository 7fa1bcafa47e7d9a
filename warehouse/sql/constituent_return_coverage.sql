-- Why figure 4 can't be made for a session: a row a side without members or levels on the first day, with too few names
-- at every month-end within the lag, or with levels of too few of a list's members.
--
-- in:  side, side_members, run_session; constituent_window, constituent, constituent_coverage, constituent_end,
--      constituent_covered() (constituent_return_prepare.sql); getvariable('years', 'min_coverage', 'min_members')
-- out: session, is_late (the newest levels themselves are missing), reason
WITH lacking AS (
    SELECT
        w.as_of, w.oldest, w.members_date, s.index_id, s.index_order, s.is_rest,
        count(c.security_id) AS n_members, count(c.start_date) AS n_started
    FROM constituent_end AS e
    JOIN constituent_window AS w ON w.as_of = e.as_of
    CROSS JOIN side AS s
    LEFT JOIN constituent AS c ON c.as_of = w.as_of AND c.index_id = s.index_id
    WHERE e.end_date IS NULL
    GROUP BY ALL
),
-- the whole window, not only the lag: which month-end would have done
whole AS (
    SELECT *
    FROM constituent_covered(
        (SELECT min(members_date) FROM lacking), (SELECT max(as_of) FROM lacking)
    )
    WHERE as_of IN (SELECT as_of FROM lacking)
),
best AS (
    SELECT as_of, index_id, max(n_covered) AS n_covered, max_by(month_end, (n_covered, month_end)) AS month_end
    FROM whole
    WHERE is_within_lag
    GROUP BY ALL
),
passing AS (
    SELECT as_of, index_id, max(month_end) AS month_end FROM whole WHERE is_enough GROUP BY ALL
),
-- sides that each pass at some month-end, but never at the same one, are told of together
apart AS (
    SELECT as_of, index_id, bool_or(is_enough) AS passes FROM whole WHERE is_within_lag GROUP BY ALL
),
told AS (
    SELECT
        l.as_of, l.index_order,
        l.n_members > 0 AND l.n_started > 0 AS is_late,
        CASE
            WHEN l.members_date IS NULL
                THEN format(
                    '{}: the calendar does not reach back to the members of {} years before',
                    l.index_id, getvariable('years')
                )
            WHEN l.n_members = 0 AND l.is_rest
                THEN format(
                    '{}: no level in the month of {} but those of the other side''s members',
                    l.index_id, l.members_date
                )
            WHEN l.n_members = 0
                THEN format(
                    '{}: no members on {}; lists: {}', l.index_id, l.members_date,
                    coalesce(
                        (
                            SELECT string_agg(m.series_id, ', ' ORDER BY m.list_order)
                            FROM side_members AS m
                            WHERE m.index_id = l.index_id
                        ),
                        'none'
                    )
                )
            WHEN l.n_started = 0
                THEN format('{}: no level on {} for any of {} members', l.index_id, l.members_date, l.n_members)
            ELSE format(
                '{}: {} of {} names have a level or a known end at {}, the best month-end from {} to {}; '
                || '{} % are needed{}; newest that would do: {}',
                l.index_id, b.n_covered, l.n_started, coalesce(CAST(b.month_end AS VARCHAR), 'none'), l.oldest, l.as_of,
                CAST(round_half_up(100 * getvariable('min_coverage'), 2) AS DECIMAL(9, 2)),
                CASE WHEN a.passes THEN ', on both sides at the same' ELSE '' END,
                coalesce(CAST(p.month_end AS VARCHAR), 'none')
            )
        END AS reason,
        -- a side that has what it needs is named only where no other is at fault
        coalesce(a.passes, false) AS passes
    FROM lacking AS l
    LEFT JOIN best AS b ON b.as_of = l.as_of AND b.index_id = l.index_id
    LEFT JOIN passing AS p ON p.as_of = l.as_of AND p.index_id = l.index_id
    LEFT JOIN apart AS a ON a.as_of = l.as_of AND a.index_id = l.index_id
),
-- a list of which hardly anybody has a price yet: an average of the few would be taken for one of the list
thin AS (
    SELECT
        w.as_of, s.index_order,
        format(
            '{}: {} of {} members have a level on {}; {} % are needed', s.index_id, count(c.start_date),
            count(c.security_id), w.members_date,
            CAST(round_half_up(100 * getvariable('min_members'), 2) AS DECIMAL(9, 2))
        ) AS reason
    FROM constituent_end AS e
    JOIN constituent_window AS w ON w.as_of = e.as_of
    CROSS JOIN side AS s
    JOIN constituent AS c ON c.as_of = w.as_of AND c.index_id = s.index_id
    WHERE e.end_date IS NOT NULL AND NOT s.is_rest
    GROUP BY w.as_of, w.members_date, s.index_id, s.index_order
    HAVING count(c.start_date) < getvariable('min_members') * count(c.security_id)
)
SELECT r.session, found.is_late, found.reason
FROM (
    SELECT as_of, index_order, is_late, reason
    FROM told AS t
    WHERE NOT t.passes OR NOT EXISTS (FROM told AS o WHERE o.as_of = t.as_of AND NOT o.passes)
    UNION ALL
    SELECT as_of, index_order, false, reason FROM thin
) AS found
JOIN run_session AS r ON r.as_of = found.as_of
ORDER BY r.session, found.index_order
