"""The parse results of datasets fund and fund_nav: investment trusts on a day, and their net asset values.

Belongs here: NAVs above 0. Does not belong here: what a vendor calls its columns
(vendors/toushin, a mapping of format csv), which funds count (the study).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table
from assets.ingest.payload import PayloadError


def funds_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fund and valuation date, in the file's order: the columns of core.fund that a vendor states.

    Raises PayloadError for a NAV that is not above 0.
    """
    frame = result_frame("fund", table, stated)
    _refuse_worthless(table, frame["nav_jpy"])
    return frame


def navs_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fund and day, sorted: the columns of core.fund_nav that a vendor states.

    A fund's last row without a NAV is left out: it is redeemed, or of a day that has not been valued yet. Raises
    PayloadError for a NAV that is not above 0, or missing on a day before the last.
    """
    table, stated = _valued(table, stated)
    frame = result_frame("fund_nav", table, stated)
    _refuse_worthless(table, frame["nav_jpy"], frame["date"])
    return frame.sort_values(["fund_id", "date"], ignore_index=True)


def _valued(table: Table, stated: Mapping[str, Any]) -> tuple[Table, dict[str, Any]]:
    rows = range(len(table.rows))
    funds, days, navs = (pd.Series(stated.get(name), index=rows) for name in ("fund_id", "date", "nav_jpy"))
    is_last = days.notna() & (days == days.groupby(funds.astype("str")).transform("max"))
    has_others = navs.notna().groupby(funds.astype("str")).transform("any")
    kept = np.flatnonzero(~(is_last & navs.isna() & has_others))
    if len(kept) == len(rows):
        return table, dict(stated)
    columns = {name: values if isinstance(values, str) else _taken(values, kept) for name, values in stated.items()}
    return replace(table, rows=[table.rows[at] for at in kept], lines=[table.lines[at] for at in kept]), columns


def _taken(values: Any, rows: np.ndarray) -> Any:
    return pd.Series(values).iloc[rows].reset_index(drop=True)


def _refuse_worthless(table: Table, navs: pd.Series, days: pd.Series | None = None) -> None:
    wrong = (navs <= 0).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        at = table.where(row) if days is None else f"{table.where(row)}, {days[row].date()}"
        raise PayloadError("nav_jpy must be above 0", where=at, value=navs[row])
