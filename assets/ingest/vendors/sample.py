"""Vendor ``sample``: invented data in the vendors' real formats, made from a seed for any session.

Belongs here: the random paths and writing them as the real files are written. Does not belong here: parsing
(the real formats' modules), the returns that the paths must hit (returns.toml), members of the indices and
their prices (sample/constituents.py), companies and their filings (sample/companies.py), investment trusts
(sample/funds.py): it only serves them.

Each year has its own seed and is drawn over all of its sessions, so what a session sees never changes later.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets import calendar
from assets.ingest.fetching import FetchContext
from assets.ingest.parsing.delimited_text import Days, Floats
from assets.ingest.payload import FetchError, Payload
from assets.ingest.sample import companies, constituents, funds
from assets.profile import Source

RETURNS = Path(__file__).parents[1] / "sample" / "returns.toml"
ESTIMATES = Path(__file__).parents[1] / "sample" / "eps.csv"
"""The one thing here that is not invented: the forecasts that the reference note printed."""

VOLATILITY = 14.0
"""Percent a year of large, where the table says nothing."""

SMALL_TO_LARGE_VOLATILITY = 1.25
CORRELATION = 0.87
LIMIT = 0.104
"""Largest log return of a day: within 11 % either way."""

MARKET_SHARE_OF_SMALL = 0.08
DIVIDEND_POINTS = (1.3, 1.7)
"""Total return less price return of a calendar year, in percentage points."""

LICENCE = "invented; free to use"
FileType = Literal["csv", "json", "parquet", "zip"]
MEDIA_TYPES: dict[FileType, str] = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}

UNNAMED = {
    "security": "securities",
    "security_level": "panel",
    "company": "company_tickers",
    "revenue_geography": "filings",
    "eps_estimate": "estimates",
    "fund": "funds",
}
"""The one file of each dataset that has no series."""

SERVED_WHOLE = ("fund_nav",)
"""Datasets of which a source without a series_id gets every file."""

Size = Literal["small", "large"]
SIZES: tuple[Size, Size] = ("small", "large")


@dataclass(frozen=True)
class Fund:
    """An invented fund on an index: yearly fee and dividend yield as fractions, first price in dollars."""

    size: Size
    fee: float
    dividend_yield: float
    first_price: float
    shares_a_day: float


FUND_START = np.datetime64("2005-01-03")
FUNDS = {
    "IWM": Fund("small", 0.0019, 0.0125, 64.0, 3.0e7),
    "IWB": Fund("large", 0.0015, 0.0165, 65.0, 9.0e5),
}

PORTFOLIOS = {"Lo 30": 1.15, "Med 40": 0.7, "Hi 30": -0.02, "Lo 10": 1.3, "Hi 10": -0.05}
"""Share of small in each size portfolio, the rest is large; a share outside 0 to 1 leans further out."""

PORTFOLIO_NOISE = (0.4, 0.3, 0.1, 1.0, 0.1)
"""Standard deviation of a month's own return, percentage points, in the order of PORTFOLIOS."""


@dataclass(frozen=True)
class Paths:
    """Levels on every session from 1978-12-29 (100) on: total return, price, and the whole market."""

    days: Days
    total: dict[Size, Floats]
    price: dict[Size, Floats]
    market: Floats

    def until(self, session: date) -> int:
        """How many sessions there are up to and including that day."""
        return int(np.searchsorted(self.days, np.datetime64(session), side="right"))


