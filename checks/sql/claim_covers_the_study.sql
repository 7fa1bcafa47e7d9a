-- Claims that lack a row, are there twice, or have neither a verdict nor a reason.
SELECT
    getvariable('session') AS session, w.claim_id, w.variant, count(c.claim_id) AS found, any_value(c.reason) AS reason
FROM claim_wanted AS w
LEFT JOIN figure.claim AS c
    ON c.claim_id = w.claim_id AND c.variant = w.variant
    AND c.study = getvariable('study') AND c.session = getvariable('session')
GROUP BY ALL
HAVING count(c.claim_id) <> 1 OR bool_or((c.holds IS NULL) <> (c.reason IS NOT NULL))
ORDER BY ALL
