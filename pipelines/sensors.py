"""What is done when a run breaks off.

Belongs here: noticing it. Does not belong here: figures that fail a check (publish/release names those itself).
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import dagster as dg

from assets import calendar
from assets.dagster_parts import tagged_sessions
from assets.publish.run_record import record_crash
from assets.settings import Settings


def build_broken_run_sensor(settings: Settings) -> dg.SensorDefinition:
    """Writes a run record for a run that died before it could: the schedule must see that it was tried."""

    @dg.run_failure_sensor(
        name="broken_run",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Leaves a run record where a run broke off, so that the schedule knows of the attempt.",
    )
    def broken_run(context: dg.RunFailureSensorContext) -> None:
        sessions = _sessions(context.dagster_run.tags)
        runs = Path(settings.home) / "runs"
        error = context.failure_event.message or "no message"
        record_crash(runs, context.dagster_run.run_id, settings.profile, settings.read_studies(), sessions, error)

    return broken_run


def _sessions(tags: Mapping[str, str]) -> list[date]:
    """The sessions of a run, one or a range, by its tags."""
    tagged = tagged_sessions(tags)
    if tagged:
        return tagged
    first = tags.get("dagster/asset_partition_range_start") or tags.get("dagster/partition")
    last = tags.get("dagster/asset_partition_range_end") or first
    return calendar.sessions(date.fromisoformat(first), date.fromisoformat(last)) if first and last else []
