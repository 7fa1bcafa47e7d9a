-- Figure 4: averages of the members' returns after trimming, under every definition.
--
-- in:  side, run_session; constituent_window, constituent_list, constituent_outcome, constituent_ranked
--      (constituent_return_prepare.sql); getvariable('availability', 'grouping', 'measure', 'rounding'): the defaults
-- out: the columns of figure.constituent_return_summary from as_of on, without study and revision
WITH counted AS (
    SELECT
        as_of, index_id, availability, any_value(end_date) AS end_date,
        count(*) AS n_members,
        count(level_id) AS n_mapped,
        count(return_cum) AS n_available,
        count(*) FILTER (status IN ('delisted', 'merged')) AS n_delisted,
        count(*) FILTER (status = 'censored') AS n_censored
    FROM constituent_outcome
    GROUP BY ALL
),
measured AS (
    SELECT
        *,
        unnest([
            {'measure': 'cumulative', 'value': return_cum}, {'measure': 'annualised', 'value': return_ann}
        ], recursive := true)
    FROM constituent_ranked
),
-- Place among the names that are left, and their mean: what the groups are cut by, whatever is averaged.
placed AS (
    SELECT
        *,
        CASE WHEN trimmed IS NULL THEN rank - k END AS place,
        n_available - 2 * k AS n_used,
        favg(return_cum) FILTER (trimmed IS NULL) OVER (
            PARTITION BY as_of, index_id, availability, rounding, measure
        ) AS mean_cum
    FROM measured
),
-- A half, third, ... of the names at either end, rounded down: the middle name of an odd count is in neither half.
-- mean_split: the names above the mean and those below it; one at the mean is in neither, whatever its last digits.
groupings AS (
    SELECT unnest([
        {'grouping': 'half', 'parts': 2}, {'grouping': 'mean_split', 'parts': NULL},
        {'grouping': 'tercile', 'parts': 3},
        {'grouping': 'quartile', 'parts': 4}, {'grouping': 'quintile', 'parts': 5}, {'grouping': 'decile', 'parts': 10}
    ], recursive := true)
),
averaged AS (
    SELECT
        p.as_of, p.index_id, p.availability, g.grouping, p.measure, p.rounding,
        any_value(p.k) AS n_trim_per_tail,
        favg(p.value) AS mean_untrimmed,
        favg(p.value) FILTER (p.place IS NOT NULL) AS mean,
        median(p.value) FILTER (p.place IS NOT NULL) AS median,
        favg(p.value) FILTER (
            p.place IS NOT NULL AND coalesce(p.place > p.n_used - p.n_used // g.parts, p.return_cum - p.mean_cum > 1e-9)
        ) AS mean_top,
        favg(p.value) FILTER (
            p.place IS NOT NULL AND coalesce(p.place <= p.n_used // g.parts, p.mean_cum - p.return_cum > 1e-9)
        ) AS mean_bottom
    FROM placed AS p
    CROSS JOIN groupings AS g
    GROUP BY ALL
),
-- Every definition has a row, also where no name is available.
definition AS (
    SELECT *
    FROM counted
    CROSS JOIN (SELECT "grouping" FROM groupings)
    CROSS JOIN (SELECT unnest(['cumulative', 'annualised']) AS measure)
    CROSS JOIN (SELECT unnest(['floor', 'half_up', 'ceil']) AS rounding)
)
SELECT
    r.session,
    r.as_of,
    d.availability = getvariable('availability') AND d.grouping = getvariable('grouping')
    AND d.measure = getvariable('measure') AND d.rounding = getvariable('rounding') AS is_headline,
    d.index_id,
    s.size,
    w.members_date,
    d.end_date,
    d.availability,
    d.grouping,
    d.measure,
    d.rounding,
    l.members_source,
    l.is_stand_in,
    d.n_members,
    d.n_mapped,
    d.n_available,
    coalesce(a.n_trim_per_tail, 0) AS n_trim_per_tail,
    d.n_available - 2 * coalesce(a.n_trim_per_tail, 0) AS n_used,
    d.n_delisted,
    d.n_censored,
    a.mean_untrimmed,
    a.mean,
    a.median,
    a.mean_top,
    a.mean_bottom
FROM run_session AS r
JOIN definition AS d USING (as_of)
JOIN constituent_window AS w ON w.as_of = d.as_of
JOIN constituent_list AS l ON l.as_of = d.as_of AND l.index_id = d.index_id
JOIN side AS s ON s.index_id = d.index_id
LEFT JOIN averaged AS a
    ON a.as_of = d.as_of AND a.index_id = d.index_id AND a.availability = d.availability
    AND a.grouping = d.grouping AND a.measure = d.measure AND a.rounding = d.rounding
