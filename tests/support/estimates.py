"""A few companies' estimates in core, and the figure made of them.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb

from assets.figures.eps_growth import FIGURE
from assets.figures.figure import make_rows
from assets.study import Study
from tests.support.helpers import CUT_OFF, add_rows, day, study_content
from warehouse.database import rows_as_dicts

Row = dict[str, Any]
SESSION, DAY = day("2026-03-11"), "2026-03-10"
KNOWN_AT = datetime(2026, 3, 12)
TABLE = "figure.eps_growth"


def estimate(connection: duckdb.DuckDBPyConnection, index: str, constituent: str = "INDEX", **more: Any) -> None:
    row = {"index_id": index, "constituent": constituent, "fiscal_year": 2026, "source_date": DAY, "source": "vendor"}
    add_rows(connection, "core.eps_estimate", row | {"known_at": KNOWN_AT, "payload_sha256": "file"} | more)


def large(connection: duckdb.DuckDBPyConnection, **more: Any) -> None:
    """The other side, for tests of one side."""
    estimate(connection, "R1000", growth=0.145, **more)


def study(**asked: Any) -> Study:
    content = study_content()
    content["figure"]["eps_growth"] = asked
    return Study.model_validate(content)


def make(
    connection: duckdb.DuckDBPyConnection,
    *asked: date,
    lag: str | None = "12 months",
    cut_off: datetime = CUT_OFF,
    **study_says: Any,
) -> list[Row]:
    sessions = list(asked or (SESSION,))
    of = study(**study_says)
    FIGURE.fill_tables(connection, of, sessions, cut_off, lag, FIGURE.name)
    make_rows(connection, FIGURE, of, sessions)
    return rows_as_dicts(connection, f"SELECT * FROM {TABLE} ORDER BY session, index_id, fiscal_year, method")


def growths(rows: list[Row], index: str = "R2000") -> dict[str, float | None]:
    return {row["method"]: row["growth"] for row in rows if row["index_id"] == index}
