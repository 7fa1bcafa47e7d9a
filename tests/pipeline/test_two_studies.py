"""Two studies in one night, a daily and a monthly one: both go out, and what befalls one does not touch the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.deadline import TOKYO
from assets.figures import figure as figure_module
from pipelines.pending import read_backlog
from tests.support.drop import DROP, fill_drop
from tests.support.monthly_study import MONTHLY, add_monthly_study
from tests.support.night import FIRST, STUDY, Night, Place, ask, run_night
from tests.support.places import make_place

FRENCH = "french/portfolios.csv"
DROP_ENTRY = """
[[file]]
path = "french/*.csv"
dataset = "index_level"
format = "kenneth_french_csv"
series_from = "columns"
return_basis = "gross"
currency = "USD"
licence = "invented"
"""
BAD_DAY = b"2024-03-12,1"
"""A level of a tenth and less: no market moves like that."""


def french_csv(last: str = "2024-02") -> bytes:
    """Invented portfolios in the library's layout."""
    months = pd.period_range("2018-01", last, freq="M")
    returns = np.random.default_rng(3).normal(0.8, 4, (len(months), 2)).round(2)
    rows = [f"{month:%Y%m},{small:8.2f},{large:8.2f}" for month, (small, large) in zip(months, returns, strict=True)]
    lines = ["invented", "", "  Value Weight Returns -- Monthly", ",Lo 30,Hi 30", *rows, "", "Copyright: none", ""]
    return "\r\n".join(lines).encode()


def fill(place: Place, replaced: Mapping[str, bytes]) -> None:
    fill_drop(place.drop, FIRST, {FRENCH: french_csv(), **replaced})
    (place.drop / "drop.toml").write_text(DROP + DROP_ENTRY, encoding="utf-8")


@pytest.fixture
def two(tmp_path: Path) -> Place:
    """A place with both studies, where nothing ran yet."""
    place = make_place(tmp_path / "place")
    fill(place, {})
    add_monthly_study(place)
    return place


def releases(night: Night) -> dict[str, str | None]:
    return {study: night.said(FIRST, study)["release"] for study in (STUDY, MONTHLY)}


def withheld(night: Night, study: str) -> dict[str, tuple[str, str | None]]:
    return {one["figure"]: (one["kind"], one["check_name"]) for one in night.said(FIRST, study)["withheld"]}


def test_both_studies_go_out_in_one_night(two: Place) -> None:
    night = run_night(two.settings(), FIRST)
    assert night.status == 0
    assert releases(night) == {STUDY: "r1", MONTHLY: "r1"}
    rows = ask(two.readers_database, "SELECT DISTINCT study, session::VARCHAR, as_of::VARCHAR FROM latest.long_run")
    assert sorted(rows) == [(STUDY, "2024-03-13", "2024-03-13"), (MONTHLY, "2024-03-13", "2024-02-29")]
    again = run_night(two.settings(), FIRST)
    assert (again.status, releases(again)) == (0, {STUDY: "r1", MONTHLY: "r1"})
    assert not any(again.said(FIRST, study)["is_new"] for study in (STUDY, MONTHLY))


def test_a_failing_daily_study_does_not_touch_the_monthly_one(two: Place) -> None:
    files = [two.drop / "fred" / f"{series}.csv" for series in ("RU2000TR", "RU1000TR")]
    for file in files:
        lines = [BAD_DAY if line.startswith(b"2024-03-12") else line for line in file.read_bytes().split(b"\r\n")]
        file.write_bytes(b"\r\n".join(lines))
    night = run_night(two.settings(), FIRST)
    assert night.status == 1
    assert releases(night) == {STUDY: None, MONTHLY: "r1"}
    assert withheld(night, STUDY) == dict.fromkeys(["size_return", "long_run"], ("failed", "index_level_daily_move"))
    assert withheld(night, MONTHLY) == {}


