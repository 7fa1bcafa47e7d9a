-- Days on which a line moves otherwise than the levels of the series that gave the day; joints of two series included.
-- Both ends of a day are rounded to four decimals, hence the tolerance.
WITH line AS (
    SELECT
        session, index_id, series_id, date, rebased,
        lag(date) OVER days AS date_before, lag(rebased) OVER days AS rebased_before
    FROM figure.long_run
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    WINDOW days AS (PARTITION BY session, index_id ORDER BY date)
)
SELECT
    l.session, l.index_id, l.series_id AS subject, l.date AS day, l.rebased,
    round_half_up(l.rebased_before * b.level / a.level, 4) AS rebased_by_levels
FROM line AS l
JOIN study_level AS a ON a.series_id = l.series_id AND a.date = l.date_before
JOIN study_level AS b ON b.series_id = l.series_id AND b.date = l.date
WHERE abs(l.rebased - l.rebased_before * b.level / a.level) > 2e-4
ORDER BY ALL
