"""Asset ingest/fund_nav: tonight's payloads of funds' net asset values.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

import dagster as dg

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import guard_rows


def build_fund_nav_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session. A file holds one fund: a refused one concerns that fund only."""
    guard = guard_rows("fund_nav", group="fund_id", day="date")
    return build_ingest("fund_nav", guard, partitions, subject="fund_id", after=("fund",))
