"""Each check of a table holds on good data and finds the fault that it is there for.

The good data: seven years of a market in which everything fits together. Each case breaks one thing in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pytest

from assets.study import Study
from assets.study_tables import fill_study_tables
from checks.outcome import SAMPLE_ROWS, Outcome
from checks.table_checks import check_table
from tests.support.helpers import (
    CUT_OFF,
    STUDY,
    add_levels,
    day,
    empty_warehouse,
    make_figure,
    make_study,
    sessions,
)
from warehouse.contract import Check, contracts

SESSIONS = [day("2025-06-30"), day("2026-03-11")]
EARLIER, SESSION = SESSIONS
DAYS = sessions("2018-12-31", "2026-03-11")
YEAR_ENDS = [max(one for one in DAYS if one.year == year) for year in range(2018, 2026)]
CROSS_CHECK: dict[str, Any] = {
    "price_guard": [
        {
            "total_return": "SMALL",
            "price": "SMALL_PR",
            "band": [1.0, 2.0],
            "floor": 0.5,
            "years": [2019, 2024],
        },
    ],
    "fund_pair": [{"fund": "SMALL_FUND", "index": "SMALL"}],
    "whole_market": [
        {"whole": "WHOLE", "small": "SMALL", "large": "LARGE", "weight_of_small": [0.04, 0.12]},
    ],
    "size_premium": [
        {"small": "SMALL", "large": "LARGE", "academic_small": "LO_30", "academic_large": "HI_30"},
    ],
}
CORE, RETURNS, LINES = "core.index_level", "figure.size_return", "figure.long_run"

Levels = dict[date, float]


def market(small: dict[int, float], large: dict[int, float]) -> dict[str, Levels]:
    """Every series of the study, from the total return of each calendar year."""
    whole = {year: 0.08 * small[year] + 0.92 * large[year] for year in small}
    price = {year: rate - 0.015 for year, rate in small.items()}
    fund = {year: rate + 0.001 for year, rate in small.items()}
    daily = {"SMALL": small, "LARGE": large, "WHOLE": whole, "SMALL_PR": price, "SMALL_FUND": fund}
    levels = {series: growing(rates) for series, rates in daily.items()}
    for academic, series in (("LO_30", "SMALL"), ("HI_30", "LARGE")):
        levels[academic] = {one: level for one, level in levels[series].items() if one in YEAR_ENDS}
    return levels


def growing(rates: dict[int, float]) -> Levels:
    """Levels that reach each year's return exactly, a little to and fro on the way."""
    levels, level = {DAYS[0]: 1000.0}, 1000.0
    for year, rate in rates.items():
        own = [one for one in DAYS[1:] if one.year == year]
        for position, one in enumerate(own, start=1):
            wave = 0.01 * np.sin(np.pi * position / len(own)) ** 2
            levels[one] = level * (1 + rate) ** (position / len(own)) * (1 + wave)
        level *= 1 + rate
    return levels


@cache
def good() -> dict[str, Levels]:
    small = dict(zip(range(2019, 2027), [0.25, 0.19, 0.14, -0.20, 0.16, 0.11, 0.12, 0.03], strict=True))
    large = dict(zip(range(2019, 2027), [0.31, 0.21, 0.26, -0.19, 0.26, 0.24, 0.17, 0.01], strict=True))
    return market(small, large)


def study() -> Study:
    return make_study(cross_check=CROSS_CHECK)


@pytest.fixture(scope="module")
def filled() -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse()
    for series, levels in good().items():
        basis = {"SMALL_PR": "price", "SMALL_FUND": "adjusted_close"}.get(series, "gross")
        add_levels(connection, series, levels, basis=basis)
    make_figure(connection, study(), "size_return", SESSIONS)
    make_figure(connection, study(), "long_run", SESSIONS)
    for table in (CORE, RETURNS, LINES):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE good_{table.split('.')[1]} AS FROM {table}")
    return connection


