"""What makes a new revision and what does not, and how core keeps every value that was ever known."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.publish import folder
from assets.publish import release as release_asset
from tests.support.drop import STUDY_FILE, fill_drop, fund_prices, total_return, yahoo_csv
from tests.support.night import FIRST, NEXT, STUDY, Night, Place, ask, everything_below, run_night
from tests.support.restated import MONTH_BEFORE, restated_file


@pytest.fixture(scope="module")
def a_b_a(published: Place, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, list[Night]]:
    """The published place after two more nights for the same session: a restated level, and its withdrawal."""
    place = Place(shutil.copytree(published.folder, tmp_path_factory.mktemp("aba") / "place", symlinks=True))
    fill_drop(place.drop, FIRST, {"fred/RU2000TR.csv": restated_file()[0]})
    restated = run_night(place.settings(), FIRST)
    fill_drop(place.drop, FIRST)
    return place, [restated, run_night(place.settings(), FIRST)]


def test_the_same_inputs_again_change_nothing_whatever_the_commit(place: Place) -> None:
    before = everything_below(place.published)
    times = {path: path.lstat().st_mtime_ns for path in place.published.rglob("*")}
    night = run_night(place.settings(git_sha="b" * 40), FIRST)
    assert night.status == 0
    assert (night.said(FIRST)["release"], night.said(FIRST)["is_new"]) == ("r1", False)
    assert everything_below(place.published) == before
    assert {path: path.lstat().st_mtime_ns for path in place.published.rglob("*")} == times
    counts = ask(
        place.readers_database,
        "SELECT (SELECT count(*) FROM meta.release), (SELECT count(*) FROM meta.run), "
        "(SELECT count(*) FROM meta.change)",
    )
    assert counts == [(1, 2, 3)]


def test_a_first_revision_has_one_change_a_table(published: Place) -> None:
    rows = ask(published.readers_database, "SELECT table_name, revision, cause FROM meta.change ORDER BY ALL")
    tables = ("figure.long_run", "figure.long_run_ratio", "figure.size_return")
    assert rows == [(table, 1, "first") for table in tables]


def test_a_restated_level_makes_a_revision_that_says_what_changed(
    a_b_a: tuple[Place, list[Night]], published: Place
) -> None:
    place, nights = a_b_a
    assert [(night.status, night.said(FIRST)["release"], night.said(FIRST)["is_new"]) for night in nights] == [
        (0, "r2", True),
        (0, "r3", True),
    ]
    r1 = Path(FIRST.isoformat()) / "r1"
    assert everything_below(place.published / r1) == everything_below(published.published / r1)
    assert str((place.published / "latest").readlink()) == f"{FIRST}/r3"

    _, old, new = restated_file()
    end = float(total_return("RU2000")[pd.Timestamp(FIRST)])
    base = float(total_return("RU2000")[pd.Timestamp("2022-03-11")])  # 2022-03-13 was a Sunday
    changed = {
        ("figure.size_return", f"R2000 {rule} 1M", column): values
        for rule in ("prev", "next")
        for column, values in {
            "base_level": (old, new),
            "return_cum": (end / old - 1, end / new - 1),
        }.items()
    } | {("figure.long_run", f"R2000 {MONTH_BEFORE}", "rebased"): (100 * old / base, 100 * new / base)}
    for revision, order in [(2, 1), (3, -1)]:
        rows = ask(
            place.readers_database,
            "SELECT table_name, key, column_name, old, new, cause FROM meta.change WHERE revision = ?",
            revision,
        )
        assert {row[5] for row in rows} == {"restated"}
        found = {row[:3]: (float(row[3]), float(row[4]))[::order] for row in rows}
        assert found.keys() == changed.keys()
        for key, values in changed.items():
            assert found[key] == pytest.approx(values, abs=6e-5 if key[2] == "rebased" else 6e-7)


def test_a_b_a_is_three_rows_and_each_moment_has_its_own_value(a_b_a: tuple[Place, list[Night]]) -> None:
    place, _ = a_b_a
    _, old, new = restated_file()
    rows = ask(
        place.readers_database,
        "SELECT level, known_at, payload_sha256 FROM core.index_level "
        "WHERE series_id = 'RU2000TR' AND date = ? ORDER BY known_at",
        MONTH_BEFORE,
    )
    assert [row[0] for row in rows] == [old, new, old]
    known = [row[1] for row in rows]
    assert known[0] < known[1] < known[2]
    assert rows[0][2] == rows[2][2] != rows[1][2]
    added = ask(
        place.readers_database, "SELECT known_at, count(*) FROM core.index_level GROUP BY known_at ORDER BY ALL"
    )
    assert [count for moment, count in added if moment in known[1:]] == [1, 1]

    def as_known(moment: datetime) -> list[tuple[Any, ...]]:
        return ask(
            place.readers_database,
            "SELECT level FROM core.index_level_as_known(?) WHERE series_id = 'RU2000TR' AND date = ?",
            moment,
            MONTH_BEFORE,
        )

    assert [as_known(moment) for moment in known] == [[(old,)], [(new,)], [(old,)]]
    assert as_known(known[0] - pd.Timedelta(microseconds=1)) == []
    assert as_known(known[1] - pd.Timedelta(microseconds=1)) == [(old,)]
    assert as_known(known[2] - pd.Timedelta(microseconds=1)) == [(new,)]


def test_each_revision_keeps_the_value_that_it_was_made_from(a_b_a: tuple[Place, list[Night]]) -> None:
    place, _ = a_b_a
    _, old, new = restated_file()
    for revision, level in [("r1", old), ("r2", new), ("r3", old)]:
        rows = pd.read_parquet(place.published / FIRST.isoformat() / revision / "fig1.parquet")
        [row] = rows.query("index_id == 'R2000' and base_rule == 'prev' and period == '1M'").to_dict("records")
        assert row["base_level"] == level


def test_a_changed_label_makes_a_revision_by_method(place: Place) -> None:
    path = place.studies / f"{STUDY}.toml"
    assert STUDY_FILE.count('en = "Small caps"') == 1
    path.write_text(STUDY_FILE.replace('en = "Small caps"', 'en = "Smaller caps"'), encoding="utf-8")
    before = everything_below(place.published / FIRST.isoformat() / "r1")
    night = run_night(place.settings(), FIRST)
    assert (night.status, night.said(FIRST)["release"]) == (0, "r2")
    assert everything_below(place.published / FIRST.isoformat() / "r1") == before
    causes = ask(place.readers_database, "SELECT DISTINCT cause FROM meta.change WHERE revision = 2")
    assert causes == [("method",)]


# Adjusted closes

FUNDS = ("IWM", "IWB")
EX_DAY = "2024-03-14"
AFTER = date(2024, 3, 15)
RESTATED_DAY = "2024-02-01"


@pytest.fixture(scope="module")
def funds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, list[Night]]:
    """Funds alone: downloads before and after a dividend, and one whose close of one day was restated."""
    place = Place(tmp_path_factory.mktemp("funds") / "place")
    place.studies.mkdir(parents=True)
    (place.studies / f"{STUDY}.toml").write_text(STUDY_FILE, encoding="utf-8")
    nights = []
    for session, restates in [(FIRST, False), (AFTER, False), (AFTER, True)]:
        fill_drop(place.drop, session)
        for file in (place.drop / "fred").iterdir():
            file.unlink()
        if restates:
            prices = fund_prices("IWM", session)
            bar = prices.columns.intersection(["Open", "High", "Low", "Close", "AdjClose"])
            prices.loc[pd.Timestamp(RESTATED_DAY), bar] *= 1.01
            (place.drop / "yahoo" / "IWM.csv").write_bytes(yahoo_csv(prices))
        nights.append(run_night(place.settings(), session))
        assert nights[-1].status == 0
    return place, nights


def loads(place: Place, night: Night) -> dict[str, tuple[int, int]]:
    """url -> rows new and restated of a night's loads."""
    rows = ask(
        place.home / "warehouse.duckdb",
        "SELECT url, rows_new, rows_restated FROM meta.load WHERE run_id = ?",
        night.result.run_id,
    )
    return {url: (new, restated) for url, new, restated in rows}


