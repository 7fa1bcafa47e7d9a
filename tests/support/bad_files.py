"""Files of an index that are broken in every way: what they hold, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tests.support.drop import fred_csv, fred_until, total_return
from tests.support.night import FIRST, NEXT

FILE = "fred/RU2000TR.csv"
GOOD = fred_until("RU2000TR", NEXT)
LINES = GOOD.count(b"\n")


def with_last_level(level: str) -> bytes:
    start, last = GOOD.rstrip().rsplit(b",", 1)
    assert float(last) == total_return("RU2000")[pd.Timestamp(NEXT)]
    return start + f",{level}\r\n".encode()


def cut() -> bytes:
    middle = GOOD[: len(GOOD) // 2]
    return middle[: middle.rindex(b",") + 2]


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "payload is empty (0 bytes)"),
    "html": (
        lambda: b"<!DOCTYPE html><html><body>Too many requests</body></html>\n",
        "payload is an HTML page, not data (line 1: <!doctype html><html><body>",
    ),
    "cut": (
        cut,
        f"payload is cut short: its last line has no line end (line {len(cut().splitlines())}: "
        f"{cut().splitlines()[-1].decode()})",
    ),
    "columns": (
        lambda: GOOD.replace(b"DATE,VALUE", b"Date,Close", 1),
        "column DATE or observation_date is missing (line 1: found Date, Close)",
    ),
    "older": (
        lambda: fred_until("RU2000TR", "2024-03-12"),
        "RU2000TR is older than before: it ends on 2024-03-12, known to 2024-03-13",
    ),
    "smaller": (
        lambda: fred_csv(total_return("RU2000").loc[: NEXT.isoformat()].iloc[-100:]),
        f"RU2000TR is smaller than before: 100 rows, before {len(total_return('RU2000').loc[: FIRST.isoformat()])}",
    ),
    "zero": (lambda: with_last_level("0.00"), f"level must be above 0 (line {LINES}, 2024-03-14: 0.0)"),
}
