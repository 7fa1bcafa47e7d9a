"""Levels that can't be true are found by what stands beside them: the other side, the fund, the published years.

So does a fund's own close and its dividends. The good data: an invented market of two sides, an index and a fund on
each. Each test puts one lie into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pytest

from assets.study import Study
from assets.study_tables import fill_study_tables
from checks.outcome import Outcome
from checks.table_checks import check_table
from tests.support.helpers import CUT_OFF, STUDY, add_levels, add_rows, day, empty_warehouse, make_study, sessions
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
    yield empty_warehouse(TABLE, "core.correction")
    empty_warehouse(TABLE, "core.correction")


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
    fill_study_tables(connection, study(published=published), [session], CUT_OFF, None)
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


def test_one_wrong_day_does_not_make_a_fund_follow_the_other_index(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = failed(warehouse, changed("SMALL", 1.4, "2023-05-03", "2023-05-03"))
    assert "index_level_daily_move" in found
    assert "fund_follows_the_other_index" not in found


@pytest.mark.parametrize("kind", ["index", "fund"])
def test_two_files_exchanged_are_found_without_any_other(warehouse: duckdb.DuckDBPyConnection, kind: str) -> None:
    small, large = ("SMALL", "LARGE") if kind == "index" else ("SMALL_FUND", "LARGE_FUND")
    found = failed(warehouse, {small: good()[large], large: good()[small]}, published=True)
    assert found["index_level_year_is_published"].subjects == (large, small)


# What a fund's file says beside its adjusted close

LAST = len(DAYS) - 1
MONTH_ENDS = {(one.year, one.month): place for place, one in enumerate(DAYS)}
EX_DAYS = [place for (_, month), place in MONTH_ENDS.items() if month % 3 == 0 and 0 < place < LAST]
"""Places of the last days of quarters."""


@cache
def fund_file() -> tuple[tuple[float, ...], Mapping[str, Sequence[float]]]:
    """Closes to the cent with a dividend a quarter, and an adjusted close made of them as Yahoo does; high and low."""
    total = np.array(list(good()["SMALL_FUND"].values()))
    paid = np.zeros(len(DAYS))
    paid[EX_DAYS] = 0.7
    factors = np.ones(len(DAYS))
    closes = np.round(total / total[0] * 150, 2)
    for at in EX_DAYS:
        factors[:at] *= 1 - 0.7 / closes[at - 1]
    spread = 0.5 + np.arange(len(DAYS)) % 101 / 100
    bars = {"open": closes - 0.3, "high": closes + spread, "low": closes - spread, "close": closes, "dividend": paid}
    return tuple(closes * factors), {name: tuple(values) for name, values in bars.items()}


def add_fund(
    connection: duckdb.DuckDBPyConnection,
    *,
    without: Sequence[str] = (),
    decimals: int | None = None,
    known_at: datetime = datetime(2026, 3, 12, 1),
    **changed: dict[int, float],
) -> None:
    """The fund's file with values changed, by column and place, without some columns, printed with ``decimals``."""
    levels, bars = fund_file()
    columns = {"level": list(levels)} | {name: list(values) for name, values in bars.items() if name not in without}
    for name, places in changed.items():
        for place, value in places.items():
            columns[name][place] = value
    if decimals is not None:
        columns = {name: [round(value, decimals) for value in values] for name, values in columns.items()}
    quantum = [10.0**-decimals if decimals is not None else 0.0] * len(DAYS)
    stated = dict(zip(DAYS, columns.pop("level"), strict=True))
    add_levels(connection, "SMALL_FUND", stated, bars={**columns, "quantum": quantum}, known_at=known_at)


def failed_fund(connection: duckdb.DuckDBPyConnection) -> dict[str, Outcome]:
    return failed(connection, {})


@pytest.mark.parametrize("decimals", [None, 4, 2])
@pytest.mark.parametrize("without", [(), ("dividend",), ("open", "high", "low", "dividend")])
def test_a_good_file_passes_however_it_is_printed(
    warehouse: duckdb.DuckDBPyConnection, decimals: int | None, without: tuple[str, ...]
) -> None:
    add_fund(warehouse, decimals=decimals, without=without)
    assert failed_fund(warehouse) == {}


def test_a_dividend_put_back_by_the_other_rule_passes(warehouse: duckdb.DuckDBPyConnection) -> None:
    _, bars = fund_file()
    closes, paid = np.array(bars["close"]), np.array(bars["dividend"])
    total = 100 * np.cumprod(np.concatenate([[1.0], (closes[1:] + paid[1:]) / closes[:-1]]))
    add_fund(warehouse, level=dict(enumerate(total)))
    assert failed_fund(warehouse) == {}


