"""Payloads on their way from ingest to core: the origin of a payload's rows, and the tables of the schema ``staging``.

Belongs here: what ingest hands on, writing and reading it. Does not belong here: what core has already (loads.py),
fetching and checking payloads (assets/ingest), loading them (assets/core).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

import duckdb
import pandas as pd

from warehouse.bitemporal import Origin
from warehouse.database import rows_as_dicts
from warehouse.rows import FileRows, Rows


@dataclass(frozen=True)
class PayloadToLoad:
    """The origin of the rows in the relation ``incoming``; ``known_at`` is naive UTC.

    ``options``: how it is read, as one comparable text. ``is_complete``, ``speaks_until``: how much it is the whole
    truth of (warehouse/bitemporal.py). ``replaces``: the places that are gone and for which it stands, one a line.
    ``is_sorted``: the rows come in the order of the table's key, and many need not be sorted again.
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
    replaces: str = ""
    is_sorted: bool = False

    @property
    def origin(self) -> Origin:
        """What decides which known rows it replaces."""
        replaces = tuple(self.replaces.split("\n")) if self.replaces else ()
        return Origin(self.vendor, self.place, self.is_complete, self.speaks_until, replaces)


def stage_payloads(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    payloads: Sequence[tuple[PayloadToLoad, Rows]],
    *,
    is_again: bool = False,
) -> None:
    """Writes payloads and their rows to staging.<dataset>_payload and staging.<dataset>, a number each (position). Rows
    that a query reads from a file stay there.

    ``is_again``: behind those of an earlier try of the run. Landing keeps these too, and core has to be what landing
    makes of it. Otherwise what is there is replaced.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS staging")
    first = 0
    if is_again:
        [(first,)] = connection.execute(f"SELECT count(*) FROM staging.{dataset}_payload").fetchall()
    if not first:
        connection.execute(f"DROP TABLE IF EXISTS staging.{dataset}_payload; DROP TABLE IF EXISTS staging.{dataset}")
    numbered = list(enumerate(payloads, start=first))
    origins = [
        {"position": position, "query": rows.query if isinstance(rows, FileRows) else None} | asdict(payload)
        for position, (payload, rows) in numbered
    ]
    columns = ["position", "query", *(field.name for field in fields(PayloadToLoad))]
    _append(connection, f"staging.{dataset}_payload", pd.DataFrame(origins, columns=columns).astype({"query": "str"}))
    frames = [rows.assign(position=position) for position, (_, rows) in numbered if not isinstance(rows, FileRows)]
    if frames:
        _append(connection, f"staging.{dataset}", pd.concat(frames, ignore_index=True))


def staged_payloads(connection: duckdb.DuckDBPyConnection, dataset: str) -> Iterator[PayloadToLoad]:
    """The staged payloads of a dataset in their order; the temporary view ``incoming`` has the rows of each in turn.

    Once all are read the list of them is empty, so that nobody loads them twice.
    """
    for staged in rows_as_dicts(connection, f"SELECT * FROM staging.{dataset}_payload ORDER BY position"):
        position, query = staged.pop("position"), staged.pop("query")
        rows = query or f"SELECT * EXCLUDE (position) FROM staging.{dataset} WHERE position = {position}"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS {rows}")
        yield PayloadToLoad(**staged)
    connection.execute(f"DROP VIEW IF EXISTS incoming; DELETE FROM staging.{dataset}_payload")


def _append(connection: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame) -> None:
    """Appends to the table, which takes its columns from the first rows."""
    connection.register("rows_to_stage", rows)
    try:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM rows_to_stage LIMIT 0")
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows_to_stage")
    finally:
        connection.unregister("rows_to_stage")
