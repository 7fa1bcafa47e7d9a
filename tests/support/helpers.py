"""What several unit tests share: an empty warehouse in memory, a small study, levels put straight into core.

Belongs here: making inputs. Does not belong here: expectations about results.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import count
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from assets import calendar
from assets.figures.figure import make_rows
from assets.figures.registry import FIGURES
from assets.publish.tables import release_rows, session_rows
from assets.study import PERIODS, Study
from assets.study_tables import fill_study_tables
from warehouse.contract import Contract, contracts
from warehouse.database import append, ensure_tables, rows_as_dicts, sql_file

STUDY = "small_study"
KNOWN_AT = datetime(2026, 3, 12, 1, 0)
CUT_OFF = datetime(2026, 3, 13)
PARTS = {"R2000": ("SMALL", "SMALL_FUND", "SMALL_OTHER"), "R1000": ("LARGE", "LARGE_FUND", "LARGE_OTHER")}
"""The series of each index of the small study, in its order."""

_payload_numbers = count(1)


def day(text: str) -> date:
    return date.fromisoformat(text)


@cache
def _warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    atexit.register(connection.close)
    connection.execute("SET TimeZone = 'UTC'")
    ensure_tables(connection, contracts().values())
    connection.execute(sql_file("macros"))
    return connection


def empty_warehouse(*tables: str) -> duckdb.DuckDBPyConnection:
    """Every table of the contracts, without rows; ``tables``: only these are emptied."""
    connection = _warehouse()
    connection.execute("DROP TABLE IF EXISTS incoming")  # what a load in another module left behind
    for table in tables or contracts():
        connection.execute(f"DELETE FROM {table}")
    return connection


def study_content(**changes: Any) -> dict[str, Any]:
    """What a study file says; ``changes`` replace keys of the file."""
    return {
        "study": STUDY,
        "title": _text("study"),
        "index": [
            _index("R2000", "small", PARTS["R2000"]),
            _index("R1000", "large", PARTS["R1000"]),
        ],
        "period_label": {period: _text(period) for period in PERIODS},
        "figure": {
            "size_return": {
                "number": 1,
                "title": _text("one"),
                "unit": _text("%"),
                "periods": list(PERIODS),
                "headline_periods": ["1M", "YTD", "3Y"],
            },
            "long_run": {"number": 2, "title": _text("two"), "unit": _text("100"), "years": 2},
        },
    } | changes


def make_study(*, years: int = 2, base_rule: str = "prev", **changes: Any) -> Study:
    """The small study: two indices of three series each, all periods."""
    content = study_content(**changes)
    content["figure"]["long_run"]["years"] = years
    content["figure"]["size_return"]["base_rule"] = base_rule
    return Study.model_validate(content)


def _text(word: str) -> dict[str, str]:
    return {"ja": f"{word}（和文）", "en": word}


def _index(name: str, size: str, series: Sequence[str]) -> dict[str, Any]:
    return {
        "id": name,
        "size": size,
        "label": _text(name),
        "series": [
            {
                "id": one,
                "label": _text(one),
                "provider": "provider",
                "return_basis": "gross" if order == 0 else "adjusted_close",
                "currency": "USD",
                "is_proxy": order > 0,
            }
            for order, one in enumerate(series)
        ],
    }


def add_levels(
    connection: duckdb.DuckDBPyConnection,
    series: str,
    levels: Mapping[date, float | None],
    *,
    basis: str | None = None,
    currency: str = "USD",
    known_at: datetime = KNOWN_AT,
    payload: str | None = None,
    bars: Mapping[str, Sequence[float | None]] | None = None,
) -> None:
    """Rows of core.index_level, as one load of one payload; ``bars``: values of further columns, a value a level."""
    frame = pd.DataFrame({"date": list(levels), "level": list(levels.values())} | dict(bars or {}))
    frame = frame.astype(dict.fromkeys(("level", *(bars or {})), "float64"))
    connection.register("levels_to_add", frame)
    connection.execute(
        """
        INSERT INTO core.index_level BY NAME
        SELECT * REPLACE (CAST(date AS DATE) AS date), ? AS series_id, ? AS return_basis, ? AS currency, ? AS known_at,
               ? AS payload_sha256, level IS NULL AS is_withdrawn
        FROM levels_to_add
        """,
        [
            series,
            basis or _basis_of(series),
            currency,
            known_at,
            payload or f"payload{next(_payload_numbers)}",
        ],
    )
    connection.unregister("levels_to_add")


def _basis_of(series: str) -> str:
    return "gross" if series in (PARTS["R2000"][0], PARTS["R1000"][0]) else "adjusted_close"


def sessions(first: str, last: str) -> list[date]:
    return calendar.sessions(day(first), day(last))


def numbered(days: Iterable[date], start: float = 1000.0) -> dict[date, float]:
    """A level a day that no other day has: 1000, 1001, ..."""
    return {one: start + position for position, one in enumerate(days)}


def make_figure(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    figure: str,
    asked: Sequence[date],
    *,
    lag: str | None = None,
    cut_off: datetime = CUT_OFF,
) -> list[dict[str, Any]]:
    """Makes a figure for the sessions and gives its rows, in the order of the key."""
    fill_study_tables(connection, study, list(asked), cut_off, lag, figure)
    contract = contracts()[f"figure.{figure}"]
    [made] = [one for one in FIGURES if one.name == figure]
    make_rows(connection, made, study, list(asked))
    order = ", ".join(contract.key)
    return rows_as_dicts(connection, f"SELECT * FROM {contract.table} ORDER BY {order}")


def release_table(
    connection: duckdb.DuckDBPyConnection, contract: Contract, session: date, revision: int, study: str = STUDY
) -> pa.Table:
    """The rows of a session as its release publishes them."""
    return release_rows(session_rows(connection, contract, study, [session])[session], contract, revision)


def uncovered(connection: duckdb.DuckDBPyConnection, figure: str) -> list[tuple[date, bool, str]]:
    """(session, is_late, reason) of meta.coverage for a figure."""
    return connection.execute(
        "SELECT session, is_late, reason FROM meta.coverage WHERE figure = ? ORDER BY session, reason",
        [figure],
    ).fetchall()


def add_rows(connection: duckdb.DuckDBPyConnection, table: str, *rows: dict[str, Any]) -> None:
    append(connection, table, list(rows))
