-- How names of one company are compared, which each list spells in its own way (AMAZON COM INC, Amazon.com, Inc.): by the
-- words that are left once legal forms, share classes and fillers are out.
--
-- in:  nothing
-- out: temporary macro name_words(name): a list of words, empty for a name of fillers only
CREATE OR REPLACE TEMP MACRO name_words(name) AS
    list_filter(
        string_split(
            trim(regexp_replace(regexp_replace(upper(coalesce(name, '')), '[''’]', '', 'g'), '[^A-Z0-9]+', ' ', 'g')), ' '
        ),
        lambda word: word NOT IN (
            '', 'A', 'AG', 'AND', 'B', 'C', 'CL', 'CLASS', 'CO', 'COMPANY', 'CORP', 'CORPORATION', 'COS', 'DE', 'GROUP', 'GRP',
            'HLDGS', 'HOLDING', 'HOLDINGS', 'INC', 'INCORPORATED', 'INTERNATIONAL', 'INTL', 'LIMITED', 'LLC', 'LP', 'LTD',
            'NEW', 'NV', 'OF', 'PLC', 'REIT', 'SA', 'SE', 'THE', 'TRUST'
        )
    );