@dataclass(frozen=True)
class Made:
    """How one sample file is made; ``make`` gives no bytes for a session before the file's first row.

    ``dated`` gives the options that hang on the session.
    """

    format: str
    subjects: tuple[str, ...]
    make: Callable[[date], bytes]
    options: Mapping[str, str] = field(default_factory=dict)
    file_type: FileType = "csv"
    dated: Callable[[date], Mapping[str, str]] = lambda session: {}


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The payload of one series (option series_id; none where a dataset is one file), or none before it begins.

    Of a dataset in SERVED_WHOLE, a source without a series_id gets a payload for each series that has begun.

    Raises FetchError for an unknown dataset or series, another format than the series has, and a session
    after the last one of the calendar.
    """
    chosen = _chosen(source)
    last = paths().days[-1].item()
    if context.session > last:
        raise FetchError(f"the sample ends with the exchange calendar on {last} (asked for {context.session})")
    for name, made in chosen.items():
        content = made.make(context.session)
        if content:
            yield _payload(source, context.session, name, made, content)


def _payload(source: Source, session: date, name: str, made: Made, content: bytes) -> Payload:
    return Payload(
        vendor="sample",
        dataset=source.dataset,
        format=made.format,
        url=f"sample:{name}.{made.file_type}?session={session}",
        content=content,
        options=dict(made.options) | dict(made.dated(session)) | dict(source.options),
        media_type=MEDIA_TYPES[made.file_type],
        licence=source.licence or LICENCE,
        may_publish=source.may_publish,
        subjects=made.subjects,
        speaks_until=session,
    )


def _chosen(source: Source) -> dict[str, Made]:
    """The files that a source asks for, by name."""
    files = _files().get(source.dataset)
    if files is None:
        raise FetchError(f"the sample vendor has no dataset {source.dataset!r}; it has: {', '.join(_files())}")
    name = str(source.options.get("series_id", _unnamed(source)))
    chosen = files if source.dataset in SERVED_WHOLE and not name else {name: files.get(name)}
    return {name: _of_format(source, name, made, files) for name, made in chosen.items()}


def _of_format(source: Source, name: str, made: Made | None, files: Mapping[str, Made]) -> Made:
    if made is None:
        raise FetchError(f"the sample vendor has no series {name!r}; it has: {', '.join(files)}")
    if source.format not in (None, made.format):
        raise FetchError(f"the sample vendor has {name} as {made.format}, not as {source.format}")
    return made


def _unnamed(source: Source) -> str:
    """The file that a source without a series_id asks for."""
    if source.format == "kenneth_french_csv":
        return "FF_ME"
    return UNNAMED.get(source.dataset, "")


@cache
def _files() -> dict[str, dict[str, Made]]:
    """All files by dataset and name."""
    return {
        "index_level": _series(),
        "membership": {
            group.series_id: Made(
                "membership_intervals_csv", (group.series_id,), partial(constituents.membership_csv, group.series_id)
            )
            for group in constituents.GROUPS
        },
        "security": {"securities": Made("csv", (), constituents.security_csv, {"dataset": "security"})},
        "policy_rate": {
            "DFEDTARU": Made(
                "fred_csv", ("DFEDTARU",), _policy_rate, {"series_id": "DFEDTARU", "dataset": "policy_rate"}
            )
        },
        "eps_estimate": {"estimates": Made("csv", (), _estimates, {"dataset": "eps_estimate"})},
        "security_level": {
            "panel": Made(
                "price_panel_parquet",
                (),
                constituents.panel_parquet,
                {"file_name": "panel.parquet", "return_basis": "adjusted_close", "currency": "USD"},
                "parquet",
            )
        },
        "holding": {
            fund: Made("ishares_csv", (fund,), partial(companies.holdings_csv, fund), {"series_id": fund})
            for fund in companies.FUNDS
        },
        "company": {
            "company_tickers": Made(
                "sec_company_tickers_json", (), companies.tickers_json, file_type="json", dated=companies.list_day
            )
        },
        "revenue_geography": {"filings": Made("sec_fsds_zip", (), companies.filings_zip, file_type="zip")},
        "fund": {"funds": Made("toushin_search_json", (), partial(funds.search_json, _small_index), file_type="json")},
        "fund_nav": {
            fund.code: Made(
                "toushin_nav_csv",
                (fund.isin,),
                partial(funds.nav_csv, fund, _small_index),
                {"fund_id": fund.isin, "association_code": fund.code},
            )
            for fund in funds.FUNDS
        },
    }


def _small_index() -> tuple[Days, Floats]:
    return paths().days, paths().total["small"]


@cache
def _series() -> dict[str, Made]:
    made = {
        "RU2000TR": _levels("fred_csv", "gross", ("RU2000TR",), lambda day: _fred(paths().total["small"], day)),
        "RU1000TR": _levels("fred_csv", "gross", ("RU1000TR",), lambda day: _fred(paths().total["large"], day)),
        "RU3000TR": _levels("fred_csv", "gross", ("RU3000TR",), lambda day: _fred(paths().market, day)),
        "RU2000PR": _levels("fred_csv", "price", ("RU2000PR",), lambda day: _fred(paths().price["small"], day)),
        "RU1000PR": _levels("fred_csv", "price", ("RU1000PR",), lambda day: _fred(paths().price["large"], day)),
    }
    for name in FUNDS:
        made[name] = _levels("yahoo_csv", "adjusted_close", (name,), partial(_yahoo, name))
    portfolios = tuple(f"FF_ME_{name.replace(' ', '_')}" for name in PORTFOLIOS)
    return made | {"FF_ME": _levels("kenneth_french_csv", "gross", portfolios, _french)}


def _policy_rate(session: date) -> bytes:
    """The Federal Reserve's rate as it was set, every day from its first change on: facts, not invented."""
    changes = [(date.fromisoformat(day), rate) for day, rate in _table()["policy_rate"].items()]
    days = pd.date_range(changes[0][0], session)
    if not len(days):
        return b""
    rates = pd.Series(dict(changes)).reindex([day.date() for day in days]).ffill()
    rows = [f"{day:%Y-%m-%d},{rate:.2f}" for day, rate in zip(days, rates, strict=True)]
    return ("observation_date,DFEDTARU\n" + "\n".join(rows) + "\n").encode()


