"""Asset ingest/correction: what people state of the data.

Belongs here: this dataset's source and name. Does not belong here: the files' schema (vendors/corrections.py), what
every ingest asset does (assets.py).
"""

from __future__ import annotations

import dagster as dg

from assets.dagster_parts import Partitions
from assets.ingest.assets import build_ingest
from assets.ingest.guards import admit
from assets.ingest.vendors.corrections import DATASET, SOURCE


def build_correction_ingest(partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session. Every profile has its source, and a file that can't be read concerns every
    figure: nobody knows which of them it speaks of.
    """
    return build_ingest(DATASET, admit, partitions, subject=None, always=(SOURCE,))
