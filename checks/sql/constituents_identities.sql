-- Rows whose counts or averages do not fit together, and sessions whose sides do not span the same days.
-- Averages are rounded to six decimals, hence the tolerance.
WITH rows_of_run AS (
    SELECT
        *,
        min(end_date) OVER sides <> max(end_date) OVER sides
        OR min(members_date) OVER sides <> max(members_date) OVER sides AS is_of_other_days
    FROM figure.constituent_return_summary
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    WINDOW sides AS (PARTITION BY session)
)
SELECT
    session, index_id, availability, grouping, measure, rounding, members_date, end_date,
    n_members, n_mapped, n_available, n_trim_per_tail, n_used, n_delisted, n_censored,
    mean, median, mean_top, mean_bottom
FROM rows_of_run
WHERE n_used <> n_available - 2 * n_trim_per_tail
    OR n_trim_per_tail < 0
    OR n_used < 0
    OR n_available > n_mapped
    OR n_mapped > n_members
    OR n_delisted + n_censored > n_mapped
    OR (n_used > 0) <> (mean IS NOT NULL)
    OR (mean IS NULL) <> (median IS NULL)
    OR mean_top < mean - 1e-6
    OR mean_bottom > mean + 1e-6
    OR (grouping = 'half' AND n_used > 1 AND (mean_top IS NULL OR mean_bottom IS NULL))
    OR (grouping = 'half' AND n_used % 2 = 0 AND abs((mean_top + mean_bottom) / 2 - mean) > 1.000001e-6)
    OR members_date >= end_date
    OR end_date > as_of
    OR is_of_other_days
ORDER BY ALL
