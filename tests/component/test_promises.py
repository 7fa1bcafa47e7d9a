"""What readers were promised: columns of the readers' database may be added, none may go."""

from __future__ import annotations

import duckdb
import pytest

from tests.support.readers.example import make_readers
from tests.support.reviewed import assert_reviewed, read_reviewed
from warehouse.contract import contracts

PROMISED = "promised_columns.json"
Columns = dict[str, list[str]]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """The columns of every table and view that a reader finds."""
    database = make_readers(tmp_path_factory.mktemp("readers"))
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            """
            SELECT schema_name || '.' || table_name, list(column_name ORDER BY column_index)
            FROM duckdb_columns() WHERE NOT internal GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
    return dict(rows)


def test_no_promised_column_is_gone(public: Columns) -> None:
    promised: Columns = read_reviewed(PROMISED)
    gone = {table: [name for name in names if name not in public.get(table, [])] for table, names in promised.items()}
    assert {table: names for table, names in gone.items() if names} == {}


def test_every_public_column_is_promised(public: Columns, request: pytest.FixtureRequest) -> None:
    promised: Columns = read_reviewed(PROMISED)
    merged = {
        table: list(dict.fromkeys([*promised.get(table, []), *public.get(table, [])]))
        for table in sorted(promised.keys() | public.keys())
    }
    assert_reviewed(PROMISED, merged, request)


def test_every_published_table_is_promised(public: Columns) -> None:
    published = {contract.table for contract in contracts().values() if contract.published}
    assert published <= public.keys()
    assert {"latest.size_return", "latest.freshness", "core.membership"} <= public.keys()
