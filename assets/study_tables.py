"""What the figures' SQL reads of a study and a run, as temporary tables and variables of the connection.

Belongs here: study file to tables. Does not belong here: any computation (warehouse/sql).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

import duckdb
import pandas as pd

from assets import calendar
from assets.calendar import NEVER, Closed
from assets.corrections import known_closed_days
from assets.study import PERIODS, AsOfRule, Study
from warehouse.database import create_from_frame, sql_file

UNITS = {"D": ("session", 1), "W": ("day", 7), "M": ("month", 1), "Y": ("year", 1)}
"""What the last letter of a period counts, and how many of it."""

CheckInputs = Callable[[duckdb.DuckDBPyConnection, Study, list[date], datetime, str | None], None]
"""Fills the tables that the checks of a core table read: (connection, study, sessions, cut-off as naive UTC, lag)."""


def period_length(period: str) -> tuple[str, int]:
    """A period's unit and length: 1D is one session, 1W seven days, 3Y three years; the year to date has no length."""
    if period == "YTD":
        return "ytd", 0
    unit, length = UNITS[period[-1]]
    return unit, length * int(period[:-1])


def fill_study_tables(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    sessions: list[date],
    cut_off: datetime,
    lag: str | None,
    figure: str | None = None,
) -> None:
    """Fills the tables of warehouse/sql/study_tables.sql and study_levels.sql for one study and its sessions.

    ``cut_off``: only what was known then counts (naive UTC). ``lag``: how far the newest level may lie behind
    the as-of date, like `6 months`; None for not at all.
    ``figure``: whose rule gives the as-of date; None for the session itself.
    """
    rule: AsOfRule = getattr(study.figure, figure).as_of if figure else "session"
    closed = known_closed_days(connection, cut_off)
    connection.execute(sql_file("study_tables"))
    tables = {
        "study_series": _series(study),
        "study_period": _periods(study),
        "run_session": run_sessions(sessions, rule, lag, closed),
        "study_event": [(event.id, event.start, event.end) for event in study.event],
        "price_guard": [(g.total_return, g.price, *g.band, g.floor, *g.years) for g in study.cross_check.price_guard],
        "fund_pair": [
            (p.fund, p.index, p.within, p.blocking_beyond, p.drift_beyond) for p in study.cross_check.fund_pair
        ],
        "published_return": [
            (p.index, year, rate) for p in study.cross_check.published_return for year, rate in p.returns.items()
        ],
        "whole_market": [(m.whole, m.small, m.large, *m.weight_of_small) for m in study.cross_check.whole_market],
        "size_premium": [
            (p.small, p.large, p.academic_small, p.academic_large) for p in study.cross_check.size_premium
        ],
    }
    for table, rows in tables.items():
        fill(connection, table, rows)
    fill_calendar(connection, closed)
    set_variables(connection, _variables(study, cut_off))
    connection.execute(sql_file("study_levels"))


def fill_session_tables(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], cut_off: datetime, lag: str | None
) -> None:
    """Fills run_session and sets the cut-off: what checks of tables read that belong to no study."""
    connection.execute(sql_file("study_tables"))
    fill(connection, "run_session", run_sessions(sessions, "session", lag))
    set_variables(connection, {"study": study.study, "known_at": cut_off})


def fill_correction_tables(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], cut_off: datetime, lag: str | None
) -> None:
    """The cut-off: a statement counts from when it was known. And the calendar's own sessions, closures or not."""
    set_variables(connection, {"known_at": cut_off})
    fill_calendar(connection)


def fill_policy_rate_tables(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], cut_off: datetime, lag: str | None
) -> None:
    """What the study knows of its policy rates, beside what the checks of every table read."""
    fill_session_tables(connection, study, sessions, cut_off, lag)
    rules = [(rule.series_id, rule.step, *rule.band, rule.most) for rule in study.cross_check.policy_rate]
    fill(connection, "policy_rate_rule", rules)


