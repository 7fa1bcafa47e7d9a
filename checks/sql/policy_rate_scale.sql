-- Rates that are not in the scale or not of the series: a percentage for a fraction or the other way round, another
-- series' file. Central banks move in steps, which tell the scale of a history exactly: none moves by less than a basis
-- point, and the study knows the step and the band of the series that it reads.
--
-- in:  core.policy_rate, policy_rate_rule (study_tables.sql); getvariable('known_at')
-- out: a row a day that breaks it; a step that is real can be stated (docs/corrections.md)
--
-- The Federal Reserve's target range has moved in quarter points since it exists (2008-12-16), by at most one point at
-- once (2020-03-16), between 0.25 % and 5.5 %. The steps of other central banks reach ten points.
WITH steps AS (
    SELECT
        series_id, date, rate, lag(rate) OVER (PARTITION BY series_id ORDER BY date) AS rate_before,
        abs(rate - lag(rate) OVER (PARTITION BY series_id ORDER BY date)) AS step
    FROM core.policy_rate_as_known(getvariable('known_at'))
),
broken AS (
    SELECT series_id, date, 'moved by less than a basis point' AS what, rate, rate_before FROM steps WHERE step > 1e-9 AND step < 0.9e-4
    UNION ALL
    SELECT s.series_id, s.date, 'moved further than ever', s.rate, s.rate_before
    FROM steps AS s JOIN policy_rate_rule AS r USING (series_id)
    WHERE s.step > r.most + 1e-9
    UNION ALL
    SELECT s.series_id, s.date, 'is no multiple of the step', s.rate, s.rate_before
    FROM steps AS s JOIN policy_rate_rule AS r USING (series_id)
    WHERE abs(s.rate / r.step - round_half_up(s.rate / r.step, 0)) > 1e-6
    UNION ALL
    SELECT s.series_id, s.date, 'is outside the band', s.rate, s.rate_before
    FROM steps AS s JOIN policy_rate_rule AS r USING (series_id)
    WHERE s.rate NOT BETWEEN r.low AND r.high
)
SELECT b.series_id AS subject, b.date, b.what, b.rate, b.rate_before
FROM broken AS b
ANTI JOIN core.correction_as_known(getvariable('known_at')) AS c
    ON c.kind = 'real_move' AND c.dataset = 'policy_rate' AND c.subject = b.series_id
    AND b.date BETWEEN c.date AND coalesce(c.until, c.date)
ORDER BY subject, date, what
