"""Asset ingest/membership: tonight's payloads of index members.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import dagster as dg
import duckdb
import pandas as pd

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import compared, guard_rows
from assets.ingest.payload import PayloadError
from warehouse.database import sql_file

_guard_size = guard_rows("membership", group="series_id", day="valid_from", may_end_earlier=True)


def guard_members(
    connection: duckdb.DuckDBPyConnection,
    rows: pd.DataFrame,
    options: Mapping[str, Any],
    session: date,
    retrieved_at: datetime,
) -> None:
    """Refuses a list of members that is much smaller than the one before, or older. Raises PayloadError.

    One that was corrected may end earlier: its last member is gone, or came on another day.
    """
    _guard_size(connection, rows, options, session, retrieved_at)
    for found in compared(connection, rows, session, sql_file("members_lost")):
        raise PayloadError(
            f"{found['series_id']} is older than before: it ends on {found['ends_on']}, and lacks all who came from "
            f"{found['first_day']} to {found['last_day']}"
        )


def build_membership_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest("membership", guard_members, partitions, subject=None)
