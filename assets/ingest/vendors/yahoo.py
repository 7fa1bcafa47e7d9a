"""Yahoo Finance: daily prices of one security, with a close that is adjusted for dividends.

Belongs here: asking for a chart, Yahoo's names, its mark for a missing day. Does not belong here: the bars of a chart
(_yahoo_chart.py), how a rewritten adjusted close is chained to stored levels (core).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pandas as pd

from assets.ingest.http import Answer, Http, Site
from assets.ingest.payload import (
    DeniedError,
    FetchContext,
    FetchError,
    Parser,
    Payload,
    Source,
    payload_from,
)
from assets.ingest.vendors._asking import asked_text
from assets.ingest.vendors._levels import price_levels
from assets.ingest.vendors._security_levels import DATASET, security_prices
from assets.ingest.vendors._yahoo_chart import parse_chart

SITE = Site(vendor="yahoo", url="https://query2.finance.yahoo.com", calls_per_second=0.5)
"""No limit is documented; many calls at once are answered with 429."""

COOKIE_SITE = replace(SITE, url="https://fc.yahoo.com")
"""Believed, unchecked: it says 404 and sets the cookie that a crumb belongs to. One client keeps both."""

CRUMB_SITE = replace(SITE, url="https://query1.finance.yahoo.com")
"""Believed, unchecked: crumbs are had from here, charts from SITE."""

CHART, CRUMB = "/v8/finance/chart/", "/v1/test/getcrumb"
WHOLE_HISTORY = {"period1": 0, "period2": 9_999_999_999, "interval": "1d", "events": "div,split"}
"""From 1970 to a day that never comes: the same address every night. ``range=max`` would give months, not days."""

CRUMB_FORM = r"[!-;=-z|-~]{1,64}"
"""One word without < and {: not a page, not an error."""

MISSING = ("null", "")


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The whole daily history of option ``symbol`` (``IWM``, ``^RUTTR``). Raises FetchError."""
    symbol = asked_text(source, "symbol")
    yield payload_from(source, _chart(context.web(), CHART + quote(symbol, safe="")), "yahoo_chart_json")


def _chart(web: Http, path: str) -> Answer:
    """A chart is had without a crumb most days; on the others with one."""
    try:
        return web.get(SITE, path, WHOLE_HISTORY)
    except DeniedError:
        return web.get(SITE, path, WHOLE_HISTORY, secret={"crumb": _crumb(web)})


def _crumb(web: Http) -> str:
    with suppress(FetchError):  # the cookie comes with a 404; whether it came, the next answer tells
        web.get(COOKIE_SITE, "/")
    crumb = web.get(CRUMB_SITE, CRUMB).content.decode("ascii", "replace").strip()
    if not re.fullmatch(CRUMB_FORM, crumb):
        raise FetchError(f"yahoo gave no crumb but {crumb[:60]!r}")
    return crumb


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels of one series (columns: _levels.COLUMNS), or of one security for dataset security_level
    (_security_levels.security_prices says what differs). Raises PayloadError.

    Options: series_id, currency, return_basis (``adjusted_close`` reads AdjClose or Adj Close, ``price``
    Close), optional level_column. Columns stand in any order; a date may carry a time and a zone.
    """
    read = security_prices if options.get("dataset") == DATASET else price_levels
    return read(content, options, close="Close", adjusted=("AdjClose", "Adj Close"), missing=MISSING)


FORMATS: dict[str, Parser] = {"yahoo_csv": parse, "yahoo_chart_json": parse_chart}
