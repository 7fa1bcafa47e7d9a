-- What the classification of filings reads (domestic_revenue.sql); each format fills it in its own way.
--
-- in:  nothing
-- out: empty temporary tables
--      concept(concept, kind, rank): the concepts that are looked for; kind is revenue, domicile, segments or
--          foreign_income, rank the order of preference within the kind
--      filing(...): one row a filing; domicile is 'US', another country, or NULL where nobody says
--          unread: what of the newest year can't be read, NULL where everything can
--      period(filing, period_end): each becomes one row of the result
--      fact(...): annual amounts of the filing; member is NULL for the consolidated one, else where the geography
--          axis, and no other, points to; decimals: how precise the filer says it is, NULL where he does not

CREATE TEMP TABLE concept (concept VARCHAR, kind VARCHAR, rank INTEGER);

CREATE TEMP TABLE filing (
    filing VARCHAR,
    company_id VARCHAR,
    name VARCHAR,
    ticker VARCHAR,
    form VARCHAR,
    accepted_in_new_york TIMESTAMP,
    domicile VARCHAR,
    has_geography BOOLEAN,
    has_one_segment BOOLEAN,
    has_foreign_income BOOLEAN,
    unread VARCHAR
);

CREATE TEMP TABLE period (filing VARCHAR, period_end DATE);

-- 18 digits before the point: whatever fits is a BIGINT too.
CREATE TEMP TABLE fact (
    filing VARCHAR,
    period_end DATE,
    concept VARCHAR,
    currency VARCHAR,
    member VARCHAR,
    value DECIMAL(28, 10),
    decimals INTEGER
);
