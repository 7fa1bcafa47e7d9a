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


def payload_check(
    connection: duckdb.DuckDBPyConnection, dataset: str, rows: pd.DataFrame, session: date, /, **options: Any
) -> PayloadCheck:
    """The rows as those of a file that came for a session, with the options of its entry."""
    payload = Payload("files", dataset, "csv", "file:a.csv", b"", options)
    return PayloadCheck(connection, Source("files", dataset), payload, rows, session)
