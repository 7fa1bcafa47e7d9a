-- Which funds of figure 5 can't be believed: what their newest valuation contradicts. They are left out, by name.
--
-- in:  fund_reviewed, fund_limit, fund_jump (fund_tables.sql); fund_valuation, fund_code, fund_nav_id, fund_nav_known,
--      fund_listed, fund_performance (fund_ranking_prepare.sql); power_of_ten() (macros.sql);
--      getvariable('known_at', 'printed_rule')
-- out: temporary tables fund_doubt(session, fund_id, check_name, reason); fund_shown: fund_listed without them
--
-- Limits are for errors of unit, digit or file, and lie far outside what real data does: of 2,642 funds on two days NAVs
-- moved by -3.2 % to +6.6 %, units outstanding (net assets over NAV, of funds above a billion yen) by -22.9 % to +9.8 %,
-- no fee, no code and no printed return changed. A valuation that comes after more than ten days may have moved further.

-- Every value beside the one before it, as the logarithm of its change, with the limit.
CREATE OR REPLACE TEMP TABLE fund_move AS
WITH beside AS (
    SELECT
        fund_id, valuation_date, net_assets_jpy, nav_jpy, expense_ratio, return_1y, return_3y,
        lag(valuation_date) OVER past AS date_before,
        lag(net_assets_jpy IGNORE NULLS) OVER past AS net_assets_before,
        lag(nav_jpy IGNORE NULLS) OVER past AS nav_before,
        net_assets_jpy / nullif(nav_jpy, 0) AS units,
        lag(net_assets_jpy / nullif(nav_jpy, 0) IGNORE NULLS) OVER past AS units_before,
        lag(expense_ratio IGNORE NULLS) OVER past AS fee_before,
        lag(return_1y IGNORE NULLS) OVER past AS return_1y_before,
        lag(return_3y IGNORE NULLS) OVER past AS return_3y_before
    FROM fund_valuation
    WINDOW past AS (PARTITION BY fund_id ORDER BY valuation_date)
),
positive AS (
    SELECT
        *, valuation_date - date_before > 10 AS is_apart,
        CASE WHEN nav_jpy > 0 AND nav_before > 0 THEN ln(nav_jpy / nav_before) END AS nav_move,
        CASE
            WHEN units > 0 AND units_before > 0 THEN ln(units / units_before)
            WHEN net_assets_jpy > 0 AND net_assets_before > 0 THEN ln(net_assets_jpy / net_assets_before)
        END AS net_move
    FROM beside
),
moves AS (
    SELECT
        fund_id, valuation_date, date_before, 'NAV' AS what, nav_before AS before, nav_jpy AS now,
        nav_move AS move, CASE WHEN is_apart THEN ln(5) ELSE ln(1.35) END AS allowed
    FROM positive
    UNION ALL
    -- of the units, where the NAV tells them: the market's part of the change is none of it. Lists print whole units of
    -- 100 million yen.
    SELECT
        fund_id, valuation_date, date_before, 'net assets', net_assets_before, net_assets_jpy,
        CASE WHEN abs(net_assets_jpy - net_assets_before) > 1e8 OR abs(nav_move) > ln(1.35) THEN net_move END,
        CASE WHEN is_apart THEN ln(20) ELSE ln(2) END
    FROM positive
    UNION ALL
    SELECT
        fund_id, valuation_date, date_before, 'fee', fee_before, expense_ratio,
        CASE WHEN expense_ratio > 0 AND fee_before > 0 THEN ln(expense_ratio / fee_before) END, ln(3)
    FROM positive
    UNION ALL
    -- Printed returns roll on at an end of a month and then go far; within a month none becomes a power of ten of itself.
    SELECT
        fund_id, valuation_date, date_before, what, before, now,
        CASE
            WHEN date_trunc('month', valuation_date + INTERVAL 4 DAY) = date_trunc('month', date_before)
                AND greatest(abs(now), abs(before)) >= 0.02 AND power_of_ten(now, before, 0.01) <> 0
                THEN ln(abs(now / before))
            WHEN now > -1 AND before > -1 THEN ln((1 + now) / (1 + before))
        END,
        CASE WHEN is_apart THEN ln(5) ELSE ln(2) END
    FROM (
        SELECT
            fund_id, valuation_date, date_before, is_apart,
            unnest(['printed 1-year return', 'printed 3-year return']) AS what,
            unnest([return_1y_before, return_3y_before]) AS before, unnest([return_1y, return_3y]) AS now
        FROM positive
    )
)
SELECT * FROM moves WHERE abs(move) > allowed + 1e-9;

-- A jump leaves a fund in doubt until another one takes it back, or somebody states that it is real (docs/corrections.md).
CREATE OR REPLACE TEMP TABLE fund_off AS
SELECT
    s.session, s.fund_id, m.what, sum(m.move) AS off,
    max_by(m.before, m.valuation_date) AS before, max_by(m.now, m.valuation_date) AS now,
    max(m.valuation_date) AS since, max_by(m.date_before, m.valuation_date) AS date_before
FROM fund_listed AS s
JOIN fund_move AS m ON m.fund_id = s.fund_id AND m.valuation_date <= s.valuation_date
LEFT JOIN fund_code AS c ON c.fund_id = s.fund_id
WHERE NOT EXISTS (
    FROM core.correction_as_known(getvariable('known_at')) AS k
    WHERE k.kind IN ('real_move', 'split') AND k.dataset IN ('fund', 'fund_nav')
        AND k.subject IN (s.fund_id, c.association_code)
        AND k.date <= m.valuation_date AND coalesce(k.until, k.date) > m.date_before
)
GROUP BY s.session, s.fund_id, m.what
HAVING abs(sum(m.move)) > ln(1.35);

