"""Yahoo replayed: charts made of files of daily prices, a cookie and a crumb."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.replay.faults import Change
from tests.replay.route import Route

NEW_YORK = ZoneInfo("America/New_York")
OPEN, CLOSE = time(9, 30), time(16)


def routes(data: Path) -> Iterator[Route]:
    """Charts of the funds whose files are there; the cookie and the crumb of whoever asks for them."""
    for file in sorted((data / "index_levels" / "yahoo").glob("*.csv")):
        body = json.dumps(chart(file.read_bytes(), file.stem)).encode()
        yield Route("yahoo", f"/v8/finance/chart/{file.stem}", body)
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
    result = {
        "meta": meta(symbol, days[-1]),
        "timestamp": times,
        "events": {"dividends": dividends},
        "indicators": {
            "quote": [{**columns, "volume": [int(row["Volume"]) for row in rows]}],
            "adjclose": [{"adjclose": [float(row["AdjClose"]) for row in rows]}],
        },
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
