-- What a study and a run say for figure 3, as temporary tables: Python fills them from the study file
-- (assets/figures/domestic_revenue_share.py).

-- The indices compared. low, high: the band of the number of companies.
CREATE OR REPLACE TEMP TABLE revenue_side (
    index_id VARCHAR, index_order INTEGER, size VARCHAR, low INTEGER, high INTEGER
);
-- Their lists of members (core.holding), in order of preference.
CREATE OR REPLACE TEMP TABLE revenue_list (
    index_id VARCHAR, list_order INTEGER, series_id VARCHAR, is_stand_in BOOLEAN
);

-- A company counts from this share of its revenue on; in ten-thousandths, so that nothing is compared in floats.
CREATE OR REPLACE TEMP TABLE revenue_threshold (ten_thousandths INTEGER);

-- The sessions of the run. oldest: the earliest list of members that the lag and the study allow.
CREATE OR REPLACE TEMP TABLE run_session (session DATE, as_of DATE, oldest DATE);
