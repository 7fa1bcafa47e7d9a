"""A small universe of securities in core, and figure 4 made of it.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets import calendar
from tests.support.helpers import CUT_OFF, STUDY, add_rows
from warehouse.database import create_from_frame, rows_as_dicts, sql_file

Row = dict[str, Any]
Levels = dict[str, float]
START, END, SESSION = "2024-02-29", "2026-02-27", "2026-03-11"
KNOWN_AT = datetime(2026, 3, 10)
CORE = ("core.membership", "core.security", "core.security_level")
SUMMARY, NAMES = "figure.constituent_return_summary", "figure.constituent_return"
LISTED = list("ABCDEFGHIJKLMN")
LEVELS: dict[str, Levels] = {
    "A": {START: 100, "2025-01-31": 200, END: 300},
    "B": {START: 100, END: 150},  # a split: the close halves, the level does not
    "C": {START: 100, END: 150},  # a spin-off: a distribution, in the level; ties with B
    "D": {START: 100, "2024-11-29": 100, "2024-12-31": 90},
    "E": {START: 100, "2024-12-31": 40},
    "F": {START: 100, "2024-12-31": 50},
    "G": {START: 100, "2024-12-31": 80},
    "H": {START: 100, "2025-01-31": 120},
    "I": {START: 100, "2024-06-28": 130},
    "J": {START: 100, "2024-06-28": 110},
    "K": {START: 100, "2024-10-31": 500},  # its data stops, and nothing says why
    "M": {"2025-01-31": 7, END: 9},  # who has the ticker today
    "M~2": {START: 100, END: 70},  # who had it then
    "P-N": {START: 100, END: 220},
    "BETWEEN": {"2024-06-28": 50, "2025-01-31": 60},  # took J over, and was taken over by A
}
CLOSES: dict[str, Levels] = {
    "A": {"2025-01-31": 40},
    "B": {START: 20, END: 15},
    "C": {START: 20, END: 12},
    "H": {"2025-01-31": 24},
    "I": {"2024-06-28": 25},
}
ENDED: dict[str, Row] = {
    "D": {"delisted_on": "2024-12-31", "delisting_cause": "performance", "delisting_return": -0.3, "exchange": "NYSE"},
    "E": {"delisted_on": "2024-12-31", "delisting_cause": "performance", "exchange": "NASDAQ"},
    "F": {"delisted_on": "2024-12-31", "delisting_code": 560, "exchange": "NYSE"},
    "G": {"delisted_on": "2024-12-31", "delisting_cause": "other", "exchange": "NYSE"},
    "H": {
        "delisted_on": "2025-01-31", "delisting_cause": "merger",
        "acquirer_id": "A", "exchange_ratio": 0.5, "cash_per_share": 6,
    },
    "I": {"delisted_on": "2024-06-28", "delisting_cause": "merger", "cash_per_share": 26, "delisting_return": 0.04},
    "J": {"delisted_on": "2024-06-28", "acquirer_id": "BETWEEN", "exchange_ratio": 1},
    "BETWEEN": {"delisted_on": "2025-01-31", "acquirer_id": "A"},
}  # fmt: skip
LARGE = {"X": 0.1, "Y": 0.2, "Z": 0.3}


def fill_universe(connection: duckdb.DuckDBPyConnection, levels: dict[str, Levels] = LEVELS) -> None:
    add_members(connection, "SMALLS", LISTED)
    add_members(connection, "LARGES", LARGE)
    for security, of_security in levels.items():
        add_levels(connection, security, of_security, closes=CLOSES.get(security, {}))
    for security, returned in LARGE.items():
        add_levels(connection, security, {START: 100, END: 100 * (1 + returned)})
    for security, how in ENDED.items():
        add_security(connection, security, **how)
    add_security(connection, "P-N", ticker="N", ticker_to="2025-06-30", name="N of then")
    add_security(connection, "NEW-N", ticker="N", ticker_from="2025-06-30", name="N of today")


def add_members(connection: duckdb.DuckDBPyConnection, series: str, securities: Iterable[str], **more: Any) -> None:
    for security in securities:
        row = {"series_id": series, "security_id": security, "ticker": security, "valid_from": "1990-01-02"}
        add_rows(connection, "core.membership", row | {"known_at": KNOWN_AT, "payload_sha256": "list"} | more)


def add_security(connection: duckdb.DuckDBPyConnection, security: str, **more: Any) -> None:
    row = {"security_id": security, "ticker": security, "ticker_from": "1990-01-02", "known_at": KNOWN_AT}
    add_rows(connection, "core.security", row | {"payload_sha256": "securities"} | more)


def add_levels(
    connection: duckdb.DuckDBPyConnection,
    security: str,
    levels: Levels,
    *,
    source: str = "panel",
    closes: Levels | None = None,
    known_at: datetime = KNOWN_AT,
) -> None:
    row = {"security_id": security, "source": source, "known_at": known_at, "payload_sha256": "levels"}
    row |= {"return_basis": "gross", "currency": "USD"}
    for one, level in levels.items():
        close = (closes or {}).get(one)
        add_rows(connection, "core.security_level", row | {"date": one, "level": level, "close": close})


def prepare(
    connection: duckdb.DuckDBPyConnection,
    *,
    asked: Iterable[tuple[str, str, str]] = ((SESSION, END, END),),
    small_is_rest: bool = False,
    lists: Iterable[tuple[str, str, bool]] = (("R2000", "SMALLS", False), ("R1000", "LARGES", True)),
    **variables: Any,
) -> None:
    """What Python fills for the figure's SQL, and the first of its files. asked: session, as-of date, oldest end."""
    connection.execute(sql_file("constituent_tables"))
    connection.execute(sql_file("security_step"))
    connection.execute(
        "INSERT INTO side VALUES ('R2000', 0, 'small', ?, 10, 20), ('R1000', 1, 'large', false, NULL, NULL)",
        [small_is_rest],
    )
    for order, (index, series, is_stand_in) in enumerate(lists):
        connection.execute("INSERT INTO side_members VALUES (?, ?, ?, ?)", [index, order, series, is_stand_in])
    connection.executemany("INSERT INTO run_session VALUES (?, ?, ?)", [list(one) for one in asked])
    create_from_frame(connection, "TEMP TABLE calendar", _calendar())
    connection.execute("ALTER TABLE calendar ALTER date TYPE DATE")
    defaults = {
        "study": STUDY, "known_at": CUT_OFF, "years": 2, "trim_share": 0.01, "min_coverage": 0.8, "cash_rate": 0.0,
        "availability": "survivors", "grouping": "half", "measure": "cumulative", "rounding": "floor",
        "return_basis": "total",
    }  # fmt: skip
    for name, value in (defaults | variables).items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    connection.execute(sql_file("constituent_return_prepare"))
    connection.execute(sql_file("constituent_return_checks"))


