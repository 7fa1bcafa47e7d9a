"""The parse result of dataset index_level: one row a series and day, checked and sorted.

Belongs here: what a level, its quantum and its basis may be. Does not belong here: files of prices with an adjusted
close (prices.py), reading text (parsing/delimited_text.py), checks across payloads or against the calendar (checks/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from assets.ingest.parsing.delimited_text import (
    Days,
    Floats,
    Table,
    place,
)
from assets.ingest.payload import PayloadError

BARS = ("open", "high", "low", "close", "dividend", "split_factor")
"""What a payload may state beside a level; checks compare the level with it."""

COLUMNS = ["series_id", "date", "level", "return_basis", "currency", "quantum", *BARS]
RETURN_BASES = ("gross", "net", "price", "adjusted_close")
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


def refuse_unknown_basis(where: Callable[[int], str], bases: pd.Series) -> None:
    """Raises PayloadError at the first row whose basis is none of RETURN_BASES."""
    unknown = ~bases.isin(RETURN_BASES)
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise PayloadError(f"return_basis is none of {', '.join(RETURN_BASES)}", where=where(row), value=bases[row])
