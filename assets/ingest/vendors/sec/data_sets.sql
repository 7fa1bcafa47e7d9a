-- The annual filings of a data set, and what they state.
--
-- in:  sub_text, num_text: the columns that are needed, as text (data_sets.py); concept (tables.sql)
-- out: filing, period, fact (tables.sql)
--      defect(file, place, what, value): cells that can't be read

CREATE TEMP TABLE annual AS
WITH cells AS (
    SELECT
        trim(adsh) AS filing, trim(cik) AS cik, trim(name) AS name, upper(trim(form)) AS form,
        trim(period) AS period, nullif(trim(accepted), '') AS accepted, nullif(trim(filed), '') AS filed,
        -- countries are ISO codes here, and a state never stands for one: it tells only where no country is given
        coalesce(
            nullif(upper(trim(countryinc)), ''),
            CASE WHEN list_contains(getvariable('us_states'), upper(trim(stprinc))) THEN 'US' END,
            nullif(upper(trim(countryba)), ''),
            CASE WHEN list_contains(getvariable('us_states'), upper(trim(stprba))) THEN 'US' END
        ) AS domicile
    FROM sub_text
    WHERE list_contains(getvariable('annual_forms'), upper(trim(form)))
),
read AS (
    SELECT
        *,
        CAST(try_strptime(period, ['%Y%m%d', '%Y-%m-%d']) AS DATE) AS period_end,
        try_strptime(accepted, ['%Y-%m-%d %H:%M:%S.%f', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M']) AS accepted_time,
        try_strptime(coalesce(accepted, filed), ['%Y%m%d', '%Y-%m-%d']) AS accepted_day
    FROM cells
)
SELECT
    *,
    -- midnight is how a time that nobody knows is written: EDGAR accepts nothing at night
    CASE
        WHEN accepted_time > date_trunc('day', accepted_time) THEN accepted_time
        ELSE coalesce(date_trunc('day', accepted_time), accepted_day) + INTERVAL '23:59:59'
    END AS accepted_in_new_york
FROM read;

CREATE TEMP TABLE defect (file VARCHAR, place VARCHAR, what VARCHAR, value VARCHAR);

INSERT INTO defect
SELECT
    'sub.txt', 'filing ' || coalesce(filing, 'without adsh'),
    CASE
        WHEN NOT regexp_full_match(coalesce(filing, ''), '[0-9]{10}-[0-9]{2}-[0-9]{6}')
            THEN 'adsh is no accession number'
        WHEN NOT regexp_full_match(coalesce(cik, ''), '[0-9]{1,10}') THEN 'cik is no CIK'
        WHEN period_end IS NULL THEN 'period is no day'
        WHEN coalesce(accepted, filed) IS NULL THEN 'the filing has neither a time of acceptance nor a filing day'
        ELSE 'the time of acceptance can''t be read'
    END,
    CASE
        WHEN NOT regexp_full_match(coalesce(cik, ''), '[0-9]{1,10}') THEN cik
        WHEN period_end IS NULL THEN period
        ELSE coalesce(accepted, filed)
    END
FROM annual
WHERE NOT regexp_full_match(coalesce(filing, ''), '[0-9]{10}-[0-9]{2}-[0-9]{6}')
    OR NOT regexp_full_match(coalesce(cik, ''), '[0-9]{1,10}')
    OR period_end IS NULL
    OR accepted_in_new_york IS NULL
ORDER BY filing;

-- The one pass over the numbers. The axis has many spellings: Geographical=US;, StatementGeographicalAxis=country:US;,
-- srt:StatementGeographicalAxis/country:US.
CREATE TEMP TABLE number AS
SELECT
    n.adsh AS filing, n.tag, n.uom, nullif(trim(n.segments), '') AS segments, nullif(trim(n.value), '') AS value,
    c.kind,
    -- a filer's own concept may bear the name of a standard one; its version is then the filing, not a taxonomy
    c.kind IS NOT NULL AND contains(n.version, '/') AND nullif(trim(n.coreg), '') IS NULL AS is_sought,
    trim(n.qtrs) AS qtrs,
    CAST(try_strptime(n.ddate, ['%Y%m%d', '%Y-%m-%d']) AS DATE) = a.period_end AS is_of_period,
    a.period_end,
    regexp_matches(
        coalesce(n.segments, ''), '(^|[:;,|\s])(Statement)?Geographical(Areas)?(Axis)?\s*[=/]'
    ) AS is_geographic
FROM num_text AS n
JOIN annual AS a ON a.filing = n.adsh
LEFT JOIN concept AS c ON c.concept = n.tag
WHERE c.kind IS NOT NULL OR contains(n.segments, 'Geographical');

-- Of several axes none is read: a fact along geography and product is a part of a part.
CREATE TEMP TABLE placed AS
WITH split AS (
    SELECT *, regexp_extract(segments, '^([^=/;,|\s]+)\s*[=/]\s*([^=/;,|\s]+)\s*;?$', ['axis', 'member']) AS one
    FROM number
    WHERE is_sought AND value IS NOT NULL
)
SELECT
    *,
    try_cast(CASE WHEN NOT contains(value, '_') THEN value END AS DECIMAL(28, 10)) AS amount,
    segments IS NULL AS is_consolidated,
    list_contains(
        getvariable('geography_axes'),
        regexp_replace(regexp_replace(regexp_replace(one.axis, '^.*:', ''), 'Axis$', ''), '^Statement', '')
    ) AS is_along_geography,
    one.member AS member
FROM split;

-- A number that can't be read costs the filing whose figure may stand on it, and no other number anything.
CREATE TEMP TABLE unread AS
SELECT
    filing, tag, value, kind IN ('revenue', 'domicile') AND qtrs = '4' AND is_of_period AS is_needed, qtrs,
    is_of_period, kind
FROM placed
WHERE amount IS NULL AND (is_consolidated OR is_along_geography) AND qtrs IN ('0', '4');

-- One or two such filings among thousands are their filers' fault; more are a broken file.
INSERT INTO defect
SELECT 'num.txt', format('filing {}, {}', filing, tag), 'value is no number below 10^18', value
FROM unread
WHERE is_needed AND (
    SELECT count(DISTINCT filing) FROM unread WHERE is_needed
) * 100 > (SELECT count(*) FROM annual)
ORDER BY filing, tag;

INSERT INTO fact
SELECT filing, period_end, tag, uom, CASE WHEN is_along_geography THEN member END, amount, NULL
FROM placed
WHERE kind IN ('revenue', 'domicile') AND qtrs = '4' AND is_of_period AND amount IS NOT NULL
    AND (is_consolidated OR is_along_geography) AND regexp_full_match(uom, '[A-Z]{3}');

INSERT INTO period SELECT filing, period_end FROM annual;

INSERT INTO filing
WITH geography AS (
    SELECT DISTINCT filing FROM number WHERE is_geographic
),
one_segment AS (
    SELECT filing
    FROM placed
    WHERE kind = 'segments' AND is_consolidated AND is_of_period AND qtrs IN ('0', '4')
    GROUP BY filing, tag
    HAVING min(amount) = 1 AND max(amount) = 1 AND count(amount) = count(*)
),
foreign_income AS (
    SELECT DISTINCT filing FROM placed WHERE kind = 'foreign_income' AND is_consolidated AND qtrs = '4' AND (amount <> 0) IS NOT false
)
SELECT
    filing, lpad(cik, 10, '0'), name, NULL, form, accepted_in_new_york, domicile,
    filing IN (FROM geography), filing IN (FROM one_segment), filing IN (FROM foreign_income),
    (
        SELECT min(format('{} can''t be read: {}', u.tag, u.value)) FROM unread AS u
        WHERE u.filing = annual.filing AND u.is_needed
    )
FROM annual;
