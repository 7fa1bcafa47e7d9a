"""Invented companies of two indices: the funds' holdings, and the SEC's list of tickers.

Belongs here: the random companies, and writing holdings and tickers as the real files are written. Does not belong
here: what they file (filings.py), which source gets which file (vendors/sample.py), parsing (the formats' modules).

All is drawn by company from fixed seeds, up to a fixed day that no calendar reaches, so what a session sees never
changes later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from assets import calendar
from assets.ingest.parsing.delimited_text import Days, Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SEED = 19941028
FIRST_SESSION = date(2000, 5, 26)
"""First session with holdings; they are those of the session before."""

HORIZON = np.datetime64("2036-01-01")
"""Nobody joins from here on; a constant, so that a longer calendar changes nothing."""

KINDS = ("reported", "implied", "missing", "region", "invalid", "domicile")
REPORTED, IMPLIED, MISSING, REGION, INVALID, DOMICILE = range(6)


@dataclass(frozen=True)
class Index:
    """The members of one index, by the fund that holds them.

    ``leavers`` is a share a year; ``kinds`` what of KINDS its companies file, in shares that add up to 1. A company's
    US share is at or above 80 % with the chance ``domestic``; else it lies around ``abroad``.
    """

    fund: str
    title: str
    inception: str
    future: str
    companies: int
    leavers: float
    letter: str
    kinds: tuple[float, ...]
    domestic: float
    abroad: tuple[float, float, float, float]
    revenue: float
    unit: int
    value: float
    value_spread: float
    lag: tuple[float, float]


INDICES = (
    Index(
        "IJR", "iShares Core S&P Small-Cap ETF", "May 22, 2000", "QFA1", 603, 0.015, "Q",
        (0.62, 0.14, 0.165, 0.04, 0.015, 0.02), 0.57, (0.2, 0.6, 3.5, 1.5), 1.2e9, 1_000, 1.4e8, 0.6, (38, 76),
    ),
    Index(
        "IVV", "iShares Core S&P 500 ETF", "May 15, 2000", "XFA1", 500, 0.008, "X",
        (0.74, 0.06, 0.12, 0.05, 0.01, 0.02), 0.41, (0.1, 0.7, 2.8, 2.2), 1.2e10, 1_000_000, 1.2e9, 1.1, (24, 60),
    ),
)  # fmt: skip
FUNDS = tuple(index.fund for index in INDICES)
LARGE = 1

TWO_CLASSES = 3
"""Large companies with two classes of shares, and with two tickers."""

WITH_CLASS = 3
"""The large company (counted from 0) whose only ticker names its class: QBRKB in holdings, QBRK-B at the SEC."""

UNLISTED = 0.008
"""Share of companies that the SEC's list of tickers does not have."""

FOREIGN, EXACT = 0.015, 0.015
"""Shares of companies that are domiciled abroad, or sell 80.000 % in the US."""

FIRST = """
ALPINE AMBER ANCHOR ARROW ASPEN BEACON BIRCH BRIDGE CANYON CEDAR CIRCLE COPPER CORAL CRYSTAL DELTA EAGLE EMBER FALCON
FOREST GRANITE HARBOR IRON JUNIPER LAKE LANTERN MAPLE MERIDIAN NORTH OAK ORCHARD PIONEER PRECISION RIVER SILVER SUMMIT
VALLEY
"""
SECOND = """
AEROSPACE ANALYTICS BANCORP BRANDS BUILDING CARE CHEMICAL CLOTHING COMPONENTS CONTROLS DEVICES DIAGNOSTICS DRILLING
ENERGY ENGINES FOODS FREIGHT FURNITURE GAMES HEALTH HOMES INSTRUMENTS INSURANCE LOGISTICS MATERIALS MEDIA METALS
NETWORKS OUTDOOR PACKAGING PAPER PHARMA SOFTWARE STORES TOOLS UTILITIES
"""
FIRST_WORDS, SECOND_WORDS = FIRST.split(), SECOND.split()
FORMS_OF_NAME = ("INC", "CORP", "CO")
SECTORS = (
    "Industrials", "Information Technology", "Financials", "Health Care", "Consumer Discretionary",
    "Consumer Staples", "Energy", "Materials", "Real Estate", "Communication", "Utilities",
)  # fmt: skip
HOLDING_HEADER = (
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Shares,Price,Location,Exchange,Currency,"
    "FX Rate,Market Currency,Accrual Date"
)
CASH, MARGIN = 0.0009, 0.0001
"""Parts of a fund that are no shares."""


