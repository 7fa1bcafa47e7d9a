"""Releases of data only get their pictures later, as the next revision, and nothing else changes."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet
import pytest

from assets.settings import Settings
from pipelines import __main__ as command
from pipelines.commands.render import render
from pipelines.commands.upkeep import verify
from tests.support.drop import fill_drop
from tests.support.night import FIRST, NEXT, STUDY, Place, ask, everything_below, run_night
from tests.support.places import make_place
from tests.support.restated import restated_file

PICTURES = {f"fig{number}.{rest}" for number in (1, 2) for rest in ("ja.svg", "en.svg", "ja.png", "en.png", "vl.json")}


@pytest.fixture(scope="module")
def backfilled(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two sessions of data only; read it, don't change it."""
    place = make_place(tmp_path_factory.mktemp("backfilled") / "place")
    fill_drop(place.drop, NEXT)
    night = run_night(place.settings(), FIRST, NEXT)
    assert night.status == 0
    return place


@pytest.fixture
def place(backfilled: Place, tmp_path: Path) -> Place:
    return Place(shutil.copytree(backfilled.folder, tmp_path / "place", symlinks=True))


@pytest.fixture(scope="module")
def drawn(backfilled: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same, after the first session was drawn; in between a level was restated and another lag was set."""
    place = Place(shutil.copytree(backfilled.folder, tmp_path_factory.mktemp("drawn") / "place", symlinks=True))
    fill_drop(place.drop, NEXT, {"fred/RU2000TR.csv": restated_file()[0]})
    run_night(place.settings(), NEXT, selection=["ingest/index_level", "core/index_level"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings, "read_lag", lambda self, dataset: "9 days")
        assert render(place.settings(git_sha="c" * 40), FIRST, None) == 0
    return place


def folder(place: Place, session: date, revision: int) -> Path:
    return place.published / session.isoformat() / f"r{revision}"


def test_the_next_revision_has_pictures_and_page(drawn: Place) -> None:
    before, after = ({path.name for path in folder(drawn, FIRST, n).iterdir()} for n in (1, 2))
    assert after - before == PICTURES | {"index.html"}
    assert before < after


def test_its_rows_are_those_of_the_release_though_newer_ones_are_known(drawn: Place) -> None:
    for path in folder(drawn, FIRST, 1).glob("*.parquet"):
        rows, same = (pyarrow.parquet.read_table(folder(drawn, FIRST, n) / path.name).to_pandas() for n in (1, 2))
        assert set(same["revision"]) == {2}
        assert rows.drop(columns="revision").equals(same.drop(columns="revision"))


def test_its_descriptor_says_the_same(drawn: Place) -> None:
    said, again = (json.loads((folder(drawn, FIRST, n) / "datapackage.json").read_bytes())["zuhyo"] for n in (1, 2))
    assert again == {**said, "revision": 2}
    assert said["checks"]


def test_nothing_published_was_touched_and_all_verifies(
    drawn: Place, backfilled: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    for session in (FIRST, NEXT):
        assert everything_below(folder(drawn, session, 1)) == everything_below(folder(backfilled, session, 1))
    assert verify(drawn.settings()) == 0
    assert "3 releases, 0 differences" in capsys.readouterr().out


def test_the_readers_database_has_it_and_says_what_changed(drawn: Place) -> None:
    releases = "SELECT session, revision, rendered FROM meta.release ORDER BY ALL"
    assert ask(drawn.readers_database, releases) == [(FIRST, 1, False), (FIRST, 2, True), (NEXT, 1, False)]
    changes = "SELECT session, table_name, column_name, old, new, cause FROM meta.change WHERE revision = 2"
    assert ask(drawn.readers_database, changes) == [(FIRST, "release", "rendered", "false", "true", "method")]
    assert "r2/index.html" in (drawn.published / "index.html").read_text(encoding="utf-8")


def test_latest_moves_only_with_the_newest_session(place: Place) -> None:
    link = place.published / "latest"
    assert render(place.settings(), FIRST, STUDY) == 0
    assert str(link.readlink()) == f"{NEXT}/r1"
    assert render(place.settings(), NEXT, STUDY) == 0
    assert str(link.readlink()) == f"{NEXT}/r2"


def test_drawn_once_it_stays(drawn: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything_below(drawn.home / "published")
    assert render(drawn.settings(), FIRST, None) == 0
    assert "r2 has its pictures; nothing was written" in capsys.readouterr().out
    assert everything_below(drawn.home / "published") == before


def test_what_comes_out_different_is_refused(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    study = place.studies / f"{STUDY}.toml"
    study.write_text(study.read_text(encoding="utf-8").replace('en = "Small caps"', 'en = "Smaller caps"'), "utf-8")
    before = everything_below(place.home / "published")
    assert render(place.settings(), FIRST, None) == 1
    said = capsys.readouterr().err
    assert "r1 can't be drawn" in said
    assert f"make run SESSION={FIRST}" in said
    assert everything_below(place.home / "published") == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--session", "2024-03-12"], "there is no release of any study for session 2024-03-12"),
        (["--session", FIRST.isoformat(), "--study", "none"], "there is no release of study none for session"),
        (["--session", "soon"], "a session is a date like"),
        ([], "a session is a date like"),
    ],
)
def test_a_release_that_is_not_there_is_named(
    backfilled: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.setattr(command, "settings_from_environment", backfilled.settings)
    monkeypatch.delenv("ZUHYO_SESSION", raising=False)
    assert command.main(["render", *arguments]) == 2
    assert told in capsys.readouterr().err
