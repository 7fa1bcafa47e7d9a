-- How old each figure of the readers' database is, against today's exchange calendar: a pipeline that stopped shows here.
CREATE OR REPLACE VIEW latest.freshness AS
WITH newest AS (
    {newest_of_each_figure}
),
named AS (
    SELECT study, figure FROM newest UNION SELECT study, figure FROM meta.withheld
),
withheld AS (
    SELECT w.study, w.figure, max_by(w.kind || ': ' || w.reason, w.recorded_at) AS withheld_reason
    FROM meta.withheld AS w
    LEFT JOIN newest AS n USING (study, figure)
    WHERE n.session IS NULL OR w.session > n.session
    GROUP BY w.study, w.figure
)
SELECT
    k.study,
    k.figure,
    n.session,
    n.as_of,
    (
        SELECT count(*) FROM meta.session AS s
        WHERE s.session > n.session AND s.closes_at <= make_timestamp(epoch_us(now()))
    ) AS sessions_behind,
    w.withheld_reason
FROM named AS k
LEFT JOIN newest AS n USING (study, figure)
LEFT JOIN withheld AS w USING (study, figure)
ORDER BY k.study, k.figure;
COMMENT ON VIEW latest.freshness IS 'How old each figure is: newest session, closed sessions since then, and why newer ones were withheld';
COMMENT ON COLUMN latest.freshness.study IS 'The study [name]';
COMMENT ON COLUMN latest.freshness.figure IS 'The figure''s table [name]';
COMMENT ON COLUMN latest.freshness.session IS 'Newest session that has rows; NULL where none has [date]';
COMMENT ON COLUMN latest.freshness.as_of IS 'The date that it speaks of [date]';
COMMENT ON COLUMN latest.freshness.sessions_behind IS 'Closed sessions of the exchange since then [count]';
COMMENT ON COLUMN latest.freshness.withheld_reason IS 'Why a newer session was withheld; NULL where none was [text]';