def _levels(format: str, return_basis: str, subjects: tuple[str, ...], make: Callable[[date], bytes]) -> Made:
    return Made(format, subjects, make, {"return_basis": return_basis, "currency": "USD"})


# Paths


@cache
def paths() -> Paths:
    """The paths of this process, the same in every process: about 12,000 sessions, made once."""
    table = _table()
    days = calendar.exchange().sessions.to_numpy(dtype="datetime64[D]")
    days = days[days >= np.datetime64(table["base"]["date"])]
    years = days.astype("datetime64[Y]").astype(int) + 1970
    totals = _yearly_totals(table)
    logs, accruals = [np.zeros((1, 2))], [np.zeros((1, 2))]
    for year in range(int(years[0]) + 1, int(years[-1]) + 1):
        rng = _rng(year)
        moves = _year_moves(rng, days[years == year], _points(table, year, totals.get(year)))
        logs.append(moves)
        accruals.append(_dividend_accruals(rng, moves))
    cumulative = np.cumsum(np.concatenate(logs), axis=0)
    total = table["base"]["level"] * np.exp(cumulative)
    price = table["base"]["level"] * np.exp(cumulative - np.cumsum(np.concatenate(accruals), axis=0))
    return Paths(
        days,
        {size: total[:, at] for at, size in enumerate(SIZES)},
        {size: price[:, at] for at, size in enumerate(SIZES)},
        _market(total, years, table["base"]["level"]),
    )


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(RETURNS.read_text(encoding="utf-8"))


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng([_table()["seed"], *key])


def _yearly_totals(table: dict[str, Any]) -> dict[int, Floats]:
    """Log return of each year that is bound: the published ones, and the random ones that lead up to them."""
    totals = {int(year): np.log1p([row[size] / 100 for size in SIZES]) for year, row in table["years"].items()}
    before = range(table["base"]["date"].year + 1, table["first"]["year"])
    common, own = _rng(0).normal(0, 0.13, (len(before), 1)), _rng(1).normal(0, 0.05, (len(before), 2))
    drawn = common + own
    target = np.log([table["first"][size] / table["base"]["level"] for size in SIZES])
    drawn += (target - drawn.sum(axis=0)) / len(before)
    return totals | dict(zip(before, drawn, strict=True))


@dataclass(frozen=True)
class _Point:
    """A day by which the log return since the year's start is given; None leaves the year's rest free."""

    day: np.datetime64
    log_return: Floats | None
    volatility: float


def _points(table: dict[str, Any], year: int, total: Floats | None) -> list[_Point]:
    inside = [
        _Point(
            np.datetime64(row["date"]),
            np.log1p([row[size] / 100 for size in SIZES]),
            float(row["volatility"]),
        )
        for row in table["point"]
        if row["date"].year == year
    ]
    volatility = float(table["years"].get(str(year), {}).get("volatility", VOLATILITY))
    return [*inside, _Point(np.datetime64(f"{year}-12-31"), total, volatility)]


def _year_moves(rng: np.random.Generator, days: Days, points: list[_Point]) -> Floats:
    """Daily log returns (sessions by size): a bridge from each point to the next."""
    stretches, start, reached = [], 0, np.zeros(2)
    for point in points:
        end = int(np.searchsorted(days, point.day, side="right"))
        log_return = point.log_return
        target = _free_target(rng, end - start) if log_return is None else log_return - reached
        if end > start:
            stretches.append(_bridge(rng, end - start, target, point.volatility / 100))
        start, reached = end, reached + target
    return np.concatenate(stretches)


def _free_target(rng: np.random.Generator, sessions: int) -> Floats:
    years = sessions / 252
    return 0.07 * years + np.sqrt(years) * (rng.normal(0, 0.10) + rng.normal(0, 0.05, 2))


