"""Invented companies of two indices: the funds' holdings, the SEC's list of tickers, and annual filings.

Belongs here: the random companies, what they sell where, and writing it as the real files are written. Does not
belong here: which source gets which file (sample.py), parsing (the real formats' modules).

All is drawn by company and fiscal year from fixed seeds, up to a fixed day that no calendar reaches, so what a
session sees never changes later.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets import calendar
from assets.ingest.parsing.delimited_text import Days, Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SEED = 19941028
FIRST_SESSION = date(2000, 5, 26)
"""First session with holdings; they are those of the session before."""

FIRST_ACCEPTED = date(2010, 1, 1)
"""No filing is older: geography in data begins with the fiscal years that end late in 2009."""

HORIZON = np.datetime64("2036-01-01")
"""Nobody joins from here on; a constant, so that a longer calendar changes nothing."""

FILINGS_OF = pd.DateOffset(months=15)
"""How far back the zip of filings reaches: every company's last fiscal year, late filers included."""

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

FOREIGN, EXACT, AMENDED = 0.015, 0.015, 0.02
"""Shares of companies that are domiciled abroad or sell 80.000 % in the US; share of filings that are amended."""

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
SIC_CODES = (3500, 7372, 6331, 3841, 5651, 2000, 1381, 2800, 6798, 4841, 4911)

HOLDING_HEADER = (
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Shares,Price,Location,Exchange,Currency,"
    "FX Rate,Market Currency,Accrual Date"
)
CASH, MARGIN = 0.0009, 0.0001
"""Parts of a fund that are no shares."""

SUB_HEADER = (
    "adsh cik name sic countryba stprba cityba zipba bas1 bas2 baph countryma stprma cityma zipma mas1 mas2 countryinc "
    "stprinc ein former changed afs wksi fye form period fy fp filed accepted prevrpt detail instance nciks aciks"
)
NUM_HEADER = "adsh tag version ddate qtrs uom segments coreg value footnote"
TAG_HEADER = "tag version custom abstract datatype iord crdr tlabel doc"
PRE_HEADER = "adsh report line stmt inpth rfile tag version plabel negating"

REVENUES, SEGMENTS = "Revenues", "NumberOfReportableSegments"
CONTRACT, BEFORE_CONTRACT = "RevenueFromContractWithCustomerExcludingAssessedTax", "SalesRevenueNet"
HOME_SALES = "EntityWideDisclosureOnGeographicAreasRevenueFromExternalCustomersAttributedToEntitysCountryOfDomicile"
TAGS = {
    REVENUES: ("monetary", "D", "C", "Revenues"),
    CONTRACT: ("monetary", "D", "C", "Revenue from contracts with customers"),
    BEFORE_CONTRACT: ("monetary", "D", "C", "Net sales"),
    HOME_SALES: ("monetary", "D", "C", "Sales in the country of domicile"),
    SEGMENTS: ("integer", "D", "", "Number of reportable segments"),
}
ABROAD = (
    ("NonUs",),
    ("CA", "Europe", "AsiaPacific"),
    ("CA", "AU", "RestOfWorld"),
    ("EMEA", "LatinAmerica", "AsiaPacific"),
)
"""How companies divide what they sell outside the US."""

REGIONS = ("Americas", "NorthAmerica")


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


@dataclass(frozen=True)
class Filing:
    """One filing as its rows in the four files; ``accepted`` is its day in New York."""

    accepted: date
    sub: str
    num: str
    pre: str
    version: str


# Files


def holdings_csv(fund: str, session: date) -> bytes:
    """The fund's holdings of the session before; nothing before the first session."""
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
        {"cik_str": _cik(at), "ticker": ticker, "title": _name(at).title()}
        for at in np.flatnonzero(listed & ~all_.is_unlisted).tolist()
        for ticker in _sec_tickers(at)
    ]
    return json.dumps(dict(enumerate(rows)), separators=(",", ":")).encode()


def list_day(session: date) -> dict[str, str]:
    """The option that dates the list of tickers: it may change at the first of a month only."""
    return {"as_of": session.replace(day=1).isoformat()}