@pytest.fixture
def connection(filled: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The good data; what a test breaks in it is undone.

    By copies, not by a transaction: DuckDB 2.0 can crash on checks that join rows not yet committed.
    """
    yield filled
    for table in (CORE, RETURNS, LINES):
        filled.execute(f"DELETE FROM {table}")
        filled.execute(f"INSERT INTO {table} FROM good_{table.split('.')[1]}")


def outcomes(
    connection: duckdb.DuckDBPyConnection, table: str, asked: list[date] | None = None
) -> dict[str, dict[date, Outcome]]:
    asked = asked or SESSIONS
    fill_study_tables(connection, study(), asked, CUT_OFF, None)
    found: dict[str, dict[date, Outcome]] = {}
    for outcome in check_table(connection, contracts()[table], STUDY, asked):
        found.setdefault(outcome.check_name, {})[outcome.session] = outcome
    return found


@pytest.mark.parametrize("table", [CORE, RETURNS, LINES])
def test_good_data_passes_every_check(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    found = outcomes(connection, table)
    assert set(found) == {check.name for check in contracts()[table].check}
    for by_session in found.values():
        assert set(by_session) == set(SESSIONS)
        for outcome in by_session.values():
            assert outcome.passed, outcome.observed
            assert (outcome.failing, outcome.subjects, outcome.error) == (0, None, None)


def change(levels: dict[str, Levels]) -> Callable[[duckdb.DuckDBPyConnection], None]:
    """A later payload that the cut-off still sees."""

    def broken(connection: duckdb.DuckDBPyConnection) -> None:
        for series, own in levels.items():
            basis = {"SMALL_PR": "price", "SMALL_FUND": "adjusted_close"}.get(series, "gross")
            add_levels(connection, series, own, basis=basis, known_at=datetime(2026, 3, 12, 5))

    return broken


def shifted(series: str, year: int, points: float) -> dict[str, Levels]:
    """The series with one calendar year's return that many points higher, all else the same."""
    levels = good()[series]
    start, end = (next(one for one in YEAR_ENDS if one.year == y) for y in (year - 1, year))
    factor = (levels[end] / levels[start] + points / 100) / (levels[end] / levels[start])
    own = [one for one in levels if start < one <= end]
    moved = {one: levels[one] * factor ** (place / len(own)) for place, one in enumerate(own, start=1)}
    return {series: moved | {one: level * factor for one, level in levels.items() if one > end}}


def without_dividends(year: int) -> Levels:
    """The small index, from that year on moving as its price index does."""
    total, price = good()["SMALL"], good()["SMALL_PR"]
    start = next(one for one in YEAR_ENDS if one.year == year - 1)
    return {one: total[start] * price[one] / price[start] for one in total if one > start}


def statement(text: str) -> Callable[[duckdb.DuckDBPyConnection], None]:
    return lambda connection: connection.execute(text) and None


def jump(days: int) -> Levels:
    """+40 % from 2025-09-02 on."""
    return {one: level * 1.4 for one, level in good()["LARGE"].items() if one >= day("2025-09-02")}


@dataclass(frozen=True)
class Case:
    """What is broken, the check that must find it in the sessions, and the series that it must name."""

    table: str
    check: str
    broken: Callable[[duckdb.DuckDBPyConnection], None]
    subjects: tuple[str, ...] | None = None
    failing: int = 1
    sessions: tuple[date, ...] = (SESSION,)


def case(name: str, *arguments: Any, **keywords: Any) -> Any:
    return pytest.param(Case(*arguments, **keywords), id=name)


MISSING = "DELETE FROM core.index_level WHERE series_id = 'SMALL' AND date = DATE '2025-09-02'"
WITHDRAWN = {"SMALL": {day("2025-09-02"): None}}
FIRST_FIVE, FIRST_SIX = DAYS[1:6], DAYS[1:7]


def restated(days: list[date]) -> dict[str, Levels]:
    return {"LARGE": {one: good()["LARGE"][one] * 1.0001 for one in days}}


RETURN_ROW = "study = 'small_study' AND session = DATE '2026-03-11' AND index_id = 'R2000' AND base_rule = 'prev'"
LINE_ROW = "study = 'small_study' AND session = DATE '2026-03-11' AND index_id = 'R2000'"

CASES = [
    case("missing session", CORE, "index_level_every_session", statement(MISSING), ("SMALL",)),
    case("withdrawn session", CORE, "index_level_every_session", change(WITHDRAWN), ("SMALL",)),
    case("40 % jump", CORE, "index_level_daily_move", change({"LARGE": jump(1)}), ("LARGE",)),
    case(
        "price as gross",
        CORE,
        "index_level_return_basis",
        statement("UPDATE core.index_level SET return_basis = 'price' WHERE series_id = 'SMALL'"),
        ("SMALL",),
        sessions=(EARLIER, SESSION),
    ),
    case(
        "other currency",
        CORE,
        "index_level_return_basis",
        statement(
            "UPDATE core.index_level SET currency = 'JPY' WHERE series_id = 'SMALL' AND date > DATE '2026-01-01'"
        ),
        ("SMALL",),
    ),
    case(
        "price loaded as total return",
        CORE,
        "total_return_is_not_price",
        change({"SMALL": without_dividends(2025)}),
        ("SMALL",),
    ),
    case(
        "dividends of one year too low",
        CORE,
        "total_return_is_not_price",
        change(shifted("SMALL_PR", 2025, 1.2)),
        ("SMALL",),
    ),
    case(
        "dividends out of the band",
        CORE,
        "total_return_less_price_in_band",
        change(shifted("SMALL_PR", 2022, -1.0)),
        ("SMALL",),
        sessions=(EARLIER, SESSION),
    ),
    case(
        "fund far off",
        CORE,
        "fund_far_from_index",
        change(shifted("SMALL_FUND", 2025, 4)),
        ("SMALL", "SMALL_FUND"),
        failing=2,
    ),
    case(
        "fund far off, also slightly",
        CORE,
        "fund_follows_index",
        change(shifted("SMALL_FUND", 2025, 4)),
        ("SMALL_FUND",),
    ),
    case(
        "fund slightly off",
        CORE,
        "fund_follows_index",
        change(shifted("SMALL_FUND", 2025, -0.8)),
        ("SMALL_FUND",),
    ),
    case(
        "whole market not between",
        CORE,
        "whole_market_is_the_sum_of_sizes",
        change(shifted("WHOLE", 2025, 1.0)),
        ("WHOLE",),
    ),
    case(
        "small and large confused",
        CORE,
        "size_premium_has_the_sign_of_the_academic_one",
        change(
            {
                "LO_30": {o: v for o, v in good()["LARGE"].items() if o in YEAR_ENDS},
                "HI_30": {o: v for o, v in good()["SMALL"].items() if o in YEAR_ENDS},
            }
        ),
        ("SMALL",),
        sessions=(EARLIER, SESSION),
    ),
    case(
        "a level on a Saturday",
        CORE,
        "index_level_on_no_session",
        change({"SMALL": {day("2025-09-06"): 1.0}}),
        ("SMALL",),
    ),
    case(
        "a level on a holiday",
        CORE,
        "index_level_on_no_session",
        change({"SMALL": {day("2025-06-19"): 1.0}}),
        ("SMALL",),
        sessions=(EARLIER, SESSION),
    ),
    case(
        "six restated days",
        CORE,
        "index_level_restated",
        change(restated(FIRST_SIX)),
        ("LARGE",),
        sessions=(EARLIER, SESSION),
    ),
    case(
        "headline row missing",
        RETURNS,
        "size_return_headline_rows",
        statement(f"UPDATE figure.size_return SET is_headline = false WHERE {RETURN_ROW} AND period = 'YTD'"),
    ),
    case(
        "headline row gone",
        RETURNS,
        "size_return_headline_rows",
        statement(f"DELETE FROM figure.size_return WHERE {RETURN_ROW} AND period = 'YTD'"),
    ),
    case(
        "headline row too many",
        RETURNS,
        "size_return_headline_rows",
        statement(f"UPDATE figure.size_return SET is_headline = true WHERE {RETURN_ROW} AND period = '5Y'"),
    ),
    case(
        "headline row of another rule",
        RETURNS,
        "size_return_headline_rows",
        statement(
            "UPDATE figure.size_return SET is_headline = true WHERE session = DATE '2026-03-11' "
            "AND index_id = 'R1000' AND base_rule = 'next' AND period = 'YTD'"
        ),
    ),
    case(
        "a window missing",
        RETURNS,
        "size_return_covers_the_study",
        statement(f"DELETE FROM figure.size_return WHERE {RETURN_ROW} AND period = '10Y'"),
    ),
    case(
        "an index missing",
        RETURNS,
        "size_return_covers_the_study",
        statement("DELETE FROM figure.size_return WHERE session = DATE '2026-03-11' AND index_id = 'R1000'"),
        failing=34,
    ),
    case(
        "a window twice",
        RETURNS,
        "size_return_covers_the_study",
        statement(f"INSERT INTO figure.size_return FROM figure.size_return WHERE {RETURN_ROW} AND period = '1Y'"),
    ),
    case(
        "a return doubled",
        RETURNS,
        "size_return_recomputes",
        statement(f"UPDATE figure.size_return SET return_cum = 2 * return_cum WHERE {RETURN_ROW} AND period = '1Y'"),
    ),
    case(
        "a return a little off",
        RETURNS,
        "size_return_recomputes",
        statement(f"UPDATE figure.size_return SET return_cum = return_cum + 3e-6 WHERE {RETURN_ROW} AND period = '1Y'"),
    ),
    case(
        "a base after the end",
        RETURNS,
        "size_return_recomputes",
        statement(f"UPDATE figure.size_return SET base_date = end_date WHERE {RETURN_ROW} AND period = '1Y'"),
    ),
    case(
        "an end after the as-of date",
        RETURNS,
        "size_return_recomputes",
        statement(f"UPDATE figure.size_return SET end_date = as_of + 1 WHERE {RETURN_ROW} AND period = '1Y'"),
    ),
    case(
        "zero for a window without a base",
        RETURNS,
        "size_return_recomputes",
        statement(f"UPDATE figure.size_return SET return_cum = 0 WHERE {RETURN_ROW} AND period = '30Y'"),
    ),
    case(
        "a return lost",
        RETURNS,
        "size_return_recomputes",
        statement(f"UPDATE figure.size_return SET return_cum = NULL WHERE {RETURN_ROW} AND period = '1Y'"),
    ),
    case(
        "not the newest session",
        RETURNS,
        "size_return_is_newest",
        statement(f"UPDATE figure.size_return SET end_date = DATE '2026-03-10' WHERE {RETURN_ROW}"),
        ("SMALL",),
    ),
    case(
        "a gap in the line",
        LINES,
        "long_run_every_session",
        statement(f"DELETE FROM figure.long_run WHERE {LINE_ROW} AND date = DATE '2025-09-02'"),
    ),
    case(
        "a day twice",
        LINES,
        "long_run_every_session",
        statement(f"INSERT INTO figure.long_run FROM figure.long_run WHERE {LINE_ROW} AND date = DATE '2025-09-02'"),
    ),
    case(
        "a value on no session",
        LINES,
        "long_run_every_session",
        statement(
            "INSERT INTO figure.long_run SELECT * REPLACE (DATE '2025-09-06' AS date) FROM figure.long_run "
            f"WHERE {LINE_ROW} AND date = DATE '2025-09-05'"
        ),
    ),
    case(
        "a start beside 100",
        LINES,
        "long_run_starts_at_100",
        statement(f"UPDATE figure.long_run SET rebased = 100.0001 WHERE {LINE_ROW} AND date = base_date"),
    ),
    case(
        "a start after the base",
        LINES,
        "long_run_starts_at_100",
        statement(f"DELETE FROM figure.long_run WHERE {LINE_ROW} AND date = base_date"),
    ),
    case(
        "two bases",
        LINES,
        "long_run_starts_at_100",
        statement(
            f"DELETE FROM figure.long_run WHERE {LINE_ROW} AND date = base_date;"
            f"UPDATE figure.long_run SET rebased = 100, base_date = DATE '2024-03-12' WHERE {LINE_ROW} "
            "AND date = DATE '2024-03-12';"
            f"UPDATE figure.long_run SET base_date = DATE '2024-03-12' WHERE {LINE_ROW}"
        ),
    ),
    case(
        "a line unlike its levels",
        LINES,
        "long_run_agrees_with_returns",
        statement(f"UPDATE figure.long_run SET rebased = rebased * 1.0001 WHERE {LINE_ROW} AND date = session"),
        ("SMALL",),
    ),
    case(
        "a line that ends early",
        LINES,
        "long_run_is_newest",
        statement(f"DELETE FROM figure.long_run WHERE {LINE_ROW} AND date = session"),
        ("SMALL",),
    ),
]


@pytest.mark.parametrize("broken", CASES)
def test_a_fault_is_found_by_its_check(connection: duckdb.DuckDBPyConnection, broken: Case) -> None:
    broken.broken(connection)
    for session, outcome in outcomes(connection, broken.table)[broken.check].items():
        if session in broken.sessions:
            assert not outcome.passed
            assert outcome.error is None
            assert outcome.failing == broken.failing
            assert outcome.subjects == broken.subjects
            assert 0 < len(outcome.sample) <= SAMPLE_ROWS
            assert outcome.observed.startswith(f"{broken.failing} row")
        else:
            assert outcome.passed, outcome.observed


def test_every_check_has_a_case() -> None:
    checked = {case.values[0].check for case in CASES}
    elsewhere = (
        "adjusted_close_",
        "claim_",
        "closure_",
        "constituents_",
        "correction_",
        "domestic_revenue_",
        "eps_growth_",
        "event_return_",
        "fund_candidate_",
        "fund_drifts_",
        "fund_keeps_",
        "fund_list_agrees_",
        "fund_valuation_",
        "policy_rate_scale",
        "fund_follows_the_other_",
        "fund_is_due",
        "fund_nav_",
        "fund_ranking_",
        "fund_return_",
        "fund_reviewed_",
        "index_level_dividend_",
        "index_level_outside_",
        "index_level_repeats",
        "index_level_same_index_",
        "index_level_sides_",
        "index_level_stands_",
        "index_level_year_is_",
        "long_run_ratio_",
        "security_level_jump",
    )  # with the tests of their figures, of corrections, of levels and of screens
    every = {check.name for contract in contracts().values() for check in contract.check}
    assert checked == {name for name in every if not (name.startswith(elsewhere) or name.endswith("_screen"))}


def test_a_line_that_is_missing_altogether_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    """One line alone is not the comparison; some blocking check has to say so."""
    connection.execute(f"DELETE FROM figure.long_run WHERE {LINE_ROW}")
    found = outcomes(connection, LINES)
    assert any(not by[SESSION].passed and by[SESSION].blocking for by in found.values())
    assert all(by[EARLIER].passed for by in found.values())


@pytest.mark.parametrize(
    ("levels", "check"),
    [
        (shifted("SMALL_FUND", 2025, 2.5), "fund_far_from_index"),
        (shifted("SMALL_FUND", 2025, 0.3), "fund_follows_index"),
        (shifted("WHOLE", 2025, 0.1), "whole_market_is_the_sum_of_sizes"),
        (shifted("SMALL_PR", 2022, -0.4), "total_return_less_price_in_band"),
        (shifted("SMALL_PR", 2025, -3.0), "total_return_less_price_in_band"),  # outside the band's years
        (shifted("SMALL_PR", 2025, 0.9), "total_return_is_not_price"),
        (restated(FIRST_FIVE), "index_level_restated"),
    ],
    ids=["fund near", "fund nearer", "weight", "dividends", "another year", "above the floor", "five days"],
)
def test_what_is_within_the_limit_passes(
    connection: duckdb.DuckDBPyConnection, levels: dict[str, Levels], check: str
) -> None:
    change(levels)(connection)
    for outcome in outcomes(connection, CORE)[check].values():
        assert outcome.passed, outcome.observed


def test_a_year_in_which_sizes_hardly_differ_says_nothing_of_weights(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rates = dict.fromkeys(range(2019, 2027), 0.10)
    alike = market(rates, dict.fromkeys(rates, 0.104))
    alike["WHOLE"] = growing(dict.fromkeys(rates, 0.13))
    change({series: alike[series] for series in ("SMALL", "LARGE", "WHOLE")})(connection)
    assert outcomes(connection, CORE)["whole_market_is_the_sum_of_sizes"][SESSION].passed


@pytest.mark.parametrize(("flipped", "passes"), [(3, True), (4, False)])
def test_the_sign_agrees_in_more_than_half_of_the_years(
    connection: duckdb.DuckDBPyConnection, flipped: int, passes: bool
) -> None:
    """Seven complete years; in some of them the academic portfolios have the other sign."""
    years = range(2019, 2027)
    portfolios = {
        "SMALL": dict.fromkeys(years, 0.02),
        "LARGE": dict.fromkeys(years, 0.10),
        "LO_30": {year: 0.20 if n < flipped else 0.05 for n, year in enumerate(years)},
        "HI_30": dict.fromkeys(years, 0.10),
    }
    change({series: growing(rates) for series, rates in portfolios.items()})(connection)
    outcome = outcomes(connection, CORE)["size_premium_has_the_sign_of_the_academic_one"][SESSION]
    assert outcome.passed is passes


def test_monthly_series_are_not_asked_for_every_session(connection: duckdb.DuckDBPyConnection) -> None:
    content = study().model_dump()
    for index in content["index"]:
        index["series"] = [series | {"frequency": "monthly"} for series in index["series"]]
    content["figure"]["size_return"] |= {"periods": ["1M", "YTD", "3Y"]}
    connection.execute("DELETE FROM core.index_level WHERE day(date) BETWEEN 5 AND 15")
    asked = Study.model_validate(content)
    fill_study_tables(connection, asked, SESSIONS, CUT_OFF, None)
    found = check_table(connection, contracts()[CORE], STUDY, SESSIONS)
    for name in ("index_level_every_session", "index_level_daily_move"):
        assert all(outcome.passed for outcome in found if outcome.check_name == name)


def test_series_of_no_concern_to_the_study_are_not_checked(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "STRANGER", {day("2025-09-06"): 1.0, day("2025-09-08"): 9.0, day("2025-09-10"): 1.0})
    for by_session in outcomes(connection, CORE).values():
        assert all(outcome.passed for outcome in by_session.values())


def test_what_was_not_known_at_the_cut_off_is_not_checked(connection: duckdb.DuckDBPyConnection) -> None:
    late = {one: level * 1.4 for one, level in good()["SMALL"].items() if one in DAYS[100:120]}
    add_levels(connection, "SMALL", late, known_at=datetime(2026, 3, 14))
    for name, by_session in outcomes(connection, CORE).items():
        assert all(outcome.passed for outcome in by_session.values()), name


def test_a_check_that_is_not_there_is_a_failed_one(connection: duckdb.DuckDBPyConnection) -> None:
    contract = contracts()[CORE]
    lost = Check(name="no_such_check", description="", expected="nothing", blocking=True)
    fill_study_tables(connection, study(), SESSIONS, CUT_OFF, None)
    found = check_table(connection, contract.model_copy(update={"check": (lost, *contract.check)}), STUDY, SESSIONS)
    errored = [outcome for outcome in found if outcome.check_name == "no_such_check"]
    assert [outcome.session for outcome in errored] == SESSIONS
    for outcome in errored:
        assert not outcome.passed
        assert outcome.blocking
        assert outcome.subjects is None
        assert outcome.observed.startswith("check errored: ")
    assert all(outcome.passed for outcome in found if outcome.check_name != "no_such_check")


def test_sql_that_errors_is_a_failed_check_and_stops_no_other(connection: duckdb.DuckDBPyConnection) -> None:
    fill_study_tables(connection, study(), SESSIONS, CUT_OFF, None)
    connection.execute("DROP TABLE price_guard")
    found = check_table(connection, contracts()[CORE], STUDY, SESSIONS)
    errored = {outcome.check_name for outcome in found if not outcome.passed}
    assert errored == {"total_return_is_not_price", "total_return_less_price_in_band"}
    for outcome in found:
        if outcome.check_name in errored:
            assert outcome.error
            assert "price_guard" in outcome.error
            assert outcome.observed == f"check errored: {outcome.error}"
            assert outcome.as_row("run")["passed"] is False
    assert len(found) == len(contracts()[CORE].check) * len(SESSIONS)
