"""Lists of index members as intervals of tickers.

Belongs here: the layout ticker, start_date, end_date, and what makes intervals a history. Does not belong here:
who a ticker belonged to (core.security), a fund's holdings (ishares.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table, dates, read_csv, text_option
from assets.ingest.payload import Parser, PayloadError


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a stay: the columns of core.membership that a vendor states. Raises PayloadError.

    Option: series_id. The end is exclusive, empty (NaT) while the ticker is a member; the list has no permanent
    ids, so the ticker is the id.
    """
    table = read_csv(content)
    tickers = table.column(table.pick("ticker"))
    stated = {
        "series_id": text_option(options, "series_id"),
        "security_id": [ticker or None for ticker in tickers],
        "valid_from": dates(table, table.column("start_date")),
        "ticker": [ticker or None for ticker in tickers],
        "valid_to": dates(table, table.column("end_date"), missing=("",)),
    }
    return members_frame(table, stated)


def members_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """The parse result of dataset membership, in the file's order.

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


FORMATS: dict[str, Parser] = {"membership_intervals_csv": parse}
