"""Loading one payload's rows into core, and the record of it.

Belongs here: what a night and a rebuild do alike. Does not belong here: Dagster assets, parsing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from warehouse.bitemporal import Appended, Origin, append_known
from warehouse.contract import contracts
from warehouse.database import append, sql_file


@dataclass(frozen=True)
class PayloadToLoad:
    """The origin of the rows in the relation ``incoming``; ``known_at`` is naive UTC.

    ``is_complete``, ``speaks_until``: how much it is the whole truth of (warehouse/bitemporal.py).
    """

    payload_sha256: str
    vendor: str
    url: str
    place: str
    options: str
    known_at: datetime
    is_complete: bool
    bytes: int
    media_type: str
    licence: str
    may_publish: bool
    speaks_until: date | None = None

    @property
    def origin(self) -> Origin:
        """What decides which known rows it replaces."""
        return Origin(self.vendor, self.place, self.is_complete, self.speaks_until)


def load_payload(connection: duckdb.DuckDBPyConnection, dataset: str, payload: PayloadToLoad, run_id: str) -> Appended:
    """Appends the temporary table ``incoming`` to core.<dataset>, inside the caller's transaction."""
    table = f"core.{dataset}"
    contract = contracts()[table]
    sent = connection.execute("SELECT count(*) FROM incoming").fetchall()[0][0]
    prepare_incoming(connection, dataset, payload.origin)
    appended = append_known(
        connection,
        contract,
        "incoming",
        payload.known_at,
        payload.payload_sha256,
        payload.origin,
    )
    load = {
        "run_id": run_id,
        "table_name": table,
        "vendor": payload.vendor,
        "url": payload.url,
        "place": payload.place,
        "payload_sha256": payload.payload_sha256,
        "options": payload.options,
        "known_at": payload.known_at,
        "rows_sent": sent,
        "rows_new": appended.new,
        "rows_restated": appended.restated,
        "rows_withdrawn": appended.withdrawn,
    }
    append(connection, "meta.load", [load])
    _note_payload(connection, dataset, payload)
    return appended


def prepare_incoming(connection: duckdb.DuckDBPyConnection, dataset: str, origin: Origin) -> None:
    """Makes the temporary table ``incoming`` comparable with what is known of the dataset."""
    prepare = PREPARE.get(dataset)
    if prepare:
        prepare(connection, origin)


def _note_payload(connection: duckdb.DuckDBPyConnection, dataset: str, payload: PayloadToLoad) -> None:
    """The payload's origin in meta.payload: once, at its first load."""
    known = connection.execute("SELECT 1 FROM meta.payload WHERE sha256 = ?", [payload.payload_sha256]).fetchall()
    if not known:
        origin = {
            "sha256": payload.payload_sha256,
            "vendor": payload.vendor,
            "dataset": dataset,
            "url": payload.url,
            "retrieved_at": payload.known_at,
            "bytes": payload.bytes,
            "media_type": payload.media_type,
            "licence": payload.licence,
            "may_publish": payload.may_publish,
        }
        append(connection, "meta.payload", [origin])


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


def withdraw_entries_taken_out(connection: duckdb.DuckDBPyConnection, origin: Origin) -> None:
    """Adds, for each known correction that its file no longer states, a row that withdraws it: the file is the whole
    truth of what it states, also where nothing is left in it.
    """
    connection.execute(
        """
        INSERT INTO incoming BY NAME
        SELECT stated_in, correction_id
        FROM core.correction_as_known(TIMESTAMP '9999-01-01') AS k
        WHERE k.stated_in = ? AND NOT EXISTS (FROM incoming AS i WHERE i.correction_id = k.correction_id)
        """,
        [origin.place],
    )


PREPARE = {
    "company": keep_changed_tickers,
    "correction": withdraw_entries_taken_out,
    "index_level": chain_index_levels,
    "security_level": chain_security_levels,
}
"""What has to be done to a dataset's rows before they can be compared with those known."""
