"""Levels that can't be true are found by what stands beside them: the other side, the fund, the published years.

The good data: an invented market of two sides, an index and a fund on each. Each test puts one lie into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pytest

from assets.figures.inputs import study_inputs
from assets.study import Study
from checks.outcome import Outcome
from checks.table_checks import check_table
from tests.unit.helpers import CUT_OFF, STUDY, add_levels, day, empty_warehouse, make_study, sessions
from warehouse.contract import contracts

SESSION = day("2026-03-11")
DAYS = sessions("2018-12-31", "2026-03-11")
YEARS = range(2019, 2027)
CRASH = day("2020-03-16")
"""A day on which everything fell, small much further than large."""

PAIRS = {"SMALL": "SMALL_FUND", "LARGE": "LARGE_FUND"}
TABLE = "core.index_level"

Levels = dict[date, float]


@cache
def moves() -> dict[str, np.ndarray]:
    """Daily moves of indices and funds: sides 0.5 % apart, a fund 0.1 % from its index and 0.2 points a year below."""
    random = np.random.default_rng(7)
    count = len(DAYS) - 1
    market = 0.0004 + 0.009 * random.standard_normal(count)
    found = {"SMALL": market + 0.005 * random.standard_normal(count), "LARGE": market}
    crash = DAYS.index(CRASH) - 1
    found["SMALL"][crash - 1 : crash + 1] = [-0.09, -0.20]
    found["LARGE"][crash - 1 : crash + 1] = [-0.10, -0.10]
    for index, fund in PAIRS.items():
        noise = 0.001 * random.standard_normal(count)
        for year in YEARS:  # what trading does to a fund by the day is gone by the year's end
            own = np.array([one.year == year for one in DAYS[1:]])
            noise[own] -= noise[own].mean() + 0.002 / 252
        found[fund] = found[index] + noise
    return found


def levels_of(own: np.ndarray) -> Levels:
    return dict(zip(DAYS, 1000 * np.cumprod(np.concatenate([[1.0], 1 + own])), strict=True))


def good() -> dict[str, Levels]:
    return {series: levels_of(own) for series, own in moves().items()}


def years_of(levels: Levels) -> dict[int, float]:
    """Returns of complete years in percent, as a provider prints them."""
    ends = {one.year: level for one, level in levels.items()}
    return {year: round(100 * (ends[year] / ends[year - 1] - 1), 2) for year in YEARS if year < 2026}


def study(*, published: bool) -> Study:
    stated = {"SMALL": "R2000", "LARGE": "R1000"}
    facts = [{"index": index, "returns": years_of(good()[series])} for series, index in stated.items()]
    cross_check: dict[str, Any] = {"fund_pair": [{"fund": fund, "index": index} for index, fund in PAIRS.items()]}
    return make_study(cross_check=cross_check | ({"published_return": facts} if published else {}))


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    yield empty_warehouse(TABLE)
    empty_warehouse(TABLE)


def failed(
    connection: duckdb.DuckDBPyConnection,
    levels: dict[str, Levels],
    *,
    published: bool = False,
    session: date = SESSION,
) -> dict[str, Outcome]:
    """The blocking checks that do not hold, by name."""
    for series, own in levels.items():
        add_levels(connection, series, own)
    study_inputs(connection, study(published=published), [session], CUT_OFF, None)
    found = check_table(connection, contracts()[TABLE], STUDY, [session])
    assert [one.error for one in found if one.error] == []
    return {one.check_name: one for one in found if one.blocking and not one.passed}


def changed(series: str, factor: float, first: str, last: str = "2099-12-31") -> dict[str, Levels]:
    """The good data with a series' levels times a factor from one day to another."""
    own = {one: level * (factor if day(first) <= one <= day(last) else 1) for one, level in good()[series].items()}
    return good() | {series: own}


@pytest.mark.parametrize("published", [False, True])
def test_good_levels_pass_every_check(warehouse: duckdb.DuckDBPyConnection, published: bool) -> None:
    assert failed(warehouse, good(), published=published) == {}


@pytest.mark.parametrize("series", ["SMALL", "LARGE_FUND"])
@pytest.mark.parametrize("factor", [1.2, 0.8, 1.13])
def test_a_last_day_that_only_one_side_has_is_found(
    warehouse: duckdb.DuckDBPyConnection, series: str, factor: float
) -> None:
    levels = changed(series, factor, "2026-03-11")
    alone = {one: levels[one] for one in (series, "LARGE" if series == "SMALL" else "SMALL")}
    outcome = failed(warehouse, alone)["index_level_sides_apart"]
    assert outcome.subjects == tuple(sorted(alone))  # two series can't tell which of them is wrong
    assert outcome.sample[0]["date"] == SESSION


