"""A specimen of what FactSet's API answers."""

from __future__ import annotations

import json

from tests.support.replay.factset import row_of
from tests.support.specimens import Specimen

SPECIMENS = (
    Specimen("factset_georev_json", "revenue_geography", json.dumps({"data": [row_of("QAAA-US", 2025)]}).encode()),
)
