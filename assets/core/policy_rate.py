"""Asset core/policy_rate: the rates that central banks set.

Belongs here: this dataset's name and what its checks need. Does not belong here: what every core asset does (table.py).
"""

from __future__ import annotations

from datetime import date, datetime

import dagster as dg
import duckdb

from assets.core.table import build_core
from assets.dagster_parts import Partitions
from assets.study import Study
from assets.study_tables import fill, fill_session_tables


def check_inputs(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], cut_off: datetime, lag: str | None
) -> None:
    """What the study knows of its series, beside what the checks of every table read."""
    fill_session_tables(connection, study, sessions, cut_off, lag)
    rules = [(one.series_id, one.step, *one.band, one.most) for one in study.cross_check.policy_rate]
    fill(connection, "policy_rate_rule", rules)


def build_policy_rate(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_core("policy_rate", partitions, subject="series_id", check_inputs=check_inputs)
