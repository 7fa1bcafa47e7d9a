-- Wrong values that are stated of a subject which has another value there, or none, and not the right one either: the
-- statement is not applied, and nobody knows which value is right.
--
-- in: {table}; core.correction; getvariable('known_at')
SELECT subject, date, stated_in, correction_id, column_name, found, value, why
FROM {table}_corrections(getvariable('known_at'))
WHERE state = 'contradicted'
ORDER BY subject, date, stated_in, correction_id
