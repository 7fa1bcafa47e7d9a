"""The core asset of a dataset: appends the run's staged payloads and checks the table.

Belongs here: what every core asset does. Does not belong here: what differs from dataset to dataset
(assets/datasets.py), parsing (ingest/), figures (figures/).
"""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import duckdb

from assets.core.load import load_payload
from assets.dagster_parts import Partitions, layer_options, sessions_of, table_options
from assets.ingest.dataset import Dataset
from assets.settings import Settings
from checks.expectations import check_rows, unchecked_rows
from checks.outcome import Outcome, as_dagster_results, record
from checks.table_checks import check_table, failed_checks
from warehouse.bitemporal import Appended
from warehouse.contract import contracts
from warehouse.database import transaction
from warehouse.records import record_materialization
from warehouse.staging import staged_payloads


def build_core(dataset: Dataset, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset core/<dataset>, partitioned by session."""
    name, table = dataset.name, f"core.{dataset.name}"
    key = dg.AssetKey(["core", name])

    @dg.asset(
        **layer_options("core", name, partitions),
        **table_options(key, [table]),
        # what people state of the data comes first: the checks of every other table read it
        deps=[
            dg.AssetKey(["ingest", name]),
            *([] if name == "correction" else [dg.AssetKey(["core", "correction"])]),
        ],
    )
    def core(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context, settings.closed_days())
        contract = contracts()[table]
        studies = settings.read_studies()
        outcomes: list[Outcome] = []
        with settings.warehouse() as connection:
            appended = load_staged(connection, name, context.run_id)
            new_rows = unchecked_rows(connection, contract)
            study_names = [study.study for study in studies]
            # the rows are the same for every study: they are looked at once
            row_outcomes = check_rows(
                connection, contract, new_rows, study_names[0], sessions, subject=dataset.row_subject
            )
            outcomes += [replace(outcome, study=study) for study in study_names for outcome in row_outcomes]
            for study in studies:
                cut_off, lag = settings.cut_off(), settings.read_lag(name)
                try:
                    dataset.check_inputs(connection, study, sessions, cut_off, lag)
                    outcomes += check_table(connection, contract, study.study, sessions)
                except Exception as error:  # whatever one study raises costs that study only
                    context.log.exception(f"{table} could not be checked for {study.study}")
                    outcomes += failed_checks(contract, study.study, sessions, error)
            record(connection, context.run_id, outcomes)
            record_materialization(connection, context.run_id, table, study_names, sessions, settings.cut_off())
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "rows appended": sum(counts.written for counts in appended),
                "rows restated": sum(counts.restated for counts in appended),
                "rows withdrawn": sum(counts.withdrawn for counts in appended),
            },
            check_results=as_dagster_results(key, outcomes),
        )

    return core


def load_staged(connection: duckdb.DuckDBPyConnection, dataset: str, run_id: str) -> list[Appended]:
    """Appends every staged payload of a dataset in one transaction, and empties the staging."""
    with transaction(connection):
        return [load_payload(connection, dataset, payload, run_id) for payload in staged_payloads(connection, dataset)]
