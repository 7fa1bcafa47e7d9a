"""iShares: the holdings of a fund on one day, as its page offers them for download.

Belongs here: the layouts of that file over the years. Does not belong here: which lines count as companies,
which index a fund stands for (the study).
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from assets.ingest.payload import Parser, PayloadError
from assets.ingest.vendors._printed import plain_numbers, scaled
from assets.ingest.vendors._results import result_frame
from assets.ingest.vendors._text import Floats, Table, decode, numbers, read_table, text_option

AS_OF = "Fund Holdings as of"
MISSING = ("-", "")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TEXTS = {
    "name": "Name", "ticker": "Ticker", "asset_class": "Asset Class", "sector": "Sector",
    "cusip": "CUSIP", "isin": "ISIN", "exchange": "Exchange",
}  # fmt: skip
OPTIONAL = ("cusip", "isin", "exchange")
QUANTITY, WEIGHT = ("Shares", "Quantity"), ("Weight (%)", "Market Weight")


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a line of the table: the columns of core.holding that a vendor states. Raises PayloadError.

    Weights are fractions, market values US dollars. Options: series_id, else the first word of ``file_name``;
    as_of (ISO) for the layout without a preamble, where the preamble's own day wins.
    """
    lines = list(io.StringIO(decode(content), newline=None))
    start = _header_at(lines)
    table = read_table(lines[start : _end_of_table(lines, start)], first_line=start + 1)
    stated: dict[str, Any] = {ours: _texts(table, theirs, ours in OPTIONAL) for ours, theirs in TEXTS.items()}
    stated |= {
        "series_id": options.get("series_id") or _first_word(text_option(options, "file_name")),
        "as_of": pd.Timestamp(_as_of(lines[:start], options)),
        "line": range(1, len(table.rows) + 1),
        "market_value_usd": _numbers(table, "Market Value"),
        "weight": _numbers(table, table.pick(*WEIGHT), 0.01),
        "quantity": _numbers(table, table.pick(*QUANTITY)),
    }
    return result_frame("holding", table, stated)


def _header_at(lines: list[str]) -> int:
    for at, line in enumerate(lines):
        if line.startswith(("Ticker,", '"Ticker",')):
            return at
    raise PayloadError("no table of holdings: no line begins with Ticker", value=lines[0].strip()[:60])


def _end_of_table(lines: list[str], start: int) -> int:
    """The blank line (a no-break space is blank too) after the rows: without it the table may go on."""
    for at in range(start, len(lines)):
        if not lines[at].strip():
            return at
    last = lines[-1].strip()[:60]
    raise PayloadError(
        "payload is cut short: no blank line ends its table of holdings", where=f"line {len(lines)}", value=last
    )


def _as_of(preamble: list[str], options: Mapping[str, Any]) -> date:
    for at, line in enumerate(preamble):
        if line.startswith(AS_OF):
            return _printed_day(line.partition(",")[2].strip().strip('"'), f"line {at + 1}")
    if any(line.strip() for line in preamble):
        raise PayloadError(f"no line {AS_OF!r} before the table", value=preamble[0].strip()[:60])
    stated = text_option(options, "as_of")
    try:
        return date.fromisoformat(stated)
    except ValueError as error:
        raise PayloadError("option as_of can't be read", value=stated) from error


def _printed_day(text: str, where: str) -> date:
    """A day such as "Jun 19, 2026"; by our own list of months, since strptime reads those of the locale."""
    match = re.fullmatch(r"([A-Z][a-z]{2}) ([0-9]{1,2}), ([0-9]{4})", text)
    try:
        if match and match[1] in MONTHS:
            return datetime(int(match[3]), MONTHS.index(match[1]) + 1, int(match[2])).date()
    except ValueError:
        pass  # a day that no month has
    raise PayloadError("day of the holdings can't be read", where=where, value=text or "empty")


def _texts(table: Table, theirs: str, optional: bool) -> list[str | None] | None:
    if optional and theirs not in table.header:
        return None
    return [None if cell in MISSING else cell for cell in table.column(theirs)]


def _numbers(table: Table, theirs: str, factor: float = 1) -> Floats:
    plain = plain_numbers(table, theirs, table.column(theirs), MISSING)
    return numbers(table, scaled(plain, factor), theirs, ("",))


def _first_word(file_name: str) -> str:
    match = re.match(r"[A-Za-z0-9]+", file_name)
    if match is None:
        raise PayloadError("option series_id is needed: the file's name begins with no fund", value=file_name)
    return match[0]


FORMATS: dict[str, Parser] = {"ishares_csv": parse}
