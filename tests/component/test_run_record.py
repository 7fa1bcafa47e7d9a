"""Run records: what a night did, on disk and back, as rows of the readers' database."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from assets.publish.run_record import RunRecord, SessionResult, as_rows, make_run_record, read_records, recorded_checks
from checks.gate import Withheld
from tests.support.helpers import STUDY, add_rows, day, empty_warehouse
from tests.support.run_records import FINISHED, check
from warehouse.readers import add_runs

SESSION = day("2026-03-11")
FAILED = Withheld("long_run", "failed", "core: 1 row broke it", "index_level_daily_move")
UNCOVERED = Withheld("long_run", "not_covered", "履歴が短い")


def published(session: str = "2026-03-11", release: str = "r1", study: str = STUDY, **changes: Any) -> SessionResult:
    said: dict[str, Any] = {"release": release, "is_new": True, "folder": "folder"}
    return SessionResult(study, day(session), **(said | changes))


def record(*results: SessionResult, **changes: Any) -> RunRecord:
    said: dict[str, Any] = {"run_id": "run", "profile": "sample", "checks": [], "finished_at": FINISHED}
    return make_run_record(results=results, **(said | changes))


def written(folder: Path, *records: RunRecord) -> list[RunRecord]:
    for one in records:
        one.write(folder)
    return list(read_records(folder))


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    results = [published(withheld=[UNCOVERED]), published("2026-03-10", "r3", is_new=False)]
    written_record = record(*results, checks=[check()])
    path = written_record.write(tmp_path / "runs")
    assert path == tmp_path / "runs" / "run.json"
    assert list(read_records(tmp_path / "runs")) == [written_record]
    assert json.loads(path.read_bytes()) == {
        "run_id": "run",
        "finished_at": "2026-03-12T01:02:03+00:00",
        "profile": "sample",
        "succeeded": True,
        "error": None,
        "sessions": {
            "2026-03-11": {
                "studies": {
                    STUDY: {
                        "release": "r1",
                        "is_new": True,
                        "folder": "folder",
                        "withheld": [
                            {
                                "figure": "long_run",
                                "kind": "not_covered",
                                "reason": "履歴が短い",
                                "check_name": None,
                                "subject": None,
                            }
                        ],
                        "is_awaited": True,
                    }
                }
            },
            "2026-03-10": {
                "studies": {
                    STUDY: {"release": "r3", "is_new": False, "folder": "folder", "withheld": [], "is_awaited": True}
                }
            },
        },
        "checks": [json.loads(json.dumps(check(), default=str))],
    }
    assert "履歴が短い" in path.read_text(encoding="utf-8"), "for a person to read"


def test_two_studies_of_a_session_stand_side_by_side(tmp_path: Path) -> None:
    [found] = written(tmp_path, record(published(), published(study="another", release="r2")))
    assert [(study, said.release) for _, study, said in found.studies()] == [(STUDY, "r1"), ("another", "r2")]


def test_records_are_read_oldest_first(tmp_path: Path) -> None:
    times = {"c": timedelta(0), "a": timedelta(hours=1), "b": timedelta(microseconds=1)}
    records = [record(published(), run_id=run, finished_at=FINISHED + after) for run, after in times.items()]
    assert [one.run_id for one in written(tmp_path, *records)] == ["c", "b", "a"]
    assert list(read_records(tmp_path / "nowhere")) == []


@pytest.mark.parametrize(
    ("results", "error", "succeeded"),
    [
        ([published()], None, True),
        ([published(is_new=False)], None, True),
        ([published(withheld=[UNCOVERED])], None, True),
        ([published(withheld=[UNCOVERED, FAILED])], None, False),
        ([published(), published("2026-03-10", withheld=[FAILED])], None, False),
        ([SessionResult(STUDY, SESSION, withheld=[UNCOVERED])], None, False),
        ([published()], "it broke off", False),
    ],
    ids=[
        "published",
        "unchanged",
        "not covered",
        "failed",
        "one of two failed",
        "nothing left",
        "broken off",
    ],
)
def test_when_nobody_has_to_be_called(
    tmp_path: Path, results: list[SessionResult], error: str | None, succeeded: bool
) -> None:
    [found] = written(tmp_path, record(*results, error=error))
    assert found.succeeded is succeeded
    assert found.error == error


def test_rows_of_the_readers_database(tmp_path: Path) -> None:
    results = [published("2026-03-10", "r2", withheld=[FAILED]), published(is_new=False)]
    checks = [check("2026-03-10"), check("2026-03-11"), check("2026-03-10", study="another")]
    [found] = written(tmp_path, record(*results, checks=checks))
    rows = as_rows(found)
    finished = datetime(2026, 3, 12, 1, 2, 3)
    assert rows.run == {
        "run_id": "run",
        "finished_at": finished,
        "profile": "sample",
        "sessions": 2,
        "releases": 1,
        "succeeded": False,
    }
    assert rows.withheld == [
        {
            "study": STUDY,
            "session": day("2026-03-10"),
            "run_id": "run",
            "figure": "long_run",
            "kind": "failed",
            "check_name": "index_level_daily_move",
            "reason": "core: 1 row broke it",
            "subject": None,
            "recorded_at": finished,
        }
    ]
    revisions = [(one["study"], one["session"], one["revision"]) for one in rows.checks]
    assert revisions == [
        (STUDY, day("2026-03-10"), 2),
        (STUDY, day("2026-03-11"), None),
        ("another", day("2026-03-10"), None),
    ]


def test_the_rows_go_into_their_tables(tmp_path: Path) -> None:
    connection = empty_warehouse()
    results = [published("2026-03-10", "r2", withheld=[FAILED, replace_figure(UNCOVERED)])]
    [found] = written(tmp_path, record(*results, checks=[check("2026-03-10")]))
    rows = as_rows(found)
    add_rows(connection, "meta.run", rows.run)
    add_rows(connection, "meta.withheld", *rows.withheld)
    add_rows(connection, "meta.check_result", *rows.checks)
    kept = connection.execute("SELECT session, figure, kind, recorded_at FROM meta.withheld ORDER BY figure").fetchall()
    moment = datetime(2026, 3, 12, 1, 2, 3)
    assert kept == [
        (day("2026-03-10"), "long_run", "failed", moment),
        (day("2026-03-10"), "size_return", "not_covered", moment),
    ]
    [result] = connection.execute("SELECT session, revision, passed, subjects FROM meta.check_result").fetchall()
    assert result == (day("2026-03-10"), 2, True, ["A", "B"])
    assert connection.execute("SELECT sessions, releases, succeeded FROM meta.run").fetchall() == [(1, 1, False)]


def replace_figure(withheld: Withheld) -> Withheld:
    return Withheld("size_return", withheld.kind, withheld.reason, withheld.check_name)


def test_a_check_that_found_the_same_for_every_session_of_a_range_is_recorded_once(tmp_path: Path) -> None:
    days = ["2026-03-10", "2026-03-11"]
    connection = empty_warehouse()
    for session in days:
        add_rows(connection, "meta.check_result", check(session))
        add_rows(connection, "meta.check_result", check(session) | {"check_name": "other", "observed": session})
    add_rows(connection, "meta.check_result", check("2026-03-10") | {"check_name": "of one session"})
    checks = recorded_checks(connection, "run", len(days))
    assert [(one["check_name"], one["session"]) for one in checks if one["session"] is None] == [
        (check("2026-03-10")["check_name"], None)
    ]
    assert len(checks) == 4
    assert len(recorded_checks(connection, "run", 1)) == 5, "a run of one session names it"
    [found] = written(tmp_path, record(*(published(session, "r2") for session in days), checks=checks))
    connection.execute("DELETE FROM meta.check_result")
    add_runs(connection, [as_rows(found)])
    kept = connection.execute(
        "SELECT check_name, session, revision FROM meta.check_result WHERE check_name <> 'of one session' ORDER BY ALL"
    ).fetchall()
    names = sorted({"other", check("2026-03-10")["check_name"]})
    assert kept == [(name, day(session), 2) for name in names for session in days]


def test_times_are_told_in_utc(tmp_path: Path) -> None:
    tokyo = FINISHED.astimezone(timezone(timedelta(hours=9)))
    [found] = written(tmp_path, record(published(), finished_at=tokyo))
    assert as_rows(found).run["finished_at"] == datetime(2026, 3, 12, 1, 2, 3)


def test_two_studies_count_as_two_releases_of_one_session(tmp_path: Path) -> None:
    [found] = written(tmp_path, record(published(), published(study="another", release="r2")))
    run = as_rows(found).run
    assert (run["sessions"], run["releases"]) == (1, 2)
