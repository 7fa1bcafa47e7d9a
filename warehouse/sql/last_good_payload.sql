-- The size of the last good payload from each place: a guard reads this (assets/ingest/guards.py).
--
-- in:  parameters: landing table, core table, vendor, session
-- out: place, bytes and rows of what was loaded for the newest session up to the one asked for. A load belongs to the
--      session of its run; a rebuild knows no runs, so there the day of the retrieval stands for it.
WITH run AS (
    SELECT run_id, max(session) AS session FROM meta.check_result
    WHERE table_name = ? AND check_name = 'payloads_accepted'
    GROUP BY run_id
),
load AS (
    SELECT l.*, coalesce(run.session, CAST(l.known_at AS DATE)) AS session
    FROM meta.load AS l LEFT JOIN run USING (run_id)
    WHERE l.table_name = ? AND l.vendor = ?
)
SELECT l.place, p.bytes, l.rows_sent AS rows
FROM load AS l
JOIN meta.payload AS p ON p.sha256 = l.payload_sha256
WHERE l.session <= ?
QUALIFY row_number() OVER (PARTITION BY l.place ORDER BY l.session DESC, l.known_at DESC) = 1
