"""Core made again from landing: by `make rebuild`, and where an earlier version made the warehouse.

Belongs here: loading accepted payloads again in the order of their retrieval. Does not belong here: figures and
releases, the readers' database (assets/publish), which tables can be carried over (warehouse/earlier_versions.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

import duckdb

from assets.core.load import load_payload
from assets.home import Home, HomeError
from assets.ingest.closed_sessions import leave_out_later_days
from assets.ingest.landing import Landing, Retrieval
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import UnknownFormatError, parse_payload
from warehouse.contract import contracts
from warehouse.database import transaction
from warehouse.earlier_versions import LOADS, is_outdated, remade_warehouse
from warehouse.loads import Loads
from warehouse.rows import as_relation


class LostPayloadsError(HomeError):
    """Payloads that the warehouse knows of and landing does not have: without it what they said would be gone."""


def update_warehouse(home: Home) -> list[str]:
    """Brings the writer's database up to date where an earlier version of the contracts made it, from itself and, where
    only payloads can say what a new column holds, from landing. Returns what was done, a sentence each.

    Raises LostPayloadsError, with nothing changed, where landing lacks a payload that has to be loaded again.
    """
    if not home.warehouse.exists():
        return []
    home.lock()
    if not is_outdated(home.warehouse):
        return []
    with remade_warehouse(home.warehouse) as (connection, tables):
        _check_payloads_are_there(connection, home.landing, tables)
        datasets = [contracts()[table].name for table in tables]
        refused = list(load_landing(connection, Landing(home.landing), datasets))
    again = f"; loaded again from landing: {', '.join(tables)}" if tables else ""
    return [f"an earlier version made {home.warehouse}: it was brought up to date{again}", *refused]


def load_landing(
    connection: duckdb.DuckDBPyConnection, landing: Landing, datasets: Collection[str] | None = None
) -> Iterator[str]:
    """Loads every accepted payload, or those of some datasets, in the order of their retrieval. Yields why one was left
    out: the rules of today may refuse what those of its day accepted.
    """
    for retrieval in landing.retrievals():
        if datasets is None or retrieval.payload.dataset in datasets:
            try:
                load_again(connection, retrieval)
            except (PayloadError, UnknownFormatError) as error:
                payload = retrieval.payload
                yield f"{payload.vendor} {payload.url} of {retrieval.retrieved_at:%Y-%m-%d} was left out: {error}"


def load_again(connection: duckdb.DuckDBPyConnection, retrieval: Retrieval) -> None:
    """Loads a payload, unless core loaded the same one last from its place. Raises PayloadError, UnknownFormatError."""
    payload = retrieval.payload
    loads = Loads(connection, contracts()[f"core.{payload.dataset}"], payload.vendor, date.max)
    if loads.is_last(retrieval.payload_to_load()):
        return
    rows = leave_out_later_days(payload.dataset, parse_payload(payload), retrieval.retrieved_at)
    with as_relation(connection, "incoming", rows), transaction(connection):
        load_payload(connection, payload.dataset, retrieval.payload_to_load(rows), run_id="rebuild")


def _check_payloads_are_there(connection: duckdb.DuckDBPyConnection, landing: Path, tables: list[str]) -> None:
    """Compares with the loads that ``earlier`` records. Raises LostPayloadsError."""
    known = connection.execute(
        f"SELECT DISTINCT payload_sha256, url FROM earlier.{LOADS} WHERE list_contains(?, table_name)", [tables]
    ).fetchall()
    there = {path.name.split(".")[0] for path in landing.glob("*/*/*.origin.jsonl")}
    lost = sorted(url for sha256, url in known if sha256 not in there)
    if lost:
        raise LostPayloadsError(
            f"the warehouse has to load {len(known)} payloads again, and {landing} lacks {len(lost)} of them: "
            f"{', '.join(lost[:5])}{' …' if len(lost) > 5 else ''}; take landing from its backup. Nothing was changed"
        )