def _bridge(rng: np.random.Generator, sessions: int, target: Floats, volatility: float) -> Floats:
    """Fat-tailed, correlated daily log returns that add up to the target and stay within LIMIT."""
    large, own = rng.standard_t(5, (2, sessions))
    small = CORRELATION * large + np.sqrt(1 - CORRELATION**2) * own
    noise = np.column_stack([small, large])
    noise -= noise.mean(axis=0)
    spread = noise.std(axis=0)
    daily = volatility / np.sqrt(252) * np.array([SMALL_TO_LARGE_VOLATILITY, 1.0])
    noise *= daily / np.where(spread > 0, spread, 1.0)
    drift = target / sessions
    largest = np.abs(noise).max(axis=0)
    room = (LIMIT - np.abs(drift)) / np.where(largest > 0, largest, 1.0)
    return drift + noise * np.minimum(1.0, room)


def _dividend_accruals(rng: np.random.Generator, moves: Floats) -> Floats:
    """What a price index loses each day against total return: DIVIDEND_POINTS over the year, evenly."""
    grown = np.exp(moves.sum(axis=0))
    yearly = np.log(grown / (grown - rng.uniform(*DIVIDEND_POINTS, 2) / 100))
    return np.tile(yearly / len(moves), (len(moves), 1))


def _market(total: Floats, years: npt.NDArray[np.int64], base: float) -> Floats:
    """Small and large at fixed shares that are set anew at each year's end."""
    shares = np.array([MARKET_SHARE_OF_SMALL, 1 - MARKET_SHARE_OF_SMALL])
    market = np.full(len(years), base)
    for year in np.unique(years)[1:]:
        here = years == year
        before = int(here.argmax()) - 1
        market[here] = market[before] * ((total[here] / total[before]) @ shares)
    return market


# Files


def _estimates(session: date) -> bytes:
    """The forecasts made up to the session."""
    header, *rows = ESTIMATES.read_text(encoding="utf-8").splitlines()
    day = header.split(",").index("Date")
    made = [row for row in rows if row.split(",")[day] <= session.isoformat()]
    return "\n".join([header, *made, ""]).encode() if made else b""


def _fred(levels: Floats, session: date) -> bytes:
    """All weekdays with two decimals and a point for a holiday, as FRED exports them."""
    count = paths().until(session)
    if not count:
        return b""
    weekdays = np.arange(paths().days[0], np.datetime64(session) + 1)
    weekdays = weekdays[np.is_busday(weekdays)]
    cells = np.full(len(weekdays), ".", dtype=object)
    cells[np.searchsorted(weekdays, paths().days[:count])] = [f"{level:.2f}" for level in levels[:count].tolist()]
    rows = [f"{day},{cell}" for day, cell in zip(weekdays.astype(str).tolist(), cells, strict=True)]
    return "\r\n".join(["DATE,VALUE", *rows, ""]).encode()


def _yahoo(name: str, session: date) -> bytes:
    """Prices as floats; the adjusted close is the one that Yahoo would show on that session."""
    drawn = _fund_prices(name)
    count = int(np.searchsorted(drawn.days, np.datetime64(session), side="right"))
    if not count:
        return b""
    kept = 1 - drawn.paid[:count]
    # Each dividend up to the session lowers every close before its day.
    later = np.append(np.cumprod(kept[::-1])[::-1][1:], 1.0)
    adjusted = _printed(drawn.close[:count] * later)
    columns = [drawn.days.astype(str).tolist(), *drawn.before_adjusted, adjusted, *drawn.after_adjusted]
    rows = map(",".join, zip(*(column[:count] for column in columns), strict=True))
    return "\n".join(["Date,Open,High,Low,Close,AdjClose,Volume,Dividends", *rows, ""]).encode()


@dataclass(frozen=True)
class _FundPrices:
    """A fund's days, rounded closes, share of the price paid out on each day, and its printed columns."""

    days: Days
    close: Floats
    paid: Floats
    before_adjusted: tuple[list[str], ...]
    after_adjusted: tuple[list[str], ...]


@cache
def _fund_prices(name: str) -> _FundPrices:
    fund = FUNDS[name]
    first = int(np.searchsorted(paths().days, FUND_START))
    days, index = paths().days[first:], paths().total[fund.size][first:]
    worth = index / index[0] * np.exp(-fund.fee / 252 * np.arange(len(days)))
    noise, jitter = _fund_noise(name, days)
    paid = np.where(_pays(days), fund.dividend_yield / 4 * (0.7 + 0.6 * jitter), 0.0)
    close = np.round(fund.first_price * worth * np.cumprod(1 - paid), 2)
    before = np.concatenate([close[:1], close[:-1]])
    opened = np.round(before * (1 + 0.002 * noise[:, 0]), 2)
    high = np.round(np.maximum(opened, close) * (1 + 0.004 * np.abs(noise[:, 1])), 2)
    low = np.round(np.minimum(opened, close) * (1 - 0.004 * np.abs(noise[:, 2])), 2)
    volume = [str(int(shares)) for shares in fund.shares_a_day * np.exp(0.3 * noise[:, 3])]
    dividends = [repr(amount) for amount in np.round(paid * before, 3).tolist()]
    prices = tuple(_printed(column) for column in (opened, high, low, close))
    return _FundPrices(days, close, paid, prices, (volume, dividends))


