"""The ingest asset of a dataset: ingests its sources, stages accepted rows, reports what was refused.

Belongs here: what every ingest asset does. Does not belong here: what differs from dataset to dataset
(assets/datasets.py), the way of a payload (ingest.py), when late data is fetched again (late.py), core (core/).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import duckdb

from assets.dagster_parts import Partitions, layer_options, sessions_of
from assets.drop import DropError, read_drop, unclaimed_files
from assets.ingest.dataset import Dataset
from assets.ingest.fetch_targets import with_fetch_targets
from assets.ingest.fetching import fetch_context
from assets.ingest.ingest import Ingest, IngestResult
from assets.ingest.landing import Landing
from assets.ingest.late import retry_while_late
from assets.ingest.outcomes import (
    check_drop_entries,
    check_entries_read,
    check_optional_sources,
    check_payloads,
    check_specs,
)
from assets.profile import Source
from assets.settings import Settings
from checks.outcome import Outcome, as_dagster_results, record
from warehouse.records import record_materialization
from warehouse.staging import stage_payloads


def build_ingest(dataset: Dataset, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset ingest/<dataset>, partitioned by session.

    It never fails for a vendor's fault: the last good data stays, and the failed check is what the gate reads.
    """
    name = dataset.name
    key = dg.AssetKey(["ingest", name])
    # what people state comes first: a history that is restated on purpose is let in by it
    before = [table for table in ("correction", *dataset.after) if table != name]

    @dg.asset(
        **layer_options("ingest", name, partitions),
        deps=[dg.AssetKey(["core", table]) for table in before],
        kinds={"python", "pandas"},
        description=f"Payloads of {name}: fetched, landed as they came, parsed, guarded, and staged for core.",
        check_specs=check_specs(key),
    )
    def ingest(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context, settings.closed_days())
        with settings.warehouse() as connection:
            result = _ingest_and_stage(connection, dataset, settings, sessions[-1], context.retry_number)
            outcomes = _record_outcomes(connection, dataset, settings, sessions, context.run_id, result)
        yield dg.MaterializeResult(metadata=result.summary(), check_results=as_dagster_results(key, outcomes))

    return ingest


def _sources(dataset: Dataset, settings: Settings) -> list[Source]:
    return [*dataset.always, *settings.read_profile().sources(dataset.name)]


def _ingest_and_stage(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, settings: Settings, session: date, tries: int
) -> IngestResult:
    """Raises dagster.RetryRequested where the session's levels are late."""
    context = with_fetch_targets(
        connection, fetch_context(settings, session), settings.read_studies(), settings.cut_off()
    )
    landing = Landing(settings.home_folder().landing)
    result = Ingest(connection, landing, context, dataset).ingest(_sources(dataset, settings))
    stage_payloads(connection, dataset.name, result.payloads_to_load(), is_again=tries > 0)
    if settings.read_lag(dataset.name) is None:
        retry_while_late(result.late, settings.read_profile().late, session, tries, datetime.now(UTC))
    return result


def _record_outcomes(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    settings: Settings,
    sessions: list[date],
    run_id: str,
    result: IngestResult,
) -> list[Outcome]:
    """The outcomes of all checks. Of those that say nothing, where there is no optional source and nothing was left
    out, none is recorded.
    """
    name, left_out = dataset.name, result.left_out()
    studies = [study.study for study in settings.read_studies()]
    each = [(study, session) for study in studies for session in sessions]
    unclaimed = _unclaimed_files(settings)
    outcomes = [
        outcome
        for pair in each
        for outcome in (check_payloads(name, result.refused, *pair), check_drop_entries(name, unclaimed, *pair))
    ]
    optional = [check_optional_sources(name, result.absent, *pair) for pair in each]
    read = [check_entries_read(name, left_out, *pair) for pair in each]
    record(connection, run_id, outcomes)
    if any(source.optional for source in _sources(dataset, settings)):
        record(connection, run_id, optional)
    if left_out:
        record(connection, run_id, read)
    record_materialization(connection, run_id, f"landing.{name}", studies, sessions, settings.cut_off())
    return [*outcomes, *optional, *read]


def _unclaimed_files(settings: Settings) -> list[str]:
    """The files of the drop folder, where the profile reads it, of which drop.toml says nothing."""
    if not settings.drop or not settings.read_profile().needs_drop:
        return []
    try:
        return unclaimed_files(Path(settings.drop), read_drop(Path(settings.drop)))
    except DropError:
        return []  # the folder itself is at fault, and payloads_accepted says so
