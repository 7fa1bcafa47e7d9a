"""Asset core/fund_nav: net asset values of funds, append-only and bitemporal.

Belongs here: this dataset's name and what its checks need. Does not belong here: what every core asset does (table.py).
"""

from __future__ import annotations

from datetime import date, datetime

import dagster as dg
import duckdb

from assets.core.table import build_core
from assets.figures.inputs import set_variables
from assets.layer import Partitions
from assets.study import Study


def check_inputs(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], cut_off: datetime, lag: str | None
) -> None:
    """The cut-off: without it the check of moves would look at nothing, and pass."""
    set_variables(connection, {"known_at": cut_off})


def build_fund_nav(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_core("fund_nav", partitions, subject="fund_id", check_inputs=check_inputs)