def test_a_close_that_is_not_adjusted_for_a_split_passes(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Before the day a unit cost twice as much, and paid twice as much."""
    at = DAYS.index(day("2024-05-15"))
    _, bars = fund_file()
    doubled = {name: {place: 2 * values[place] for place in range(at)} for name, values in bars.items()}
    add_fund(warehouse, **doubled)
    warehouse.execute(f"UPDATE {TABLE} SET split_factor = CASE WHEN date = DATE '2024-05-15' THEN 2 ELSE 1 END")
    assert failed_fund(warehouse) == {}
    warehouse.execute(f"UPDATE {TABLE} SET dividend = NULL, split_factor = NULL")
    assert failed_fund(warehouse) == {}


@pytest.mark.parametrize("decimals", [None, 4, 2])
def test_an_adjusted_close_that_misses_one_dividend_is_found(
    warehouse: duckdb.DuckDBPyConnection, decimals: int | None
) -> None:
    levels, bars = fund_file()
    at = EX_DAYS[-2]
    factor = 1 - 0.7 / bars["close"][at - 1]
    add_fund(warehouse, level={place: levels[place] / factor for place in range(at)}, decimals=decimals)
    outcome = failed_fund(warehouse)["adjusted_close_follows_dividends"]
    assert (outcome.subjects, outcome.failing) == (("SMALL_FUND",), 1)
    assert outcome.sample[0]["date"] == DAYS[at]
    assert outcome.sample[0]["dividend"] == 0.7


def test_a_total_return_index_is_made_of_its_price_and_dividends(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels, bars = fund_file()
    beside = {name: list(bars[name]) for name in ("close", "dividend")}
    wrong = [level * (1.001 if place >= 900 else 1) for place, level in enumerate(levels)]
    add_levels(warehouse, "SMALL", dict(zip(DAYS, wrong, strict=True)), bars=beside)
    outcome = failed(warehouse, {})["adjusted_close_follows_dividends"]
    assert [row["date"] for row in outcome.sample] == [DAYS[900]]


def test_a_close_in_place_of_the_adjusted_close_is_found_by_its_dividends(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_fund(warehouse, level=dict(enumerate(fund_file()[1]["close"])))
    assert failed_fund(warehouse)["adjusted_close_follows_dividends"].failing == len(EX_DAYS)


def test_a_close_from_some_year_on_is_found_without_dividends(warehouse: duckdb.DuckDBPyConnection) -> None:
    closes = fund_file()[1]["close"]
    first = DAYS.index(day("2022-01-03"))
    ratio = fund_file()[0][first] / closes[first]
    level = {place: closes[place] * ratio for place in range(first, len(DAYS))}
    add_fund(warehouse, level=level, without=("dividend",))
    outcome = failed_fund(warehouse)["adjusted_close_steps_at_dividends"]
    assert outcome.subjects == ("SMALL_FUND",)
    assert outcome.sample[0]["fault"] == "days without a dividend"


def test_a_fund_that_never_paid_has_equal_closes(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_fund(warehouse, level=dict(enumerate(fund_file()[1]["close"])), without=("dividend",))
    assert failed_fund(warehouse) == {}


def test_a_fund_known_to_have_paid_has_not(warehouse: duckdb.DuckDBPyConnection) -> None:
    """What the night before knew tells, though the new file says nothing of dividends."""
    add_fund(warehouse)
    later = datetime(2026, 3, 12, 5)
    add_fund(warehouse, level=dict(enumerate(fund_file()[1]["close"])), without=("dividend",), known_at=later)
    assert failed_fund(warehouse).keys() == {"adjusted_close_steps_at_dividends"}


@pytest.mark.parametrize(("factor", "fault"), [(0.99, "adjusted close fell against the close")])
def test_an_adjusted_close_never_falls_against_the_close(
    warehouse: duckdb.DuckDBPyConnection, factor: float, fault: str
) -> None:
    levels, _ = fund_file()
    add_fund(warehouse, level={place: levels[place] * factor for place in range(700, len(DAYS))}, without=("dividend",))
    outcome = failed_fund(warehouse)["adjusted_close_steps_at_dividends"]
    assert [(row["date"], row["fault"]) for row in outcome.sample] == [(DAYS[700], fault)]


def test_an_adjusted_close_that_rises_every_other_day_is_none(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels, _ = fund_file()
    add_fund(
        warehouse,
        level={place: level * 1.0001 ** (place // 2) for place, level in enumerate(levels)},
        without=("dividend",),
    )
    outcome = failed_fund(warehouse)["adjusted_close_steps_at_dividends"]
    assert outcome.sample[0]["fault"] == "so many steps up in 365 days"


def test_a_dividend_that_was_known_does_not_vanish(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_fund(warehouse)
    levels, bars = fund_file()
    at = EX_DAYS[3]
    factor = 1 - 0.7 / bars["close"][at - 1]
    add_fund(
        warehouse,
        level={place: levels[place] / factor for place in range(at)},
        dividend={at: 0.0},
        known_at=datetime(2026, 3, 12, 5),
    )
    found = failed_fund(warehouse)
    assert found.keys() == {"index_level_dividend_is_gone"}
    assert found["index_level_dividend_is_gone"].sample[0]["date"] == DAYS[at]


# A level that is not the day's own


def copied(place: int, back: int) -> dict[str, dict[int, float]]:
    """The row of some days before, in every column."""
    levels, bars = fund_file()
    return {name: {place: values[place - back]} for name, values in ({"level": levels} | dict(bars)).items()}


@pytest.mark.parametrize("back", [1, 2, 30])
@pytest.mark.parametrize("place", [LAST, 1000])
def test_a_row_of_another_day_is_found_in_one_file(warehouse: duckdb.DuckDBPyConnection, place: int, back: int) -> None:
    add_fund(warehouse, **(copied(place, back) | {"dividend": {}}))
    outcome = failed_fund(warehouse)["index_level_repeats"]
    assert [(row["date"], row["same_as"]) for row in outcome.sample] == [(DAYS[place], DAYS[place - back])]


@pytest.mark.parametrize("pair", [("SMALL", "LARGE"), ("SMALL_FUND", "LARGE_FUND"), ("SMALL", "LARGE_FUND")])
@pytest.mark.parametrize("back", [1, 2, 7])
def test_both_sides_equal_to_an_earlier_day_are_found(
    warehouse: duckdb.DuckDBPyConnection, pair: tuple[str, str], back: int
) -> None:
    levels = {series: good()[series] | {SESSION: good()[series][DAYS[LAST - back]]} for series in pair}
    outcome = failed(warehouse, levels)["index_level_repeats"]
    assert outcome.subjects == tuple(sorted(pair))
    assert {row["same_as"] for row in outcome.sample} == {DAYS[LAST - back]}


def test_one_side_that_stands_still_only_warns(warehouse: duckdb.DuckDBPyConnection) -> None:
    still = {"SMALL": good()["SMALL"] | {SESSION: good()["SMALL"][DAYS[-2]]}, "LARGE": good()["LARGE"]}
    assert failed(warehouse, still) == {}
    found = check_table(warehouse, contracts()[TABLE], STUDY, [SESSION])
    [outcome] = [one for one in found if one.check_name == "index_level_stands_still"]
    assert (outcome.passed, outcome.subjects) == (False, ("SMALL",))


def test_levels_printed_too_coarsely_to_tell_days_apart_are_let_be(warehouse: duckdb.DuckDBPyConnection) -> None:
    for series in ("SMALL", "LARGE"):
        own = good()[series] | {SESSION: good()[series][DAYS[-2]]}
        rounded = {one: float(round(level)) for one, level in own.items()}
        add_levels(warehouse, series, rounded, bars={"quantum": [1.0] * len(DAYS)})
    assert failed(warehouse, {}) == {}


@pytest.mark.parametrize("factor", [1.06, 0.94])
def test_a_close_outside_its_bar_is_found(warehouse: duckdb.DuckDBPyConnection, factor: float) -> None:
    levels, bars = fund_file()
    add_fund(warehouse, level={LAST: levels[LAST] * factor}, close={LAST: bars["close"][LAST] * factor})
    outcome = failed_fund(warehouse)["index_level_outside_its_bar"]
    assert [row["date"] for row in outcome.sample] == [SESSION]


# What a person states of it


def state(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    subject: str,
    first: str,
    last: str | None = None,
    factor: float | None = None,
) -> None:
    """A known correction, as the desk writes it down."""
    add_rows(
        connection,
        "core.correction",
        {
            "stated_in": "corrections.toml", "correction_id": f"{kind}-{subject}-{first}", "kind": kind,
            "dataset": "index_level", "subject": subject, "date": day(first), "until": last and day(last),
            "factor": factor, "reason": "invented", "source": "a test", "stated_by": "nobody",
            "stated_on": day("2026-03-12"), "known_at": datetime(2026, 3, 12, 2), "payload_sha256": "stated",
        },
    )  # fmt: skip


def test_a_split_that_is_stated_needs_no_second_statement(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels, bars = fund_file()
    at = EX_DAYS[-2] + 5
    halved = {
        name: {place: values[place] / 2 for place in range(at, len(DAYS))}
        for name, values in ({"level": levels} | bars).items()
        if name in ("level", "open", "high", "low", "close", "dividend")
    }
    add_fund(warehouse, **halved)
    assert "index_level_daily_move" in failed_fund(warehouse)
    state(warehouse, "split", "SMALL_FUND", f"{DAYS[at]}", factor=2)
    assert failed_fund(warehouse) == {}


@pytest.mark.parametrize("stated", ["SMALL", "LARGE_FUND"])
def test_a_day_stated_as_real_passes(warehouse: duckdb.DuckDBPyConnection, stated: str) -> None:
    """Whichever of the two moved: what is stated of one explains the difference."""
    levels = changed("SMALL", 1.2, "2026-03-11")
    state(warehouse, "real_move", stated, "2026-03-11")
    assert failed(warehouse, {one: levels[one] for one in ("SMALL", "LARGE_FUND")}).keys() == (
        set() if stated == "SMALL" else {"index_level_daily_move"}
    )


def test_another_day_stated_as_real_excuses_nothing(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels = changed("SMALL", 1.2, "2026-03-11")
    state(warehouse, "real_move", "SMALL", "2026-03-01", "2026-03-10")
    assert failed(warehouse, {one: levels[one] for one in ("SMALL", "LARGE")}).keys() == {
        "index_level_daily_move",
        "index_level_sides_apart",
    }


@pytest.mark.parametrize("factor", [1.2, 0.8, 1.18])
def test_a_last_day_that_every_file_has_wrong_is_found(warehouse: duckdb.DuckDBPyConnection, factor: float) -> None:
    """Nothing stands beside them but the days before."""
    levels = {series: changed(series, factor, "2026-03-11")[series] for series in PAIRS.values()}
    assert failed(warehouse, levels)["index_level_daily_move"].subjects == ("LARGE_FUND", "SMALL_FUND")


def test_a_move_of_more_than_a_quarter_passes_where_it_is_stated(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels = {series: changed(series, 0.7, "2026-03-11")[series] for series in good()}
    assert failed(warehouse, levels).keys() == {"index_level_daily_move"}
    for series in levels:
        state(warehouse, "real_move", series, "2026-03-11")
    assert failed(warehouse, {}) == {}


def test_years_stated_as_real_pass(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels = with_yearly_points("SMALL_FUND", -4.0, range(2023, 2024))
    state(warehouse, "real_move", "SMALL_FUND", "2023-01-01", "2025-12-31")
    assert failed(warehouse, levels, published=True) == {}


def test_a_dividend_that_was_rightly_taken_out_passes(warehouse: duckdb.DuckDBPyConnection) -> None:
    at = EX_DAYS[3]
    add_fund(warehouse)
    state(warehouse, "restatement", "SMALL_FUND", f"{DAYS[at]}")
    state(warehouse, "real_move", "SMALL_FUND", f"{DAYS[at]}")
    add_fund(warehouse, dividend={at: 0.0}, known_at=datetime(2026, 3, 12, 5))
    assert failed_fund(warehouse) == {}


def test_what_stands_beside_a_level_may_be_put_right_without_restating_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The level is the day's; highs that a vendor corrects are none."""
    add_fund(warehouse)
    highs = dict(enumerate(high + 0.01 for high in fund_file()[1]["high"]))
    add_fund(warehouse, high=highs, known_at=datetime(2026, 3, 12, 5))
    fill_study_tables(warehouse, study(published=False), [SESSION], CUT_OFF, None)
    found = {one.check_name: one for one in check_table(warehouse, contracts()[TABLE], STUDY, [SESSION])}
    assert found["index_level_restated"].passed
    add_fund(warehouse, level={place: 50.0 + place for place in range(6)}, known_at=datetime(2026, 3, 12, 6))
    fill_study_tables(warehouse, study(published=False), [SESSION], CUT_OFF, None)
    found = {one.check_name: one for one in check_table(warehouse, contracts()[TABLE], STUDY, [SESSION])}
    assert found["index_level_restated"].sample[0]["restated_days"] == 6
