"""Asset ingest/revenue_geography: tonight's payloads of revenue by geography.

Belongs here: this dataset's guard and name. Does not belong here: what every ingest asset does (assets.py).
"""

from __future__ import annotations

import dagster as dg

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import admit

ONE_COMPANY = frozenset({"sec_ixbrl", "sec_xbrl"})
"""Formats of a single filing: one that is refused leaves its company without a figure, and the others as they are."""


def build_revenue_geography_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""
    return build_ingest(
        "revenue_geography",
        admit,
        partitions,
        subject="company_id",
        alone=ONE_COMPANY,
        after=("holding", "company"),
    )
