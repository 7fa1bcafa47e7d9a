-- The spliced line of each index, from the base session on: what figure 2 and its coverage read.
--
-- in:  study_level, study_series, run_session (study_levels.sql, study_tables.sql); splice() (macros.sql);
--      getvariable('years', 'is_monthly')
-- out: temporary tables long_run_base(session, base_date) and
--      long_run_line(session, as_of, index_id, size, series_id, return_basis, currency, is_proxy, date, value)

-- Both lines start at the same session: the last one on or before the anniversary; of monthly levels the one of the
-- anniversary's month.
CREATE OR REPLACE TEMP TABLE long_run_base AS
WITH anniversaries AS (
    SELECT *, CAST(as_of - to_years(CAST(getvariable('years') AS INTEGER)) AS DATE) AS anniversary FROM run_session
)
SELECT a.session, a.as_of, a.oldest, max(d.date) AS base_date
FROM anniversaries AS a
LEFT JOIN study_day AS d
    ON d.date <= CASE WHEN getvariable('is_monthly') THEN last_day(a.anniversary) ELSE a.anniversary END
GROUP BY a.session, a.as_of, a.oldest;

-- The study's series in its order, each with the days of its levels.
CREATE OR REPLACE TEMP TABLE long_run_life AS
SELECT
    r.session AS day, r.as_of, s.index_id AS subject, s.series_id AS source, s.series_order AS first_place,
    s.series_order AS place, min(l.date) AS first_date, max(l.date) AS last_date
FROM run_session AS r
CROSS JOIN study_series AS s
JOIN study_level AS l ON l.series_id = s.series_id AND l.date <= r.as_of
GROUP BY ALL;

CREATE OR REPLACE TEMP VIEW long_run_level AS
SELECT s.index_id AS subject, s.series_id AS source, s.currency, l.date, l.level
FROM study_level AS l
JOIN study_series AS s USING (series_id);

CREATE OR REPLACE TEMP TABLE long_run_line AS
SELECT
    b.session, b.as_of, s.index_id, s.size, s.series_id, s.return_basis, s.currency, s.is_proxy, l.date,
    l.level * p.factor AS value
FROM splice('long_run_life', 'long_run_level') AS p
JOIN long_run_base AS b ON b.session = p.day
JOIN study_series AS s ON s.series_id = p.source
JOIN study_level AS l
    ON l.series_id = p.source AND l.date > p.covered_from AND l.date <= p.covered_until AND l.date >= b.base_date;
