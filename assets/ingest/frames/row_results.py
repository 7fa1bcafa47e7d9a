"""Parse results made from a table's contract: its columns in their order, typed, with what must be there.

Belongs here: what every row-by-row dataset with a contract refuses (a required value missing, a value that is not
allowed, a row given twice). Does not belong here: levels (frames/index_level.py, frames/security_level.py), what a
vendor calls its columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd

from assets.ingest.frames.identifiers import READERS, read_identifiers
from assets.ingest.parsing.delimited_text import Table
from assets.ingest.payload import PayloadError
from warehouse.contract import BOOKKEEPING, Column, Contract, contracts

PANDAS_TYPES = {
    "VARCHAR": "str", "DATE": "datetime64[us]", "TIMESTAMP": "datetime64[us]", "DOUBLE": "float64", "INTEGER": "Int64",
    "BIGINT": "Int64",
}  # fmt: skip


def contract_of(dataset: str) -> Contract:
    """The contract of the core table that keeps a dataset."""
    return contracts()[f"core.{dataset}"]


@cache
def stated_columns(dataset: str) -> tuple[Column, ...]:
    """The columns of a dataset that a vendor states, in the contract's order."""
    return tuple(column for column in contract_of(dataset).column if column.name not in BOOKKEEPING)


def column_names(dataset: str) -> list[str]:
    """Their names."""
    return [column.name for column in stated_columns(dataset)]


@cache
def contract_units() -> dict[str, str]:
    """The unit of each column of core, by its name: two tables that have one column have it in one unit."""
    return {column.name: column.unit for column in _core_columns()}


@cache
def contract_types() -> dict[str, str]:
    """The DuckDB type of each column of core that a vendor states, by its name: one name has one type."""
    return {column.name: column.type for column in _core_columns() if column.name not in BOOKKEEPING}


def _core_columns() -> list[Column]:
    tables = [contract for contract in contracts().values() if contract.table.startswith("core.")]
    return [column for contract in tables for column in contract.column]


def result_frame(dataset: str, table: Table, given: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of a table as the dataset's parse result: a constant or a sequence a column, NULL where not given.

    Texts are pandas strings, dates datetime64[us], numbers float64, whole numbers Int64; rows keep the file's
    order. Raises PayloadError for no row, a required column or value that is missing, a value that the contract
    does not allow, a row given twice.
    """
    if not table.rows:
        raise PayloadError("payload has no rows", where=f"line {table.header_line}")
    refuse_missing(dataset, table, given)
    frame = pd.DataFrame({c.name: _typed(table, c, given.get(c.name)) for c in stated_columns(dataset)})
    for column in stated_columns(dataset):
        _refuse_not_allowed(table, column, frame[column.name])
    entity = contract_of(dataset).entity
    twice = frame.duplicated(entity)
    if twice.any():
        row = int(twice.to_numpy().argmax())
        raise PayloadError("row is given twice", where=table.where(row), value=_shown(frame[entity].iloc[row]))
    return frame


def refuse_missing(dataset: str, table: Table, given: Mapping[str, Any]) -> None:
    """Raises PayloadError for a column that the contract needs and that is not given, or lacks a value."""
    for column in stated_columns(dataset):
        values = pd.Series(given.get(column.name), index=range(len(table.rows)))
        absent = (values.isna() | values.isin([""])).to_numpy()
        if (column.nullable and not column.needed) or not absent.any():
            continue
        if absent.all():
            raise PayloadError(f"{column.name} is needed and not given", value=f"{len(values)} rows")
        raise PayloadError(f"{column.name} is missing", where=table.where(int(absent.argmax())))


def _typed(table: Table, column: Column, values: Any) -> pd.Series:
    index = range(len(table.rows))
    if column.type == "INTEGER":
        return _whole(table, column.name, pd.Series(values, index=index, dtype="float64"))
    typed = pd.Series(values, index=index, dtype=PANDAS_TYPES[column.type])
    return read_identifiers(column.name, typed, table.where) if column.name in READERS else typed


def _whole(table: Table, name: str, values: pd.Series) -> pd.Series:
    broken = values.notna() & (values % 1 != 0)
    if broken.any():
        row = int(broken.to_numpy().argmax())
        raise PayloadError(f"{name} is not a whole number", where=table.where(row), value=values[row])
    large = values.abs() >= 2**31
    if large.any():
        row = int(large.to_numpy().argmax())
        raise PayloadError(f"{name} is too large", where=table.where(row), value=values[row])
    return values.astype("Int64")


def _refuse_not_allowed(table: Table, column: Column, values: pd.Series) -> None:
    known = values.dropna()
    if column.allowed:
        _refuse(table, column, known[~known.isin(column.allowed)], f"is none of {', '.join(column.allowed)}")
    if column.minimum is not None:
        _refuse(table, column, known[known < column.minimum], f"is below {column.minimum:g}")


def _refuse(table: Table, column: Column, wrong: pd.Series, what: str) -> None:
    if len(wrong):
        raise PayloadError(f"{column.name} {what}", where=table.where(int(wrong.index[0])), value=wrong.iloc[0])


def _shown(key: pd.Series) -> str:
    return ", ".join(str(part.date()) if isinstance(part, pd.Timestamp) else str(part) for part in key)
