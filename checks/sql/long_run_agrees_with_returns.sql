-- Lines whose last part does not move as the levels of its series do.
WITH last_part AS (
    SELECT session, index_id, arg_max(series_id, date) AS series_id
    FROM figure.long_run
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
    GROUP BY ALL
),
ends AS (
    SELECT
        p.session, p.index_id, p.series_id, min(f.date) AS first_date, max(f.date) AS last_date,
        arg_max(f.rebased, f.date) / arg_min(f.rebased, f.date) AS ratio_of_line
    FROM last_part AS p
    JOIN figure.long_run AS f USING (session, index_id, series_id)
    WHERE f.study = getvariable('study')
    GROUP BY ALL
)
SELECT e.session, e.index_id, e.series_id AS subject, e.first_date, e.last_date, e.ratio_of_line, b.level / a.level AS ratio_of_levels
FROM ends AS e
JOIN study_level AS a ON a.series_id = e.series_id AND a.date = e.first_date
JOIN study_level AS b ON b.series_id = e.series_id AND b.date = e.last_date
WHERE abs(e.ratio_of_line / (b.level / a.level) - 1) > 5e-6
ORDER BY ALL
