"""Invented members of two indices from 1995 on: their lives, prices, tickers and ends, and the three files of them.

Belongs here: the random lives and writing them as the real files are written. Does not belong here: which source
gets which file (vendors/sample.py), parsing (the real formats' modules).

Each month has its own seed, so what a session sees never changes later. The shape is that of US stocks in
Bessembinder (2018): most end, most earn less than cash, a few carry the mean. Nobody enters after the first
reconstitution, and averages of the members do not add up to the sample's index levels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from assets import calendar
from assets.ingest.parsing.delimited_text import Days, Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SEED = 19960229
RECONSTITUTION = np.datetime64("1995-06-30")
"""First day as a member of all names, and the day from which prices are drawn."""

LEAVES_INDEX = np.datetime64("2000-06-30")
"""First day on which nobody is a member any more."""

FIRST_LEVEL = np.datetime64("1995-12-29")


@dataclass(frozen=True)
class Group:
    """The members of one index: how many, and how they move and end. Rates and volatilities are fractions a year."""

    series_id: str
    count: int
    growth: float
    volatility: float
    volatility_spread: float
    first_price: float
    dividend_yield: float
    dollar_volume: float
    merger_rate: float
    exchanges: tuple[float, float, float]


GROUPS = (
    Group("R1000", 980, 0.089, 0.25, 0.20, 38.0, 0.026, 4.0e6, 0.032, (0.80, 0.19, 0.01)),
    Group("R2000", 1968, 0.106, 0.44, 0.28, 17.0, 0.014, 2.5e5, 0.029, (0.36, 0.56, 0.08)),
)
EXCHANGES = ("NYSE", "NASDAQ", "AMEX")

MARKET_VOLATILITY = 0.15
OTHER_RATE = 0.0015
"""Share of names that end a year for another reason: liquidated, or gone from the exchange on their own wish."""

MISSING_DELISTING_RETURN = 0.3
"""Share of failures for which nobody found out what holders got."""

RENAMED = 0.012
"""Share of names that change their ticker in a year; about a third take one that another name had before."""

Cause = Literal["", "merger", "performance", "other"]
ALIVE, MERGER, PERFORMANCE, OTHER = range(4)
CAUSES: tuple[Cause, ...] = ("", "merger", "performance", "other")
CODES = {"stock": 231, "cash": 233, "mixed": 241, "liquidated": 470}
FAILURE_CODES = (552, 560, 574, 580, 584)
BANKRUPT = 574

POWERS_OF_TEN = np.array([float(10**power) for power in range(23)])
"""Exact, as far as floats go."""

NAME_KINDS = ("Industries", "Holdings", "Systems", "Foods", "Energy", "Bancorp", "Labs", "Stores", "Works", "Lines")

SECURITY_HEADER = (
    "PermId,Ticker,TickerFrom,TickerTo,Name,Exchange,Listed,Delisted,Cause,Code,DelistingReturn,Acquirer,Ratio,Cash"
)


@dataclass(frozen=True)
class Names:
    """What does not change in a name's life; one entry a name in each array. ``group`` counts in GROUPS."""

    group: Ints
    volatility: Floats
    beta: Floats
    dividend_yield: Floats
    first_price: Floats
    dollar_volume: Floats
    exchange: Ints
    listed: Days


@dataclass(frozen=True)
class End:
    """How a name ended: what holders got against the last month-end's close, as far as it is known."""

    day: np.datetime64
    cause: Cause
    code: int
    delisting_return: float | None
    acquirer: int | None = None
    exchange_ratio: float | None = None
    cash_per_share: float | None = None


@dataclass(frozen=True)
class Spell:
    """A ticker of a name: its own from ``start`` to the day before ``end`` (NaT while it is)."""

    name: int
    ticker: str
    start: np.datetime64
    end: np.datetime64


@dataclass(frozen=True)
class Lives:
    """``level`` (with total return), ``close`` and ``volume`` are months by names, NaN once a name has ended.

    ``ends`` has how a name ended, by name.
    """

    month_ends: Days
    level: Floats
    close: Floats
    volume: Floats
    ends: dict[int, End]


# Files


