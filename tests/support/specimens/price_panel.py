"""Specimens of panels of prices in Parquet, long and wide."""

from __future__ import annotations

import io
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.specimens import Specimen

DAYS = [date(2026, 3, 10), date(2026, 3, 11)]
OPTIONS = {
    "dataset": "security_level", "file_name": "panel.parquet", "return_basis": "adjusted_close", "currency": "USD",
}  # fmt: skip


def _parquet(columns: dict[str, list[object]]) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


LONG = _parquet({"ticker": ["AAA", "AAA"], "date": [*DAYS], "close": [10.0, 11.0], "adj_close": [9.5, 10.5]})
WIDE = _parquet({"time": [*DAYS], "AAA": [9.5, 10.5], "BBB": [20.0, 21.0]})

SPECIMENS = (
    Specimen("price_panel_parquet", "security_level", LONG, OPTIONS),
    Specimen("price_wide_parquet", "security_level", WIDE, OPTIONS),
)
