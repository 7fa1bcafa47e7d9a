"""The exchange calendar against answers that were written down by hand.

Belongs here: sessions, closes and month-ends, business days in Tokyo. Does not belong here: partitions and the
schedule.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assets import calendar

TOKYO = ZoneInfo("Asia/Tokyo")

HOLIDAYS_OF_2025 = {
    date(2025, 1, 1): "New Year's Day",
    date(2025, 1, 9): "day of mourning for President Carter",
    date(2025, 1, 20): "Martin Luther King Day",
    date(2025, 2, 17): "Presidents' Day",
    date(2025, 4, 18): "Good Friday",
    date(2025, 5, 26): "Memorial Day",
    date(2025, 6, 19): "Juneteenth",
    date(2025, 7, 4): "Independence Day",
    date(2025, 9, 1): "Labor Day",
    date(2025, 11, 27): "Thanksgiving",
    date(2025, 12, 25): "Christmas",
}


def test_every_weekday_of_2025_is_a_session_except_the_holidays() -> None:
    days = [date(2025, 1, 1) + timedelta(days=offset) for offset in range(365)]
    expected = [day for day in days if day.weekday() < 5 and day not in HOLIDAYS_OF_2025]

    assert calendar.sessions(date(2025, 1, 1), date(2025, 12, 31)) == expected


@pytest.mark.parametrize(
    ("year", "count"),
    [(2001, 248), (2012, 250), (2020, 253), (2021, 252), (2022, 251), (2023, 250), (2024, 252), (2025, 250)],
)
def test_number_of_sessions_in_a_year(year: int, count: int) -> None:
    assert len(calendar.sessions(date(year, 1, 1), date(year, 12, 31))) == count


@pytest.mark.parametrize(
    "closed",
    [
        date(1954, 12, 24),  # Christmas on a Saturday
        date(1962, 12, 25),
        date(1963, 7, 4),
        date(1965, 4, 16),  # Good Friday
        date(1968, 11, 28),  # Thanksgiving
        date(1969, 5, 30),  # Memorial Day, then on its own date
        date(1985, 9, 27),  # Hurricane Gloria
        date(1994, 4, 27),  # funeral of President Nixon
        date(2001, 9, 11),
        date(2001, 9, 12),
        date(2001, 9, 13),
        date(2001, 9, 14),
        date(2004, 6, 11),  # funeral of President Reagan
        date(2012, 10, 29),  # Hurricane Sandy
        date(2012, 10, 30),
        date(2018, 12, 5),  # funeral of President Bush
        date(2022, 6, 20),  # Juneteenth, observed on Monday
        date(2026, 4, 3),  # Good Friday
        date(2026, 3, 7),  # a Saturday
    ],
)
def test_day_without_trading(closed: date) -> None:
    assert not calendar.is_session(closed)


@pytest.mark.parametrize(
    "open_day",
    [
        date(1952, 5, 26),  # the first Monday after the last Saturday of trading
        date(1969, 5, 29),
        date(1970, 5, 29),  # Memorial Day fell on a Saturday and was not moved to Friday
        date(1979, 1, 2),
        date(2001, 9, 10),
        date(2001, 9, 17),
        date(2012, 10, 31),
        date(2021, 6, 18),  # the exchange kept Juneteenth only from 2022 on
        date(2021, 12, 31),  # New Year's Day fell on a Saturday and was not moved to Friday
        date(2026, 2, 11),  # a holiday in Japan
    ],
)
def test_day_with_trading(open_day: date) -> None:
    assert calendar.is_session(open_day)


def close_of(session: date) -> datetime:
    return calendar.closes(session)["closes_at"][0].to_pydatetime().replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("session", "close"),
    [
        (date(2026, 3, 6), datetime(2026, 3, 6, 21, tzinfo=UTC)),  # winter time
        (date(2026, 3, 9), datetime(2026, 3, 9, 20, tzinfo=UTC)),  # summer time since the 8th
        (date(2025, 10, 31), datetime(2025, 10, 31, 20, tzinfo=UTC)),
        (date(2025, 11, 3), datetime(2025, 11, 3, 21, tzinfo=UTC)),
        (date(2025, 11, 28), datetime(2025, 11, 28, 18, tzinfo=UTC)),  # 13:00 after Thanksgiving
        (date(2025, 7, 3), datetime(2025, 7, 3, 17, tzinfo=UTC)),  # 13:00 before Independence Day
    ],
)
def test_close_in_utc(session: date, close: datetime) -> None:
    assert close_of(session) == close


def test_the_exchange_closes_before_the_first_tick_in_winter_and_in_summer() -> None:
    winter = close_of(date(2026, 1, 15)).astimezone(TOKYO)
    summer = close_of(date(2026, 7, 15)).astimezone(TOKYO)

    assert winter == datetime(2026, 1, 16, 6, tzinfo=TOKYO)
    assert summer == datetime(2026, 7, 16, 5, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        (datetime(2026, 3, 11, 19, 59, tzinfo=UTC), date(2026, 3, 10)),
        (datetime(2026, 3, 11, 20, 0, tzinfo=UTC), date(2026, 3, 11)),
        (datetime(2026, 3, 12, 7, 15, tzinfo=TOKYO), date(2026, 3, 11)),
        (datetime(2025, 11, 28, 17, 59, tzinfo=UTC), date(2025, 11, 26)),
        (datetime(2025, 11, 28, 18, 0, tzinfo=UTC), date(2025, 11, 28)),
        (datetime(2026, 2, 17, 7, 15, tzinfo=TOKYO), date(2026, 2, 13)),  # Presidents' Day before it
    ],
)
def test_newest_closed_session(now: datetime, newest: date) -> None:
    assert calendar.newest_closed_session(now) == newest


@pytest.mark.parametrize(
    ("year", "month", "expected"),
    [
        (2024, 3, date(2024, 3, 28)),  # Good Friday was the 29th
        (2025, 8, date(2025, 8, 29)),
        (2026, 5, date(2026, 5, 29)),
        (2021, 12, date(2021, 12, 31)),
    ],
)
def test_last_session_of_month(year: int, month: int, expected: date) -> None:
    assert calendar.last_session_of_month(year, month) == expected


def test_the_calendar_reaches_into_next_year() -> None:
    next_year = date.today().year + 1

    assert calendar.exchange().last_session.date() >= date(next_year, 12, 28)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 11), date(2026, 3, 11)),
        (date(2026, 3, 14), date(2026, 3, 13)),  # a Saturday
        (date(2026, 5, 5), date(2026, 5, 1)),  # Children's Day, after Greenery Day and a weekend
        (date(2026, 5, 6), date(2026, 5, 1)),  # in place of Constitution Day, which was a Sunday
        (date(2026, 1, 2), date(2025, 12, 30)),  # closed from 31 December to 3 January
        (date(2026, 1, 5), date(2026, 1, 5)),
        (date(2026, 9, 22), date(2026, 9, 18)),  # a day between two holidays is one
        (date(2019, 5, 6), date(2019, 4, 26)),  # ten days in a row for the new era
        (date(2020, 10, 1), date(2020, 9, 30)),  # trade broke down all day: the library counts it as closed
        (date(2026, 11, 26), date(2026, 11, 26)),  # Thanksgiving
        (date(1997, 1, 6), date(1997, 1, 6)),
        (date(1997, 1, 5), None),
    ],
)
def test_newest_business_day_in_tokyo(day: date, expected: date | None) -> None:
    assert calendar.tokyo_day_before_or_on(day) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 11), date(2026, 2, 27)),
        (date(2026, 3, 30), date(2026, 2, 27)),
        (date(2026, 3, 31), date(2026, 3, 31)),
        (date(2026, 5, 30), date(2026, 5, 29)),  # a Saturday: what is left of the month is a weekend
        (date(2025, 12, 29), date(2025, 11, 28)),
        (date(2025, 12, 30), date(2025, 12, 30)),  # the year's last business day
        (date(2025, 12, 31), date(2025, 12, 30)),
        (date(2026, 1, 2), date(2025, 12, 30)),
        (date(2026, 1, 5), date(2025, 12, 30)),
        (date(2026, 5, 1), date(2026, 4, 30)),
        (date(2019, 4, 26), date(2019, 4, 26)),  # the 27th began ten days of holidays
        (date(1997, 1, 30), None),
        (date(1997, 1, 31), date(1997, 1, 31)),
        (date(1997, 1, 5), None),
    ],
)
def test_last_complete_month_end_in_tokyo(day: date, expected: date | None) -> None:
    assert calendar.last_complete_tokyo_month_end(day) == expected


def test_tokyos_calendar_reaches_into_next_year() -> None:
    assert calendar.tokyo().last_session.date() >= date(date.today().year + 1, 12, 28)


def test_sessions_are_numbered_without_gaps() -> None:
    """Over a weekend and Good Friday: the number does not move with the day on which it is asked."""
    assert calendar.session_number(date(2026, 4, 6)) - calendar.session_number(date(2026, 4, 2)) == 1
    assert calendar.session_number(calendar.sessions(calendar.FIRST_DAY, date(1926, 1, 31))[0]) == 0
