"""Landing: the bytes as they came, an origin line a retrieval, refused payloads apart, in order of time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.ingest.landing import Landing, Retrieval
from assets.ingest.payload import Payload

AT = datetime(2026, 3, 12, 1, 2, 3)
PAYLOAD = Payload(
    vendor="fred",
    dataset="index_level",
    format="fred_csv",
    url="https://example.org/data/levels.csv",
    content=b"\xef\xbb\xbfdate,level\r\n2026-03-11,1\r\n",
    options={"series_id": "A", "scale": 1.5},
    licence="free ライセンス",
    may_publish=True,
    subjects=("A", "B"),
)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


def sha(payload: Payload) -> str:
    return hashlib.sha256(payload.content).hexdigest()


def files(landing: Landing) -> list[str]:
    return sorted(str(p.relative_to(landing.folder)) for p in landing.folder.rglob("*") if p.is_file())


def origins(landing: Landing, place: str = "fred/index_level", payload: Payload = PAYLOAD) -> list[dict[str, Any]]:
    text = (landing.folder / place / f"{sha(payload)}.origin.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def keep(landing: Landing, payload: Payload = PAYLOAD, at: datetime = AT) -> None:
    landing.accept(landing.arrive(payload, at))


def retrievals(landing: Landing) -> list[Retrieval]:
    """The retrievals with the bytes of their files."""
    return [
        replace(retrieval, payload=replace(retrieval.payload, content=retrieval.payload.content.read_bytes()))
        for retrieval in landing.retrievals()
    ]


def test_bytes_are_on_disk_before_anybody_reads_them(landing: Landing) -> None:
    retrieval = landing.arrive(PAYLOAD, AT)
    [name] = files(landing)
    assert (landing.folder / name).read_bytes() == PAYLOAD.content
    assert retrievals(landing) == [], "not accepted yet"
    landing.accept(retrieval)
    assert files(landing) == [f"fred/index_level/{sha(PAYLOAD)}.{end}" for end in ("csv", "origin.jsonl")]
    assert (landing.folder / "fred/index_level" / f"{sha(PAYLOAD)}.csv").read_bytes() == PAYLOAD.content


def test_the_origin_says_where_the_bytes_came_from(landing: Landing) -> None:
    keep(landing)
    [origin] = origins(landing)
    assert origin == {
        "sha256": sha(PAYLOAD),
        "file": f"{sha(PAYLOAD)}.csv",
        "retrieved_at": "2026-03-12T01:02:03",
        "vendor": "fred",
        "dataset": "index_level",
        "format": "fred_csv",
        "url": PAYLOAD.url,
        "media_type": "text/csv",
        "bytes": len(PAYLOAD.content),
        "options": {"series_id": "A", "scale": 1.5},
        "licence": "free ライセンス",
        "may_publish": True,
        "subjects": ["A", "B"],
    }


def test_the_same_bytes_twice_are_one_file_and_two_lines(landing: Landing) -> None:
    keep(landing)
    keep(landing, at=AT + timedelta(days=1))
    assert len(files(landing)) == 2
    assert [origin["retrieved_at"] for origin in origins(landing)] == [
        "2026-03-12T01:02:03",
        "2026-03-13T01:02:03",
    ]
    assert [retrieval.retrieved_at for retrieval in retrievals(landing)] == [AT, AT + timedelta(days=1)]


def test_the_same_bytes_are_kept_for_each_dataset(landing: Landing) -> None:
    keep(landing)
    keep(landing, replace(PAYLOAD, vendor="other"))
    keep(landing, replace(PAYLOAD, dataset="fund"))
    kept = {(retrieval.payload.vendor, retrieval.payload.dataset) for retrieval in retrievals(landing)}
    assert kept == {("fred", "index_level"), ("other", "index_level"), ("fred", "fund")}
    assert len(files(landing)) == 6


def test_a_refused_payload_is_kept_apart_with_the_reason(landing: Landing) -> None:
    place = landing.reject(landing.arrive(PAYLOAD, AT), "an HTML page")
    assert place == landing.folder / "fred/index_level/rejected" / f"{sha(PAYLOAD)}.csv"
    assert place.read_bytes() == PAYLOAD.content
    assert files(landing) == [
        f"fred/index_level/rejected/{sha(PAYLOAD)}.csv",
        f"fred/index_level/rejected/{sha(PAYLOAD)}.origin.jsonl",
    ]
    [origin] = origins(landing, "fred/index_level/rejected")
    assert origin["rejected_because"] == "an HTML page"
    assert retrievals(landing) == []


def test_refused_twice_is_two_lines_with_their_reasons(landing: Landing) -> None:
    for number, reason in enumerate(["old", "older"]):
        landing.reject(landing.arrive(PAYLOAD, AT + timedelta(days=number)), reason)
    assert [o["rejected_because"] for o in origins(landing, "fred/index_level/rejected")] == ["old", "older"]
    assert len(files(landing)) == 2


def test_good_once_and_refused_later_stays_good(landing: Landing) -> None:
    keep(landing)
    place = landing.reject(landing.arrive(PAYLOAD, AT + timedelta(days=1)), "older than before")
    assert place.read_bytes() == PAYLOAD.content
    assert len(origins(landing)) == 1
    assert len(origins(landing, "fred/index_level/rejected")) == 1
    [retrieval] = retrievals(landing)
    assert (retrieval.retrieved_at, retrieval.payload) == (AT, PAYLOAD)


def test_refused_once_and_good_later(landing: Landing) -> None:
    landing.reject(landing.arrive(PAYLOAD, AT), "too small")
    keep(landing, at=AT + timedelta(days=1))
    [retrieval] = retrievals(landing)
    assert (retrieval.retrieved_at, retrieval.payload) == (AT + timedelta(days=1), PAYLOAD)
    assert len(files(landing)) == 4


def test_a_retrieval_comes_back_as_it_went_in(landing: Landing) -> None:
    keep(landing)
    [retrieval] = retrievals(landing)
    assert (retrieval.sha256, retrieval.retrieved_at, retrieval.payload) == (sha(PAYLOAD), AT, PAYLOAD)


def test_retrievals_come_in_the_order_of_time(landing: Landing) -> None:
    times = [
        timedelta(days=3),
        timedelta(0),
        timedelta(microseconds=1),
        timedelta(seconds=1),
        timedelta(days=1),
    ]
    for number, after in enumerate(times):
        keep(landing, replace(PAYLOAD, content=b"%d" % (number % 3), vendor=f"v{number % 2}"), AT + after)
    assert [retrieval.retrieved_at - AT for retrieval in retrievals(landing)] == sorted(times)
    contents = {retrieval.retrieved_at - AT: retrieval.payload.content for retrieval in retrievals(landing)}
    assert contents == {after: b"%d" % (number % 3) for number, after in enumerate(times)}


def test_a_payload_left_by_a_run_that_died_is_settled_by_the_next(landing: Landing) -> None:
    landing.arrive(PAYLOAD, AT)
    keep(landing, at=AT + timedelta(days=1))
    assert [retrieval.retrieved_at for retrieval in retrievals(landing)] == [AT + timedelta(days=1)]
    assert len(files(landing)) == 2


def test_an_empty_landing(landing: Landing) -> None:
    assert retrievals(landing) == []


@pytest.mark.parametrize(
    ("url", "suffix"),
    [
        ("https://example.org/F-F_Research_CSV.ZIP", ".zip"),
        ("folder/levels.tar.gz", ".tar.gz"),
        ("https://example.org/chart/IWM?range=max", ".bin"),
        ("https://example.org/levels.csv?id=1", ".csv"),
        ("levels", ".bin"),
    ],
)
def test_the_file_keeps_its_ending(landing: Landing, url: str, suffix: str) -> None:
    keep(landing, replace(PAYLOAD, url=url))
    [retrieval] = retrievals(landing)
    assert retrieval.payload.url == url
    assert f"fred/index_level/{sha(PAYLOAD)}{suffix}" in files(landing)


@settings(max_examples=15, deadline=None)
@given(
    content=st.binary(),
    licence=st.text(st.characters(exclude_categories=["Cs"])),
    option=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_whatever_is_in_it_comes_back(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, licence: str, option: str
) -> None:
    landing = Landing(tmp_path_factory.mktemp("landing"))
    payload = replace(PAYLOAD, content=content, licence=licence, options={"option": option})
    keep(landing, payload)
    keep(landing, payload, AT + timedelta(days=1))
    assert [retrieval.payload for retrieval in retrievals(landing)] == [payload, payload]


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029", "\x1c"])
def test_an_origin_stays_one_line(landing: Landing, character: str) -> None:
    payload = replace(PAYLOAD, licence=f"one{character}licence")
    keep(landing, payload)
    assert [retrieval.payload for retrieval in retrievals(landing)] == [payload]
