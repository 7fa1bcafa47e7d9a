"""The parse result of dataset policy_rate: one row a rate and day, as a fraction a year.

Belongs here: days without a rate. Does not belong here: how a vendor prints its rates (its module).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table
from assets.ingest.payload import PayloadError


def rates_frame(table: Table, given: Mapping[str, Any]) -> pd.DataFrame:
    """One row a rate: columns series_id, date, rate. A day without a rate (NaN) gives no row. Raises PayloadError."""
    rates = pd.Series(given["rate"])
    # filled for the contract's refusals, which name lines of the file, and dropped again
    frame = result_frame("policy_rate", table, {**given, "rate": rates.fillna(0)})
    frame = frame[rates.notna().to_numpy()].reset_index(drop=True)
    if frame.empty:
        raise PayloadError("payload has no rate", value=f"{len(rates)} rows")
    return frame
