"""The readers' database: a copy brought up to date and put in place of the old one by one rename.

Belongs here: the file's life, its tables, views and macros. Does not belong here: what a release says
(assets/publish). It is a function of the releases on disk, the run records and core, so that the next
run completes what one that died between two steps left out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.contract import Contract, OutdatedTableError, contracts, quoted
from warehouse.database import append, ensure_tables, sql_file, table_columns
from warehouse.earlier_versions import released_rows

STORAGE_VERSION = "v1.2.0"
"""The oldest DuckDB that can open the file."""


@dataclass(frozen=True)
class ReleaseRows:
    """What a release adds: its row of meta.release, payloads, changes, and the Parquet file of each figure."""

    release: dict[str, Any]
    payloads: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    figures: dict[str, Path]


@dataclass(frozen=True)
class RunRows:
    """What a run adds: its row of meta.run, those of meta.withheld and meta.check_result. A check without a session
    found the same for every one of its study; ``revisions``: study, session and what the run published of it.
    """

    run: dict[str, Any]
    withheld: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    revisions: list[dict[str, Any]]


@contextmanager
def readers_database(connection: duckdb.DuckDBPyConnection, target: Path, *, is_new: bool = False) -> Iterator[None]:
    """Attaches a copy of the readers' database as ``readers`` and makes it the current database; afterwards the copy
    takes the target's place. Starts anew where there is none, or where ``is_new``. On an error the target stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    copy = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    for leftover in (copy, copy.with_name(copy.name + ".wal")):
        leftover.unlink(missing_ok=True)
    if target.exists() and not is_new:
        shutil.copyfile(target, copy)
    own = connection.execute("SELECT current_database()").fetchall()[0][0]
    connection.execute(f"ATTACH {quoted(str(copy))} AS readers (STORAGE_VERSION {quoted(STORAGE_VERSION)})")
    try:
        connection.execute("USE readers")
        ensure_tables(connection, published_contracts(), _view_statements())
        yield
    except BaseException:
        _detach(connection, own)
        copy.unlink(missing_ok=True)
        raise
    connection.execute("CHECKPOINT readers")
    _detach(connection, own)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    target.with_name(target.name + ".wal").unlink(missing_ok=True)  # a stale one would break opening
    os.replace(copy, target)


def is_outdated(target: Path) -> bool:
    """Whether an earlier version made a readers' database whose tables differ from their contracts of today."""
    if not target.exists():
        return False
    with duckdb.connect(str(target), read_only=True) as connection:
        columns = table_columns(connection)
    try:
        for contract in published_contracts():
            contract.verify(columns.get(contract.table, []))
    except OutdatedTableError:
        return True
    return False


def published_contracts() -> list[Contract]:
    """The contracts of the tables that readers see."""
    return [contract for contract in contracts().values() if contract.published]


def known_releases(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, date, int]]:
    """(study, session, revision) of every release that the readers' database has."""
    return set(connection.execute("SELECT study, session, revision FROM meta.release").fetchall())