def membership_csv(series_id: str, session: date) -> bytes:
    """Columns ticker, start_date, end_date: one row a stay of a ticker in an index, as known at the session.

    Nothing before the first level.
    """
    today = np.datetime64(session)
    if today < FIRST_LEVEL:
        return b""
    group = [group.series_id for group in GROUPS].index(series_id)
    rows = []
    for spell in spells():
        start = max(spell.start, RECONSTITUTION)
        end = LEAVES_INDEX if np.isnat(spell.end) else min(spell.end, LEAVES_INDEX)
        if names().group[spell.name] == group and start < end and start <= today:
            rows.append(f"{spell.ticker},{start},{_known(end, today)}")
    return "\n".join(["ticker,start_date,end_date", *sorted(rows), ""]).encode()


def security_csv(session: date) -> bytes:
    """The columns of SECURITY_HEADER, one row a ticker of a name; an end after the session is not in it.

    Nothing before the first level.
    """
    today = np.datetime64(session)
    if today < FIRST_LEVEL:
        return b""
    rows = [_security_row(spell, today) for spell in spells() if spell.start <= today]
    return "\n".join([SECURITY_HEADER, *rows, ""]).encode()


def _security_row(spell: Spell, today: np.datetime64) -> str:
    end = lives().ends.get(spell.name)
    ended = ["", "", "", "", "", "", ""]
    if end and end.day <= today:
        acquirer = None if end.acquirer is None else permanent_id(end.acquirer)
        numbers = (end.delisting_return, acquirer, end.exchange_ratio, end.cash_per_share)
        ended = [str(cell) if cell is not None else "" for cell in (end.day, end.cause, end.code, *numbers)]
    at = spell.name
    title = f"Sample {NAME_KINDS[at % len(NAME_KINDS)]} {at + 1}"
    exchange = EXCHANGES[names().exchange[at]]
    ticker = [spell.ticker, str(spell.start), _known(spell.end, today)]
    return ",".join([permanent_id(at), *ticker, title, exchange, str(names().listed[at]), *ended])


def _known(day: np.datetime64, today: np.datetime64) -> str:
    return str(day) if not np.isnat(day) and day <= today else ""


@lru_cache(maxsize=2)
def _panel_bytes(month_end: date) -> bytes:
    table = panel(month_end)
    sink = io.BytesIO()
    # Four digits leave few different values: with room for all of them the file is two thirds as large.
    pq.write_table(table, sink, compression="zstd", dictionary_pagesize_limit=2**22)
    return sink.getvalue()


def panel_parquet(session: date) -> bytes:
    """The month-ends up to the session as one long table, or nothing before the first."""
    complete = _panel_days(session)
    return _panel_bytes(complete[-1].item()) if len(complete) else b""


def panel(session: date, frequency: Literal["monthly", "daily"] = "monthly", names: int | None = None) -> pa.Table:
    """Columns ticker, date, close, adj_close, avg_dollar_volume: one row a name and day up to the last complete month,
    sorted by id and date, of the first ``names`` names (of all where it is None).

    ``daily`` has every session between the month-ends of ``monthly``: for measuring at a real provider's size.
    """
    shown = lives().level.shape[1] if names is None else names
    months = np.searchsorted(lives().month_ends, _panel_days(session))
    days = lives().month_ends[months]
    grids = [grid[months, :shown] for grid in (lives().close, lives().level, lives().volume)]
    if frequency == "daily" and len(days):
        days, grids = _to_daily(days, grids)
    # Names first, as the real file is sorted.
    has_level = ~np.isnan(grids[1].T)
    who, when = np.nonzero(has_level)
    ids = pa.DictionaryArray.from_arrays(
        pa.array(who, pa.int32()), pa.array([permanent_id(at) for at in range(shown)], pa.large_string())
    )
    columns: dict[str, Any] = {"ticker": ids.cast(pa.large_string()), "date": pa.array(days[when])}
    for name, grid in zip(("close", "adj_close", "avg_dollar_volume"), grids, strict=True):
        columns[name] = grid.T[has_level]
    return pa.table(columns)


def _panel_days(session: date) -> Days:
    ends = lives().month_ends
    return ends[(ends >= FIRST_LEVEL) & (ends <= np.datetime64(session))]