def known_levels(place: Place, fund: str, moment: datetime) -> pd.Series:
    rows = ask(
        place.readers_database,
        "SELECT date, level FROM core.index_level_as_known(?) WHERE series_id = ? ORDER BY date",
        moment,
        fund,
    )
    return pd.Series({pd.Timestamp(day): level for day, level in rows})


def retrieved(place: Place, night: Night, fund: str) -> datetime:
    [(moment,)] = ask(
        place.home / "warehouse.duckdb",
        "SELECT known_at FROM meta.load WHERE run_id = ? AND url = ?",
        night.result.run_id,
        f"file:yahoo/{fund}.csv",
    )
    return moment


@pytest.mark.parametrize("fund", FUNDS)
def test_downloads_either_side_of_a_dividend_add_only_the_new_days(funds: tuple[Place, list[Night]], fund: str) -> None:
    place, nights = funds
    before, after = fund_prices(fund, FIRST)["AdjClose"], fund_prices(fund, AFTER)["AdjClose"]
    assert not any(after[before.index[:-1]] == before.iloc[:-1])  # the dividend rewrote every older close
    url = f"file:yahoo/{fund}.csv"
    assert loads(place, nights[0])[url] == (len(before), 0)
    assert loads(place, nights[1])[url] == (2, 0)

    levels = known_levels(place, fund, retrieved(place, nights[1], fund))
    assert levels.index.tolist() == after.index.tolist()
    assert levels[before.index].tolist() == before.tolist()  # stored levels stand
    chained = before.iloc[-1] * after[EX_DAY:] / after[pd.Timestamp(FIRST)]
    assert levels[EX_DAY:].tolist() == pytest.approx(chained.tolist(), rel=1e-12)
    assert levels.pct_change().dropna().tolist() == pytest.approx(after.pct_change().dropna().tolist(), abs=1e-6)


