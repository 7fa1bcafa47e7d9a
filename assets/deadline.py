"""When a session is due at the desk.

Belongs here: the deadline alone. Does not belong here: the schedule's ticks (pipelines/schedules.py).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
DEADLINE = time(10, 30)
"""Tokyo time on the day after the session: the desk reads the note then."""


def deadline_of(session: date) -> datetime:
    """When the session is due, in UTC: 10:30 in Tokyo on the next calendar day."""
    return datetime.combine(session + timedelta(days=1), DEADLINE, TOKYO).astimezone(UTC)


def is_overdue(session: date, now: datetime) -> bool:
    """Whether ``now`` (an aware datetime) is past the session's deadline, published or not."""
    return now > deadline_of(session)
