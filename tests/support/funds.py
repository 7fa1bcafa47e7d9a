"""A few funds' histories in core, and figure 5 made of them.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import duckdb
import pandas as pd

from assets import calendar
from assets.figures.figure import make_rows
from assets.figures.fund_ranking import FIGURE, fill_fund_tables
from assets.study import Study
from tests.support.helpers import CUT_OFF, add_rows, day, make_study, study_content
from warehouse.database import rows_as_dicts

Row = dict[str, Any]
Nav = tuple[date, float, float | None]
SESSION = "2026-03-11"
KNOWN_AT = datetime(2026, 3, 12, 1)
RANKING, RETURN = "figure.fund_ranking", "figure.fund_return"
TABLES = ("core.fund", "core.fund_nav", "core.correction", RANKING, RETURN, "meta.coverage")


def isin(number: int) -> str:
    return f"JP90C{number:07d}"


A, B, C, D, E, F = map(isin, range(1, 7))


def value(
    connection: duckdb.DuckDBPyConnection,
    fund_id: str,
    net_assets: int | None = 100,
    on: str = SESSION,
    *,
    known_at: datetime = KNOWN_AT,
    payload: str = "funds",
    **more: Any,
) -> None:
    """A row of core.fund."""
    row = {
        "fund_id": fund_id, "valuation_date": on, "name": f"fund {fund_id}", "net_assets_jpy": net_assets,
        "known_at": known_at, "payload_sha256": payload,
    }  # fmt: skip
    add_rows(connection, "core.fund", row | more)


def keep(
    connection: duckdb.DuckDBPyConnection,
    fund_id: str,
    navs: Iterable[Nav],
    *,
    known_at: datetime = KNOWN_AT,
    payload: str = "navs",
) -> list[Nav]:
    """Rows of core.fund_nav; gives the history back."""
    history = list(navs)
    frame = pd.DataFrame(history, columns=["date", "nav", "paid"])
    frame["paid"] = frame["paid"].astype("float64")
    connection.register("navs_to_add", frame)
    connection.execute(
        """
        INSERT INTO core.fund_nav (fund_id, date, nav_jpy, distribution_jpy, known_at, payload_sha256)
        SELECT ?, CAST(date AS DATE), nav, CASE WHEN NOT isnan(paid) THEN paid END, ?, ? FROM navs_to_add
        """,
        [fund_id, known_at, payload],
    )
    connection.unregister("navs_to_add")
    return history


def tokyo_days(first: str, last: str) -> list[date]:
    return [stamp.date() for stamp in calendar.tokyo().sessions_in_range(first, last)]


def history(first: str, last: str = SESSION, *, without: tuple[str, str] | None = None) -> list[Nav]:
    """A NAV on each business day in Tokyo that tells its day apart; none in the span ``without``, ends included."""
    days = tokyo_days(first, last)
    if without:
        days = [one for one in days if not day(without[0]) <= one <= day(without[1])]
    return [(one, 9_000.0 + one.toordinal() * 37 % 3_001, None) for one in days]


def held(navs: Sequence[Nav], base: str | date, end: str | date) -> float:
    """What a holding returned, by multiplication; no SQL, no logarithm."""
    first, last = (day(one) if isinstance(one, str) else one for one in (base, end))
    assert {first, last} <= {on for on, _, _ in navs}
    units = 1.0
    for (_, before, _), (on, nav, paid) in pairwise(navs):
        if first < on <= last:
            units *= (nav + (paid or 0.0)) / before
    return units - 1


def fund(fund_id: str, **more: Any) -> Row:
    return {"isin": fund_id, "name": fund_id, "style": "active", "sold_since": "2020-01-01"} | more


def study(funds: Iterable[str | Row] = (A,), **asked: Any) -> Study:
    text = {"ja": "図", "en": "figure"}
    listed = [fund(one) if isinstance(one, str) else one for one in funds]
    figure = {"number": 5, "title": text, "unit": text, "source": text, "fund": listed} | asked
    return make_study(figure=study_content()["figure"] | {"fund_ranking": figure})


def make(
    connection: duckdb.DuckDBPyConnection,
    funds: Iterable[str | Row] = (A,),
    *sessions: str,
    lag: str | None = "3 days",
    cut_off: datetime = CUT_OFF,
    **asked: Any,
) -> tuple[list[Row], list[Row]]:
    """The rows of the ranking by rank, and the returns behind it."""
    return make_of(connection, study(funds, **asked), [day(one) for one in sessions or (SESSION,)], lag, cut_off)


def make_of(
    connection: duckdb.DuckDBPyConnection, made: Study, days: list[date], lag: str | None, cut_off: datetime
) -> tuple[list[Row], list[Row]]:
    fill_fund_tables(connection, made, days, cut_off, lag, FIGURE.name)
    make_rows(connection, FIGURE, made, days)
    wanted = "study = ? AND list_contains(?, session)"
    ranking = f"SELECT * FROM {RANKING} WHERE {wanted} ORDER BY session, rank"
    returns = f"SELECT * FROM {RETURN} WHERE {wanted} ORDER BY session, fund_id, base_rule, period_order"
    return rows_as_dicts(connection, ranking, made.study, days), rows_as_dicts(connection, returns, made.study, days)


def over(returns: list[Row], period: str, rule: str = "prev", fund_id: str = A) -> Row:
    [row] = [r for r in returns if (r["fund_id"], r["period"], r["base_rule"]) == (fund_id, period, rule)]
    return row
