"""A study of monthly series: the shipped one, made by its file alone; against days by hand and against the raw file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets import calendar
from assets.ingest.vendors import kenneth_french
from assets.publish.run_record import SessionResult, make_run_record
from assets.study import Study, read_studies
from assets.study_tables import run_sessions
from checks.gate import Withheld
from checks.table_checks import check_table
from pipelines.pending import Pending, read_backlog
from tests.support.helpers import (
    add_levels,
    day,
    empty_warehouse,
    make_figure,
    numbered,
    study_content,
    uncovered,
)
from warehouse.contract import contracts

ROOT = Path(__file__).parents[2]
STUDIES = ROOT / "pipelines" / "studies"
NAME = "us_size_french"
SERIES = {"ME_LO_30": "FF_ME_Lo_30", "ME_HI_30": "FF_ME_Hi_30"}
MONTHS = [
    calendar.last_session_of_month(month.year, month.month) for month in pd.period_range("1980-01", "2026-02", freq="M")
]
LEVELS = numbered(MONTHS)
"""A level a month that no other month has, so that a level names its month."""
PERIODS = {"1M": 1, "3M": 3, "6M": 6, "1Y": 12, "3Y": 36, "5Y": 60, "10Y": 120, "20Y": 240, "30Y": 360}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def study() -> Study:
    [found] = [one for one in read_studies(STUDIES) if one.study == NAME]
    return found


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse()


def fill(connection: duckdb.DuckDBPyConnection, levels: dict[date, float] = LEVELS) -> None:
    for series in SERIES.values():
        add_levels(connection, series, levels, basis="gross")


def up_to(last: str) -> dict[date, float]:
    return {one: level for one, level in LEVELS.items() if one <= day(last)}


def bases(rows: list[Row], base_rule: str) -> dict[str, str]:
    return {
        row["period"]: str(row["base_date"])
        for row in rows
        if row["base_rule"] == base_rule and row["index_id"] == "ME_LO_30"
    }


BY_HAND: list[tuple[str, str, dict[str, str]]] = [
    # by the day of the month, 30 August would find the level of July
    ("2022-10-14", "2022-09-30", {"1M": "2022-08-31", "1Y": "2021-09-30", "30Y": "1992-09-30", "YTD": "2021-12-31"}),
    # the last session of April 2022 was the 29th
    ("2022-05-31", "2022-05-31", {"1M": "2022-04-29", "3M": "2022-02-28", "6M": "2021-11-30"}),
    # a February that ends before the month of the base does
    ("2022-03-01", "2022-02-28", {"1M": "2022-01-31", "6M": "2021-08-31", "1Y": "2021-02-26"}),
    ("2026-03-11", "2026-02-27", {"1M": "2026-01-30", "3M": "2025-11-28", "20Y": "2006-02-28", "30Y": "1996-02-29"}),
    ("2024-02-29", "2024-02-29", {"1Y": "2023-02-28", "3Y": "2021-02-26", "20Y": "2004-02-27"}),
    # January: the year before the end's is the one that has just begun a year ago
    ("2026-01-02", "2025-12-31", {"YTD": "2024-12-31", "1M": "2025-11-28"}),
]


@pytest.mark.parametrize(("session", "as_of", "wanted"), BY_HAND)
@pytest.mark.parametrize("base_rule", ["prev", "next", "month_end"])
def test_a_window_starts_at_the_level_of_its_own_month(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    session: str,
    as_of: str,
    wanted: dict[str, str],
    base_rule: str,
) -> None:
    fill(connection)
    rows = make_figure(connection, study, "size_return", [day(session)])
    found = bases(rows, base_rule)
    assert {period: found[period] for period in wanted} == wanted
    assert {(str(row["as_of"]), str(row["end_date"])) for row in rows} == {(as_of, as_of)}


def test_every_month_has_windows_of_whole_months(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    """Levels are numbered by month: the difference of a window's ends is its number of months."""
    fill(connection)
    asked = MONTHS[-40:]
    rows = make_figure(connection, study, "size_return", asked)
    assert {row["session"] for row in rows} == set(asked)
    told = [row for row in rows if row["period"] != "YTD"]
    assert len(told) == len(asked) * 2 * 3 * len(PERIODS)
    assert [row for row in told if row["end_level"] - row["base_level"] != PERIODS[row["period"]]] == []


