"""The code location: everything that Dagster loads, assembled by one function.

Belongs here: assembly. Does not belong here: implementations of assets, checks or resources.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from assets.core.assets import build_core
from assets.datasets import DATASETS
from assets.figures.figure import build_figure
from assets.figures.registry import FIGURES
from assets.ingest.assets import build_ingest
from assets.publish.release import build_release
from assets.settings import Settings
from pipelines.partitions import session_partitions
from pipelines.resources import RunSettings, settings_from_environment
from pipelines.schedules import build_nightly_schedule
from pipelines.sensors import build_broken_run_sensor


def build_defs(
    settings: Settings | None = None, *, partitions: dg.DailyPartitionsDefinition | None = session_partitions
) -> dg.Definitions:
    """Fresh definitions; ``settings`` replaces those from the environment.

    ``partitions`` None: for a run that says its sessions by tags (assets.dagster_parts.session_tags).
    """
    chosen = settings or settings_from_environment()
    asked_for = {name for study in chosen.read_studies() for name in study.figure_names()}
    figures = [figure for figure in FIGURES if figure.name in asked_for]
    assets = [
        *(build(dataset, partitions) for build in (build_ingest, build_core) for dataset in DATASETS.values()),
        *(build_figure(figure, partitions) for figure in figures),
        build_release(figures, partitions),
    ]
    # in process: a step in its own process costs seconds of imports, and the warehouse admits one writer anyway
    nightly = dg.define_asset_job(
        "nightly",
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Everything for one session, or for a range of sessions: fetch, core, figures, checks, release.",
    )
    return dg.Definitions(
        assets=assets,
        jobs=[nightly],
        schedules=[
            build_nightly_schedule(
                nightly,
                home=lambda: Path(chosen.home),
                studies=lambda: [study.study for study in chosen.read_studies()],
                closed=chosen.closed_days,
            )
        ],
        sensors=[build_broken_run_sensor(chosen)],
        resources={"settings": RunSettings(**chosen.model_dump())},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev -w workspace.yaml` and `dg` load."""
    return build_defs()
