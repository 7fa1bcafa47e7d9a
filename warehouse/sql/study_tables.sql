-- What a study and a run say, as temporary tables: Python fills them from the study file (assets/study_tables.py).

-- The study's series, in the order in which they are preferred and spliced for each index.
CREATE OR REPLACE TEMP TABLE study_series (
    index_id VARCHAR, index_order INTEGER, size VARCHAR, series_id VARCHAR, series_order INTEGER,
    is_proxy BOOLEAN, frequency VARCHAR, return_basis VARCHAR, currency VARCHAR
);
-- The windows of figure 1. unit: session, day, month, year or ytd; n: how many of them.
CREATE OR REPLACE TEMP TABLE study_period (period VARCHAR, period_order INTEGER, unit VARCHAR, n INTEGER, is_headline BOOLEAN);

-- The sessions of the run. oldest: the earliest newest date that the dataset's lag allows.
CREATE OR REPLACE TEMP TABLE run_session (session DATE, as_of DATE, oldest DATE);

-- Events of the study; ends_on is NULL for a single day, and while an event lasts.
CREATE OR REPLACE TEMP TABLE study_event (event_id VARCHAR, starts_on DATE, ends_on DATE);

-- Cross-checks of the study.
CREATE OR REPLACE TEMP TABLE price_guard (
    total_return VARCHAR, price VARCHAR, low DOUBLE, high DOUBLE, floor DOUBLE, first_year INTEGER, last_year INTEGER
);
CREATE OR REPLACE TEMP TABLE fund_pair (
    fund VARCHAR, index_series VARCHAR, within DOUBLE, blocking_beyond DOUBLE, drift_beyond DOUBLE
);
-- rate: the return of a calendar year that the provider of the index published, in percent.
CREATE OR REPLACE TEMP TABLE published_return (index_id VARCHAR, year INTEGER, rate DOUBLE);
CREATE OR REPLACE TEMP TABLE whole_market (whole VARCHAR, small VARCHAR, large VARCHAR, low DOUBLE, high DOUBLE);
CREATE OR REPLACE TEMP TABLE size_premium (small VARCHAR, large VARCHAR, academic_small VARCHAR, academic_large VARCHAR);

-- What the study knows of series of policy rates.
CREATE OR REPLACE TEMP TABLE policy_rate_rule (series_id VARCHAR, step DOUBLE, low DOUBLE, high DOUBLE, most DOUBLE);
