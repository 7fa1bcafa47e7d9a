"""Returns since events, and small against large on the days that count: by hand, on days around holidays and ends.

Belongs here: event_return and long_run_ratio, their checks and coverage, the numbers of the real files. Does not
belong here: the lines of figure 2 (test_long_run.py), claims on them (test_claims.py).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.ingest.vendors import parser_for
from assets.study import Study, read_studies
from assets.study_tables import fill_study_tables
from checks.outcome import Outcome
from checks.table_checks import check_table
from tests.support.helpers import (
    CUT_OFF,
    STUDY,
    add_levels,
    day,
    empty_warehouse,
    make_figure,
    numbered,
    sessions,
    study_content,
    uncovered,
)
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts

Row = dict[str, Any]

EVENTS, RATIO, LINES = "figure.event_return", "figure.long_run_ratio", "figure.long_run"
SESSION = day("2026-03-11")
HISTORY = sessions("2023-01-03", "2026-03-11")
LEVELS = numbered(HISTORY)
NO_EVENT = "no event of the study began by"
OWN_STUDIES = Path(__file__).parents[2] / "pipelines" / "studies"


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse()


def event(name: str, start: str, end: str | None = None, **more: Any) -> Row:
    label = {"ja": f"{name}（和文）", "en": name}
    return {"id": name, "start": day(start), "end": day(end) if end else None, "label": label, "source": "s", **more}


def study_with(*events: Row) -> Study:
    content = study_content(event=list(events))
    content["figure"]["event_return"] = {}
    return Study.model_validate(content)


def fill(connection: duckdb.DuckDBPyConnection, first: str = "2023-01-03", last: str = "2026-03-11") -> None:
    """Both indices with the same levels, so that one row tells of both."""
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, {one: level for one, level in LEVELS.items() if day(first) <= one <= day(last)})


def windows(
    connection: duckdb.DuckDBPyConnection, *events: Row, session: date = SESSION, lag: str | None = None
) -> dict[str, tuple[Any, ...]]:
    """(base, end, return) of each event for the small index; the check passes and both sides agree."""
    asked = study_with(*events)
    rows = make_figure(connection, asked, "event_return", [session], lag=lag)
    assert [o.observed for o in checked(connection, asked, EVENTS, session, lag) if not o.passed] == []
    found = {
        (row["event_id"], row["size"]): (row["base_date"], row["end_date"], row["return_cum"])
        for row in rows
        if row["as_of"] == session
    }
    small = {name: window for (name, size), window in found.items() if size == "small"}
    assert small == {name: window for (name, size), window in found.items() if size == "large"}
    return small


def checked(
    connection: duckdb.DuckDBPyConnection, asked: Study, table: str, session: date = SESSION, lag: str | None = None
) -> list[Outcome]:
    figure = {EVENTS: "event_return", RATIO: "long_run"}[table]
    fill_study_tables(connection, asked, [session], CUT_OFF, lag, figure)
    return check_table(connection, contracts()[table], STUDY, [session])


def made(base: str, end: str) -> tuple[date, date, float]:
    first, last = day(base), day(end)
    return first, last, round(LEVELS[last] / LEVELS[first] - 1, 6)


# Returns since events


@pytest.mark.parametrize(
    ("start", "base"),
    [
        ("2026-03-04", "2026-03-03"),  # an ordinary day: the one before
        ("2026-03-02", "2026-02-27"),  # a Monday
        ("2026-02-28", "2026-02-27"),  # a Saturday
        ("2026-03-01", "2026-02-27"),  # a Sunday
        ("2025-07-04", "2025-07-03"),  # a holiday
        ("2026-01-20", "2026-01-16"),  # after a long weekend
        ("2026-03-11", "2026-03-10"),  # the as-of date itself
    ],
)
def test_the_base_is_the_last_session_before_the_event(
    connection: duckdb.DuckDBPyConnection, start: str, base: str
) -> None:
    fill(connection)
    assert windows(connection, event("it", start)) == {"it": made(base, "2026-03-11")}


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("2025-09-10", "2025-09-10"),
        ("2025-09-07", "2025-09-05"),  # a Sunday
        ("2025-09-02", "2025-09-02"),  # its first day is its last
        ("2026-03-11", "2026-03-11"),
        ("2026-03-18", "2026-03-11"),  # it lasts beyond the as-of date
    ],
)
def test_a_range_ends_at_its_end_or_at_the_as_of_date(
    connection: duckdb.DuckDBPyConnection, end: str, last: str
) -> None:
    fill(connection)
    assert windows(connection, event("it", "2025-09-02", end)) == {"it": made("2025-08-29", last)}
    ends = connection.execute(f"SELECT DISTINCT event_end FROM {EVENTS}").fetchall()
    assert ends == [(day(end) if day(end) <= SESSION else None,)]


def test_nothing_after_the_as_of_date_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection)
    events = [event("past", "2026-02-02"), event("next", "2026-03-17", "2026-03-18", scheduled=True)]
    assert set(windows(connection, *events)) == {"past"}
    earlier = windows(connection, *events, session=day("2026-02-06"))
    assert earlier == {"past": made("2026-01-30", "2026-02-06")}
    connection.execute("DELETE FROM core.index_level WHERE date > DATE '2026-02-06'")
    assert windows(connection, *events, session=day("2026-02-06")) == earlier


def test_a_series_that_begins_after_the_base_has_no_return(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, first="2025-09-03")
    found = windows(connection, event("it", "2025-09-02"), event("later", "2025-09-05"))
    assert found == {"it": (None, SESSION, None), "later": made("2025-09-04", "2026-03-11")}


def test_an_event_that_was_over_before_the_series_began_keeps_its_row(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, first="2025-09-03")
    found = windows(connection, event("old", "2024-01-09", "2024-02-04"), event("new", "2026-01-06"))
    assert found == {"old": (None, day("2024-02-02"), None), "new": made("2026-01-05", "2026-03-11")}


def test_the_series_is_that_of_figure_1(connection: duckdb.DuckDBPyConnection) -> None:
    """The fund where the index has ended, without a splice."""
    add_levels(connection, "SMALL", {one: level for one, level in LEVELS.items() if one <= day("2025-12-31")})
    add_levels(connection, "SMALL_FUND", {one: 2 * level for one, level in LEVELS.items()})
    add_levels(connection, "LARGE", LEVELS)
    assert windows(connection, event("it", "2025-09-02")) == {"it": made("2025-08-29", "2026-03-11")}
    used = connection.execute(f"SELECT DISTINCT size, series_id FROM {EVENTS} ORDER BY size DESC").fetchall()
    assert used == [("small", "SMALL_FUND"), ("large", "LARGE")]


def test_levels_that_lag_have_not_seen_an_event_after_them(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, last="2026-02-27")
    found = windows(
        connection, event("seen", "2026-02-27"), event("weekend", "2026-02-28"), event("today", "2026-03-03"),
        session=day("2026-03-03"), lag="5 days",
    )  # fmt: skip
    assert found == {"seen": made("2026-02-26", "2026-02-27")}
    assert uncovered(connection, "event_return") == []


@pytest.mark.parametrize(
    ("first_event", "lag", "expected"),
    [
        ("2026-03-12", None, (False, f"{NO_EVENT} 2026-03-11; the first one begins on 2026-03-12")),
        ("2026-03-11", "5 days", (True, f"{NO_EVENT} 2026-03-10; the first one begins on 2026-03-11")),
        (None, None, (False, "the study has no event")),
    ],
)  # fmt: skip
def test_no_event_by_then_is_told(
    connection: duckdb.DuckDBPyConnection, first_event: str | None, lag: str | None, expected: tuple[bool, str]
) -> None:
    fill(connection, last="2026-03-10" if lag else "2026-03-11")
    events = [event("it", first_event)] if first_event else []
    assert windows(connection, *events, lag=lag) == {}
    assert uncovered(connection, "event_return") == [(SESSION, *expected)]


def test_an_index_without_a_level_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, last="2026-03-10")
    connection.execute("DELETE FROM core.index_level WHERE series_id = 'LARGE'")
    assert windows(connection, event("it", "2026-02-02")) == {}
    reasons = ["R1000: no level from 2026-03-11 to 2026-03-11; newest: none",
               "R2000: no level from 2026-03-11 to 2026-03-11; newest: 2026-03-10"]  # fmt: skip
    assert uncovered(connection, "event_return") == [(SESSION, False, reasons[0]), (SESSION, True, reasons[1])]


@pytest.mark.parametrize(
    "broken",
    [
        "DELETE FROM figure.event_return WHERE event_id = 'it' AND size = 'small'",
        "INSERT INTO figure.event_return FROM figure.event_return WHERE event_id = 'it' AND size = 'small'",
        "UPDATE figure.event_return SET base_date = event_start WHERE event_id = 'it' AND size = 'small'",
        "UPDATE figure.event_return SET base_date = DATE '2025-08-28' WHERE event_id = 'it' AND size = 'small'",
        "UPDATE figure.event_return SET end_date = DATE '2026-03-12' WHERE event_id = 'it' AND size = 'small'",
        "UPDATE figure.event_return SET end_date = DATE '2025-08-27' WHERE event_id = 'it' AND size = 'small'",
    ],
    ids=["missing", "twice", "base on its start", "earlier base", "after the as-of date", "end before base"],
)
def test_a_wrong_window_blocks(connection: duckdb.DuckDBPyConnection, broken: str) -> None:
    fill(connection)
    events = [event("it", "2025-09-02"), event("other", "2026-01-06")]
    windows(connection, *events)
    connection.execute(broken)
    [outcome] = checked(connection, study_with(*events), EVENTS)
    assert (outcome.check_name, outcome.passed, outcome.blocking) == ("event_return_dates", False, True)
    assert (outcome.failing, outcome.error) == (1, None)
    assert outcome.sample[0]["event_id"] == "it"


def test_an_event_ends_after_its_start() -> None:
    with pytest.raises(ValueError, match="event it ends on 2025-09-01, before it starts on 2025-09-02"):
        study_with(event("it", "2025-09-02", "2025-09-01"))


# Small against large


def marks(
    connection: duckdb.DuckDBPyConnection, until: str | None, session: date = SESSION
) -> dict[str, tuple[date, float]]:
    """The marks' days and ratios; the checks pass."""
    asked = study_until(until)
    make_figure(connection, asked, "long_run", [session])
    assert [o.observed for o in checked(connection, asked, RATIO, session) if not o.passed] == []
    rows = rows_as_dicts(connection, f"SELECT * FROM {RATIO} WHERE session = ?", session)
    assert {row["as_of"] for row in rows} <= {session}
    return {row["mark"]: (row["date"], row["ratio"]) for row in rows}


