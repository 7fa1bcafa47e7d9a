-- Closures of days that are no sessions anyway: the calendar has learned of them, or the day is another one.
--
-- in: core.correction; calendar(date): the calendar's own sessions; getvariable('known_at')
SELECT c.date, c.until, c.stated_in, c.correction_id
FROM core.correction_as_known(getvariable('known_at')) AS c
WHERE c.kind = 'closure'
    AND NOT EXISTS (FROM calendar AS s WHERE s.date BETWEEN c.date AND coalesce(c.until, c.date))
ORDER BY c.date, c.stated_in, c.correction_id