@pytest.mark.parametrize(
    ("session", "base", "end"),
    [("2026-03-11", "1996-02-29", "2026-02-27"), ("2022-10-14", "1992-09-30", "2022-09-30")],
)
def test_the_long_run_has_one_value_a_month(
    connection: duckdb.DuckDBPyConnection, study: Study, session: str, base: str, end: str
) -> None:
    fill(connection)
    rows = [row for row in make_figure(connection, study, "long_run", [day(session)]) if row["index_id"] == "ME_LO_30"]
    assert [row["date"] for row in rows] == [one for one in MONTHS if day(base) <= one <= day(end)]
    assert len(rows) == 361
    assert (rows[0]["rebased"], {str(row["base_date"]) for row in rows}) == (100.0, {base})
    assert rows[-1]["rebased"] == pytest.approx(100 * LEVELS[day(end)] / LEVELS[day(base)], abs=6e-5)


CORE, LINE, BARS = "core.index_level", "figure.long_run", "figure.size_return"
SESSION = day("2026-03-11")


def broken_checks(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """The checks of a table that don't hold for the session; the study's figure was made before."""
    return {one.check_name for one in check_table(connection, contracts()[table], NAME, [SESSION]) if not one.passed}


def test_a_series_with_every_month_is_complete(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    fill(connection)
    for figure, table in (("size_return", BARS), ("long_run", LINE)):
        assert make_figure(connection, study, figure, [SESSION])
        assert broken_checks(connection, table) == set()
    assert broken_checks(connection, CORE) == set()


def test_a_month_without_its_level_is_a_hole(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    fill(connection, {one: level for one, level in LEVELS.items() if one != day("2010-04-30")})
    assert make_figure(connection, study, "long_run", [SESSION])
    assert "long_run_every_session" in broken_checks(connection, LINE)
    assert broken_checks(connection, CORE) == {"index_level_every_session"}


def test_a_level_inside_a_month_is_ignored(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    fill(connection)
    before = make_figure(connection, study, "long_run", [SESSION])
    add_levels(connection, "FF_ME_Lo_30", {day("2010-04-15"): 1.0}, basis="gross")
    assert make_figure(connection, study, "long_run", [SESSION]) == before


# What data can't make


@pytest.mark.parametrize("figure", ["size_return", "long_run"])
def test_a_month_that_is_not_there_yet_is_not_late(
    connection: duckdb.DuckDBPyConnection, study: Study, figure: str
) -> None:
    """It is due on no certain morning: the night of a daily study must not fail for it."""
    fill(connection, up_to("2022-09-30"))
    assert make_figure(connection, study, figure, [SESSION]) == []
    found = uncovered(connection, figure)
    assert [(session, is_late) for session, is_late, _ in found] == [(SESSION, False)] * 2
    assert all("no level from 2026-02-27 to 2026-02-27" in reason and "2022-09-30" in reason for *_, reason in found)


@pytest.mark.parametrize("figure", ["size_return", "long_run"])
def test_the_newest_month_within_the_lag_is_used(
    connection: duckdb.DuckDBPyConnection, study: Study, figure: str
) -> None:
    fill(connection, up_to("2025-12-31"))
    assert make_figure(connection, study, figure, [SESSION], lag="1 month") == []
    rows = make_figure(connection, study, figure, [SESSION], lag="2 months")
    assert max(row.get("end_date") or row["date"] for row in rows) == day("2025-12-31")
    assert {row["as_of"] for row in rows} == {day("2026-02-27")}


@pytest.mark.parametrize(
    ("session", "lag", "oldest"),
    [
        ("2026-03-31", "1 month", "2026-02-27"),  # the 28th is a Saturday
        ("2022-05-31", "1 month", "2022-04-29"),
        ("2022-10-14", None, "2022-09-30"),
    ],
)
def test_a_lag_of_a_month_reaches_the_month_before(session: str, lag: str | None, oldest: str) -> None:
    [(_, _, found)] = run_sessions([day(session)], "last_complete_month", lag)
    assert found == day(oldest)


# What the file may say


def monthly(content: dict[str, Any], indices: slice) -> dict[str, Any]:
    for index in content["index"][indices]:
        for series in index["series"]:
            series["frequency"] = "monthly"
    return content


def test_monthly_series_have_no_periods_below_a_month() -> None:
    with pytest.raises(ValueError, match="monthly series have no periods below a month: 1D, 1W"):
        Study.model_validate(monthly(study_content(), slice(None)))


def test_a_study_is_daily_or_monthly() -> None:
    with pytest.raises(ValueError, match="all of them daily, or all of them monthly"):
        Study.model_validate(monthly(study_content(), slice(1)))


def test_the_page_prints_the_file_as_it_is() -> None:
    page = (ROOT / "docs" / "adding-a-study.md").read_text(encoding="utf-8")
    printed = re.findall(r"^```toml\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    assert printed == [(STUDIES / f"{NAME}.toml").read_text(encoding="utf-8")]


# The schedule


MORNING = datetime(2026, 3, 11, 22, 20, tzinfo=UTC)
"""07:20 on the 12th in Tokyo."""


def schedule_of(home: Path, *, more_data_expected: bool, is_other_out: bool = True) -> Pending | None:
    """What is asked for after a night in which the study published nothing."""
    withheld = [Withheld("long_run", "not_covered", "")]
    uncovered = SessionResult(NAME, SESSION, withheld=withheld, more_data_expected=more_data_expected)
    other = SessionResult("other", SESSION, release="r1" if is_other_out else None)
    make_run_record("run", "files", [uncovered, other], [], finished_at=MORNING).write(home / "runs")
    if is_other_out:
        release = home / "published" / "other" / SESSION.isoformat() / "r1"
        release.mkdir(parents=True)
        (release / "datapackage.json").write_text("{}", encoding="utf-8")
    return read_backlog(MORNING, home, [NAME, "other"]).pending


def test_a_study_whose_month_is_missing_is_not_asked_for_again(tmp_path: Path) -> None:
    assert schedule_of(tmp_path, more_data_expected=False) is None


@pytest.mark.parametrize(("more_data_expected", "is_other_out"), [(True, True), (False, False)])
def test_late_data_and_a_night_without_a_release_are_asked_for_again(
    tmp_path: Path, more_data_expected: bool, is_other_out: bool
) -> None:
    pending = schedule_of(tmp_path, more_data_expected=more_data_expected, is_other_out=is_other_out)
    assert pending
    assert (pending.session, NAME in pending.studies) == (SESSION, True)


# The same numbers from the raw file, in pandas


@pytest.fixture(scope="module")
def raw(shared_data: Path) -> bytes:
    found = sorted((shared_data / "index_levels" / "kenfrench").glob("*.csv"))
    if not found:
        pytest.skip(f"no file of Kenneth R. French in {shared_data}")
    return found[0].read_bytes()


def monthly_returns(raw: bytes) -> pd.DataFrame:
    """The value-weighted monthly table, in percent, by month."""
    lines = raw.decode("latin-1").splitlines()
    start = next(at for at, text in enumerate(lines) if "Value Weight Returns -- Monthly" in text) + 1
    end = next(at for at in range(start, len(lines)) if not lines[at].strip())
    table = pd.DataFrame([line.split(",") for line in lines[start + 1 : end]], columns=lines[start].split(","))
    table.index = pd.PeriodIndex(pd.to_datetime(table[""].str.strip(), format="%Y%m"), freq="M")
    return table[["Lo 30", "Hi 30"]].astype(float)


def test_the_figures_of_september_2022_are_what_the_raw_file_says(
    connection: duckdb.DuckDBPyConnection, study: Study, raw: bytes
) -> None:
    parsed = kenneth_french.parse(raw, {"return_basis": "gross", "currency": "USD"})
    for name in SERIES.values():
        levels = parsed[parsed["series_id"] == name]
        add_levels(
            connection,
            name,
            dict(zip(pd.to_datetime(levels["date"]).dt.date, levels["level"], strict=True)),
            basis="gross",
        )
    session = day("2022-10-14")
    windows = {
        (row["index_id"], row["period"]): row["return_cum"]
        for row in make_figure(connection, study, "size_return", [session])
        if row["is_headline"] or row["base_rule"] == "month_end"
    }
    line = make_figure(connection, study, "long_run", [session])
    assert not set(broken_checks(connection, LINE))
    returns = monthly_returns(raw)
    for index, portfolio in (("ME_LO_30", "Lo 30"), ("ME_HI_30", "Hi 30")):
        own = 1 + returns[portfolio][:"2022-09"] / 100
        for period, months in (PERIODS | {"YTD": 9}).items():
            assert windows[index, period] == pytest.approx(float(own.to_numpy()[-months:].prod()) - 1, abs=6e-7), period
        values = [row["rebased"] for row in line if row["index_id"] == index]
        assert values[1:] == pytest.approx(list(100 * own.iloc[-360:].cumprod()), abs=6e-5)
    assert windows["ME_LO_30", "1Y"] == pytest.approx(-0.237766)
    assert windows["ME_HI_30", "30Y"] == pytest.approx(15.222413)
