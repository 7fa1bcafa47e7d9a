"""The JSON files of a release and a run: read back as written, read from earlier versions, refused by name and key."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.publish.approval import Approval, add_approval, approval_file, read_approvals
from assets.publish.build_record import NAME as BUILD_NAME
from assets.publish.build_record import BuildRecord, PayloadRecord, make_build_record
from assets.publish.descriptor import NAME, Descriptor
from assets.publish.document import DocumentError, read_document
from assets.publish.folder import Release, promote
from assets.publish.run_record import CheckRecord, SessionResult, make_run_record, read_record
from checks.gate import Withheld
from pipelines.pending import read_attempts
from tests.support.helpers import STUDY
from tests.support.release_folders import BUILD, SESSION, described
from tests.support.run_records import FINISHED, check
from warehouse.contract import contracts

EXAMPLE = Path(__file__).parents[2] / "docs" / "example" / "us_small_caps" / "2026-03-11" / "r1"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def release(tmp_path: Path) -> Release:
    made = Release(STUDY, SESSION, 1, tmp_path / "published" / STUDY / SESSION.isoformat() / "r1")
    promote(made, described({"fig1.csv": b"a,b\n1,2\n"}))
    return made


def rewrite(path: Path, change: Change) -> None:
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_the_descriptor_of_the_example_is_written_as_it_was_read() -> None:
    path = EXAMPLE / NAME
    assert read_document(path, Descriptor).to_json() == path.read_bytes()


def test_a_build_record_names_times_as_it_always_did(tmp_path: Path) -> None:
    origin = {
        "sha256": "a" * 64, "vendor": "v", "dataset": "index_level", "url": "file:x", "bytes": 1, "media_type": None,
        "retrieved_at": BUILD.known_at, "licence": None, "may_publish": True,
    }  # fmt: skip
    record = make_build_record("run", "", BUILD.known_at, {"a": origin}, [], is_rendered=True)
    said = json.loads(record.to_json())
    assert (said["git_sha"], said["known_at"]) == (None, "2026-03-11T22:15:00")
    assert said["published_at"].endswith("+00:00")
    assert said["payloads"][0]["retrieved_at"] == "2026-03-11 22:15:00"
    (tmp_path / BUILD_NAME).write_bytes(record.to_json())
    assert read_document(tmp_path / BUILD_NAME, BuildRecord) == record


def test_records_of_rows_have_the_columns_of_their_tables() -> None:
    columns = [name for name in contracts()["meta.check_result"].column_names if name != "revision"]
    assert list(CheckRecord.model_fields) == columns
    assert list(PayloadRecord.model_fields) == contracts()["meta.payload"].column_names


def test_what_earlier_versions_did_not_write_has_its_meaning(release: Release, tmp_path: Path) -> None:
    def drop_later_keys(said: dict[str, Any]) -> None:
        del said["zuhyo"]["corrections"], said["zuhyo"]["withheld"][0]["check_name"]

    rewrite(release.folder / NAME, drop_later_keys)
    assert release.record().corrections == []
    assert release.record().withheld == [Withheld("long_run", "not_covered", "history too short")]
    path = make_run_record("run", "files", [SessionResult(STUDY, SESSION)], [], finished_at=FINISHED).write(tmp_path)
    rewrite(path, lambda said: said["sessions"]["2026-03-11"]["studies"][STUDY].pop("is_awaited"))
    [(_, _, result)] = read_record(path).studies()
    assert result.more_data_expected
    assert not result.is_settled


def test_a_row_under_a_name_of_before_is_read_under_that_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = contracts()["meta.payload"]
    columns = [c.model_copy(update={"renamed_from": ("address",)}) if c.name == "url" else c for c in contract.column]
    renamed = contract.model_copy(update={"column": columns})
    monkeypatch.setattr("assets.publish.document.contracts", lambda: {"meta.payload": renamed})
    row = {
        "sha256": "a" * 64, "vendor": "v", "dataset": "index_level", "address": "file:x", "bytes": 1,
        "media_type": None, "retrieved_at": "2026-03-11 22:15:00", "licence": None, "may_publish": True,
    }  # fmt: skip
    assert PayloadRecord(**row).url == "file:x"


def test_keys_of_a_later_version_are_passed_over(release: Release) -> None:
    before = release.descriptor()
    rewrite(release.folder / NAME, lambda said: said["zuhyo"].update(later=1))
    assert release.descriptor() == before


@pytest.mark.parametrize(
    ("file", "change", "fault"),
    [
        (NAME, lambda said: said["zuhyo"].pop("identity"), "zuhyo.identity: Field required"),
        (NAME, lambda said: said["zuhyo"].update(revision="first"), "zuhyo.revision: .* integer.* 'first'"),
        (NAME, lambda said: said["zuhyo"]["withheld"][0].update(kind="lost"), "zuhyo.withheld.0.kind: .*'lost'"),
        (BUILD_NAME, lambda said: said.update(known_at="soon"), "known_at: .*'soon'"),
        (BUILD_NAME, lambda said: said.pop("payloads"), "payloads: Field required"),
    ],
)
def test_a_broken_document_is_named_with_its_key(release: Release, file: str, change: Change, fault: str) -> None:
    path = release.folder / file
    rewrite(path, change)
    read = release.record if file == NAME else release.build
    with pytest.raises(DocumentError, match=f"{path}: {fault}"):
        read()


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "not JSON"), (b"{", "not JSON"), (b"[]", "whole file"), (b'{"a": "\xff"}', "not JSON")],
)
def test_what_is_no_document_is_named(release: Release, content: bytes, fault: str) -> None:
    (release.folder / NAME).write_bytes(content)
    with pytest.raises(DocumentError, match=f"{NAME}: .*{fault}"):
        release.record()
    (release.folder / NAME).unlink()
    with pytest.raises(DocumentError, match=f"{NAME}: can't be read"):
        release.record()


def test_a_broken_line_of_approvals_is_named(release: Release) -> None:
    given = Approval(by="林", at=FINISHED, because=None, descriptor_sha256="d", payloads_without_may_publish=[])
    add_approval(release, given)
    assert read_approvals(release) == [given]
    assert "林" in approval_file(release).read_text(encoding="utf-8")
    with approval_file(release).open("a") as file:
        file.write('{"by": "M. Sato"}\n')
    with pytest.raises(DocumentError, match=r"approval.jsonl, line 2: at: Field required"):
        read_approvals(release)


def test_half_a_run_record_is_logged_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for run_id in ("good", "naive", "half"):
        make_run_record(run_id, "files", [SessionResult(STUDY, SESSION)], [check()]).write(tmp_path)
    rewrite(tmp_path / "naive.json", lambda said: said.update(finished_at="2026-03-12T01:02:03"))
    rewrite(tmp_path / "half.json", lambda said: said.pop("sessions"))
    with caplog.at_level(logging.WARNING):
        assert [len(tries) for tries in read_attempts(tmp_path).values()] == [1]
    assert "half.json: sessions: Field required" in caplog.text
    assert "naive.json: finished_at" in caplog.text