CREATE OR REPLACE TEMP TABLE fund_doubt AS
-- A value that can't be, by the contract's limits.
SELECT
    v.session, v.fund_id, 'fund_values_are_in_range' AS check_name,
    format('{} of {} is {}, beyond {}', v.column_name, v.valuation_date, v.value, l.allowed) AS reason
FROM (
    SELECT
        session, fund_id, valuation_date,
        unnest(['net_assets_jpy', 'nav_jpy', 'expense_ratio', 'return_1y', 'return_3y']) AS column_name,
        unnest([CAST(net_assets_jpy AS DOUBLE), nav_jpy, expense_ratio, return_1y, return_3y]) AS value
    FROM fund_listed
) AS v
JOIN fund_limit AS l USING (column_name)
WHERE v.value < l.minimum OR v.value > l.maximum OR (l.is_exclusive AND v.value <= l.minimum)
UNION ALL
SELECT
    session, fund_id, 'fund_valuation_move',
    format(
        '{} went from {} on {} to {} on {}', what, round_half_up(before, 6), date_before, round_half_up(now, 6), since
    )
FROM fund_off
UNION ALL
-- The list beside the fund's own history on the same day: NAVs agree, net assets as far as the list prints them.
SELECT
    s.session, s.fund_id, 'fund_list_agrees_with_history',
    format(
        'of {}: NAV {} in the list and {} in the history, net assets {} and {}',
        s.valuation_date, coalesce(CAST(s.nav_jpy AS VARCHAR), 'none'), n.nav_jpy,
        coalesce(CAST(s.net_assets_jpy AS VARCHAR), 'none'), coalesce(CAST(n.net_assets_jpy AS VARCHAR), 'none')
    )
FROM fund_listed AS s
JOIN fund_nav_known AS n ON n.fund_id = s.fund_id AND n.date = s.valuation_date
WHERE abs(s.nav_jpy - n.nav_jpy) > 1 + 0.01 * n.nav_jpy
    OR abs(s.net_assets_jpy - n.net_assets_jpy) > 1e8 + 0.05 * n.net_assets_jpy
UNION ALL
-- What the vendor prints beside the fund's own return: a power of ten apart, or so far that the two are of other things.
-- Vendors that are a month late differ by a month's move.
SELECT
    session, fund_id, 'fund_return_far_from_printed',
    format(
        '{} return is {} by its own NAVs, the vendor prints {}', period, round_half_up(return_cum, 6), printed
    )
FROM fund_performance AS p
WHERE base_rule = getvariable('printed_rule')
    AND NOT EXISTS (
        FROM core.correction_as_known(getvariable('known_at')) AS k
        WHERE k.kind = 'real_move' AND k.dataset = 'fund' AND k.subject = p.fund_id
            AND p.session BETWEEN k.date AND coalesce(k.until, k.date)
    )
    AND (
        abs(return_cum - printed) > 0.2
        OR (abs(return_cum - printed) > 0.002 AND power_of_ten(return_cum, printed, 0.01) <> 0)
    )
UNION ALL
-- ISIN and association code belong together for good.
SELECT
    s.session, s.fund_id, 'fund_keeps_its_code',
    format('association code is {} on {} and was {} on {}', v.association_code, v.valuation_date, f.code, f.day)
FROM fund_listed AS s
JOIN fund_valuation AS v ON v.fund_id = s.fund_id AND v.valuation_date = s.valuation_date
JOIN (
    SELECT
        r.fund_id, coalesce(r.association_code, min_by(v.association_code, v.valuation_date)) AS code,
        CASE WHEN r.association_code IS NULL THEN CAST(min(v.valuation_date) AS VARCHAR) ELSE 'the reviewed list' END AS day
    FROM fund_reviewed AS r
    JOIN fund_valuation AS v ON v.fund_id = r.fund_id AND v.association_code IS NOT NULL
    GROUP BY r.fund_id, r.association_code
) AS f ON f.fund_id = s.fund_id
WHERE v.association_code <> f.code
    AND NOT EXISTS (
        FROM core.correction_as_known(getvariable('known_at')) AS k
        WHERE k.kind = 'real_move' AND k.dataset = 'fund' AND k.subject = s.fund_id AND k.date <= v.valuation_date
    )
UNION ALL
-- A jump in the fund's own history, found by the check of that table.
SELECT s.session, s.fund_id, 'fund_nav_daily_move', min_by(j.reason, j.date)
FROM fund_listed AS s
JOIN fund_nav_id AS i ON i.fund_id = s.fund_id
JOIN fund_jump AS j ON j.nav_id = i.nav_id AND j.date <= s.session
GROUP BY s.session, s.fund_id;

-- What is published: the others; none where too many are in doubt, for then the list is.
CREATE OR REPLACE TEMP TABLE fund_shown AS
SELECT s.*
FROM fund_listed AS s
ANTI JOIN fund_doubt AS d ON d.session = s.session AND d.fund_id = s.fund_id
WHERE s.session NOT IN (
    SELECT l.session
    FROM fund_listed AS l
    LEFT JOIN (SELECT DISTINCT session, fund_id FROM fund_doubt) AS d ON d.session = l.session AND d.fund_id = l.fund_id
    GROUP BY l.session
    HAVING count(d.fund_id) > 0.25 * count(*)
)