@dataclass(frozen=True)
class Companies:
    """What does not change in a company's life, one entry a company. ``group`` counts in INDICES.

    A company is a member from ``start`` to the day before ``end``; ``number`` counts within its group.
    """

    group: Ints
    number: Ints
    start: Days
    end: Days
    kind: Ints
    fiscal_month: Ints
    is_foreign: Bools
    is_exact: Bools
    is_unlisted: Bools
    revenue: Floats
    growth: Floats
    us_share: Floats
    value: Floats
    price: Floats
    phase: Floats


# Files


def holdings_csv(fund: str, session: date) -> bytes:
    """The columns of HOLDING_HEADER below a preamble, one row a line of the fund's holdings of the session before.

    Nothing before the first session.
    """
    if session < FIRST_SESSION:
        return b""
    as_of = calendar.session_before(session)
    index = INDICES[FUNDS.index(fund)]
    preamble = [
        f"\ufeff{index.title}",
        f'Fund Holdings as of,"{_printed(as_of)}"',
        f'Inception Date,"{index.inception}"',
        'Shares Outstanding,"-"',
        *(f'{name},"-"' for name in ("Stock", "Bond", "Cash", "Other")),
    ]
    end = ['"These companies are invented. Holdings subject to change.', 'Free to use."']
    return "\n".join([*preamble, "\u00a0", HOLDING_HEADER, *_holding_rows(index, as_of), "\u00a0", *end, ""]).encode()


def tickers_json(session: date) -> bytes:
    """The SEC's list of tickers: all companies that are listed at the first of the session's month, and before.

    A company is on it about a quarter before it joins an index, and stays on it.
    """
    if session < FIRST_SESSION:
        return b""
    all_ = companies()
    listed = all_.start - np.timedelta64(92, "D") <= np.datetime64(session.replace(day=1))
    rows = [
        {"cik_str": cik_number(at), "ticker": ticker, "title": company_name(at).title()}
        for at in np.flatnonzero(listed & ~all_.is_unlisted).tolist()
        for ticker in _sec_tickers(at)
    ]
    return json.dumps(dict(enumerate(rows)), separators=(",", ":")).encode()


def list_day(session: date) -> dict[str, str]:
    """The option that dates the list of tickers: it may change at the first of a month only."""
    return {"as_of": session.replace(day=1).isoformat()}


# Companies


