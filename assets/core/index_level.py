"""Asset core/index_level: levels of index series, append-only and bitemporal.

Belongs here: appending tonight's staged payloads, and the checks of the table. Does not belong here: parsing
(ingest/), figures (figures/).
"""

from collections.abc import Iterator

import dagster as dg
import duckdb

from assets.core.load import PayloadToLoad, load_payload
from assets.figures.inputs import study_inputs
from assets.layer import layer_options, sessions_of, table_options
from assets.settings import Settings
from checks.expectations import check_rows, unproven_rows
from checks.outcome import Outcome, as_dagster_results, record
from checks.table_checks import check_table
from warehouse.bitemporal import Appended
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts, transaction
from warehouse.records import record_materialization

TABLE = "core.index_level"
KEY = dg.AssetKey(["core", "index_level"])


def build_index_level(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""

    @dg.asset(
        **layer_options("core", "index_level", partitions),
        **table_options(TABLE),
        deps=[dg.AssetKey(["ingest", "index_level"])],
    )
    def index_level(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context)
        contract = contracts()[TABLE]
        outcomes: list[Outcome] = []
        with settings.warehouse() as connection:
            appended = load_staged(connection, "index_level", context.run_id)
            new_rows = unproven_rows(connection, contract)
            for study in settings.read_studies():
                study_inputs(connection, study, sessions, settings.cut_off(), settings.read_lag("index_level"))
                outcomes += check_rows(contract, new_rows, study.study, sessions, subject="series_id")
                outcomes += check_table(connection, contract, study.study, sessions)
            record(connection, context.run_id, outcomes)
            studies = [study.study for study in settings.read_studies()]
            record_materialization(connection, context.run_id, TABLE, studies, sessions, settings.cut_off())
            rows, newest = connection.execute(f"SELECT count(*), max(date) FROM {TABLE}").fetchall()[0]
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "rows appended": sum(one.written for one in appended),
                "rows restated": sum(one.restated for one in appended),
                "newest date": str(newest),
            },
            check_results=as_dagster_results(KEY, outcomes),
        )

    return index_level


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
