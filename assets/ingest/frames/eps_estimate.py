"""The parse result of dataset eps_estimate: estimates of an index or its constituents that agree with themselves.

Belongs here: what makes rows of estimates usable together. Does not belong here: what a vendor calls its columns,
what growth is (warehouse/sql/eps_growth_prepare.sql).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table
from assets.ingest.payload import PayloadError

INDEX = "INDEX"
"""The constituent of a forecast of the index as a whole."""

AGREES_WITHIN = 0.001
"""So much a stated growth may differ from that of the levels beside it: vendors round to a tenth of a percent."""


def estimates_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """One row an index or constituent, fiscal year and day of the estimate, in the file's order: the columns of
    core.eps_estimate that a vendor states. Without a column of constituents, every row is a forecast of its index.

    Raises PayloadError for a payload without any earnings, a stated growth that its levels contradict, and a day's
    constituents of one index of which some have a number of shares and some not.
    """
    frame = result_frame("eps_estimate", table, {"constituent": INDEX} | dict(stated))
    if frame[["eps_base", "eps_target", "growth"]].isna().all(axis=None):
        raise PayloadError("payload has neither earnings nor a growth", value=f"{len(frame)} rows")
    _refuse_contradictions(table, frame)
    _refuse_mixed_shares(table, frame)
    return frame


def _refuse_contradictions(table: Table, frame: pd.DataFrame) -> None:
    of_levels = (frame["eps_target"] / frame["eps_base"] - 1).where(frame["eps_base"] > 0)
    differs = ((frame["growth"] - of_levels).abs() > AGREES_WITHIN).to_numpy()
    if differs.any():
        row = int(differs.argmax())
        value = f"{frame['growth'][row]:g} stated, {of_levels[row]:.6g} from the levels"
        raise PayloadError("growth is not that of its levels", where=table.where(row), value=value)


def _refuse_mixed_shares(table: Table, frame: pd.DataFrame) -> None:
    counted = frame[(frame["constituent"] != INDEX) & frame["eps_base"].notna() & frame["eps_target"].notna()]
    for (index_id, day), of_day in counted.groupby(["index_id", "source_date"], sort=False):
        lacks = of_day["shares"].isna()
        if lacks.any() and not lacks.all():
            row = int(of_day.index[int(lacks.to_numpy().argmax())])
            value = (
                f"{of_day['constituent'][row]}, one of {lacks.sum()} of {len(lacks)} of {index_id} on {day:%Y-%m-%d}"
            )
            raise PayloadError("shares is missing although others have it", where=table.where(row), value=value)
