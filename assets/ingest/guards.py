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
    keeps_at_least = float(options.get("keeps_at_least", KEEPS_AT_LEAST))
    connection.register("incoming", rows)
    try:
        connection.execute("SET VARIABLE session = ?", [session])
        for series in rows_as_dicts(connection, sql_file("payload_against_known")):
            _guard_series(series, keeps_at_least)
    finally:
        connection.unregister("incoming")


def _guard_series(series: dict[str, Any], keeps_at_least: float) -> None:
    name = series["series_id"]
    if series["newest_known"] is not None and series["newest_sent"] < series["newest_known"]:
        raise PayloadError(
            f"{name} is older than before: it ends on {series['newest_sent']}, known to {series['newest_known']}"
        )
    if series["rows_sent"] < keeps_at_least * series["rows_known"]:
        raise PayloadError(
            f"{name} is smaller than before: {series['rows_sent']} rows, known {series['rows_known']} "
            f"(limit {keeps_at_least:.0%})"
        )
    if series["is_chained"] and series["common_dates"] == 0:
        raise PayloadError(
            f"{name} has no date in common with what is stored: an adjusted close can't be chained without one; "
            "send a longer file"
        )
