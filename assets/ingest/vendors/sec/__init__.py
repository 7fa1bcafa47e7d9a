"""The SEC: who a ticker belongs to, and revenue by geography from data sets and single filings.

Belongs here: the formats' names, and the list of tickers. Does not belong here: asking for them (fetching.py),
filings and data sets (the other modules of sec/), which company counts in a figure (warehouse/sql).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from assets.ingest.fetching import Fetch, FetchContext
from assets.ingest.frames.company import companies_frame
from assets.ingest.parsing.delimited_text import Table, text_option
from assets.ingest.parsing.json_text import read_json
from assets.ingest.payload import FetchError, Parser, Payload, PayloadError
from assets.ingest.vendors.sec.data_sets import parse as parse_data_set
from assets.ingest.vendors.sec.fetching import fetch_annual_reports, fetch_company_tickers, fetch_data_sets
from assets.ingest.vendors.sec.filing import parse_inline, parse_instance
from assets.ingest.vendors.sec.options import NO_GEOGRAPHY, unpacked_data
from assets.profile import Source

COLUMNS = ("cik", "ticker", "name")
FEW_ENTRIES, FEW_SHARE = 10, 0.05
"""Bad entries of a list that are left out: so many at most, and no larger a share of it; of a short list one."""
KEYS = ("cik_str", "ticker", "title")
"""What the list calls them where each company is an object of its own."""


@dataclass(frozen=True)
class Entries(Table):
    """Rows of a JSON list, which has no lines."""

    def where(self, row: int) -> str:
        """The entry of a row, for a message."""
        return f"entry {self.lines[row]}"


class Entry(NamedTuple):
    """An entry of the list that could be read: its place from 0, and what it says."""

    row: int
    cik: str
    ticker: str
    name: str


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The payloads of a source, whose format says what is asked for (fetching.py). Raises FetchError."""
    chosen = FETCHES.get(source.format or "")
    if chosen is None:
        raise FetchError(f"the SEC is not asked for format {source.format!r}; there are: {', '.join(sorted(FETCHES))}")
    yield from chosen(source, context)


