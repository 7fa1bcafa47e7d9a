"""A release on disk: its files, its descriptor, and a folder that is there whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet
import pytest

from assets.publish.descriptor import NAME, faults
from assets.publish.folder import (
    Release,
    ReleaseError,
    last_release,
    newest_release,
    point_latest,
    promote,
    releases,
)
from assets.publish.identity import release_identity, rows_digest
from assets.publish.tables import as_csv, as_parquet, release_rows, session_rows
from assets.study import Study
from checks.gate import Withheld
from tests.support.helpers import (
    STUDY,
    add_levels,
    add_rows,
    day,
    empty_warehouse,
    make_figure,
    make_study,
    numbered,
    release_table,
    sessions,
)
from tests.support.release_folders import BUILD, PAYLOAD, RETURNS, SESSION, described, everything
from warehouse.contract import contracts


def content(text: str = "one") -> dict[str, bytes]:
    """The files of a small release, with their descriptor."""
    files = {"fig1.csv": f"a,b\n{text},2\n".encode(), "fig1.ja.svg": f"<svg>{text}</svg>".encode()}
    return described(files)


def release(published: Path, session: str = "2026-03-11", revision: int = 1) -> Release:
    return Release(STUDY, day(session), revision, published / STUDY / session / f"r{revision}")


# The folder's life


def test_a_release_is_put_in_place_whole(tmp_path: Path) -> None:
    promote(release(tmp_path), content())
    found = everything(tmp_path)
    assert found.pop(f"{STUDY}/latest") == b"2026-03-11/r1"
    assert found == {f"{STUDY}/2026-03-11/r1/{name}": data for name, data in content().items()}
    assert faults(tmp_path / STUDY / "latest") == []


Damage = Callable[[dict[str, bytes]], object]
DAMAGES: dict[str, Damage] = {
    "a flipped byte": lambda files: files.update({"fig1.csv": b"a,b\nonf,2\n"}),
    "a byte more": lambda files: files.update({"fig1.csv": files["fig1.csv"] + b" "}),
    "a file missing": lambda files: files.pop("fig1.csv"),
    "a file too many": lambda files: files.update({"more.csv": b""}),
    "no descriptor": lambda files: files.pop(NAME),
    "a descriptor cut short": lambda files: files.update({NAME: files[NAME][:-20]}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_release_unlike_its_descriptor_leaves_nothing(tmp_path: Path, damage: str) -> None:
    promote(release(tmp_path, "2026-03-10"), content())
    before = everything(tmp_path)
    files = content()
    DAMAGES[damage](files)
    with pytest.raises(ReleaseError, match="not as its descriptor says"):
        promote(release(tmp_path), files)
    assert everything(tmp_path) == before
    assert last_release(tmp_path, STUDY, SESSION) is None


def test_a_first_release_that_fails_makes_no_latest(tmp_path: Path) -> None:
    files = content() | {"more.csv": b""}
    with pytest.raises(ReleaseError):
        promote(release(tmp_path), files)
    assert everything(tmp_path) == {}


def test_a_release_is_never_rewritten(tmp_path: Path) -> None:
    promote(release(tmp_path), content())
    before = everything(tmp_path)
    with pytest.raises(ReleaseError, match="never rewritten"):
        promote(release(tmp_path), content("two"))
    assert everything(tmp_path) == before


def test_what_a_run_that_died_left_behind_is_cleaned(tmp_path: Path) -> None:
    staging = tmp_path / STUDY / "2026-03-11" / ".r1.staging"
    staging.mkdir(parents=True)
    (staging / "half.csv").write_bytes(b"ha")
    assert list(releases(tmp_path)) == []
    assert last_release(tmp_path, STUDY, SESSION) is None
    promote(release(tmp_path), content())
    assert {name.split("/")[-1] for name in everything(tmp_path)} == {*content(), "latest"}


def test_a_run_that_dies_while_staging_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promote(release(tmp_path, "2026-03-10"), content())

    def dies(path: Path, data: bytes) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("assets.publish.folder.write_through", dies)
        with pytest.raises(OSError, match="no space left"):
            promote(release(tmp_path), content())
    assert [one.session for one in releases(tmp_path)] == [day("2026-03-10")]
    assert (tmp_path / STUDY / "latest").readlink() == Path("2026-03-10/r1")
    promote(release(tmp_path), content())
    assert faults(release(tmp_path).folder) == []


def test_latest_is_the_newest_session_not_the_newest_run(tmp_path: Path) -> None:
    link = tmp_path / STUDY / "latest"
    for session, revision, wanted in [
        ("2026-03-10", 1, "2026-03-10/r1"),
        ("2026-03-11", 1, "2026-03-11/r1"),
        ("2026-03-09", 1, "2026-03-11/r1"),
        ("2026-03-10", 2, "2026-03-11/r1"),
        ("2026-03-11", 2, "2026-03-11/r2"),
    ]:
        promote(release(tmp_path, session, revision), content())
        assert link.readlink() == Path(wanted)
        assert (link / NAME).is_file()


def test_the_tenth_revision_follows_the_ninth(tmp_path: Path) -> None:
    for revision in range(1, 11):
        promote(release(tmp_path, revision=revision), content())
    assert (tmp_path / STUDY / "latest").readlink() == Path("2026-03-11/r10")
    assert [one.revision for one in releases(tmp_path)] == list(range(1, 11))
    last = last_release(tmp_path, STUDY, SESSION)
    assert last == release(tmp_path, revision=10)
    assert newest_release(tmp_path / STUDY) == last


def test_releases_are_found_by_study_session_and_revision(tmp_path: Path) -> None:
    for session, revision in [("2026-03-11", 1), ("2026-03-10", 2), ("2026-03-10", 1)]:
        promote(release(tmp_path, session, revision), content())
    other = Release("another", SESSION, 1, tmp_path / "another" / "2026-03-11" / "r1")
    promote(other, content())
    (tmp_path / STUDY / "index.html").write_text("list", encoding="utf-8")
    (tmp_path / STUDY / "2026-03-12").mkdir()
    (tmp_path / "zuhyo.duckdb").write_bytes(b"")
    found = [(one.study, str(one.session), one.revision) for one in releases(tmp_path)]
    assert found == [
        ("another", "2026-03-11", 1),
        (STUDY, "2026-03-10", 1),
        (STUDY, "2026-03-10", 2),
        (STUDY, "2026-03-11", 1),
    ]
    assert newest_release(tmp_path / STUDY) == release(tmp_path)
    assert release(tmp_path).record().identity == "identity"
    assert release(tmp_path).build() == BUILD


@pytest.mark.parametrize("is_dangling", [False, True], ids=["lost", "leads nowhere"])
def test_a_latest_that_is_lost_is_found_again(tmp_path: Path, is_dangling: bool) -> None:
    for session in ("2026-03-10", "2026-03-11"):
        promote(release(tmp_path, session), content())
    link = tmp_path / STUDY / "latest"
    link.unlink()
    if is_dangling:
        link.symlink_to("2026-03-12/r1")
    point_latest(release(tmp_path, "2026-03-10"))
    assert link.readlink() == Path("2026-03-11/r1")


# The descriptor and what it finds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    promote(release(tmp_path), content())
    return release(tmp_path).folder


def test_a_flipped_byte_is_found(folder: Path) -> None:
    path = folder / "fig1.csv"
    path.write_bytes(path.read_bytes().replace(b"one", b"ona"))
    assert faults(folder) == [f"{path}: its sha256 differs from the descriptor's"]


def test_another_length_is_found(folder: Path) -> None:
    path = folder / "fig1.csv"
    path.write_bytes(path.read_bytes() + b"x")
    assert faults(folder) == [f"{path}: 11 bytes, the descriptor says 10"]


def test_a_missing_file_is_found(folder: Path) -> None:
    (folder / "fig1.ja.svg").unlink()
    assert faults(folder) == [f"{folder / 'fig1.ja.svg'}: missing"]


def test_an_extra_file_is_found(folder: Path) -> None:
    (folder / "note.txt").write_text("x", encoding="utf-8")
    (folder / "more").mkdir()
    assert faults(folder) == [f"{folder / name}: not in the descriptor" for name in ("more", "note.txt")]


def test_every_fault_is_told(folder: Path) -> None:
    (folder / "fig1.csv").unlink()
    (folder / "fig1.ja.svg").write_bytes(b"")
    (folder / "x").write_bytes(b"")
    assert len(faults(folder)) == 3


@pytest.mark.parametrize("said", [b"", b"{", b"{}", b"[]"])
def test_a_descriptor_that_says_nothing_is_a_fault(folder: Path, said: bytes) -> None:
    (folder / NAME).write_bytes(said)
    assert any(NAME in fault for fault in faults(folder))


def test_the_descriptor_describes_every_file(folder: Path) -> None:
    said = json.loads((folder / NAME).read_bytes())
    files = content()
    assert said["name"] == "small-study-2026-03-11-r1"
    assert [one["path"] for one in said["resources"]] == ["fig1.csv", "fig1.ja.svg"]
    for one in said["resources"]:
        assert one["bytes"] == len(files[one["path"]])
        assert one["hash"] == "sha256:" + hashlib.sha256(files[one["path"]]).hexdigest()
    assert [one["mediatype"] for one in said["resources"]] == ["text/csv", "image/svg+xml"]
    assert said["resources"][0]["schema"] == RETURNS.frictionless_schema()
    assert said["resources"][0]["encoding"] == "utf-8"
    assert [(one["path"], one["sha256"]) for one in said["sources"]] == [(PAYLOAD["url"], PAYLOAD["sha256"])]
    zuhyo = said["zuhyo"]
    assert zuhyo["as_of"] == {"fig1": "2026-03-11"}
    assert zuhyo["figures"] == {"fig1": "figure.size_return"}
    assert [one["figure"] for one in zuhyo["withheld"]] == ["long_run"]
    assert (zuhyo["is_sample"], zuhyo["revision"], zuhyo["session"]) == (True, 1, "2026-03-11")


def test_equal_facts_give_equal_bytes() -> None:
    assert content() == content()
    turned = dict(reversed([*{name: data for name, data in content().items() if name.startswith("fig")}.items()]))
    assert described(turned)[NAME] == content()[NAME]


# A figure's rows as files


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse()
    levels = numbered(sessions("2022-12-30", "2026-03-11"), start=1000.123456789)
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, levels)
    make_figure(connection, make_study(), "size_return", [day("2026-03-10"), SESSION])
    make_figure(connection, make_study(), "long_run", [SESSION])
    return connection


def test_rows_are_those_of_the_session_with_its_revision(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = release_table(warehouse, RETURNS, SESSION, 3)
    assert rows.num_rows == 68
    assert set(rows.column("revision").to_pylist()) == {3}
    assert set(rows.column("session").to_pylist()) == {SESSION}
    keys = list(zip(*(rows.column(name).to_pylist() for name in RETURNS.key), strict=True))
    assert keys == sorted(keys)


def test_sessions_that_are_read_together_are_cut_apart(warehouse: duckdb.DuckDBPyConnection) -> None:
    days = [SESSION, day("2026-03-09"), day("2026-03-10")]
    together = session_rows(warehouse, RETURNS, STUDY, days)
    assert [together[one].num_rows for one in days] == [68, 0, 68]
    for one in days:
        alone = session_rows(warehouse, RETURNS, STUDY, [one])[one]
        assert as_parquet(release_rows(together[one], RETURNS, 1)) == as_parquet(release_rows(alone, RETURNS, 1))
        assert rows_digest(together[one], RETURNS) == rows_digest(alone, RETURNS)


@pytest.mark.parametrize("table", ["figure.size_return", "figure.long_run"])
def test_parquet_carries_unit_and_meaning(warehouse: duckdb.DuckDBPyConnection, table: str) -> None:
    contract = contracts()[table]
    rows = release_table(warehouse, contract, SESSION, 1)
    found = pyarrow.parquet.read_table(io.BytesIO(as_parquet(rows)))
    assert found.equals(rows)
    assert found.schema.metadata[b"table"] == table.encode()
    for column in contract.column:
        metadata = found.schema.field(column.name).metadata
        assert metadata[b"unit"] == column.unit.encode()
        assert metadata[b"description"] == column.description.encode()


def test_the_same_rows_give_the_same_bytes(warehouse: duckdb.DuckDBPyConnection) -> None:
    one, other = (release_table(warehouse, RETURNS, SESSION, 1) for _ in range(2))
    assert as_parquet(one) == as_parquet(other)
    assert as_csv(one) == as_csv(other)
    warehouse.execute("CREATE OR REPLACE TEMP TABLE turned AS FROM figure.size_return ORDER BY random()")
    warehouse.execute("DELETE FROM figure.size_return; INSERT INTO figure.size_return FROM turned")
    turned = release_table(warehouse, RETURNS, SESSION, 1)
    assert as_parquet(turned) == as_parquet(one)
    assert as_csv(turned) == as_csv(one)


def test_csv_opens_in_excel_and_keeps_japanese_and_nulls(warehouse: duckdb.DuckDBPyConnection) -> None:
    series = "ラッセル2000、\"小型\", 'x'"
    warehouse.execute("UPDATE figure.size_return SET series_id = ? WHERE index_id = 'R2000'", [series])
    rows = release_table(warehouse, RETURNS, SESSION, 1)
    data = as_csv(rows)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\xef\xbb\xbf") == 1
    table = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert list(table[0]) == RETURNS.column_names
    assert len(table) == rows.num_rows
    for written, row in zip(table, rows.to_pylist(), strict=True):
        assert written["series_id"] == row["series_id"]
        assert written["session"] == "2026-03-11"
        assert written["is_headline"] == str(row["is_headline"]).lower()
        cumulative = None if written["return_cum"] == "" else float(written["return_cum"])
        assert cumulative == row["return_cum"]
    assert any(written["return_cum"] == "" for written in table)
    assert any(written["series_id"] == series for written in table)


def test_csv_reads_back_as_the_rows(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = release_table(warehouse, contracts()["figure.long_run"], SESSION, 1)
    frame = pd.read_csv(io.BytesIO(as_csv(rows)), encoding="utf-8-sig")
    assert list(frame["rebased"]) == rows.column("rebased").to_pylist()
    assert list(frame["date"]) == [one.isoformat() for one in rows.column("date").to_pylist()]


# Identity: what makes a revision


def digest(connection: duckdb.DuckDBPyConnection, session: date = SESSION) -> str:
    return rows_digest(session_rows(connection, RETURNS, STUDY, [session])[session], RETURNS)


def test_the_same_rows_have_the_same_digest(warehouse: duckdb.DuckDBPyConnection) -> None:
    before = digest(warehouse)
    warehouse.execute("CREATE OR REPLACE TEMP TABLE turned AS FROM figure.size_return ORDER BY random()")
    warehouse.execute("DELETE FROM figure.size_return; INSERT INTO figure.size_return FROM turned")
    assert digest(warehouse) == before
    warehouse.execute("UPDATE figure.size_return SET revision = 7")
    assert digest(warehouse) == before, "the revision does not matter"


@pytest.mark.parametrize(
    "change",
    [
        "SET return_cum = return_cum + 0.000001 WHERE period = '1Y' AND base_rule = 'prev'",
        "SET return_cum = 0 WHERE return_cum IS NULL",
        "SET base_date = base_date - 1 WHERE period = '1Y' AND base_rule = 'prev' AND index_id = 'R2000'",
        "SET is_headline = NOT is_headline WHERE period = '1Y' AND base_rule = 'prev' AND index_id = 'R2000'",
        "SET series_id = 'X' WHERE index_id = 'R2000'",
        "SET as_of = as_of - 1",
    ],
)
def test_any_other_value_is_another_digest(warehouse: duckdb.DuckDBPyConnection, change: str) -> None:
    before = digest(warehouse)
    warehouse.execute(f"UPDATE figure.size_return {change}")
    assert digest(warehouse) != before


def test_another_sessions_rows_do_not_matter(warehouse: duckdb.DuckDBPyConnection) -> None:
    before, other = digest(warehouse), digest(warehouse, day("2026-03-10"))
    assert before != other
    warehouse.execute("DELETE FROM figure.size_return WHERE session = DATE '2026-03-10'")
    assert digest(warehouse) == before
    warehouse.execute("DELETE FROM figure.size_return WHERE period = '1D'")
    assert digest(warehouse) != before


@dataclass(frozen=True)
class Said:
    """What a release says."""

    study: Study
    session: date
    digests: dict[str, str]
    withheld: list[Withheld]

    def identity(self) -> str:
        return release_identity(self.study, self.session, self.digests, self.withheld)


def test_the_identity_follows_everything_that_a_release_says() -> None:
    said = Said(make_study(), SESSION, {"size_return": "a", "long_run": "b"}, [Withheld("x", "failed", "r", "c")])
    turned = replace(said, digests={"long_run": "b", "size_return": "a"})
    assert turned.identity() == said.identity()
    others = [
        replace(said, study=make_study(years=3)),
        replace(said, session=day("2026-03-10")),
        replace(said, digests={"size_return": "a", "long_run": "c"}),
        replace(said, digests={"size_return": "a"}),
        replace(said, withheld=[]),
        replace(said, withheld=[Withheld("x", "not_covered", "r", "c")]),
        replace(said, withheld=[Withheld("x", "failed", "another", "c")]),
        replace(said, withheld=[Withheld("y", "failed", "r", "c")]),
    ]
    assert len({said.identity(), *(other.identity() for other in others)}) == len(others) + 1


def test_the_method_is_part_of_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said(make_study(), SESSION, {"size_return": "a"}, [])
    before = said.identity()
    monkeypatch.setattr("assets.publish.identity.METHOD_VERSION", "another")
    assert said.identity() != before


def test_rows_of_another_study_are_another_release(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = {
        "study": "another", "session": SESSION, "revision": 0, "as_of": SESSION, "is_headline": True,
        "index_id": "R2000", "series_id": "A", "size": "small", "period": "1Y", "period_order": 7,
        "base_rule": "prev", "return_basis": "gross", "currency": "USD", "is_proxy": False,
    }  # fmt: skip
    before = digest(warehouse)
    add_rows(warehouse, "figure.size_return", row)
    assert digest(warehouse) == before
    assert release_table(warehouse, RETURNS, SESSION, 1).num_rows == 68
