-- What the returns of figure 4 stand on: the wide steps of a security between its first level and its last one, for the
-- checks of its rows.
--
-- One pass over the levels in the order in which they are stored finds where a step may be wide; only these days are read
-- by version. A run is a stretch of one file's levels of one security, stored day after day.
--
-- in:  constituent_exit, constituent_part, constituent, constituent_wanted, constituent_version, constituent_corrected,
--      constituent_versions_of() (constituent_return_prepare.sql), core.correction; the macros of security_step.sql
-- out: constituent_step(as_of, security_id, fault, ...)

-- A row where a run begins, and a row a wide step within one.
CREATE OR REPLACE TEMP TABLE constituent_mark AS
SELECT row_number() OVER () AS place, *
FROM (
    SELECT
        security_id, source, currency, return_basis, date, level,
        lag(date) OVER () AS date_before,
        lag(level) OVER () AS level_before,
        coalesce(
            lag(security_id) OVER () = security_id AND lag(source) OVER () = source
            AND lag(currency) OVER () = currency AND lag(return_basis) OVER () = return_basis
            AND date - lag(date) OVER () BETWEEN 1 AND 45,
            false
        ) AS goes_on
    FROM core.security_level
    WHERE known_at <= getvariable('known_at') AND level IS NOT NULL
        AND date BETWEEN getvariable('first_day') AND getvariable('last_day')
)
WHERE NOT goes_on OR level > 1.499 * level_before OR level_before > 1.499 * level;

-- The days on which a step may be wide, of each security and file. A run that goes back to days that were stored before
-- has other versions of them: all of its days may be meant. Otherwise it is the step from one run to the next; one over
-- more than 45 days is always looked at.
CREATE OR REPLACE TEMP TABLE constituent_doubtful AS
WITH run AS (
    SELECT
        place, security_id, source, date AS first_date, level AS first_level, (currency, return_basis) AS kind,
        coalesce(lead(date_before) OVER stored, DATE '9999-12-31') AS last_date,
        lead(level_before) OVER stored AS last_level
    FROM constituent_mark
    WHERE NOT goes_on
    WINDOW stored AS (ORDER BY place)
),
neighbour AS (
    SELECT
        *,
        max(last_date) OVER stored_before AS stored_until,
        max(last_date) OVER days_before AS date_before,
        max_by(last_level, last_date) OVER days_before AS level_before,
        max_by(kind, last_date) OVER days_before AS kind_before
    FROM run
    WINDOW stored_before AS (
        PARTITION BY security_id, source ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ),
    days_before AS (
        PARTITION BY security_id, source ORDER BY first_date, place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
)
SELECT security_id, source, date_before AS first_day, date AS until_day FROM constituent_mark WHERE goes_on
UNION ALL
SELECT security_id, source, first_date, last_date FROM neighbour WHERE first_date <= stored_until
UNION ALL
SELECT security_id, source, date_before, first_date
FROM neighbour
WHERE first_date > date_before AND (
    kind <> kind_before OR first_date - date_before > 45
    OR first_level > 1.499 * level_before OR level_before > 1.499 * first_level
)
UNION ALL
SELECT security_id, source, date, date FROM constituent_version WHERE level IS NULL
UNION ALL
SELECT security_id, source, date, date FROM constituent_version WHERE split_factor <> 1;

-- The levels around them: 100 days are three levels of a monthly file. Stretches that meet are one, so that no step in it
-- leads over days that are left out. Of securities of which something is put right every level is read.
CREATE OR REPLACE TEMP TABLE constituent_stretch AS
WITH stretch AS (
    SELECT security_id, source, first_day - 100 AS first_day, until_day + 100 AS until_day
    FROM constituent_doubtful
    SEMI JOIN constituent_as_filed USING (security_id)
),
begun AS (
    SELECT *, coalesce(first_day > max(until_day) OVER earlier, true) AS is_new
    FROM stretch
    WINDOW earlier AS (
        PARTITION BY security_id, source ORDER BY first_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
numbered AS (
    SELECT
        *,
        count_if(is_new) OVER (
            PARTITION BY security_id, source ORDER BY first_day ROWS UNBOUNDED PRECEDING
        ) AS stretch
    FROM begun
)
SELECT security_id, source, stretch, min(first_day) AS first_day, max(until_day) AS until_day
FROM numbered
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE constituent_near AS
SELECT
    v.security_id, v.source, v.date, v.known_at, v.level, v.close, v.split_factor, v.currency, v.return_basis, s.stretch
FROM constituent_plain AS v
JOIN constituent_stretch AS s
    ON s.security_id = v.security_id AND s.source = v.source AND v.date BETWEEN s.first_day AND s.until_day;

CREATE OR REPLACE TEMP TABLE constituent_near AS
FROM newest_version('constituent_near')
UNION ALL BY NAME
SELECT
    security_id, source, date, known_at, level, close, split_factor, currency, return_basis, 0 AS stretch
FROM constituent_corrected;

CREATE OR REPLACE TEMP TABLE constituent_wide AS FROM wide_steps('constituent_near');

CREATE OR REPLACE TEMP VIEW constituent_everybody AS
SELECT security_id, source, date, known_at, level FROM constituent_plain
UNION ALL
SELECT security_id, source, date, known_at, level FROM constituent_corrected;

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
FROM security_steps('constituent_wide', 'constituent_everybody') AS s
JOIN held AS h ON h.level_id = s.security_id AND s.date_before >= h.start_date AND s.date <= h.last_date
JOIN constituent_part AS p
    ON p.as_of = h.as_of AND p.security_id = s.security_id AND p.source = s.source
    AND s.date_before >= p.covered_from AND s.date <= p.covered_until
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS k
    ON k.kind = 'real_move' AND k.dataset = 'security_level' AND k.subject = s.security_id
    AND s.date BETWEEN k.date AND coalesce(k.until, k.date);
