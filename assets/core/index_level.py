"""Asset core/index_level: levels of index series, append-only and bitemporal.

Belongs here: this dataset's name and what its checks need. Does not belong here: what every core asset does (table.py).
"""

from __future__ import annotations

import dagster as dg

from assets.core.table import build_core
from assets.figures.inputs import study_inputs
from assets.layer import Partitions


def build_index_level(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_core("index_level", partitions, subject="series_id", check_inputs=study_inputs)
