"""A day on which the exchange stayed closed unannounced: once it is stated, it is no session for anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets import calendar
from assets.corrections import known_closed_days, stated_closed_days
from assets.publish.readers import add_sessions
from assets.settings import Settings
from assets.study_tables import fill_study_tables, run_sessions
from checks.outcome import Outcome
from checks.table_checks import check_table
from pipelines.__main__ import resolve_sessions
from pipelines.pending import closed_sessions, read_backlog
from tests.support.helpers import (
    CUT_OFF,
    STUDY,
    add_levels,
    add_rows,
    day,
    empty_warehouse,
    make_figure,
    make_study,
    sessions,
)
from warehouse.contract import contracts

SESSION, MONDAY, FRIDAY = day("2026-03-11"), day("2026-03-09"), day("2026-03-06")
CLOSED = frozenset({MONDAY})
DAYS = sessions("2025-02-03", "2026-03-11")
LEVELS = {one: 1000 + 0.25 * position for position, one in enumerate(DAYS) if one != MONDAY}
STATED_AT = datetime(2026, 3, 12, 3)
ENTRY = """\
[[correction]]
id = "mourning"
kind = "closure"
date = 2026-03-09
reason = "day of mourning"
source = "the exchange's notice"
by = "M. Sato"
since = 2026-03-10
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    found = empty_warehouse()
    yield found
    found.execute("DELETE FROM core.correction; DELETE FROM meta.session")


def state(connection: duckdb.DuckDBPyConnection, first: date = MONDAY, until: date | None = None) -> None:
    row = {"stated_in": "corrections.toml", "correction_id": f"closed-{first}", "kind": "closure", "date": first}
    add_rows(connection, "core.correction", row | {"until": until, "known_at": STATED_AT, "payload_sha256": "said"})


def outcomes(connection: duckdb.DuckDBPyConnection, cut_off: datetime = CUT_OFF) -> dict[str, Outcome]:
    fill_study_tables(connection, make_study(), [SESSION], cut_off, None)
    found = check_table(connection, contracts()["core.index_level"], STUDY, [SESSION])
    return {one.check_name: one for one in found}


# ---- levels


def test_a_day_that_no_series_has_is_missing_until_the_closure_is_stated(connection: duckdb.DuckDBPyConnection) -> None:
    for series in ("SMALL_FUND", "LARGE_FUND"):
        add_levels(connection, series, LEVELS)
    found = outcomes(connection)["index_level_every_session"]
    assert (found.passed, found.blocking, found.subjects) == (False, True, ("LARGE_FUND", "SMALL_FUND"))
    assert [row["date"] for row in found.sample] == [MONDAY, MONDAY]
    assert "corrections.toml" in found.expected
    assert all("stayed closed" in row["hint"] for row in found.sample)
    state(connection)
    assert [name for name, one in outcomes(connection).items() if not one.passed] == []
    assert not outcomes(connection, STATED_AT - timedelta(hours=1))["index_level_every_session"].passed


def test_a_day_that_one_series_lacks_is_no_closure(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", LEVELS)
    add_levels(connection, "LARGE", LEVELS | {MONDAY: 1000.0})
    [row] = outcomes(connection)["index_level_every_session"].sample
    assert (row["subject"], row["date"], row["hint"]) == ("SMALL", MONDAY, None)


def test_windows_do_not_begin_on_a_closed_day(connection: duckdb.DuckDBPyConnection) -> None:
    """The level that a vendor carried over the day is never read."""
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, LEVELS | {MONDAY: LEVELS[FRIDAY]})
    tuesday = day("2026-03-10")
    before, after = [], []
    for rows in (before, after):
        rows += make_figure(connection, make_study(), "size_return", [tuesday])
        state(connection)
    bases = [
        {row["period"]: row["base_date"] for row in rows if row["base_rule"] == "prev"} for rows in (before, after)
    ]
    assert (bases[0]["1D"], bases[1]["1D"]) == (MONDAY, FRIDAY)
    assert bases[0]["1W"] == bases[1]["1W"] == day("2026-03-03")
    found = outcomes(connection)
    assert not found["index_level_on_no_session"].passed
    assert found["closure_has_no_trading"].passed


