"""What a whole run makes of a vendor that fails over HTTP, a run for each kind of outcome, and of a good one after it.

Belongs here: what is published and withheld then. Does not belong here: what intake makes of each fault
(tests/component/test_faults.py), what the client makes of it (tests/component/test_http.py), files that somebody
dropped (test_bad_payloads.py), data that is late (test_late.py).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.settings import Settings
from tests.support.drop import STUDY_FILE
from tests.support.live_vendors import (
    ALL_INDICES,
    CHANGES,
    FRED_SAYS,
    HEALS,
    INDEX_SERIES,
    IWM,
    LASTS,
    live_vendors,
    rejected,
    set_up,
    write_live_profile,
)
from tests.support.night import FIRST, NEXT, STUDY, Place, everything_below, run_night
from tests.support.places import make_place
from tests.support.replay.faults import PAGE, named
from tests.support.replay.server import ReplayServer

FUNDS_STUDY = "two_funds"
"""Reads the funds alone, which Yahoo has; the other study prefers the indices, which FRED has."""

FIGURES = {"size_return", "long_run"}


@pytest.fixture(scope="module")
def vendors() -> Iterator[ReplayServer]:
    with live_vendors(FIRST) as server:
        yield server


@pytest.fixture(scope="module")
def first_night(vendors: ReplayServer, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place whose first session came over HTTP and is published; read it, don't change it."""
    place = make_place(tmp_path_factory.mktemp("faults") / "place")
    only_funds = re.sub(r'\[\[index.series]]\nid = "RU.*?\n\n', "", STUDY_FILE, flags=re.DOTALL)
    only_funds = only_funds.partition("[[cross_check")[0].replace(STUDY, FUNDS_STUDY)
    (place.studies / f"{FUNDS_STUDY}.toml").write_text(only_funds, encoding="utf-8")
    write_live_profile(place.folder / "profiles")
    night = run_night(live(place), FIRST)
    assert night.status == 0
    assert {night.said(FIRST, study)["release"] for study in (STUDY, FUNDS_STUDY)} == {"r1"}
    return place


def live(place: Place) -> Settings:
    return place.settings(profile="live", profiles=str(place.folder / "profiles"), drop="")


@pytest.fixture
def place(vendors: ReplayServer, first_night: Place, tmp_path: Path) -> Place:
    """A copy of the place after the first night, on the morning after the next session."""
    set_up(vendors, NEXT, {})
    return Place(shutil.copytree(first_night.folder, tmp_path / "place", symlinks=True))


@pytest.fixture(scope="module")
def good_files(vendors: ReplayServer, first_night: Place, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The figures of the next session where nothing is wrong: study/file -> bytes."""
    set_up(vendors, NEXT, {})
    folder = tmp_path_factory.mktemp("good") / "place"
    place = Place(shutil.copytree(first_night.folder, folder, symlinks=True))
    assert run_night(live(place), NEXT).status == 0
    return figure_files(place)


def figure_files(place: Place) -> dict[str, bytes]:
    found = (place.home / "published").glob(f"*/{NEXT}/r1/fig*")
    return {f"{path.parents[2].name}/{path.name}": path.read_bytes() for path in found}


def published_before(place: Place) -> dict[str, bytes | str]:
    """Every file of the releases of the first session."""
    below = everything_below(place.home / "published")
    return {name: content for name, content in below.items() if f"/{FIRST}/" in name}


@pytest.mark.parametrize("fault", ["cut_once"])
def test_what_passes_leaves_no_trace(
    place: Place, vendors: ReplayServer, good_files: dict[str, bytes], fault: str
) -> None:
    set_up(vendors, NEXT, {IWM: named(fault)})
    before = published_before(place)

    night = run_night(live(place), NEXT)

    assert night.status == 0
    assert night.checks()["payloads_accepted"] is True
    assert vendors.met[IWM] == HEALS[fault]
    assert figure_files(place) == good_files
    assert published_before(place) == before
    assert rejected(place.home / "landing", "yahoo") == {}


@pytest.mark.parametrize(
    ("vendor", "fault", "says"),
    [
        ("yahoo", "error_always", LASTS["error_always"].says),  # nothing comes
        ("yahoo", "login_redirect", LASTS["login_redirect"].says),  # something comes, and nobody reads it
        ("fred", "older_than_yesterday", FRED_SAYS["older_than_yesterday"]),  # what is read is refused
    ],
)
def test_what_lasts_costs_its_own_figures(
    place: Place,
    vendors: ReplayServer,
    capsys: pytest.CaptureFixture[str],
    vendor: str,
    fault: str,
    says: str,
) -> None:
    path, hit, spared = {
        "yahoo": (IWM, FUNDS_STUDY, STUDY),
        "fred": (ALL_INDICES, STUDY, FUNDS_STUDY),
    }[vendor]
    set_up(vendors, NEXT, {path: named(fault, CHANGES[vendor])})
    before = published_before(place)
    latest = everything_below(place.home / "published" / hit)
    capsys.readouterr()

    night = run_night(live(place), NEXT)
    printed = capsys.readouterr().out

    assert night.status == 1
    assert (night.said(NEXT, hit)["release"], night.said(NEXT, spared)["release"]) == (None, "r1")
    assert night.said(NEXT, spared)["withheld"] == []
    withheld = {one["figure"]: one for one in night.said(NEXT, hit)["withheld"]}
    assert withheld.keys() == FIGURES
    for one in withheld.values():
        assert (one["kind"], one["check_name"]) == ("failed", "payloads_accepted")
        for told in (vendor, vendors.url_for(path), says):
            assert re.search(told, one["reason"]), one["reason"]
        assert one["reason"] in printed
    assert vendors.met[path] == (LASTS[fault].asked if vendor == "yahoo" else len(INDEX_SERIES))
    assert published_before(place) == before
    assert everything_below(place.home / "published" / hit) == latest
    kept = rejected(place.home / "landing", vendor)
    assert bool(kept) == LASTS[fault].is_kept
    assert all(re.search(says, reason) for reason in kept.values())
    if fault in ("html_200", "login_redirect"):
        assert list(kept) == [PAGE]


@pytest.mark.parametrize("fault", ["cut_body"])
def test_a_good_night_follows_a_bad_one(
    place: Place, vendors: ReplayServer, good_files: dict[str, bytes], fault: str
) -> None:
    set_up(vendors, NEXT, {IWM: named(fault, CHANGES["yahoo"])})
    bad = run_night(live(place), NEXT, selection=["ingest/index_level"])
    assert bad.checks()["payloads_accepted"] is False
    before, kept = published_before(place), rejected(place.home / "landing", "yahoo")

    set_up(vendors, NEXT, {})
    night = run_night(live(place), NEXT)

    assert night.status == 0
    assert night.checks()["payloads_accepted"] is True
    assert figure_files(place) == good_files
    assert published_before(place) == before
    assert rejected(place.home / "landing", "yahoo") == kept
