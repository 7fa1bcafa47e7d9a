"""The gate before publishing: what is recorded decides, and what is not recorded does not pass."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from checks.gate import FigureNeeds, Withheld, judge, read_recorded
from checks.outcome import UNKNOWN_SUBJECT
from tests.support.helpers import STUDY, add_rows, day, empty_warehouse
from tests.support.reviewed import read_reviewed
from warehouse.records import record_materialization

SESSION = day("2026-03-11")
RUN = "run-1"
LANDING, CORE, FIGURE = "landing.index_level", "core.index_level", "figure.size_return"
NEEDS = FigureNeeds("size_return", ("index_level",), frozenset({"SMALL", "LARGE"}), ("figure.size_return",))
TABLES = [LANDING, CORE, FIGURE]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """A session whose figure was made and checked, and held."""
    connection = empty_warehouse()
    add_figure_row(connection)
    for table in TABLES:
        made_and_checked(connection, table)
    return connection


def made_and_checked(
    connection: duckdb.DuckDBPyConnection, table: str, run: str = RUN, session: date = SESSION
) -> None:
    record_materialization(connection, run, table, [STUDY], [session], datetime(2026, 3, 12))
    add_rows(connection, "meta.check_result", *(result(table, name, run, session) for name in blocking(table)))


CONTRACT_CHECKS = (
    "columns_are_those_of_the_contract",
    "required_values_are_there",
    "codes_are_allowed",
    "values_are_in_range",
    "key_is_unique",
)


def blocking(table: str) -> list[str]:
    """The checks that block a release, as a person reviewed them: the UI shows five of them as one."""
    layer, name = table.split(".")
    asset = {"landing": "ingest", "figure": "figures"}.get(layer, layer)
    of_contract = [f"{name}_{check}" for check in CONTRACT_CHECKS]
    shown: list[str] = read_reviewed("asset_graph.json")[f"{asset}/{name}"]["blocking"]
    return [check for one in shown for check in (of_contract if one == f"{name}_keeps_its_contract" else [one])]


def result(table: str, name: str, run: str = RUN, session: date = SESSION, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "study": STUDY,
        "session": session,
        "run_id": run,
        "check_name": name,
        "table_name": table,
        "severity": "error",
        "passed": True,
        "blocking": True,
        "observed": "held",
        "expected": "what it should be",
        "subjects": None,
    }
    return row | changes


def fail(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    name: str,
    subjects: list[str] | None = None,
    **changes: Any,
) -> None:
    """Replaces a result by a failed one."""
    connection.execute("DELETE FROM meta.check_result WHERE table_name = ? AND check_name = ?", [table, name])
    told = {"passed": False, "observed": "1 row broke it: x", "subjects": subjects}
    add_rows(connection, "meta.check_result", result(table, name, **(told | changes)))


def not_covered(connection: duckdb.DuckDBPyConnection, *reasons: tuple[bool, str], **changes: Any) -> None:
    connection.execute("DELETE FROM figure.size_return")
    for is_late, reason in reasons:
        row = {
            "study": STUDY,
            "session": SESSION,
            "figure": "size_return",
            "is_late": is_late,
            "reason": reason,
        }
        add_rows(connection, "meta.coverage", row | changes)


def add_figure_row(connection: duckdb.DuckDBPyConnection, session: date = SESSION) -> None:
    row = {
        "study": STUDY, "session": session, "revision": 0, "as_of": session, "is_headline": True,
        "index_id": "R2000", "series_id": "SMALL", "size": "small", "period": "1Y", "period_order": 7,
        "base_rule": "prev", "return_basis": "gross", "currency": "USD", "is_proxy": False,
    }  # fmt: skip
    add_rows(connection, FIGURE, row)


def verdict(
    connection: duckdb.DuckDBPyConnection,
    needs: FigureNeeds = NEEDS,
    *,
    served: frozenset[str] = frozenset({"index_level"}),
    is_overdue: bool = False,
    session: date = SESSION,
) -> Withheld | None:
    return judge(
        read_recorded(connection, STUDY, [session], needs.made),
        needs,
        session,
        served=set(served),
        is_overdue=is_overdue,
    )


def kind(connection: duckdb.DuckDBPyConnection, **keywords: Any) -> str | None:
    found = verdict(connection, **keywords)
    return found.kind if found else None


def test_what_was_made_and_held_may_go_out(connection: duckdb.DuckDBPyConnection) -> None:
    assert verdict(connection) is None
    assert verdict(connection, is_overdue=True) is None


def test_a_dataset_without_a_source(connection: duckdb.DuckDBPyConnection) -> None:
    found = verdict(connection, served=frozenset({"policy_rate"}))
    assert found == Withheld("size_return", "not_served", "the profile has no source for index_level")


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_was_not_made(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    connection.execute("DELETE FROM meta.materialization WHERE table_name = ?", [table])
    found = verdict(connection)
    assert found
    assert found.kind == "failed"
    assert table in found.reason


def test_nothing_recorded_at_all() -> None:
    assert kind(empty_warehouse()) == "failed"


def test_another_session_was_made_but_not_this_one(connection: duckdb.DuckDBPyConnection) -> None:
    assert kind(connection, session=day("2026-03-10")) == "failed"


@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table in TABLES for name in blocking(table)],
    ids=lambda one: str(one),
)
def test_a_blocking_check_that_left_no_result(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> None:
    connection.execute("DELETE FROM meta.check_result WHERE table_name = ? AND check_name = ?", [table, name])
    found = verdict(connection)
    assert found
    assert (found.kind, found.check_name) == ("failed", name)
    assert table in found.reason


def test_a_warning_that_left_no_result_does_not_matter(connection: duckdb.DuckDBPyConnection) -> None:
    recorded = connection.execute("SELECT check_name FROM meta.check_result").fetchall()
    assert ("index_level_restated",) not in recorded
    assert verdict(connection) is None


@pytest.mark.parametrize("table", TABLES)
def test_results_of_an_older_run_do_not_count_for_a_newer_table(
    connection: duckdb.DuckDBPyConnection, table: str
) -> None:
    record_materialization(connection, "run-2", table, [STUDY], [SESSION], datetime(2026, 3, 13))
    assert kind(connection) == "failed"
    add_rows(connection, "meta.check_result", *(result(table, name, "run-2") for name in blocking(table)))
    assert verdict(connection) is None


def test_a_failure_of_an_older_run_is_history(connection: duckdb.DuckDBPyConnection) -> None:
    fail(connection, CORE, "index_level_daily_move")
    assert kind(connection) == "failed"
    made_and_checked(connection, CORE, "run-2")
    assert verdict(connection) is None


def test_results_of_another_study_or_session_do_not_count(connection: duckdb.DuckDBPyConnection) -> None:
    for changes in ({"study": "another"}, {"session": day("2026-03-10")}):
        told = {"passed": False, **changes}
        add_rows(connection, "meta.check_result", result(CORE, "index_level_daily_move", "run-1") | told)
    assert verdict(connection) is None


@pytest.mark.parametrize(
    ("subjects", "is_withheld"),
    [
        (None, True),
        (["SMALL"], True),
        (["STRANGER", "LARGE"], True),
        (["STRANGER"], False),
    ],
)
@pytest.mark.parametrize(("table", "name"), [(LANDING, "payloads_accepted"), (CORE, "index_level_daily_move")])
def test_a_failed_check_concerns_the_figures_of_its_series(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    name: str,
    subjects: list[str] | None,
    is_withheld: bool,
) -> None:
    fail(connection, table, name, subjects)
    found = verdict(connection)
    if not is_withheld:
        assert found is None
        return
    reason = f"{table}: 1 row broke it: x (expected: what it should be)"
    assert found == Withheld("size_return", "failed", reason, name)


def test_a_failed_check_that_could_name_no_series_concerns_every_figure(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fail(connection, CORE, "index_level_required_values_are_there", [])
    assert kind(connection) == "failed"


def test_a_failed_check_of_the_figure_itself(connection: duckdb.DuckDBPyConnection) -> None:
    fail(connection, FIGURE, "size_return_recomputes")
    found = verdict(connection)
    assert found
    assert (found.kind, found.check_name) == ("failed", "size_return_recomputes")


def test_a_check_that_errored_is_a_failed_one(connection: duckdb.DuckDBPyConnection) -> None:
    fail(connection, FIGURE, "size_return_recomputes", observed="check errored: no such table")
    found = verdict(connection)
    assert found
    assert found.kind == "failed"
    assert "check errored: no such table" in found.reason


def test_a_failed_warning_does_not_withhold(connection: duckdb.DuckDBPyConnection) -> None:
    row = result(CORE, "index_level_restated", passed=False, blocking=False, severity="warning")
    add_rows(connection, "meta.check_result", row)
    assert verdict(connection) is None


def test_another_figures_failed_check_does_not_matter(connection: duckdb.DuckDBPyConnection) -> None:
    made_and_checked(connection, "figure.long_run")
    fail(connection, "figure.long_run", "long_run_starts_at_100")
    assert verdict(connection) is None


def test_data_that_does_not_reach_the_session(connection: duckdb.DuckDBPyConnection) -> None:
    not_covered(connection, (True, "R1000: too old"), (True, "R2000: too old"))
    assert verdict(connection) == Withheld("size_return", "not_covered", "R1000: too old; R2000: too old")


def test_what_is_late_fails_after_the_deadline(connection: duckdb.DuckDBPyConnection) -> None:
    not_covered(connection, (True, "R1000: too old"), (True, "R2000: too old"))
    found = verdict(connection, is_overdue=True)
    assert found
    assert found.kind == "failed"
    assert found.reason.startswith("R1000: too old; R2000: too old")
    assert "deadline" in found.reason


@pytest.mark.parametrize(
    "reasons",
    [[(False, "R1000: history too short")], [(False, "R1000: history too short"), (True, "R2000: too old")]],
)
def test_history_too_short_never_fails(connection: duckdb.DuckDBPyConnection, reasons: list[tuple[bool, str]]) -> None:
    not_covered(connection, *reasons)
    assert kind(connection) == "not_covered"
    assert kind(connection, is_overdue=True) == "not_covered"


def test_a_failed_fetch_is_told_before_the_data_that_it_cost(connection: duckdb.DuckDBPyConnection) -> None:
    not_covered(connection, (True, "R2000: too old"))
    fail(connection, LANDING, "payloads_accepted", ["SMALL"])
    found = verdict(connection)
    assert found
    assert (found.kind, found.check_name) == ("failed", "payloads_accepted")


def test_a_payload_that_nobody_could_read_concerns_what_is_missing(connection: duckdb.DuckDBPyConnection) -> None:
    fail(connection, LANDING, "payloads_accepted", [UNKNOWN_SUBJECT])
    assert verdict(connection) is None, "the figure has all its data from elsewhere"
    not_covered(connection, (True, "R2000: too old"))
    found = verdict(connection)
    assert found
    assert (found.kind, found.check_name) == ("failed", "payloads_accepted")
    assert found.reason.startswith("R2000: too old; ")


@pytest.mark.parametrize(
    "changes", [{"figure": "long_run"}, {"session": day("2026-03-10")}, {"study": "another"}], ids=str
)
def test_coverage_of_something_else_does_not_matter(
    connection: duckdb.DuckDBPyConnection, changes: dict[str, Any]
) -> None:
    not_covered(connection, (True, "too old"), **changes)
    add_figure_row(connection)
    assert verdict(connection) is None


def test_a_figure_without_rows_is_not_published(connection: duckdb.DuckDBPyConnection) -> None:
    """Made once, and gone since: a table that keeps the newest run's sessions only has dropped its rows."""
    connection.execute("DELETE FROM figure.size_return")
    add_figure_row(connection, day("2026-03-12"))
    found = verdict(connection)
    assert found
    assert found.kind == "failed"
    assert FIGURE in found.reason


