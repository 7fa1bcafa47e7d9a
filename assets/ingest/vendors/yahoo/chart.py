"""Yahoo's chart: bars of one symbol, the newest of which may still be in the making.

Belongs here: what a chart says, which day a bar is of, which bars are closed. Does not belong here: asking for it
(yahoo.py), what a level may be (frames/index_level.py, frames/security_level.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from assets.ingest.frames.index_level import level_frame
from assets.ingest.frames.prices import bars_to_keep
from assets.ingest.frames.security_level import DATASET, ids_by_owner, security_level_frame
from assets.ingest.parsing.delimited_text import Days, Floats, place, text_option
from assets.ingest.parsing.json_text import Records, list_at, part, read_json, records
from assets.ingest.payload import PayloadError

GRANULARITY = "1d"
PAID = ("dividends", "capitalGains")
"""What is paid out, by Yahoo's names of events; an adjusted close contains both."""

CLOSE, ADJUSTED = ("quote", "close"), ("adjclose", "adjclose")
PRICES = {"adjusted_close": ADJUSTED, "price": CLOSE, "gross": CLOSE}
"""Which prices a basis reads: a total return index (^RUTTR) is ``gross``, and its closes are its levels."""

TOO_LARGE = 1e15
"""No price of anything; an integer of hundreds of digits is no float either."""

TIMES = range(-2_208_988_800, 7_258_118_400)
"""Seconds of the years 1900 to 2199: another number is no time of a bar."""


