"""The status of a home folder: what it shows, and what makes it fail. On homes made by hand."""

from __future__ import annotations

import fcntl
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.home import Home
from assets.publish.approval import approval_file
from assets.publish.folder import releases
from assets.publish.readers import update_approvals
from assets.publish.run_record import SessionResult, make_run_record
from checks.gate import Withheld
from pipelines.__main__ import main
from pipelines.commands.approval import approve
from pipelines.commands.status import Status, look
from pipelines.pending import closed_sessions
from tests.support.approvals import asked, follow, readable, settings_of
from tests.support.helpers import STUDY
from tests.support.release_folders import SESSION
from warehouse.database import append, open_warehouse
from warehouse.readers import readers_database

NOW = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)
"""After the deadline of SESSION, 2026-03-11; the next one has not closed."""
SHA = "d" * 64


def status_of(home: Path, now: datetime = NOW) -> Status:
    return look(Home(home), [STUDY], False, now)


def text(status: Status) -> str:
    return "\n".join(status.lines)


def run(
    home: Path,
    *withheld: Withheld,
    release: str | None = "r1",
    run_id: str = "run",
    session: date = SESSION,
    minute: int = 0,
) -> None:
    """A run record of the session, with a check that held and one that did not."""
    checks = [
        {
            "study": STUDY, "session": session.isoformat(), "run_id": run_id, "check_name": name,
            "table_name": "core.index_level", "severity": "warning", "passed": name == "good", "blocking": False,
            "observed": "2 rows broke it", "expected": "none", "subjects": None,
        }
        for name in ("good", "bad")
    ]  # fmt: skip
    result = SessionResult(STUDY, session, release, release is not None, None, list(withheld))
    finished_at = datetime(2026, 3, 11, 23, minute, tzinfo=UTC)
    make_run_record(run_id, "files", [result], checks, finished_at=finished_at).write(home / "runs")


