"""The figure asset: runs a figure's SQL for every study and session, notes what data can't make, checks the rows.

Belongs here: what every figure's asset does. Does not belong here: the figure's definition (warehouse/sql),
its chart (publish/).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import dagster as dg
import duckdb

from assets.dagster_parts import Partitions, layer_options, sessions_of, table_options
from assets.settings import Settings
from assets.study import Study
from checks.expectations import check_session_rows, failed_rows
from checks.outcome import Outcome, as_dagster_results, record
from checks.table_checks import check_table, failed_checks
from warehouse.contract import Contract, contracts
from warehouse.database import append, has_sql, rows_as_dicts, sql_file, transaction
from warehouse.records import record_materialization

FillTables = Callable[[duckdb.DuckDBPyConnection, Study, list[date], datetime, str | None, str], None]
"""(connection, study, sessions, cut-off as naive UTC, lag like `6 months` or None, figure's name)."""

STATED = ("correction",)
"""What people state of the data: every figure reads it, and every profile serves it."""


PAYLOADS = "payloads"
"""The column in which the SQL of one of a figure's tables lists the payloads that a row stands on (their sha256). It is
in no contract: the figure's asset records it in meta.figure_payload, which names a release's sources.
"""


@dataclass(frozen=True)
class Figure:
    """A figure: its name in study files, SQL files and coverage, and what it stands on.

    ``datasets`` must be served, ``optional_datasets`` are used where they are. ``lag_dataset`` is the one whose lag
    moves the newest date that the figure accepts. ``fill_tables`` fills the temporary tables that its SQL reads.
    ``concerns`` gives the subjects whose failure concerns the figure, where the study and not the rows' series says so.
    ``answered`` are input tables of which the figure looks after each subject itself: it leaves out whose data fails.
    ``main_table`` is the one that the chart draws, ``detail_table`` has the rows behind it, where there are any.
    ``file_stem`` is what the files of a figure without a number are called. Empty: the figure's name.
    """

    name: str
    datasets: tuple[str, ...]
    lag_dataset: str
    fill_tables: FillTables
    optional_datasets: tuple[str, ...] = ()
    main_table: str = ""
    detail_table: str = ""
    file_stem: str = ""
    answered: tuple[str, ...] = ()
    concerns: Callable[[Study], frozenset[str]] | None = None

    @property
    def table(self) -> str:
        """The figure's main table, which the chart draws."""
        return f"figure.{self.main_table or self.name}"

    @property
    def reads(self) -> tuple[str, ...]:
        """Every dataset that it reads, where it is there."""
        return (*self.datasets, *self.optional_datasets, *STATED)

    @property
    def tables(self) -> list[str]:
        """Every table of the figure, the main one first."""
        return [self.table, *([f"figure.{self.detail_table}"] if self.detail_table else [])]


def build_figure(figure: Figure, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset figures/<name>, partitioned by session."""
    key = dg.AssetKey(["figures", figure.name])

    @dg.asset(
        **layer_options("figures", figure.name, partitions),
        **table_options(key, figure.tables),
        deps=[dg.AssetKey(["core", dataset]) for dataset in figure.reads],
    )
    def make(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context, settings.closed_days())
        cut_off = settings.cut_off()
        outcomes: list[Outcome] = []
        studies = [study for study in settings.read_studies() if figure.name in study.figure_names()]
        with settings.warehouse() as connection:
            for study in studies:
                lag = settings.read_lag(figure.lag_dataset)
                try:
                    outcomes += make_figure(connection, figure, study, sessions, cut_off, lag)
                except Exception as error:  # whatever one study raises costs that study only
                    context.log.exception(f"{figure.name} could not be made for {study.study}")
                    outcomes += [
                        outcome
                        for contract in (contracts()[table] for table in figure.tables)
                        for failed in (failed_rows, failed_checks)
                        for outcome in failed(contract, study.study, sessions, error)
                    ]
            record(connection, context.run_id, outcomes)
            names = [study.study for study in studies]
            for table in figure.tables:
                record_materialization(connection, context.run_id, table, names, sessions, cut_off)
            metadata = _metadata(connection, figure, sessions)
        yield dg.MaterializeResult(metadata=metadata, check_results=as_dagster_results(key, outcomes))

    return make


def make_figure(
    connection: duckdb.DuckDBPyConnection,
    figure: Figure,
    study: Study,
    sessions: list[date],
    cut_off: datetime,
    lag: str | None,
) -> list[Outcome]:
    """Makes the figure's tables for one study and its sessions, and checks them."""
    figure.fill_tables(connection, study, sessions, cut_off, lag, figure.name)
    make_rows(connection, figure, study, sessions)
    if has_sql(f"{figure.name}_checks"):  # what only the checks of the rows read
        connection.execute(sql_file(f"{figure.name}_checks"))
    outcomes: list[Outcome] = []
    for contract in (contracts()[table] for table in figure.tables):
        outcomes += check_session_rows(connection, contract, study.study, sessions)
        outcomes += check_table(connection, contract, study.study, sessions)
    return outcomes


def make_rows(connection: duckdb.DuckDBPyConnection, figure: Figure, study: Study, sessions: list[date]) -> None:
    """Computes the figure for one study and its sessions, in one pass; the figure's inputs must be there.

    A session that the data doesn't cover gets rows in meta.coverage, and none in the figure's tables.
    """
    with transaction(connection):
        if has_sql(f"{figure.name}_prepare"):
            connection.execute(sql_file(f"{figure.name}_prepare"))
        if has_sql(f"{figure.name}_doubt"):
            connection.execute(sql_file(f"{figure.name}_doubt"))
        for table in ("meta.coverage", "meta.figure_payload"):
            connection.execute(
                f"DELETE FROM {table} WHERE study = ? AND figure = ? AND session IN (SELECT session FROM run_session)",
                [study.study, figure.name],
            )
        uncovered = rows_as_dicts(connection, sql_file(f"{figure.name}_coverage"))
        append(connection, "meta.coverage", [{"study": study.study, "figure": figure.name, **row} for row in uncovered])
        for table in figure.tables:
            _make_table(connection, figure, contracts()[table], study)


def _make_table(connection: duckdb.DuckDBPyConnection, figure: Figure, contract: Contract, study: Study) -> None:
    everything = contract.history == "highest_session"  # decades of rows are kept for the run's sessions only
    connection.execute(
        f"DELETE FROM {contract.table} WHERE study = ? AND (? OR session IN (SELECT session FROM run_session))",
        [study.study, everything],
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE figure_row AS
        FROM ({sql_file(contract.name)})
        WHERE session NOT IN (
            SELECT session FROM meta.coverage WHERE study = ? AND figure = ? AND subject IS NULL
        )
        """,
        [study.study, figure.name],
    )
    connection.execute(
        f"""
        INSERT INTO {contract.table}
        SELECT {", ".join(_published_value(contract))} FROM figure_row ORDER BY {", ".join(contract.key)}
        """,
        [study.study],
    )
    if PAYLOADS in connection.table("figure_row").columns:
        connection.execute(
            f"""
            INSERT INTO meta.figure_payload
            SELECT ?, session, ?, payload_sha256
            FROM (SELECT DISTINCT session, unnest({PAYLOADS}) AS payload_sha256 FROM figure_row)
            WHERE payload_sha256 IS NOT NULL
            """,
            [study.study, figure.name],
        )


def _published_value(contract: Contract) -> list[str]:
    """The select list that adds study and revision, and rounds to the decimals of the contract."""
    fixed = {"study": "? AS study", "revision": "0 AS revision"}
    return [
        fixed.get(column.name)
        or (
            f"round_half_up({column.name}, {column.decimals}) AS {column.name}"
            if column.decimals is not None
            else column.name
        )
        for column in contract.column
    ]


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
