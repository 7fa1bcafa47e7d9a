"""Rows on their way into a table: a data frame, or what a query reads from a file that is too large for one.

Belongs here: the two kinds, and what is asked of both. Does not belong here: making them (parsers), keeping them until
core loads them (staging.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from warehouse.contract import quoted
from warehouse.database import connect, create_from_frame


@dataclass(frozen=True)
class FileRows:
    """Rows that a query reads from a file each time anew, so that nobody holds them. The file never changes.

    ``query`` names ``file`` by its absolute path. ``count``: how many there are. ``is_sorted``: they come in the order
    of the table's key. ``attrs``: as a parser gives them with a frame.
    """

    file: Path
    query: str
    columns: tuple[str, ...]
    count: int
    is_sorted: bool = False
    attrs: dict[Any, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.count

    def moved_to(self, place: Path) -> FileRows:
        """The same, once the file is elsewhere."""
        query = self.query.replace(quoted(str(self.file)), quoted(str(place.absolute())))
        return replace(self, file=place.absolute(), query=query)

    def select(self, what: str) -> list[tuple[Any, ...]]:
        """The result of ``SELECT <what>``, where ``rows`` are these."""
        with connect() as connection:
            return connection.execute(f"WITH rows AS ({self.query}) SELECT {what}").fetchall()

    def frame(self, *order: str) -> pd.DataFrame:
        """All of them in memory, in the order of some columns: of a file that is small."""
        with connect() as connection:
            frame: pd.DataFrame = connection.execute(f"{self.query} ORDER BY {', '.join(order)}").df()
        frame.attrs = self.attrs
        return frame


Rows = pd.DataFrame | FileRows


def newest_day(rows: Rows, column: str) -> Any:
    """The highest value of a column of days; NULL or NaT where there is none."""
    return rows.select(f"max({column}) FROM rows")[0][0] if isinstance(rows, FileRows) else rows[column].max()


def distinct_values(rows: Rows, column: str) -> frozenset[Any]:
    """The values of a column, each once."""
    if isinstance(rows, FileRows):
        return frozenset(value for (value,) in rows.select(f"DISTINCT {column} FROM rows"))
    return frozenset(rows[column].unique())


@contextmanager
def as_view(connection: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> Iterator[None]:
    """The rows as a temporary view, for queries that read them once or twice."""
    if isinstance(rows, FileRows):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {rows.query}")
        drop = partial(connection.execute, f"DROP VIEW IF EXISTS {name}")
    else:
        connection.register(name, rows)
        drop = partial(connection.unregister, name)
    try:
        yield
    finally:
        drop()


@contextmanager
def as_relation(connection: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> Iterator[None]:
    """The same for many queries: a frame becomes a temporary table."""
    if isinstance(rows, FileRows):
        with as_view(connection, name, rows):
            yield
        return
    create_from_frame(connection, f"TEMP TABLE {name}", rows)
    try:
        yield
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
