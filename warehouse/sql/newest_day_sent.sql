-- The newest day that a vendor sent from one place before: a guard reads this (assets/ingest/guards.py).
--
-- in:  {table}: core table, {day}: its rows' date; parameters: table, vendor, place, session: days after it don't count
-- out: one row with the day; NULL where nothing came yet
SELECT CAST(max(c.{day}) AS DATE)
FROM {table} AS c
JOIN meta.load AS l USING (payload_sha256, known_at)
WHERE l.table_name = ? AND l.vendor = ? AND l.place = ? AND CAST(c.{day} AS DATE) <= ?
