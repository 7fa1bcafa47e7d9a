"""The writer's database: opening it, its schema from the contracts, and reading SQL files.

Belongs here: connections and DDL. Does not belong here: any query about the data (sql/), the readers'
database (readers.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from warehouse.contract import Contract, contracts
from warehouse.corrections import CORRECTION, correction_macros

SQL = Path(__file__).parent / "sql"


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The writer's database, read-write, closed whatever happens: an open handle would lock the next step out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(path))
    try:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        # DuckDB 2.0.0 crashed with it in a join on rows that the same transaction wrote. A night of sample data went
        # through with it in 2.0.1, but nothing small shows the crash in either: that it is mended is not known
        connection.execute("SET disabled_optimizers = 'join_filter_pushdown'")
        ensure_tables(connection, contracts().values())
        yield connection
    finally:
        connection.close()


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


def ensure_tables(connection: duckdb.DuckDBPyConnection, wanted: Iterable[Contract]) -> None:
    """Makes each table of the current database that is not there, verifies the columns of those that are; and the
    macro round_half_up, which makes every published number.
    """
    found = connection.execute(
        """
        SELECT schema_name || '.' || table_name, list((column_name, data_type) ORDER BY column_index)
        FROM duckdb_columns() WHERE database_name = current_database() GROUP BY ALL
        """
    ).fetchall()
    columns = dict(found)
    wanted = list(wanted)
    for contract in wanted:
        if contract.table in columns:
            contract.verify([tuple(column) for column in columns[contract.table]])
            continue
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {contract.schema_name}")
        connection.execute(contract.ddl())
        if contract.bitemporal:
            connection.execute(contract.as_known_macro())
    connection.execute(sql_file("round_half_up"))
    _ensure_correction_macros(connection, [contract for contract in wanted if contract.is_correctable])


def _ensure_correction_macros(connection: duckdb.DuckDBPyConnection, correctable: list[Contract]) -> None:
    """Makes those that are not there; they read core.correction, which may have come after their tables."""
    found = connection.execute(
        """
        SELECT DISTINCT schema_name || '.' || function_name FROM duckdb_functions()
        WHERE function_type = 'table_macro' AND database_name = current_database()
        """
    ).fetchall()
    known = {name for (name,) in found}
    if f"{CORRECTION}_as_known" not in known:
        return
    for contract in correctable:
        if f"{contract.table}_corrections" not in known:
            for macro in correction_macros(contract):
                connection.execute(macro)


def sql_file(name: str) -> str:
    """The text of warehouse/sql/<name>.sql."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def has_sql(name: str) -> bool:
    """Whether there is a warehouse/sql/<name>.sql."""
    return (SQL / f"{name}.sql").is_file()


def rows_as_dicts(connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> list[dict[str, Any]]:
    """The result of a query as one dict a row. Fetches all, so that nothing is left pending on the connection."""
    cursor = connection.execute(query, list(parameters) or None)
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
