"""The exchange calendars: sessions, closes and month-ends of XNYS; business days in Tokyo.

Belongs here: everything that asks exchange_calendars. Does not belong here: partitions and schedules
(pipelines/), window arithmetic of the figures (warehouse/sql).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import exchange_calendars
import pandas as pd

FIRST_DAY = date(1926, 1, 1)
"""Size portfolios begin in July 1926; nothing here is older."""

EXCHANGE = "XNYS"
TOKYO = "XTKS"


@cache
def exchange(last_day: date | None = None) -> exchange_calendars.ExchangeCalendar:
    """The calendar with explicit bounds: the library's own default reaches back only 20 years."""
    last = last_day or date(date.today().year + 1, 12, 31)
    return exchange_calendars.get_calendar(EXCHANGE, start=FIRST_DAY.isoformat(), end=last.isoformat())


def sessions(first: date, last: date) -> list[date]:
    """Every session between two days, both included."""
    index = exchange().sessions
    chosen = index[(index >= pd.Timestamp(first)) & (index <= pd.Timestamp(last))]
    return [stamp.date() for stamp in chosen]


def is_session(day: date) -> bool:
    """Whether the exchange trades on that day."""
    return bool(exchange().is_session(pd.Timestamp(day)))


def session_number(session: date) -> int:
    """How many sessions there were before it, since FIRST_DAY."""
    return int(exchange().sessions.get_loc(pd.Timestamp(session)))


def close_of(session: date) -> datetime:
    """When the session closes, in UTC; early closes included."""
    return exchange().session_close(pd.Timestamp(session)).to_pydatetime().astimezone(UTC)


def newest_closed_session(now: datetime) -> date:
    """The last session whose close is not after ``now`` (an aware datetime)."""
    closes = exchange().closes
    closed = closes[closes <= pd.Timestamp(now)]
    return closed.index[-1].date()


def last_session_of_month(year: int, month: int) -> date:
    """The last session of a calendar month; the date that monthly series carry."""
    start = pd.Timestamp(year, month, 1)
    index = exchange().sessions
    return index[(index >= start) & (index <= start + pd.offsets.MonthEnd(0))][-1].date()


def session_before(session: date) -> date:
    """The session before a session."""
    return exchange().previous_session(pd.Timestamp(session)).date()


def session_on_or_before(day: date) -> date:
    """The newest session up to and including a day."""
    return exchange().date_to_session(pd.Timestamp(day), direction="previous").date()


def last_complete_month_end(session: date) -> date:
    """The last session of the last month that is complete once ``session`` has closed."""
    own = last_session_of_month(session.year, session.month)
    if own == session:
        return session
    before = pd.Timestamp(session).replace(day=1) - pd.DateOffset(days=1)
    return last_session_of_month(before.year, before.month)


@cache
def tokyo() -> exchange_calendars.ExchangeCalendar:
    """Tokyo's calendar, by which Japanese funds are valued; the library knows it from 1997 on."""
    last = date(date.today().year + 1, 12, 31)
    return exchange_calendars.get_calendar(TOKYO, start="1997-01-06", end=last.isoformat())


def tokyo_day_before_or_on(day: date) -> date | None:
    """The newest business day in Tokyo up to a day; None before the calendar begins."""
    known = tokyo().sessions
    found = known[known <= pd.Timestamp(day)]
    return found[-1].date() if len(found) else None


def last_complete_tokyo_month_end(day: date) -> date | None:
    """The last business day in Tokyo of the last month that is complete at the end of a day."""
    last = tokyo_day_before_or_on(day)
    if last is None:
        return None
    is_complete = tokyo().next_session(pd.Timestamp(last)).month != last.month
    return last if is_complete else tokyo_day_before_or_on(last.replace(day=1) - timedelta(days=1))


def closes(first: date) -> pd.DataFrame:
    """Sessions from a day on, to the end of next year: columns session and closes_at (naive UTC)."""
    known = exchange().closes
    known = known[known.index >= pd.Timestamp(first)]
    return pd.DataFrame({"session": known.index, "closes_at": known.dt.tz_convert("UTC").dt.tz_localize(None).array})
