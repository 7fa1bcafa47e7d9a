"""Asset ingest/security_level: tonight's payloads of total return levels of securities.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

import dagster as dg

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import guard_rows

ONE_SECURITY = frozenset({"yahoo_chart_json"})
"""Formats of a single security: one that is refused leaves its security as it was known, and the others as they are."""


def build_security_level_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest(
        "security_level",
        guard_rows("security_level", group="source", day="date"),
        partitions,
        subject="security_id",
        alone=ONE_SECURITY,
        after=("membership", "holding", "company"),
    )