@cache
def companies() -> Companies:
    """All companies, small ones first; made once a process."""
    parts = [_drawn(group) for group in range(len(INDICES))]
    return Companies(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _drawn(group: int) -> dict[str, Any]:
    index, rng = INDICES[group], np.random.default_rng([SEED, group])
    start, end = _stays(rng, index, group)
    count = len(start)
    low, width, a, b = index.abroad
    is_domestic = rng.uniform(size=count) < index.domestic
    high_share = 1 - 0.2 * rng.beta(0.8, 1.2, count)
    foreign = rng.uniform(size=count) < FOREIGN
    return {
        "group": np.full(count, group),
        "number": np.arange(count),
        "start": start,
        "end": end,
        "kind": (rng.uniform(size=(count, 1)) > np.cumsum(index.kinds)).sum(axis=1).clip(max=len(KINDS) - 1),
        "fiscal_month": rng.choice([12, 1, 6, 9], count, p=[0.84, 0.04, 0.05, 0.07]),
        "is_foreign": foreign,
        "is_exact": rng.uniform(size=count) < EXACT,
        "is_unlisted": (rng.uniform(size=count) < UNLISTED) & (np.arange(count) > WITH_CLASS),
        "revenue": index.revenue * np.exp(rng.normal(0, 0.9, count)),
        "growth": rng.normal(0.04, 0.02, count),
        "us_share": np.where(is_domestic, high_share, low + width * rng.beta(a, b, count)),
        "value": index.value * np.exp(rng.normal(0, index.value_spread, count)),
        "price": np.round(60 * np.exp(rng.normal(0, 0.6, count)), 2),
        "phase": rng.uniform(0, 2 * np.pi, count),
    }


def _stays(rng: np.random.Generator, index: Index, group: int) -> tuple[Days, Days]:
    """First day and end of every company's stay: where one leaves, the next one joins on the same day."""
    waits = rng.exponential(365.25 / index.leavers, (index.companies, 16)).astype(int) + 30
    if group == LARGE:
        waits[: WITH_CLASS + 1] = 1_000_000  # those with a class of their own stay
    ends = np.datetime64(FIRST_SESSION) - 1 + np.cumsum(waits, axis=1)
    starts = np.column_stack([np.full(index.companies, np.datetime64(FIRST_SESSION) - 1), ends[:, :-1]])
    # By day of joining, so that the first ones are those of the first day.
    order = np.argsort(starts.ravel(), kind="stable")
    starts, ends = starts.ravel()[order], ends.ravel()[order]
    return starts[starts < HORIZON], ends[starts < HORIZON]


def company_name(at: int) -> str:
    """Another one for each company: the step has no divisor in common with the number of names."""
    code = at * 1009 % (len(FIRST_WORDS) * len(SECOND_WORDS) * len(FORMS_OF_NAME))
    code, form = divmod(code, len(FORMS_OF_NAME))
    first, second = divmod(code, len(SECOND_WORDS))
    return f"SAMPLE {FIRST_WORDS[first]} {SECOND_WORDS[second]} {FORMS_OF_NAME[form]}"


def cik_number(at: int) -> int:
    """Far above the numbers that the SEC has given out."""
    return 9_900_001 + at


def _is(at: int, group: int) -> bool:
    return bool(companies().group[at] == group)


def company_ticker(at: int) -> str:
    """QA00, QA01, …: no exchange gives out a ticker with digits."""
    number = int(companies().number[at])
    return f"{INDICES[companies().group[at]].letter}{chr(65 + number // 100)}{number % 100:02d}"


def _classes(at: int) -> list[tuple[str, str]]:
    """Ticker and name of each line that a fund holds of a company."""
    number = int(companies().number[at])
    if _is(at, LARGE) and number < TWO_CLASSES:
        return [(f"{company_ticker(at)}{letter}", f"{company_name(at)} CLASS {letter}") for letter in "AC"]
    if _is(at, LARGE) and number == WITH_CLASS:
        return [("QBRKB", f"{company_name(at)} CLASS B")]
    return [(company_ticker(at), company_name(at))]


def _sec_tickers(at: int) -> list[str]:
    return ["QBRK-B" if ticker == "QBRKB" else ticker for ticker, _ in _classes(at)]


# Holdings


def _holding_rows(index: Index, as_of: date) -> list[str]:
    """The members by market value, then what is no share: a futures contract, cash, and its margin."""
    day = np.datetime64(as_of)
    all_ = companies()
    here = (all_.group == INDICES.index(index)) & (all_.start <= day) & (day < all_.end)
    members = np.flatnonzero(here)
    level = _level(day, members)
    value, price = all_.value[members] * level, np.round(all_.price[members] * level, 2)
    lines = [
        (part / len(classes), each, at, ticker, name)
        for at, part, each in zip(members.tolist(), value.tolist(), price.tolist(), strict=True)
        for classes in [_classes(at)]
        for ticker, name in classes
    ]
    net = sum(line[0] for line in lines) / (1 - CASH - MARGIN)
    rows = [_share_row(net, *line) for line in sorted(lines, reverse=True)]
    margin = _row("-", f"CASH COLLATERAL {index.future} USD", "Cash Collateral and Margins", net * MARGIN, net)
    cash = _row("USD", "USD CASH", "Cash", net * CASH, net)
    future = _row(index.future, f"{index.fund} EMINI FUTURE", "Futures", 0.0, net)
    return [*rows, cash, margin, future]


def _level(day: np.datetime64, members: Ints) -> Floats:
    """What a price has become since 2000: waves of some years around a slow rise."""
    years = (day - np.datetime64(FIRST_SESSION)).astype(int) / 365.25
    phase = companies().phase[members]
    waves = 0.25 * np.sin(years * (0.5 + phase / 8) + phase) + 0.05 * np.sin(years * 9 + 3 * phase)
    level: Floats = np.exp(0.05 * years + waves)
    return level


def _share_row(net: float, value: float, price: float, at: int, ticker: str, name: str) -> str:
    exchange = "NASDAQ" if at % 2 else "New York Stock Exchange Inc."
    sector = SECTORS[at % len(SECTORS)]
    cells = (sector, "Equity", _money(value), _money(100 * value / net), _money(value), _money(value // price))
    return _quoted(ticker, name, *cells, _money(price), "United States", exchange)


def _row(ticker: str, name: str, asset_class: str, value: float, net: float) -> str:
    money = _money(value)
    cells = ("Cash and/or Derivatives", asset_class, money, _money(100 * value / net), money, money)
    return _quoted(ticker, name, *cells, "100.00", "United States", "-")


def _quoted(*cells: str) -> str:
    return ",".join(f'"{cell}"' for cell in (*cells, "USD", "1.00", "USD", "-"))


def _money(amount: float) -> str:
    return f"{amount:,.2f}"


def _printed(day: date) -> str:
    """A day such as "Mar 10, 2026", whatever the locale."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{months[day.month - 1]} {day.day:02d}, {day.year}"