def _to_daily(month_ends: Days, grids: list[Floats]) -> tuple[Days, list[Floats]]:
    """Sessions between the month-ends; prices wander from one to the next, volumes stay those of the month."""
    sessions = _sessions()
    days = sessions[(sessions >= month_ends[0]) & (sessions <= month_ends[-1])]
    after = np.searchsorted(month_ends, days)
    before = np.maximum(after - 1, 0)
    length = np.maximum((month_ends[after] - month_ends[before]).astype(int), 1)
    share = ((days - month_ends[before]).astype(int) / length)[:, None]
    noise = _rng(0, 2).normal(0, 0.02, (len(days), grids[0].shape[1])) * np.sqrt(share * (1 - share))
    close, level, volume = grids
    logs = np.log(level)
    daily = _significant(np.exp(logs[before] * (1 - share) + logs[after] * share + noise))
    # A split shows at the month-end, as in the monthly rows.
    newest = np.where(month_ends[after] == days, after, before)
    return days, [_significant(daily * (close / level)[newest]), daily, volume[after]]


def permanent_id(name: int) -> str:
    """The id of a name in all files but the list of members, which has tickers."""
    return f"S{name + 1:06d}"


# Lives


@cache
def names() -> Names:
    """All names, large ones first."""
    rng = _rng(0, 0)
    group = np.repeat(np.arange(len(GROUPS)), [index.count for index in GROUPS])
    count = len(group)

    def of_group(field: str) -> Floats:
        return _of_group(group, field)

    chances = np.cumsum([index.exchanges for index in GROUPS], axis=1)[group]
    pays = rng.uniform(size=count) < np.where(group == 0, 0.85, 0.5)
    return Names(
        group=group,
        volatility=of_group("volatility") * np.exp(of_group("volatility_spread") * rng.normal(size=count)),
        beta=np.clip(rng.normal(1.0, 0.3, count), 0.2, 2.0),
        dividend_yield=np.where(pays, of_group("dividend_yield") * rng.uniform(0.5, 1.8, count), 0.0),
        first_price=np.round(of_group("first_price") * np.exp(rng.normal(0, 0.55, count)), 2),
        dollar_volume=of_group("dollar_volume") * np.exp(rng.normal(0, 1.2, count)),
        exchange=(rng.uniform(size=(count, 1)) > chances).sum(axis=1).clip(max=len(EXCHANGES) - 1),
        listed=np.datetime64("1995-05-31") - (rng.uniform(20, 12_000, count) ** 0.98).astype("timedelta64[D]"),
    )


def _of_group(group: Ints, field: str) -> Floats:
    """A number of each name's group, one entry a name."""
    return np.array([getattr(index, field) for index in GROUPS], dtype=float)[group]


@cache
def lives() -> Lives:
    """Every month of every name from the first reconstitution to the calendar's end, made once a process."""
    month_ends = _month_ends()
    shape = len(month_ends), len(names().group)
    level, close, volume = (np.full(shape, np.nan) for _ in range(3))
    level[0] = close[0] = names().first_price
    volume[0] = _significant(names().dollar_volume, 2)
    ends: dict[int, End] = {}
    for at in range(1, len(month_ends)):
        rng = _rng(int(month_ends[at].astype("datetime64[M]").astype(int)), 0)
        moved = level[at - 1] * np.exp(_log_moves(rng, level[at - 1]))
        fate = _fates(rng, level[at - 1], close[at - 1])
        stays = (fate == ALIVE) & ~np.isnan(level[at - 1])
        level[at] = np.where(stays, _significant(moved), np.nan)
        close[at] = np.where(stays, _closes(rng, close[at - 1], level[at] / level[at - 1]), np.nan)
        traded = names().dollar_volume * (moved / level[0]) ** 0.8 * np.exp(rng.normal(0, 0.3, shape[1]))
        volume[at] = np.where(stays, _significant(traded, 2), np.nan)
        ends |= _ends(rng, month_ends[at], fate, close[at - 1], stays)
    return Lives(month_ends, level, close, volume, ends)


