-- What a study and a run say for figure 5, as temporary tables: Python fills them (assets/figures/fund_ranking.py).

-- The reviewed list. A fund is shown that is active and sold on the as-of date.
CREATE OR REPLACE TEMP TABLE fund_reviewed (
    fund_id VARCHAR, association_code VARCHAR, is_hedged BOOLEAN, is_active BOOLEAN, sold_since DATE, sold_until DATE
);
-- Funds in the data whose name has the study's keywords. is_index: the name says so.
CREATE OR REPLACE TEMP TABLE fund_candidate (fund_id VARCHAR, name VARCHAR, is_index BOOLEAN);

-- The limits of the contract core.fund, and the jumps that the check of core.fund_nav finds.
CREATE OR REPLACE TEMP TABLE fund_limit (
    column_name VARCHAR, minimum DOUBLE, maximum DOUBLE, is_exclusive BOOLEAN, allowed VARCHAR
);
CREATE OR REPLACE TEMP TABLE fund_jump (nav_id VARCHAR, date DATE, reason VARCHAR);

CREATE OR REPLACE TEMP TABLE fund_period (period VARCHAR, period_order INTEGER, months INTEGER);

-- The sessions of the run. due_date: the newest business day in Tokyo up to the as-of date; month_end: the last one
-- of the last complete month; oldest: the earliest valuation that the lag allows.
CREATE OR REPLACE TEMP TABLE run_session (session DATE, as_of DATE, due_date DATE, month_end DATE, oldest DATE);
