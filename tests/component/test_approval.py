"""Approvals: beside the release, never in it, refused where they may not be given, and seen by readers."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.home import Home
from assets.publish import folder
from assets.publish.approval import approval_file, approval_of, approved_releases, read_approvals
from assets.publish.folder import last_release, newest_release, releases
from pipelines.__main__ import main
from pipelines.commands import approval
from pipelines.commands.approval import RefusedError, approve
from tests.support.approvals import asked, follow, publish, readable, settings_of
from tests.support.helpers import STUDY, day
from tests.support.release_folders import PAYLOAD, SESSION, everything
from warehouse.contract import ContractError

CLOSED = {**PAYLOAD, "sha256": "b" * 64, "url": "file:closed.csv", "licence": "one desk only", "may_publish": False}


def refusal(home: Path, **changes: Any) -> str:
    """Why an approval is refused; nothing may change below published/."""
    before = everything(home / "published") if (home / "published").exists() else {}
    with pytest.raises(RefusedError) as caught:
        approve(settings_of(home), asked(**changes))
    assert (everything(home / "published") if before else {}) == before
    return str(caught.value)


def test_an_approval_stands_beside_the_release_and_changes_nothing_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = publish(tmp_path)
    before = everything(tmp_path / "published")
    assert approve(settings_of(tmp_path), asked(by="  M.   Sato\n")) == 0
    found = everything(tmp_path / "published")
    line = json.loads(found.pop(f"{STUDY}/2026-03-11/r1.approval.jsonl"))
    assert found == before
    assert line.keys() == {"by", "at", "because", "descriptor_sha256", "payloads_without_may_publish"}
    assert (line["by"], line["because"], line["payloads_without_may_publish"]) == ("M. Sato", None, [])
    assert datetime.fromisoformat(line["at"]).utcoffset() is not None
    said = capsys.readouterr().out
    assert f"{STUDY} 2026-03-11 r1: approved by M. Sato" in said
    assert "it is without long_run (not_covered)" in said
    assert approval_of(release) is not None


def test_a_second_approval_is_added_and_the_newest_counts(tmp_path: Path) -> None:
    release = publish(tmp_path)
    for by in ("M. Sato", "林"):
        assert approve(settings_of(tmp_path), asked(by=by)) == 0
    assert [one.by for one in read_approvals(release)] == ["M. Sato", "林"]
    newest = approval_of(release)
    assert newest is not None
    assert newest.by == "林"
    assert [path.name for path in approval_file(release).parent.iterdir() if path.name.startswith(".")] == []


def test_the_file_is_no_release(tmp_path: Path) -> None:
    release = publish(tmp_path)
    approve(settings_of(tmp_path), asked())
    published = tmp_path / "published"
    assert list(releases(published)) == [release]
    assert last_release(published, STUDY, SESSION) == release
    assert newest_release(published / STUDY) == release
    folder.point_latest(release)
    assert str((published / STUDY / "latest").readlink()) == "2026-03-11/r1"


def test_the_newest_revision_is_meant_unless_another_is_named(tmp_path: Path) -> None:
    first, second = publish(tmp_path, 1), publish(tmp_path, 2)
    approve(settings_of(tmp_path), asked())
    assert (read_approvals(first), len(read_approvals(second))) == ([], 1)
    approve(settings_of(tmp_path), asked(revision=1))
    assert [release for release, _ in approved_releases(tmp_path / "published")] == [first, second]
    assert "has no r3; it has r1 to r2" in refusal(tmp_path, revision=3)


def test_the_study_has_to_be_named_where_several_have_the_session(tmp_path: Path) -> None:
    publish(tmp_path)
    other = publish(tmp_path, study="other")
    assert f"releases of other, {STUDY}" in refusal(tmp_path)
    approve(settings_of(tmp_path), asked(study="other"))
    assert len(read_approvals(other)) == 1
    assert "no release of study third" in refusal(tmp_path, study="third")


def test_no_release_and_no_name_are_refused(tmp_path: Path) -> None:
    assert "no release of any study for session 2026-03-11" in refusal(tmp_path)
    publish(tmp_path)
    assert "no release of any study for session 2026-03-12" in refusal(tmp_path, session=day("2026-03-12"))
    assert "needs a name" in refusal(tmp_path, by=" \n")


def test_sample_data_is_refused_whatever_the_reason(tmp_path: Path) -> None:
    publish(tmp_path, is_sample=True)
    assert "invented data" in refusal(tmp_path, because="it is only a test")


def test_files_that_differ_are_refused(tmp_path: Path) -> None:
    release = publish(tmp_path)
    (release.folder / "fig1.csv").write_bytes(b"a,b\n1,3\n")
    assert "is not what was published" in refusal(tmp_path, because="it looks better")


def test_a_payload_that_may_not_go_out_needs_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent = {**CLOSED, "sha256": "c" * 64, "licence": "", "may_publish": None}
    release = publish(tmp_path, payloads=[PAYLOAD, CLOSED, silent])
    reason = refusal(tmp_path)
    assert "stands on 2 payloads" in reason
    assert "vendor index_level file:closed.csv: one desk only" in reason
    assert "no licence stated" in reason
    assert str(PAYLOAD["url"]) not in reason
    assert "stands on 2 payloads" in refusal(tmp_path, because="  ")
    assert approve(settings_of(tmp_path), asked(because="permission of 2026-03-01")) == 0
    [given] = read_approvals(release)
    assert given.because == "permission of 2026-03-01"
    assert [one.sha256[0] for one in given.payloads_without_may_publish] == ["b", "c"]
    assert "2 payloads without may_publish" in capsys.readouterr().out


def test_an_approval_of_other_content_does_not_count(tmp_path: Path) -> None:
    release = publish(tmp_path)
    approve(settings_of(tmp_path), asked())
    path = release.folder / "datapackage.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert approval_of(release) is None
    assert approved_releases(tmp_path / "published") == []


# Readers


def seen(home: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "published" / "zuhyo.duckdb"), read_only=True) as connection:
        return connection.execute("SELECT revision, approved_by, approved_at FROM meta.release ORDER BY 1").fetchall()


def test_readers_see_an_approval_at_once_and_after_every_rebuild(tmp_path: Path) -> None:
    readable(tmp_path)
    second = readable(tmp_path, 2)
    follow(tmp_path)
    assert seen(tmp_path) == [(1, None, None), (2, None, None)]
    assert approve(settings_of(tmp_path), asked()) == 0
    [given] = read_approvals(second)
    expected = [(1, None, None), (2, "M. Sato", given.at.replace(tzinfo=None))]
    assert seen(tmp_path) == expected
    follow(tmp_path)
    assert seen(tmp_path) == expected
    follow(tmp_path, is_new=True)
    assert seen(tmp_path) == expected
    assert [path.name for path in (tmp_path / "published").iterdir() if path.name.startswith(".")] == []


def test_a_night_catches_up_with_an_approval_that_readers_did_not_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readable(tmp_path)
    follow(tmp_path)

    def breaks(home: Home) -> None:
        raise ContractError("meta.release differs from its contract")

    monkeypatch.setattr(approval, "update_approvals", breaks)
    assert approve(settings_of(tmp_path), asked()) == 1
    assert "the next run brings it up to date: meta.release differs" in capsys.readouterr().err
    assert seen(tmp_path)[0][1] is None
    follow(tmp_path)
    assert seen(tmp_path)[0][1] == "M. Sato"


def test_an_approval_that_was_taken_away_is_gone_for_readers_too(tmp_path: Path) -> None:
    release = readable(tmp_path)
    follow(tmp_path)
    approve(settings_of(tmp_path), asked())
    approval_file(release).unlink()
    follow(tmp_path)
    assert seen(tmp_path) == [(1, None, None)]


# The command


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--session", "2026-03-11", "--by", "M. Sato"], 0, "approved by M. Sato"),
        (["--session", "2026-03-11", "--by", "M. Sato", "--revision", "r1", "--study", ""], 0, "r1: approved"),
        (["--session", "2026-03-11", "--by="], 2, "needs a name"),
        (["--by", "M. Sato"], 2, "a session is a date"),
        (["--session", "2026-03-11", "--by", "M. Sato", "--revision", "last"], 2, "a revision is a number"),
        (["--session", "2026-03-10", "--by", "M. Sato"], 2, "no release of any study"),
    ],
)
def test_the_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    publish(tmp_path)
    monkeypatch.setenv("ZUHYO_HOME", str(tmp_path))
    monkeypatch.setenv("ZUHYO_PROFILE", "files")
    monkeypatch.delenv("ZUHYO_SESSION", raising=False)
    assert main(["approve", *arguments]) == status
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
