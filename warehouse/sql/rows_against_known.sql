-- How a payload's rows compare with those known of the same list or file: a guard reads this (assets/ingest/guards.py).
--
-- in:  incoming; {table}, {landing}: core and landing table, {entity}: its key, {group}: what names the list or
--      file, {day}: the rows' date; getvariable('session'): dates after it don't count, nor does what came for a later session, so that an older one can be made again. A load belongs to
--      the session of its run; one whose run is not known, as after a rebuild, counts for all.
-- out: a row a list or file: rows and newest date sent and known
WITH run AS (
    SELECT run_id, max(session) AS session FROM meta.check_result
    WHERE table_name = '{landing}' AND check_name = 'payloads_accepted'
    GROUP BY run_id
),
load AS (
    SELECT DISTINCT l.payload_sha256, l.known_at
    FROM meta.load AS l LEFT JOIN run USING (run_id)
    WHERE l.table_name = '{table}' AND coalesce(run.session <= getvariable('session'), true)
),
sent AS (
    SELECT {group} AS list, count(*) FILTER ({day} <= getvariable('session')) AS rows_sent, CAST(max({day}) AS DATE) AS newest_sent
    FROM incoming GROUP BY ALL
),
-- The rule of {table}_as_known, written out: choosing the list before it reads some rows instead of all.
newest AS (
    SELECT * FROM {table} SEMI JOIN load USING (payload_sha256, known_at)
    WHERE {group} IN (SELECT list FROM sent)
    QUALIFY row_number() OVER (PARTITION BY {entity} ORDER BY known_at DESC) = 1
),
-- Of a list that several files share, what came from the payload's own place before; from a new place, all of it.
own AS (
    SELECT n.*
    FROM newest AS n
    LEFT JOIN meta.load AS l
        ON l.payload_sha256 = n.payload_sha256 AND l.known_at = n.known_at AND l.table_name = '{table}'
        AND l.vendor = getvariable('vendor') AND list_contains(getvariable('places'), l.place)
    QUALIFY l.place IS NOT NULL OR NOT bool_or(l.place IS NOT NULL) OVER (PARTITION BY {group})
),
known AS (
    SELECT {group} AS list, count(*) AS rows_known, max({day}) AS newest_known
    FROM own
    WHERE NOT is_withdrawn AND {day} <= getvariable('session')
    GROUP BY ALL
)
SELECT * FROM sent JOIN known USING (list) ORDER BY list
