"""Data that is late: whether the run fetches the session's levels again before it goes on without them.

Belongs here: that decision. Does not belong here: which sources are late (ingest.py), when a session is due
(assets/deadline.py), the schedule's ticks, which try again later (pipelines/schedules.py).
"""

from __future__ import annotations

from datetime import date, datetime

import dagster as dg

from assets import calendar
from assets.deadline import is_overdue
from assets.profile import Late


def retry_while_late(late: list[str], allowed: Late, session: date, tries: int, now: datetime) -> None:
    """Raises RetryRequested where series are late and another fetch may help.

    It may while the session is the newest closed one and not overdue, and as long as fewer ``tries`` were made than
    are allowed; the last one goes on with what there is. ``now`` is an aware datetime.
    """
    is_awaited = session == calendar.newest_closed_session(now) and not is_overdue(session, now)
    if late and is_awaited and tries < allowed.tries:
        raise dg.RetryRequested(max_retries=allowed.tries, seconds_to_wait=60 * allowed.wait_minutes)