def _fund_noise(name: str, days: Days) -> tuple[Floats, Floats]:
    """Four columns of standard normals and one of uniforms a day, from a seed a year."""
    years = days.astype("datetime64[Y]").astype(int) + 1970
    seeds = [(int(year), int((years == year).sum())) for year in np.unique(years)]
    rngs = [(_rng(year, 1 + list(FUNDS).index(name)), count) for year, count in seeds]
    noise = np.concatenate([rng.normal(size=(count, 4)) for rng, count in rngs])
    return noise, np.concatenate([rng.uniform(size=count) for rng, count in rngs])


def _pays(days: Days) -> npt.NDArray[np.bool_]:
    """Whether a day is the first session from the 22nd of a quarter's last month on."""
    months = days.astype("datetime64[M]")
    late = (days - months.astype("datetime64[D]")).astype(int) >= 21
    first = late & ~np.concatenate([[False], late[:-1]])
    return first & ((months.astype(int) + 1) % 3 == 0)


def _printed(prices: Floats) -> list[str]:
    """As Yahoo prints: a 32-bit float with all the decimals of a 64-bit one."""
    return [repr(price) for price in prices.astype(np.float32).astype(np.float64).tolist()]


def _french(session: date) -> bytes:
    """Monthly and yearly tables of size portfolios, with the months that are complete at the session."""
    months, weighted, equal = _portfolio_returns()
    complete = _month_ends()[1:] <= np.datetime64(session)
    months, weighted, equal = months[complete], weighted[complete], equal[complete]
    if not len(months):
        return b""
    stamps = [str(month).replace("-", "") for month in months]
    years = len(months) // 12
    grown = (1 + weighted[: 12 * years] / 100).reshape(years, 12, weighted.shape[1])
    yearly = np.round(100 * (grown.prod(axis=1) - 1), 2)
    lines = [
        "Invented returns of portfolios by size, in the layout of the academic files.",
        "Made from a seed for trying the pipeline; they describe no market.",
        "",
        "-99.99 or -999 stands for a missing return.",
        "",
        "",
        *_french_table("Value Weight Returns -- Monthly", stamps, weighted),
        *_french_table("Equal Weight Returns -- Monthly", stamps, equal),
        *_french_table(
            "Value Weight Returns -- Annual from January to December",
            [f"  {1979 + year}" for year in range(years)],
            yearly,
        ),
        "Copyright: none, this is invented data",
        "",
    ]
    return "\r\n".join(lines).encode()


def _french_table(title: str, stamps: list[str], returns: Floats) -> list[str]:
    rows = [
        f"{stamp},{-99.99:8.2f}," + ",".join(f"{value:8.2f}" for value in row)
        for stamp, row in zip(stamps, returns.tolist(), strict=True)
    ]
    return [f"  {title}", ",".join(["", "<= 0", *PORTFOLIOS]), *rows, "", ""]


@cache
def _portfolio_returns() -> tuple[npt.NDArray[np.datetime64], Floats, Floats]:
    """Months, and value- and equal-weighted returns of each portfolio in percent, rounded as printed."""
    ends = np.searchsorted(paths().days, _month_ends())
    growth = {size: 100 * (level[ends][1:] / level[ends][:-1] - 1) for size, level in paths().total.items()}
    months = paths().days[ends[1:]].astype("datetime64[M]")
    shares = np.array(list(PORTFOLIOS.values()))
    mixed = np.outer(growth["small"], shares) + np.outer(growth["large"], 1 - shares)
    years = range(1979, 1979 + len(months) // 12)
    noise = np.concatenate([_rng(year, 9).normal(size=(12, 2, len(shares))) for year in years])
    own = noise * np.array(PORTFOLIO_NOISE)
    weighted = np.round(mixed + own[:, 0], 2)
    return months, weighted, np.round(weighted + own[:, 1], 2)


@cache
def _month_ends() -> Days:
    """The last session of every month from December 1978 on."""
    days = paths().days
    months = days.astype("datetime64[M]")
    return days[np.append(months[1:] != months[:-1], True)]
