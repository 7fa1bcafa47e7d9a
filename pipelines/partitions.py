"""The partitions of every asset: one a session of the exchange.

Belongs here: the partitions definition and how it is cut from the exchange calendar. Does not belong here:
the calendar itself (assets/calendar.py), the choice of the session that a nightly run works on (pipelines/pending.py).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import dagster as dg

from assets import calendar

FIRST_SESSION = date(1979, 1, 2)
"""The oldest figures begin in 1979."""

WEEKENDS = "0 0 * * 0,6"
"""As cron: some hundred holidays stay to be listed one by one, instead of five thousand days."""


def weekday_holidays(first: date, last: date) -> list[datetime]:
    """Every Monday to Friday without a session, as naive midnights, first and last included."""
    trading = set(calendar.sessions(first, last))
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [datetime(day.year, day.month, day.day) for day in days if day.weekday() < 5 and day not in trading]


def build_session_partitions(first: date = FIRST_SESSION) -> dg.DailyPartitionsDefinition:
    """One partition a session since ``first``; the key is the session's date, ``YYYY-MM-DD``.

    Holidays are excluded up to where the calendar ends, which is the end of next year. ``end_offset`` is 1
    because a session closes, and is worked on, before midnight UTC; its price is that on a day without
    trading the last key is the coming session's.
    """
    last = calendar.exchange().last_session.date()
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(),
        end_offset=1,
        exclusions=[WEEKENDS, *weekday_holidays(first, last)],
    )


session_partitions = build_session_partitions()
