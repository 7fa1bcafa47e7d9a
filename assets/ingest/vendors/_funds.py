"""The parse results of datasets fund and fund_nav: investment trusts on a day, and their net asset values.

Belongs here: NAVs above 0. Does not belong here: what a vendor calls its columns
(toushin.py, a mapping of format csv), which funds count (the study).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.payload import PayloadError
from assets.ingest.vendors._results import result_frame
from assets.ingest.vendors._text import Table


def funds_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fund and valuation date, in the file's order. Raises PayloadError for a NAV that is not above 0."""
    frame = result_frame("fund", table, stated)
    _refuse_worthless(table, frame["nav_jpy"])
    return frame


def navs_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fund and day, sorted. Raises PayloadError for a NAV that is not above 0."""
    frame = result_frame("fund_nav", table, stated)
    _refuse_worthless(table, frame["nav_jpy"], frame["date"])
    return frame.sort_values(["fund_id", "date"], ignore_index=True)


def _refuse_worthless(table: Table, navs: pd.Series, days: pd.Series | None = None) -> None:
    wrong = (navs <= 0).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        at = table.where(row) if days is None else f"{table.where(row)}, {days[row].date()}"
        raise PayloadError("nav_jpy must be above 0", where=at, value=navs[row])
