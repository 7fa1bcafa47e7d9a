-- Revenue and revenue from the US of each filing and fiscal year, and what kind of figure it is.
--
-- in:  concept, filing, period, fact (tables.sql)
-- out: one row a row of period, the columns of core.revenue_geography that a filing states
--
-- Amounts are DECIMAL throughout: a share of exactly 80 % must not hang on a binary fraction.

-- One value a fact: the most precise one. Two that are equally precise and differ are a conflict.
CREATE TEMP TABLE stated AS
WITH ordered AS (
    SELECT
        filing, period_end, concept, currency, value,
        -- country:US, us-gaap:NonUsMember and a stripped EMEA are spelled alike from here on
        regexp_replace(regexp_replace(member, '^.*:', ''), 'Member$', '') AS member,
        coalesce(decimals, -1000) AS decimals
    FROM fact
),
most_precise AS (
    SELECT *
    FROM ordered
    QUALIFY decimals = max(decimals) OVER (PARTITION BY filing, period_end, concept, currency, member)
)
SELECT
    filing, period_end, concept, currency, member,
    min(value) AS value,
    CASE
        WHEN min(value) <> max(value)
            THEN format(
                '{}{} is given as {} and as {}',
                concept,
                coalesce(' of ' || member, ''),
                CAST(min(value) AS BIGINT),
                CAST(max(value) AS BIGINT)
            )
    END AS conflict
FROM most_precise
GROUP BY filing, period_end, concept, currency, member;

CREATE TEMP TABLE total AS
SELECT s.*, c.rank, count(*) OVER (PARTITION BY s.filing, s.concept, s.currency) AS years
FROM stated AS s
JOIN concept AS c USING (concept)
WHERE c.kind = 'revenue' AND s.member IS NULL;

-- What each member is. The US is the member that names the country and nothing else: never AUSTRALIA or USCanada.
CREATE TEMP TABLE member AS
WITH named AS (
    SELECT
        s.*,
        list_position(['US', 'USA', 'UNITEDSTATES', 'UNITEDSTATESOFAMERICA'], upper(s.member)) AS us_spelling
    FROM stated AS s
    JOIN concept AS c USING (concept)
    WHERE c.kind = 'revenue' AND s.member IS NOT NULL
)
SELECT
    * EXCLUDE (us_spelling),
    us_spelling IS NOT NULL AS is_us,
    upper(member) = 'NONUS' AS is_non_us,
    contains(member, 'Eliminat') AS is_elimination,
    upper(member) IN ('AMERICAS', 'NORTHAMERICA', 'NONUS') AS is_aggregate,
    us_spelling IS NOT NULL OR (regexp_full_match(member, '[A-Z]{2}') AND member <> 'EU') AS is_country
FROM named
-- a filer who spells the US in two ways gives it twice; the taxonomy's own spelling counts
QUALIFY us_spelling IS NULL
    OR us_spelling = min(us_spelling) OVER (PARTITION BY filing, period_end, concept, currency);

CREATE TEMP TABLE geography AS
SELECT
    filing, period_end, concept, currency,
    count(*) AS members,
    any_value(value) FILTER (is_us) AS us_value,
    any_value(conflict) FILTER (is_us) AS us_conflict,
    sum(value) AS every_member,
    -- members overlap in many filings: an area beside the countries in it, or what is taken out between areas
    list_filter(
        [
            sum(value),
            sum(value) FILTER (NOT is_elimination),
            CASE WHEN bool_or(is_non_us) THEN sum(value) FILTER (is_us OR is_non_us) END,
            sum(value) FILTER (NOT is_aggregate),
            sum(value) FILTER (NOT is_country)
        ],
        lambda s: s IS NOT NULL
    ) AS sums
FROM member
GROUP BY ALL;

CREATE TEMP TABLE member_names AS
SELECT
    filing, period_end,
    string_agg(member, ', ' ORDER BY member) FILTER (place <= 8)
        || CASE WHEN count(*) > 8 THEN format(' and {} more', count(*) - 8) ELSE '' END AS names,
    any_value(concept) FILTER (is_us) AS us_concept
FROM (
    SELECT
        filing, period_end, member, is_us,
        any_value(concept) AS concept,
        row_number() OVER (PARTITION BY filing, period_end ORDER BY member) AS place
    FROM member
    GROUP BY filing, period_end, member, is_us
)
GROUP BY ALL;

CREATE TEMP TABLE domicile_figure AS
SELECT s.*
FROM stated AS s
JOIN concept AS c USING (concept)
WHERE c.kind = 'domicile' AND s.member IS NULL;

