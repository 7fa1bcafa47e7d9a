"""Asset ingest/membership: tonight's payloads of index members.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (asset.py).
"""

from __future__ import annotations

import dagster as dg

from assets.ingest.asset import build_ingest
from assets.ingest.guards import guard_rows
from assets.layer import Partitions


def build_membership_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest(
        "membership", guard_rows("membership", group="series_id", day="valid_from"), partitions, subject=None
    )
