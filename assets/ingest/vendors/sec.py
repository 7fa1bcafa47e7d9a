"""The SEC: who a ticker belongs to, and revenue by geography from data sets and single filings.

Belongs here: the formats' names, and the list of tickers. Does not belong here: asking for them (_sec_fetch.py),
filings and data sets (the other _sec_*.py), which company counts in a figure (warehouse/sql).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from assets.ingest.payload import Fetch, FetchContext, FetchError, Parser, Payload, PayloadError, Source
from assets.ingest.vendors._company_revenue import companies_frame
from assets.ingest.vendors._sec_fetch import fetch_annual_reports, fetch_company_tickers, fetch_data_sets
from assets.ingest.vendors._sec_fsds import parse as parse_data_set
from assets.ingest.vendors._sec_payload import NO_GEOGRAPHY, unpacked_data
from assets.ingest.vendors._sec_xbrl import parse_inline, parse_instance
from assets.ingest.vendors._text import Table, decode, text_option

COLUMNS = ("cik", "ticker", "name")
KEYS = ("cik_str", "ticker", "title")
"""What the list calls them where each company is an object of its own."""


@dataclass(frozen=True)
class Entries(Table):
    """Rows of a JSON list, which has no lines."""

    def where(self, row: int) -> str:
        """The entry of a row, for a message."""
        return f"entry {row}"


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The payloads of a source, whose format says what is asked for (_sec_fetch.py). Raises FetchError."""
    chosen = FETCHES.get(source.format or "")
    if chosen is None:
        raise FetchError(f"the SEC is not asked for format {source.format!r}; there are: {', '.join(sorted(FETCHES))}")
    yield from chosen(source, context)


def parse_company_tickers(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a ticker: ticker, as_of, company_id (ten digits), name. Raises PayloadError.

    Option: as_of, since the list has no day. Both of the SEC's layouts: one object a company, or fields and data. A
    ticker may stand twice, if both times it is the same company's; the first stands.
    """
    entries = _entries(_json(unpacked_data(content)))
    tickers: dict[str, list[str]] = {}
    for row, entry in enumerate(entries):
        first = tickers.setdefault(entry[1], entry)
        if first[0] != entry[0]:
            value = f"{entry[1]}: {first[0]} and {entry[0]}"
            raise PayloadError("ticker is given twice, for two companies", where=f"entry {row}", value=value)
    rows = list(tickers.values())
    ciks, symbols, names = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
    table = Entries(list(COLUMNS), rows, list(range(len(rows))))
    stated = {"ticker": symbols, "as_of": _as_of(options), "company_id": ciks, "name": names}
    return companies_frame(table, stated)


def refuse_company_facts(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Never parses: raises PayloadError that says what to use instead."""
    raise PayloadError(NO_GEOGRAPHY)


def _json(content: bytes) -> Any:
    text = decode(content)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = "payload is cut short, or no JSON"
        raise PayloadError(what, where=f"line {error.lineno}, column {error.colno}", value=error.msg) from error


def _entries(loaded: Any) -> list[list[str]]:
    """CIK, ticker and name of each company."""
    if isinstance(loaded, dict) and {"fields", "data"} <= set(loaded):
        return _of_table(loaded["fields"], loaded["data"])
    values = list(loaded.values()) if isinstance(loaded, dict) else None
    if values is None or not all(isinstance(value, dict) for value in values):
        raise PayloadError("payload is no list of tickers: neither companies nor fields and data")
    return [[_cell(row, value.get(key), key) for key in KEYS] for row, value in enumerate(values)]


def _of_table(fields: Any, data: Any) -> list[list[str]]:
    if not isinstance(fields, list) or not isinstance(data, list):
        raise PayloadError("fields and data of the list of tickers are no lists")
    for column in COLUMNS:
        if column not in fields:
            raise PayloadError(f"column {column} is missing", where="fields", value=f"found {fields!s:.200}")
    places = [fields.index(column) for column in COLUMNS]
    for row, values in enumerate(data):
        if not isinstance(values, list) or len(values) != len(fields):
            raise PayloadError(f"entry has not {len(fields)} fields", where=f"entry {row}", value=f"{values!s:.80}")
    return [[_cell(row, values[at], fields[at]) for at in places] for row, values in enumerate(data)]


def _cell(row: int, value: Any, name: str) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        raise PayloadError(f"{name} is missing or of another type", where=f"entry {row}", value=value)
    return str(value).strip()


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