def test_a_third_series_tells_which_side_is_wrong(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = failed(warehouse, changed("LARGE", 1.2, "2026-03-11"))
    assert found["index_level_sides_apart"].subjects == ("LARGE",)
    assert found["index_level_same_index_apart"].subjects == ("LARGE",)


def test_a_level_wrong_from_some_day_on_is_found_on_that_day(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = failed(warehouse, changed("SMALL_FUND", 0.8, "2024-01-01"))
    assert found["index_level_sides_apart"].sample[0]["date"] == day("2024-01-02")
    assert found["index_level_sides_apart"].subjects == ("SMALL_FUND",)


def test_a_spike_back_and_forth_is_found_between_fund_and_index(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = failed(warehouse, changed("SMALL_FUND", 1.05, "2023-05-03", "2023-05-03"))
    assert found.keys() == {"index_level_same_index_apart"}
    outcome = found["index_level_same_index_apart"]
    assert outcome.subjects == ("SMALL", "SMALL_FUND")
    assert {row["date"] for row in outcome.sample} == {day("2023-05-03"), day("2023-05-04")}


def test_days_before_a_lie_are_not_touched(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert failed(warehouse, changed("SMALL_FUND", 1.05, "2023-05-03"), session=day("2023-05-02")) == {}


def test_a_crash_in_which_sides_come_apart_is_no_fault(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Small fell by 20 %, large by 10 %; on a quiet day these two would not go through."""
    alone = {series: good()[series] for series in ("SMALL_FUND", "LARGE_FUND")}
    assert failed(warehouse, alone) == {}


def test_a_move_that_both_series_of_each_side_made_is_real(warehouse: duckdb.DuckDBPyConnection) -> None:
    small = changed("SMALL", 1.12, "2023-05-03")["SMALL"]
    fund = changed("SMALL_FUND", 1.12, "2023-05-03")["SMALL_FUND"]
    assert failed(warehouse, good() | {"SMALL": small, "SMALL_FUND": fund}) == {}


def with_yearly_points(series: str, points: float, years: range) -> dict[str, Levels]:
    """The good data with so many points a year more, a little every day."""
    own = moves()[series] + [points / 100 / 252 if one.year in years else 0.0 for one in DAYS[1:]]
    return good() | {series: levels_of(np.asarray(own))}


def test_an_index_without_its_dividends_is_found_beside_its_fund(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = failed(warehouse, with_yearly_points("SMALL", -1.4, range(2019, 2027)))
    assert found.keys() == {"fund_drifts_from_index"}
    assert found["fund_drifts_from_index"].subjects == ("SMALL", "SMALL_FUND")


def test_the_published_years_tell_that_the_index_is_the_wrong_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = failed(warehouse, with_yearly_points("SMALL", -1.4, range(2019, 2027)), published=True)
    assert {name: outcome.subjects for name, outcome in found.items()} == {
        "fund_drifts_from_index": ("SMALL",),
        "index_level_year_is_published": ("SMALL",),
    }


def test_a_price_in_place_of_an_adjusted_close_is_found_by_the_published_years(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    levels = with_yearly_points("LARGE_FUND", -1.8, range(2019, 2027))
    alone = {series: levels[series] for series in PAIRS.values()}
    assert failed(warehouse, alone, published=True)["fund_drifts_from_index"].subjects == ("LARGE_FUND",)


@pytest.mark.parametrize(
    ("series", "points", "years"),
    [("SMALL_FUND", 1.3, range(2022, 2023)), ("SMALL_FUND", -0.4, range(2019, 2027))],
    ids=["one year of 1.3 points", "a fee of 0.6 points"],
)
def test_what_happened_to_real_funds_is_no_drift(
    warehouse: duckdb.DuckDBPyConnection, series: str, points: float, years: range
) -> None:
    assert failed(warehouse, with_yearly_points(series, points, years), published=True) == {}


def test_a_year_far_off_withholds_what_stands_on_either(warehouse: duckdb.DuckDBPyConnection) -> None:
    outcome = failed(warehouse, with_yearly_points("SMALL", -4.0, range(2023, 2024)))["fund_far_from_index"]
    assert outcome.subjects == ("SMALL", "SMALL_FUND")


@pytest.mark.parametrize("wrong", ["SMALL", "SMALL_FUND"])
def test_a_year_far_off_is_laid_to_the_one_that_was_not_published(
    warehouse: duckdb.DuckDBPyConnection, wrong: str
) -> None:
    found = failed(warehouse, with_yearly_points(wrong, -4.0, range(2023, 2024)), published=True)
    assert found["fund_far_from_index"].subjects == (wrong,)
    assert found["index_level_year_is_published"].subjects == (wrong,)


def test_two_index_files_exchanged_are_found_by_their_funds(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels = good() | {"SMALL": good()["LARGE"], "LARGE": good()["SMALL"]}
    outcome = failed(warehouse, levels)["fund_follows_the_other_index"]
    assert outcome.subjects == ("LARGE", "LARGE_FUND", "SMALL", "SMALL_FUND")
    assert outcome.failing == 4 * 7  # of 2026 there are too few days


@pytest.mark.parametrize("kind", ["index", "fund"])
def test_two_files_exchanged_are_found_without_any_other(warehouse: duckdb.DuckDBPyConnection, kind: str) -> None:
    small, large = ("SMALL", "LARGE") if kind == "index" else ("SMALL_FUND", "LARGE_FUND")
    found = failed(warehouse, {small: good()[large], large: good()[small]}, published=True)
    assert found["index_level_year_is_published"].subjects == (large, small)
