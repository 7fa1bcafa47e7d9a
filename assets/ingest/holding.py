"""Asset ingest/holding: tonight's payloads of what index funds hold.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

import dagster as dg

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import guard_holdings


def build_holding_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest("holding", guard_holdings, partitions, subject=None)
