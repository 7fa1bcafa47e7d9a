"""Asset ingest/security: tonight's payloads of names, tickers and ends of securities.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

import dagster as dg

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import guard_rows


def build_security_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest("security", guard_rows("security", group="'all'", day="ticker_from"), partitions, subject=None)
