-- Growth of earnings: what is known of each index of the study, and what every method makes of it.
--
-- in:  study_series, run_session (study_tables.sql); core.eps_estimate; getvariable('known_at');
--      getvariable('eps_methods'): the study's methods, preferred ones first
-- out: eps_estimate_known, eps_newest, eps_method, eps_headline

CREATE OR REPLACE TEMP TABLE eps_estimate_known AS
SELECT *, constituent = 'INDEX' AS is_index
FROM core.eps_estimate_as_corrected(getvariable('known_at'))
WHERE index_id IN (SELECT index_id FROM study_series);

-- The day whose estimates count: the newest within the lag, apart for forecasts of the index and of its constituents.
-- One day for all constituents: a sum over two days would count what changed in between.
CREATE OR REPLACE TEMP TABLE eps_newest AS
SELECT r.session, r.as_of, k.index_id, k.is_index, max(k.source_date) AS source_date
FROM run_session AS r
JOIN eps_estimate_known AS k ON k.source_date BETWEEN r.oldest AND r.as_of
GROUP BY ALL;

-- A row a session, index, fiscal year and method.
CREATE OR REPLACE TEMP TABLE eps_method AS
WITH chosen AS (
    SELECT
        n.session, n.as_of, k.*,
        k.eps_base IS NOT NULL AND k.eps_target IS NOT NULL AS has_both,
        -- Exact sums: a base of 10.1 - 10.1 is 0, in any order.
        CAST(k.eps_base * coalesce(k.shares, 1) AS DECIMAL(38, 9)) AS base,
        CAST(k.eps_target * coalesce(k.shares, 1) AS DECIMAL(38, 9)) AS target
    FROM eps_newest AS n
    JOIN eps_estimate_known AS k
        ON k.index_id = n.index_id AND k.is_index = n.is_index AND k.source_date = n.source_date
),
of_index AS (
    SELECT
        session, as_of, index_id, fiscal_year, source_date, source,
        'vendor_index' AS method, 0 AS n, eps_base, eps_target, [payload_sha256] AS payloads,
        CASE
            WHEN round_half_up(eps_base, 6) <= 0 THEN NULL
            WHEN has_both THEN eps_target / eps_base - 1
            ELSE growth
        END AS growth,
        CASE
            WHEN round_half_up(eps_base, 6) <= 0
                THEN format('earnings of {} are {}, not above 0', fiscal_year - 1, round_half_up(eps_base, 6))
            WHEN NOT has_both AND growth IS NULL
                THEN 'the forecast has neither the earnings of both years nor a growth'
        END AS reason
    FROM chosen
    WHERE is_index
),
-- Constant membership: a constituent counts in both years or in none.
per_index AS (
    SELECT
        c.session, c.as_of, c.index_id, c.fiscal_year, c.source_date,
        string_agg(DISTINCT c.source, ', ' ORDER BY c.source) AS source,
        count(*) FILTER (c.has_both) AS n_both,
        count(*) FILTER (c.has_both AND c.shares IS NULL) AS n_amounts,
        sum(c.base) FILTER (c.has_both) AS base,
        sum(c.target) FILTER (c.has_both) AS target,
        count(*) FILTER (c.eps_base > 0 AND c.eps_target > 0) AS n_profit,
        sum(c.base) FILTER (c.eps_base > 0 AND c.eps_target > 0) AS profit_base,
        sum(c.target) FILTER (c.eps_base > 0 AND c.eps_target > 0) AS profit_target,
        count(*) FILTER (c.has_both AND c.eps_base > 0) AS n_above_0,
        median(c.eps_target / c.eps_base - 1) FILTER (c.has_both AND c.eps_base > 0) AS median_growth,
        list(DISTINCT c.payload_sha256) AS payloads
    FROM chosen AS c
    WHERE NOT c.is_index
    GROUP BY ALL
),
of_constituents AS (
    SELECT
        session, as_of, index_id, fiscal_year, source_date, source, payloads,
        'ratio_of_sums' AS method, n_both AS n, base, target,
        'no constituent has the earnings of both years' AS none,
        n_amounts NOT IN (0, n_both) AS is_mixed
    FROM per_index
    UNION ALL
    SELECT
        session, as_of, index_id, fiscal_year, source_date, source, payloads,
        'profit_both_years', n_profit, profit_base, profit_target,
        'no constituent has a profit in both years', n_amounts NOT IN (0, n_both)
    FROM per_index
),
ratios AS (
    SELECT
        session, as_of, index_id, fiscal_year, source_date, source, payloads, method, n,
        CASE WHEN NOT is_mixed THEN CAST(base AS DOUBLE) END AS eps_base,
        CASE WHEN NOT is_mixed THEN CAST(target AS DOUBLE) END AS eps_target,
        CASE
            WHEN NOT is_mixed AND round_half_up(base, 6) > 0 THEN CAST(target AS DOUBLE) / CAST(base AS DOUBLE) - 1
        END AS growth,
        CASE
            WHEN n = 0 THEN none
            WHEN is_mixed THEN 'some constituents have a number of shares and some have none'
            WHEN round_half_up(base, 6) <= 0
                THEN format(
                    'the sum of the earnings of {} is {}, not above 0', fiscal_year - 1, round_half_up(base, 6)
                )
        END AS reason
    FROM of_constituents
),
medians AS (
    SELECT
        session, as_of, index_id, fiscal_year, source_date, source, payloads, 'median_growth' AS method, n_above_0 AS n,
        CAST(NULL AS DOUBLE) AS eps_base, CAST(NULL AS DOUBLE) AS eps_target, median_growth AS growth,
        CASE WHEN n_above_0 = 0 THEN 'no constituent has a profit in the base year' END AS reason
    FROM per_index
)
FROM of_index
UNION ALL BY NAME
FROM ratios
UNION ALL BY NAME
FROM medians;

-- The one row of an index that speaks for it: this year's, by the first of the study's methods with a growth, else by
-- the first that there is.
CREATE OR REPLACE TEMP TABLE eps_headline AS
SELECT session, index_id, fiscal_year, method
FROM eps_method
WHERE fiscal_year = year(as_of) AND list_contains(getvariable('eps_methods'), method)
QUALIFY row_number() OVER (
    PARTITION BY session, index_id ORDER BY growth IS NULL, list_position(getvariable('eps_methods'), method)
) = 1;