-- The ways to a figure, the first that a filing offers: total and US figure of one concept and currency; the revenue
-- of the country of domicile beside the first total; the total alone.
CREATE TEMP TABLE chosen AS
WITH way AS (
    SELECT 1 AS way, t.*, coalesce(g.members, 0) AS members, g.us_value AS figure, g.us_conflict AS figure_conflict
    FROM total AS t
    JOIN geography AS g USING (filing, period_end, concept, currency)
    WHERE g.us_value IS NOT NULL
    UNION ALL
    SELECT 2, t.*, 0, d.value, d.conflict
    FROM total AS t
    JOIN domicile_figure AS d USING (filing, period_end, currency)
    JOIN filing AS f USING (filing)
    WHERE f.domicile = 'US'
    UNION ALL
    SELECT 3, t.*, coalesce(g.members, 0), NULL, NULL
    FROM total AS t
    LEFT JOIN geography AS g USING (filing, period_end, concept, currency)
)
SELECT *
FROM way
-- of two currencies the reporting one is that in which more is told
QUALIFY row_number() OVER (
    PARTITION BY filing, period_end ORDER BY way, rank, members DESC, years DESC, currency
) = 1;

CREATE TEMP TABLE named AS
SELECT
    f.*, p.period_end, c.concept, c.currency, c.value AS revenue,
    CASE
        WHEN c.way = 1 THEN 'reported'
        WHEN c.way = 2 THEN 'domicile_tag'
        WHEN c.way = 3 AND f.domicile = 'US' AND f.has_one_segment
            AND NOT f.has_geography AND NOT f.has_foreign_income THEN 'implied_domestic'
        WHEN c.way = 3 AND n.names IS NOT NULL AND n.us_concept IS NULL THEN 'region_only'
        ELSE 'missing'
    END AS found,
    CASE WHEN found = 'implied_domestic' THEN c.value ELSE c.figure END AS us_revenue,
    c.conflict, c.figure_conflict, g.members AS geographies, g.every_member, g.sums, n.names, n.us_concept,
    d.concept AS domicile_concept
FROM period AS p
JOIN filing AS f USING (filing)
LEFT JOIN chosen AS c USING (filing, period_end)
LEFT JOIN geography AS g
    ON (g.filing, g.period_end, g.concept, g.currency) = (c.filing, c.period_end, c.concept, c.currency)
LEFT JOIN member_names AS n ON (n.filing, n.period_end) = (p.filing, p.period_end)
LEFT JOIN (SELECT filing, period_end, any_value(concept) AS concept FROM domicile_figure GROUP BY ALL) AS d
    ON (d.filing, d.period_end) = (p.filing, p.period_end);

CREATE TEMP TABLE judged AS
SELECT
    *,
    CASE
        WHEN unread IS NOT NULL THEN unread
        WHEN conflict IS NOT NULL OR figure_conflict IS NOT NULL THEN coalesce(conflict, figure_conflict)
        WHEN us_revenue IS NULL THEN NULL
        WHEN revenue <= 0 THEN format('{} is {}: no share can be taken of it', concept, CAST(revenue AS BIGINT))
        WHEN us_revenue < 0
            THEN format('the US figure is below 0: {} of {}', CAST(us_revenue AS BIGINT), CAST(revenue AS BIGINT))
        WHEN us_revenue > revenue
            THEN format(
                'the US figure is above the total: {} of {}', CAST(us_revenue AS BIGINT), CAST(revenue AS BIGINT)
            )
        WHEN found <> 'reported' OR every_member < revenue THEN NULL
        WHEN len(list_filter(sums, lambda s: abs(s - revenue) * 100 <= revenue)) > 0 THEN NULL
        ELSE format(
            'the members of {} add up to {}, the total is {}: {}',
            concept, CAST(every_member AS HUGEINT), CAST(revenue AS BIGINT), names
        )
    END AS fault
FROM named;

SELECT
    company_id,
    filing,
    period_end AS fiscal_period_end,
    name,
    ticker,
    form,
    timezone('UTC', timezone('America/New_York', accepted_in_new_york)) AS accepted_at,
    CAST(accepted_in_new_york AS DATE) AS accepted_on,
    -- rounds half away from zero
    CAST(revenue AS BIGINT) AS revenue,
    CAST(us_revenue AS BIGINT) AS us_revenue,
    currency,
    concept,
    CASE WHEN fault IS NULL THEN found ELSE 'invalid' END AS status,
    CASE
        WHEN fault IS NOT NULL THEN fault
        WHEN us_revenue IS NOT NULL THEN NULL
        WHEN found = 'region_only' THEN 'revenue by geography does not name the US: ' || names
        WHEN revenue IS NULL THEN 'the filing has no consolidated annual revenue under a known concept'
        WHEN us_concept IS NOT NULL
            THEN format('revenue from the US is given as {} only, which has no total in the same currency', us_concept)
        WHEN domicile_concept IS NOT NULL
            THEN 'revenue is attributed to the country of domicile, which is '
                || coalesce(domicile, 'not stated or in another currency than the total')
        WHEN has_geography THEN 'geography is given, but no annual revenue along that axis alone'
        ELSE 'no revenue by geography is given'
    END AS reason
FROM judged
ORDER BY accepted_in_new_york, filing, period_end;
