"""Contracts: that each file loads, and that every form made from it says what the file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import frictionless
import pyarrow.parquet
import pytest

from tests.support.helpers import empty_warehouse
from warehouse.contract import (
    CONTRACTS,
    CORRECTION_CHECKS,
    Column,
    Contract,
    OutdatedTableError,
    contracts,
    read_contract,
)
from warehouse.database import ensure_tables
from warehouse.toml_file import TomlFileError

CHECKS_SQL = Path(__file__).parents[2] / "checks" / "sql"
FIGURE_START = {
    "study": "VARCHAR",
    "session": "DATE",
    "revision": "INTEGER",
    "as_of": "DATE",
    "is_headline": "BOOLEAN",
}
TABLES = sorted(contracts())


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse()


def test_every_file_is_the_contract_of_the_table_in_its_name() -> None:
    files = {path.stem for path in CONTRACTS.glob("*.toml") if not path.stem.startswith("_")}
    assert files == set(contracts())


@pytest.mark.parametrize("table", [table for table in TABLES if table.startswith("figure.")])
def test_figures_begin_alike_and_have_a_key_within_the_session(table: str) -> None:
    contract = contracts()[table]
    start = contract.column[: len(FIGURE_START)]
    assert {column.name: column.type for column in start} == FIGURE_START
    assert list(contract.key[:3]) == ["study", "session", "revision"]
    assert not any(column.nullable for column in start)


@pytest.mark.parametrize("table", TABLES)
def test_the_made_table_is_as_its_contract_says(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    contract = contracts()[table]
    found = connection.execute(
        """
        SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()
        WHERE schema_name = ? AND table_name = ? AND NOT internal ORDER BY column_index
        """,
        table.split("."),
    ).fetchall()
    assert found == [
        (column.name, column.type, column.nullable, f"{column.description} [{column.unit}]")
        for column in contract.column
    ]
    contract.verify([(name, kind, is_nullable) for name, kind, is_nullable, _ in found])
    ensure_tables(connection, contracts().values())
    about = connection.execute(
        "SELECT comment FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", table.split(".")
    ).fetchall()
    assert about == [(f"{contract.title}. {contract.description}",)]


def test_a_comment_may_hold_quotes() -> None:
    contract = _contract(column=[{**_column("name"), "description": "the vendor's 'own' name"}])
    with duckdb.connect() as connection:
        ensure_tables(connection, [contract])
        comment = connection.execute("SELECT comment FROM duckdb_columns() WHERE table_name = 'thing'").fetchall()
    assert comment == [("the vendor's 'own' name [name]",)]


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ("name VARCHAR NOT NULL", ["amount DOUBLE"]),
        ("name VARCHAR NOT NULL, amount INTEGER NOT NULL", ["amount DOUBLE NOT NULL", "amount INTEGER NOT NULL"]),
        ("name VARCHAR NOT NULL, amount DOUBLE", ["amount DOUBLE NOT NULL", "amount DOUBLE'"]),
        ("name VARCHAR NOT NULL, amount DOUBLE NOT NULL, more DATE", ["more DATE"]),
        ("amount DOUBLE NOT NULL, name VARCHAR NOT NULL", ["amount", "name"]),
    ],
    ids=["missing", "other type", "may be NULL", "extra", "other order"],
)
def test_a_differing_table_is_refused_by_table_and_column(made: str, named: list[str]) -> None:
    contract = _contract(column=[_column("name"), _column("amount", "DOUBLE")])
    with duckdb.connect() as connection:
        connection.execute(f"CREATE SCHEMA core; CREATE TABLE core.thing ({made})")
        with pytest.raises(OutdatedTableError) as refused:
            ensure_tables(connection, [contract])
    message = str(refused.value)
    assert message.startswith("core.thing")
    before_the_advice = message.split("; another version")[0]
    for column in named:
        assert column in before_the_advice


def test_a_table_of_another_database_is_not_taken_for_this_one(tmp_path: Path) -> None:
    contract = _contract(column=[_column("name")])
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA core; CREATE TABLE core.thing (other INTEGER)")
        connection.execute(f"ATTACH '{tmp_path / 'other.duckdb'}' AS other; USE other")
        ensure_tables(connection, [contract])
        assert connection.execute("SELECT * FROM other.core.thing").description[0][0] == "name"


@pytest.mark.parametrize("table", TABLES)
def test_arrow_schema_carries_unit_and_meaning(table: str) -> None:
    contract = contracts()[table]
    schema = contract.arrow_schema()
    assert schema.names == contract.column_names
    assert schema.metadata[b"table"] == table.encode()
    for column in contract.column:
        field = schema.field(column.name)
        assert field.metadata[b"unit"] == column.unit.encode()
        assert field.metadata[b"description"] == column.description.encode()
        assert field.metadata.get(b"decimals") == (None if column.decimals is None else b"%d" % column.decimals)
        assert field.nullable == column.nullable


@pytest.mark.parametrize("table", TABLES)
def test_parquet_files_read_back_with_the_types_of_the_contract(tmp_path: Path, table: str) -> None:
    contract = contracts()[table]
    pyarrow.parquet.write_table(contract.arrow_schema().empty_table(), tmp_path / "table.parquet")
    with duckdb.connect() as connection:
        read = connection.read_parquet(str(tmp_path / "table.parquet"))
        assert dict(zip(read.columns, map(str, read.types), strict=True)) == {
            column.name: column.type for column in contract.column
        }


def test_dagster_shows_columns_with_type_unit_and_whether_they_may_be_empty() -> None:
    shown = {column.name: column for column in contracts()["figure.size_return"].dagster_schema().columns}
    returned = shown["return_ann"]
    assert (returned.type, returned.constraints.nullable) == ("DOUBLE", True)
    assert str(returned.description).startswith("Return a year, ")
    assert str(returned.description).endswith(" [fraction]")
    assert (shown["size"].type, shown["size"].constraints.nullable) == ("VARCHAR", False)


@pytest.mark.parametrize("table", [table for table in TABLES if contracts()[table].published])
def test_the_official_validator_knows_every_schema(table: str) -> None:
    schema = frictionless.Schema.from_descriptor(contracts()[table].frictionless_schema())
    assert schema.field_names == contracts()[table].column_names


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, []),
        ({"side": ""}, ["constraint-error"]),
        ({"side": "middling"}, ["constraint-error"]),
        ({"year": "soon"}, ["type-error", "primary-key"]),
        ({"count": "-1"}, ["constraint-error"]),
        ({"share": "1.5"}, ["constraint-error"]),
        ({"share": ""}, []),
    ],
)
def test_the_official_validator_refuses_what_the_contract_refuses(changes: dict[str, str], refused: list[str]) -> None:
    columns = [
        {**_column("side"), "allowed": ["small", "large"]},
        _column("year", "INTEGER"),
        {**_column("count", "INTEGER"), "minimum": 0},
        {**_column("share", "DOUBLE"), "maximum": 1.0, "nullable": True},
    ]
    row = {"side": "small", "year": "2026", "count": "0", "share": "1.0"} | changes
    schema = frictionless.Schema.from_descriptor(_contract(column=columns, key=["year"]).frictionless_schema())
    report = frictionless.Resource(data=[list(row), list(row.values())], schema=schema).validate()
    assert [error for [error] in report.flatten(["type"])] == refused


def test_every_check_has_its_sql_and_every_sql_its_check() -> None:
    named = [check.name for contract in contracts().values() for check in contract.check]
    shared = [check.name for check in CORRECTION_CHECKS]
    for name in shared:  # one rule for every table that corrections can speak of
        assert named.count(name) == sum(contract.is_correctable for contract in contracts().values()) > 1
    own = [name for name in named if name not in shared]
    assert sorted([*own, *shared]) == sorted(path.stem for path in CHECKS_SQL.glob("*.sql"))


def test_a_bitemporal_table_has_its_macro(connection: duckdb.DuckDBPyConnection) -> None:
    bitemporal = {contract.table for contract in contracts().values() if contract.bitemporal}
    found = connection.execute(
        """
        SELECT schema_name || '.' || function_name FROM duckdb_functions()
        WHERE function_name LIKE '%_as_known'
        """
    ).fetchall()
    assert {f"{table}_as_known" for table in bitemporal} == {name for (name,) in found}
    assert "core.index_level" in bitemporal


def test_only_bookkeeping_and_licensed_lists_are_kept_from_readers() -> None:
    hidden = {contract.table for contract in contracts().values() if not contract.published}
    licensed = {
        "core.company",
        "core.eps_estimate",
        "core.fund",
        "core.holding",
        "core.security",
        "core.security_level",
    }
    assert hidden == licensed | {
        "meta.coverage",
        "meta.figure_payload",
        "meta.load",
        "meta.materialization",
        "meta.validation",
    }


def test_only_figures_too_long_for_it_drop_their_history() -> None:
    short = {contract.table for contract in contracts().values() if contract.history == "highest_session"}
    assert short <= {"figure.long_run", "figure.constituent_return"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('colour = "red"\n', "colour: Extra inputs are not permitted"),
        ('key = ["nobody"]\n', "key names columns that do not exist: nobody"),
        ('[[column]]\nname = "x"\ntype = "FLOAT"\nunit = "name"\ndescription = "x"\n', "column.1.type"),
        ('[[column]]\nname = "x"\ntype = "DOUBLE"\nunit = "furlong"\ndescription = "x"\n', "column.1.unit"),
        ('[[column]]\nname = "x"\ntype = "DOUBLE"\nunit = "name"\n', "column.1.description: Field required"),
    ],
)
def test_a_faulty_file_is_refused_by_file_and_key(tmp_path: Path, text: str, fault: str) -> None:
    head = {
        "table": '"core.thing"',
        "title": '"T"',
        "description": '"D"',
        "licence": '"L"',
        "key": '["name"]',
    }
    own = text.split(" = ")[0]
    lines = [f"{name} = {value}\n" for name, value in head.items() if name != own]
    column = '[[column]]\nname = "name"\ntype = "VARCHAR"\nunit = "name"\ndescription = "n"\n'
    path = tmp_path / "core.thing.toml"
    path.write_text("".join(lines) + (column + text if text.startswith("[[") else text + column), encoding="utf-8")
    with pytest.raises(TomlFileError) as refused:
        read_contract(path)
    assert str(path) in str(refused.value)
    assert fault in str(refused.value)


def _column(name: str, kind: str = "VARCHAR") -> dict[str, Any]:
    return {"name": name, "type": kind, "unit": "name", "description": name}


def _contract(column: list[dict[str, Any]], key: list[str] | None = None) -> Contract:
    content = {"table": "core.thing", "title": "T", "description": "D", "licence": "L"}
    columns = [Column.model_validate(one) for one in column]
    return Contract.model_validate({**content, "key": key or ["name"], "column": columns})


def test_a_faulty_file_that_extends_another_is_refused_by_file_too(tmp_path: Path) -> None:
    (tmp_path / "_figure.toml").write_text((CONTRACTS / "_figure.toml").read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "figure.thing.toml"
    path.write_text(
        'table = "figure.thing"\ntitle = "T"\ndescription = "D"\nlicence = "L"\nextends = "_figure"\n'
        'key = ["study"]\ncolour = "red"\n',
        encoding="utf-8",
    )
    with pytest.raises(TomlFileError) as refused:
        read_contract(path)
    assert str(path) in str(refused.value)
    assert "colour" in str(refused.value)
