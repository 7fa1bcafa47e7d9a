"""Every way in which a vendor fails over HTTP: a good night, the next one under the fault, and a good one after it.

Belongs here: what a night makes of a fault. Does not belong here: what the client makes of it
(tests/component/test_http.py), files that somebody dropped (test_bad_payloads.py), data that is late (test_late.py).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from assets.ingest.http import client as http
from assets.ingest.vendors import yahoo
from assets.settings import Settings
from tests.support.drop import FUNDS, STUDY_FILE, fred_until, fund_prices, yahoo_csv
from tests.support.night import FIRST, NEXT, STUDY, Place, everything_below, run_night
from tests.support.places import make_place
from tests.support.replay import fred as replayed_fred
from tests.support.replay import yahoo as replayed_yahoo
from tests.support.replay.faults import CONTENT, FAULTS, PAGE, Fault, named
from tests.support.replay.route import Route
from tests.support.replay.server import ReplayServer, environment, replay

FUNDS_STUDY = "two_funds"
"""Reads the funds alone, which Yahoo has; the other study prefers the indices, which FRED has."""

IWM, ALL_INDICES = "/yahoo/v8/finance/chart/IWM", "/fred/graph/fredgraph.csv"
INDEX_SERIES = {"RU2000TR": "gross", "RU1000TR": "gross", "RU2000PR": "price"}
FIGURES = {"size_return", "long_run"}
CHANGES = {"yahoo": replayed_yahoo.CHANGES, "fred": replayed_fred.CHANGES}
SOURCE = """
[[source]]
vendor = "{vendor}"
dataset = "index_level"
series_id = "{series}"
symbol = "{series}"
return_basis = "{basis}"
currency = "USD"
licence = "invented"
"""


@dataclass(frozen=True)
class Bad:
    """What becomes of a fault that lasts: how often it is asked, what is said, whether bytes came that are kept."""

    asked: int
    says: str
    is_kept: bool = True


HEALS = {"too_many_requests": 2, "error_twice": 3, "cut_once": 2, "clock_skew": 1}
"""Faults that pass, or don't matter, and how often the vendor is asked then."""

LASTS = {
    "error_always": Bad(4, "HTTP 500, 4 tries in the 120 s that it may take; try again later", is_kept=False),
    "stall": Bad(4, r"the body stalled after \d+ of \d+ bytes, 4 tries .*; try again later"),
    "cut_body": Bad(4, r"the body was cut after \d+ of \d+ bytes, 4 tries .*; try again later"),
    "wrong_content_length": Bad(4, "the body was cut, and there is no rest of it .*; try again later"),
    "gzip_of_wrong_length": Bad(4, "the body can't be decoded as gzip .*; try again later"),
    "login_redirect": Bad(1, "it led to a web page, 127.0.0.1/yahoo/replayed-login .a login.*; look at the site"),
    "foreign_redirect": Bad(1, "it led to login.example.org/account, another site .a login.*; look", is_kept=False),
    "html_200": Bad(1, "payload is an HTML page, not data"),
    "another_schema": Bad(1, "timestamp is missing"),
    "older_than_yesterday": Bad(
        1, "the payload is older than before: it ends on 2024-03-12, the one before on 2024-03-13"
    ),
    "empty": Bad(1, r"payload is empty \(0 bytes\)"),
    "empty_list": Bad(1, r"payload is not one chart \(chart.result: 0 charts\)"),
    "duplicate_rows": Bad(1, "timestamps are out of order"),
}
FRED_SAYS = {
    "another_schema": "column DATE or observation_date is missing",
    "older_than_yesterday": LASTS["older_than_yesterday"].says,
    "empty_list": "payload has no rows",
    "duplicate_rows": "date is given twice",
}


def routes(last: date) -> list[Route]:
    """What both vendors have once the session has closed."""
    charts = {fund: replayed_yahoo.chart(yahoo_csv(fund_prices(fund, last)), fund) for fund in FUNDS}
    return [
        *(Route("yahoo", f"/v8/finance/chart/{fund}", json.dumps(chart).encode()) for fund, chart in charts.items()),
        *(
            Route("fred", "/graph/fredgraph.csv", fred_until(series, last), "text/csv", query={"id": series})
            for series in INDEX_SERIES
        ),
    ]


@pytest.fixture(scope="module")
def vendors() -> Iterator[ReplayServer]:
    """Both vendors after the first session; nothing waits, and a silence is short."""
    with replay(routes(FIRST)) as server, pytest.MonkeyPatch.context() as patch:
        for name, address in environment(server).items():
            patch.setenv(name, address)
        patch.setattr(http, "pause", lambda seconds: None)
        patch.setattr(yahoo, "SITE", replace(yahoo.SITE, stall_seconds=0.1))
        yield server