def study_until(until: str | None) -> Study:
    content = study_content()
    content["figure"]["long_run"]["ratio_until"] = day(until) if until else None
    return Study.model_validate(content)


LOW, HIGH, LATER_LOW = day("2024-06-03"), day("2025-03-03"), day("2025-11-03")


def fill_ratio(connection: duckdb.DuckDBPyConnection) -> None:
    """Small is large but for three days: half on one, double on another, a quarter on a later one."""
    small = LEVELS | {LOW: LEVELS[LOW] / 2, HIGH: LEVELS[HIGH] * 2, LATER_LOW: LEVELS[LATER_LOW] / 4}
    add_levels(connection, "SMALL", small)
    add_levels(connection, "LARGE", LEVELS)


@pytest.mark.parametrize(
    ("until", "lowest", "at"),
    [
        ("2025-06-29", (LOW, 0.5), day("2025-06-27")),  # a Sunday
        ("2025-06-30", (LOW, 0.5), day("2025-06-30")),
        ("2026-06-30", (LATER_LOW, 0.25), SESSION),  # after the as-of date
        (None, (LATER_LOW, 0.25), SESSION),
    ],
)
def test_marks(connection: duckdb.DuckDBPyConnection, until: str | None, lowest: tuple[date, float], at: date) -> None:
    fill_ratio(connection)
    expected = {"lowest": lowest, "highest": (HIGH, 2.0), "at": (at, 1.0), "end": (SESSION, 1.0)}
    assert {mark: (one, round(ratio, 4)) for mark, (one, ratio) in marks(connection, until).items()} == expected


