"""Loading one payload's rows into core, and the record of it.

Belongs here: what a run and a rebuild do alike. Does not belong here: Dagster assets, parsing.
"""

from __future__ import annotations

from dataclasses import asdict

import duckdb

from warehouse.bitemporal import Appended, append_known
from warehouse.contract import contracts
from warehouse.database import append
from warehouse.incoming import prepare_incoming
from warehouse.staging import PayloadToLoad


def load_payload(connection: duckdb.DuckDBPyConnection, dataset: str, payload: PayloadToLoad, run_id: str) -> Appended:
    """Appends the relation ``incoming`` to core.<dataset>, inside the caller's transaction."""
    contract = contracts()[f"core.{dataset}"]
    sent = connection.execute("SELECT count(*) FROM incoming").fetchall()[0][0]
    comparable = prepare_incoming(connection, dataset, payload.origin)
    appended = append_known(
        connection,
        contract,
        comparable,
        payload.known_at,
        payload.payload_sha256,
        payload.origin,
        is_sorted=payload.is_sorted,
    )
    counts = {
        "rows_sent": sent,
        "rows_new": appended.new,
        "rows_restated": appended.restated,
        "rows_withdrawn": appended.withdrawn,
    }
    append(connection, "meta.load", [asdict(payload) | counts | {"run_id": run_id, "table_name": contract.table}])
    _record_origin(connection, dataset, payload)
    return appended


def _record_origin(connection: duckdb.DuckDBPyConnection, dataset: str, payload: PayloadToLoad) -> None:
    """The payload's origin in meta.payload: once, at its first load."""
    known = connection.execute("SELECT 1 FROM meta.payload WHERE sha256 = ?", [payload.payload_sha256]).fetchall()
    if not known:
        named = {"sha256": payload.payload_sha256, "dataset": dataset, "retrieved_at": payload.known_at}
        append(connection, "meta.payload", [asdict(payload) | named])