def fill_security_level_tables(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], cut_off: datetime, lag: str | None
) -> None:
    """The macros of warehouse/sql/security_step.sql, beside what the checks of every table read."""
    fill_session_tables(connection, study, sessions, cut_off, lag)
    connection.execute(sql_file("security_step"))


def as_of(rule: AsOfRule, session: date, closed: Closed = NEVER) -> date:
    """The date that a figure of the session speaks of."""
    if rule == "session":
        return session
    if rule == "previous_session":
        return calendar.session_before(session, closed)
    return calendar.last_complete_month_end(session, closed)


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Inserts rows into a table of the study or run."""
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in rows[0])})", rows)


def member_lists(sides: Iterable[Any]) -> list[tuple[Any, ...]]:
    """(index, order, series, whether it stands in) of each list of members of a figure's sides."""
    return [
        (side.index, order, members.series_id, members.is_stand_in)
        for side in sides
        for order, members in enumerate(side.members)
    ]


def fill_calendar(connection: duckdb.DuckDBPyConnection, closed: Closed = NEVER) -> None:
    """calendar(date): the sessions of the exchange."""
    create_from_frame(connection, "TEMP TABLE calendar", pd.DataFrame({"date": calendar.exchange(closed).sessions}))
    connection.execute("ALTER TABLE calendar ALTER date TYPE DATE")


def set_variables(connection: duckdb.DuckDBPyConnection, variables: dict[str, Any]) -> None:
    """The variables that the SQL files read with getvariable()."""
    for name, value in variables.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])


def _variables(study: Study, cut_off: datetime) -> dict[str, Any]:
    limits = study.cross_check.daily_difference
    variables: dict[str, Any] = {
        "study": study.study,
        "known_at": cut_off,
        "is_monthly": study.is_monthly,
        "sides_apart": limits.sides,
        "sides_apart_per_unrest": limits.per_unrest,
        "same_index_apart": limits.same_index,
    }
    if study.figure.size_return:
        variables["base_rule"] = study.figure.size_return.base_rule
    if study.figure.long_run:
        variables["years"] = study.figure.long_run.years
        variables["ratio_until"] = study.figure.long_run.ratio_until
    return variables


def _series(study: Study) -> list[tuple[Any, ...]]:
    return [
        (i.id, index_order, i.size, s.id, order, s.is_proxy, s.frequency, s.return_basis, s.currency)
        for index_order, i in enumerate(study.index)
        for order, s in enumerate(i.series)
    ]


def _periods(study: Study) -> list[tuple[Any, ...]]:
    figure = study.figure.size_return
    if figure is None:
        return []
    return [
        (period, order, *period_length(period), period in figure.headline_periods)
        for order, period in enumerate(PERIODS, start=1)
        if period in figure.periods
    ]


def run_sessions(
    sessions: list[date], rule: AsOfRule, lag: str | None, closed: Closed = NEVER
) -> list[tuple[Any, ...]]:
    """(session, as-of date, earliest newest date within the lag) of each session."""
    spoken_of = [(session, as_of(rule, session, closed)) for session in sessions]
    return [(session, day, _oldest(rule, day, lag, closed)) for session, day in spoken_of]


def _oldest(rule: AsOfRule, day: date, lag: str | None, closed: Closed) -> date:
    """The earliest newest date within the lag. A month before 31 March reaches February's level, whose last session may
    be the 27th.
    """
    oldest = earlier(day, lag)
    return calendar.session_on_or_before(oldest, closed) if rule == "last_complete_month" else oldest


def earlier(day: date, length: str | None) -> date:
    """The day so much before, like `6 months`; the day itself for None."""
    if length is None:
        return day
    number, _, unit = length.partition(" ")
    units = {"day": "days", "month": "months", "year": "years"}
    length_before: Any = {units[unit.rstrip("s")]: int(number)}
    return (pd.Timestamp(day) - pd.DateOffset(**length_before)).date()
