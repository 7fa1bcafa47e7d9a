-- The size of the last good payload from one place: a guard reads this (assets/ingest/guards.py).
--
-- in:  parameters: landing table, core table, vendor, place, session
-- out: at most one row: bytes and rows of what was loaded for the newest session up to the one asked for. A load belongs
--      to the session of its run; a rebuild knows no runs, so there the day of the retrieval stands for it.
WITH run AS (
    SELECT run_id, max(session) AS session FROM meta.check_result
    WHERE table_name = ? AND check_name = 'payloads_accepted'
    GROUP BY run_id
)
SELECT p.bytes, l.rows_sent AS rows
FROM meta.load AS l
JOIN meta.payload AS p ON p.sha256 = l.payload_sha256
LEFT JOIN run USING (run_id)
WHERE l.table_name = ? AND l.vendor = ? AND l.place = ?
    AND coalesce(run.session, CAST(l.known_at AS DATE)) <= ?
ORDER BY coalesce(run.session, CAST(l.known_at AS DATE)) DESC, l.known_at DESC
LIMIT 1