def parse_chart(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels of one series (columns: frames/index_level.COLUMNS), or of one security for dataset security_level
    (frames/security_level.security_level_frame says what differs). Raises PayloadError.

    Options: return_basis (PRICES), currency, series_id; for a security its security_id, else Yahoo's symbol, and
    optional source: a chart of its own is one, on a scale of its own and with an end of its own. ``symbol`` refuses a
    chart of another one. A bar whose session hasn't closed is left out.
    """
    chart = _chart(content)
    meta = part(chart, "meta")
    symbol, currency, basis = _refuse_another(meta, options), text_option(options, "currency"), _basis(options)
    _refuse_dividends_of_an_index(chart, basis)
    times = _times(chart)
    days = _days(times, meta)
    rows = records([], [[] for _ in times])
    levels, closes = (_prices(chart, rows, days, kind) for kind in (PRICES[basis], CLOSE))
    closed = _closed(rows, times, days, meta, np.column_stack([levels, closes]))
    days_of_bars, days, levels, closes = days, days[closed], levels[closed], closes[closed]
    bars = {name: values[closed] for name, values in _bars(chart, rows, days_of_bars, meta).items()}
    if options.get("dataset") == DATASET:
        return security_level_frame(
            ids_by_owner(pd.Series([options.get("security_id") or symbol] * len(closed)), days, levels),
            days,
            levels,
            closes,
            paid=bars,
            source=options.get("source") or f"yahoo {symbol}",
            return_basis=basis,
            currency=currency,
            where=lambda row: place(rows, int(closed[row]), days_of_bars),
        )
    series_id = text_option(options, "series_id")
    return level_frame(
        rows,
        days,
        levels,
        np.zeros(len(closed)),
        series_id=series_id,
        return_basis=basis,
        currency=currency,
        bars={**bars, "close": closes},
    )


def _chart(content: bytes) -> Mapping[str, Any]:
    answer = part(read_json(content), "chart")
    error = answer.get("error") if isinstance(answer, dict) else None
    if error is not None:
        message = f"{error.get('code')}: {error.get('description')}" if isinstance(error, dict) else error
        raise PayloadError("payload is Yahoo's error, not a chart", where="chart.error", value=str(message)[:200])
    charts = list_at(answer, "result")
    if len(charts) != 1 or not isinstance(charts[0], dict):
        raise PayloadError("payload is not one chart", where="chart.result", value=f"{len(charts)} charts")
    return charts[0]


def _refuse_another(meta: Any, options: Mapping[str, Any]) -> str:
    """The chart's symbol, once symbol, currency and length of a bar are the expected ones."""
    symbol = part(meta, "symbol")
    expected = {
        "symbol": _wanted_symbol(options, symbol),
        "currency": text_option(options, "currency"),
        "dataGranularity": GRANULARITY,
    }
    for name, value in expected.items():
        if part(meta, name) != value:
            hint = "; option symbol says what Yahoo calls it" if name not in options and name == "symbol" else ""
            raise PayloadError(f"{name} is not {value}{hint}", where="meta", value=meta[name])
    return str(symbol)


def _wanted_symbol(options: Mapping[str, Any], symbol: Any) -> Any:
    """Option symbol, else what we call the series; a security may be called as its list does."""
    own = symbol if options.get("dataset") == DATASET else options.get("series_id", symbol)
    return options.get("symbol", own)


def _basis(options: Mapping[str, Any]) -> str:
    basis = text_option(options, "return_basis")
    if basis not in PRICES:
        known = ", ".join(PRICES)
        raise PayloadError(f"return_basis of a chart is one of {known}", where="option return_basis", value=basis)
    return basis


def _refuse_dividends_of_an_index(chart: Mapping[str, Any], basis: str) -> None:
    """A close beside which dividends are paid is a price, whatever the profile calls it."""
    events = chart.get("events")
    if basis == "gross" and isinstance(events, dict) and events.get("dividends"):
        raise PayloadError(
            "dividends are paid beside these closes: they are no total return index; return_basis is adjusted_close "
            "or price",
            where="events.dividends",
            value=f"{len(events['dividends'])} dividends",
        )


def _times(chart: Mapping[str, Any]) -> list[int]:
    """Seconds since 1970, UTC, at which the bars opened; the newest may be the time of a price instead."""
    times = list_at(chart, "timestamp")
    if not times:
        raise PayloadError("payload has no bars", where="timestamp")
    for row, time in enumerate(times):
        if type(time) is not int or time not in TIMES:
            raise PayloadError("timestamp can't be read", where=f"row {row + 1}", value=str(time)[:80])
        if row and time <= times[row - 1]:
            raise PayloadError("timestamps are out of order", where=f"row {row + 1}", value=_shown(time))
    return times


def _days(times: list[int], meta: Any) -> Days:
    """The exchange's days."""
    stamps = pd.to_datetime(pd.Series(times), unit="s", utc=True).dt.tz_convert(_zone(meta))
    return stamps.dt.tz_localize(None).to_numpy(dtype="datetime64[D]")


def _zone(meta: Any) -> tzinfo:
    """The exchange's zone; the offset alone is today's, and does for sessions that are nowhere near midnight."""
    name = meta.get("exchangeTimezoneName")
    try:
        return ZoneInfo(name) if name else timezone(timedelta(seconds=part(meta, "gmtoffset")))
    except (ZoneInfoNotFoundError, OverflowError, OSError, ValueError, TypeError) as error:
        raise PayloadError("the exchange's time zone is unknown", where="meta", value=error) from error


def _prices(chart: Mapping[str, Any], rows: Records, days: Days, kind: tuple[str, str]) -> Floats:
    """One list of prices, NaN where a day has none."""
    group, name = kind
    groups = list_at(chart, "indicators", group)
    if len(groups) != 1:
        raise PayloadError(f"indicators has not one {group}", where="indicators", value=f"{len(groups)}")
    prices = list_at(groups[0], name)
    if len(prices) != len(days):
        lengths = f"{len(prices)} prices, {len(days)} timestamps"
        raise PayloadError(f"{name} and timestamp are of different length", where=f"indicators.{group}", value=lengths)
    for row, price in enumerate(prices):
        if price is not None and (type(price) not in (int, float) or not abs(price) < TOO_LARGE):
            raise PayloadError(f"{name} is not a number", where=place(rows, row, days), value=str(price)[:80])
    return np.array([np.nan if price is None else price for price in prices], dtype=np.float64)


def _bars(chart: Mapping[str, Any], rows: Records, days: Days, meta: Any) -> dict[str, Floats]:
    """What the chart says of each bar beside its close: prices, and what was paid or split on the day. A chart without
    any dividend, or any split, says nothing of them.
    """
    quote = list_at(chart, "indicators", CLOSE[0])[0]
    bars = {name: _prices(chart, rows, days, (CLOSE[0], name)) for name in ("open", "high", "low") if name in quote}
    events = chart.get("events")
    for name, kinds, amount in (("dividend", PAID, _paid), ("split_factor", ("splits",), _split)):
        stated = [(kind, events[kind]) for kind in kinds if isinstance(events, dict) and events.get(kind)]
        if stated:
            bars[name] = _on_days(stated, amount, days, meta)
    return bars


def _on_days(
    stated: list[tuple[str, Mapping[str, Any]]], amount: Callable[[Any], float], days: Days, meta: Any
) -> Floats:
    """A value a bar, NaN where nothing is stated. Two dividends of one day add up."""
    values = np.full(len(days), np.nan)
    for kind, key, event in ((kind, *entry) for kind, events in stated for entry in events.items()):
        try:
            day = _days([_time(event, "date")], meta)[0]
            value = amount(event)
        except (KeyError, TypeError, ValueError) as error:
            raise PayloadError("event can't be read", where=f"events.{kind}.{key}", value=str(event)[:80]) from error
        bars = days == day
        values[bars] = np.where(np.isnan(values[bars]), 0, values[bars]) + value
    return values


def _paid(event: Mapping[str, Any]) -> float:
    return float(event["amount"])


def _split(event: Mapping[str, Any]) -> float:
    return float(event["numerator"]) / float(event["denominator"])


def _closed(rows: Records, times: list[int], days: Days, meta: Any, prices: Floats) -> np.ndarray:
    """Which bars are of sessions that have closed, one a day; ``prices``: a bar's level and close.

    Yahoo may put a live bar behind the day's own, timed by its newest price: it is left out. Other bars of one day are
    one where they say the same, or one has no price. Raises PayloadError where they differ. On the current trading day
    a newest price from before the close says that the session goes on.
    """
    newest, session = _time(meta, "regularMarketTime"), _time(meta, "currentTradingPeriod", "regular", "start")
    end = _time(meta, "currentTradingPeriod", "regular", "end")
    count = len(times)
    if count > 1 and days[-1] == days[-2] and times[-1] == newest:
        count -= 1
    bars = [tuple(None if np.isnan(price) else price for price in bar) for bar in prices[:count].tolist()]
    kept = bars_to_keep(days[:count], ~np.isnan(prices[:count, 0]), bars)
    twice = np.flatnonzero(days[kept[1:]] == days[kept[:-1]])
    if twice.size:
        row = int(kept[1:][twice[0]])
        raise PayloadError("date is given twice", where=place(rows, row, days), value=_shown(times[row]))
    is_open = newest < end and days[kept[-1]] == _days([session], meta)[0]
    return kept[:-1] if is_open else kept


def _time(meta: Any, *path: str) -> int:
    time = part(meta, *path)
    if type(time) is not int or time not in TIMES:
        raise PayloadError(f"{path[-1]} is not a time", where="meta", value=str(time)[:80])
    return time


def _shown(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat()
