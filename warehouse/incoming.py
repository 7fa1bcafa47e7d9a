"""Makes a payload's rows, the temporary table ``incoming``, comparable with what is known of the dataset.

Belongs here: adjusted closes on the scale of those stored, lists of tickers as changes. Does not belong here: the
comparison and the append (bitemporal.py), the chaining itself (sql/chain_adjusted_close.sql).
"""

from __future__ import annotations

import duckdb

from warehouse.bitemporal import Origin
from warehouse.database import sql_file


def prepare_incoming(connection: duckdb.DuckDBPyConnection, dataset: str, origin: Origin) -> None:
    """Makes the temporary table ``incoming`` comparable with what is known of the dataset."""
    prepare = PREPARE.get(dataset)
    if prepare:
        prepare(connection, origin)


def chain_index_levels(connection: duckdb.DuckDBPyConnection, origin: Origin) -> None:
    """Puts adjusted closes of index series, and the prices beside them, on the scale of those stored before."""
    connection.execute(
        """
        -- what a payload does not state beside its levels is NULL
        CREATE OR REPLACE TEMP TABLE incoming AS
        FROM incoming
        UNION ALL BY NAME
        SELECT * EXCLUDE (known_at, payload_sha256, is_withdrawn) FROM core.index_level WHERE false;
        CREATE OR REPLACE TEMP TABLE stored AS
        SELECT * FROM core.index_level_as_known(TIMESTAMP '9999-01-01')
        WHERE return_basis = 'adjusted_close'
          AND series_id IN (SELECT series_id FROM incoming WHERE return_basis = 'adjusted_close')
        """
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE chained AS {sql_file('chain_adjusted_close')}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE incoming AS {sql_file('chain_prices')}")


def chain_security_levels(connection: duckdb.DuckDBPyConnection, origin: Origin) -> None:
    """The same for securities; each source has its own scale, so a security of one source is a series.

    The rule of core.security_level_as_known, written out: choosing the securities before it reads some rows, not all.
    """
    connection.execute(
        """
        -- what a payload does not state beside its levels is NULL
        CREATE OR REPLACE TEMP TABLE sent AS
        SELECT *, security_id || '@' || source AS series_id
        FROM (
            FROM incoming
            UNION ALL BY NAME
            SELECT * EXCLUDE (known_at, payload_sha256) FROM core.security_level WHERE false
        );
        CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT series_id, CAST(date AS DATE) AS date, level, return_basis, currency, quantum FROM sent;
        CREATE OR REPLACE TEMP TABLE stored AS
        WITH known AS (
            SELECT * FROM core.security_level
            SEMI JOIN (SELECT DISTINCT security_id, source FROM sent) USING (security_id, source)
            QUALIFY row_number() OVER (PARTITION BY security_id, source, date ORDER BY known_at DESC) = 1
        )
        SELECT security_id || '@' || source AS series_id, date, level
        FROM known
        WHERE return_basis = 'adjusted_close' AND level IS NOT NULL
        """
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE chained AS {sql_file('chain_adjusted_close')}")
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT s.security_id, s.source, s.date, c.level, s.close, s.dividend, s.split_factor, s.return_basis, s.currency
        FROM sent AS s JOIN chained AS c ON c.series_id = s.series_id AND c.date = CAST(s.date AS DATE)
        """
    )


def keep_changed_tickers(connection: duckdb.DuckDBPyConnection, origin: Origin) -> None:
    """Leaves of a list of tickers what differs from the list before it, and adds the tickers that are gone from it."""
    connection.execute("SET VARIABLE is_complete = ?", [origin.is_complete])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {sql_file('company_changes')}")
    connection.execute("CREATE OR REPLACE TEMP TABLE incoming AS SELECT * FROM changed")


PREPARE = {
    "company": keep_changed_tickers,
    "index_level": chain_index_levels,
    "security_level": chain_security_levels,
}
"""What has to be done to a dataset's rows before they can be compared with those known."""
