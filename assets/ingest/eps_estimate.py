"""Asset ingest/eps_estimate: tonight's payloads of estimates of earnings.

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
from assets.ingest.guards import compared, limit_on_size, refuse_older_or_smaller
from warehouse.database import sql_file


def guard_estimates(
    connection: duckdb.DuckDBPyConnection,
    rows: pd.DataFrame,
    options: Mapping[str, Any],
    session: date,
    retrieved_at: datetime,
) -> None:
    """Refuses estimates of an index with much fewer constituents than on the day before. Raises PayloadError.

    A file may be of one day or of many, and an older one is no fault: each day stands for itself.
    """
    for found in compared(connection, rows, session, sql_file("estimates_against_known")):
        refuse_older_or_smaller(f"estimates of {found['index_id']}", found, limit_on_size(options))


def build_eps_estimate_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest("eps_estimate", guard_estimates, partitions, subject=None)
