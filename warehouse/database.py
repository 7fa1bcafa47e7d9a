"""The writer's database: opening it, its schema from the contracts, and reading SQL files.

Belongs here: connections and DDL. Does not belong here: any query about the data (sql/), the readers'
database (readers.py).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from warehouse.contract import Contract, contracts, quoted
from warehouse.corrections import CORRECTION, correction_macros
from warehouse.limits import explained, set_limits, temp_folder

SQL = Path(__file__).parent / "sql"

DIGEST = "contracts_digest"
"""The macro by which a database says which contracts made it, so that nothing is compared at every opening."""


@contextmanager
def connect(database: Path | None = None, *, spill_to: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database, or one in memory, under the limits of limits.py, closed whatever happens. Raises LimitError where
    something does not fit into them.
    """
    connection = duckdb.connect(str(database or ":memory:"))
    try:
        set_limits(connection, spill_to)
        yield connection
    except duckdb.OutOfMemoryException as error:
        raise explained(error) from error
    finally:
        connection.close()


@contextmanager
def open_warehouse(path: Path, spill_to: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The writer's database, read-write: an open handle would lock the next step out. What memory can't hold goes to
    ``spill_to``, or to the temp folder of the home in which the database is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with connect(path, spill_to=spill_to or temp_folder(path.parent)) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        # DuckDB 2.0.0 crashed with it in a join on rows that the same transaction wrote. A run on sample data
        # succeeded with it in 2.0.1, but nothing small shows the crash in either: whether it is fixed is not known
        # common_subplan keeps what two parts of a query read in common, though each takes few rows of it: in 2.0.1 two
        # semi-joins with small tables copy the history of levels
        connection.execute("SET disabled_optimizers = 'join_filter_pushdown,common_subplan'")
        ensure_tables(connection, contracts().values())
        connection.execute(sql_file("macros"))
        yield connection


@contextmanager
def new_warehouse(path: Path, *, keep_as: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new writer's database that takes the place of the one at ``path`` afterwards, which is kept under another name
    where one is given. On an error that one stays.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open_warehouse(new) as connection:
            yield connection
    except BaseException:
        for leftover in (new, write_ahead_log(new)):
            leftover.unlink(missing_ok=True)
        raise
    with new.open("rb") as file:
        os.fsync(file.fileno())
    write_ahead_log(path).unlink(missing_ok=True)  # that of the old one would be applied to the new one
    if keep_as and path.exists():
        os.replace(path, keep_as)
    os.replace(new, path)


def write_ahead_log(database: Path) -> Path:
    """DuckDB's; it stays where a process died with the database open."""
    return database.with_name(f"{database.name}.wal")


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def ensure_tables(connection: duckdb.DuckDBPyConnection, wanted: Iterable[Contract], views: Sequence[str] = ()) -> None:
    """Makes each table of the current database that is not there, verifies the columns of those that are, and makes
    macros and ``views``. Raises OutdatedTableError where an earlier version made a table that is not as its contract.
    """
    contracts_of = list(wanted)
    statements = [*_statements(contracts_of), *views]
    digest = hashlib.sha256("".join(statements).encode()).hexdigest()
    if _recorded_digest(connection) == digest:
        return
    columns = table_columns(connection)
    for contract in contracts_of:
        if contract.table in columns:
            contract.verify(columns[contract.table])
    with transaction(connection):
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"CREATE OR REPLACE MACRO {DIGEST}() AS {quoted(digest)}")


def table_columns(
    connection: duckdb.DuckDBPyConnection, database: str | None = None
) -> dict[str, list[tuple[str, str, bool]]]:
    """(name, type, is nullable) of each column of the tables of a database, by default of the current one."""
    columns = connection.execute(
        """
        SELECT schema_name || '.' || table_name, column_name, data_type, is_nullable FROM duckdb_columns()
        WHERE database_name = coalesce(?, current_database()) ORDER BY schema_name, table_name, column_index
        """,
        [database],
    ).fetchall()
    tables: dict[str, list[tuple[str, str, bool]]] = {}
    for table, *column in columns:
        tables.setdefault(table, []).append(tuple(column))
    return tables


def _statements(wanted: list[Contract]) -> list[str]:
    """All that makes the tables and their macros, and the macro round_half_up, which makes every published number."""
    schemas = dict.fromkeys(contract.schema_name for contract in wanted)
    # the macros of statements about a table read core.correction
    are_corrections_there = any(contract.table == CORRECTION for contract in wanted)
    return [
        sql_file("round_half_up"),
        *(f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in schemas),
        *(contract.ddl() for contract in wanted),
        *(contract.as_known_macro() for contract in wanted if contract.bitemporal),
        *(macro for contract in wanted if are_corrections_there for macro in correction_macros(contract)),
    ]


def _recorded_digest(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The digest of the statements that made the tables and macros of the current database."""
    try:
        digest: str = connection.execute(f"SELECT {DIGEST}()").fetchall()[0][0]
    except duckdb.CatalogException:  # nothing made them yet
        return None
    return digest


def sql_file(name: str) -> str:
    """The text of warehouse/sql/<name>.sql."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def has_sql(name: str) -> bool:
    """Whether there is a warehouse/sql/<name>.sql."""
    return (SQL / f"{name}.sql").is_file()


def rows_as_dicts(
    connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any, **named: Any
) -> list[dict[str, Any]]:
    """The result of a query, with its parameters by place or by name, as one dict a row. Fetches all, so that nothing
    is left pending on the connection.
    """
    cursor = connection.execute(query, named or list(parameters) or None)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def create_from_frame(connection: duckdb.DuckDBPyConnection, kind_and_name: str, frame: pd.DataFrame) -> None:
    """Makes or replaces a table (``TABLE name`` or ``TEMP TABLE name``) from a data frame."""
    connection.register("frame_to_copy", frame)
    try:
        connection.execute(f"CREATE OR REPLACE {kind_and_name} AS SELECT * FROM frame_to_copy")
    finally:
        connection.unregister("frame_to_copy")


def append(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Appends rows to a table by column name, all of them in one statement; a column that a row lacks is NULL, or its
    default.
    """
    if not rows:
        return
    contract = contracts()[table]
    names = contract.column_names
    whole = [{name: row.get(name) for name in names} for row in rows]
    connection.register("rows_to_append", pa.Table.from_pylist(whole))
    try:
        values = ", ".join(
            f"coalesce(CAST({c.name} AS {c.type}), {c.default})" if c.default else f"CAST({c.name} AS {c.type})"
            for c in contract.column
        )
        connection.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM rows_to_append")
    finally:
        connection.unregister("rows_to_append")
