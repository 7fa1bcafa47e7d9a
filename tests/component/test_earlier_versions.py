"""Tables that an earlier version of their contracts made: read by the names and columns that they had then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.publish.identity import rows_digest
from assets.publish.tables import session_rows
from warehouse import contract as contract_module
from warehouse.contract import CONTRACTS, Column, Contract, ContractError, OutdatedTableError, contracts
from warehouse.database import ensure_tables, open_warehouse
from warehouse.earlier_versions import is_outdated, released_rows, remade_warehouse


def column(name: str, kind: str = "VARCHAR", **stated: Any) -> Column:
    return Column.model_validate({"name": name, "type": kind, "unit": "name", "description": name, **stated})


def contract(*columns: Column, **stated: Any) -> Contract:
    content = {"table": "figure.thing", "title": "T", "description": "D", "licence": "L", "key": ["name"]}
    return Contract.model_validate({**content, "column": columns, **stated})


TODAY = contract(
    column("name"),
    column("amount", "DOUBLE", renamed_from="value"),
    column("note", nullable=True, since="2026-11-28"),
    column("is_new", "BOOLEAN", default="false", since="2026-11-28"),
)


def parquet(folder: Path, name: str, query: str) -> Path:
    path = folder / f"{name}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_files_of_every_version_are_read_as_the_contract_is_today(tmp_path: Path) -> None:
    files = [
        parquet(tmp_path, "before", "SELECT 'a' AS name, 1.5::DOUBLE AS value"),
        parquet(tmp_path, "same", "SELECT 'b' AS name, 2.5::DOUBLE AS value"),
        parquet(tmp_path, "now", "SELECT true AS is_new, 'c' AS name, 3.5::DOUBLE AS amount, 'x' AS note"),
        parquet(tmp_path, "none", "SELECT 'd' AS name, 1::DOUBLE AS value, 'gone' AS other WHERE false"),
    ]
    statements = released_rows(TODAY, files)
    assert len(statements) == 3  # one for the two files of the same columns
    with duckdb.connect() as connection:
        rows = [row for statement in statements for row in connection.execute(statement).fetchall()]
    assert rows == [("a", 1.5, None, False), ("b", 2.5, None, False), ("c", 3.5, "x", True)]


def test_a_column_that_was_always_there_is_not_made_up(tmp_path: Path) -> None:
    path = parquet(tmp_path, "damaged", "SELECT 'a' AS name")
    with pytest.raises(
        ContractError, match=r"figure\.thing has no column amount \(found name\).*since or renamed_from"
    ):
        released_rows(TODAY, [path])


def test_rows_are_digested_by_the_columns_of_before() -> None:
    figure = contract(column("study"), column("session", "DATE"), *TODAY.column, key=["session", "name"])
    renamed = figure.model_copy(
        update={
            "column": tuple(c.model_copy(update={"name": "value"} if c.name == "amount" else {}) for c in figure.column)
        }
    )
    row = "INSERT INTO figure.thing BY NAME SELECT 's' AS study, DATE '2024-03-13' AS session, 'a' AS name, 1.5 AS "
    digests = []
    for version, amount, columns in (
        (renamed, "value", None),
        (figure, "amount", renamed.column_names),
        (figure, "amount", None),
    ):
        with duckdb.connect() as connection:
            ensure_tables(connection, [version])
            connection.execute(row + amount)
            [rows] = session_rows(connection, version, "s", [date(2024, 3, 13)]).values()
            digests.append(rows_digest(rows, version, columns))
    assert digests[0] == digests[1] != digests[2]


def test_a_record_has_its_names_of_today() -> None:
    assert TODAY.with_current_names({"value": 1, "name": "a", "more": 2}) == {"amount": 1, "name": "a"}


def test_a_column_that_came_later_has_a_value_before() -> None:
    with pytest.raises(ValueError, match="nullable = true or a default"):
        column("note", since="2026-11-28")


@pytest.mark.parametrize(
    "columns",
    [
        (column("name"), column("other", renamed_from="name")),
        (column("name", renamed_from=["x", "y"]), column("other", renamed_from="y")),
    ],
    ids=["of today and before", "twice before"],
)
def test_a_name_stands_for_one_column_at_all_times(columns: tuple[Column, ...]) -> None:
    with pytest.raises(ValueError, match=r"several columns have, or had, one name: (name|y)"):
        contract(*columns)


def test_a_macro_of_another_version_is_replaced() -> None:
    level = contracts()["core.index_level"]
    with duckdb.connect() as connection:
        ensure_tables(connection, [level])
        connection.execute("CREATE OR REPLACE MACRO core.index_level_as_known(ts) AS TABLE SELECT 1 AS nothing")
        ensure_tables(connection, [level])  # the digest says that all is there
        assert connection.execute("DESCRIBE FROM core.index_level_as_known(NULL)").fetchall()[0][0] == "nothing"
        ensure_tables(connection, [level.model_copy(update={"title": "Another"})])
        assert connection.execute("DESCRIBE FROM core.index_level_as_known(NULL)").fetchall()[0][0] == "series_id"
        comment = connection.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'index_level'").fetchall()
    assert comment[0][0].startswith("Another. ")


@pytest.fixture
def changed_contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the contracts that a test may change; ``contracts.cache_clear()`` makes them count."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    for path in CONTRACTS.glob("*.toml"):
        (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(contract_module, "CONTRACTS", folder)
    yield folder
    contracts.cache_clear()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    contracts.cache_clear()


RATE = "INSERT INTO core.policy_rate BY NAME SELECT 'EFFR' AS series_id, DATE '2024-01-02' AS date, 5.33 AS rate"
LOAD = (
    "INSERT INTO meta.load BY NAME SELECT 'run' AS run_id, 'core.' || t AS table_name, 'v' AS vendor, 'u' AS url, "
    "'p' AS place, 'sha of ' || t AS payload_sha256, '' AS options, now()::TIMESTAMP AS known_at, 1 AS rows_sent, "
    "1 AS rows_new, 0 AS rows_restated, 0 AS rows_withdrawn FROM (VALUES ('policy_rate'), ('fund')) AS loaded(t)"
)


def warehouse_of_before(folder: Path) -> Path:
    """A warehouse of today's contracts with a rate, the record of a run, and two loads."""
    path = folder / "warehouse.duckdb"
    with open_warehouse(path) as connection:
        connection.execute(f"{RATE}, '2024-01-03'::TIMESTAMP AS known_at, 'sha of policy_rate' AS payload_sha256")
        connection.execute(LOAD)
        connection.execute(
            "INSERT INTO meta.materialization BY NAME SELECT 's' AS study, DATE '2024-01-02' AS session, "
            "'core.fund' AS table_name, 'run' AS run_id, now()::TIMESTAMP AS known_at"
        )
    return path


