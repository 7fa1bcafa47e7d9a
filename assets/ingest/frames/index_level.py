"""The parse result of dataset index_level: one row a series and day, checked and sorted.

Belongs here: what a level, its quantum and its basis may be, and files of prices with an adjusted close. Does
not belong here: reading text (parsing/delimited_text.py), checks across payloads or against the calendar (checks/).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.parsing.delimited_text import (
    Days,
    Floats,
    Table,
    dates,
    numbers,
    place,
    text_option,
)
from assets.ingest.payload import PayloadError

BARS = ("open", "high", "low", "close", "dividend", "split_factor")
"""What a payload may state beside a level; checks compare the level with it."""

COLUMNS = ["series_id", "date", "level", "return_basis", "currency", "quantum", *BARS]
RETURN_BASES = ("gross", "net", "price", "adjusted_close")
BAR_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Dividends": "dividend",
    "Capital Gains": "dividend",
    "Stock Splits": "split_factor",
}
"""Their columns of prices by our names; the close has its own in each format."""

FLOAT_PRINT_DECIMALS = 7
"""From so many decimals on a number is a printed float, not a rounded figure."""


def level_frame(
    table: Table,
    days: Days,
    levels: Floats,
    quanta: Floats,
    *,
    series_id: str | Sequence[str],
    return_basis: str | Sequence[str],
    currency: str | Sequence[str],
    bars: Mapping[str, Floats] | None = None,
) -> pd.DataFrame:
    """The checked result, one row a level: columns as in COLUMNS, date datetime64[us], sorted.

    A NaN level is a day that the vendor marked as missing; it is left out. ``bars``: what stands beside the levels, by
    names of BARS, NaN where it is not stated; a price that is not above 0 is none. Raises PayloadError for a level that
    is not above 0, a date given twice for one series, an unknown return_basis, no level at all.
    """
    given = ~np.isnan(levels)
    if not given.any():
        raise PayloadError("payload has no rows with a level", value=f"{len(levels)} rows")
    low = given & ~(levels > 0)
    if low.any():
        row = int(low.argmax())
        raise PayloadError("level must be above 0", where=place(table, row, days), value=levels[row])
    frame = pd.DataFrame(
        {
            "series_id": series_id,
            "date": days.astype("datetime64[us]"),
            "level": levels,
            "return_basis": return_basis,
            "currency": currency,
            "quantum": quanta,
        }
        | {name: stated_beside(name, (bars or {}).get(name)) for name in BARS}
    )
    refuse_unknown_basis(table.where, frame["return_basis"])
    twice = frame.duplicated(["series_id", "date"]).to_numpy()
    if twice.any():
        row = int(twice.argmax())
        raise PayloadError("date is given twice", where=place(table, row, days), value=frame["series_id"][row])
    return frame[given].sort_values(["series_id", "date"], ignore_index=True)


def stated_beside(name: str, values: Floats | None) -> Floats | float:
    """An empty cell is no price, no dividend and no split; a vendor's 0 is no price and no split, too."""
    if values is None:
        return np.nan
    if name == "dividend":
        return np.where(np.isnan(values), 0.0, values)
    if name == "split_factor":
        return np.where(values > 0, values, 1.0)
    return np.where(values > 0, values, np.nan)


def quanta_of(cells: Sequence[str]) -> Floats:
    """The smallest unit in which each number was printed, one entry a cell: 0.01 for "7207.07", 1.0 for "7207".

    0.0 for a float print: one cell with 7 or more decimals or an exponent makes the whole column one, because
    "65.25" among such cells is not a figure rounded to two decimals.
    """
    decimals = [len(cell) - cell.find(".") - 1 if "." in cell else 0 for cell in cells]
    if max(decimals, default=0) >= FLOAT_PRINT_DECIMALS or "e" in "".join(cells).lower():
        return np.zeros(len(cells))
    units = [10.0**-count for count in range(FLOAT_PRINT_DECIMALS)]
    return np.array([units[count] for count in decimals])


def price_levels(
    table: Table,
    options: Mapping[str, Any],
    *,
    close: str,
    adjusted: tuple[str, ...],
    missing: Collection[str],
) -> pd.DataFrame:
    """Levels from a file of daily prices with an adjusted close, as level_frame gives them; option return_basis says
    which column is read.

    Such a file holds no total return index: gross and net are refused unless ``level_column`` names their
    column.
    """
    basis = text_option(options, "return_basis")
    name = table.pick(*price_columns(basis, options.get("level_column"), close, adjusted))
    table, days = one_bar_a_day(table, name, missing)
    cells = table.column(name)
    return level_frame(
        table,
        days,
        numbers(table, cells, f"column {name}", missing, days),
        quanta_of(["" if cell in missing else cell for cell in cells]),
        series_id=text_option(options, "series_id"),
        return_basis=basis,
        currency=text_option(options, "currency"),
        bars={} if is_adjusted(name, close, basis) else bars_beside(table, days, close, {"", *missing}),
    )


def is_adjusted(name: str, close: str, basis: str) -> bool:
    """Whether the file's close is itself adjusted (yfinance's auto_adjust): no close stands beside it then."""
    return basis == "adjusted_close" and name == close


def bars_beside(table: Table, days: Days, close: str, missing: Collection[str]) -> dict[str, Floats]:
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


def one_bar_a_day(table: Table, name: str, missing: Collection[str]) -> tuple[Table, Days]:
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


def refuse_unknown_basis(where: Callable[[int], str], bases: pd.Series) -> None:
    """Raises PayloadError at the first row whose basis is none of RETURN_BASES."""
    unknown = ~bases.isin(RETURN_BASES)
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise PayloadError(f"return_basis is none of {', '.join(RETURN_BASES)}", where=where(row), value=bases[row])
