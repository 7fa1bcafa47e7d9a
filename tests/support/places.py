"""Places for nights: a home, a drop folder and a study, one published session in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.drop import STUDY_FILE, fill_drop
from tests.support.night import FIRST, STUDY, Place, run_night


def make_place(folder: Path) -> Place:
    """A place with the study and the drop folder as of the first session; its home is empty."""
    place = Place(folder)
    place.studies.mkdir(parents=True)
    (place.studies / f"{STUDY}.toml").write_text(STUDY_FILE, encoding="utf-8")
    fill_drop(place.drop, FIRST)
    return place


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place whose first session is published; read it, don't change it."""
    place = make_place(tmp_path_factory.mktemp("published") / "place")
    night = run_night(place.settings(git_sha="a" * 40), FIRST, has_expectations=True)
    assert night.status == 0
    assert night.said(FIRST)["release"] == "r1"
    return place


@pytest.fixture
def place(published: Place, tmp_path: Path) -> Place:
    """A copy of the published place for one test."""
    return Place(shutil.copytree(published.folder, tmp_path / "place", symlinks=True))


@pytest.fixture
def new_place(tmp_path: Path) -> Place:
    """A place where nothing ran yet."""
    return make_place(tmp_path / "place")
