"""Invented and real data never share a home folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.__main__ import main
from tests.support.night import FIRST, NEXT, Place, everything_below, run_night


def command(monkeypatch: pytest.MonkeyPatch, home: Path, **variables: str) -> int:
    """The exit status of `run` with these variables and no others of the project's."""
    for name in ("ZUHYO_PROFILE", "ZUHYO_DROP", "ZUHYO_SESSION", "ZUHYO_KNOWN_AT", "RENDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("ZUHYO_HOME", str(home))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return main(["run", "--session", FIRST.isoformat()])


def test_sample_data_does_not_enter_a_home_of_real_data(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything_below(place.home)
    assert command(monkeypatch, place.home, ZUHYO_PROFILE="sample") == 2
    assert everything_below(place.home) == before
    said = capsys.readouterr().err
    for word in (str(place.home), "real data", "invented data", "'sample'", "ZUHYO_HOME"):
        assert word in said


def test_real_data_does_not_enter_a_home_of_sample_data(
    published: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    published.settings(home=str(home), profile="sample").home_folder()
    before = everything_below(home)
    assert before
    assert command(monkeypatch, home, ZUHYO_PROFILE="files", ZUHYO_DROP=str(published.drop)) == 2
    assert everything_below(home) == before
    assert "never share a home folder" in capsys.readouterr().err


def test_a_run_started_in_the_ui_is_guarded_too(place: Place) -> None:
    before = everything_below(place.home)
    night = run_night(place.settings(profile="sample"), NEXT)
    assert not night.result.success
    assert everything_below(place.home) == before


def test_the_files_profile_asks_for_its_drop_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, tmp_path / "home", ZUHYO_PROFILE="files") == 2
    assert "DROP=" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()
