"""Asset core/fund_nav: net asset values of funds, append-only and bitemporal.

Belongs here: this dataset's name and what its checks need. Does not belong here: what every core asset does (table.py).
"""

from __future__ import annotations

import dagster as dg

from assets.core.table import build_core
from assets.dagster_parts import Partitions


def build_fund_nav(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_core("fund_nav", partitions, subject="fund_id")
