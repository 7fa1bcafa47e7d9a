"""FRED, Federal Reserve Bank of St. Louis: one series a file, a holiday is a row without a value.

Belongs here: asking for a series, FRED's layouts. Does not belong here: which series is which index (the study).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from assets.ingest.batches import required_text
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.frames.index_level import level_frame, quanta_of
from assets.ingest.frames.policy_rate import rates_frame
from assets.ingest.http.client import Site
from assets.ingest.parsing.delimited_text import Days, Table, dates, numbers, read_csv, text_option
from assets.ingest.parsing.json_text import list_at, part, read_json, records
from assets.ingest.parsing.printed_numbers import printed_numbers
from assets.ingest.payload import FetchError, Parser, Payload, PayloadError
from assets.profile import Source

SITE = Site(vendor="fred", url="https://fred.stlouisfed.org")
GRAPH = "/graph/fredgraph.csv"
"""Believed, unchecked: the whole series, without a key."""

API_SITE = Site(vendor="fred", url="https://api.stlouisfed.org")
"""120 requests a minute and key."""

OBSERVATIONS = "/fred/series/observations"
KEY = "FRED_API_KEY"

DATE_COLUMNS = ("DATE", "observation_date")
MISSING = (".", "")
OWN_NAME = "VALUE"
"""What older downloads call the values of any series."""

TRANSFORMED = re.compile(r"_(CHG|CH1|PCH|PC1|PCA|CCH|CCA|LOG|NBD[0-9]*)$")
"""What FRED puts behind a series that it sends as changes, in percent, as logarithm, or as 100 on some day."""

LEVELS_AS_THEY_ARE = "lin"
"""The API can also send changes and logarithms."""


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """One whole series: option ``fred_id``, else series_id. Raises FetchError.

    Option ``api = true`` asks the API, with the key in the environment, instead of the file behind a graph.
    """
    fred_id = required_text(source, "fred_id" if source.options.get("fred_id") else "series_id")
    if source.options.get("api") is True:
        params = {"series_id": fred_id, "file_type": "json"}
        answer = context.web().get(API_SITE, OBSERVATIONS, params, secret={"api_key": _key()})
        yield payload_from(source, answer, "fred_json", fred_id=fred_id)
    else:
        answer = context.web().get(SITE, GRAPH, {"id": fred_id})
        yield payload_from(source, answer, "fred_csv", fred_id=fred_id)


def _key() -> str:
    key = os.environ.get(KEY, "")
    if not key:
        raise FetchError(f"fred's API needs a key: set the environment variable {KEY}, or leave option api out")
    return key


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Index levels of one series (columns: frames/index_level.COLUMNS), or policy rates. Raises PayloadError.

    Options: series_id, and for levels return_basis and currency; ``dataset`` says which. The header is ``DATE,VALUE``
    or ``observation_date,<SERIES>``: series_id, or option ``fred_id`` where we call it otherwise. Rates are printed in
    percent.
    """
    table = read_csv(content)
    stamps = table.column(table.pick(*DATE_COLUMNS))
    return _series(table, stamps, table.column(_value_column(table, _fred_id(options))), options)


def parse_json(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """The same of the API's answer, which does not name its series. Raises PayloadError."""
    answer = read_json(content)
    _refuse_transformed(_fred_id(options), "option fred_id" if "fred_id" in options else "option series_id")
    if isinstance(answer, dict) and "error_message" in answer:
        raise PayloadError("payload is FRED's error, not a series", value=str(answer["error_message"])[:200])
    observations = list_at(answer, "observations")
    if answer.get("count", len(observations)) != len(observations):
        counted = f"{len(observations)} of {answer['count']}"
        raise PayloadError("payload is cut short: it has fewer observations than it counts", value=counted)
    if answer.get("units", LEVELS_AS_THEY_ARE) != LEVELS_AS_THEY_ARE:
        raise PayloadError("observations are not the levels themselves", where="units", value=answer["units"])
    rows = [[_text(entry, "date", row), _text(entry, "value", row)] for row, entry in enumerate(observations, 1)]
    table = records(["date", "value"], rows)
    return _series(table, table.column("date"), table.column("value"), options)


def _text(observation: Any, name: str, row: int) -> str:
    text = part(observation, name)
    if not isinstance(text, str):
        raise PayloadError(f"{name} is not a text", where=f"row {row}", value=str(text)[:80])
    return text


def _series(table: Table, stamps: list[str], cells: list[str], options: Mapping[str, Any]) -> pd.DataFrame:
    days = dates(table, stamps)
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
    exact = printed_numbers(table, "rate", cells, MISSING, scale=0.01).exact()
    rates = numbers(table, exact, "rate", ("",), days)
    return rates_frame(table, {"series_id": series_id, "date": days, "rate": rates})


def _fred_id(options: Mapping[str, Any]) -> str:
    """What FRED calls the series."""
    return text_option(options, "fred_id" if options.get("fred_id") else "series_id")


def _refuse_transformed(fred_id: str, where: str) -> None:
    if TRANSFORMED.search(fred_id):
        what = "series is transformed: a change, a logarithm or an index of its own; download it in its own units"
        raise PayloadError(what, where=where, value=fred_id)


def _value_column(table: Table, fred_id: str) -> str:
    if len(table.header) != 2 or table.header[0] not in DATE_COLUMNS:
        raise PayloadError(
            "header is not DATE,VALUE or observation_date and a series",
            where=f"line {table.header_line}",
            value=f"found {', '.join(table.header)[:200]}",
        )
    named, where = table.header[1], f"line {table.header_line}"
    _refuse_transformed(named, where)
    if named not in (OWN_NAME, fred_id):
        hint = "; where FRED calls it otherwise than we do, option fred_id says how"
        raise PayloadError(f"series is not {fred_id}{hint}", where=where, value=named)
    return named


FORMATS: dict[str, Parser] = {"fred_csv": parse, "fred_json": parse_json}
