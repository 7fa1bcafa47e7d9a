"""What is done when a run breaks off.

Belongs here: noticing it. Does not belong here: figures that fail a check (publish/release names those itself).
"""

from datetime import date
from pathlib import Path

import dagster as dg

from assets.publish.run_record import record_crash
from assets.settings import Settings

PARTITION = "dagster/partition"


def build_broken_run_sensor(settings: Settings) -> dg.SensorDefinition:
    """Writes a run record for a run that died before it could: the schedule must see that it was tried."""

    @dg.run_failure_sensor(
        name="broken_run",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Leaves a run record where a run broke off, so that the schedule knows of the attempt.",
    )
    def broken_run(context: dg.RunFailureSensorContext) -> None:
        session = context.dagster_run.tags.get(PARTITION)
        if session:
            studies = [study.study for study in settings.read_studies()]
            runs = Path(settings.home) / "runs"
            error = context.failure_event.message or "no message"
            record_crash(
                runs, context.dagster_run.run_id, settings.profile, studies, [date.fromisoformat(session)], error
            )

    return broken_run
