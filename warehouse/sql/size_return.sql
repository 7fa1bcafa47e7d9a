-- Figure 1: total returns over periods by size, for every session of the run, every period and base rule.
--
-- in:  study_level, session_series, study_period, calendar (study_levels.sql, study_tables.sql);
--      getvariable('base_rule'): the base rule that the chart draws
-- out: the columns of figure.size_return from as_of on, without study and revision; payloads: of base and end
WITH
month_ends AS (
    SELECT date_trunc('month', date) AS month, max(date) AS month_end FROM calendar GROUP BY month
),
rules AS (
    SELECT unnest(['prev', 'next', 'month_end']) AS base_rule
),
-- The end of each window. Under month_end it is the last session of the last month that is complete at last_date.
ends AS (
    SELECT c.*, base_rule, CASE base_rule WHEN 'month_end' THEN m.month_end ELSE c.last_date END AS end_date
    FROM session_series AS c
    CROSS JOIN rules
    ASOF JOIN month_ends AS m ON m.month_end <= c.last_date
),
windows AS (
    SELECT
        e.*, p.period, p.period_order, p.is_headline, p.n, p.unit,
        -- the calendar anniversary; subtracting months clips the day to the month's end
        CASE p.unit
            WHEN 'day' THEN e.end_date - to_days(CAST(p.n AS INTEGER))
            WHEN 'month' THEN e.end_date - to_months(CAST(p.n AS INTEGER))
            WHEN 'year' THEN e.end_date - to_years(CAST(p.n AS INTEGER))
            WHEN 'ytd' THEN date_trunc('year', e.end_date) - INTERVAL 1 DAY
            WHEN 'session' THEN e.end_date - INTERVAL 1 DAY
        END::DATE AS anniversary
    FROM ends AS e
    CROSS JOIN study_period AS p
    WHERE NOT (e.base_rule = 'month_end' AND p.unit IN ('day', 'session'))
),
-- The last session of the month n months before the end's month. A monthly level stands for its whole month: by the
-- day of the month, a window that ends on 30 September would miss the level of 31 August and start in July.
month_bases AS (
    SELECT
        w.* REPLACE (CASE w.frequency WHEN 'monthly' THEN m.month_end ELSE w.anniversary END AS anniversary),
        m.month_end AS month_end_base
    FROM windows AS w
    LEFT JOIN month_ends AS m ON m.month = date_trunc('month', w.anniversary)
),
based AS (
    SELECT
        w.*,
        before.date AS date_before, before.level AS level_before,
        after.date AS date_after, after.level AS level_after,
        at_month_end.level AS level_month_end
    FROM month_bases AS w
    ASOF LEFT JOIN study_level AS before ON before.series_id = w.series_id AND before.date <= w.anniversary
    ASOF LEFT JOIN study_level AS after ON after.series_id = w.series_id AND after.date >= w.anniversary
    LEFT JOIN study_level AS at_month_end
        ON at_month_end.series_id = w.series_id AND at_month_end.date = w.month_end_base
),
-- A window that starts before the series has no base: never shortened, never 0.
levels AS (
    SELECT
        b.*,
        CASE
            WHEN base_rule = 'month_end' THEN CASE WHEN level_month_end IS NOT NULL THEN month_end_base END
            WHEN base_rule = 'next' AND unit NOT IN ('ytd', 'session')
                THEN CASE WHEN date_before IS NOT NULL THEN date_after END
            ELSE date_before
        END AS base_date,
        e.level AS end_level,
        e.payload_sha256 AS end_payload
    FROM based AS b
    LEFT JOIN study_level AS e ON e.series_id = b.series_id AND e.date = b.end_date
),
returns AS (
    SELECT
        l.*,
        CASE
            WHEN end_level IS NULL OR base_date IS NULL OR base_date >= end_date THEN NULL
            ELSE base.level
        END AS base_level,
        base.payload_sha256 AS base_payload
    FROM levels AS l
    LEFT JOIN study_level AS base ON base.series_id = l.series_id AND base.date = l.base_date
)
SELECT
    session,
    as_of,
    base_rule = getvariable('base_rule') AND is_headline AS is_headline,
    index_id,
    series_id,
    size,
    period,
    period_order,
    base_rule,
    return_basis,
    currency,
    is_proxy,
    CASE WHEN base_level IS NOT NULL THEN base_date END AS base_date,
    end_date,
    base_level,
    end_level,
    end_level / base_level - 1 AS return_cum,
    CASE WHEN unit = 'year' AND n > 1 THEN (end_level / base_level) ** (1.0 / n) - 1 END AS return_ann,
    CASE WHEN base_level IS NOT NULL THEN [base_payload, end_payload] END AS payloads
FROM returns
