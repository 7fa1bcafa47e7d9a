"""Files of daily prices with an adjusted close: levels of an index, or of one security.

Belongs here: which column is a level, what stands beside it, one bar a day. Does not belong here: what a level may be
(index_level.py, security_level.py), what a vendor calls its close (its module).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.frames.index_level import level_frame, quanta_of
from assets.ingest.frames.security_level import DATASET as SECURITY_LEVEL
from assets.ingest.frames.security_level import security_level_frame, source_of, stem_of
from assets.ingest.parsing.delimited_text import Days, Floats, Table, dates, numbers, place, text_option
from assets.ingest.payload import PayloadError

BAR_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Dividends": "dividend",
    "Capital Gains": "dividend",
    "Stock Splits": "split_factor",
}
"""Their columns of prices by our names; the close has its own in each format."""


def prices_frame(
    table: Table,
    options: Mapping[str, Any],
    *,
    close: str,
    adjusted: tuple[str, ...],
    missing: Collection[str],
) -> pd.DataFrame:
    """Levels of one series, as level_frame gives them; for option dataset security_level those of one security, as
    security_level_frame does, with the id that option security_id states, else the file's stem.

    ``close``, ``adjusted``: what the file calls the two; ``missing``: its marks for no value. Option return_basis says
    which column is read. Such a file holds no total return index: gross and net are refused unless ``level_column``
    names their column. Raises PayloadError.
    """
    basis = text_option(options, "return_basis")
    name = table.pick(*price_columns(basis, options.get("level_column"), close, adjusted))
    table, days = _one_bar_a_day(table, name, missing)
    cells = table.column(name)
    levels = numbers(table, cells, f"column {name}", missing, days)
    bars = {} if _is_adjusted(name, close, basis) else _bars_beside(table, days, close, {"", *missing})
    if options.get("dataset") == SECURITY_LEVEL:
        return security_level_frame(
            options.get("security_id") or stem_of(options),
            days,
            levels,
            bars.get("close"),
            paid=bars,
            source=source_of(options),
            return_basis=basis,
            currency=text_option(options, "currency"),
            where=lambda row: place(table, row, days),
        )
    return level_frame(
        table,
        days,
        levels,
        quanta_of(["" if cell in missing else cell for cell in cells]),
        series_id=text_option(options, "series_id"),
        return_basis=basis,
        currency=text_option(options, "currency"),
        bars=bars,
    )


def _is_adjusted(name: str, close: str, basis: str) -> bool:
    """Whether the file's close is itself adjusted (yfinance's auto_adjust): no close stands beside it then."""
    return basis == "adjusted_close" and name == close


def _bars_beside(table: Table, days: Days, close: str, missing: Collection[str]) -> dict[str, Floats]:
    """What a file of prices has beside the level, by names of BARS, one entry a row: from columns named as Yahoo and
    EODHD do. What was paid in several columns is added up.
    """
    bars: dict[str, Floats] = {}
    for theirs, name in {**BAR_COLUMNS, close: "close"}.items():
        if theirs in table.header:
            values = numbers(table, table.column(theirs), f"column {theirs}", missing, days)
            bars[name] = values if name not in bars else np.nansum([bars[name], values], axis=0)
    return bars


def price_columns(basis: str, level_column: str | None, close: str, adjusted: tuple[str, ...]) -> tuple[str, ...]:
    """The names that the column of a basis may have. Raises PayloadError for a basis that prices don't hold."""
    if level_column is not None:
        return (level_column,)
    if basis == "adjusted_close":
        return adjusted
    if basis == "price":
        return (close,)
    raise PayloadError(
        "a file of prices holds no total return index: return_basis is price or adjusted_close, "
        "or option level_column names the column",
        where="option return_basis",
        value=basis,
    )


def _one_bar_a_day(table: Table, name: str, missing: Collection[str]) -> tuple[Table, Days]:
    """The rows of a file of prices, and their days. Of two bars of one day that say the same, one is left; of a bar
    with a price in the column ``name`` and one without, the first. Two that differ are left for the caller to refuse.
    """
    days = dates(table, table.column("Date"))
    at = table.header.index("Date")
    prices = [None if cell in missing else cell for cell in table.column(name)]
    bars = [tuple(cell.strip() for cell in row[:at] + row[at + 1 :]) for row in table.rows]
    kept = bars_to_keep(days, np.array([price is not None for price in prices]), bars)
    if len(kept) == len(days):
        return table, days
    rows, lines = [table.rows[row] for row in kept], [table.lines[row] for row in kept]
    return replace(table, rows=rows, lines=lines), days[kept]


def bars_to_keep(days: Days, has_price: np.ndarray, bars: Sequence[Hashable]) -> np.ndarray:
    """The row numbers that are left when a day's bars that say the same, or have no price, are one.

    ``days``, ``has_price`` and ``bars`` (the cells of a row) have one entry a row.
    """
    if len(np.unique(days)) == len(days):
        return np.arange(len(days))
    seen: dict[Any, set[Hashable]] = {}
    kept = []
    priced = set(days[has_price].tolist())
    for row, day in enumerate(days.tolist()):
        if not has_price[row] and day in priced:
            continue
        of_day = seen.setdefault(day, set())
        if bars[row] not in of_day:
            of_day.add(bars[row])
            kept.append(row)
    return np.array(kept)
