"""The files of the invented indices: levels, prices of funds on them, portfolios by size; and the two files of facts.

Belongs here: writing paths as the real files are written. Does not belong here: the paths (index_paths.py), parsing
(the real formats' modules), which source gets which file (vendors/sample.py).

Every function gives the bytes that a session (the newest closed one) sees, none before the first row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.ingest.parsing.delimited_text import Days, Floats
from assets.ingest.sample.index_paths import Size, month_ends, paths, random_of, returns_table

ESTIMATES = Path(__file__).with_name("eps.csv")
"""The one thing here that is not invented, with the policy rate: the forecasts that the reference note printed."""


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


def policy_rate_csv(session: date) -> bytes:
    """Columns observation_date, DFEDTARU: the Federal Reserve's rate in percent as it was set, one row a day from its
    first change on: facts, not invented.
    """
    changes = [(date.fromisoformat(day), rate) for day, rate in returns_table()["policy_rate"].items()]
    days = pd.date_range(changes[0][0], session)
    if not len(days):
        return b""
    rates = pd.Series(dict(changes)).reindex([day.date() for day in days]).ffill()
    rows = [f"{day:%Y-%m-%d},{rate:.2f}" for day, rate in zip(days, rates, strict=True)]
    return ("observation_date,DFEDTARU\n" + "\n".join(rows) + "\n").encode()


def estimates_csv(session: date) -> bytes:
    """The forecasts made up to the session, with the columns of eps.csv."""
    header, *rows = ESTIMATES.read_text(encoding="utf-8").splitlines()
    day = header.split(",").index("Date")
    known = [row for row in rows if row.split(",")[day] <= session.isoformat()]
    return "\n".join([header, *known, ""]).encode() if known else b""


def fred_csv(levels: Floats, session: date) -> bytes:
    """Columns DATE, VALUE: all weekdays, levels with two decimals, a point for a holiday.

    ``levels``: one entry a session, as in Paths.
    """
    count = paths().until(session)
    if not count:
        return b""
    weekdays = np.arange(paths().days[0], np.datetime64(session) + 1)
    weekdays = weekdays[np.is_busday(weekdays)]
    cells = np.full(len(weekdays), ".", dtype=object)
    cells[np.searchsorted(weekdays, paths().days[:count])] = [f"{level:.2f}" for level in levels[:count].tolist()]
    rows = [f"{day},{cell}" for day, cell in zip(weekdays.astype(str).tolist(), cells, strict=True)]
    return "\r\n".join(["DATE,VALUE", *rows, ""]).encode()


def yahoo_csv(name: str, session: date) -> bytes:
    """Columns Date, Open, High, Low, Close, AdjClose, Volume, Dividends, one row a session, prices as floats.

    The adjusted close is the one that Yahoo would show on that session.
    """
    prices = fund_prices(name)
    count = int(np.searchsorted(prices.days, np.datetime64(session), side="right"))
    if not count:
        return b""
    kept = 1 - prices.paid[:count]
    # Each dividend up to the session lowers every close before its day.
    later = np.append(np.cumprod(kept[::-1])[::-1][1:], 1.0)
    adjusted = _printed(prices.close[:count] * later)
    columns = [prices.days.astype(str).tolist(), *prices.before_adjusted, adjusted, *prices.after_adjusted]
    rows = map(",".join, zip(*(column[:count] for column in columns), strict=True))
    return "\n".join(["Date,Open,High,Low,Close,AdjClose,Volume,Dividends", *rows, ""]).encode()


@dataclass(frozen=True)
class FundPrices:
    """A fund, one entry a day: days, rounded closes, share of the price paid out, and its printed columns."""

    days: Days
    close: Floats
    paid: Floats
    before_adjusted: tuple[list[str], ...]
    after_adjusted: tuple[list[str], ...]


@cache
def fund_prices(name: str) -> FundPrices:
    """The prices of one of FUNDS from FUND_START on, to the end of the calendar."""
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
    return FundPrices(days, close, paid, prices, (volume, dividends))


def _fund_noise(name: str, days: Days) -> tuple[Floats, Floats]:
    """Standard normals (days by four) and uniforms (one entry a day), from a seed a year."""
    years = days.astype("datetime64[Y]").astype(int) + 1970
    seeds = [(int(year), int((years == year).sum())) for year in np.unique(years)]
    rngs = [(random_of(year, 1 + list(FUNDS).index(name)), count) for year, count in seeds]
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


def french_csv(session: date) -> bytes:
    """Monthly and yearly tables of size portfolios, with the months that are complete at the session."""
    months, weighted, equal = portfolio_returns()
    complete = month_ends()[1:] <= np.datetime64(session)
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
def portfolio_returns() -> tuple[npt.NDArray[np.datetime64], Floats, Floats]:
    """Months, and value- and equal-weighted returns in percent (months by PORTFOLIOS), rounded as printed."""
    ends = np.searchsorted(paths().days, month_ends())
    growth = {size: 100 * (level[ends][1:] / level[ends][:-1] - 1) for size, level in paths().total.items()}
    months = paths().days[ends[1:]].astype("datetime64[M]")
    shares = np.array(list(PORTFOLIOS.values()))
    mixed = np.outer(growth["small"], shares) + np.outer(growth["large"], 1 - shares)
    years = range(1979, 1979 + len(months) // 12)
    noise = np.concatenate([random_of(year, 9).normal(size=(12, 2, len(shares))) for year in years])
    own = noise * np.array(PORTFOLIO_NOISE)
    weighted = np.round(mixed + own[:, 0], 2)
    return months, weighted, np.round(weighted + own[:, 1], 2)
