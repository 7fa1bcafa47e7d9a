"""Reading what an earlier version of the contracts made: releases' Parquet files and the writer's database.

Belongs here: columns under the names that they had then, columns that came later, what of a database can be carried
over as it is. Does not belong here: names and days themselves (``renamed_from`` and ``since`` of a contract), loading
payloads again (assets/core/reload.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet

from warehouse.contract import Contract, OutdatedTableError, contracts, quoted
from warehouse.database import new_warehouse, open_warehouse, table_columns

LOADS = "meta.load"


def released_columns(file: Path) -> list[str]:
    """The columns of a figure's Parquet file, as the version that made it named them."""
    names: list[str] = pyarrow.parquet.read_schema(file).names
    return names


def released_rows(contract: Contract, files: Sequence[Path], only: Collection[str] = ()) -> list[str]:
    """SELECT statements that give the rows of a figure's Parquet files with the columns that its contract has today,
    or ``only`` some of these: one for all files of the same columns. Raises ContractError where a file lacks a column
    that was always there.
    """
    alike: dict[tuple[str, ...], list[str]] = {}
    for file in files:
        alike.setdefault(tuple(released_columns(file)), []).append(quoted(str(file)))
    return [
        f"SELECT {contract.select_list(names, only)} FROM read_parquet([{', '.join(paths)}])"
        for names, paths in alike.items()
    ]


def is_outdated(warehouse: Path) -> bool:
    """Whether an earlier version made tables of the writer's database that differ from their contracts of today."""
    if not warehouse.exists():
        return False
    try:
        with open_warehouse(warehouse):
            return False
    except OutdatedTableError:
        return True


@contextmanager
def remade_warehouse(warehouse: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[str]]]:
    """A new database with the rows of the writer's database, which takes its place afterwards; on an error that stays.

    Comes with the tables that are empty in it, for their rows can't be carried over: of core those with a column that
    was not there, or was of another type. What payloads say of it is in landing only.
    """
    with new_warehouse(warehouse) as connection:
        connection.execute(f"ATTACH {quoted(str(warehouse))} AS earlier (READ_ONLY)")
        yield connection, _carry_over(connection)
        connection.execute("DETACH earlier")


def _carry_over(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Copies every row of ``earlier`` that its contract of today can have; returns the tables that it can't."""
    earlier = table_columns(connection, "earlier")
    lost = [table for table, contract in contracts().items() if not _is_exact(contract, earlier.get(table))]
    for table, contract in contracts().items():
        if table in lost or table not in earlier:
            continue
        names = [name for name, _, _ in earlier[table]]
        chosen = f"WHERE table_name NOT IN ({_listed(lost)})" if table == LOADS and lost else ""
        connection.execute(f"INSERT INTO {table} SELECT {contract.select_list(names)} FROM earlier.{table} {chosen}")
    return lost


def _is_exact(contract: Contract, columns: Sequence[tuple[str, str, bool]] | None) -> bool:
    """Whether the rows of a table hold all that its contract asks for. Only what payloads say can be more than they do:
    other tables record what was known when they were written.
    """
    if not contract.bitemporal:
        return True
    stated = {name: (type_, is_nullable) for name, type_, is_nullable in columns or ()}
    wanted = {column.name_in(stated): (column.type, column.nullable) for column in contract.column}
    return stated == wanted


def _listed(names: Collection[str]) -> str:
    return ", ".join(quoted(name) for name in names)
