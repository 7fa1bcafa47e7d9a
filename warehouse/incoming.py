"""Makes a payload's rows, the relation ``incoming``, comparable with what is known of the dataset.

Belongs here: adjusted closes on the scale of those stored, lists of tickers as changes. Does not belong here: the
comparison and the append (bitemporal.py), the chaining itself (sql/chain_adjusted_close.sql).
"""

from __future__ import annotations

import duckdb

from warehouse.bitemporal import Origin, knows_any
from warehouse.contract import contracts
from warehouse.database import sql_file


def prepare_incoming(connection: duckdb.DuckDBPyConnection, dataset: str, origin: Origin) -> str:
    """The name of the relation with the rows of ``incoming`` as they can be compared with what is known."""
    prepare = PREPARE.get(dataset)
    return prepare(connection, origin) if prepare else "incoming"


def chain_index_levels(connection: duckdb.DuckDBPyConnection, origin: Origin) -> str:
    """Puts adjusted closes of index series, and the prices beside them, on the scale of those stored before."""
    connection.execute(
        """
        -- what a payload does not state beside its levels is NULL
        CREATE OR REPLACE TEMP VIEW to_chain AS
        FROM incoming
        UNION ALL BY NAME
        SELECT * EXCLUDE (known_at, payload_sha256, is_withdrawn) FROM core.index_level WHERE false;
        CREATE OR REPLACE TEMP TABLE stored AS
        SELECT * FROM core.index_level_as_known(TIMESTAMP '9999-01-01')
        WHERE return_basis = 'adjusted_close'
          AND series_id IN (SELECT series_id FROM to_chain WHERE return_basis = 'adjusted_close')
        """
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE chained AS {sql_file('chain_adjusted_close')}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE comparable AS {sql_file('chain_prices')}")
    return "comparable"


def chain_security_levels(connection: duckdb.DuckDBPyConnection, origin: Origin) -> str:
    """The same for securities; each source has its own scale, so a security of one source is a series. What is known
    already is left out where the payload replaces no other file: the levels of a panel may be many.

    The rule of core.security_level_as_known, written out: choosing the securities before it reads some rows, not all.
    """
    connection.execute(
        """
        -- what a payload does not state beside its levels is NULL
        CREATE OR REPLACE TEMP VIEW sent_levels AS
        FROM incoming
        UNION ALL BY NAME
        SELECT * EXCLUDE (known_at, payload_sha256, is_withdrawn) FROM core.security_level WHERE false
        """
    )
    if not knows_any(connection, contracts()["core.security_level"], "incoming", origin):
        return "sent_levels"
    unchanged = sql_file("unchanged_levels") + ("WHERE false" if origin.replaces else "")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE unchanged AS {unchanged}")
    connection.execute(
        """
        CREATE OR REPLACE TEMP VIEW changed AS
        FROM sent_levels AS sent ANTI JOIN unchanged
          ON unchanged.security_id = sent.security_id AND unchanged.source = sent.source AND sent.date <= last_known;
        CREATE OR REPLACE TEMP TABLE stored AS
        WITH known AS (
            SELECT * FROM core.security_level
            SEMI JOIN (SELECT DISTINCT security_id, source FROM changed ANTI JOIN unchanged USING (security_id, source))
              USING (security_id, source)
            QUALIFY row_number() OVER (PARTITION BY security_id, source, date ORDER BY known_at DESC) = 1
        )
        SELECT security_id || '@' || source AS series_id, security_id, source, date, level
        FROM known
        WHERE return_basis = 'adjusted_close' AND level IS NOT NULL
        """
    )
    if not connection.execute("SELECT 1 FROM stored LIMIT 1").fetchall():
        return "changed"
    return _chain_stored_securities(connection)


def _chain_stored_securities(connection: duckdb.DuckDBPyConnection) -> str:
    """Chains the rows of ``changed`` whose security is in ``stored``, and leaves the others as they are."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE series AS SELECT DISTINCT security_id, source, series_id FROM stored;
        CREATE OR REPLACE TEMP VIEW to_chain AS
        SELECT series_id, CAST(date AS DATE) AS date, level, return_basis, currency, quantum
        FROM changed JOIN series USING (security_id, source)
        """
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE chained AS {sql_file('chain_adjusted_close')}")
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE comparable AS
        SELECT s.* REPLACE (coalesce(c.level, s.level) AS level)
        FROM changed AS s
        LEFT JOIN series USING (security_id, source)
        LEFT JOIN chained AS c ON c.series_id = series.series_id AND c.date = CAST(s.date AS DATE)
        """
    )
    return "comparable"


def keep_changed_tickers(connection: duckdb.DuckDBPyConnection, origin: Origin) -> str:
    """Leaves of a list of tickers what differs from the list before it, and adds the tickers that are gone from it."""
    connection.execute("SET VARIABLE is_complete = ?", [origin.is_complete])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE changed_tickers AS {sql_file('company_changes')}")
    return "changed_tickers"


PREPARE = {
    "company": keep_changed_tickers,
    "index_level": chain_index_levels,
    "security_level": chain_security_levels,
}
"""What has to be done to a dataset's rows before they can be compared with those known."""
