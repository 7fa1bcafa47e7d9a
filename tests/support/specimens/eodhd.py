"""Specimens of EODHD's file of one security's prices."""

from __future__ import annotations

from tests.support.specimens import LEVELS, Specimen

CSV = (
    b"Date,Open,High,Low,Close,Adjusted_close,Volume\n"
    b"2026-03-10,247.6,249.1,246.2,248.25,247.65,1100\n"
    b"2026-03-11,248.3,250.4,247.1,249.5,248.9,1200\n"
)
ADJUSTED = {"return_basis": "adjusted_close", "currency": "USD", "file_name": "IWM.csv"}

SPECIMENS = (
    Specimen("eodhd_csv", "index_level", CSV, LEVELS | {"return_basis": "adjusted_close"}),
    Specimen("eodhd_csv", "security_level", CSV, ADJUSTED | {"dataset": "security_level", "security_id": "IWM"}),
)
