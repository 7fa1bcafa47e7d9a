"""Yahoo replayed: charts made of files of daily prices and of panels, a cookie and a crumb."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow.parquet as pq
from werkzeug import Request

from tests.support.replay.faults import Change
from tests.support.replay.route import Route

NEW_YORK = ZoneInfo("America/New_York")
OPEN, CLOSE = time(9, 30), time(16)


def routes(data: Path) -> Iterator[Route]:
    """Charts of the funds whose files are there and of the panels' tickers; the cookie and the crumb of who asks."""
    files = sorted((data / "index_levels" / "yahoo").glob("*.csv"))
    for file in files:
        body = json.dumps(chart(file.read_bytes(), file.stem)).encode()
        yield Route("yahoo", f"/v8/finance/chart/{file.stem}", body)
    for symbol in sorted(_symbols(data) - {file.stem for file in files}):
        yield Route("yahoo", f"/v8/finance/chart/{symbol}", _body(data, symbol))
    yield Route("yahoo", "/", b"", media_type="text/plain")
    yield Route("yahoo", "/v1/test/getcrumb", b"Made.Up/Crumb", media_type="text/plain")


def chart(content: bytes, symbol: str) -> dict[str, Any]:
    """A file of daily prices as the chart that the site makes of it in the evening of its last day."""
    rows = list(csv.DictReader(content.decode().splitlines()))
    days = [date.fromisoformat(row["Date"]) for row in rows]
    times = [seconds(day, OPEN) for day in days]
    columns = {name.lower(): [float(row[name]) for row in rows] for name in ("Open", "High", "Low", "Close")}
    dividends = {
        str(at): {"amount": float(row["Dividends"]), "date": at}
        for at, row in zip(times, rows, strict=True)
        if float(row["Dividends"])
    }
    quote = {**columns, "volume": [int(row["Volume"]) for row in rows]}
    return _answer(symbol, days, dividends, quote, [float(row["AdjClose"]) for row in rows])


def chart_of_panels(data: Path, symbol: str) -> dict[str, Any]:
    """The bars that the panels have of a ticker: one a month, one a day from the first day of the daily panel.

    Of the daily panel nothing but the adjusted close is known; the monthly one is put on its scale, as a vendor
    rewrites adjusted closes.
    """
    months = _monthly(data).get(symbol, pd.DataFrame(columns=["close", "adj_close"], dtype="float64"))
    daily = _daily(data)
    days = daily[symbol].dropna().rename("adj_close").to_frame() if symbol in daily else months.iloc[:0]
    both = months.index.intersection(days.index)
    if len(both):
        months = months * (days["adj_close"][both[-1]] / months["adj_close"][both[-1]])
    rows = pd.concat([months[~months.index.isin(days.index)], days]).sort_index()
    rows["close"] = rows["close"].fillna(rows["adj_close"])
    closes, adjusted = ([None if pd.isna(price) else price for price in rows[name]] for name in ("close", "adj_close"))
    return _answer(symbol, [stamp.date() for stamp in rows.index], {}, {"close": closes}, adjusted)


def _body(data: Path, symbol: str) -> Callable[[Request], bytes]:
    return lambda request: json.dumps(chart_of_panels(data, symbol)).encode()


PANELS = ("girgott_202311", "wide_20221122_20260626")
NOT_TICKERS = ("ticker", "time")


def _panel(data: Path, number: int) -> Path:
    return data / "prices" / "panels" / f"{PANELS[number]}.parquet"


def _symbols(data: Path) -> set[str]:
    if not _panel(data, 0).is_file():
        return set()
    tickers = pq.read_table(_panel(data, 0), columns=["ticker"])["ticker"].unique().to_pylist()
    return {*tickers, *pq.read_schema(_panel(data, 1)).names} - {*NOT_TICKERS}


@cache
def _monthly(data: Path) -> dict[str, pd.DataFrame]:
    """The monthly panel by ticker, by day: close and adj_close. Read at the first request for a chart."""
    panel = pd.read_parquet(_panel(data, 0), columns=["ticker", "date", "close", "adj_close"])
    panel["date"] = pd.to_datetime(panel["date"])
    return {
        ticker: rows.set_index("date")[["close", "adj_close"]].sort_index() for ticker, rows in panel.groupby("ticker")
    }


@cache
def _daily(data: Path) -> pd.DataFrame:
    return pd.read_parquet(_panel(data, 1))


def _answer(
    symbol: str, days: list[date], dividends: dict[str, Any], quote: dict[str, list[Any]], adjusted: list[Any]
) -> dict[str, Any]:
    result = {
        "meta": meta(symbol, days[-1]),
        "timestamp": [seconds(day, OPEN) for day in days],
        "events": {"dividends": dividends},
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]},
    }
    return {"chart": {"result": [result], "error": None}}


def meta(symbol: str, last: date) -> dict[str, Any]:
    """What a chart says of itself once the session of its last day has closed."""
    session = {"timezone": "EST", "gmtoffset": -18000, "start": seconds(last, OPEN), "end": seconds(last, CLOSE)}
    return {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "PCX",
        "regularMarketTime": seconds(last, CLOSE),
        "gmtoffset": -18000,
        "timezone": "EST",
        "exchangeTimezoneName": "America/New_York",
        "currentTradingPeriod": {"regular": session},
        "dataGranularity": "1d",
    }


def seconds(day: date, at: time) -> int:
    """A time of day in New York, in seconds since 1970."""
    return int(datetime.combine(day, at, NEW_YORK).timestamp())


def _another_schema(body: bytes) -> bytes:
    return body.replace(b'"timestamp":', b'"timestamps":')


def _older(body: bytes) -> bytes:
    """Without the newest two days."""
    return _with_bars(body, lambda bars: bars[:-2])


def _twice(body: bytes) -> bytes:
    """Every day twice."""
    return _with_bars(body, lambda bars: [bar for bar in bars for _ in range(2)])


def _with_bars(body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    answer = json.loads(body)
    [found] = answer["chart"]["result"]
    found["timestamp"] = change(found["timestamp"])
    for group in found["indicators"].values():
        group[:] = [{name: change(cells) for name, cells in one.items()} for one in group]
    return json.dumps(answer).encode()


CHANGES: dict[str, Change] = {
    "another_schema": _another_schema,
    "older_than_yesterday": _older,
    "empty_list": lambda body: b'{"chart": {"result": [], "error": null}}',
    "duplicate_rows": _twice,
}
"""Faults of a chart."""
