"""The parse result of dataset security_level: one row a security and day, checked, sorted, defects left out.

Belongs here: what a security's level may be, which rows are left out and counted, telling apart the owners of a reused
ticker. Does not belong here: levels of an index, where one bad level refuses the payload (frames/index_level.py); files
of prices (frames/prices.py) and panels of many securities (vendors/price_panel.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.frames.identifiers import read_identifiers
from assets.ingest.frames.index_level import (
    refuse_unknown_basis,
    stated_beside,
)
from assets.ingest.frames.row_results import column_names
from assets.ingest.parsing.delimited_text import Days, Floats, text_option
from assets.ingest.payload import PayloadError

DATASET = "security_level"

PAID = ("dividend", "split_factor")
"""What a payload may state beside a level; a check compares the level with it."""

OWNER_GAP_DAYS = 400
"""A ticker silent for longer than this has passed to another owner."""

HALT_DAYS, HALT_FACTOR = 45, 4.0
"""A ticker silent for longer than the first whose level then is so many times the one before, or that part of it, has
passed to another owner too. Measured on the gaps of 46 to 400 days of two panels of 12,700 tickers from 1995 on: the
furthest a real one moved is 2.9 times, so a trading halt of months stays one security.
"""


def security_level_frame(
    security_ids: Any,
    days: Days,
    levels: Floats,
    closes: Floats | None = None,
    *,
    paid: Mapping[str, Floats] | None = None,
    source: Any,
    return_basis: Any,
    currency: Any,
    where: Callable[[int], str],
) -> pd.DataFrame:
    """The checked result: the contract's columns and ``quantum`` (0.0: prices are printed floats), sorted.

    A row whose level is missing, infinite or not above 0 is left out, for one bad price says nothing of the
    other securities: ``attrs["rejected_rows"]`` counts such rows, ``attrs["rejected_because"]`` says why and
    names the first. Source, basis and currency are constants or one a row. Raises PayloadError for a security
    and day given twice, an unknown return_basis, no usable row at all. ``paid``: dividends and splits of each row, by
    names of PAID, where the payload states any.
    """
    ids = _read_ids(pd.Series(security_ids, index=range(len(days)), dtype="str"), where)
    bases = pd.Series(return_basis, index=range(len(days)), dtype="str")
    refuse_unknown_basis(where, bases)
    order = _sorted_without_twins(ids, days, where)
    good = np.isfinite(levels) & (levels > 0)
    if not good.any():
        raise PayloadError("payload has no rows with a level above 0", value=f"{len(levels)} rows")
    frame = pd.DataFrame(
        {
            "security_id": ids,
            "source": pd.Series(source, index=ids.index, dtype="str"),
            "date": days.astype("datetime64[us]"),
            "level": levels,
            "close": np.full(len(days), np.nan) if closes is None else closes,
            "return_basis": bases,
            "currency": pd.Series(currency, index=ids.index, dtype="str"),
        }
        | {name: np.broadcast_to(stated_beside(name, (paid or {}).get(name)), len(days)) for name in PAID}
    )[column_names(DATASET)]
    frame = frame.take(order[good[order]]).reset_index(drop=True)
    frame["quantum"] = 0.0
    frame.attrs |= _rejections(ids, days, levels, np.flatnonzero(~good), where)
    return frame


def ids_by_owner(tickers: pd.Series, days: Days, levels: Floats) -> pd.Series:
    """The id of each row's owner: the ticker for its latest owner, ticker~2 for the one before, ticker~3 …

    An unusable level still shows that the ticker had an owner; a row without any (NaN) does not.
    """
    codes, names = pd.factorize(tickers, sort=True)
    priced = np.flatnonzero(~np.isnan(levels))
    order = priced[np.lexsort((days[priced], codes[priced]))]
    gaps, sorted_levels = np.diff(days[order]).astype(np.int64), levels[order]
    is_same = codes[order[1:]] == codes[order[:-1]]
    passed_on = is_same & changes_hands(gaps, sorted_levels[:-1], sorted_levels[1:])
    stretch = np.concatenate([[0], np.cumsum(passed_on)]) if len(order) else order
    latest = np.zeros(len(names), dtype=np.int64)
    np.maximum.at(latest, codes[order], stretch)
    ids = pd.Series(names.take(codes))
    owners_later = latest[codes[order]] - stretch
    earlier = owners_later > 0
    ids[order[earlier]] = [
        f"{names[codes[row]]}~{later + 1}" for row, later in zip(order[earlier], owners_later[earlier], strict=True)
    ]
    return ids


def changes_hands(gaps: np.ndarray, before: Floats, after: Floats) -> np.ndarray:
    """Of each pair of rows of a ticker that follow each other: whether the later one is another owner's. ``gaps``: the
    days between them.
    """
    first, then = (np.log(np.where(np.isfinite(levels) & (levels > 0), levels, np.nan)) for levels in (before, after))
    return (gaps > OWNER_GAP_DAYS) | ((gaps > HALT_DAYS) & (np.abs(then - first) > np.log(HALT_FACTOR)))


def source_of(options: Mapping[str, Any]) -> str:
    """What the levels are called after: option source, else the file's stem. Raises PayloadError."""
    return options["source"] if options.get("source") else stem_of(options)


def stem_of(options: Mapping[str, Any]) -> str:
    """The file's name without its last suffix. Raises PayloadError where the payload is no file."""
    return PurePosixPath(text_option(options, "file_name")).stem


def _read_ids(ids: pd.Series, where: Callable[[int], str]) -> pd.Series:
    codes, names = pd.factorize(ids)
    read = read_identifiers("security_id", pd.Series(names), lambda name: where(int((codes == name).argmax())))
    return ids if (read == names).all() else pd.Series(read.to_numpy()[codes], dtype="str")


def _sorted_without_twins(ids: pd.Series, days: Days, where: Callable[[int], str]) -> np.ndarray:
    """The rows' order by security and day. Raises PayloadError for two rows of one security and day."""
    codes, _ = pd.factorize(ids, sort=True)
    order = np.lexsort((days, codes))
    twins = (codes[order[1:]] == codes[order[:-1]]) & (days[order[1:]] == days[order[:-1]])
    if twins.any():
        row = int(order[1:][twins].min())
        raise PayloadError("date is given twice", where=where(row), value=ids[row])
    return order


def _rejections(
    ids: pd.Series, days: Days, levels: Floats, rows: np.ndarray, where: Callable[[int], str]
) -> dict[str, Any]:
    if not len(rows):
        return {"rejected_rows": 0, "rejected_because": ""}
    first = int(rows[0])
    example = f"first {ids[first]} on {days[first]}: {levels[first]}"
    return {"rejected_rows": len(rows), "rejected_because": f"level is missing or not above 0 ({example})"}
