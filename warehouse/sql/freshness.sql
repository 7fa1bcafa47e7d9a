-- How old each figure of the readers' database is, against today's exchange calendar: a pipeline that stopped shows here.
CREATE OR REPLACE VIEW latest.freshness AS
WITH newest AS (
    {newest_of_each_figure}
),
named AS (
    SELECT study, figure FROM newest UNION SELECT study, figure FROM meta.withheld
),
-- What the last run of a session withheld: a later run that cured it takes the reason back.
worked_on AS (
    SELECT study, session, run_id FROM meta.check_result UNION SELECT study, session, run_id FROM meta.withheld
),
last_run AS (
    SELECT w.study, w.session, max_by(w.run_id, r.finished_at) AS run_id
    FROM worked_on AS w
    JOIN meta.run AS r USING (run_id)
    GROUP BY w.study, w.session
),
withheld AS (
    SELECT w.study, w.figure, max_by(w.kind || ': ' || w.reason, (w.session, w.kind, w.reason)) AS withheld_reason
    FROM meta.withheld AS w
    SEMI JOIN last_run AS l ON l.study = w.study AND l.session = w.session AND l.run_id = w.run_id
    LEFT JOIN newest AS n ON n.study = w.study AND n.figure = w.figure
    -- a figure that goes without one of its funds is as fresh as any
    WHERE w.subject IS NULL AND (n.session IS NULL OR w.session >= n.session)
    GROUP BY w.study, w.figure
)
SELECT
    k.study,
    k.figure,
    n.session,
    n.as_of,
    CASE WHEN n.session IS NOT NULL THEN (
        SELECT count(*) FROM meta.session AS s
        WHERE s.session > n.session AND s.closes_at <= make_timestamp(epoch_us(now()))
    ) END AS sessions_behind,
    w.withheld_reason
FROM named AS k
LEFT JOIN newest AS n USING (study, figure)
LEFT JOIN withheld AS w USING (study, figure)
ORDER BY k.study, k.figure;
COMMENT ON VIEW latest.freshness IS 'How old each figure is: newest session, closed sessions since then, and why it or newer ones were withheld';
COMMENT ON COLUMN latest.freshness.study IS 'The study [name]';
COMMENT ON COLUMN latest.freshness.figure IS 'The figure''s table [name]';
COMMENT ON COLUMN latest.freshness.session IS 'Newest session that has rows; NULL where none has [date]';
COMMENT ON COLUMN latest.freshness.as_of IS 'The date that it speaks of [date]';
COMMENT ON COLUMN latest.freshness.sessions_behind IS 'Closed sessions of the exchange since then; NULL where it has no session [count]';
COMMENT ON COLUMN latest.freshness.withheld_reason IS 'Why the last run of that or a newer session withheld the figure; NULL where none did [text]';
