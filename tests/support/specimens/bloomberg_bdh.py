"""Specimens of what Bloomberg's BDH fills."""

from __future__ import annotations

from tests.support.specimens import Specimen

CSV = (
    b",RU20INTR Index,RU10INTR Index\r\n"
    b"Dates,PX_LAST,PX_LAST\r\n"
    b"2026-03-10,14207.1,8150.5\r\n"
    b"2026-03-11,14180.25,8187.75\r\n"
)
SERIES = {"RU20INTR Index": "RU2000TR", "RU10INTR Index": "RU1000TR"}

SPECIMENS = (
    Specimen("bloomberg_bdh", "index_level", CSV, {"series": SERIES, "return_basis": "gross", "currency": "USD"}),
)