def _log_moves(rng: np.random.Generator, level: Floats) -> Floats:
    """A month's log returns, one entry a name.

    The average over all names grows evenly, so the middle name falls behind it.
    """
    market = rng.normal(0, MARKET_VOLATILITY / np.sqrt(12))
    own = np.clip(rng.standard_t(5, len(level)) / np.sqrt(5 / 3), -6, 6)
    # A name that has grown moves less, one that has shrunk moves more.
    volatility = names().volatility * np.clip((level / names().first_price) ** -0.12, 0.5, 1.8)
    variance = (names().beta * MARKET_VOLATILITY) ** 2 + volatility**2
    growth = _of_group(names().group, "growth")
    moves: Floats = (growth - variance / 2) / 12 + names().beta * market + volatility / np.sqrt(12) * own
    return moves


def _fates(rng: np.random.Generator, level: Floats, close: Floats) -> Ints:
    """What a month does to each name, one entry a name: ALIVE or a cause of its end (position in CAUSES)."""
    failure = np.select([close < 0.5, close < 1, close < 2, close < 4], [0.20, 0.10, 0.03, 0.006], 0.0001)
    grown = level / names().first_price
    # Nobody buys what is nearly worthless, and few can buy what has grown thirtyfold.
    wanted = np.select([close < 2, grown > 30], [0.3, 0.25], 1.0)
    merger = _of_group(names().group, "merger_rate") / 12 * wanted
    limits = np.cumsum([failure, merger, np.full(len(level), OTHER_RATE / 12)], axis=0)
    drawn = rng.uniform(size=len(level))
    fate = np.select(list(drawn < limits), [PERFORMANCE, MERGER, OTHER], ALIVE)
    return np.where(np.isnan(level), ALIVE, fate)


def _closes(rng: np.random.Generator, before: Floats, growth: Floats) -> Floats:
    """The closes of a month, one entry a name: they fall by dividends and splits, which the level does not see."""
    close = before * growth * (1 - names().dividend_yield / 12)
    acts = rng.uniform(size=len(close)) < 0.3
    split = np.select([acts & (close > 240), acts & (close > 80), acts & (close < 1)], [4.0, 2.0, 0.1], 1.0)
    return np.maximum(_significant(close / split), 0.01)


def _ends(
    rng: np.random.Generator, month_end: np.datetime64, fate: Ints, close: Floats, stays: Bools
) -> dict[int, End]:
    """The ends of one month, by name. All fall before its last session, so that no month-end is without its level."""
    month = month_end.astype("datetime64[M]")
    sessions = _sessions()
    days = sessions[(sessions >= month.astype("datetime64[D]")) & (sessions < month_end)]
    return {
        int(at): _end(rng, int(at), CAUSES[fate[at]], rng.choice(days), close, stays)
        for at in np.flatnonzero(fate != ALIVE)
    }


def _end(rng: np.random.Generator, at: int, cause: Cause, day: np.datetime64, close: Floats, stays: Bools) -> End:
    if cause == "performance":
        return _failure(rng, at, day)
    if cause == "other":
        got = round(float(np.clip(rng.normal(0.0, 0.08), -0.5, 0.5)), 4)
        return End(day, cause, CODES["liquidated"], got)
    return _merger(rng, at, day, close, stays)


def _failure(rng: np.random.Generator, at: int, day: np.datetime64) -> End:
    """Worse on Nasdaq than elsewhere, and nearly everything is lost in a bankruptcy."""
    code = int(rng.choice(FAILURE_CODES))
    average = -0.9 if code == BANKRUPT else -0.55 if EXCHANGES[names().exchange[at]] == "NASDAQ" else -0.3
    got = round(float(np.clip(rng.normal(average, 0.2), -1.0, 0.3)), 4)
    is_missing = rng.uniform() < MISSING_DELISTING_RETURN
    return End(day, "performance", code, None if is_missing else got)