def test_a_verdict_does_not_change_with_the_run(connection: duckdb.DuckDBPyConnection) -> None:
    """The reason is part of a revision's identity and of its files, which hold no run id."""
    verdicts = []
    for run in ("run-2", "run-3"):
        record_materialization(connection, run, CORE, [STUDY], [SESSION], datetime(2026, 3, 13))
        verdicts.append(verdict(connection))
    assert verdicts[0] is not None
    assert verdicts[0] == verdicts[1]


def test_tables_of_a_figure_in_the_order_of_the_flow() -> None:
    needs = FigureNeeds("x", ("index_level", "policy_rate"), frozenset(), ("figure.x",))
    assert needs.tables == [
        "landing.index_level",
        "core.index_level",
        "landing.policy_rate",
        "core.policy_rate",
        "figure.x",
    ]


# What a figure goes without


FUNDS = FigureNeeds(
    "size_return", ("index_level",), frozenset({"SMALL", "LARGE"}), ("figure.size_return",), (), (CORE,)
)


def left_out(connection: duckdb.DuckDBPyConnection, **changes: Any) -> None:
    row = {"study": STUDY, "session": SESSION, "figure": "size_return", "is_late": False, "reason": "why"}
    add_rows(connection, "meta.coverage", row | {"subject": "SMALL", "check_name": "jump"} | changes)