def test_a_level_that_moves_on_a_closed_day_contradicts_it(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", LEVELS | {MONDAY: LEVELS[FRIDAY] + 1})
    add_levels(connection, "LARGE", LEVELS)
    assert outcomes(connection)["index_level_every_session"].subjects == ("LARGE",)
    state(connection)
    found = outcomes(connection)["closure_has_no_trading"]
    assert (found.passed, found.blocking, found.subjects) == (False, True, ("SMALL",))


def test_a_closure_of_several_days_takes_each_of_them(connection: duckdb.DuckDBPyConnection) -> None:
    state(connection, day("2026-03-05"), day("2026-03-09"))
    assert known_closed_days(connection, CUT_OFF) == {day(f"2026-03-0{n}") for n in range(5, 10)}
    assert known_closed_days(connection, STATED_AT - timedelta(hours=1)) == frozenset()
    assert calendar.sessions(day("2026-03-02"), day("2026-03-10"), known_closed_days(connection, CUT_OFF)) == [
        day(f"2026-03-{n:02}") for n in (2, 3, 4, 10)
    ]


@pytest.mark.parametrize(
    ("first", "until", "passes"),
    [
        ("2026-03-09", None, True),
        ("2026-03-07", None, False),
        ("2026-03-07", "2026-03-09", True),
        ("2025-12-25", None, False),
    ],
)
def test_a_closure_of_no_session_fails(
    connection: duckdb.DuckDBPyConnection, first: str, until: str | None, passes: bool
) -> None:
    from assets.study_tables import fill_correction_tables

    state(connection, day(first), day(until) if until else None)
    fill_correction_tables(connection, make_study(), [SESSION], CUT_OFF, None)
    [found] = check_table(connection, contracts()["core.correction"], STUDY, [SESSION])
    assert (found.check_name, found.passed, found.blocking) == ("closure_is_a_session", passes, False)


# ---- the calendar


def test_every_answer_of_the_calendar_leaves_the_day_out() -> None:
    assert not calendar.is_session(MONDAY, CLOSED)
    assert calendar.session_before(day("2026-03-10"), CLOSED) == FRIDAY
    assert calendar.session_on_or_before(MONDAY, CLOSED) == FRIDAY
    evening = datetime(2026, 3, 9, 23, tzinfo=UTC)
    assert calendar.newest_closed_session(evening) == MONDAY
    assert calendar.newest_closed_session(evening, CLOSED) == FRIDAY
    assert MONDAY not in set(calendar.closes(day("2026-03-01"), CLOSED)["session"].dt.date)
    month_end = frozenset({day("2026-02-27")})
    assert calendar.last_session_of_month(2026, 2, month_end) == day("2026-02-26")
    assert calendar.last_complete_month_end(day("2026-02-26"), month_end) == day("2026-02-26")


def test_figures_speak_of_the_day_before_the_closed_one() -> None:
    rows = run_sessions([day("2026-03-10")], "previous_session", None, CLOSED)
    assert rows == [(day("2026-03-10"), FRIDAY, FRIDAY)]
    [(_, as_of, _)] = run_sessions([SESSION], "last_complete_month", None, frozenset({day("2026-02-27")}))
    assert as_of == day("2026-02-26")


def test_the_schedule_asks_for_no_closed_day(tmp_path: Path) -> None:
    morning = datetime(2026, 3, 9, 22, 15, tzinfo=UTC)
    assert closed_sessions(morning)[-1] == MONDAY
    assert closed_sessions(morning, CLOSED)[-1] == FRIDAY
    assert len(closed_sessions(morning, CLOSED)) == 10
    pending = read_backlog(morning, tmp_path, ["study"], CLOSED).pending
    assert pending is not None
    assert pending.session == FRIDAY


def test_a_closed_day_cannot_be_asked_for_and_a_range_goes_over_it() -> None:
    with pytest.raises(ValueError, match=r"2026-03-09 is no session .* corrections\.toml"):
        resolve_sessions("2026-03-09", None, CLOSED)
    assert resolve_sessions("2026-03-09", "2026-03-10", CLOSED) == (day("2026-03-10"), day("2026-03-10"))


def test_readers_see_no_closed_day_and_nothing_that_nobody_knows(connection: duckdb.DuckDBPyConnection) -> None:
    def known(one: str) -> bool:
        return bool(connection.execute("SELECT 1 FROM meta.session WHERE session = ?", [one]).fetchall())

    connection.execute("INSERT INTO meta.session VALUES (DATE '1930-01-02', TIMESTAMP '1930-01-02 21:00')")
    add_sessions(connection)
    assert known("2026-03-09")
    assert not known("1969-05-30")
    assert connection.execute("SELECT min(session) FROM meta.session").fetchall() == [(day("1952-05-26"),)]
    state(connection)
    add_sessions(connection)
    assert not known("2026-03-09")
    connection.execute("DELETE FROM core.correction")
    add_sessions(connection)
    assert known("2026-03-09")
    assert connection.execute("SELECT count(*) - count(DISTINCT session) FROM meta.session").fetchall() == [(0,)]


# ---- as the files state it, before a run has read them


def test_the_files_say_it_to_the_schedule(tmp_path: Path) -> None:
    project, drop = tmp_path / "project", tmp_path / "drop"
    for folder in (project, drop):
        folder.mkdir()
    settings = Settings(home="", profile="files", studies="", profiles="", corrections=str(project), drop=str(drop))
    assert settings.closed_days() == frozenset()
    (drop / "corrections.toml").write_text(ENTRY, encoding="utf-8")
    (project / "all.toml").write_text(
        ENTRY.replace("03-09", "03-05").replace('"mourning"', '"storm"'), encoding="utf-8"
    )
    assert settings.closed_days() == {MONDAY, day("2026-03-05")}
    (drop / "corrections.toml").write_text(ENTRY + "date = 3\n", encoding="utf-8")  # the run refuses it
    assert settings.closed_days() == {day("2026-03-05")}
    assert stated_closed_days(None, tmp_path / "nowhere") == frozenset()


def test_a_run_reads_it_once_and_the_next_run_anew(tmp_path: Path) -> None:
    settings = Settings(home="", profile="files", studies="", profiles="", drop=str(tmp_path))
    file, seen = tmp_path / "corrections.toml", []

    @dg.asset
    def first(settings: Settings) -> None:
        seen.append(settings.closed_days())
        file.write_text(ENTRY, encoding="utf-8")

    @dg.asset(deps=[first])
    def second(settings: Settings) -> None:
        seen.append(settings.closed_days())

    for _ in range(2):
        dg.materialize([first, second], resources={"settings": settings})
    assert seen == [frozenset(), frozenset(), {MONDAY}, {MONDAY}]
    assert settings.closed_days() == {MONDAY}
    file.unlink()
    assert settings.closed_days() == frozenset(), "who is no run reads it every time"
