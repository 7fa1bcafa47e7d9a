"""What a run makes of a bad file: it is kept and told of, and nothing published changes.

Belongs here: a run for each kind of outcome. Does not belong here: every way in which a file is broken
(tests/component/test_bad_payloads.py).
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pandas as pd
import pytest

from assets.publish import clearance
from tests.support.bad_files import BAD, FILE, with_last_level
from tests.support.drop import fill_drop, fred_csv, price, total_return
from tests.support.night import FIRST, NEXT, STUDY, Place, ask, everything_below, run_night

FIGURES = {"size_return", "long_run"}


@pytest.mark.parametrize("kind", ["cut"])
def test_a_bad_payload_is_rejected_and_a_good_one_cures_the_session(place: Place, kind: str) -> None:
    make, message = BAD[kind]
    content = make()
    fill_drop(place.drop, NEXT, {FILE: content})
    before = everything_below(place.published)

    night = run_night(place.settings(), NEXT)

    assert night.status == 1
    assert not night.result.success
    assert night.said(NEXT)["release"] is None
    withheld = night.withheld(NEXT)
    assert withheld.keys() == FIGURES
    for one in withheld.values():
        assert (one["kind"], one["check_name"]) == ("failed", "payloads_accepted")
        assert f"file:{FILE}" in one["reason"]
        assert message in one["reason"]
    assert night.checks()["payloads_accepted"] is False
    assert everything_below(place.published) == before

    sha256 = hashlib.sha256(content).hexdigest()
    rejected = place.landing / "rejected"
    assert (rejected / f"{sha256}.csv").read_bytes() == content
    [line] = (rejected / f"{sha256}.origin.jsonl").read_text(encoding="utf-8").splitlines()
    origin = json.loads(line)
    assert message in origin["rejected_because"]
    assert (origin["url"], origin["bytes"]) == (f"file:{FILE}", len(content))
    assert not (place.landing / f"{sha256}.csv").exists()
    rows = ask(
        place.readers_database,
        "SELECT figure, kind, check_name FROM meta.withheld WHERE session = ? AND run_id = ? ORDER BY ALL",
        NEXT,
        night.result.run_id,
    )
    assert rows == [(figure, "failed", "payloads_accepted") for figure in sorted(FIGURES)]
    assert ask(place.readers_database, "SELECT DISTINCT session FROM latest.size_return") == [(FIRST,)]

    fill_drop(place.drop, NEXT)
    night = run_night(place.settings(), NEXT)
    assert night.status == 0
    assert (night.said(NEXT)["release"], night.said(NEXT)["withheld"]) == ("r1", [])
    assert str((place.published / "latest").readlink()) == f"{NEXT}/r1"


def test_a_jump_of_40_percent_is_kept_and_withheld(place: Place) -> None:
    before = total_return("RU2000")[pd.Timestamp(FIRST)]
    content = with_last_level(f"{1.4 * before:.2f}")
    fill_drop(place.drop, NEXT, {FILE: content})
    published = everything_below(place.published)

    night = run_night(place.settings(), NEXT)

    assert night.status == 1
    for one in night.withheld(NEXT).values():
        assert (one["kind"], one["check_name"]) == ("failed", "index_level_daily_move")
        for told in ("core.index_level", "RU2000TR", "2024-03-14", f"{before}", "move 0.4", "25 %"):
            assert told in one["reason"]
    assert night.withheld(NEXT).keys() == FIGURES
    assert night.checks()["index_level_daily_move"] is False
    assert night.checks()["payloads_accepted"] is True
    assert everything_below(place.published) == published
    assert (place.landing / f"{hashlib.sha256(content).hexdigest()}.csv").read_bytes() == content
    rows = ask(
        place.readers_database,
        "SELECT DISTINCT kind, check_name FROM meta.withheld WHERE session = ?",
        NEXT,
    )
    assert rows == [("failed", "index_level_daily_move")]


@pytest.mark.parametrize(("is_newest", "kind"), [(False, "not_covered"), (True, "failed")])
def test_yesterdays_files_again_are_accepted_and_the_session_is_missing(
    place: Place, monkeypatch: pytest.MonkeyPatch, is_newest: bool, kind: str
) -> None:
    if is_newest:
        after_the_deadline(monkeypatch)
    before = everything_below(place.published)

    night = run_night(place.settings(), NEXT)

    assert night.status == 1  # no figure is left
    assert {figure: one["kind"] for figure, one in night.withheld(NEXT).items()} == dict.fromkeys(FIGURES, kind)
    assert "no level from 2024-03-14 to 2024-03-14" in night.withheld(NEXT)["size_return"]["reason"]
    assert "RU2000TR 2024-03-13" in night.withheld(NEXT)["size_return"]["reason"]
    assert night.checks()["payloads_accepted"] is True
    assert everything_below(place.published) == before
    assert not (place.landing / "rejected").exists()
    records = sorted(place.landing.glob("*.origin.jsonl"))
    assert len(records) == len(list(place.landing.glob("*.csv"))) == 5
    for record in records:
        first, second = map(json.loads, record.read_text(encoding="utf-8").splitlines())
        assert first["retrieved_at"] < second["retrieved_at"]
        assert {**first, "retrieved_at": None} == {**second, "retrieved_at": None}
    loaded = ask(place.home / "warehouse.duckdb", "SELECT count(*), count(DISTINCT url) FROM meta.load")
    assert loaded == [(5, 5)]


def after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of publishing stands at 11:00 in Tokyo on the day after the next session."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime(2024, 3, 15, 2, 0, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(clearance, "datetime", Clock)


def test_a_price_series_loaded_as_total_return_is_withheld(new_place: Place) -> None:
    fill_drop(new_place.drop, FIRST, {FILE: fred_csv(price("RU2000").loc[: FIRST.isoformat()])})
    night = run_night(new_place.settings(), FIRST)
    assert night.status == 1
    assert night.said(FIRST)["release"] is None
    for one in night.withheld(FIRST).values():
        assert (one["kind"], one["check_name"]) == ("failed", "total_return_is_not_price")
        for told in ("RU2000TR", "year 2022", "year 2023", "points 0.0", "floor 0.5"):
            assert told in one["reason"]
    assert night.withheld(FIRST).keys() == FIGURES
    assert not (new_place.published / FIRST.isoformat()).exists()


def test_a_bad_file_that_no_figure_uses_costs_nothing(place: Place) -> None:
    fill_drop(place.drop, NEXT, {"fred/RU2000PR.csv": b""})
    night = run_night(place.settings(), NEXT)
    assert night.status == 0
    assert night.result.success
    assert (night.said(NEXT)["release"], night.said(NEXT)["withheld"]) == ("r1", [])
    assert night.checks()["payloads_accepted"] is False
    failed = night.check("payloads_accepted")
    assert (failed["passed"], failed["subjects"]) == (False, ["RU2000PR"])
    rows = ask(
        place.readers_database,
        "SELECT passed, blocking, revision FROM meta.check_result "
        "WHERE check_name = 'payloads_accepted' AND table_name = 'landing.index_level' AND session = ?",
        NEXT,
    )
    assert rows == [(False, True, 1)]


def test_a_drop_folder_that_cannot_be_read_is_a_failure(place: Place) -> None:
    (place.drop / "drop.toml").write_text("[[file]\n", encoding="utf-8")
    before = everything_below(place.published)
    night = run_night(place.settings(), FIRST)
    assert night.status == 1
    assert {figure: one["kind"] for figure, one in night.withheld(FIRST).items()} == dict.fromkeys(FIGURES, "failed")
    assert all("drop.toml" in one["reason"] for one in night.withheld(FIRST).values())
    assert everything_below(place.published) == before


def test_nothing_but_the_study_is_published(published: Place) -> None:
    below = {path.name for path in Path(published.home / "published").iterdir()}
    assert below == {STUDY, "zuhyo.duckdb"}