def _merger(rng: np.random.Generator, at: int, day: np.datetime64, close: Floats, stays: Bools) -> End:
    """The terms are worth the delisting return at the closes of the last month-end."""
    got = round(float(np.clip(rng.normal(0.06, 0.1), -0.3, 0.6)), 4)
    offer = close[at] * (1 + got)
    terms = str(rng.choice(["cash", "stock", "mixed"], p=[0.5, 0.35, 0.15]))
    cash_part = {"cash": 1.0, "stock": 0.0, "mixed": float(rng.uniform(0.2, 0.8))}[terms]
    cash = round(offer * cash_part, 4) if cash_part else None
    buyers = np.flatnonzero(stays & (close > 5) & (names().group == 0))
    if terms == "cash" or not len(buyers):
        return End(day, "merger", CODES["cash"], got, cash_per_share=round(offer, 4))
    acquirer = int(rng.choice(buyers))
    ratio = round((offer - (cash or 0.0)) / close[acquirer], 6)
    return End(day, "merger", CODES[terms], got, acquirer, ratio, cash)


# Tickers


@cache
def spells() -> tuple[Spell, ...]:
    """All tickers of all names, by name and day. At any day a ticker belongs to one name only."""
    count = len(names().group)
    current = {at: (_ticker(at), names().listed[at]) for at in range(count)}
    spells: list[Spell] = []
    unused = iter(range(count, 26**3))
    years = np.unique(_month_ends().astype("datetime64[Y]"))[1:]
    for year in years:
        january = year.astype("datetime64[D]")
        ended = [at for at in current if at in lives().ends and lives().ends[at].day < january]
        for at in ended:
            ticker, start = current.pop(at)
            spells.append(Spell(at, ticker, start, lives().ends[at].day + 1))
        spells += _renamings(year, current, spells, unused)
    for at, (ticker, start) in current.items():
        end = lives().ends[at].day + 1 if at in lives().ends else np.datetime64("NaT")
        spells.append(Spell(at, ticker, start, end))
    return tuple(sorted(spells, key=lambda spell: (spell.name, spell.start)))


def _renamings(
    year: np.datetime64,
    current: dict[int, tuple[str, np.datetime64]],
    spells: list[Spell],
    unused: Iterator[int],
) -> list[Spell]:
    """Spells that end by a new ticker in a year, which ``current`` gets; an old one is free after a year."""
    rng = _rng(int(year.astype(int)), 1)
    drawn, days = rng.uniform(size=len(names().group)), rng.integers(32, 300, len(names().group))
    used = {ticker for ticker, _ in current.values()}
    last_year = (year - 1).astype("datetime64[D]")
    free = sorted({spell.ticker for spell in spells if spell.end < last_year} - _taken_since(spells, last_year) - used)
    ended: list[Spell] = []
    for at in [at for at in current if drawn[at] < RENAMED]:
        day = year.astype("datetime64[D]") + int(days[at])
        if at in lives().ends and lives().ends[at].day <= day:
            continue
        ticker, start = current[at]
        takes_old = free and drawn[at] < RENAMED / 3
        new = free.pop(int(drawn[at] * 1e6) % len(free)) if takes_old else _ticker(next(unused))
        ended.append(Spell(at, ticker, start, day))
        current[at] = new, day
    return ended


def _taken_since(spells: list[Spell], day: np.datetime64) -> set[str]:
    return {spell.ticker for spell in spells if spell.end >= day}


def _ticker(number: int) -> str:
    """ZAAA, ZAAB, …: four letters that begin with a Z."""
    return "Z" + "".join(chr(65 + number // 26**place % 26) for place in (2, 1, 0))


# Days and numbers


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng([SEED, *key])


@cache
def _sessions() -> Days:
    days = calendar.exchange().sessions.to_numpy(dtype="datetime64[D]")
    return days[days >= RECONSTITUTION]


@cache
def _month_ends() -> Days:
    """The last session of every month from the first reconstitution on."""
    days = _sessions()
    months = days.astype("datetime64[M]")
    return days[np.append(months[1:] != months[:-1], True)]


def _significant(values: Floats, digits: int = 4) -> Floats:
    """Rounded to so many digits: small files, and the same numbers on machines that differ in the last bit.

    Powers of ten are taken from a table: a machine's own may be a bit off, and every quotient with them.
    """
    places = digits - 1 - np.floor(np.log10(values))
    scale = POWERS_OF_TEN[np.abs(np.nan_to_num(places)).astype(int)]
    rounded: Floats = np.where(places < 0, np.round(values / scale) * scale, np.round(values * scale) / scale)
    return rounded
