"""The exchange calendars: sessions, closes and month-ends of XNYS; business days in Tokyo.

Belongs here: everything that asks exchange_calendars. Does not belong here: which days the exchange stayed closed
unannounced (corrections.py), partitions and schedules
(pipelines/), window arithmetic of the figures (warehouse/sql).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import exchange_calendars
import pandas as pd

FIRST_DAY = date(1926, 1, 1)
"""Size portfolios begin in July 1926; nothing here is older."""

KNOWN_FROM = date(1952, 5, 26)
"""From then on the sessions are the exchange's own. Before, it traded on Saturdays too, which the library doesn't know:
a month's last session is then the last one within a week.
"""

EXCHANGE = "XNYS"
TOKYO = "XTKS"

Closed = frozenset[date]
"""Days on which the exchange stayed closed although the calendar has a session (corrections.closed_days)."""

NEVER: Closed = frozenset()


@dataclass(frozen=True)
class Exchange:
    """The sessions of the exchange, each with the time of its close."""

    closes: pd.Series

    @property
    def sessions(self) -> pd.DatetimeIndex:
        """The days, as midnights without a zone."""
        return pd.DatetimeIndex(self.closes.index)

    @property
    def last_session(self) -> pd.Timestamp:
        """The last one that the calendar has: of next year."""
        return self.sessions[-1]


@cache
def exchange(closed: Closed = NEVER, last_day: date | None = None) -> Exchange:
    """The exchange without the days ``closed``. The bounds are explicit: the library's own reach back only 20 years."""
    if closed:
        closes = exchange(last_day=last_day).closes
        return Exchange(closes[~closes.index.isin([pd.Timestamp(day) for day in closed])])
    first, last = FIRST_DAY.isoformat(), (last_day or date(date.today().year + 1, 12, 31)).isoformat()
    library = exchange_calendars.get_calendar(EXCHANGE, start=first, end=last)
    closes = library.closes
    # the library has the rules of the holidays before 1970, and makes its sessions without them: pandas begins the
    # holidays of a calendar in 1970 where nobody says otherwise
    return Exchange(closes[~closes.index.isin(library.regular_holidays.holidays(first, last))])


def sessions(first: date, last: date, closed: Closed = NEVER) -> list[date]:
    """Every session between two days, both included."""
    index = exchange(closed).sessions
    chosen = index[(index >= pd.Timestamp(first)) & (index <= pd.Timestamp(last))]
    return [stamp.date() for stamp in chosen]


def is_session(day: date, closed: Closed = NEVER) -> bool:
    """Whether the exchange trades on that day."""
    return pd.Timestamp(day) in exchange(closed).sessions


def session_number(session: date) -> int:
    """How many sessions there were before it, since FIRST_DAY."""
    return int(exchange().sessions.searchsorted(pd.Timestamp(session)))


def newest_closed_session(now: datetime, closed: Closed = NEVER) -> date:
    """The last session whose close is not after ``now`` (an aware datetime)."""
    closes = exchange(closed).closes
    return closes[closes <= pd.Timestamp(now)].index[-1].date()


def last_session_of_month(year: int, month: int, closed: Closed = NEVER) -> date:
    """The last session of a calendar month; the date that monthly series carry."""
    start = pd.Timestamp(year, month, 1)
    index = exchange(closed).sessions
    return index[(index >= start) & (index <= start + pd.offsets.MonthEnd(0))][-1].date()


def session_before(session: date, closed: Closed = NEVER) -> date:
    """The session before a session."""
    return session_on_or_before(session - timedelta(days=1), closed)


def session_on_or_before(day: date, closed: Closed = NEVER) -> date:
    """The newest session up to and including a day."""
    index = exchange(closed).sessions
    return index[index.searchsorted(pd.Timestamp(day), side="right").item() - 1].date()


def last_complete_month_end(session: date, closed: Closed = NEVER) -> date:
    """The last session of the last month that is complete once ``session`` has closed."""
    own = last_session_of_month(session.year, session.month, closed)
    if own == session:
        return session
    before = pd.Timestamp(session).replace(day=1) - pd.DateOffset(days=1)
    return last_session_of_month(before.year, before.month, closed)


@cache
def tokyo() -> exchange_calendars.ExchangeCalendar:
    """Tokyo's calendar, by which Japanese funds are valued; the library knows it from 1997 on."""
    last = date(date.today().year + 1, 12, 31)
    return exchange_calendars.get_calendar(TOKYO, start="1997-01-06", end=last.isoformat())


def tokyo_day_before_or_on(day: date) -> date | None:
    """The newest business day in Tokyo up to a day; None before the calendar begins."""
    known = tokyo().sessions
    days = known[known <= pd.Timestamp(day)]
    return days[-1].date() if len(days) else None


def last_complete_tokyo_month_end(day: date) -> date | None:
    """The last business day in Tokyo of the last month that is complete at the end of a day."""
    last = tokyo_day_before_or_on(day)
    if last is None:
        return None
    is_complete = tokyo().next_session(pd.Timestamp(last)).month != last.month
    return last if is_complete else tokyo_day_before_or_on(last.replace(day=1) - timedelta(days=1))


def closes(first: date, closed: Closed = NEVER) -> pd.DataFrame:
    """Sessions from a day on, to the end of next year: columns session and closes_at (naive UTC)."""
    known = exchange(closed).closes
    known = known[known.index >= pd.Timestamp(first)]
    return pd.DataFrame({"session": known.index, "closes_at": known.dt.tz_convert("UTC").dt.tz_localize(None).array})
