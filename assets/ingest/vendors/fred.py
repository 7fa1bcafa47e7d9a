"""FRED, Federal Reserve Bank of St. Louis: one series a file, a holiday is a row without a value.

Belongs here: FRED's layout. Does not belong here: which series is which index (the study).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.payload import Parser, PayloadError
from assets.ingest.vendors._levels import level_frame, quanta_of
from assets.ingest.vendors._printed import plain_numbers, scaled
from assets.ingest.vendors._results import result_frame
from assets.ingest.vendors._text import Days, Table, dates, numbers, read_csv, text_option

DATE_COLUMNS = ("DATE", "observation_date")
MISSING = (".", "")


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Index levels of one series (columns: _levels.COLUMNS), or policy rates. Raises PayloadError.

    Options: series_id, and for levels return_basis and currency; ``dataset`` tells which. The header is ``DATE,VALUE``
    or ``observation_date,<SERIES>``. Rates are printed in percent.
    """
    table = read_csv(content)
    days = dates(table, table.column(table.pick(*DATE_COLUMNS)))
    cells = table.column(_value_column(table))
    if options.get("dataset") == "policy_rate":
        return _rates(table, days, cells, text_option(options, "series_id"))
    return level_frame(
        table,
        days,
        numbers(table, cells, "level", MISSING, days),
        quanta_of(["" if cell in MISSING else cell for cell in cells]),
        series_id=text_option(options, "series_id"),
        return_basis=text_option(options, "return_basis"),
        currency=text_option(options, "currency"),
    )


def _rates(table: Table, days: Days, cells: list[str], series_id: str) -> pd.DataFrame:
    plain = plain_numbers(table, "rate", cells, MISSING)
    rates = numbers(table, scaled(plain, 0.01), "rate", ("",), days)
    return rates_frame(table, {"series_id": series_id, "date": days, "rate": rates})


def rates_frame(table: Table, given: Mapping[str, Any]) -> pd.DataFrame:
    """Policy rates as their contract wants them; a day without a rate (NaN) gives no row. Raises PayloadError."""
    rates = pd.Series(given["rate"])
    # filled for the contract's refusals, which name lines of the file, and dropped again
    frame = result_frame("policy_rate", table, {**given, "rate": rates.fillna(0)})
    frame = frame[rates.notna().to_numpy()].reset_index(drop=True)
    if frame.empty:
        raise PayloadError("payload has no rate", value=f"{len(rates)} rows")
    return frame


def _value_column(table: Table) -> str:
    if len(table.header) != 2 or table.header[0] not in DATE_COLUMNS:
        raise PayloadError(
            "header is not DATE,VALUE or observation_date and a series",
            where=f"line {table.header_line}",
            value=f"found {', '.join(table.header)[:200]}",
        )
    return table.header[1]


FORMATS: dict[str, Parser] = {"fred_csv": parse}
