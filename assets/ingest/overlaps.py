"""Two payloads of one run that speak of the same rows: one source for one list, series or day.

Belongs here: what another payload of the run says of the rows of this one. Does not belong here: what is known already
(differences.py), files that are gone and what stands for them (replaced_files.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from assets.ingest.guards import PayloadCheck
from assets.ingest.payload import Payload, PayloadError
from warehouse.contract import PLACE, Contract
from warehouse.database import create_from_frame, rows_as_dicts, sql_file
from warehouse.rows import Rows, as_relation, as_view, distinct_values

SEVERAL_SOURCES = ("correction", "revenue_geography")
"""Datasets in which two places may speak of one row: a filing stands in a data set and for itself."""


class DistinctValues:
    """The distinct values of a payload's columns. Each is read once, for a run of many payloads compares all pairs."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._values: dict[str, frozenset[Any]] = {}

    def share(self, other: DistinctValues, column: str) -> bool:
        """Whether the two have any value of the column in common."""
        return not self._of(column).isdisjoint(other._of(column))

    def _of(self, column: str) -> frozenset[Any]:
        if column not in self._values:
            self._values[column] = distinct_values(self._rows, column)
        return self._values[column]


@dataclass(frozen=True)
class EarlierPayload:
    """A payload of this run from another place: its rows, or None where it is the one that was loaded last."""

    payload: Payload
    rows: Rows | None

    @cached_property
    def distinct(self) -> DistinctValues | None:
        """The distinct values of its rows, where it has any."""
        return None if self.rows is None else DistinctValues(self.rows)


def refuse_overlaps(check: PayloadCheck, earlier: Sequence[EarlierPayload]) -> None:
    """Refuses rows that an earlier payload has otherwise, and another version of its file. Raises PayloadError."""
    own = DistinctValues(check.rows)
    if check.payload.dataset not in SEVERAL_SOURCES:
        scope = [name for name in check.contract.scope if name != PLACE]
        for other in earlier:
            if other.rows is None or other.distinct is None:
                continue
            if not scope or own.share(other.distinct, scope[0]):
                _refuse_other_rows(check, other, other.rows, scope)
    if check.payload.beside is not None:
        subject = check.contract.entity[0]
        for other in earlier:
            if other.distinct is None or own.share(other.distinct, subject):
                _refuse_version(check, other)


def refuse_claimed_rows(check: PayloadCheck, earlier: Sequence[EarlierPayload]) -> None:
    """Refuses to change rows behind which stands another file of this run, one that came unchanged. Reads the table
    ``known`` of differences.news_of. Raises PayloadError.
    """
    connection, contract = check.connection, check.contract
    urls = {(other.payload.vendor, other.payload.place): other.payload.url for other in earlier if other.rows is None}
    if not urls or contract.name in SEVERAL_SOURCES:
        return
    others = pd.DataFrame([(*place, url) for place, url in urls.items()], columns=["vendor", "place", "url"])
    create_from_frame(connection, "TEMP TABLE other", others)
    claimed = rows_as_dicts(
        connection,
        f"""
        SELECT {", ".join(f"k.{name}" for name in contract.entity)}, o.url
        FROM known AS k JOIN meta.load AS l USING (payload_sha256, known_at) JOIN other AS o USING (vendor, place)
        WHERE l.table_name = '{contract.table}' ORDER BY ALL LIMIT 1
        """,
    )
    for row in claimed:
        _refuse_two_sources(contract, row, row["url"])


def _refuse_other_rows(check: PayloadCheck, other: EarlierPayload, other_rows: Rows, scope: Sequence[str]) -> None:
    contract, rows = check.contract, check.rows
    stated = set(rows.columns) & set(other_rows.columns) - {"quantum"}
    both = [name for name in contract.values if name in stated]
    query = sql_file("rows_of_two_sources").format(
        scope=", ".join(scope) or "1",
        entity=", ".join(contract.entity),
        same_scope=" AND ".join(f"a.{name} = b.{name}" for name in scope) or "true",
        in_scope=" AND ".join(f"r.{name} = s.{name}" for name in scope) or "true",
        day=contract.day,
        is_span=str(contract.scope_days == "span").lower(),
        differs=" OR ".join(f"m.{name} IS DISTINCT FROM t.{name}" for name in both) or "false",
        # of a list by its place, and of parts, the one may have what the other lacks
        needs_both=str(
            bool(scope) and PLACE not in contract.scope and check.payload.is_complete and other.payload.is_complete
        ).lower(),
        shown=", ".join(f"coalesce(m.{name}, t.{name}) AS {name}" for name in contract.entity),
        on_entity=" AND ".join(f"m.{name} = t.{name}" for name in contract.entity),
    )
    with as_view(check.connection, "mine", rows), as_view(check.connection, "theirs", other_rows):
        for row in rows_as_dicts(check.connection, query):
            _refuse_two_sources(contract, row, other.payload.url)


def _refuse_version(check: PayloadCheck, other: EarlierPayload) -> None:
    """Of levels and filings, which have the name of their file in their key, another version of one file."""
    if check.payload.dataset == "security_level":
        query, names = sql_file("levels_of_two_files"), {}
    elif check.payload.dataset == "revenue_geography" and check.payload.format == other.payload.format == "csv":
        query = sql_file("filings_of_two_files")
        names = {"mine": _file_name(check.payload.place), "theirs": _file_name(other.payload.place)}
    else:
        return
    connection = check.connection
    with as_view(connection, "mine", check.rows), _rows_of(check, other):
        for subject, where in connection.execute(query, names).fetchall():
            raise PayloadError(
                f"{subject} came already in this run from {other.payload.url}, with other values ({where}): two "
                "versions of one file; take the one that is wrong out of the folder, or ignore it"
            )


def _file_name(place: str) -> str:
    return PurePosixPath(place.removeprefix("file:")).name


@contextmanager
def _rows_of(check: PayloadCheck, other: EarlierPayload) -> Iterator[None]:
    """The relation ``theirs``: the rows of another file; of one that came unchanged what is known from it, of the
    subjects of this one.
    """
    connection, contract, subject = check.connection, check.contract, check.contract.entity[0]
    if other.rows is not None:
        with as_relation(connection, "theirs", other.rows):
            yield
        return
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE theirs AS
        SELECT * FROM (
            SELECT * FROM {contract.table} SEMI JOIN mine USING ({subject})
            QUALIFY row_number() OVER (PARTITION BY {", ".join(contract.entity)} ORDER BY known_at DESC) = 1
        )
        SEMI JOIN (
            SELECT payload_sha256, known_at FROM meta.load WHERE table_name = ? AND vendor = ? AND place = ?
        ) USING (payload_sha256, known_at)
        WHERE NOT is_withdrawn
        """,
        [contract.table, other.payload.vendor, other.payload.place],
    )
    try:
        yield
    finally:
        connection.execute("DROP TABLE theirs")


def _refuse_two_sources(contract: Contract, row: Mapping[str, Any], url: str) -> None:
    first, *rest = contract.entity
    where = ", ".join(shown(row[name]) for name in rest)
    raise PayloadError(
        f"{row[first]} came already in this run from {url}, with other rows ({where}); name one source a series: "
        "keep one of the two, or say complete = false in both entries where each is a part of one list"
    )


def shown(part: object) -> str:
    """A part of a key, days without a time."""
    return str(part.date() if isinstance(part, datetime) else part)