def known_runs(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The runs that the readers' database has."""
    return {run for (run,) in connection.execute("SELECT run_id FROM meta.run").fetchall()}


def add_releases(connection: duckdb.DuckDBPyConnection, added: list[ReleaseRows]) -> None:
    """Adds releases: their rows, payloads and changes, and the figures' rows from their Parquet files."""
    append(connection, "meta.release", [release.release for release in added])
    _append_records(connection, "meta.change", [change for release in added for change in release.changes])
    known = {sha for (sha,) in connection.execute("SELECT sha256 FROM meta.payload").fetchall()}
    payloads = {payload["sha256"]: payload for release in added for payload in release.payloads}
    _append_records(connection, "meta.payload", [payload for sha, payload in payloads.items() if sha not in known])
    append(
        connection,
        "meta.release_payload",
        [
            {
                **{name: release.release[name] for name in ("study", "session", "revision")},
                "sha256": payload["sha256"],
            }
            for release in added
            for payload in release.payloads
        ],
    )
    for contract in published_contracts():
        files = [release.figures[contract.table] for release in added if contract.table in release.figures]
        for rows in released_rows(contract, files):
            connection.execute(f"INSERT INTO {contract.table} ({', '.join(contract.column_names)}) {rows}")
        if contract.history == "highest_session":
            connection.execute(
                f"""
                DELETE FROM {contract.table} AS t
                WHERE t.session < (SELECT max(n.session) FROM {contract.table} AS n WHERE n.study = t.study)
                """
            )


def set_approvals(connection: duckdb.DuckDBPyConnection, approvals: list[dict[str, Any]]) -> None:
    """Makes approved_by and approved_at of meta.release what ``approvals`` say, and nothing where they are silent.

    Each names study, session, revision and descriptor_sha256: an approval of other content does not count.
    """
    connection.execute("UPDATE meta.release SET approved_by = NULL, approved_at = NULL WHERE approved_by IS NOT NULL")
    for approval in approvals:
        connection.execute(
            """
            UPDATE meta.release SET approved_by = $approved_by, approved_at = $approved_at
            WHERE study = $study AND session = $session AND revision = $revision
              AND descriptor_sha256 = $descriptor_sha256
            """,
            approval,
        )


def add_runs(connection: duckdb.DuckDBPyConnection, runs: Iterable[RunRows]) -> None:
    """Adds runs: rows of meta.run, meta.withheld and meta.check_result."""
    for run in runs:
        _append_records(connection, "meta.run", [run.run])
        _append_records(connection, "meta.withheld", run.withheld)
        _append_records(connection, "meta.check_result", [check for check in run.checks if check["session"]])
        _append_alike(connection, [check for check in run.checks if not check["session"]], run.revisions)


def _append_alike(
    connection: duckdb.DuckDBPyConnection, checks: list[dict[str, Any]], revisions: list[dict[str, Any]]
) -> None:
    """Appends checks that found the same for every session of their study."""
    if not checks:
        return
    connection.register("run_revision", pa.Table.from_pylist(revisions))
    for check in checks:
        said = {name: value for name, value in check.items() if name not in ("session", "revision")}
        values = ", ".join(f"${name} AS {name}" for name in said)
        connection.execute(
            "INSERT INTO meta.check_result BY NAME "
            f"SELECT session, CAST(revision AS INTEGER) AS revision, {values} FROM run_revision WHERE study = $study",
            said,
        )
    connection.unregister("run_revision")


def _append_records(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Appends rows that a file of any version records."""
    append(connection, table, [contracts()[table].with_current_names(row) for row in rows])


def add_core(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Adds the rows of published core tables that the readers don't have yet, from the database ``source``."""
    for contract in published_contracts():
        if contract.schema_name == "core":
            columns = ", ".join(contract.column_names)
            connection.execute(
                f"""
                INSERT INTO {contract.table} ({columns})
                SELECT {columns} FROM {source}.{contract.table} AS s
                WHERE NOT EXISTS (
                    SELECT 1 FROM (SELECT DISTINCT payload_sha256, known_at FROM {contract.table}) AS k
                    WHERE k.payload_sha256 = s.payload_sha256 AND k.known_at = s.known_at
                )
                """
            )


def replace_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Replaces the rows of a small table."""
    connection.execute(f"DELETE FROM {table}")
    append(connection, table, rows)


def describe_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """meta.column from the contracts."""
    rows = [
        {
            "schema_name": contract.schema_name,
            "table_name": contract.name,
            "column_name": column.name,
            "type": column.type,
            "unit": column.unit,
            "decimals": column.decimals,
            "description": column.description,
        }
        for contract in published_contracts()
        for column in contract.column
    ]
    replace_rows(connection, "meta.column", rows)


def _view_statements() -> list[str]:
    """What makes latest.X for every figure X, and latest.freshness."""
    figures = [contract for contract in published_contracts() if contract.schema_name == "figure"]
    statements = ["CREATE SCHEMA IF NOT EXISTS latest"]
    for contract in figures:
        view = f"latest.{contract.name}"
        about = f"{contract.title}: of each study the newest session that has rows, at its newest revision"
        statements += [
            f"""
            CREATE OR REPLACE VIEW {view} AS SELECT * FROM {contract.table}
            QUALIFY dense_rank() OVER (PARTITION BY study ORDER BY session DESC, revision DESC) = 1
            """,
            f"COMMENT ON VIEW {view} IS {quoted(about)}",
            *(
                f"COMMENT ON COLUMN {view}.{column.name} IS {quoted(f'{column.description} [{column.unit}]')}"
                for column in contract.column
            ),
        ]
    newest = " UNION ALL ".join(
        f"SELECT study, '{c.name}' AS figure, max(session) AS session, max_by(as_of, session) AS as_of "
        f"FROM {c.table} GROUP BY study"
        for c in figures
    )
    return [*statements, sql_file("freshness").replace("{newest_of_each_figure}", newest)]


def _detach(connection: duckdb.DuckDBPyConnection, own: str) -> None:
    connection.execute(f"USE {own}")
    connection.execute("DETACH readers")
