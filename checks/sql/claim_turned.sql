-- Claims whose verdict is another one than on the newest session before.
SELECT
    c.session, c.claim_id, c.variant, b.holds AS before, c.holds AS now, c.value, c.threshold, c.text_en AS text
FROM figure.claim AS c
JOIN claim_before AS b USING (claim_id, variant)
WHERE c.study = getvariable('study') AND c.session = getvariable('session')
    AND c.holds IS NOT NULL AND b.holds IS NOT NULL AND c.holds <> b.holds
ORDER BY c.claim_id, c.variant
