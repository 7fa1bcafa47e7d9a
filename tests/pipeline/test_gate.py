"""What may not go out: runs that start late, tables that nobody checked, data that nobody serves."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from assets.figures import figure
from tests.support.drop import DROP, fill_drop
from tests.support.night import FIRST, NEXT, Place, ask, everything_below, run_night

FIGURES = {"size_return", "long_run"}


LATE_STARTS = {
    "at_core": ["core/index_level", "figures/size_return", "figures/long_run", "publish/release"],
    "at_publish": ["publish/release"],
}


@pytest.fixture(scope="module")
def failed(published: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The published place after a night whose payload was refused."""
    place = Place(shutil.copytree(published.folder, tmp_path_factory.mktemp("failed") / "place", symlinks=True))
    fill_drop(place.drop, NEXT, {"fred/RU2000TR.csv": b""})
    assert run_night(place.settings(), NEXT).status == 1
    return place


@pytest.mark.parametrize("start", LATE_STARTS)
def test_a_late_start_cannot_slip_past_a_failed_check(failed: Place, start: str) -> None:
    before = everything_below(failed.published)
    night = run_night(failed.settings(), NEXT, selection=LATE_STARTS[start])
    assert night.status == 1
    assert night.said(NEXT)["release"] is None
    assert {one["check_name"] for one in night.withheld(NEXT).values()} == {"payloads_accepted"}
    assert night.withheld(NEXT).keys() == FIGURES
    assert everything_below(failed.published) == before


def test_publishing_alone_needs_a_session_that_was_made(place: Place) -> None:
    before = everything_below(place.published)
    night = run_night(place.settings(), NEXT, selection=["publish/release"])
    assert night.status == 1
    assert {one["kind"] for one in night.withheld(NEXT).values()} == {"failed"}
    assert all("was not made for this session" in one["reason"] for one in night.withheld(NEXT).values())
    assert everything_below(place.published) == before


def test_a_figure_without_the_records_of_its_checks_is_withheld(place: Place) -> None:
    connection = duckdb.connect(str(place.home / "warehouse.duckdb"))
    connection.execute("DELETE FROM meta.check_result WHERE table_name = 'figure.size_return'")
    connection.close()
    night = run_night(place.settings(), FIRST, selection=["publish/release"])
    assert night.status == 1
    [withheld] = night.said(FIRST)["withheld"]
    assert (withheld["figure"], withheld["kind"]) == ("size_return", "failed")
    assert "figure.size_return was not checked" in withheld["reason"]
    second = place.published / FIRST.isoformat() / "r2"
    assert {path.name for path in second.glob("fig*")} == {
        "fig2.csv", "fig2.parquet", "fig2_rows.csv", "fig2_rows.parquet",
    }  # fmt: skip


def test_a_figure_whose_rows_break_the_contract_is_withheld(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken definition of figure 1 costs figure 1 alone."""
    read = figure.sql_file

    def broken(name: str) -> str:
        text = read(name)
        return text.replace("size,\n    period,", "'medium' AS size,\n    period,") if name == "size_return" else text

    assert broken("size_return") != read("size_return")
    monkeypatch.setattr(figure, "sql_file", broken)
    night = run_night(place.settings(), FIRST, has_expectations=True)
    assert night.status == 1
    [withheld] = night.said(FIRST)["withheld"]
    assert (withheld["figure"], withheld["check_name"]) == ("size_return", "size_return_codes_are_allowed")
    assert "medium" in withheld["reason"]
    assert night.checks()["size_return_keeps_its_contract"] is False


def test_a_profile_without_a_source_serves_no_figure(new_place: Place) -> None:
    profiles = new_place.folder / "profiles"
    profiles.mkdir()
    (profiles / "bare.toml").write_text(
        'profile = "bare"\ndescription = "no levels"\n[[source]]\nvendor = "files"\ndataset = "fund"\n',
        encoding="utf-8",
    )
    night = run_night(new_place.settings(profile="bare", profiles=str(profiles)), FIRST)
    assert_nothing_is_served(new_place, night.status, night.withheld(FIRST))


def test_a_drop_folder_does_not_serve_another_profile(new_place: Place) -> None:
    """ZUHYO_DROP may be set while a profile runs that reads no drop folder."""
    profiles = new_place.folder / "profiles"
    profiles.mkdir()
    (profiles / "live.toml").write_text(
        'profile = "live"\ndescription = "no levels"\n[[source]]\nvendor = "eodhd"\ndataset = "fund"\n',
        encoding="utf-8",
    )
    settings = new_place.settings(profile="live", profiles=str(profiles))
    assert settings.served_datasets() == {"fund"}


def test_a_drop_entry_that_no_file_answers_is_not_served(new_place: Place) -> None:
    for file in new_place.drop.rglob("*.csv"):
        file.unlink()
    assert "[[file]]" in DROP
    night = run_night(new_place.settings(), FIRST)
    assert_nothing_is_served(new_place, night.status, night.withheld(FIRST))


def assert_nothing_is_served(place: Place, status: int, withheld: dict[str, dict[str, str]]) -> None:
    assert status == 1  # no figure is left
    assert {figure: one["kind"] for figure, one in withheld.items()} == dict.fromkeys(FIGURES, "not_served")
    assert all("index_level" in one["reason"] for one in withheld.values())
    assert not list(Path(place.published).glob("*"))
    rows = ask(place.readers_database, "SELECT figure, kind FROM meta.withheld ORDER BY ALL")
    assert rows == [("long_run", "not_served"), ("size_return", "not_served")]
