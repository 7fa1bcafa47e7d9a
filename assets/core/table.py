"""The core asset of a dataset: appends tonight's staged payloads and checks the table.

Belongs here: what every core asset does. Does not belong here: a dataset's own name and checks (its module beside
this one), parsing (ingest/), figures (figures/).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime

import dagster as dg
import duckdb

from assets.core.load import PayloadToLoad, load_payload
from assets.dagster_parts import Partitions, layer_options, sessions_of, table_options
from assets.settings import Settings
from assets.study import Study
from assets.study_tables import fill_session_tables
from checks.expectations import check_rows, unproven_rows
from checks.outcome import Outcome, as_dagster_results, record
from checks.table_checks import check_table, failed_checks
from warehouse.bitemporal import Appended
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts, transaction
from warehouse.records import record_materialization

CheckInputs = Callable[[duckdb.DuckDBPyConnection, Study, list[date], datetime, str | None], None]
"""Fills the temporary tables that the table's checks read: (connection, study, sessions, cut-off, lag)."""


def build_core(
    dataset: str,
    partitions: Partitions,
    *,
    subject: str | None = None,
    check_inputs: CheckInputs | None = None,
) -> dg.AssetsDefinition:
    """The asset core/<dataset>, partitioned by session.

    ``subject`` is the column by which a failing row concerns some figures only; None: it concerns all that stand on
    the table. ``check_inputs``: where its checks read more than the run's sessions and what is known.
    """
    key, table = dg.AssetKey(["core", dataset]), f"core.{dataset}"

    @dg.asset(
        **layer_options("core", dataset, partitions),
        **table_options(key, [table]),
        # what people state of the data comes first: the checks of every other table read it
        deps=[
            dg.AssetKey(["ingest", dataset]),
            *([] if dataset == "correction" else [dg.AssetKey(["core", "correction"])]),
        ],
    )
    def core(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context, settings.closed_days())
        contract = contracts()[table]
        studies = settings.read_studies()
        outcomes: list[Outcome] = []
        with settings.warehouse() as connection:
            appended = load_staged(connection, dataset, context.run_id)
            new_rows = unproven_rows(connection, contract)
            names = [study.study for study in studies]
            # the rows are the same for every study: they are looked at once
            found = check_rows(contract, new_rows, names[0], sessions, subject=subject)
            outcomes += [replace(outcome, study=name) for name in names for outcome in found]
            for study in studies:
                cut_off, lag = settings.cut_off(), settings.read_lag(dataset)
                try:
                    (check_inputs or fill_session_tables)(connection, study, sessions, cut_off, lag)
                    outcomes += check_table(connection, contract, study.study, sessions)
                except Exception as error:  # whatever one study raises costs that study only
                    context.log.exception(f"{table} could not be checked for {study.study}")
                    outcomes += failed_checks(contract, study.study, sessions, error)
            record(connection, context.run_id, outcomes)
            record_materialization(connection, context.run_id, table, names, sessions, settings.cut_off())
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "rows appended": sum(one.written for one in appended),
                "rows restated": sum(one.restated for one in appended),
                "rows withdrawn": sum(one.withdrawn for one in appended),
            },
            check_results=as_dagster_results(key, outcomes),
        )

    return core


def load_staged(connection: duckdb.DuckDBPyConnection, dataset: str, run_id: str) -> list[Appended]:
    """Appends every staged payload of a dataset in one transaction, and empties the staging."""
    appended = []
    with transaction(connection):
        for staged in rows_as_dicts(connection, f"SELECT * FROM staging.{dataset}_payload ORDER BY position"):
            position = staged.pop("position")
            connection.execute(
                f"""
                CREATE OR REPLACE TEMP TABLE incoming AS
                SELECT * EXCLUDE (position) FROM staging.{dataset} WHERE position = {position}
                """
            )
            appended.append(load_payload(connection, dataset, PayloadToLoad(**staged), run_id))
        connection.execute(f"DELETE FROM staging.{dataset}_payload")
    return appended
