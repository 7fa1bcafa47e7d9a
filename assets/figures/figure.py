"""The figure asset: runs a figure's SQL for every study and session, notes what data can't make, checks the rows.

Belongs here: what every figure's asset does. Does not belong here: the figure's definition (warehouse/sql),
its chart (publish/).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
import duckdb

from assets.figures.inputs import study_inputs
from assets.layer import layer_options, sessions_of, table_options
from assets.settings import Settings
from assets.study import Study
from checks.expectations import check_rows
from checks.outcome import Outcome, as_dagster_results, record
from checks.table_checks import check_table
from warehouse.contract import Contract, contracts
from warehouse.database import append, has_sql, rows_as_dicts, sql_file, transaction
from warehouse.records import record_materialization


@dataclass(frozen=True)
class Figure:
    """A figure: its name in study files, tables and SQL files, and the datasets that it stands on.

    ``lagging`` is the dataset whose lag moves the newest date that the figure accepts.
    """

    name: str
    datasets: tuple[str, ...]
    lagging: str

    @property
    def table(self) -> str:
        """The figure's table."""
        return f"figure.{self.name}"


def build_figure(figure: Figure, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """The asset figures/<name>, partitioned by session."""
    key = dg.AssetKey(["figures", figure.name])

    @dg.asset(
        **layer_options("figures", figure.name, partitions),
        **table_options(figure.table),
        deps=[dg.AssetKey(["core", dataset]) for dataset in figure.datasets],
    )
    def make(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context)
        contract = contracts()[figure.table]
        cut_off = settings.cut_off()
        outcomes: list[Outcome] = []
        studies = [study for study in settings.read_studies() if figure.name in study.figure_names()]
        with settings.warehouse() as connection:
            for study in studies:
                settings_of = getattr(study.figure, figure.name)
                study_inputs(connection, study, sessions, cut_off, settings.read_lag(figure.lagging), settings_of.as_of)
                make_rows(connection, contract, study, sessions)
                rows = _rows(connection, contract, study, sessions).df()
                outcomes += check_rows(contract, rows, study.study, sessions)
                outcomes += check_table(connection, contract, study.study, sessions)
            record(connection, context.run_id, outcomes)
            names = [study.study for study in studies]
            record_materialization(connection, context.run_id, figure.table, names, sessions, cut_off)
            metadata = _metadata(connection, figure, sessions)
        yield dg.MaterializeResult(metadata=metadata, check_results=as_dagster_results(key, outcomes))

    return make


def make_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, study: Study, sessions: list[date]) -> None:
    """Computes the figure for one study and its sessions, in one pass; the study's inputs must be there.

    A session that the data doesn't cover gets rows in meta.coverage, and none in the figure's table.
    """
    with transaction(connection):
        if has_sql(f"{contract.name}_prepare"):
            connection.execute(sql_file(f"{contract.name}_prepare"))
        connection.execute(
            """
            DELETE FROM meta.coverage
            WHERE study = ? AND figure = ? AND session IN (SELECT session FROM run_session)
            """,
            [study.study, contract.name],
        )
        uncovered = rows_as_dicts(connection, sql_file(f"{contract.name}_coverage"))
        append(
            connection,
            "meta.coverage",
            [{"study": study.study, "figure": contract.name, **row} for row in uncovered],
        )
        everything = contract.history == "highest_session"  # a line of decades is kept for the run's sessions only
        connection.execute(
            f"DELETE FROM {contract.table} WHERE study = ? AND (? OR session IN (SELECT session FROM run_session))",
            [study.study, everything],
        )
        connection.execute(
            f"""
            INSERT INTO {contract.table}
            SELECT {", ".join(_published_value(contract))}
            FROM ({sql_file(contract.name)})
            WHERE session NOT IN (SELECT session FROM meta.coverage WHERE study = ? AND figure = ?)
            ORDER BY {", ".join(contract.key)}
            """,
            [study.study, study.study, contract.name],
        )


def _published_value(contract: Contract) -> list[str]:
    """The select list that adds study and revision, and rounds to the decimals of the contract."""
    fixed = {"study": "? AS study", "revision": "0 AS revision"}
    return [
        fixed.get(column.name)
        or (f"round({column.name}, {column.decimals}) AS {column.name}" if column.decimals else column.name)
        for column in contract.column
    ]


def _rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, study: Study, sessions: list[date]
) -> duckdb.DuckDBPyConnection:
    return connection.execute(
        f"SELECT * FROM {contract.table} WHERE study = ? AND session BETWEEN ? AND ?",
        [study.study, sessions[0], sessions[-1]],
    )


def _metadata(connection: duckdb.DuckDBPyConnection, figure: Figure, sessions: list[date]) -> dict[str, Any]:
    rows = connection.execute(
        f"SELECT count(*) FROM {figure.table} WHERE session BETWEEN ? AND ?", [sessions[0], sessions[-1]]
    ).fetchall()[0][0]
    uncovered = rows_as_dicts(
        connection,
        "SELECT study, session, reason FROM meta.coverage WHERE figure = ? ORDER BY ALL",
        figure.name,
    )
    metadata: dict[str, Any] = {"dagster/row_count": rows}
    if uncovered:
        metadata["not covered"] = "\n".join(f"{r['study']} {r['session']}: {r['reason']}" for r in uncovered)
    return metadata
