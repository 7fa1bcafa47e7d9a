"""The list of members replayed: the real file at the address of the newest one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.ingest.vendors.fja05680 import INTERVALS
from tests.support.replay.route import Route


def routes(data: Path) -> Iterator[Route]:
    """The file where it is there."""
    file = data / "membership" / "sp500_ticker_start_end.csv"
    if file.is_file():
        yield Route("fja05680", INTERVALS, file.read_bytes(), "text/plain")