def _calendar() -> pd.DataFrame:
    sessions = calendar.exchange().sessions
    return pd.DataFrame({"date": sessions[(sessions >= "1995-12-01") & (sessions <= "2026-12-31")]})


def make(connection: duckdb.DuckDBPyConnection, **how: Any) -> tuple[list[Row], list[Row]]:
    prepare(connection, **how)
    return rows_as_dicts(connection, sql_file("constituent_return_summary")), rows_as_dicts(
        connection, sql_file("constituent_return")
    )


def returns(names: list[Row], availability: str, index: str = "R2000") -> dict[str, float]:
    return {
        row["security_id"]: row["return_cum"]
        for row in names
        if row["availability"] == availability and row["index_id"] == index and row["return_cum"] is not None
    }


def one(summary: list[Row], **which: Any) -> Row:
    wanted = {
        "index_id": "R2000", "availability": "survivors",
        "grouping": "half", "measure": "cumulative", "rounding": "floor",
    } | which  # fmt: skip
    found = [row for row in summary if all(row[name] == value for name, value in wanted.items())]
    assert len(found) == 1
    return found[0]


def close(numbers: dict[tuple[Any, ...], list[Any]]) -> dict[tuple[Any, ...], list[Any]]:
    return {
        key: [None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9) for value in values]
        for key, values in numbers.items()
    }
