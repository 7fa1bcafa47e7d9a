"""Which session is waiting to be published, read from the home folder.

Belongs here: what counts as published, as failed, as late, and whose turn it is. Does not belong here:
Dagster (pipelines/schedules.py asks this module), writing releases or run records (assets/publish).

Nothing here reads a clock: the time is always given, so that a tick that is evaluated late decides as of its
own time.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from assets import calendar
from assets.calendar import NEVER, Closed
from assets.deadline import TOKYO, deadline_of, is_overdue

__all__ = ["TOKYO", "Outlook", "Pending", "deadline_of", "is_overdue", "outlook", "pending_session"]

WINDOW = 10
"""How many closed sessions are looked at: two weeks of outage."""

REVISION = re.compile(r"r[1-9][0-9]*")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """What one run did for one session and study."""

    finished_at: datetime
    failed: bool
    """Whether it withheld a figure with kind ``failed``."""
    has_nothing_to_come: bool = False
    """Whether it released nothing, although nothing failed and nothing is late: another try would find no more."""


Attempts = dict[tuple[date, str], list[Attempt]]


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
class Outlook:
    """The last closed sessions at one moment."""

    sessions: tuple[date, ...]
    """The sessions looked at, oldest first; the last is the newest closed one."""
    pending: Pending | None
    """The session whose turn it is."""
    given_up: tuple[date, ...]
    """Not whole, tried after their deadline in vain, and no longer asked for."""


def pending_session(now: datetime, home: Path, studies: Sequence[str]) -> Pending | None:
    """The session that a run should make at ``now``, or None; see :func:`outlook`."""
    return outlook(now, home, studies).pending


def outlook(now: datetime, home: Path, studies: Sequence[str], closed: Closed = NEVER) -> Outlook:
    """What is missing at ``now`` among the last closed sessions of the exchange.

    The oldest goes first, so that an outage is caught up in order. Two exceptions. Sessions before the first
    one that was published or tried among these are history, which a backfill makes, not the schedule; so a
    new home asks for the newest alone, because its owner wants to see today. And an older session that
    was tried after its deadline and is still not whole is given up, because it would keep the newer ones
    waiting.

    Days on which the exchange stayed ``closed`` are none of them.

    ``now`` must be aware: a naive one raises ValueError. A home folder that does not exist counts as empty.
    """
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    window = closed_sessions(now, closed)
    newest = window[-1]
    attempts = read_attempts(home / "runs")
    lacking = [found for session in window if (found := _lacking(session, now, home, studies, attempts))]

    begun = [session for session in window if _was_begun(session, home, studies, attempts)]
    first = begun[0] if begun else newest
    lacking = [found for found in lacking if found.session >= first]
    given_up = tuple(p.session for p in lacking if p.session != newest and _was_tried_late(p, attempts))
    return Outlook(window, next((p for p in lacking if p.session not in given_up), None), given_up)


def closed_sessions(now: datetime, closed: Closed = NEVER) -> tuple[date, ...]:
    """The last ten sessions whose own close, early closes too, is not after ``now``; oldest first."""
    newest = calendar.newest_closed_session(now, closed)
    return tuple(calendar.sessions(newest - timedelta(days=3 * WINDOW), newest, closed)[-WINDOW:])


def read_attempts(runs: Path) -> Attempts:
    """The run records of a home by session and study, oldest first.

    A record that cannot be read is logged and left out: it must not keep the night from starting.
    """
    attempts: Attempts = {}
    for path in sorted(runs.glob("*.json")):
        try:
            found = list(_attempts_of(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("run record %s cannot be read: %r", path, error)
            continue
        for session, study, attempt in found:
            attempts.setdefault((session, study), []).append(attempt)
    for tries in attempts.values():
        tries.sort(key=lambda attempt: attempt.finished_at)
    return attempts


def _attempts_of(record: dict[str, Any]) -> Iterator[tuple[date, str, Attempt]]:
    finished_at = datetime.fromisoformat(record["finished_at"])
    if finished_at.tzinfo is None:
        raise ValueError("finished_at has no time zone")
    for session, done in record["sessions"].items():
        for study, outcome in done["studies"].items():
            failed = any(figure["kind"] == "failed" for figure in outcome["withheld"])
            has_nothing = outcome["release"] is None and not failed and not outcome.get("is_awaited", True)
            yield date.fromisoformat(session), study, Attempt(finished_at, failed, has_nothing)


def _lacking(session: date, now: datetime, home: Path, studies: Sequence[str], attempts: Attempts) -> Pending | None:
    released = {s for s in studies if _releases(home / "published" / s, session.isoformat())}
    # a study whose data is of another month keeps nobody waiting once the others are out
    settled = {s for s in studies if _has_nothing_to_come(attempts.get((session, s), []))} if released else set()
    unpublished = set(studies) - released - settled
    failed = {s for s in studies if _newest_failed(attempts.get((session, s), []))}
    lacking = tuple(study for study in studies if study in unpublished | failed)
    if not lacking:
        return None
    reason = "no_release" if unpublished else "withheld_failed"
    return Pending(session, lacking, reason, is_overdue(session, now))


def _was_begun(session: date, home: Path, studies: Sequence[str], attempts: Attempts) -> bool:
    return any(
        (session, study) in attempts or _releases(home / "published" / study, session.isoformat()) for study in studies
    )


def _releases(published: Path, session: str = "*") -> bool:
    """Whether a study has a whole release: a revision folder without its descriptor is none."""
    descriptors: Iterable[Path] = published.glob(f"{session}/r*/datapackage.json")
    return any(REVISION.fullmatch(path.parent.name) for path in descriptors)


def _newest_failed(tries: list[Attempt]) -> bool:
    return bool(tries) and tries[-1].failed


def _has_nothing_to_come(tries: list[Attempt]) -> bool:
    return bool(tries) and tries[-1].has_nothing_to_come


def _was_tried_late(pending: Pending, attempts: Attempts) -> bool:
    """Whether every study that lacks the session was tried for it after its deadline."""
    return all(
        any(is_overdue(pending.session, attempt.finished_at) for attempt in attempts.get((pending.session, s), []))
        for s in pending.studies
    )
