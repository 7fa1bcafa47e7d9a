-- How a payload's rows compare with those known of the same list or file: the guard at the door reads this.
--
-- in:  incoming; {table}: core table, {group}: what names the list or file, {day}: the rows' date;
--      getvariable('session'): dates after it don't count
-- out: a row a list or file: rows and newest date sent and known
WITH sent AS (
    SELECT {group} AS list, count(*) FILTER ({day} <= getvariable('session')) AS rows_sent, CAST(max({day}) AS DATE) AS newest_sent
    FROM incoming GROUP BY ALL
),
known AS (
    SELECT {group} AS list, count(*) AS rows_known, max({day}) AS newest_known
    FROM {table}_as_known(TIMESTAMP '9999-01-01')
    WHERE {day} <= getvariable('session') AND {group} IN (SELECT list FROM sent)
    GROUP BY ALL
)
SELECT * FROM sent JOIN known USING (list) ORDER BY list
