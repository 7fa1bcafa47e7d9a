-- Funds whose name has the study's keywords and that the reviewed list doesn't have, neither as sold nor as not.
SELECT c.fund_id, c.name, c.is_index
FROM fund_candidate AS c
ANTI JOIN fund_reviewed AS r ON r.fund_id = c.fund_id
ORDER BY ALL
