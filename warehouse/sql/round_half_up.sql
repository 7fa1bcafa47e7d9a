-- Rounding half up, away from zero, of the decimal that a DOUBLE's shortest representation shows: 2.675 to 2.68,
-- -0.35 to -0.4; never -0. NULL, NaN and infinities stay what they are. warehouse/rounding.py is the same in Python.
--
-- The engine's own round() is not used: 2.675 was 2.68 in DuckDB 2.0.0 and is 2.67 in 2.0.1. Here are additions,
-- products, quotients and comparisons only, which IEEE 754 fixes, so that every version gives the same bits. A number
-- of whole units and a half, divided by a power of ten, is the DOUBLE next to that decimal: whoever is not below it is
-- shown as the half or more. That holds below 2^52 / 10 units (450 million with six decimals). From 2^52 units on a
-- DOUBLE has no such decimals, and the value is left as it is.
CREATE OR REPLACE MACRO round_half_up(x, decimals) AS
CASE
    WHEN abs(CAST(x AS DOUBLE)) * power(10, decimals) < 4503599627370496
        THEN
            0.0::DOUBLE + CASE WHEN x < 0 THEN -1 ELSE 1 END
            * (
                floor(abs(CAST(x AS DOUBLE)) * power(10, decimals))
                + CASE
                    WHEN
                        abs(CAST(x AS DOUBLE))
                        >= (floor(abs(CAST(x AS DOUBLE)) * power(10, decimals)) + 0.5::DOUBLE) / power(10, decimals)
                        THEN 1
                    ELSE 0
                END
            ) / power(10, decimals)
    ELSE CAST(x AS DOUBLE)
END;

-- A published fraction in percent as charts and tables print it: 0.00115 with two decimals is 0.12, although 100 times
-- 0.00115 is less than 0.115 as a DOUBLE.
CREATE OR REPLACE MACRO in_percent(fraction, decimals) AS
round_half_up(100 * round_half_up(fraction, decimals + 2), decimals);
