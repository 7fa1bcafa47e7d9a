"""The parse result of dataset membership: who was in an index, and when.

Belongs here: what makes stays a history. Does not belong here: what a vendor calls its columns, who a ticker belonged
to (core.security).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table
from assets.ingest.payload import PayloadError


def members_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """One row a stay: columns series_id, security_id, valid_from, ticker, valid_to, in the file's order.

    Raises PayloadError for a stay that ends on or before its first day, and for stays of one security in one
    index that overlap; one may begin on the day the other ends.
    """
    frame = result_frame("membership", table, stated)
    ends_early = (frame["valid_to"] <= frame["valid_from"]).to_numpy()
    if ends_early.any():
        row = int(ends_early.argmax())
        value = f"{frame['ticker'][row]} from {frame['valid_from'][row].date()} to {frame['valid_to'][row].date()}"
        raise PayloadError("interval ends on or before its first day", where=table.where(row), value=value)
    _refuse_overlaps(table, frame)
    return frame


def _refuse_overlaps(table: Table, frame: pd.DataFrame) -> None:
    stays = frame.sort_values(["series_id", "security_id", "valid_from"])
    before = stays.shift()
    same = (stays["series_id"] == before["series_id"]) & (stays["security_id"] == before["security_id"])
    overlaps = (same & ~(before["valid_to"] <= stays["valid_from"])).to_numpy()
    if overlaps.any():
        at = int(np.flatnonzero(overlaps)[0])
        row, earlier = int(stays.index[at]), int(stays.index[at - 1])
        value = f"{frame['security_id'][row]}, also {table.where(earlier)}"
        raise PayloadError("intervals of one security overlap", where=table.where(row), value=value)
