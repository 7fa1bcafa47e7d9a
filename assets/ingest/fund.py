"""Asset ingest/fund: tonight's snapshots of investment trusts.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import dagster as dg
import duckdb
import pandas as pd

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import limit_on_size, refuse_smaller

OF_THE_DAY = ("file_name", "as_of", "keeps_at_least", "grows_at_most", "withdraws_at_most", "complete")
"""Options that may change from one snapshot of a list to the next."""


def guard_funds(
    connection: duckdb.DuckDBPyConnection,
    rows: pd.DataFrame,
    options: Mapping[str, Any],
    session: date,
    retrieved_at: datetime,
) -> None:
    """Refuses a snapshot with much fewer funds than the newest one of the same list up to its day. Raises PayloadError.

    core.fund keeps the funds of all days, so it can't tell a snapshot's size: the record of loads can. An older
    snapshot is no fault, and one page of several has no size of its own.
    """
    if options.get("page_of") is True:
        return
    before = _rows_before(connection, options, rows["valuation_date"].max().date())
    if before is not None:
        refuse_smaller("the snapshot", "funds", len(rows), before, limit_on_size(options))


def _rows_before(connection: duckdb.DuckDBPyConnection, options: Mapping[str, Any], day: date) -> int | None:
    """How many funds the newest known snapshot of the same list had that is not newer than the day."""
    found = connection.execute(
        """
        SELECT l.options, l.rows_sent
        FROM meta.load AS l
        JOIN (
            SELECT payload_sha256, known_at, max(valuation_date) AS day FROM core.fund GROUP BY ALL
        ) AS snapshot USING (payload_sha256, known_at)
        WHERE l.table_name = 'core.fund' AND snapshot.day <= ?
        ORDER BY snapshot.day DESC, l.known_at DESC
        """,
        [day],
    ).fetchall()
    same = [rows_sent for text, rows_sent in found if _list_of(json.loads(text)[1]) == _list_of(options)]
    return same[0] if same else None


def _list_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What tells a vendor's list from another: how it is read, without what changes from day to day."""
    return {name: value for name, value in options.items() if name not in OF_THE_DAY}


def build_fund_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest("fund", guard_funds, partitions, subject=None)
