"""When the nightly run starts.

Belongs here: the schedule, its ticks, and how a decision becomes a Dagster request. Does not belong here: the
decision itself (pipelines/pending.py), the job (pipelines/definitions.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from assets.calendar import NEVER, Closed
from assets.deadline import TOKYO
from pipelines.pending import Backlog, Pending, read_backlog

if TYPE_CHECKING:  # Dagster does not export the class that define_asset_job returns
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

NIGHTLY_TICKS = ("15 7 * * 2-6", "30 8 * * 2-6", "0 10 * * 2-6")
"""Tokyo mornings after Monday to Friday in New York, all before the deadline. In Tokyo the exchange closes at
06:00 in winter and at 05:00 in summer; the first tick leaves the vendors an hour. Japanese holidays are
ordinary mornings: New York trades."""


def build_nightly_schedule(
    job: dg.JobDefinition | UnresolvedAssetJobDefinition,
    home: Path | Callable[[], Path],
    studies: Sequence[str] | Callable[[], Sequence[str]],
    closed: Callable[[], Closed] = lambda: NEVER,
) -> dg.ScheduleDefinition:
    """The schedule ``nightly``, on by default.

    Each tick asks ``job`` for one session, the partition key, or skips and says why. The tick's own time
    decides, not the clock, so that a daemon that comes up late still acts as of the tick. ``home`` is the
    home folder and ``studies`` the names of the studies; a callable is called at every tick. ``closed``: the days on
    which the exchange stayed closed.
    """

    @dg.schedule(
        name="nightly",
        job=job,
        cron_schedule=NIGHTLY_TICKS,
        execution_timezone=TOKYO.key,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Publishes the oldest missing session of the last ten; Tokyo, Tuesday to Saturday.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        tick = context.scheduled_execution_time
        backlog = read_backlog(
            tick,
            home() if callable(home) else home,
            studies() if callable(studies) else studies,
            closed(),
        )
        for gap in backlog.lacking:
            context.log.info(f"missing: {gap}")
        if backlog.given_up:
            context.log.warning(_given_up(backlog.given_up))
        if backlog.pending is None:
            return dg.SkipReason(_nothing_missing(backlog))
        return _request(backlog.pending, backlog.given_up, tick)

    return nightly


def _request(pending: Pending, given_up: Sequence[date], tick: datetime) -> dg.RunRequest:
    session = pending.session.isoformat()
    tags = {"zuhyo/reason": pending.reason, "zuhyo/overdue": str(pending.overdue).lower()}
    if given_up:
        tags["zuhyo/given_up"] = _as_tag(given_up)
    # The tick is in the run key, so that a later tick of the same morning may try the session again.
    return dg.RunRequest(partition_key=session, run_key=f"{session}_{tick.astimezone(TOKYO):%Y%m%dT%H%M}", tags=tags)


def _nothing_missing(backlog: Backlog) -> str:
    first, newest = backlog.sessions[0], backlog.sessions[-1]
    if backlog.given_up:
        return f"No session left to ask for between {first} and {newest}. {_given_up(backlog.given_up)}"
    return f"Nothing is missing: every closed session from {first} to {newest}, the newest, is published."


def _given_up(sessions: Sequence[date]) -> str:
    listed = ", ".join(session.isoformat() for session in sessions)
    return f"Given up, because a run after the deadline did not cure it; run it by hand: {listed}."


def _as_tag(sessions: Sequence[date]) -> str:
    """The oldest session and how many more: a tag value takes 63 characters and no comma."""
    more = f"_and_{len(sessions) - 1}_more" if len(sessions) > 1 else ""
    return f"{sessions[0].isoformat()}{more}"
