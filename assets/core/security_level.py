"""Asset core/security_level: total return levels of securities.

Belongs here: this dataset's name and what its checks need. Does not belong here: what every core asset does (table.py).
"""

from __future__ import annotations

from datetime import date, datetime

import dagster as dg
import duckdb

from assets.core.table import build_core
from assets.dagster_parts import Partitions
from assets.study import Study
from assets.study_tables import fill_session_tables
from warehouse.database import sql_file


def check_inputs(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], cut_off: datetime, lag: str | None
) -> None:
    """The night, and the macros of warehouse/sql/security_step.sql."""
    fill_session_tables(connection, study, sessions, cut_off, lag)
    connection.execute(sql_file("security_step"))


def build_security_level(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_core("security_level", partitions, check_inputs=check_inputs)
