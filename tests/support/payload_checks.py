"""Parsed rows as a guard gets them.

Belongs here: making the check of a payload. Does not belong here: any guard's rule.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pandas as pd

from assets.ingest.guards import PayloadCheck
from assets.ingest.payload import Payload
from assets.profile import Source
from warehouse.contract import contracts
from warehouse.loads import Loads


def payload_check(
    connection: duckdb.DuckDBPyConnection, dataset: str, rows: pd.DataFrame, session: date, /, **options: Any
) -> PayloadCheck:
    """The rows as those of a file that came for a session, with the options of its entry."""
    payload = Payload("files", dataset, "csv", "file:a.csv", b"", options)
    return checked(connection, Source("files", dataset), payload, rows, session)


def checked(
    connection: duckdb.DuckDBPyConnection, source: Source, payload: Payload, rows: pd.DataFrame, session: date
) -> PayloadCheck:
    """The check of a payload, beside what its vendor sent before."""
    loads = Loads(connection, contracts()[f"core.{payload.dataset}"], payload.vendor, session)
    return PayloadCheck(connection, source, payload, rows, session, loads)
