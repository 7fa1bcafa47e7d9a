"""Asset core/correction: what people state of the data, append-only and bitemporal.

Belongs here: this dataset's name and what its checks need. Does not belong here: what every core asset does (table.py).
"""

from __future__ import annotations

from datetime import date, datetime

import dagster as dg
import duckdb

from assets.core.table import build_core
from assets.dagster_parts import Partitions
from assets.study import Study
from assets.study_tables import fill_calendar, set_variables


def check_inputs(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], cut_off: datetime, lag: str | None
) -> None:
    """The cut-off: a statement counts from when it was known. And the calendar's own sessions, closures or not."""
    set_variables(connection, {"known_at": cut_off})
    fill_calendar(connection)


def build_correction(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_core("correction", partitions, subject="subject", check_inputs=check_inputs)
