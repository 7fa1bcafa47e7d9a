"""What goes wrong for one study is said of that study, and of nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from assets.publish import release as release_module
from assets.publish.release import publish_alone, unread_results
from assets.publish.run_record import SessionResult, make_run_record
from checks.expectations import failed_rows
from checks.gate import FigureNeeds, judge, read_recorded
from checks.outcome import record
from checks.table_checks import failed_checks
from tests.support.helpers import STUDY, day, empty_warehouse, make_study
from warehouse.contract import contracts
from warehouse.records import record_materialization

SESSIONS = [day("2026-03-10"), day("2026-03-11")]
TABLE = "figure.size_return"
CONTEXT: Any = SimpleNamespace(log=logging.getLogger("test"), run_id="run")


def test_a_table_that_could_not_be_made_fails_its_figure_with_the_reason() -> None:
    connection = empty_warehouse("meta.check_result", "meta.materialization", TABLE)
    contract = contracts()[TABLE]
    error = ValueError("no such column: price")
    outcomes = [*failed_rows(contract, STUDY, SESSIONS, error), *failed_checks(contract, STUDY, SESSIONS, error)]
    assert {(one.study, one.passed) for one in outcomes} == {(STUDY, False)}
    record(connection, "run", outcomes)
    record_materialization(connection, "run", TABLE, [STUDY], SESSIONS, SESSIONS[-1])
    needs = FigureNeeds("size_return", (), frozenset(), (TABLE,))
    recorded = read_recorded(connection, STUDY, SESSIONS, [TABLE])
    for session in SESSIONS:
        verdict = judge(recorded, needs, session, served=set(), is_overdue=False)
        assert verdict is not None
        assert verdict.kind == "failed"
        assert "check errored: no such column: price" in verdict.reason


def test_the_checks_of_a_core_table_are_those_of_its_contract() -> None:
    contract = contracts()["core.index_level"]
    outcomes = failed_checks(contract, STUDY, SESSIONS, ValueError("x"))
    assert {one.check_name for one in outcomes} == {check.name for check in contract.check}
    assert {one.check_name for one in outcomes if one.blocking} == {one.name for one in contract.check if one.blocking}


def test_an_error_while_publishing_costs_the_sessions_that_were_not_out_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(*arguments: Any) -> Iterator[SessionResult]:
        yield SessionResult(STUDY, SESSIONS[0], release="r1")
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(release_module, "publish_study", half)
    nothing: Any = None
    first, second = publish_alone(duckdb.connect(), make_study(), SESSIONS, nothing, CONTEXT)
    assert (first.release, first.withheld) == ("r1", [])
    assert second.session == SESSIONS[1]
    assert [(one.figure, one.kind) for one in second.withheld] == [("size_return", "failed"), ("long_run", "failed")]
    assert second.withheld[0].reason == "could not be published: ZeroDivisionError: division by zero"


def test_a_study_that_cannot_be_read_fails_the_run_and_is_named() -> None:
    unread = unread_results({"broken": "studies/broken.toml: index: too many"}, SESSIONS)
    assert [(one.study, one.session) for one in unread] == [("broken", session) for session in SESSIONS]
    assert unread[0].withheld[0].reason == "the study can't be read: studies/broken.toml: index: too many"
    good = SessionResult(STUDY, SESSIONS[0], release="r1")
    assert make_run_record("run", "files", [good], []).succeeded
    assert not make_run_record("run", "files", [*unread, good], []).succeeded
