"""Asset ingest/policy_rate: tonight's payloads of policy rates.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

import dagster as dg

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import guard_rows


def build_policy_rate_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest(
        "policy_rate", guard_rows("policy_rate", group="series_id", day="date"), partitions, subject=None
    )
