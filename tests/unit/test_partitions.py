"""The partitions against the exchange calendar, over the whole history and the coming year.

Belongs here: partition keys. Does not belong here: which session a night asks for.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from assets import calendar
from pipelines.partitions import FIRST_SESSION, build_session_partitions, session_partitions


def keys_at(now: datetime) -> list[str]:
    return list(session_partitions.get_partition_keys(current_time=now))


def session_keys(first: date, last: date) -> list[str]:
    return [session.isoformat() for session in calendar.sessions(first, last)]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def test_keys_are_the_sessions_from_1979_to_today() -> None:
    today = date.today()

    keys = [key for key in keys_at(noon(today)) if key <= today.isoformat()]

    assert keys[0] == "1979-01-02"
    assert keys == session_keys(FIRST_SESSION, today)


def test_keys_are_the_sessions_to_the_end_of_the_coming_year() -> None:
    last = calendar.exchange().last_session.date()
    assert last.year == date.today().year + 1

    assert keys_at(noon(last)) == session_keys(FIRST_SESSION, last)


def test_a_process_started_in_a_later_year_excludes_that_years_holidays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = calendar.exchange(last_day=date(date.today().year + 3, 12, 31))
    monkeypatch.setattr(calendar, "exchange", lambda closed=calendar.NEVER: later)
    last = later.last_session.date()

    keys = list(build_session_partitions().get_partition_keys(current_time=noon(last)))

    assert keys == session_keys(FIRST_SESSION, last)


def test_the_key_of_a_session_exists_on_its_own_day() -> None:
    first_tick = datetime(2026, 3, 11, 22, 15, tzinfo=UTC)  # 07:15 in Tokyo on the 12th

    assert keys_at(first_tick)[-1] == "2026-03-11"


@pytest.mark.parametrize("now", [datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 3, 8, 12, tzinfo=UTC)])
def test_on_a_day_without_trading_the_last_key_is_the_coming_session(now: datetime) -> None:
    assert keys_at(now)[-2:] == ["2026-03-06", "2026-03-09"]


@pytest.mark.parametrize("key", ["1979-01-02", "2001-09-10", "2025-11-28", "2026-03-11"])
def test_session_is_a_key(key: str) -> None:
    assert session_partitions.has_partition_key(key)


@pytest.mark.parametrize("key", ["1978-12-29", "2001-09-11", "2025-01-09", "2026-03-07", "2026-04-03", "today"])
def test_other_days_are_no_key(key: str) -> None:
    assert not session_partitions.has_partition_key(key)


def test_a_partition_is_one_day() -> None:
    window = session_partitions.time_window_for_partition_key("2026-03-06")

    assert window.start == datetime(2026, 3, 6, tzinfo=UTC)
    assert window.end - window.start == timedelta(days=1)
