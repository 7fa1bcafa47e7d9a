"""Table contracts: one TOML file a table, from which everything else about the table is generated.

Belongs here: the model of a contract, and its forms for DuckDB, Arrow, Dagster and the release descriptor.
Does not belong here: the tables themselves (contracts/*.toml), running checks (checks/), any computation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import dagster as dg
import pyarrow as pa
import pydantic

from warehouse.toml_file import Strict, as_model, read_toml

CONTRACTS = Path(__file__).parent / "contracts"

PLACE = "place"
"""A scope that no column names: what came from one place of a vendor (meta.load)."""

BOOKKEEPING = ("known_at", "payload_sha256", "is_withdrawn")
"""The columns of a bitemporal table that no vendor states."""

Unit = Literal[
    "name", "text", "date", "UTC time", "flag", "count", "order", "fraction", "index points", "base = 100",
    "years", "code", "sha256", "bytes", "path", "SQL", "any", "currency", "yen",
]  # fmt: skip

ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "VARCHAR[]": pa.list_(pa.string()),
}

FRICTIONLESS_TYPES = {
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "VARCHAR[]": "array",
}


class ContractError(RuntimeError):
    """A table that is not as its contract says: table, column, found and expected."""


class OutdatedTableError(ContractError):
    """A table that an earlier version of its contract made."""


class Column(Strict):
    """One column: its DuckDB type, unit, meaning, and the values it may take; ``default`` is SQL.

    ``needed``: a payload has to state it, though it is NULL in rows that core adds.
    ``since``: the day on which the column was added; what was made before lacks it, and has NULL or the default there.
    ``renamed_from``: the name, or names, that it had before; what was made then is read by them.
    """

    name: str
    type: Literal["VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "VARCHAR[]"]
    unit: Unit
    description: str
    nullable: bool = False
    needed: bool = False
    default: str | None = None
    decimals: int | None = None
    since: date | None = None
    renamed_from: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    exclusive_minimum: float | None = None
    maximum: float | None = None

    @pydantic.field_validator("renamed_from", mode="before")
    @classmethod
    def _list_names(cls, names: Any) -> Any:
        return (names,) if isinstance(names, str) else names

    @pydantic.model_validator(mode="after")
    def _has_a_value_before(self) -> Column:
        if self.since is not None and not self.nullable and self.default is None:
            raise ValueError(f"{self.name} came on {self.since}: rows made before need nullable = true or a default")
        return self

    def name_in(self, names: Collection[str]) -> str | None:
        """The name that the column has among those of a table of any version, None where it is not there."""
        return next((name for name in (self.name, *self.renamed_from) if name in names), None)


class Check(Strict):
    """A truth about the whole table: checks/sql/<name>.sql returns the rows that break it.

    ``blocking`` is what the gate before publishing reads; ``expected`` tells the operator the rule.
    """

    name: str
    description: str
    expected: str
    blocking: bool


class Contract(Strict):
    """A table: where it stands, what a row is, its columns, and what must hold.

    Of a bitemporal table, ``scope`` names what one payload is the whole truth of: columns of the key, or ``place``,
    what came from one place of a vendor. Rows of it that a later payload of the same scope lacks are withdrawn.
    ``day`` is the day that a row is of. ``scope_days`` narrows the scope: ``all`` days of it, the ``span`` from the
    payload's first to its last day, the payload's ``newest`` day, or the days ``since_first``: from the first one that
    it has of the same subject (the key's first column), or at all where it has none. What is older was left out, not
    denied. ``file_column``: a column of the key that only says which file a row came from, so that a file which stands
    for one that is gone has all rows under another key. ``blank_when_withdrawn``: a column that is NULL in
    a withdrawn row, for readers who look at the table itself; a payload that brings it as NULL withdraws the row.
    """

    table: str
    title: str
    description: str
    key: tuple[str, ...]
    licence: str
    extends: str | None = None
    bitemporal: bool = False
    scope: tuple[str, ...] = ()
    day: str | None = None
    scope_days: Literal["all", "span", "newest", "since_first"] = "all"
    file_column: str | None = None
    blank_when_withdrawn: str | None = None
    history: Literal["all", "highest_session"] = "all"
    published: bool = True
    column: tuple[Column, ...]
    check: tuple[Check, ...] = ()

    @pydantic.model_validator(mode="after")
    def _key_is_made_of_columns(self) -> Contract:
        unknown = [name for name in self.key if name not in self.column_names]
        if unknown:
            raise ValueError(f"key names columns that do not exist: {', '.join(unknown)}")
        return self

    @pydantic.model_validator(mode="after")
    def _names_are_unique(self) -> Contract:
        names = [name for column in self.column for name in (column.name, *column.renamed_from)]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"several columns have, or had, one name: {', '.join(doubled)}")
        return self

    @pydantic.model_validator(mode="after")
    def _scope_is_stated(self) -> Contract:
        if not self.bitemporal:
            return self
        outside = [name for name in self.scope if name not in self.entity and name != PLACE]
        if not self.scope or outside:
            raise ValueError(f"scope names columns of the key, or {PLACE} (found {list(self.scope)})")
        named = [name for name in (self.day, self.blank_when_withdrawn) if name is not None]
        if self.day is None or not set(named) <= set(self.column_names):
            raise ValueError(f"day and blank_when_withdrawn are columns (found {named})")
        return self

    @property
    def schema_name(self) -> str:
        """The schema part of ``table``."""
        return self.table.split(".")[0]

    @property
    def name(self) -> str:
        """The table's name without its schema."""
        return self.table.split(".")[1]

    @property
    def is_correctable(self) -> bool:
        """Whether a known correction can speak of the table: of what comes from vendors."""
        return self.bitemporal and self.schema_name == "core" and self.name != "correction"

    @property
    def column_names(self) -> list[str]:
        """Column names in their order."""
        return [column.name for column in self.column]

    @property
    def values(self) -> list[str]:
        """The columns of a bitemporal table that a vendor states: neither key nor bookkeeping."""
        return [name for name in self.column_names if name not in (*self.key, *BOOKKEEPING)]

    @property
    def entity(self) -> list[str]:
        """The key of a bitemporal row without its time of knowledge."""
        return [name for name in self.key if name != "known_at"]

    def ddl(self) -> str:
        """CREATE TABLE with the comments; unqualified by database, so that it serves warehouse and readers."""
        lines = [
            f"  {c.name} {c.type}{'' if c.nullable else ' NOT NULL'}{f' DEFAULT {c.default}' if c.default else ''}"
            for c in self.column
        ]
        statements = [f"CREATE TABLE IF NOT EXISTS {self.table} (\n" + ",\n".join(lines) + "\n)"]
        statements.append(f"COMMENT ON TABLE {self.table} IS {quoted(f'{self.title}. {self.description}')}")
        statements += [
            f"COMMENT ON COLUMN {self.table}.{c.name} IS {quoted(f'{c.description} [{c.unit}]')}" for c in self.column
        ]
        return ";\n".join(statements) + ";"

    def as_known_macro(self) -> str:
        """The macro ``<table>_as_known(ts)``: for each key the row known last at ``ts``, without withdrawn ones."""
        return (
            f"CREATE OR REPLACE MACRO {self.table}_as_known(ts) AS TABLE\n"
            f"SELECT * FROM (\n"
            f"  SELECT * FROM {self.table} WHERE known_at <= ts\n"
            f"  QUALIFY row_number() OVER (PARTITION BY {', '.join(self.entity)} ORDER BY known_at DESC) = 1\n"
            f") WHERE NOT is_withdrawn;"
        )

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema with unit, decimals and meaning as field metadata, for Parquet."""
        return pa.schema(
            [
                pa.field(c.name, ARROW_TYPES[c.type], nullable=c.nullable, metadata=_field_metadata(c))
                for c in self.column
            ],
            metadata={"table": self.table, "title": self.title, "description": self.description},
        )

    def dagster_schema(self) -> dg.TableSchema:
        """The column schema that the Dagster UI shows; the unit is a tag of its column."""
        return dg.TableSchema(
            columns=[
                dg.TableColumn(
                    name=c.name,
                    type=c.type,
                    description=f"{c.description} [{c.unit}]",
                    constraints=dg.TableColumnConstraints(nullable=c.nullable),
                )
                for c in self.column
            ]
        )

    def frictionless_schema(self) -> dict[str, Any]:
        """The schema of the release descriptor (Frictionless Table Schema)."""
        return {
            "fields": [_frictionless_field(c) for c in self.column],
            "primaryKey": list(self.key),
            "missingValues": [""],
        }

    def select_list(self, names: Collection[str], only: Collection[str] = ()) -> str:
        """The SELECT list that gives the contract's columns, or ``only`` some, from a table that any version of it made
        with the columns ``names``.

        Raises ContractError where a column is missing whose ``since`` does not say that it came later.
        """
        items = []
        for column in (column for column in self.column if not only or column.name in only):
            name = column.name_in(names)
            if name is None and column.since is None:
                raise ContractError(
                    f"{self.table} has no column {column.name} (found {', '.join(names)}): a damaged file, or "
                    f"warehouse/contracts/{self.table}.toml lacks since or renamed_from"
                )
            items.append(f"CAST({name or column.default or 'NULL'} AS {column.type}) AS {column.name}")
        return ", ".join(items)

    def names_today(self, columns: Iterable[str] | None = None) -> dict[str, str]:
        """Columns of a table that any version made, by default today's, each with its name of today. Raises
        ContractError where the contract no longer has one.
        """
        today = {name: column.name for column in self.column for name in (column.name, *column.renamed_from)}
        chosen = self.column_names if columns is None else list(columns)
        gone = [name for name in chosen if name not in today]
        if gone:
            raise ContractError(f"{self.table} no longer has the columns {', '.join(gone)}")
        return {name: today[name] for name in chosen}

    def with_current_names(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row that any version recorded, with the columns that it has under their names of today."""
        recorded_names = {column.name: column.name_in(row) for column in self.column}
        return {name: row[recorded] for name, recorded in recorded_names.items() if recorded is not None}

    def verify(self, columns: list[tuple[str, str, bool]]) -> None:
        """Compares (name, type, is nullable) of the table as it stands. Raises OutdatedTableError where they differ."""
        expected = [(column.name, column.type, column.nullable) for column in self.column]
        if columns == expected:
            return
        missing = [_signature(*column) for column in expected if column not in columns]
        extra = [_signature(*column) for column in columns if column not in expected]
        if missing or extra:
            difference = f"missing {missing or 'nothing'}, not in the contract {extra or 'nothing'}"
        else:
            difference = f"its columns stand in another order: {', '.join(name for name, _, _ in columns)}"
        raise OutdatedTableError(
            f"{self.table} differs from its contract: {difference}; another version made it: the next run, or "
            "`make rebuild`, brings it up to date"
        )


def _signature(name: str, type_: str, is_nullable: bool) -> str:
    return f"{name} {type_}{'' if is_nullable else ' NOT NULL'}"


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _field_metadata(column: Column) -> dict[str, str]:
    metadata = {"unit": column.unit, "description": column.description}
    if column.decimals is not None:
        metadata["decimals"] = str(column.decimals)
    return metadata


def _frictionless_field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": not column.nullable}
    if column.allowed:
        constraints["enum"] = list(column.allowed)
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
    return {
        "name": column.name,
        "type": FRICTIONLESS_TYPES[column.type],
        "description": column.description,
        "unit": column.unit,
        "constraints": constraints,
    }


class _Shared(Strict):
    column: tuple[Column, ...]


class _Raw(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    extends: str | None = None
    column: list[Any] = []


def read_contract(path: Path) -> Contract:
    """One contract; ``extends`` puts the columns of another file (``_figure``: those of every figure) in front."""
    raw = read_toml(path, _Raw)
    if raw.extends is None:
        return read_toml(path, Contract)
    shared = read_toml(path.parent / f"{raw.extends}.toml", _Shared)
    content = raw.model_dump()
    content["column"] = [*shared.column, *(Column.model_validate(c) for c in raw.column)]
    return as_model(path, content, Contract)


CORRECTION_CHECKS = (
    Check(
        name="correction_matches_something",
        description="What people state of the table is in it",
        expected="each statement matches something: of one that doesn't any more, take the entry out of its file",
        blocking=False,
    ),
    Check(
        name="correction_is_not_contradicted",
        description="A wrong value that is stated is the one that is there, or the right one is",
        expected="the value found that the statement names, or the right one: look at the data and state it again",
        blocking=True,
    ),
)
"""What holds of every table that corrections can speak of."""


def _with_correction_checks(contract: Contract) -> Contract:
    if not contract.is_correctable:
        return contract
    return contract.model_copy(update={"check": (*contract.check, *CORRECTION_CHECKS)})


@cache
def contracts() -> dict[str, Contract]:
    """Every contract by its table, in file order."""
    all_contracts = [read_contract(path) for path in sorted(CONTRACTS.glob("*.toml")) if not path.stem.startswith("_")]
    return {contract.table: _with_correction_checks(contract) for contract in all_contracts}
