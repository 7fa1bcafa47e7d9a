-- What a study and a run say for figure 4, as temporary tables: Python fills them from the study file
-- (assets/figures/constituent_return.py).

-- The indices compared. is_rest: where no list has members on the day, every other security with a level stands in.
-- low, high: the band of the number of members.
CREATE OR REPLACE TEMP TABLE side (
    index_id VARCHAR, index_order INTEGER, size VARCHAR, is_rest BOOLEAN, low INTEGER, high INTEGER
);
-- Their lists of members (core.membership), in order of preference.
CREATE OR REPLACE TEMP TABLE side_members (index_id VARCHAR, list_order INTEGER, series_id VARCHAR, is_stand_in BOOLEAN);

-- The sessions of the run. oldest: the earliest end date that the dataset's lag allows.
CREATE OR REPLACE TEMP TABLE run_session (session DATE, as_of DATE, oldest DATE);
