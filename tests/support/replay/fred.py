"""FRED replayed: series of real files, and a policy rate as the sample has it, as files and through the API."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from assets.ingest.fetching import FetchContext
from assets.ingest.vendors import fetch_for
from assets.profile import Source
from tests.support.replay.faults import Change
from tests.support.replay.route import Route

UNTIL = date(2026, 5, 1)


def routes(data: Path) -> Iterator[Route]:
    """Every series at the file behind its graph and at the API."""
    files = {file.stem: file.read_bytes() for file in sorted((data / "index_levels" / "fred").glob("*.csv"))}
    for name, content in {**files, "DFEDTARU": policy_rate()}.items():
        yield Route("fred", "/graph/fredgraph.csv", content, "text/csv", query={"id": name})
        yield Route("fred", "/fred/series/observations", observations(content), query={"series_id": name})


def policy_rate() -> bytes:
    """The upper bound of the target range, day by day."""
    source = Source("sample", "policy_rate", "fred_csv", {"series_id": "DFEDTARU"})
    [payload] = fetch_for("sample")(source, FetchContext(UNTIL))
    return payload.content


def observations(content: bytes) -> bytes:
    """A file of a series as the API sends it."""
    _, *rows = csv.reader(content.decode().splitlines())
    told = [{"realtime_start": "2026-05-02", "realtime_end": "2026-05-02", "date": day, "value": v} for day, v in rows]
    answer = {"units": "lin", "output_type": 1, "count": len(told), "offset": 0, "limit": 100000, "observations": told}
    return json.dumps(answer).encode()


def _with_rows(body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    """A series with other rows, as a file or as the API sends it."""
    if body.startswith(b"{"):
        answer = json.loads(body)
        rows = change(answer["observations"])
        return json.dumps({**answer, "count": len(rows), "observations": rows}).encode()
    header, *lines = body.splitlines(keepends=True)
    return b"".join([header, *change(lines)])


CHANGES: dict[str, Change] = {
    "another_schema": lambda body: body.replace(b"DATE,", b"day,", 1).replace(b'"observations":', b'"series":', 1),
    "older_than_yesterday": lambda body: _with_rows(body, lambda rows: rows[:-2]),
    "empty_list": lambda body: _with_rows(body, lambda rows: []),
    "duplicate_rows": lambda body: _with_rows(body, lambda rows: [row for row in rows for _ in range(2)]),
}
"""Faults of a series."""