def test_what_is_left_out_by_name_does_not_withhold_the_rest(connection: duckdb.DuckDBPyConnection) -> None:
    fail(connection, FIGURE, blocking(FIGURE)[-1], ["SMALL"])
    assert verdict(connection) is not None
    left_out(connection)
    assert verdict(connection) is None
    recorded = read_recorded(connection, STUDY, [SESSION], ["figure.size_return"])
    assert recorded.left_out == {(SESSION, "size_return"): [Withheld("size_return", "failed", "why", "jump", "SMALL")]}


def test_another_subject_still_does(connection: duckdb.DuckDBPyConnection) -> None:
    left_out(connection)
    fail(connection, FIGURE, blocking(FIGURE)[-1], ["SMALL", "LARGE"])
    assert verdict(connection) is not None


def test_a_figure_answers_for_the_subjects_of_its_inputs(connection: duckdb.DuckDBPyConnection) -> None:
    fail(connection, CORE, blocking(CORE)[-1], ["SMALL"])
    assert verdict(connection) is not None
    assert verdict(connection, FUNDS) is None
    fail(connection, CORE, blocking(CORE)[-1], None)
    assert verdict(connection, FUNDS) is not None


def test_a_whole_figure_that_a_check_fails_is_failed(connection: duckdb.DuckDBPyConnection) -> None:
    left_out(connection, subject=None)
    connection.execute("DELETE FROM figure.size_return")
    assert verdict(connection) == Withheld("size_return", "failed", "why", "jump")
