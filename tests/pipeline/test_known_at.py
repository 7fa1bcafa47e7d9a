"""A session made again as known then: equal to what was published then, and never published again."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from assets.home import HomeError
from assets.publish.recompute import Recomputation, warehouse_copy
from pipelines.commands.as_known import run_as_known
from tests.support.drop import fill_drop
from tests.support.monthly_study import MONTHLY, add_monthly_study
from tests.support.night import FIRST, NEXT, STUDY, Place, ask, everything_below, run_night
from tests.support.restated import restated_file


@pytest.fixture(scope="module")
def restated(published: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The published place with a restated level as r2."""
    place = Place(shutil.copytree(published.folder, tmp_path_factory.mktemp("known_at") / "place", symlinks=True))
    fill_drop(place.drop, FIRST, {"fred/RU2000TR.csv": restated_file()[0]})
    assert run_night(place.settings(), FIRST).said(FIRST)["release"] == "r2"
    return place


def known_at(place: Place, revision: int) -> str:
    """When the newest payload behind a revision came, as KNOWN_AT states it."""
    [(moment,)] = ask(place.readers_database, "SELECT known_at FROM meta.release WHERE revision = ?", revision)
    return f"{moment.isoformat()}Z"


def kept(place: Place) -> dict[str, bytes | str]:
    """Everything in the home, but the lock file."""
    return {name: content for name, content in everything_below(place.home).items() if name != ".lock"}


@pytest.mark.parametrize("revision", [1, 2])
def test_as_known_then_it_equals_what_was_published_then_and_nothing_is_written(
    restated: Place, capsys: pytest.CaptureFixture[str], revision: int
) -> None:
    before = kept(restated)
    assert run_as_known(restated.settings(known_at=known_at(restated, revision)), [FIRST]) == 0
    said = capsys.readouterr().out
    assert f"equals r{revision} (" in said
    assert "nothing was written" in said
    assert kept(restated) == before


@pytest.mark.parametrize("revision", [1, 2])
def test_its_files_are_those_of_the_release_byte_for_byte(restated: Place, revision: int) -> None:
    settings = restated.settings(known_at=known_at(restated, revision))
    [study] = settings.read_studies()
    with warehouse_copy(settings.home_folder()) as connection:
        files = Recomputation(connection, settings, study, FIRST, settings.cut_off()).figure_files(revision)
    folder = restated.published / FIRST.isoformat() / f"r{revision}"
    tables = {path.name for path in folder.iterdir() if path.suffix in {".csv", ".parquet"}}
    assert "fig1.parquet" in tables
    assert files == {name: (folder / name).read_bytes() for name in tables}
    other = restated.published / FIRST.isoformat() / f"r{3 - revision}" / "fig1.parquet"
    mine, others = (pd.read_parquet(path).drop(columns="revision") for path in (folder / "fig1.parquet", other))
    assert not mine.equals(others)


def test_what_equals_no_revision_is_put_down_for_inspection_and_never_published(
    restated: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything_below(restated.home / "published")
    settings = restated.settings(known_at=known_at(restated, 1))
    assert run_as_known(settings, [NEXT]) == 1  # never published, and its levels were not there
    assert "no figure can be made" in capsys.readouterr().out
    path = restated.studies / f"{STUDY}.toml"
    stated = path.read_text(encoding="utf-8")
    try:
        path.write_text(stated.replace('en = "Small caps"', 'en = "Smaller caps"'), encoding="utf-8")
        assert run_as_known(settings, [FIRST]) == 1
    finally:
        path.write_text(stated, encoding="utf-8")
    said = capsys.readouterr().out
    assert "equals none of r1, r2" in said
    assert "study_version is" in said
    [folder] = (restated.home / "as_known" / STUDY / FIRST.isoformat()).iterdir()
    assert str(folder) in said
    assert {"fig1.csv", "fig1.parquet", "fig2.csv", "fig2.parquet"} <= {one.name for one in folder.iterdir()}
    assert everything_below(restated.home / "published") == before
    assert not list((restated.home / "temp").iterdir())


def test_a_study_without_a_release_then_is_named_and_fails_nothing(
    restated: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = restated.settings(known_at=known_at(restated, 1))
    add_monthly_study(restated)
    try:
        assert run_as_known(settings, [FIRST]) == 0
    finally:
        (restated.studies / f"{MONTHLY}.toml").unlink()
    said = capsys.readouterr().out
    assert f"{STUDY} {FIRST} as known at" in said
    assert "equals r1 (" in said
    [monthly] = [line for line in said.splitlines() if line.startswith(MONTHLY) and "had no release then" in line]
    assert monthly.endswith("(it has none today)")


def test_before_the_first_payload_nothing_can_be_made(restated: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_as_known(restated.settings(known_at="2024-03-14T00:00:00Z"), [FIRST]) == 1
    said = capsys.readouterr().out
    assert "had no release then (the first, r1, is of data known later)" in said
    assert "no figure can be made" in said


def test_no_job_stores_or_publishes_as_known_then(place: Place) -> None:
    before = kept(place)
    fill_drop(place.drop, FIRST, {"fred/RU2000TR.csv": restated_file()[0]})
    night = run_night(place.settings(known_at=known_at(place, 1)), FIRST)
    assert not night.result.success
    assert kept(place) == before


def test_the_writers_database_does_not_open(new_place: Place) -> None:
    settings = new_place.settings(known_at="2024-03-14T00:00Z")
    with pytest.raises(HomeError, match="unset ZUHYO_KNOWN_AT"), settings.warehouse():
        pass


def test_a_home_without_a_warehouse_says_so(new_place: Place) -> None:
    with pytest.raises(ValueError, match="it has no warehouse"):
        run_as_known(new_place.settings(known_at="2024-03-14T00:00:00Z"), [FIRST])


def test_cut_off_is_the_stated_time_in_utc(new_place: Place) -> None:
    assert new_place.settings(known_at="2024-03-14T09:00:00+09:00").cut_off() == datetime(2024, 3, 14)
    now = datetime.now(UTC).replace(tzinfo=None)
    assert timedelta() <= new_place.settings().cut_off() - now < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2024-03-14T00:00:00", "needs its zone"),
        ("2024-03-14", "needs its zone"),
        ("2999-01-01T00:00:00Z", "lies in the future"),
        ("yesterday", "is a time like"),
    ],
)
def test_a_time_without_zone_or_in_the_future_is_refused(new_place: Place, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        new_place.settings(known_at=text).cut_off()


def test_the_variable_reaches_the_settings_and_other_commands_refuse_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from pipelines.__main__ import main

    monkeypatch.setenv("ZUHYO_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("ZUHYO_KNOWN_AT", "2024-03-14T00:00:00Z")
    assert main(["verify"]) == 2
    assert "KNOWN_AT belongs to make run" in capsys.readouterr().err
    assert main(["run", "--session", "2024-03-13"]) == 2
    assert "it has no warehouse" in capsys.readouterr().err
