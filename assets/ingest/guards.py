"""Guards at the door: whether a parsed payload may go on, given what is known already.

Belongs here: comparisons of a whole payload with what came before. Does not belong here: the form of a file
(vendors' parsers refuse that), truths about the table (checks/).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd

from assets.ingest.intake import Guard
from assets.ingest.payload import PayloadError
from warehouse.database import rows_as_dicts, sql_file

KEEPS_AT_LEAST = 0.75
"""A payload with fewer rows than this share of those known is taken for a part of a file."""


def guard_index_level(
    connection: duckdb.DuckDBPyConnection,
    rows: pd.DataFrame,
    options: Mapping[str, Any],
    session: date,
    retrieved_at: datetime,
) -> None:
    """Refuses a payload of levels that is older or smaller than before. Raises PayloadError.

    Only dates up to ``session`` are compared, so that a file made for an earlier session is not called old.
    ``keeps_at_least`` in the source's options moves the limit on size (0 for a vendor that sends only news).
    """
    newest = rows["date"].max().date()
    if newest > (retrieved_at + timedelta(days=1)).date():
        raise PayloadError("the newest date lies in the future", value=newest)
    for series in compared(connection, rows, session, sql_file("payload_against_known")):
        _guard_series(series, limit_on_size(options))


def guard_rows(dataset: str, *, group: str, day: str) -> Guard:
    """A guard that refuses a payload which is older or smaller than what is known of the same list or file.

    ``group`` names the list or file in core.<dataset>, ``day`` the rows' date. ``keeps_at_least`` as above.
    """

    def guard(
        connection: duckdb.DuckDBPyConnection,
        rows: pd.DataFrame,
        options: Mapping[str, Any],
        session: date,
        retrieved_at: datetime,
    ) -> None:
        query = sql_file("rows_against_known").format(table=f"core.{dataset}", group=group, day=day)
        for found in compared(connection, rows, session, query):
            refuse_older_or_smaller(found["list"], found, limit_on_size(options))

    return guard


def guard_tickers(
    connection: duckdb.DuckDBPyConnection,
    rows: pd.DataFrame,
    options: Mapping[str, Any],
    session: date,
    retrieved_at: datetime,
) -> None:
    """Refuses a list of tickers that is much smaller than the one before; one of another day is no fault.

    core.company keeps only what changed from list to list, and tickers that are gone: it can't tell a list's size.
    """
    before = connection.execute(
        "SELECT rows_sent FROM meta.load WHERE table_name = 'core.company' ORDER BY known_at DESC LIMIT 1"
    ).fetchall()
    if before:
        refuse_smaller("the list", "tickers", len(rows), before[0][0], limit_on_size(options))


def admit(
    connection: duckdb.DuckDBPyConnection,
    rows: pd.DataFrame,
    options: Mapping[str, Any],
    session: date,
    retrieved_at: datetime,
) -> None:
    """Admits every payload that could be parsed: files of one day each, of which an older one is no fault."""


def limit_on_size(options: Mapping[str, Any]) -> float:
    """The share of what is known below which a payload is taken for a part; ``keeps_at_least`` moves it."""
    return float(options.get("keeps_at_least", KEEPS_AT_LEAST))


def refuse_smaller(name: str, unit: str, sent: int, before: int, keeps_at_least: float) -> None:
    """Compares a payload with the one before it, where the table can't tell what that had. Raises PayloadError."""
    if sent < keeps_at_least * before:
        raise PayloadError(
            f"{name} is smaller than before: {sent} {unit}, before {before} (limit {keeps_at_least:.0%})"
        )


def refuse_older_or_smaller(name: str, found: Mapping[str, Any], keeps_at_least: float) -> None:
    """Compares rows_sent, rows_known, newest_sent, newest_known. Raises PayloadError."""
    if found["newest_known"] is not None and found["newest_sent"] < found["newest_known"]:
        raise PayloadError(
            f"{name} is older than before: it ends on {found['newest_sent']}, known to {found['newest_known']}"
        )
    if found["rows_sent"] < keeps_at_least * found["rows_known"]:
        raise PayloadError(
            f"{name} is smaller than before: {found['rows_sent']} rows, known {found['rows_known']} "
            f"(limit {keeps_at_least:.0%})"
        )


def compared(
    connection: duckdb.DuckDBPyConnection, rows: pd.DataFrame, session: date, query: str
) -> list[dict[str, Any]]:
    """The result of a query that sets the parsed rows, as ``incoming``, beside what is known."""
    connection.register("incoming", rows)
    try:
        connection.execute("SET VARIABLE session = ?", [session])
        return rows_as_dicts(connection, query)
    finally:
        connection.unregister("incoming")


def _guard_series(series: dict[str, Any], keeps_at_least: float) -> None:
    name = series["series_id"]
    refuse_older_or_smaller(name, series, keeps_at_least)
    if series["is_chained"] and series["common_dates"] == 0:
        raise PayloadError(
            f"{name} has no date in common with what is stored: an adjusted close can't be chained without one; "
            "send a longer file"
        )
