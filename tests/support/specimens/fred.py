"""Specimens of FRED's two layouts, each as levels and as rates."""

from __future__ import annotations

import json

from tests.support.specimens import LEVELS, Specimen

CSV = b"observation_date,RU2000TR\n2026-03-09,7150.25\n2026-03-10,.\n2026-03-11,7207.07\n"
RATES = CSV.replace(b"RU2000TR", b"DFEDTARU")
OBSERVATIONS = [{"date": "2026-03-10", "value": "."}, {"date": "2026-03-11", "value": "7.07"}]
JSON = json.dumps({"units": "lin", "count": 2, "observations": OBSERVATIONS}).encode()
RATE = {"series_id": "DFEDTARU", "dataset": "policy_rate"}

SPECIMENS = (
    Specimen("fred_csv", "index_level", CSV, LEVELS),
    Specimen("fred_csv", "policy_rate", RATES, RATE),
    Specimen("fred_json", "index_level", JSON, LEVELS),
    Specimen("fred_json", "policy_rate", JSON, RATE),
)
