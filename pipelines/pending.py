"""Which sessions lack a release, read from the home folder: the one rule of the schedule and of `make status`.

Belongs here: what counts as published, as failed, as late, and whose turn it is. Does not belong here:
Dagster (pipelines/schedules.py asks this module), writing releases or run records (assets/publish).

Nothing here reads a clock: the time is always given, so that a tick that is evaluated late decides as of its
own time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from assets import calendar
from assets.calendar import NEVER, Closed
from assets.deadline import is_overdue
from assets.publish.document import DocumentError
from assets.publish.folder import releases
from assets.publish.run_record import StudyRecord, read_record

WINDOW = 10
"""How many closed sessions are looked at: two weeks of outage."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """What one run did for one session and study."""

    finished_at: datetime
    result: StudyRecord


Attempts = dict[tuple[date, str], list[Attempt]]


@dataclass(frozen=True)
class Gap:
    """One session of one study that needs a run: it has no release, or its last run failed."""

    session: date
    study: str
    is_released: bool
    has_failed: bool
    """Whether its last run withheld a figure as ``failed``."""
    is_overdue: bool
    """Whether the session's deadline has passed."""
    was_tried_late: bool
    """Whether a run worked on it after that deadline."""

    def __str__(self) -> str:
        what = "its last run failed" if self.has_failed else "no release"
        return f"{self.study} {self.session}, {what}"


@dataclass(frozen=True)
class Pending:
    """A session that needs a run."""

    session: date
    studies: tuple[str, ...]
    """The studies that lack it, in the order they were given."""
    reason: str
    """``no_release``, or ``withheld_failed`` when a release is out and figures are missing from it."""
    overdue: bool
    """Whether the session's deadline has passed."""


@dataclass(frozen=True)
class Backlog:
    """What the last closed sessions lack at one moment."""

    sessions: tuple[date, ...]
    """The sessions looked at, oldest first; the last is the newest closed one."""
    lacking: tuple[Gap, ...]
    """What needs a run, the oldest session first, its studies in the order they were given."""

    @property
    def given_up(self) -> tuple[date, ...]:
        """Sessions that were tried after their deadline in vain: the schedule asks for them no longer."""
        older = dict.fromkeys(gap.session for gap in self.lacking if gap.session != self.sessions[-1])
        return tuple(day for day in older if all(gap.was_tried_late for gap in self._gaps(day)))

    @property
    def pending(self) -> Pending | None:
        """The session whose turn it is: the oldest that is not given up."""
        session = next((gap.session for gap in self.lacking if gap.session not in self.given_up), None)
        if session is None:
            return None
        gaps = self._gaps(session)
        reason = "withheld_failed" if all(gap.is_released for gap in gaps) else "no_release"
        return Pending(session, tuple(gap.study for gap in gaps), reason, gaps[0].is_overdue)

    def _gaps(self, session: date) -> list[Gap]:
        return [gap for gap in self.lacking if gap.session == session]


def read_backlog(now: datetime, home: Path, studies: Sequence[str], closed: Closed = NEVER) -> Backlog:
    """What is missing at ``now`` among the last closed sessions of the exchange, study by study.

    The oldest goes first, so that an outage is caught up in order. Two exceptions. A study's sessions before the first
    one that was published or tried among these are history, which a backfill makes, not the schedule; so a new home,
    and a study that is added to one, asks for the newest alone, because its owner wants to see today. And an older
    session that was tried after its deadline and is still not whole is given up, because it would keep the newer ones
    waiting.

    Days on which the exchange stayed ``closed`` are none of them.

    ``now`` must be aware: a naive one raises ValueError. A home folder that does not exist counts as empty.
    """
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    sessions = closed_sessions(now, closed)
    attempts = read_attempts(home / "runs")
    gaps = [gap for session in sessions for gap in _gaps(session, now, home, studies, attempts)]
    first = {study: _first_begun(study, sessions, home, attempts) for study in studies}
    return Backlog(sessions, tuple(gap for gap in gaps if gap.session >= first[gap.study]))


def closed_sessions(now: datetime, closed: Closed = NEVER) -> tuple[date, ...]:
    """The last ten sessions whose own close, early closes too, is not after ``now``; oldest first."""
    newest = calendar.newest_closed_session(now, closed)
    return tuple(calendar.sessions(newest - timedelta(days=3 * WINDOW), newest, closed)[-WINDOW:])


def read_attempts(runs: Path) -> Attempts:
    """The run records of a home by session and study, oldest first.

    A record that cannot be read is logged and left out: it must not keep the nightly run from starting.
    """
    attempts: Attempts = {}
    for path in sorted(runs.glob("*.json")):
        try:
            record = read_record(path)
        except DocumentError as error:
            logger.warning("run record %s", error)
            continue
        for session, study, result in record.studies():
            attempts.setdefault((session, study), []).append(Attempt(record.finished_at, result))
    for tries in attempts.values():
        tries.sort(key=lambda attempt: attempt.finished_at)
    return attempts


def _gaps(session: date, now: datetime, home: Path, studies: Sequence[str], attempts: Attempts) -> Iterator[Gap]:
    released = {study for study in studies if _is_released(home, study, session)}
    for study in studies:
        tries = attempts.get((session, study), [])
        has_failed = bool(tries) and tries[-1].result.has_failed
        # a study whose data is of another month keeps nobody waiting once the others are out
        is_settled = bool(released and tries) and tries[-1].result.is_settled
        if has_failed or not (study in released or is_settled):
            was_tried_late = any(is_overdue(session, attempt.finished_at) for attempt in tries)
            yield Gap(session, study, study in released, has_failed, is_overdue(session, now), was_tried_late)


def _first_begun(study: str, sessions: Sequence[date], home: Path, attempts: Attempts) -> date:
    """The first of the sessions that was published or tried; the newest where none was."""
    begun = (day for day in sessions if (day, study) in attempts or _is_released(home, study, day))
    return next(begun, sessions[-1])


def _is_released(home: Path, study: str, session: date) -> bool:
    return any(releases(home / "published", study, session))
