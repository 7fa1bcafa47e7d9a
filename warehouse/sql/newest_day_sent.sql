-- The newest day that a vendor sent from each place before: a guard reads this (assets/ingest/guards.py).
--
-- in:  {table}: core table, {day}: its rows' date; parameters: table, vendor, session: days after it don't count
-- out: place and day
WITH load AS (
    SELECT place, payload_sha256, known_at FROM meta.load WHERE table_name = ? AND vendor = ?
),
newest AS (
    SELECT payload_sha256, known_at, CAST(max({day}) AS DATE) AS day
    FROM {table} SEMI JOIN load USING (payload_sha256, known_at)
    WHERE CAST({day} AS DATE) <= ? GROUP BY ALL
)
SELECT place, max(day) FROM load JOIN newest USING (payload_sha256, known_at) GROUP BY place
