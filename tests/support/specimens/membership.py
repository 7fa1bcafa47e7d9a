"""A specimen of a list of members as intervals."""

from __future__ import annotations

from tests.support.specimens import Specimen

CSV = b"ticker,start_date,end_date\nAAA,1996-01-02,\nBBB,1996-01-02,2001-05-07\n"

SPECIMENS = (Specimen("membership_intervals_csv", "membership", CSV, {"series_id": "SP500"}),)