def sign(home: Path) -> None:
    """An approval whose command has ended: it lets the home go."""
    approve(settings_of(home), asked())
    (home / ".lock").unlink()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose only session is published, by a run that is on record, from a payload that is in landing."""
    release = readable(tmp_path)
    payload = {
        "sha256": SHA, "vendor": "files", "dataset": "index_level", "url": "file:levels.csv",
        "retrieved_at": "2026-03-11T22:15:00", "bytes": 1, "media_type": "text/csv", "licence": "l",
        "may_publish": True,
    }  # fmt: skip
    build = release.build().content() | {"payloads": [payload]}
    (release.folder / "build.json").write_text(json.dumps(build))
    landing = tmp_path / "landing" / "files" / "index_level"
    landing.mkdir(parents=True)
    (landing / f"{SHA}.csv").write_text("1")
    (landing / f"{SHA}.origin.jsonl").write_text("{}\n")
    run(tmp_path)
    follow(tmp_path)
    return tmp_path


def test_a_whole_home_is_well(home: Path) -> None:
    found = status_of(home)
    assert found.faults == []
    said = text(found)
    assert f"{STUDY}: 2026-03-11 r1, newest closed session, not approved" in said
    assert "warning: bad on core.index_level" in said
    assert "good" not in said
    assert "landing 0.0 MB, published" in said
    assert len(found.lines) < 24


def test_an_approval_is_named(home: Path) -> None:
    sign(home)
    assert "approved by M. Sato at " in text(status_of(home))
    assert status_of(home).faults == []


def test_an_approval_of_other_content_is_named(home: Path) -> None:
    sign(home)
    path = home / "published" / STUDY / "2026-03-11" / "r1" / "datapackage.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert any("changed after its approval" in fault for fault in status_of(home).faults)


def test_a_session_is_missing_once_it_is_due(home: Path) -> None:
    early = status_of(home, datetime(2026, 3, 12, 22, 0, tzinfo=UTC))
    assert "1 session behind" in text(early)
    assert f"{STUDY} 2026-03-12, no release, not due yet" in text(early)
    assert early.faults == []
    late = status_of(home, datetime(2026, 3, 13, 2, 0, tzinfo=UTC))
    assert late.faults == [f"missing: {STUDY} 2026-03-12, no release"]


def test_sessions_before_the_first_one_are_history_and_holes_are_not(home: Path) -> None:
    window = closed_sessions(NOW)
    run(home, release=None, run_id="before", session=window[6])
    follow(home)
    assert [fault for fault in status_of(home).faults if "missing" in fault] == [
        f"missing: {STUDY} {day}, {why}"
        for day, why in [(window[6], "no release"), (window[7], "no release"), (window[8], "no release")]
    ]
    assert f"before: {STUDY} {window[6]}" in text(status_of(home))


def test_what_was_withheld_is_shown_and_fails_only_where_it_failed(home: Path) -> None:
    run(home, Withheld("fund_ranking", "not_served", "no source"), run_id="second", minute=1)
    follow(home)
    found = status_of(home)
    assert "fund_ranking (not_served): no source" in text(found)
    assert found.faults == []
    run(home, Withheld("long_run", "failed", "a level is wrong"), run_id="third", minute=2)
    follow(home)
    found = status_of(home)
    assert "fund_ranking" not in text(found).split("withheld at the newest session")[1]
    assert any(f"failed: {STUDY} 2026-03-11 long_run (failed): a level is wrong" in one for one in found.faults)
    assert f"not whole: {STUDY} 2026-03-11, its last run failed" in found.faults


LEFT = [
    f"published/{STUDY}/2026-03-11/.r2.staging/fig1.csv",
    "published/.zuhyo.duckdb.7.tmp",
    "published/.zuhyo.duckdb.7.tmp.wal",
    f"published/{STUDY}/.latest.7",
    "runs/.run9.json.7.tmp",
    "landing/files/index_level/.abc.csv.7.tmp",
    "landing/files/index_level/abc.csv.arrived",
]


@pytest.mark.parametrize("name", LEFT)
def test_what_a_dead_run_left_is_found_unless_a_run_is_working(home: Path, name: str) -> None:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    found = status_of(home)
    assert found.faults == []
    assert f"of a run that died; the next one clears them\n  {name.split('/fig1')[0]}" in text(found)
    with (home / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = status_of(home)
    assert found.faults == []
    assert "a run is working in it now" in text(found)


def test_releases_that_one_side_lacks(home: Path) -> None:
    readable(home, 2)
    assert status_of(home).faults == [f"the readers' database lacks {STUDY} 2026-03-11 r2; the next run adds it"]
    follow(home)
    assert status_of(home).faults == []
    (home / "published" / STUDY / "2026-03-11" / "r2").rename(home / "elsewhere")
    [fault] = status_of(home).faults
    assert fault == f"orphaned: the readers' database has {STUDY} 2026-03-11 r2, the folder is gone"


def test_an_approval_that_readers_lack(home: Path) -> None:
    sign(home)
    [release] = releases(home / "published")
    approval_file(release).unlink()
    assert status_of(home).faults == [
        f"the readers' database has another approval of {STUDY} 2026-03-11 r1; the next run repairs it"
    ]
    update_approvals(Home(home))
    assert status_of(home).faults == []


def test_runs_that_one_side_lacks_and_records_that_cannot_be_read(home: Path) -> None:
    run(home, run_id="second")
    assert status_of(home).faults == ["the readers' database lacks run second"]
    follow(home)
    (home / "runs" / "second.json").unlink()
    assert status_of(home).faults == ["orphaned: the record of run second is gone"]
    (home / "runs" / "run.json").write_text("{")
    assert any("the record of run run can't be read" in fault for fault in status_of(home).faults)


@pytest.mark.parametrize("left", [[], [f"{SHA}.csv.arrived"], [f"rejected/{SHA}.csv"]])
def test_a_payload_behind_a_release_that_is_gone_from_landing(home: Path, left: list[str]) -> None:
    landing = home / "landing" / "files" / "index_level"
    (landing / f"{SHA}.csv").unlink()
    for name in left:
        (landing / name).parent.mkdir(exist_ok=True)
        (landing / name).write_text("1")
    assert status_of(home).faults == [
        f"orphaned: payload {SHA[:12]} of files index_level (file:levels.csv) is gone from landing"
    ]


def test_many_of_a_kind_are_counted(home: Path) -> None:
    for number in range(8):
        run(home, run_id=f"later{number}")
    faults = status_of(home).faults
    assert len(faults) == 6
    assert faults[-1] == "and 3 more of these"


def test_it_reads_no_database_but_the_readers_and_changes_nothing(home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    with open_warehouse(home / "warehouse.duckdb"):  # a night has it open
        assert status_of(home).faults == []
    after = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    writers = {home, home / "warehouse.duckdb", home / "warehouse.duckdb.wal"}
    assert {k: v for k, v in after.items() if k not in writers} == {k: v for k, v in before.items() if k not in writers}


def test_a_home_without_the_readers_database(home: Path) -> None:
    (home / "published" / "zuhyo.duckdb").unlink()
    assert any("the readers' database is missing" in fault for fault in status_of(home).faults)


def test_a_readers_database_of_an_earlier_version_is_no_fault(home: Path) -> None:
    with duckdb.connect(str(home / "published" / "zuhyo.duckdb")) as connection:
        connection.execute("ALTER TABLE meta.withheld DROP subject")
    status = status_of(home)
    assert "an earlier version made the readers' database: the next run makes it anew" in status.lines
    assert not any("readers' database" in fault for fault in status.faults)


def test_a_figure_that_is_older_than_the_others(home: Path) -> None:
    row: dict[str, Any] = {"study": STUDY, "figure": "long_run", "kind": "not_covered", "reason": "late"}
    with (
        open_warehouse(home / "warehouse.duckdb") as connection,
        readers_database(connection, home / "published" / "zuhyo.duckdb"),
    ):
        append(
            connection,
            "meta.withheld",
            [{**row, "session": SESSION, "run_id": "run", "recorded_at": NOW.replace(tzinfo=None)}],
        )
    found = status_of(home)
    assert f"{STUDY}, never: long_run" in text(found)
    assert "long_run (not_covered): late" in text(found)


@pytest.mark.parametrize("is_there", [True, False])
def test_the_command(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_there: bool
) -> None:
    place = home if is_there else home / "nowhere"
    if is_there:
        settings_of(home).home_folder()
    monkeypatch.setenv("ZUHYO_HOME", str(place))
    monkeypatch.setenv("ZUHYO_PROFILE", "files")
    assert main(["status"]) == 1  # today's sessions are missing
    printed = capsys.readouterr().out
    assert ("to look at:" in printed) is is_there
    assert ("nothing was ever run" in printed) is not is_there
    assert (home / "nowhere").exists() is False
