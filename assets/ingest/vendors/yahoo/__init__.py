"""Yahoo Finance: daily prices, a security at a time, with a close that is adjusted for dividends.

Belongs here: asking for a chart, Yahoo's names, its mark for a missing day. Does not belong here: the bars of a chart
(chart.py), how a rewritten adjusted close is chained to stored levels (core).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

import pandas as pd

from assets.ingest.batches import count_option, fetch_each, required_text, series_option
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.frames.prices import prices_frame
from assets.ingest.frames.security_level import DATASET, stem_of
from assets.ingest.http.client import Http, Site
from assets.ingest.parsing.delimited_text import Table, read_csv, text_option
from assets.ingest.payload import Answer, DeniedError, FetchError, Parser, Payload, PayloadError
from assets.ingest.vendors.yahoo.chart import parse_chart
from assets.profile import Source

SITE = Site(vendor="yahoo", url="https://query2.finance.yahoo.com", calls_per_second=1.0)
"""No limit is documented; many calls at once are answered with 429."""

COOKIE_SITE = replace(SITE, url="https://fc.yahoo.com")
"""Believed, unchecked: it says 404 and sets the cookie that a crumb belongs to. One client keeps both."""

CRUMB_SITE = replace(SITE, url="https://query1.finance.yahoo.com")
"""Believed, unchecked: crumbs are had from here, charts from SITE."""

CHART, CRUMB = "/v8/finance/chart/", "/v1/test/getcrumb"
WHOLE_HISTORY = {"period1": 0, "period2": 9_999_999_999, "interval": "1d", "events": "div,split"}
"""From 1970 to a day that never comes: the same address every day. ``range=max`` would give months, not days."""

CLASS_MARK = "-"
"""Believed, unchecked: what stands in a symbol before the class of a share."""

SECURITIES_A_RUN = 1000
"""Of which the members that Yahoo does not have take no time: it is asked for one of them again after ABSENT_DAYS."""

ABSENT_DAYS = 30
CHART_FORMAT = "yahoo_chart_json"

CRUMB_FORM = r"[!-;=-z|-~]{1,64}"
"""One word without < and {: not a page, not an error."""

MISSING = ("null", "")
ADJUSTED = ("AdjClose", "Adj Close")
DAYS = ("Date", "Datetime")
"""What yfinance calls its index."""


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The whole daily history of option ``symbol`` (``IWM``, ``^RUTTR``), or of some securities, a payload each.

    With option ``members_of``: of the members of these lists (series ids) and the shares that the funds of option
    ``held_by`` hold, as far as their prices are not known yet (FetchContext.securities), at most option
    ``securities_per_night`` of them. What one that fails costs, batches.fetch_each says. Raises FetchError.
    """
    charts = _Charts(context.web())
    if "members_of" not in source.options:
        yield payload_from(source, charts.of(required_text(source, "symbol"), absent_days=0), CHART_FORMAT)
        return
    tickers = context.securities(
        series_option(source, "members_of"),
        series_option(source, "held_by"),
        count_option(source, "securities_per_night", SECURITIES_A_RUN),
    )
    yield from fetch_each([(ticker, partial(_security, source, charts, ticker)) for ticker in tickers], "securities")


def _security(source: Source, charts: _Charts, ticker: str) -> Payload:
    """The chart of a security that is known here by its ticker: BRK.B is Yahoo's BRK-B."""
    symbol = ticker.replace(".", CLASS_MARK)
    return payload_from(source, charts.of(symbol, ABSENT_DAYS), CHART_FORMAT, symbol=symbol, security_id=ticker)


class _Charts:
    """Charts are had without a crumb most days; on the others with one, which does for all that come after."""

    def __init__(self, web: Http) -> None:
        self._web = web
        self._secret: dict[str, str] = {}

    def of(self, symbol: str, absent_days: int) -> Answer:
        """The chart of one of Yahoo's symbols. Raises FetchError."""
        path = CHART + quote(symbol, safe="")
        if not self._secret:
            with suppress(DeniedError):
                return self._web.get(SITE, path, WHOLE_HISTORY, absent_days=absent_days)
            self._secret = {"crumb": _crumb(self._web)}
        return self._web.get(SITE, path, WHOLE_HISTORY, secret=self._secret, absent_days=absent_days)


def _crumb(web: Http) -> str:
    with suppress(FetchError):  # the cookie comes with a 404; whether it came, the next answer shows
        web.get(COOKIE_SITE, "/")
    crumb = web.get(CRUMB_SITE, CRUMB).content.decode("ascii", "replace").strip()
    if not re.fullmatch(CRUMB_FORM, crumb):
        raise FetchError(f"yahoo gave no crumb but {crumb[:60]!r}")
    return crumb


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels of one series (columns: frames/index_level.COLUMNS), or of one security for dataset security_level
    (frames/prices.prices_frame says what differs). Raises PayloadError.

    Options: series_id, currency, return_basis (``adjusted_close`` reads AdjClose or Adj Close, ``price``
    Close), optional level_column. Columns stand in any order; a date may carry a time and a zone. The three header
    lines that yfinance writes since 0.2.51 are read too, and name the ticker: option symbol, else series_id or
    security_id, has to be one of theirs.
    """
    table = _one_header(read_csv(content), options)
    asks_for_adjusted = options.get("return_basis") == "adjusted_close" and "level_column" not in options
    if asks_for_adjusted and "Close" in table.header and not set(ADJUSTED) & set(table.header):
        raise PayloadError(
            "payload has no Adj Close: where yfinance left it out, Close is adjusted itself, and level_column = "
            '"Close" says so',
            where=f"line {table.header_line}",
            value=", ".join(table.header)[:200],
        )
    return prices_frame(table, options, close="Close", adjusted=ADJUSTED, missing=MISSING)


def _one_header(table: Table, options: Mapping[str, Any]) -> Table:
    """A table whose day is called Date, and that has the prices of one ticker under their names.

    yfinance writes three header lines: the names of the prices, the ticker over each, and Date or Datetime alone.
    """
    if len(table.rows) < 2 or table.rows[1][0] not in DAYS or any(table.rows[1][1:]):
        names = ["Date" if name in DAYS else name for name in table.header]
        return replace(table, header=names) if "Date" not in table.header else table
    above, below = table.header[1:], [cell.strip() for cell in table.rows[0][1:]]
    names, tickers = (above, below) if {"Close", *ADJUSTED} & set(above) else (below, above)
    wanted = _ticker(tickers, options, table)
    kept = [at for at, ticker in enumerate(tickers, 1) if ticker == wanted]
    prices = [names[at - 1] for at in kept]
    if "Adj Close" not in prices and options.get("return_basis") == "price" and "level_column" not in options:
        raise PayloadError(
            "Close is adjusted for dividends where yfinance leaves Adj Close out: download with auto_adjust=False, or "
            'state level_column = "Close" for an index of prices',
            where=f"line {table.header_line}",
            value=", ".join(prices),
        )
    rows = [[row[0], *(row[at] for at in kept)] for row in table.rows[2:]]
    return Table(["Date", *prices], rows, table.lines[2:], table.header_line)


def _ticker(tickers: list[str], options: Mapping[str, Any], table: Table) -> str:
    of_file = sorted(set(tickers))
    if "security_id" in options and "symbol" not in options and len(of_file) == 1:
        return of_file[0]  # a security may be called as its list does
    own = stem_of(options) if options.get("dataset") == DATASET else text_option(options, "series_id")
    wanted = str(options.get("symbol") or options.get("security_id") or own).replace(".", CLASS_MARK)
    if wanted not in of_file:
        raise PayloadError(
            f"prices are not those of {wanted}: option symbol names the ticker of the file",
            where=f"line {table.lines[0]}",
            value=", ".join(of_file)[:200],
        )
    return wanted


FORMATS: dict[str, Parser] = {"yahoo_csv": parse, CHART_FORMAT: parse_chart}
