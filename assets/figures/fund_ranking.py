"""Asset figures/fund_ranking: figure 5, the funds that the house sells.

Belongs here: what it stands on, and what its SQL reads of a study and a run. Does not belong here: its definition
(warehouse/sql/fund_*.sql), its columns and checks (warehouse/contracts/figure.fund_*.toml), which names are candidates
(fund_candidates.py), its picture (publish/).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb

from assets import calendar
from assets.calendar import Closed
from assets.corrections import known_closed_days
from assets.figures.figure import Figure
from assets.figures.fund_candidates import candidates
from assets.study import FundRanking, Study
from assets.study_tables import as_of, earlier, fill, period_length, set_variables
from checks.outcome import describe
from checks.table_checks import failing_rows
from warehouse.contract import contracts
from warehouse.database import sql_file

JUMPS = "fund_nav_daily_move"
"""The check of core.fund_nav whose failing rows leave a fund out."""

PERIODS = next(column.allowed for column in contracts()["figure.fund_return"].column if column.name == "period")
"""In the order in which they are shown."""


def fill_fund_tables(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    sessions: list[date],
    cut_off: datetime,
    lag: str | None,
    figure: str,
) -> None:
    """Fills the tables of warehouse/sql/fund_tables.sql for one study and its sessions.

    ``cut_off``: only what was known then counts (naive UTC). ``lag``: how far a valuation may lie behind the one that
    is due, like `3 days`; None for not at all.
    """
    ranking = study.figure.fund_ranking
    if ranking is None:
        raise ValueError(f"study {study.study} has no figure {figure}")
    closed = known_closed_days(connection, cut_off)
    connection.execute(sql_file("fund_tables"))
    fill(
        connection,
        "fund_reviewed",
        [(f.isin, f.association_code, f.hedged, f.style == "active", f.sold_since, f.sold_until) for f in ranking.fund],
    )
    fill(
        connection,
        "fund_candidate",
        [(c.fund_id, c.name, c.is_index) for c in candidates(connection, ranking, cut_off)],
    )
    fill(connection, "fund_period", [(period, order, _months(period)) for order, period in enumerate(PERIODS, start=1)])
    fill(connection, "fund_limit", _limits())
    fill(connection, "run_session", [_session(session, ranking, lag, closed) for session in sessions])
    set_variables(
        connection,
        {
            "study": study.study,
            "known_at": cut_off,
            "return_rule": ranking.return_rule,
            "printed_rule": ranking.printed_rule,
        },
    )
    fill(
        connection,
        "fund_jump",
        [(row["subject"], row["date"], describe(row)) for row in failing_rows(connection, JUMPS)],
    )


def _months(period: str) -> int:
    unit, length = period_length(period)
    return length * 12 if unit == "year" else length


def _limits() -> list[tuple[Any, ...]]:
    """What the contract allows of a fund's numbers: (column, minimum, maximum, minimum is exclusive, as text)."""
    found = []
    for column in contracts()["core.fund"].column:
        lower = column.minimum if column.minimum is not None else column.exclusive_minimum
        if lower is not None or column.maximum is not None:
            told = f"{lower} to {'any' if column.maximum is None else column.maximum}"
            found.append((column.name, lower, column.maximum, column.exclusive_minimum is not None, told))
    return found


def _session(session: date, ranking: FundRanking, lag: str | None, closed: Closed) -> tuple[Any, ...]:
    """A session with the days that Tokyo's calendar gives it; the session's own where that calendar hasn't begun."""
    day = as_of(ranking.as_of, session, closed)
    due = calendar.tokyo_day_before_or_on(day) or day
    month_end = calendar.last_complete_tokyo_month_end(day)
    return session, day, due, month_end, earlier(due, lag)


def shown_funds(study: Study) -> frozenset[str]:
    """The codes of the funds that the figure shows, whatever the day: ISINs and association codes."""
    ranking = study.figure.fund_ranking
    shown = ranking.shown if ranking else []
    return frozenset(code for fund in shown for code in (fund.isin, fund.association_code) if code)


FIGURE = Figure(
    name="fund_ranking",
    datasets=("fund",),
    optional_datasets=("fund_nav",),
    lag_dataset="fund",
    fill_tables=fill_fund_tables,
    detail_table="fund_return",
    concerns=shown_funds,
    answered=("core.fund", "core.fund_nav"),
)