def test_a_warehouse_of_today_is_left_alone(tmp_path: Path) -> None:
    assert not is_outdated(tmp_path / "warehouse.duckdb")
    assert not is_outdated(warehouse_of_before(tmp_path))


def test_a_renamed_column_is_carried_over(tmp_path: Path, changed_contracts: Path) -> None:
    path = warehouse_of_before(tmp_path)
    rate, made = changed_contracts / "core.policy_rate.toml", changed_contracts / "meta.materialization.toml"
    change(rate, 'name = "rate"\n', 'name = "percent"\nrenamed_from = "rate"\n')
    change(made, 'name = "run_id"\n', 'name = "run"\nrenamed_from = ["id_of_run", "run_id"]\n')
    with pytest.raises(OutdatedTableError, match=r"core\.policy_rate differs.*missing \['percent .*brings it up"):
        open_warehouse(path).__enter__()
    assert is_outdated(path)
    with remade_warehouse(path) as (connection, lost):
        assert lost == []
        assert connection.execute("SELECT percent FROM core.policy_rate").fetchall() == [(5.33,)]
        assert connection.execute("SELECT run FROM meta.materialization").fetchall() == [("run",)]
    assert not is_outdated(path)
    assert list(tmp_path.glob(".warehouse*")) == []


def test_what_only_payloads_can_say_is_left_to_them(tmp_path: Path, changed_contracts: Path) -> None:
    path = warehouse_of_before(tmp_path)
    added = 'type = "DOUBLE"\nunit = "fraction"\nnullable = true\nsince = 2026-11-28\ndescription = "D"\n\n'
    for name in ("core.policy_rate", "meta.materialization"):
        file = changed_contracts / f"{name}.toml"
        file.write_text(
            file.read_text(encoding="utf-8").replace(
                "[[column]]\n", f'[[column]]\nname = "more"\n{added}[[column]]\n', 1
            ),
            encoding="utf-8",
        )
    contracts.cache_clear()
    with remade_warehouse(path) as (connection, lost):
        assert lost == ["core.policy_rate"]
        assert connection.execute("SELECT count(*) FROM core.policy_rate").fetchall() == [(0,)]
        assert connection.execute("SELECT table_name FROM meta.load").fetchall() == [("core.fund",)]
        # a record says what was known when it was written
        assert connection.execute("SELECT more, run_id FROM meta.materialization").fetchall() == [(None, "run")]


def test_where_it_fails_the_warehouse_stays(tmp_path: Path) -> None:
    path = warehouse_of_before(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="anything"), remade_warehouse(path):
        raise ValueError("anything")
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
