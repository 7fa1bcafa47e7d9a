"""What people state of the exchange: days on which it stayed closed although its calendar has a session.

Belongs here: these days, as known in the warehouse and as the files say now. Does not belong here: the files' schema
(ingest/vendors/corrections.py), what is stated of a dataset (warehouse/corrections.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from assets.calendar import Closed
from assets.ingest.payload import FetchError, PayloadError
from assets.ingest.vendors.corrections import Correction, correction_files, read_entries


def known_closed_days(connection: duckdb.DuckDBPyConnection, known_at: datetime) -> Closed:
    """The days that were stated by a time (naive UTC): what figures and checks reckon with."""
    stated = connection.execute(
        "SELECT date, until FROM core.correction_as_known(?) WHERE kind = 'closure'", [known_at]
    ).fetchall()
    return _days(stated)


def stated_closed_days(project: Path | None, drop: Path | None) -> Closed:
    """The days that the files state now: for what is decided before a run has read them. A file that can't be read says
    nothing here; the run refuses it.
    """
    return _days((entry.date, entry.until) for entry in _entries(project, drop) if entry.kind == "closure")


def _entries(project: Path | None, drop: Path | None) -> Iterator[Correction]:
    try:
        files = correction_files(project, drop)
    except FetchError:
        return
    for name, path in files.items():
        try:
            yield from read_entries(path.read_bytes(), name)
        except (OSError, PayloadError):
            continue


def _days(spans: Iterable[tuple[date, date | None]]) -> Closed:
    return frozenset(
        first + timedelta(days=offset) for first, last in spans for offset in range(((last or first) - first).days + 1)
    )
