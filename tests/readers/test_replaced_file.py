"""What README says of a connection that stays open while a run puts a new file in the database's place."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb


def write(path: Path, session: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE newest AS SELECT {session} AS session")


def replaced(path: Path, session: int) -> None:
    """As a run does it: another file takes the name."""
    write(path.with_name("copy"), session)
    os.replace(path.with_name("copy"), path)


def newest(connection: duckdb.DuckDBPyConnection, table: str = "newest") -> int:
    [(session,)] = connection.execute(f"SELECT session FROM {table}").fetchall()
    return int(session)


def test_a_new_connection_reads_the_replaced_file_while_an_old_one_is_open(tmp_path: Path) -> None:
    path = tmp_path / "zuhyo.duckdb"
    write(path, 1)
    old = duckdb.connect(str(path), read_only=True)
    assert newest(old) == 1
    replaced(path, 2)
    with duckdb.connect(str(path), read_only=True) as new:
        assert newest(new) == 1
    old.close()
    with duckdb.connect(str(path), read_only=True) as new:
        assert newest(new) == 2


def test_attaching_to_a_database_in_memory_reads_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "zuhyo.duckdb"
    write(path, 1)
    with duckdb.connect(str(path), read_only=True) as old, duckdb.connect() as memory:
        for session in (2, 3):
            replaced(path, session)
            memory.execute(f"ATTACH '{path}' AS zuhyo (READ_ONLY)")
            assert newest(memory, "zuhyo.newest") == session
            memory.execute("DETACH zuhyo")
        assert newest(old) == 1
