"""Asset core/index_level: levels of index series, append-only and bitemporal.

Belongs here: this dataset's name and what its checks need. Does not belong here: what every core asset does (table.py).
"""

from __future__ import annotations

import dagster as dg

from assets.core.table import build_core
from assets.dagster_parts import Partitions
from assets.study_tables import fill_study_tables


def build_index_level(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_core("index_level", partitions, subject="series_id", check_inputs=fill_study_tables)