def test_lines_that_begin_after_the_day_have_an_end_only(connection: duckdb.DuckDBPyConnection) -> None:
    fill_ratio(connection)
    assert marks(connection, "2024-03-08") == {"end": (SESSION, 1.0)}
    assert set(marks(connection, "2024-03-11")) == {"lowest", "highest", "at", "end"}


def test_marks_are_kept_when_the_lines_are_not(connection: duckdb.DuckDBPyConnection) -> None:
    fill_ratio(connection)
    earlier = day("2026-03-10")
    before = marks(connection, "2025-06-30", session=earlier)
    marks(connection, "2025-06-30")
    assert connection.execute(f"SELECT DISTINCT session FROM {LINES}").fetchall() == [(SESSION,)]
    rows = connection.execute(f"SELECT mark, date, ratio FROM {RATIO} WHERE session = ?", [earlier]).fetchall()
    assert {mark: (one, ratio) for mark, one, ratio in rows} == before


def test_a_day_that_one_line_lacks_is_no_mark(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", LEVELS)
    add_levels(connection, "LARGE", {one: level for one, level in LEVELS.items() if one != day("2025-06-30")})
    assert marks(connection, "2025-06-30")["at"][0] == day("2025-06-27")


@pytest.mark.parametrize(
    "broken",
    [
        "DELETE FROM figure.long_run_ratio WHERE mark = 'at'",
        "DELETE FROM figure.long_run_ratio",
        "INSERT INTO figure.long_run_ratio FROM figure.long_run_ratio WHERE mark = 'end'",
        "UPDATE figure.long_run_ratio SET mark = 'end' WHERE mark = 'at'",
        "UPDATE figure.long_run_ratio SET ratio = ratio + 1e-5 WHERE mark = 'end'",
        "UPDATE figure.long_run_ratio SET small = large * 0.9, ratio = 0.9 WHERE mark = 'lowest'",
        "UPDATE figure.long_run_ratio SET date = DATE '2024-06-04' WHERE mark = 'lowest'",
    ],
    ids=["missing", "all missing", "twice", "wrong name", "off", "not the lowest", "another day"],
)
def test_wrong_marks_block(connection: duckdb.DuckDBPyConnection, broken: str) -> None:
    fill_ratio(connection)
    marks(connection, "2025-06-30")
    connection.execute(broken)
    [outcome] = checked(connection, study_until("2025-06-30"), RATIO)
    assert (outcome.check_name, outcome.passed, outcome.blocking) == ("long_run_ratio_marks", False, True)
    assert outcome.error is None


# The real files


@pytest.fixture(scope="module")
def own_study() -> Study:
    [study] = [one for one in read_studies(OWN_STUDIES) if one.study == "us_small_caps"]
    return study


@pytest.fixture
def real(shared_data: Path, connection: duckdb.DuckDBPyConnection, own_study: Study) -> duckdb.DuckDBPyConnection:
    """The levels of the study's series from the vendors' files."""
    for index in own_study.index:
        for series in index.series:
            folder = "fred" if series.id.startswith("RU") else "yahoo"
            content = (shared_data / "index_levels" / folder / f"{series.id}.csv").read_bytes()
            options = {"series_id": series.id, "return_basis": series.return_basis, "currency": "USD"}
            frame = parser_for(f"{folder}_csv")(content, options)
            levels = dict(zip(frame["date"].dt.date, frame["level"], strict=True))
            add_levels(connection, series.id, levels, basis=series.return_basis)
    return connection


def test_the_attack_in_the_real_files(real: duckdb.DuckDBPyConnection, own_study: Study) -> None:
    rows = make_figure(real, own_study, "event_return", [SESSION])
    found = {row["series_id"]: row for row in rows if row["event_id"] == "iran"}
    assert {name: round(100 * row["return_cum"], 2) for name, row in found.items()} == {"IWM": -3.27, "IWB": -1.55}
    assert {(row["base_date"], row["end_date"]) for row in found.values()} == {(day("2026-02-27"), SESSION)}
    assert {row["event_id"] for row in rows} == {one.id for one in own_study.event if not one.scheduled}
    assert not [row for row in rows if row["return_cum"] is None]


def test_the_ratio_in_the_real_files(real: duckdb.DuckDBPyConnection, own_study: Study) -> None:
    make_figure(real, own_study, "long_run", [SESSION])
    rows = real.execute(f"SELECT mark, date, round(ratio, 3) FROM {RATIO}").fetchall()
    found = {mark: (one, ratio) for mark, one, ratio in rows}
    assert found["at"] == (day("2021-06-30"), 0.891)
    assert found["lowest"] == (day("1999-04-08"), 0.602)
    assert found["end"] == (SESSION, 0.642)
