"""What a revision changed: a row a value, by key and column, with its cause."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.publish.changes import Cause, changes, first_change
from assets.publish.tables import as_parquet
from tests.support.helpers import (
    STUDY,
    add_levels,
    day,
    empty_warehouse,
    make_figure,
    make_study,
    numbered,
    release_table,
    sessions,
)
from warehouse.contract import contracts

SESSION = day("2026-03-11")
RETURNS = contracts()["figure.size_return"]
LINES = contracts()["figure.long_run"]
ROW = "index_id = 'R2000' AND base_rule = 'prev' AND period = '1Y'"


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse()
    levels = numbered(sessions("2023-12-29", "2026-03-11"))
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, levels)
    make_figure(connection, make_study(), "size_return", [SESSION])
    make_figure(connection, make_study(), "long_run", [SESSION])
    return connection


def file(connection: duckdb.DuckDBPyConnection, folder: Path, revision: int, table: str = "size_return") -> Path:
    rows = release_table(connection, contracts()[f"figure.{table}"], SESSION, revision)
    path = folder / f"{table}.r{revision}.parquet"
    path.write_bytes(as_parquet(rows))
    return path


def changed(
    connection: duckdb.DuckDBPyConnection, folder: Path, statement: str, cause: Cause = "restated"
) -> list[dict[str, Any]]:
    before = file(connection, folder, 1)
    connection.execute(statement)
    return changes(connection, RETURNS, before, file(connection, folder, 2), cause)


def change(column: str, old: str | None, new: str | None, cause: str = "restated") -> dict[str, Any]:
    return {
        "table_name": "figure.size_return",
        "key": "R2000 prev 1Y",
        "column_name": column,
        "old": old,
        "new": new,
        "cause": cause,
    }


def test_the_revision_alone_is_no_change(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    before, after = (file(connection, tmp_path, revision) for revision in (1, 2))
    assert before.read_bytes() != after.read_bytes()
    assert changes(connection, RETURNS, before, after, "restated") == []


def test_a_restated_value(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(f"UPDATE figure.size_return SET return_cum = 0.25 WHERE {ROW}")
    found = changed(connection, tmp_path, f"UPDATE figure.size_return SET return_cum = 0.3 WHERE {ROW}")
    assert found == [change("return_cum", "0.25", "0.3")]


def test_several_values_of_a_row_are_one_change_each(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    statement = f"UPDATE figure.size_return SET return_cum = 0.3, series_id = 'OTHER', is_proxy = true WHERE {ROW}"
    found = changed(connection, tmp_path, statement)
    assert [one["column_name"] for one in found] == ["is_proxy", "return_cum", "series_id"]
    assert found[2] == change("series_id", "SMALL", "OTHER")


def test_a_value_that_comes_or_goes(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = changed(connection, tmp_path, f"UPDATE figure.size_return SET base_date = NULL WHERE {ROW}")
    assert found == [change("base_date", "2025-03-11", None)]
    back = changes(
        connection,
        RETURNS,
        tmp_path / "size_return.r2.parquet",
        tmp_path / "size_return.r1.parquet",
        "restated",
    )
    assert back == [change("base_date", None, "2025-03-11")]


def test_a_new_row(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE kept AS FROM figure.size_return WHERE {ROW}")
    connection.execute(f"DELETE FROM figure.size_return WHERE {ROW}")
    found = changed(connection, tmp_path, "INSERT INTO figure.size_return FROM kept")
    assert found == [change("*", None, "row", "new_data")]


def test_a_removed_row(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = changed(connection, tmp_path, f"DELETE FROM figure.size_return WHERE {ROW}")
    assert found == [change("*", "row", None, "new_data")]


@pytest.mark.parametrize(
    ("cause", "of_values", "of_rows"),
    [
        ("restated", "restated", "new_data"),
        ("new_data", "new_data", "new_data"),
        ("method", "method", "method"),
    ],
)
def test_the_cause(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, cause: Cause, of_values: str, of_rows: str
) -> None:
    statement = (
        f"UPDATE figure.size_return SET return_cum = 0.3 WHERE {ROW};"
        "DELETE FROM figure.size_return WHERE index_id = 'R1000' AND base_rule = 'next' AND period = '1D'"
    )
    found = changed(connection, tmp_path, statement, cause)
    assert {one["key"]: one["cause"] for one in found} == {
        "R2000 prev 1Y": of_values,
        "R1000 next 1D": of_rows,
    }


def test_a_restated_level_from_core_to_changes(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    before = file(connection, tmp_path, 1, "long_run")
    connection.execute(
        "UPDATE core.index_level SET level = level * 1.01 WHERE series_id = 'SMALL' AND date = DATE '2025-09-02'"
    )
    make_figure(connection, make_study(), "long_run", [SESSION])
    found = changes(connection, LINES, before, file(connection, tmp_path, 2, "long_run"), "restated")
    assert [(one["key"], one["column_name"]) for one in found] == [("R2000 2025-09-02", "rebased")]
    assert float(found[0]["new"]) == pytest.approx(1.01 * float(found[0]["old"]), abs=1e-4)


def test_changes_fit_their_table(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = changed(connection, tmp_path, f"DELETE FROM figure.size_return WHERE {ROW}")
    key = {"study": STUDY, "session": SESSION, "revision": 2}
    table = contracts()["meta.change"]
    for one in [*found, first_change(RETURNS)]:
        assert set(one | key) == set(table.column_names)
        assert one["cause"] in next(c for c in table.column if c.name == "cause").allowed


def test_a_first_revision_has_one_row_a_table() -> None:
    assert first_change(RETURNS) == {
        "table_name": "figure.size_return",
        "key": "",
        "column_name": "*",
        "old": None,
        "new": None,
        "cause": "first",
    }


def test_a_column_that_the_release_before_lacked_or_named_otherwise_is_one_change(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    before, after = (file(connection, tmp_path, revision) for revision in (1, 2))
    old = tmp_path / "old.parquet"
    connection.execute(
        f"COPY (SELECT * EXCLUDE (return_ann) RENAME (currency AS money) FROM '{before}') TO '{old}' (FORMAT parquet)"
    )
    columns = [
        column.model_copy(
            update={
                "renamed_from": ("money",) if column.name == "currency" else (),
                "since": date(2026, 11, 28) if column.name == "return_ann" else None,
            }
        )
        for column in RETURNS.column
    ]
    found = changes(connection, RETURNS.model_copy(update={"column": tuple(columns)}), old, after, "restated")
    named = [(change["key"], change["column_name"], change["old"], change["new"], change["cause"]) for change in found]
    assert named == [
        ("", "currency", "money", "currency", "method"),
        ("", "return_ann", None, "return_ann", "method"),
    ]
