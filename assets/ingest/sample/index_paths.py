"""The invented paths of the two indices: total return, price, and the whole market.

Belongs here: the random paths, and the returns that they must hit (returns.toml). Does not belong here: writing them as
the real files are written (index_files.py), which source gets which file (vendors/sample.py).

Each year has its own seed and is drawn over all of its sessions, so what a session sees never changes later.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from assets import calendar
from assets.ingest.parsing.delimited_text import Days, Floats

RETURNS = Path(__file__).with_name("returns.toml")

VOLATILITY = 14.0
"""Percent a year of large, where the table says nothing."""

SMALL_TO_LARGE_VOLATILITY = 1.25
CORRELATION = 0.87
LIMIT = 0.104
"""Largest log return of a day: within 11 % either way."""

MARKET_SHARE_OF_SMALL = 0.08
DIVIDEND_POINTS = (1.3, 1.7)
"""Total return less price return of a calendar year, in percentage points."""

Size = Literal["small", "large"]
SIZES: tuple[Size, Size] = ("small", "large")


@dataclass(frozen=True)
class Paths:
    """Levels on every session from 1978-12-29 (100) on, one entry a session: total return, price, and the whole market
    (total return of small and large together).
    """

    days: Days
    total: dict[Size, Floats]
    price: dict[Size, Floats]
    market: Floats

    def until(self, session: date) -> int:
        """How many sessions there are up to and including that day."""
        return int(np.searchsorted(self.days, np.datetime64(session), side="right"))


@cache
def paths() -> Paths:
    """The paths of this process, the same in every process: about 12,000 sessions, made once."""
    table = returns_table()
    days = calendar.exchange().sessions.to_numpy(dtype="datetime64[D]")
    days = days[days >= np.datetime64(table["base"]["date"])]
    years = days.astype("datetime64[Y]").astype(int) + 1970
    totals = _yearly_totals(table)
    logs, accruals = [np.zeros((1, 2))], [np.zeros((1, 2))]
    for year in range(int(years[0]) + 1, int(years[-1]) + 1):
        rng = random_of(year)
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
def returns_table() -> dict[str, Any]:
    """What returns.toml says: the seed, the base, returns in percent by year, points inside years, policy rates."""
    return tomllib.loads(RETURNS.read_text(encoding="utf-8"))


def random_of(*key: int) -> np.random.Generator:
    """The random numbers of a key such as a year; the same in every process."""
    return np.random.default_rng([returns_table()["seed"], *key])


def _yearly_totals(table: dict[str, Any]) -> dict[int, Floats]:
    """Log return of each year that is bound: the published ones, and the random ones that lead up to them."""
    totals = {int(year): np.log1p([row[size] / 100 for size in SIZES]) for year, row in table["years"].items()}
    before = range(table["base"]["date"].year + 1, table["first"]["year"])
    common, own = random_of(0).normal(0, 0.13, (len(before), 1)), random_of(1).normal(0, 0.05, (len(before), 2))
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
    """Fat-tailed, correlated daily log returns (sessions by size) that add up to the target and stay within LIMIT."""
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
    """What a price index loses each day against total return (sessions by size): DIVIDEND_POINTS a year, evenly."""
    grown = np.exp(moves.sum(axis=0))
    yearly = np.log(grown / (grown - rng.uniform(*DIVIDEND_POINTS, 2) / 100))
    return np.tile(yearly / len(moves), (len(moves), 1))


def _market(total: Floats, years: npt.NDArray[np.int64], base: float) -> Floats:
    """The level of small and large together, one entry a session, at shares that are fixed anew at each year's end.

    ``total`` is sessions by size, ``years`` the year of each session.
    """
    shares = np.array([MARKET_SHARE_OF_SMALL, 1 - MARKET_SHARE_OF_SMALL])
    market = np.full(len(years), base)
    for year in np.unique(years)[1:]:
        here = years == year
        before = int(here.argmax()) - 1
        market[here] = market[before] * ((total[here] / total[before]) @ shares)
    return market


@cache
def month_ends() -> Days:
    """The last session of every month from December 1978 on, one entry a month."""
    days = paths().days
    months = days.astype("datetime64[M]")
    return days[np.append(months[1:] != months[:-1], True)]
