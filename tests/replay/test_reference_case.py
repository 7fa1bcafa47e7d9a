"""The note's own session, and a few others, on the vendors' real files."""

from __future__ import annotations

import hashlib
import io
import json
import re
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.settings import Settings
from pipelines.__main__ import main
from tests.support import expected
from tests.support.night import REPOSITORY, Night, ask, everything_below, run_night

SESSION = "2026-03-11"
STUDY = "us_small_caps"
BASE_OF_30_YEARS = date(1996, 3, 11)
INDEX_OF = {"R2000": ("RU2000TR", "IWM"), "R1000": ("RU1000TR", "IWB")}


@pytest.fixture(scope="module")
def home(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the command ran for the reference case, pictures included."""
    folder = tmp_path_factory.mktemp("reference") / "home"
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setenv("DAGSTER_HOME", "")
        patch.setenv("ZUHYO_HOME", str(folder))
        patch.setenv("ZUHYO_PROFILE", "files")
        patch.setenv("ZUHYO_DROP", str(shared_data))
        for name in ("ZUHYO_SESSION", "ZUHYO_KNOWN_AT", "RENDER"):
            patch.delenv(name, raising=False)
        status = main(["run", "--session", SESSION])
    assert status == 0, printed.getvalue()
    assert f"{STUDY} {SESSION}: published r1 in {folder}/published/{STUDY}/{SESSION}/r1" in printed.getvalue()
    assert f"us_size_french {SESSION}: nothing published" in printed.getvalue()
    return folder


@pytest.fixture(scope="module")
def release(home: Path) -> Path:
    return home / "published" / STUDY / SESSION / "r1"


@pytest.fixture(scope="module")
def other_sessions(home: Path, release: Path, shared_data: Path) -> dict[str, Night]:
    """Nights for older sessions in the home of the reference case, one of them a range."""
    settings = Settings(
        home=str(home),
        profile="files",
        drop=str(shared_data),
        studies=str(REPOSITORY / "pipelines" / "studies"),
        profiles=str(REPOSITORY / "pipelines" / "profiles"),
    )
    everything_below(release)  # the reference case was published first
    nights = {}
    for first, last in [("2004-06-30", None), ("2024-01-02", None), ("2024-02-20", "2024-02-29")]:
        night = run_night(
            settings,
            date.fromisoformat(first),
            date.fromisoformat(last) if last else None,
            partitions_from=date(2004, 1, 2),
        )
        nights |= dict.fromkeys(night.record["sessions"], night)
    return nights


def size_returns(home: Path, session: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    """(index, rule, period) -> row of figure 1, as a reader sees it."""
    connection = duckdb.connect(str(home / "published" / "zuhyo.duckdb"), read_only=True)
    try:
        cursor = connection.execute(
            "SELECT * FROM figure.size_return WHERE study = ? AND session = ?", [STUDY, session]
        )
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        connection.close()
    return {(row["index_id"], row["base_rule"], row["period"]): row for row in rows}


def test_the_notes_numbers_come_out_of_figure_1(home: Path) -> None:
    rows = size_returns(home, SESSION)
    for index, ytd, three_years in [("R2000", 0.0272, 0.4903), ("R1000", -0.0081, 0.8083)]:
        assert rows[index, "prev", "YTD"]["return_cum"] == pytest.approx(ytd, abs=5e-5)
        assert rows[index, "prev", "3Y"]["return_cum"] == pytest.approx(three_years, abs=5e-5)
        assert rows[index, "prev", "3Y"]["base_date"] == date(2023, 3, 10)
    assert rows["R2000", "next", "3Y"]["return_cum"] == pytest.approx(0.5150, abs=5e-5)
    assert rows["R2000", "next", "3Y"]["base_date"] == date(2023, 3, 13)
    assert {row["series_id"] for row in rows.values() if row["index_id"] == "R2000"} == {"IWM"}
    assert {row["series_id"] for row in rows.values() if row["index_id"] == "R1000"} == {"IWB"}
    assert {(row["is_proxy"], row["return_basis"]) for row in rows.values()} == {(True, "adjusted_close")}


def test_the_latest_view_has_the_notes_numbers(home: Path) -> None:
    rows = ask(
        home / "published" / "zuhyo.duckdb",
        """
        SELECT index_id, period, round(100 * return_cum, 2), revision, session FROM latest.size_return
        WHERE study = 'us_small_caps' AND base_rule = 'prev' AND period IN ('YTD', '3Y') ORDER BY ALL
        """,
    )
    assert rows == [
        ("R1000", "3Y", 80.83, 1, date(2026, 3, 11)),
        ("R1000", "YTD", -0.81, 1, date(2026, 3, 11)),
        ("R2000", "3Y", 49.03, 1, date(2026, 3, 11)),
        ("R2000", "YTD", 2.72, 1, date(2026, 3, 11)),
    ]


def test_figure_2_starts_at_100_and_ends_where_the_method_says(home: Path) -> None:
    rows = ask(
        home / "published" / "zuhyo.duckdb",
        """
        SELECT index_id, min(date), arg_min(rebased, date), max(date), arg_max(rebased, date),
               list_sort(list(DISTINCT return_basis)), list_sort(list(DISTINCT base_date))
        FROM latest.long_run WHERE study = 'us_small_caps' GROUP BY index_id ORDER BY index_id
        """,
    )
    assert [row[:4] for row in rows] == [
        ("R1000", BASE_OF_30_YEARS, 100.0, date(2026, 3, 11)),
        ("R2000", BASE_OF_30_YEARS, 100.0, date(2026, 3, 11)),
    ]
    assert [row[4] for row in rows] == [pytest.approx(1824, abs=0.5), pytest.approx(1170, abs=0.5)]
    assert [row[5:] for row in rows] == [(["spliced"], [BASE_OF_30_YEARS])] * 2


@pytest.mark.parametrize("index", INDEX_OF)
def test_every_day_of_figure_2_is_what_the_raw_files_say(home: Path, shared_data: Path, index: str) -> None:
    own, fund = (expected.raw_levels(shared_data, series) for series in INDEX_OF[index])
    line = expected.spliced(own, fund, BASE_OF_30_YEARS.isoformat(), SESSION)
    rows = ask(
        home / "published" / "zuhyo.duckdb",
        "SELECT date, rebased, series_id, is_proxy FROM latest.long_run WHERE index_id = ? ORDER BY date",
        index,
    )
    assert [row[0] for row in rows] == [day.date() for day in line.index]
    assert [row[1] for row in rows] == pytest.approx(line.tolist(), abs=6e-5)
    assert [row[2:] for row in rows] == [
        (INDEX_OF[index][1], True) if day > own.index[-1] else (INDEX_OF[index][0], False) for day in line.index
    ]


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            "en",
            [
                "Russell 2000 total return index (1996-03-11 to 2019-01-10)",
                "iShares Russell 2000 ETF (IWM, dividend-adjusted close, standing in for the index) "
                "(2019-01-11 to 2026-03-11)",
                "Russell 1000 total return index (1996-03-11 to 2019-01-10)",
                "iShares Russell 1000 ETF (IWB, dividend-adjusted close, standing in for the index) "
                "(2019-01-11 to 2026-03-11)",
            ],
        ),
        (
            "ja",
            [
                "ラッセル2000指数（トータルリターン）（1996年3月11日～2019年1月10日）",
                "iShares Russell 2000 ETF（IWM、配当調整後終値、指数の代用）（2019年1月11日～2026年3月11日）",
                "ラッセル1000指数（トータルリターン）（1996年3月11日～2019年1月10日）",
                "iShares Russell 1000 ETF（IWB、配当調整後終値、指数の代用）（2019年1月11日～2026年3月11日）",
            ],
        ),
    ],
)
def test_the_source_line_of_figure_2_names_every_part(release: Path, language: str, parts: list[str]) -> None:
    svg = (release / f"fig2.{language}.svg").read_text(encoding="utf-8")
    printed = re.sub(r"\s", "", "".join(re.findall(r">([^<>]+)<", svg)))
    for part in parts:
        assert re.sub(r"\s", "", part) in printed


def test_the_release_has_exactly_its_files(release: Path) -> None:
    endings = ["parquet", "csv", "ja.svg", "en.svg", "ja.png", "en.png", "vl.json"]
    pictures_and_tables = {f"fig{number}.{ending}" for number in (1, 2, 4) for ending in endings}
    assert {path.name for path in release.iterdir()} == {
        *pictures_and_tables,
        *(
            f"{stem}.{ending}"
            for stem in ("fig2_rows", "fig4_rows", "events", "claims")
            for ending in ("parquet", "csv")
        ),
        "index.html",
        "note.ja.md",
        "note.en.md",
        "datapackage.json",
        "build.json",
    }


def test_the_descriptor_names_every_file_with_its_hash(release: Path) -> None:
    descriptor = json.loads((release / "datapackage.json").read_bytes())
    named = {one["path"]: (one["bytes"], one["hash"].removeprefix("sha256:")) for one in descriptor["resources"]}
    found = {path.name: path.read_bytes() for path in release.iterdir()}
    for own in ("datapackage.json", "build.json"):
        del found[own]
    assert named == {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in found.items()}
    assert descriptor["zuhyo"]["is_sample"] is False
    assert descriptor["zuhyo"]["as_of"] == {
        "fig1": SESSION,
        "fig2": SESSION,
        "fig2_rows": SESSION,
        "events": SESSION,
        "claims": SESSION,
        "fig4": "2026-02-27",
        "fig4_rows": "2026-02-27",
    }
    assert b"run_id" not in (release / "datapackage.json").read_bytes()


def test_the_descriptor_names_the_payloads_behind_the_rows(release: Path, shared_data: Path) -> None:
    descriptor = json.loads((release / "datapackage.json").read_bytes())
    levels = [f"index_levels/{one}" for one in ("fred/RU1000TR", "fred/RU2000TR", "yahoo/IWB", "yahoo/IWM")]
    files = [f"{name}.csv" for name in (*levels, "membership/sp500_ticker_start_end")]
    files.append("prices/panels/girgott_202311.parquet")
    assert {(one["path"], one["sha256"]) for one in descriptor["sources"]} == {
        (
            f"file:{name}",
            hashlib.sha256((shared_data / name).read_bytes()).hexdigest(),
        )
        for name in files
    }


def test_figure_1_is_the_same_in_every_file(home: Path, release: Path) -> None:
    csv = (release / "fig1.csv").read_bytes()
    assert csv.startswith(b"\xef\xbb\xbf")
    from_csv = pd.read_csv(io.BytesIO(csv), encoding="utf-8-sig")
    from_parquet = pd.read_parquet(release / "fig1.parquet")
    from_database = [row["return_cum"] for row in size_returns(home, SESSION).values()]
    assert from_csv["return_cum"].tolist() == pytest.approx(from_parquet["return_cum"].tolist(), nan_ok=True, abs=0)
    assert sorted(from_parquet["return_cum"].dropna()) == sorted(value for value in from_database if value is not None)


def test_latest_stays_at_the_newest_session(home: Path, release: Path, other_sessions: dict[str, Night]) -> None:
    assert other_sessions
    link = home / "published" / STUDY / "latest"
    assert link.is_symlink()
    assert str(link.readlink()) == f"{SESSION}/r1"
    assert link.resolve() == release
    newest = ask(
        home / "published" / "zuhyo.duckdb", "SELECT DISTINCT session FROM latest.size_return WHERE study = ?", STUDY
    )
    assert newest == [(date(2026, 3, 11),)]


def test_a_session_of_2004_has_figure_1_on_the_index_and_no_figure_2(
    home: Path, other_sessions: dict[str, Night]
) -> None:
    night = other_sessions["2004-06-30"]
    assert night.status == 0
    said = night.said(date(2004, 6, 30), STUDY)
    assert said["release"] == "r1"
    withheld = {one["figure"]: one for one in said["withheld"]}
    assert {figure: one["kind"] for figure, one in withheld.items()} == {
        "long_run": "not_covered",
        "domestic_revenue_share": "not_covered",
        "constituent_return": "not_covered",
        "fund_ranking": "not_covered",
        "event_return": "not_covered",
        "eps_growth": "not_served",
    }
    assert "1974-06-28" in withheld["long_run"]["reason"]
    assert "1978-12-29" in withheld["long_run"]["reason"]
    rows = size_returns(home, "2004-06-30")
    assert {(row["series_id"], row["return_basis"], row["is_proxy"]) for row in rows.values()} == {
        ("RU2000TR", "gross", False),
        ("RU1000TR", "gross", False),
    }
    assert rows["R2000", "prev", "20Y"]["base_date"] == date(1984, 6, 29)
    assert rows["R2000", "prev", "30Y"]["return_cum"] is None
    files = {path.name for path in (home / "published" / STUDY / "2004-06-30" / "r1").iterdir()}
    assert files == {
        "fig1.csv", "fig1.parquet", "claims.csv", "claims.parquet", "datapackage.json", "build.json",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("session", "rule", "period", "base", "end"),
    [
        ("2024-02-29", "prev", "1Y", "2023-02-28", "2024-02-29"),
        ("2024-02-29", "prev", "1M", "2024-01-29", "2024-02-29"),
        ("2024-02-29", "month_end", "1M", "2024-01-31", "2024-02-29"),
        ("2024-02-28", "month_end", "1M", "2023-12-29", "2024-01-31"),
        ("2024-02-20", "prev", "1D", "2024-02-16", "2024-02-20"),
        ("2024-02-20", "next", "1D", "2024-02-16", "2024-02-20"),
        ("2024-02-26", "prev", "1W", "2024-02-16", "2024-02-26"),
        ("2024-02-26", "next", "1W", "2024-02-20", "2024-02-26"),
        ("2024-01-02", "prev", "YTD", "2023-12-29", "2024-01-02"),
        ("2024-01-02", "next", "YTD", "2023-12-29", "2024-01-02"),
        ("2024-01-02", "prev", "1D", "2023-12-29", "2024-01-02"),
        ("2024-01-02", "month_end", "YTD", "2022-12-30", "2023-12-29"),
        ("2024-01-02", "month_end", "1Y", "2022-12-30", "2023-12-29"),
    ],
)
def test_windows_around_month_ends_holidays_and_the_new_year(
    home: Path, other_sessions: dict[str, Night], session: str, rule: str, period: str, base: str, end: str
) -> None:
    assert other_sessions[session].status == 0
    for index in INDEX_OF:
        row = size_returns(home, session)[index, rule, period]
        assert (row["base_date"].isoformat(), row["end_date"].isoformat()) == (base, end)


@pytest.mark.parametrize("session", ["2004-06-30", "2024-01-02", "2024-02-20", "2024-02-29", SESSION])
def test_every_window_of_figure_1_is_what_the_raw_files_say(
    home: Path, shared_data: Path, other_sessions: dict[str, Night], session: str
) -> None:
    assert other_sessions
    rows = size_returns(home, session)
    for index, (own, fund) in INDEX_OF.items():
        levels = expected.raw_levels(shared_data, own if session < "2019" else fund)
        wanted = expected.size_returns(levels, session)
        found = {(rule, period): row for (at, rule, period), row in rows.items() if at == index}
        assert found.keys() == wanted.keys()
        for key, (base, end, cumulative, annual) in wanted.items():
            row = found[key]
            assert (row["base_date"], row["end_date"]) == (base, end), key
            assert row["return_cum"] == pytest.approx(cumulative, abs=6e-7), key
            assert row["return_ann"] == pytest.approx(annual, abs=6e-7), key


def test_a_range_is_one_run_with_a_release_a_session(home: Path, other_sessions: dict[str, Night]) -> None:
    sessions = [f"2024-02-{day}" for day in (20, 21, 22, 23, 26, 27, 28, 29)]
    night = other_sessions["2024-02-20"]
    assert list(night.record["sessions"]) == sessions
    assert {night.said(date.fromisoformat(session), STUDY)["release"] for session in sessions} == {"r1"}
    rows = ask(
        home / "published" / "zuhyo.duckdb",
        "SELECT session::VARCHAR FROM meta.release WHERE run_id = ? ORDER BY ALL",
        night.result.run_id,
    )
    assert rows == [(session,) for session in sessions]
    kept = ask(
        home / "published" / "zuhyo.duckdb",
        "SELECT DISTINCT session::VARCHAR FROM figure.long_run WHERE study = ?",
        STUDY,
    )
    assert kept == [(SESSION,)]
