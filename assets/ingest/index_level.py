"""Asset ingest/index_level: tonight's payloads of index levels.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

import dagster as dg

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import guard_index_level


def build_index_level_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest("index_level", guard_index_level, partitions, subject="series_id")