def test_a_truly_restated_adjusted_close_adds_its_row(funds: tuple[Place, list[Night]]) -> None:
    place, nights = funds
    assert loads(place, nights[2]) == {"file:yahoo/IWM.csv": (0, 1)}
    before = known_levels(place, "IWM", retrieved(place, nights[1], "IWM"))
    after = known_levels(place, "IWM", retrieved(place, nights[2], "IWM"))
    ratio = after / before
    assert ratio.pop(pd.Timestamp(RESTATED_DAY)) == pytest.approx(1.01, rel=1e-9)
    assert set(ratio) == {1.0}


def test_the_return_over_a_dividend_includes_it(funds: tuple[Place, list[Night]]) -> None:
    place, _ = funds
    prices = fund_prices("IWM", AFTER)
    before, on = prices.loc[pd.Timestamp(FIRST)], prices.loc[EX_DAY]
    assert on["Dividends"] == pytest.approx(0.008 * before["Close"], abs=1e-3)
    levels = known_levels(place, "IWM", datetime(9999, 1, 1))
    own = levels[pd.Timestamp(EX_DAY)] / levels[pd.Timestamp(FIRST)] - 1
    assert own == pytest.approx(on["Close"] / (before["Close"] - on["Dividends"]) - 1, abs=1e-9)
    assert own - (on["Close"] / before["Close"] - 1) > 0.007


# Runs that died between two steps


def test_a_crash_before_the_readers_database_is_caught_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_drop(place.drop, NEXT)
    database = place.readers_database.read_bytes()

    def crash(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(release_asset, "update_readers", crash)
        broken = run_night(place.settings(), NEXT)
    assert not broken.result.success
    assert broken.status == 1  # the command, too, must say that it broke off
    assert (place.published / NEXT.isoformat() / "r1" / "datapackage.json").is_file()
    assert place.readers_database.read_bytes() == database

    night = run_night(place.settings(), NEXT)
    assert night.status == 0
    assert night.said(NEXT)["is_new"] is False
    releases = ask(place.readers_database, "SELECT session, revision FROM meta.release ORDER BY ALL")
    assert releases == [(FIRST, 1), (NEXT, 1)]
    rows, keys, runs = ask(
        place.readers_database,
        "SELECT count(*), count(DISTINCT (index_id, base_rule, period)), (SELECT count(*) FROM meta.run) "
        "FROM figure.size_return WHERE session = ?",
        NEXT,
    )[0]
    assert rows == keys == 2 * (5 + 5 + 4)
    assert runs == 3


def test_a_crash_before_latest_moved_is_caught_up(place: Place) -> None:
    """The release is in place and `latest` was not moved: the next night writes no release, and mends the link."""
    (place.published / "latest").unlink()
    night = run_night(place.settings(), FIRST)
    assert (night.status, night.said(FIRST)["is_new"]) == (0, False)
    assert str((place.published / "latest").readlink()) == f"{FIRST}/r1"


def test_a_crash_while_staging_leaves_no_release(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_drop(place.drop, NEXT)
    with monkeypatch.context() as patch:
        patch.setattr(folder, "faults", lambda _: ["fig1.csv: missing"])
        broken = run_night(place.settings(), NEXT)
    assert not broken.result.success
    assert not list((place.published / NEXT.isoformat()).glob("*"))
    assert str((place.published / "latest").readlink()) == f"{FIRST}/r1"
