-- Funds whose place does not follow from their net assets.
WITH placed AS (
    SELECT
        session, fund_id, rank, net_assets_jpy,
        row_number() OVER (PARTITION BY session ORDER BY net_assets_jpy DESC NULLS LAST, fund_id) AS expected
    FROM figure.fund_ranking
    WHERE study = getvariable('study') AND session IN (SELECT session FROM run_session)
)
SELECT session, fund_id, rank, expected, net_assets_jpy FROM placed WHERE rank <> expected ORDER BY ALL
