"""Asset core/security: names, tickers and ends of securities.

Belongs here: this dataset's name and what its checks need. Does not belong here: what every core asset does (table.py).
"""

from __future__ import annotations

import dagster as dg

from assets.core.table import build_core
from assets.dagster_parts import Partitions


def build_security(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_core("security", partitions)
