-- Securities of which a payload sends again what is known, up to a day: only what comes after it can be news.
--
-- The levels sent and known are compared as multisets, by their number and two sums of 64-bit hashes, so that neither is
-- sorted nor joined, whatever the history. A day known twice (restated) or withdrawn makes them differ.
--
-- in:  sent_levels: a payload's rows, with all columns of core.security_level that a vendor states
-- out: security_id, source, last_known: the last day of what is known between the first and last day sent
WITH span AS (
    SELECT security_id, source, CAST(min(date) AS DATE) AS low, CAST(max(date) AS DATE) AS high
    FROM sent_levels GROUP BY ALL
),
known AS (
    SELECT
        security_id, source, max(date) AS last_known, count(*) AS n,
        sum(hash(date, level, close, dividend, split_factor, return_basis, currency)) AS total,
        bit_xor(hash(date, level, close, dividend, split_factor, return_basis, currency)) AS parity
    FROM core.security_level JOIN span USING (security_id, source)
    WHERE date BETWEEN low AND high
    GROUP BY ALL
),
sent_again AS (
    SELECT
        security_id, source, count(*) AS n,
        sum(hash(CAST(s.date AS DATE), level, close, dividend, split_factor, return_basis, currency)) AS total,
        bit_xor(hash(CAST(s.date AS DATE), level, close, dividend, split_factor, return_basis, currency)) AS parity
    FROM sent_levels AS s JOIN known AS k USING (security_id, source)
    WHERE s.date <= last_known
    GROUP BY ALL
)
SELECT security_id, source, last_known FROM known JOIN sent_again USING (security_id, source, n, total, parity)