def test_a_failing_monthly_study_does_not_touch_the_daily_one(two: Place) -> None:
    add_monthly_study(two, 'return_basis = "gross"', 'return_basis = "net"')
    night = run_night(two.settings(), FIRST)
    assert night.status == 1
    assert releases(night) == {STUDY: "r1", MONTHLY: None}
    assert withheld(night, STUDY) == {}
    failed = dict.fromkeys(["size_return", "long_run"], ("failed", "index_level_return_basis"))
    assert withheld(night, MONTHLY) == failed


def test_a_refused_file_fails_the_study_that_reads_it(two: Place) -> None:
    fill(two, {FRENCH: french_csv()[:-40]})
    night = run_night(two.settings(), FIRST)
    assert night.status == 1
    assert releases(night) == {STUDY: "r1", MONTHLY: None}
    failed = dict.fromkeys(["size_return", "long_run"], ("failed", "payloads_accepted"))
    assert (withheld(night, STUDY), withheld(night, MONTHLY)) == ({}, failed)


def test_a_study_without_its_month_is_named_and_the_other_goes_out(two: Place) -> None:
    fill(two, {FRENCH: french_csv("2023-11")})
    night = run_night(two.settings(), FIRST)
    assert night.status == 0
    assert night.result.success
    assert releases(night) == {STUDY: "r1", MONTHLY: None}
    assert withheld(night, MONTHLY) == dict.fromkeys(["size_return", "long_run"], ("not_covered", None))
    assert "2023-11-30" in night.said(FIRST, MONTHLY)["withheld"][0]["reason"]
    rows = ask(two.readers_database, "SELECT study, figure, kind FROM meta.withheld ORDER BY ALL")
    assert rows == [(MONTHLY, "long_run", "not_covered"), (MONTHLY, "size_return", "not_covered")]
    morning = datetime(2024, 3, 14, 7, 15, tzinfo=TOKYO)
    assert read_backlog(morning, two.home, [STUDY, MONTHLY]).pending is None


def test_a_night_in_which_no_study_publishes_anything_is_none(two: Place) -> None:
    fill(two, {FRENCH: french_csv("2023-11")})
    (two.studies / f"{STUDY}.toml").unlink()
    night = run_night(two.settings(), FIRST)
    assert night.status == 1
    assert night.said(FIRST, MONTHLY)["release"] is None


def test_a_study_with_a_third_index_is_refused_by_name_and_the_other_goes_out(two: Place) -> None:
    third = """
[[index]]
id = "MID"
size = "large"
label = { ja = "中型株", en = "Mid caps" }

[[index.series]]
id = "FF_ME_Med_40"
label = { ja = "中位40%", en = "Middle 40 %" }
provider = "Kenneth R. French"
return_basis = "gross"
currency = "USD"
frequency = "monthly"

[period_label]
"""
    add_monthly_study(two, "[period_label]\n", third.lstrip())
    night = run_night(two.settings(), FIRST)
    assert night.status == 1
    assert releases(night) == {STUDY: "r1", MONTHLY: None}
    [said] = night.said(FIRST, MONTHLY)["withheld"]
    assert (said["figure"], said["kind"]) == ("study", "failed")
    assert "ME_LO_30 (small), ME_HI_30 (large), MID (large)" in said["reason"]


def test_an_error_in_one_studys_figure_costs_that_figure_of_that_study(
    two: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = figure_module.make_rows

    def broken(connection: Any, figure: Any, study: Any, sessions: Any) -> None:
        if (study.study, figure.name) == (MONTHLY, "long_run"):
            raise ZeroDivisionError("division by zero")
        made(connection, figure, study, sessions)

    monkeypatch.setattr(figure_module, "make_rows", broken)
    night = run_night(two.settings(), FIRST)
    assert night.status == 1
    assert releases(night) == {STUDY: "r1", MONTHLY: "r1"}
    assert withheld(night, STUDY) == {}
    assert withheld(night, MONTHLY).keys() == {"long_run"}
    assert "division by zero" in night.said(FIRST, MONTHLY)["withheld"][0]["reason"]
