-- Growth that can't be, by what stands beside it: a percentage taken for a fraction, another unit, a slip in one company.
--
-- in:  figure.eps_growth, run_session (study_tables.sql); eps_estimate_known, eps_newest (eps_growth_prepare.sql)
-- out: a row an index and reason; a move that is real can be stated (docs/corrections.md: dataset eps_estimate, the
--      index as subject, the day of the estimate)
--
-- No real list of estimates was at hand. An index's earnings have grown by 243 % in a year (S&P 500 as reported, 2009 on
-- 2008), and a forecast of a whole index is revised by points, not by dozens of them, within weeks. The largest company's
-- share of an index's earnings is below a tenth.
WITH drawn AS (
    SELECT session, index_id, fiscal_year, method, growth, source_date
    FROM figure.eps_growth
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session) AND is_headline
),
of_index AS (
    SELECT
        n.session, k.index_id, k.fiscal_year, k.source_date, k.growth AS stated, CASE WHEN k.eps_base > 0 THEN k.eps_target / k.eps_base - 1 END AS own
    FROM eps_newest AS n
    JOIN eps_estimate_known AS k ON k.index_id = n.index_id AND k.is_index AND k.source_date = n.source_date
    WHERE n.is_index
),
before AS (
    SELECT
        o.session, o.index_id, o.fiscal_year, o.source_date, coalesce(o.stated, o.own) AS growth, b.source_date AS day_before,
        coalesce(b.growth, CASE WHEN b.eps_base > 0 THEN b.eps_target / b.eps_base - 1 END) AS growth_before
    FROM of_index AS o
    JOIN eps_estimate_known AS b
        ON b.index_id = o.index_id AND b.is_index AND b.fiscal_year = o.fiscal_year
        AND b.source_date BETWEEN o.source_date - INTERVAL 31 DAY AND o.source_date - INTERVAL 1 DAY
    QUALIFY row_number() OVER (PARTITION BY o.session, o.index_id, o.fiscal_year ORDER BY b.source_date DESC) = 1
),
members AS (
    SELECT
        n.session, k.index_id, k.constituent, k.fiscal_year, k.source_date, k.eps_base, k.eps_target,
        abs(k.eps_target * coalesce(k.shares, 1)) AS amount
    FROM eps_newest AS n
    JOIN eps_estimate_known AS k ON k.index_id = n.index_id AND NOT k.is_index AND k.source_date = n.source_date
    WHERE NOT n.is_index
),
shares AS (
    SELECT
        session, index_id, fiscal_year, source_date, max_by(constituent, amount) AS constituent,
        max(amount) / nullif(sum(amount), 0) AS share, count(amount) AS n
    FROM members
    GROUP BY ALL
),
slips AS (
    SELECT
        m.session, m.index_id, m.fiscal_year, m.source_date, m.constituent, b.source_date AS day_before,
        unnest(['eps_base', 'eps_target']) AS column_name,
        unnest([m.eps_base, m.eps_target]) AS found, unnest([b.eps_base, b.eps_target]) AS known
    FROM members AS m
    JOIN eps_estimate_known AS b
        ON b.index_id = m.index_id AND b.constituent = m.constituent AND b.fiscal_year = m.fiscal_year
        AND b.source_date BETWEEN m.source_date - INTERVAL 31 DAY AND m.source_date - INTERVAL 1 DAY
    QUALIFY row_number() OVER (
        PARTITION BY m.session, m.index_id, m.constituent, m.fiscal_year ORDER BY b.source_date DESC
    ) = 1
),
broken AS (
    SELECT session, index_id, source_date, 'growth is beyond -150 % to 300 %' AS what, CAST(NULL AS VARCHAR) AS constituent, growth AS found, NULL AS beside
    FROM drawn WHERE growth NOT BETWEEN -1.5 AND 3
    UNION ALL
    SELECT session, index_id, source_date, 'growth that is stated is not what the earnings beside it say', NULL, stated, own
    FROM of_index WHERE abs(stated - own) > 0.01
    UNION ALL
    SELECT session, index_id, source_date, format('growth of {} moved by more than 25 points since {}', fiscal_year, day_before), NULL, growth, growth_before
    FROM before WHERE abs(growth - growth_before) > 0.25
    UNION ALL
    SELECT session, index_id, source_date, 'one company has more than a quarter of all earnings', constituent, share, NULL
    FROM shares WHERE n >= 50 AND share > 0.25
    UNION ALL
    SELECT session, index_id, source_date, format('{} is a power of ten of that of {}', column_name, day_before), constituent, found, known
    FROM slips
    WHERE found * known > 0 AND greatest(abs(found), abs(known)) >= 0.1 AND power_of_ten(found, known, 0.004) <> 0
)
SELECT
    b.session, b.index_id, b.source_date, b.what, b.constituent,
    round_half_up(CAST(b.found AS DOUBLE), 6) AS found, round_half_up(CAST(b.beside AS DOUBLE), 6) AS beside
FROM broken AS b
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'eps_estimate' AND c.subject = b.index_id
    AND b.source_date BETWEEN c.date AND coalesce(c.until, c.date)
ORDER BY ALL