def parse_company_tickers(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a ticker: ticker, as_of, company_id (ten digits), name. Raises PayloadError.

    Option: as_of, since the list has no day. Both of the SEC's layouts: one object a company, or fields and data. A
    ticker may stand twice, if both times it is the same company's; the first stands. A few bad entries among many good
    ones are left out, counted and named (``attrs``: rejected_rows, left_out); more refuse the list.
    """
    faults: list[PayloadError] = []
    entries = list(_entries(read_json(unpacked_data(content)), faults))
    owners: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        owners[entry.ticker].add(entry.cik)
    first: dict[str, Entry] = {}
    for entry in entries:
        if len(owners[entry.ticker]) > 1:
            if entry.ticker not in first:
                value = f"{entry.ticker}: {' and '.join(sorted(owners[entry.ticker], key=int))}"
                what = "ticker is given twice, for two companies"
                faults.append(PayloadError(what, where=f"entry {entry.row}", value=value))
                first[entry.ticker] = entry
        else:
            first.setdefault(entry.ticker, entry)
    rows = [entry for ticker, entry in first.items() if len(owners[ticker]) == 1]
    _refuse_many(faults, len(rows))
    table = Entries(list(COLUMNS), [[e.cik, e.ticker, e.name] for e in rows], [e.row for e in rows])
    stated = {
        "ticker": [entry.ticker for entry in rows],
        "as_of": _as_of(options),
        "company_id": [entry.cik for entry in rows],
        "name": [entry.name for entry in rows],
    }
    frame = companies_frame(table, stated)
    frame.attrs |= {"rejected_rows": len(faults), "left_out": [str(fault) for fault in faults]}
    return frame


def _refuse_many(faults: list[PayloadError], good: int) -> None:
    """Raises the first fault where no entry is good, and one with their count where they are more than a few."""
    if faults and not good:
        raise faults[0]
    if len(faults) > max(1, min(FEW_ENTRIES, int(FEW_SHARE * (good + len(faults))))):
        raise PayloadError(f"{len(faults)} entries of the list can't be used, the first: {faults[0]}")


def refuse_company_facts(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Never parses: raises PayloadError that says what to use instead."""
    raise PayloadError(NO_GEOGRAPHY)


def _entries(loaded: Any, faults: list[PayloadError]) -> Iterator[Entry]:
    """The entries that can be read; ``faults`` takes the others."""
    for row, cells in enumerate(_cells_of(loaded)):
        try:
            yield _entry(row, cells)
        except PayloadError as fault:
            faults.append(fault)


def _cells_of(loaded: Any) -> Iterator[Mapping[str, Any] | PayloadError]:
    """Each entry's cells by name, or what is wrong with it. Raises PayloadError for what is no list of tickers."""
    if isinstance(loaded, dict) and {"fields", "data"} <= set(loaded):
        return _of_table(loaded["fields"], loaded["data"])
    values = list(loaded.values()) if isinstance(loaded, dict) else []
    if not isinstance(loaded, dict) or (values and not any(isinstance(value, dict) for value in values)):
        raise PayloadError("payload is no list of tickers: neither companies nor fields and data")
    return (value if isinstance(value, dict) else _odd(row, value) for row, value in enumerate(values))


def _of_table(fields: Any, data: Any) -> Iterator[Mapping[str, Any] | PayloadError]:
    if not isinstance(fields, list) or not isinstance(data, list):
        raise PayloadError("fields and data of the list of tickers are no lists")
    for column in COLUMNS:
        if column not in fields:
            raise PayloadError(f"column {column} is missing", where="fields", value=f"found {fields!s:.200}")
    names = [KEYS[COLUMNS.index(field)] if field in COLUMNS else str(field) for field in fields]
    for row, values in enumerate(data):
        if isinstance(values, list) and len(values) == len(fields):
            yield dict(zip(names, values, strict=True))
        else:
            what = f"entry has not {len(fields)} fields"
            yield PayloadError(what, where=f"entry {row}", value=f"{values!s:.80}")


def _odd(row: int, value: Any) -> PayloadError:
    return PayloadError("entry is no company", where=f"entry {row}", value=f"{value!s:.80}")


def _entry(row: int, cells: Mapping[str, Any] | PayloadError) -> Entry:
    if isinstance(cells, PayloadError):
        raise cells
    cik, ticker, name = (_cell(row, cells.get(key), key) for key in KEYS)
    digits = re.fullmatch(r"(?:CIK)?0*([1-9][0-9]{0,9})(?:\.0+)?", cik, re.IGNORECASE)
    if digits is None:
        raise PayloadError("company_id is no CIK", where=f"entry {row}", value=cik)
    return Entry(row, digits[1], ticker, name)


def _cell(row: int, value: Any, name: str) -> str:
    text = str(value).strip()
    if not isinstance(value, str | int | float) or isinstance(value, bool) or not text:
        raise PayloadError(f"{name} is missing or of another type", where=f"entry {row}", value=value)
    return text


def _as_of(options: Mapping[str, Any]) -> pd.Timestamp:
    stated = text_option(options, "as_of")
    try:
        return pd.Timestamp(date.fromisoformat(stated))
    except ValueError as error:
        raise PayloadError("option as_of can't be read", value=stated) from error


FETCHES: dict[str, Fetch] = {
    "sec_company_tickers_json": fetch_company_tickers,
    "sec_fsds_zip": fetch_data_sets,
    "sec_ixbrl": fetch_annual_reports,
}
FORMATS: dict[str, Parser] = {
    "sec_company_tickers_json": parse_company_tickers,
    "sec_fsds_zip": parse_data_set,
    "sec_ixbrl": parse_inline,
    "sec_xbrl": parse_instance,
    "sec_companyfacts_json": refuse_company_facts,
}
