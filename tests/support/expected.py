"""Figures 1 and 2 computed a second time, by pandas straight from the vendors' raw files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import exchange_calendars
import pandas as pd

YEARS = {"1Y": 1, "3Y": 3, "5Y": 5, "10Y": 10, "20Y": 20, "30Y": 30}
MONTHS = {"1M": 1, "3M": 3, "6M": 6}
SHORT = ("1D", "1W")
PERIODS = (*SHORT, *MONTHS, "YTD", *YEARS)
RULES = ("prev", "next", "month_end")


@cache
def sessions() -> pd.DatetimeIndex:
    """Every session of the exchange in the files' years."""
    return exchange_calendars.get_calendar("XNYS", start="1970-01-02", end="2026-12-31").sessions


def raw_levels(folder: Path, series: str) -> pd.Series:
    """The levels of a series on sessions, straight from its file."""
    if series.startswith("RU"):
        frame = pd.read_csv(folder / "index_levels/fred" / f"{series}.csv", na_values=".", parse_dates=["DATE"])
        levels = frame.set_index("DATE")["VALUE"].dropna()
    else:
        frame = pd.read_csv(folder / "index_levels/yahoo" / f"{series}.csv", parse_dates=["Date"])
        levels = frame.set_index("Date")["AdjClose"]
    return levels[levels.index.isin(sessions())]


def last_session_of(month: pd.Period) -> pd.Timestamp:
    """The last session of a calendar month."""
    return sessions()[sessions().to_period("M") == month][-1]


def last_complete_month_end(day: pd.Timestamp) -> pd.Timestamp:
    """The last session of the last month that is complete on a session."""
    own = last_session_of(day.to_period("M"))
    return own if own == day else last_session_of(day.to_period("M") - 1)


def window(levels: pd.Series, session: str, period: str, rule: str) -> tuple[pd.Timestamp | None, pd.Timestamp]:
    """Base (None where the series is too young) and end of a window, as METHOD states them."""
    end = levels.index[levels.index <= session][-1]
    if rule == "month_end":
        end = last_complete_month_end(end)
    if period == "1D":
        return levels.index[levels.index < end][-1], end
    if period == "YTD":
        base = last_session_of(pd.Period(year=end.year - 1, month=12, freq="M"))
        return (base if base in levels.index else None), end
    months = MONTHS.get(period, 12 * YEARS.get(period, 0))
    anniversary = end - (pd.DateOffset(months=months) if months else pd.DateOffset(days=7))
    if rule == "month_end":
        base = last_session_of(end.to_period("M") - months)
        return (base if base in levels.index else None), end
    if anniversary < levels.index[0]:
        return None, end
    if rule == "next":
        return levels.index[levels.index >= anniversary][0], end
    return levels.index[levels.index <= anniversary][-1], end


def size_returns(levels: pd.Series, session: str) -> dict[tuple[str, str], tuple[object, ...]]:
    """(rule, period) -> base date, end date, cumulative and annualised return of every window of figure 1."""
    rows: dict[tuple[str, str], tuple[object, ...]] = {}
    for rule in RULES:
        for period in PERIODS:
            if rule == "month_end" and period in SHORT:
                continue
            base, end = window(levels, session, period, rule)
            if base is None:
                rows[rule, period] = (None, end.date(), None, None)
                continue
            growth = levels[end] / levels[base]
            years = YEARS.get(period, 0)
            annual = growth ** (1 / years) - 1 if years > 1 else None
            rows[rule, period] = (base.date(), end.date(), growth - 1, annual)
    return rows


def spliced(index: pd.Series, fund: pd.Series, base: str, end: str) -> pd.Series:
    """The line of figure 2: the index to its last level, then the fund on returns; the base session is 100."""
    joint = index.index[-1]
    after = fund[fund.index > joint] * (index[joint] / fund[joint])
    line = pd.concat([index, after]).loc[base:end]
    return 100 * line / line.iloc[0]
