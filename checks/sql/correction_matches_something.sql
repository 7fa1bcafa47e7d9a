-- Statements about this table that match nothing in it, or nothing any more: a wrong value that is no longer there, a
-- split that the data doesn't show, a move or a restatement of days that it doesn't have.
--
-- in: {table}; core.correction; getvariable('known_at')
SELECT subject, date, stated_in, correction_id, kind, why
FROM {table}_corrections(getvariable('known_at'))
WHERE state NOT IN ('applied', 'excuses')
ORDER BY subject, date, stated_in, correction_id