@pytest.fixture(scope="module")
def first_night(vendors: ReplayServer, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place whose first session came over HTTP and is published; read it, don't change it."""
    place = make_place(tmp_path_factory.mktemp("faults") / "place")
    only_funds = re.sub(r'\[\[index.series]]\nid = "RU.*?\n\n', "", STUDY_FILE, flags=re.DOTALL)
    only_funds = only_funds.partition("[[cross_check")[0].replace(STUDY, FUNDS_STUDY)
    (place.studies / f"{FUNDS_STUDY}.toml").write_text(only_funds, encoding="utf-8")
    entries = [
        *(SOURCE.format(vendor="fred", series=series, basis=basis) for series, basis in INDEX_SERIES.items()),
        *(SOURCE.format(vendor="yahoo", series=fund, basis="adjusted_close") for fund in FUNDS),
    ]
    profile = 'profile = "live"\ndescription = "Two vendors that are asked"\n' + "".join(entries)
    (place.folder / "profiles").mkdir()
    (place.folder / "profiles" / "live.toml").write_text(profile, encoding="utf-8")
    night = run_night(live(place), FIRST)
    assert night.status == 0
    assert {night.said(FIRST, study)["release"] for study in (STUDY, FUNDS_STUDY)} == {"r1"}
    return place


def live(place: Place) -> Settings:
    return place.settings(profile="live", profiles=str(place.folder / "profiles"), drop="")


@pytest.fixture
def place(vendors: ReplayServer, first_night: Place, tmp_path: Path) -> Place:
    """A copy of the place after the first night, on the morning after the next session."""
    set_up(vendors, {})
    return Place(shutil.copytree(first_night.folder, tmp_path / "place", symlinks=True))


def set_up(vendors: ReplayServer, faults: dict[str, Fault]) -> None:
    vendors.routes, vendors.faults = routes(NEXT), faults
    vendors.met.clear()


@pytest.fixture(scope="module")
def good_files(vendors: ReplayServer, first_night: Place, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The figures of the next session where nothing is wrong: study/file -> bytes."""
    set_up(vendors, {})
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


def rejected(place: Place, vendor: str) -> dict[bytes, str]:
    """The refused bytes, each with the reason in its origin record."""
    found = {}
    for record in (place.home / "landing" / vendor / "index_level" / "rejected").glob("*.origin.jsonl"):
        origin = json.loads(record.read_text(encoding="utf-8").splitlines()[-1])
        found[(record.parent / origin["file"]).read_bytes()] = origin["rejected_because"]
    return found


def test_every_fault_is_tried() -> None:
    assert HEALS.keys() | LASTS.keys() == FAULTS.keys() | set(CONTENT)
    for changes in (replayed_yahoo.CHANGES, replayed_fred.CHANGES):
        assert changes.keys() == set(CONTENT)


@pytest.mark.parametrize("fault", HEALS)
def test_what_passes_leaves_no_trace(
    place: Place, vendors: ReplayServer, good_files: dict[str, bytes], fault: str
) -> None:
    set_up(vendors, {IWM: named(fault)})
    before = published_before(place)

    night = run_night(live(place), NEXT)

    assert night.status == 0
    assert night.checks()["payloads_accepted"] is True
    assert vendors.met[IWM] == HEALS[fault]
    assert figure_files(place) == good_files
    assert published_before(place) == before
    assert rejected(place, "yahoo") == {}


@pytest.mark.parametrize(
    ("vendor", "fault", "says"),
    [
        *(pytest.param("yahoo", fault, bad.says, id=f"yahoo-{fault}") for fault, bad in LASTS.items()),
        *(pytest.param("fred", fault, says, id=f"fred-{fault}") for fault, says in FRED_SAYS.items()),
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
    set_up(vendors, {path: named(fault, CHANGES[vendor])})
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
    kept = rejected(place, vendor)
    assert bool(kept) == LASTS[fault].is_kept
    assert all(re.search(says, reason) for reason in kept.values())
    if fault in ("html_200", "login_redirect"):
        assert list(kept) == [PAGE]


@pytest.mark.parametrize("fault", ["error_always", "cut_body", "html_200", "older_than_yesterday"])
def test_a_good_night_follows_a_bad_one(
    place: Place, vendors: ReplayServer, good_files: dict[str, bytes], fault: str
) -> None:
    set_up(vendors, {IWM: named(fault, CHANGES["yahoo"])})
    bad = run_night(live(place), NEXT, selection=["ingest/index_level"])
    assert bad.checks()["payloads_accepted"] is False
    before, kept = published_before(place), rejected(place, "yahoo")

    set_up(vendors, {})
    night = run_night(live(place), NEXT)

    assert night.status == 0
    assert night.checks()["payloads_accepted"] is True
    assert figure_files(place) == good_files
    assert published_before(place) == before
    assert rejected(place, "yahoo") == kept