def filings_zip(session: date) -> bytes:
    """The annual filings of the last fifteen months, up to the session before; nothing before the first."""
    if session <= FIRST_ACCEPTED:
        return b""
    last = calendar.session_before(session)
    first = max((pd.Timestamp(last) - FILINGS_OF).date(), FIRST_ACCEPTED)
    filings = [
        filing
        for year in range(max(first.year - 1, FIRST_ACCEPTED.year - 1), last.year + 1)
        for filing in filings_of(year)
        if first <= filing.accepted <= last
    ]
    return _zipped(filings) if filings else b""


def _zipped(filings: list[Filing]) -> bytes:
    """Equal filings give equal bytes: the files inside carry a fixed time."""
    versions = sorted({filing.version for filing in filings})
    files = {
        "sub.txt": _table(SUB_HEADER, (filing.sub for filing in filings)),
        "num.txt": _table(NUM_HEADER, (filing.num for filing in filings)),
        "tag.txt": _table(TAG_HEADER, _tag_rows(versions)),
        "pre.txt": _table(PRE_HEADER, (filing.pre for filing in filings)),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as folder:
        for name, text in files.items():
            folder.writestr(_entry(name), text, zipfile.ZIP_STORED)  # compressed bytes depend on the zlib build
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
    entry.create_system = 3  # else the bytes depend on the machine's system
    return entry


def _table(header: str, rows: Iterable[str]) -> str:
    return "\n".join([header.replace(" ", "\t"), *rows, ""])


def _tag_rows(versions: list[str]) -> Iterator[str]:
    for version in versions:
        for tag, (datatype, duration, side, label) in TAGS.items():
            yield "\t".join([tag, version, "0", "0", datatype, duration, side, label, label])


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


def _name(at: int) -> str:
    """Another one for each company: the step has no divisor in common with the number of names."""
    code = at * 1009 % (len(FIRST_WORDS) * len(SECOND_WORDS) * len(FORMS_OF_NAME))
    code, form = divmod(code, len(FORMS_OF_NAME))
    first, second = divmod(code, len(SECOND_WORDS))
    return f"SAMPLE {FIRST_WORDS[first]} {SECOND_WORDS[second]} {FORMS_OF_NAME[form]}"


def _cik(at: int) -> int:
    """Far above the numbers that the SEC has given out."""
    return 9_900_001 + at


def _is(at: int, group: int) -> bool:
    return bool(companies().group[at] == group)


def _ticker(at: int) -> str:
    """QA00, QA01, …: no exchange gives out a ticker with digits."""
    number = int(companies().number[at])
    return f"{INDICES[companies().group[at]].letter}{chr(65 + number // 100)}{number % 100:02d}"


def _classes(at: int) -> list[tuple[str, str]]:
    """Ticker and name of each line that a fund holds of a company."""
    number = int(companies().number[at])
    if _is(at, LARGE) and number < TWO_CLASSES:
        return [(f"{_ticker(at)}{letter}", f"{_name(at)} CLASS {letter}") for letter in "AC"]
    if _is(at, LARGE) and number == WITH_CLASS:
        return [("QBRKB", f"{_name(at)} CLASS B")]
    return [(_ticker(at), _name(at))]


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


# Filings


@dataclass(frozen=True)
class _Sales:
    """All revenue and that from the US of every company in one fiscal year."""

    total: Ints
    us: Ints


@cache
def filings_of(year: int) -> tuple[Filing, ...]:
    """The annual filings for fiscal years that end in a calendar year, amendments included, by day."""
    all_ = companies()
    rng = np.random.default_rng([SEED, 9, year])
    count = len(all_.group)
    ends = _fiscal_ends(year)
    accepted = _accepted(rng, ends)
    minutes = rng.integers(6 * 60, 21 * 60, count)
    is_amended = (rng.uniform(size=count) < AMENDED) & (all_.kind == REPORTED) & ~all_.is_foreign
    again = np.busday_offset(accepted, rng.integers(15, 45, count), roll="forward")
    factors = rng.choice([0.85, 0.92, 1.06], count)
    files = (ends > all_.start - np.timedelta64(730, "D")) & (ends < all_.end + np.timedelta64(365, "D"))
    sales, before = _sales(year), _sales(year - 1)
    made = []
    for at in np.flatnonzero(files).tolist():
        numbers = int(sales.total[at]), int(sales.us[at])
        one = _Year(at, ends[at].item(), int(before.total[at]), int(before.us[at]))
        made.append(_filing(one, accepted[at].item(), int(minutes[at]), *numbers, is_amendment=False))
        if is_amended[at]:
            us = min(int(numbers[1] * factors[at]) // 1000 * 1000, numbers[0])
            made.append(_filing(one, again[at].item(), int(minutes[at]), numbers[0], us, is_amendment=True))
    return tuple(sorted(made, key=lambda filing: (filing.accepted, filing.sub)))


@dataclass(frozen=True)
class _Year:
    """A company's fiscal year: its last day, and the revenue of the year before."""

    at: int
    end: date
    total_before: int
    us_before: int


def _fiscal_ends(year: int) -> Days:
    months = np.datetime64(f"{year}-01", "M") + companies().fiscal_month
    return months.astype("datetime64[D]") - 1


def _accepted(rng: np.random.Generator, ends: Days) -> Days:
    """Large companies are first; those that file a 20-F have more time."""
    all_ = companies()
    first, last = (np.array([one.lag[side] for one in INDICES])[all_.group] for side in (0, 1))
    days = first + (last - first) * rng.beta(1.6, 1.6, len(ends)) + 35 * _files_20f()
    filed: Days = np.busday_offset(ends + days.astype(int), 0, roll="forward")
    return filed


def _files_20f() -> Bools:
    """Every second company from abroad; the others file as those of the country do."""
    return companies().is_foreign & (companies().number % 2 == 0)


def _sales(year: int) -> _Sales:
    """Both drift slowly, in steps of the unit that a company reports in."""
    all_ = companies()
    unit = np.array([one.unit for one in INDICES])[all_.group]
    waves = np.sin(year * (0.3 + all_.phase / 15) + all_.phase)
    # Multiples of five units, so that four fifths of them are whole units too.
    total = np.round(all_.revenue * np.exp(all_.growth * (year - 2015) + 0.06 * waves) / (5 * unit)) * 5 * unit
    odds = all_.us_share / (1 - all_.us_share) * np.exp(0.08 * waves)
    us = np.round(total * odds / (1 + odds) / unit) * unit
    us = np.select([all_.kind == INVALID, all_.is_exact], [total * 1.08, total / 5 * 4], us)
    return _Sales(total.round().astype(np.int64), us.round().astype(np.int64))


def _filing(year: _Year, day: date, minute: int, total: int, us: int, *, is_amendment: bool) -> Filing:
    adsh = f"{_cik(year.at):010d}-{day:%y}-{2 if is_amendment else 1:06d}"
    version = f"us-gaap/{year.end.year}"
    rows = _num_rows(year, total, us)
    num = "\n".join(f"{adsh}\t{tag}\t{version}\t{rest}" for tag, rest in rows)
    tag = rows[0][0]
    pre = "\t".join([adsh, "2", "1", "IS", "0", "H", tag, version, TAGS[tag][-1], "0"])
    return Filing(day, _sub_row(year, adsh, day, minute, is_amendment), num, pre, version)


def _sub_row(year: _Year, adsh: str, day: date, minute: int, is_amendment: bool) -> str:
    all_, at = companies(), year.at
    country = "BM" if all_.is_foreign[at] else "US"
    form = "20-F" if _files_20f()[at] else "10-K"
    # From half past five in the afternoon on, a filing carries the date of the next working day.
    filed = np.busday_offset(day, 1 if minute >= 17 * 60 + 30 else 0, roll="forward").item()
    cells = {
        "adsh": adsh, "cik": str(_cik(at)), "name": _name(at), "sic": str(SIC_CODES[at % len(SECTORS)]),
        "countryba": country, "countryma": country, "countryinc": country,
        "stprinc": "DE" if country == "US" else "", "afs": "1-LAF", "wksi": "0", "fye": f"{year.end:%m%d}",
        "form": f"{form}/A" if is_amendment else form, "period": f"{year.end:%Y%m%d}",
        "fy": str(year.end.year - (year.end.month == 1)), "fp": "FY", "filed": f"{filed:%Y%m%d}",
        "accepted": f"{day} {minute // 60:02d}:{minute % 60:02d}:00.0", "prevrpt": "0", "detail": "1",
        "instance": f"{_ticker(at).lower()}-{year.end:%Y%m%d}.xml", "nciks": "1",
    }  # fmt: skip
    return "\t".join(cells.get(column, "") for column in SUB_HEADER.split())


Row = tuple[str, str]
"""A number's tag, and its cells from ddate on."""


def _num_rows(year: _Year, total: int, us: int) -> list[Row]:
    """What the filing says on revenue, the total first; then numbers that are not the year's, or not the company's."""
    kind, number = int(companies().kind[year.at]), year.at
    tag = _concept(year)
    rows = [_fact(tag, year.end, total), *KIND_ROWS[kind](year, tag, total, us)]
    if tag == CONTRACT and number % 12 == 0:
        # Two concepts, of which only one carries the geography.
        rows.append(_fact(REVENUES, year.end, total // 100 * 103))
    if number % 3 == 0:
        rows.append(_fact(tag, _year_before(year.end), year.total_before))
    if number % 4 == 0:
        rows.append(_fact(tag, year.end, total // 4, quarters=1))
    if number % 40 == 0:
        rows.append(_fact(tag, year.end, total // 2, coreg="ParentCompany"))
    return rows


def _concept(year: _Year) -> str:
    if year.at % 5 < 2:
        return REVENUES
    return CONTRACT if year.end.year >= 2018 else BEFORE_CONTRACT


def _fact(tag: str, day: date, amount: int, segments: str = "", *, quarters: int = 4, coreg: str = "") -> Row:
    return tag, f"{day:%Y%m%d}\t{quarters}\tUSD\t{segments}\t{coreg}\t{amount}.0000\t"


def _count(year: _Year, segments: int) -> Row:
    return SEGMENTS, f"{year.end:%Y%m%d}\t4\tpure\t\t\t{segments}.0000\t"


def _year_before(day: date) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(years=1)).date()


def _geography(year: _Year, tag: str, total: int, us: int, home: str = "US") -> Iterator[Row]:
    yield _fact(tag, year.end, us, f"Geographical={home};")
    members, left = ABROAD[year.at // 3 % len(ABROAD)], total - us
    for member in members[:-1]:
        part = (total - us) * 2 // 5 // 1000 * 1000
        left -= part
        yield _fact(tag, year.end, part, f"Geographical={member};")
    yield _fact(tag, year.end, left, f"Geographical={members[-1]};")


def _reported(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield from _geography(year, tag, total, us)
    if year.at % 3 == 0:
        yield _fact(tag, _year_before(year.end), year.us_before, "Geographical=US;")
        yield _fact(tag, year.end, us * 3 // 5, "Geographical=US;ProductOrService=Product;")
    if year.at % 4 == 0:
        yield _fact(tag, year.end, us // 4, "Geographical=US;", quarters=1)
    if year.at % 40 == 0:
        yield _fact(tag, year.end, us // 2, "Geographical=US;", coreg="ParentCompany")
    yield _count(year, 1 + year.at % 4)


def _implied(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield _count(year, 1)


def _missing(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield _fact(tag, year.end, total * 3 // 5, "BusinessSegments=Services;")
    yield _fact(tag, year.end, total - total * 3 // 5, "BusinessSegments=Products;")
    if year.at % 2:
        yield _count(year, 2)


def _region(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield from _geography(year, tag, total, us, REGIONS[year.at % len(REGIONS)])


def _invalid(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    """More revenue in the US than there is in all."""
    yield _fact(tag, year.end, us, "Geographical=US;")


def _domicile(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield _fact(HOME_SALES, year.end, us)
    yield _count(year, 2)


KIND_ROWS: tuple[Callable[[_Year, str, int, int], Iterator[Row]], ...] = (
    _reported, _implied, _missing, _region, _invalid, _domicile,
)  # fmt: skip
"""What a company of each of KINDS files beside its total."""
