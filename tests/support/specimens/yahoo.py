"""Specimens of Yahoo's two layouts, each of an index and of a security."""

from __future__ import annotations

import json

from tests.support.replay.yahoo import chart
from tests.support.specimens import LEVELS, Specimen

CSV = (
    b"Date,Open,High,Low,Close,AdjClose,Volume,Dividends\n"
    b"2026-03-09,246.1,248.2,245.3,247.5,246.9,1000,0.0\n"
    b"2026-03-10,247.6,249.1,246.2,248.25,247.65,1100,0.0\n"
    b"2026-03-11,248.3,250.4,247.1,249.5,248.9,1200,0.0\n"
)
ADJUSTED = {**LEVELS, "series_id": "IWM", "return_basis": "adjusted_close"}
SECURITY = {"dataset": "security_level", "return_basis": "adjusted_close", "currency": "USD", "file_name": "IWM.csv"}
CHART = json.dumps(chart(CSV, "IWM")).encode()

SPECIMENS = (
    Specimen("yahoo_csv", "index_level", CSV, ADJUSTED),
    Specimen("yahoo_csv", "security_level", CSV, SECURITY | {"security_id": "IWM"}),
    Specimen("yahoo_chart_json", "index_level", CHART, ADJUSTED | {"symbol": "IWM"}),
    Specimen("yahoo_chart_json", "security_level", CHART, SECURITY | {"security_id": "IWM", "symbol": "IWM"}),
)
