"""Figure 4: a small universe reckoned by hand, a second implementation, laws that hold for any returns, real files.

The universe is followed for two years, from 2024-02-29 to 2026-02-27: every level on the first day is 100.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from statistics import fmean, median
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.outcome import Outcome
from checks.table_checks import check_table
from tests.support.constituents import (
    CORE,
    END,
    KNOWN_AT,
    LARGE,
    LEVELS,
    LISTED,
    NAMES,
    SESSION,
    START,
    SUMMARY,
    Levels,
    Row,
    add_levels,
    add_members,
    add_security,
    close,
    fill_universe,
    make,
    one,
    prepare,
    returns,
)
from tests.support.helpers import STUDY, day, empty_warehouse
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts, sql_file

AVAILABILITIES = ("survivors", "terminal_cash", "acquirer_chain")
GROUPINGS = {"half": 2, "mean_split": None, "tercile": 3, "quartile": 4, "quintile": 5, "decile": 10}
MEASURES = ("cumulative", "annualised")
ROUNDINGS = ("floor", "half_up", "ceil")
AVERAGED = (
    "n_available", "n_trim_per_tail", "n_used", "mean_untrimmed", "mean", "median", "mean_top", "mean_bottom",
)  # fmt: skip
YEARS = (day(END) - day(START)).days / 365.25

ALIVE = {"A": 2.0, "B": 0.5, "C": 0.5, "M~2": -0.3, "P-N": 1.2}
CASH = {"D": -0.37, "E": -0.82, "F": -0.65, "G": -0.2, "H": 0.2, "I": 0.352, "J": 0.1}
BY_HAND = {
    "survivors": ALIVE,
    "terminal_cash": ALIVE | CASH,
    # H: 120 x 20 / 24 goes on in A, x 300 / 200, and 120 x 6 / 24 is cash. J: 110 x 60 / 50 x 300 / 200.
    "acquirer_chain": ALIVE | CASH | {"H": 0.8, "J": 0.98},
}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse(*CORE, SUMMARY, NAMES)


@pytest.fixture
def universe(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    fill_universe(connection)
    return connection


@pytest.fixture(scope="module")
def made() -> tuple[list[Row], list[Row]]:
    """Summary and names of the universe, trimmed by 30 % a tail so that the three roundings differ."""
    connection = empty_warehouse(*CORE, SUMMARY, NAMES)
    fill_universe(connection)
    return make(connection, trim_share=0.3)


def uncovered(connection: duckdb.DuckDBPyConnection, **how: Any) -> list[Row]:
    prepare(connection, **how)
    return rows_as_dicts(connection, sql_file("constituent_return_coverage"))


def status(names: list[Row], index: str = "R2000") -> dict[str, str]:
    return {row["security_id"]: row["status"] for row in names if row["index_id"] == index}


# ---- by hand


@pytest.mark.parametrize("availability", AVAILABILITIES)
def test_return_of_every_name(made: tuple[list[Row], list[Row]], availability: str) -> None:
    assert returns(made[1], availability) == pytest.approx(BY_HAND[availability], abs=1e-12)


def test_status_of_every_name(made: tuple[list[Row], list[Row]]) -> None:
    assert status(made[1]) == (
        dict.fromkeys(ALIVE, "alive")
        | dict.fromkeys("DEFG", "delisted")
        | dict.fromkeys("HIJ", "merged")
        | {"K": "censored", "L": "missing"}
    )


def test_a_row_a_member_and_availability(made: tuple[list[Row], list[Row]]) -> None:
    assert len(made[1]) == 3 * (len(LISTED) + len(LARGE))
    named = {row["security_id"]: (row["ticker_at_start"], row["name"]) for row in made[1]}
    assert named["M~2"] == ("M", None)
    assert named["P-N"] == ("N", "N of then")


def test_days_of_a_name_are_those_of_its_levels(made: tuple[list[Row], list[Row]]) -> None:
    rows = {(row["availability"], row["security_id"]): row for row in made[1]}
    days = {key: (row["start_date"], row["end_date"]) for key, row in rows.items()}
    assert days["survivors", "A"] == (day(START), day(END))
    assert days["survivors", "D"] == (day(START), None)
    assert days["terminal_cash", "D"] == (day(START), day("2024-12-31"))
    assert days["terminal_cash", "H"] == (day(START), day("2025-01-31"))
    assert days["acquirer_chain", "H"] == (day(START), day(END))
    assert days["survivors", "L"] == (None, None)
    assert rows["terminal_cash", "D"]["return_ann"] == pytest.approx(0.63 ** (1 / YEARS) - 1)


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        # B, C, P-N are left: the middle name C belongs to neither half
        ({}, (5, 1, 3, 0.78, 2.2 / 3, 0.5, 1.2, 0.5)),
        ({"rounding": "ceil"}, (5, 2, 1, 0.78, 0.5, 0.5, None, None)),
        ({"rounding": "half_up"}, (5, 2, 1, 0.78, 0.5, 0.5, None, None)),
        ({"grouping": "mean_split"}, (5, 1, 3, 0.78, 2.2 / 3, 0.5, 1.2, 0.5)),
        ({"grouping": "quartile"}, (5, 1, 3, 0.78, 2.2 / 3, 0.5, None, None)),
        # left: M~2 -0.3, G -0.2, J 0.1, H 0.2, I 0.352, B 0.5; of the tie of B and C, C goes
        ({"availability": "terminal_cash"}, (12, 3, 6, 2.512 / 12, 0.652 / 6, 0.15, 1.052 / 3, -0.4 / 3)),
        (
            {"availability": "terminal_cash", "grouping": "tercile"},
            (12, 3, 6, 2.512 / 12, 0.652 / 6, 0.15, 0.426, -0.25),
        ),
        (
            {"availability": "terminal_cash", "rounding": "half_up"},
            (12, 4, 4, 2.512 / 12, 0.113, 0.15, 0.276, -0.05),
        ),
        # left: M~2 -0.3, G -0.2, I 0.352, B 0.5, C 0.5, H 0.8
        ({"availability": "acquirer_chain"}, (12, 3, 6, 3.992 / 12, 1.652 / 6, 0.426, 0.6, -0.148 / 3)),
    ],
)
def test_averages(made: tuple[list[Row], list[Row]], which: Row, expected: tuple[float | None, ...]) -> None:
    row = one(made[0], **which)
    assert [row[name] for name in AVERAGED] == [None if v is None else pytest.approx(v, abs=1e-12) for v in expected]


def test_counts_stand_beside_the_averages(made: tuple[list[Row], list[Row]]) -> None:
    for availability in AVAILABILITIES:
        row = one(made[0], availability=availability)
        assert [row[n] for n in ("n_members", "n_mapped", "n_delisted", "n_censored")] == [14, 13, 7, 1]
        assert (row["members_source"], row["is_stand_in"], row["size"]) == ("SMALLS", False, "small")
        assert (row["members_date"], row["end_date"], row["as_of"]) == (day(START), day(END), day(END))
    assert one(made[0], index_id="R1000")["is_stand_in"] is True


def test_trimmed_names(made: tuple[list[Row], list[Row]]) -> None:
    rows = [row for row in made[1] if row["availability"] == "terminal_cash" and row["index_id"] == "R2000"]
    found = {row["security_id"]: row["trimmed"] for row in rows if row["trimmed"]}
    assert found == dict.fromkeys("EFD", "low") | {"C": "high", "P-N": "high", "A": "high"}


def test_headline_is_the_studys_definition(universe: duckdb.DuckDBPyConnection) -> None:
    chosen = {"availability": "terminal_cash", "grouping": "tercile", "measure": "annualised", "rounding": "ceil"}
    summary, names = make(universe, **chosen)
    headline = [row for row in summary if row["is_headline"]]
    assert [row["index_id"] for row in sorted(headline, key=lambda row: row["index_id"])] == ["R1000", "R2000"]
    assert all(row | chosen == row for row in headline)
    drawn = [row["security_id"] for row in names if row["is_headline"] and row["index_id"] == "R2000"]
    assert sorted(drawn) == sorted(BY_HAND["terminal_cash"])


# ---- a second implementation


def cut(count: int, share: Fraction, rounding: str) -> int:
    exact = share * count
    number = {"floor": floor(exact), "half_up": floor(exact + Fraction(1, 2)), "ceil": ceil(exact)}[rounding]
    return min(number, count // 2)


def summarised(
    values: dict[str, float], share: Fraction, rounding: str, grouping: str, measure: str, years: float
) -> Row:
    frame = pd.Series(values).sort_index().sort_values(kind="stable")
    k = cut(len(frame), share, rounding)
    left = frame.iloc[k : len(frame) - k]
    parts = GROUPINGS[grouping]
    if parts:
        top, bottom = left.tail(len(left) // parts), left.head(len(left) // parts)
    else:
        from_mean = left - (fmean(left) if len(left) else 0)
        top, bottom = left[from_mean > 1e-9], left[from_mean < -1e-9]

    def measured(some: pd.Series) -> list[float]:
        return list(some if measure == "cumulative" else (1 + some) ** (1 / years) - 1)

    groups = {"mean_untrimmed": frame, "mean": left, "mean_top": top, "mean_bottom": bottom}
    averages = {name: fmean(measured(group)) if len(group) else None for name, group in groups.items()}
    return averages | {
        "median": median(measured(left)) if len(left) else None, "n_available": len(frame), "n_trim_per_tail": k,
        "n_used": len(left),
    }  # fmt: skip


def assert_like_the_second_implementation(
    summary: list[Row], values: dict[str, dict[str, float]], share: str, years: float, index: str
) -> None:
    rows = [row for row in summary if row["index_id"] == index]
    assert len(rows) == len(AVAILABILITIES) * len(GROUPINGS) * len(MEASURES) * len(ROUNDINGS)
    for row in rows:
        expected = summarised(
            values[row["availability"]], Fraction(share), row["rounding"], row["grouping"], row["measure"], years
        )
        found = {name: row[name] for name in expected}
        assert found == {n: None if v is None else pytest.approx(v, rel=1e-9, abs=1e-12) for n, v in expected.items()}


def test_every_definition_by_a_second_implementation(made: tuple[list[Row], list[Row]]) -> None:
    assert_like_the_second_implementation(made[0], BY_HAND, "0.3", YEARS, "R2000")
    assert_like_the_second_implementation(made[0], dict.fromkeys(AVAILABILITIES, LARGE), "0.3", YEARS, "R1000")


# ---- single rules


def test_delisting_return_joins_the_last_month(universe: duckdb.DuckDBPyConnection) -> None:
    """-10 % in the last month and -30 % at the delisting are -37 %, not -40 %."""
    assert returns(make(universe)[1], "terminal_cash")["D"] == pytest.approx(-0.37)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"delisting_code": 500, "exchange": "NYSE"}, -0.30),
        ({"delisting_code": 574, "exchange": "AMEX"}, -0.30),
        ({"delisting_code": 584, "exchange": "NASDAQ"}, -0.55),
        ({"delisting_code": 575, "exchange": "NASDAQ"}, 0),
        ({"delisting_code": 550, "exchange": "NYSE"}, 0),
        ({"delisting_cause": "performance", "exchange": "NASDAQ"}, -0.55),
        ({"delisting_cause": "performance", "exchange": "NASDAQ", "delisting_return": 0.1}, 0.1),
        ({"delisting_cause": "performance", "exchange": "NYSE", "delisting_return": -1}, -1),
        ({"delisting_cause": "other", "exchange": "NASDAQ"}, 0),
        ({}, 0),
    ],
)
def test_missing_delisting_return(connection: duckdb.DuckDBPyConnection, how: Row, expected: float) -> None:
    of_two(connection, ended={"delisted_on": "2025-01-31"} | how)
    found = make(connection)[1]
    assert returns(found, "terminal_cash")["GONE"] == pytest.approx(expected, abs=1e-12)
    assert all(row["return_ann"] >= -1 for row in found if row["return_ann"] is not None)


def of_two(connection: duckdb.DuckDBPyConnection, ended: Row, gone: Levels | None = None) -> None:
    """A large side, and a small one of GONE, which ended, and STAYS, which doubled."""
    add_members(connection, "SMALLS", ["GONE", "STAYS"])
    add_members(connection, "LARGES", ["X"])
    add_levels(connection, "GONE", gone or {START: 100, "2025-01-31": 100})
    add_levels(connection, "STAYS", {START: 50, "2025-01-31": 80, END: 100})
    add_levels(connection, "X", {START: 100, END: 110})
    add_security(connection, "GONE", **ended)


def test_cash_earns_its_rate_from_the_end_on(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={"delisted_on": "2025-01-31", "delisting_return": -0.5})
    after = (day(END) - day("2025-01-31")).days / 365.25
    found = make(connection, cash_rate=0.04)[1]
    assert returns(found, "terminal_cash")["GONE"] == pytest.approx(0.5 * 1.04**after - 1)


@pytest.mark.parametrize(
    ("last", "expected"),
    [("2024-12-27", ("merged", 0.3)), ("2024-12-26", ("censored", None)), ("2024-06-28", ("censored", None))],
)
@pytest.mark.parametrize("how", [{"delisting_cause": "merger", "cash_per_share": 26}, {"delisting_code": 470}])
def test_a_price_long_before_the_end_says_nothing_of_it(
    connection: duckdb.DuckDBPyConnection, last: str, expected: tuple[str, float | None], how: Row
) -> None:
    """2025-01-31 is 35 days after 2024-12-27, the longest step between two month-ends."""
    of_two(connection, ended={"delisted_on": "2025-01-31", **how}, gone={START: 100, last: 130})
    summary, names = make(connection)
    what = "delisted" if expected[0] == "merged" and "delisting_code" in how else expected[0]
    assert status(names)["GONE"] == what
    assert returns(names, "terminal_cash").get("GONE") == pytest.approx(expected[1])
    assert one(summary)["n_censored"] == (what == "censored")


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, 0.17),  # 1.3 x 22.5 / 25
        ({"delisting_return": 0.1}, 0.43),  # what is stated outright comes first
        ({"exchange_ratio": 0.5}, 0.3),  # not cash alone: value is continuous
        ({"delisting_cause": "other"}, 0.3),
    ],
)
def test_a_takeover_for_cash_ends_at_what_was_paid(
    connection: duckdb.DuckDBPyConnection, how: Row, expected: float
) -> None:
    ended = {"delisted_on": "2025-01-31", "delisting_cause": "merger", "cash_per_share": 22.5}
    of_two(connection, ended=ended | how, gone={START: 100})
    add_levels(connection, "GONE", {"2025-01-31": 130}, closes={"2025-01-31": 25})
    assert returns(make(connection)[1], "terminal_cash")["GONE"] == pytest.approx(expected)


@pytest.mark.parametrize(("last", "expected"), [("2026-02-20", "alive"), ("2026-02-19", "censored")])
def test_a_trade_weeks_before_the_end_is_no_price_of_it(
    connection: duckdb.DuckDBPyConnection, last: str, expected: str
) -> None:
    of_two(connection, ended={}, gone={START: 100, last: 300, "2026-03-02": 300})
    found = make(connection, asked=[(SESSION, END, "2026-02-27")], min_coverage=0.5)[1]
    assert status(found)["GONE"] == expected
    assert ("GONE" in returns(found, "survivors")) == (expected == "alive")


@pytest.mark.parametrize(("first", "expected"), [("2024-02-22", "alive"), ("2024-02-21", "missing")])
def test_a_trade_weeks_before_the_start_is_no_price_of_it(
    connection: duckdb.DuckDBPyConnection, first: str, expected: str
) -> None:
    of_two(connection, ended={}, gone={first: 100, END: 150})
    assert status(make(connection)[1])["GONE"] == expected


def test_a_file_that_dates_its_months_by_their_first_day_is_read_as_it_is(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    names = [f"N{n:02}" for n in range(20)]
    add_members(connection, "SMALLS", [*names, "THIN"])
    add_members(connection, "LARGES", ["X"])
    add_levels(connection, "X", {START: 100, END: 110})
    for name in names:
        add_levels(connection, name, {"2024-02-01": 100, "2026-02-02": 150, "2026-03-02": 150}, source="firsts")
    add_levels(connection, "THIN", {"2024-02-01": 100, "2026-02-02": 150, "2026-03-02": 150}, source="alone")
    found = make(connection)[1]
    assert status(found) == dict.fromkeys(names, "alive") | {"THIN": "missing"}


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ({"2025-12-31": 250, "2026-01-30": 250}, "censored"),  # the vendor repeats the last price
        ({"2025-12-31": 250, "2026-01-30": 250.01}, "alive"),
        ({"2026-01-30": 250}, "alive"),
        ({"2025-11-28": 250, "2026-01-30": 250}, "alive"),  # not the months before
    ],
)
def test_a_price_that_is_repeated_month_after_month_is_none(
    connection: duckdb.DuckDBPyConnection, months: Levels, expected: str
) -> None:
    of_two(connection, ended={}, gone={START: 100} | months | {END: 250})
    found = make(connection, min_coverage=0.5)[1]
    assert status(found)["GONE"] == expected


def test_names_whose_prices_are_repeated_do_not_cover_an_end(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100, "2025-12-31": 250, "2026-01-30": 250, END: 250})
    found = uncovered(connection, asked=[(SESSION, END, "2026-02-27")], min_coverage=0.6)
    assert "R2000: 1 of 2 names have a level or a known end" in found[0]["reason"]


@pytest.mark.parametrize("small_is_rest", [False, True])
def test_levels_found_by_a_ticker_end_with_the_ticker(
    connection: duckdb.DuckDBPyConnection, small_is_rest: bool
) -> None:
    """T was OLD's until 2025, then NEW's; U changes hands after the window."""
    of_two(connection, ended={})
    add_members(connection, "SMALLS", ["OLD"], ticker="T")
    add_members(connection, "SMALLS", ["KEEPS"], ticker="U")
    for ticker in "TU":
        add_levels(connection, ticker, {START: 100, "2025-01-31": 110, END: 900})
    add_security(connection, "OLD", ticker="T", ticker_to="2025-06-30")
    add_security(connection, "NEW", ticker="T", ticker_from="2025-06-30")
    add_security(connection, "KEEPS", ticker="U", ticker_to="2026-03-02")
    lists = [("R1000", "LARGES", False)] + ([] if small_is_rest else [("R2000", "SMALLS", False)])
    found = status(make(connection, small_is_rest=small_is_rest, lists=lists, min_coverage=0.5)[1])
    assert (found["T" if small_is_rest else "OLD"], found["U" if small_is_rest else "KEEPS"]) == ("censored", "alive")


def test_a_chain_in_circles_ends(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={"delisted_on": "2025-01-31", "acquirer_id": "STAYS"})
    add_security(connection, "STAYS", delisted_on="2025-01-31", acquirer_id="GONE")
    found = make(connection)[1]
    assert returns(found, "acquirer_chain") == pytest.approx({"GONE": 0.0, "STAYS": 0.6})


def test_an_acquirer_without_levels_leaves_cash(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={"delisted_on": "2025-01-31", "acquirer_id": "UNKNOWN", "delisting_return": 0.25})
    found = make(connection)[1]
    assert returns(found, "acquirer_chain")["GONE"] == pytest.approx(0.25)
    assert status(found)["GONE"] == "merged"


def test_an_acquirer_whose_data_stops_leaves_no_return(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={"delisted_on": "2025-01-31", "acquirer_id": "STOPS"})
    add_levels(connection, "STOPS", {"2025-01-31": 10, "2025-06-30": 12})
    found = make(connection)[1]
    assert "GONE" not in returns(found, "acquirer_chain")
    assert "GONE" in returns(found, "terminal_cash")


def test_an_end_after_the_window_is_none(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={"delisted_on": "2026-03-05"}, gone={START: 100, END: 130})
    assert status(make(connection)[1])["GONE"] == "alive"


def test_levels_after_a_delisting_are_anothers(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={"delisted_on": "2025-01-31"}, gone={START: 100, "2025-01-31": 60, END: 900})
    found = make(connection)[1]
    assert status(found)["GONE"] == "delisted"
    assert returns(found, "terminal_cash")["GONE"] == pytest.approx(-0.4)


def test_two_files_are_joined_on_returns(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100, "2025-01-31": 150, "2025-02-28": 160})
    other = {"2025-01-31": 3.0, "2025-02-28": 4.0, END: 5.0}
    add_levels(connection, "GONE", other, source="other")  # 160 / 100 x 5 / 4: the last day that both have
    assert returns(make(connection)[1], "survivors")["GONE"] == pytest.approx(1.0)


def test_two_files_without_a_common_day_are_not_joined(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100, "2025-01-31": 150})
    add_levels(connection, "GONE", {"2025-02-28": 4.0, END: 5.0}, source="other")
    assert status(make(connection, min_coverage=0.5)[1])["GONE"] == "censored"


def test_only_what_was_known_counts(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100, END: 130})
    add_levels(connection, "GONE", {END: 140}, known_at=datetime(2026, 3, 12))
    add_levels(connection, "GONE", {END: 999}, known_at=datetime(2026, 3, 14))
    assert returns(make(connection)[1], "survivors")["GONE"] == pytest.approx(0.4)


def test_the_rest_stands_in_for_a_side_without_a_list(universe: duckdb.DuckDBPyConnection) -> None:
    how = {"small_is_rest": True, "lists": [("R2000", "NO_SUCH_LIST", False), ("R1000", "LARGES", True)]}
    summary, names = make(universe, **how)
    row = one(summary)
    assert (row["members_source"], row["is_stand_in"]) == ("every other name with a level", True)
    assert set(status(names)) == {name for name, levels in LEVELS.items() if START in levels}
    assert set(status(names, "R1000")) == set(LARGE)


def test_the_first_list_with_members_on_the_day_is_used(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100, END: 130})
    add_members(connection, "LATER", ["GONE"], valid_from=date(2024, 3, 1))
    add_members(connection, "ENDED", ["GONE"], valid_to=date(2024, 2, 29))
    lists = [("R2000", "LATER", False), ("R2000", "ENDED", False), ("R2000", "SMALLS", True), ("R1000", "LARGES", True)]
    assert one(make(connection, lists=lists)[0])["members_source"] == "SMALLS"


def test_sessions_that_share_an_as_of_date_share_everything(universe: duckdb.DuckDBPyConnection) -> None:
    summary, names = make(universe, asked=[(SESSION, END, END), ("2026-03-10", END, END)])
    for rows in (summary, names):
        first, second = (
            sorted(str(row | {"session": None}) for row in rows if row["session"] == day(one_of_two))
            for one_of_two in (SESSION, "2026-03-10")
        )
        assert first == second
        assert first


# ---- the end date and what is not covered


def test_the_end_is_the_newest_month_end_with_enough_names(universe: duckdb.DuckDBPyConnection) -> None:
    add_levels(universe, "A", {"2026-01-30": 310})
    found = make(universe, asked=[(SESSION, END, "2024-03-31")])[0]
    assert {row["end_date"] for row in found} == {day(END)}


def test_both_sides_end_on_the_same_day(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100, "2025-01-31": 150, "2025-02-28": 160, END: 200})
    connection.execute(f"DELETE FROM core.security_level WHERE security_id = 'X' AND date = DATE '{END}'")
    add_levels(connection, "X", {"2025-01-31": 110})
    summary, names = make(connection, asked=[(SESSION, END, "2024-03-31")])
    assert {row["end_date"] for row in summary} == {day("2025-01-31")}
    assert returns(names, "survivors") == pytest.approx({"GONE": 0.5, "STAYS": 0.6})


def test_a_file_that_stops_within_a_month_has_not_reached_its_end(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100, "2025-12-31": 120, "2026-01-08": 130})
    add_levels(connection, "STAYS", {"2025-12-31": 90}, source="panel")
    connection.execute("DELETE FROM core.security_level WHERE date > DATE '2026-01-08'")
    add_levels(connection, "X", {"2025-12-31": 105, "2026-01-08": 110})
    summary, names = make(connection, asked=[(SESSION, END, "2025-06-30")])
    assert {row["end_date"] for row in summary} == {day("2025-12-31")}
    assert returns(names, "survivors")["GONE"] == pytest.approx(0.2)


def test_exactly_the_share_asked_for_is_enough(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100})
    for name in ("S1", "S2", "S3"):
        add_members(connection, "SMALLS", [name])
        add_levels(connection, name, {START: 100, END: 100})
    assert uncovered(connection) == []
    assert [row["index_id"] for row in make(connection, min_coverage=0.800001)[0]] == []


def test_too_few_names_at_every_month_end(universe: duckdb.DuckDBPyConnection) -> None:
    found = uncovered(universe, min_coverage=0.95, asked=[(SESSION, END, "2025-12-31")])
    assert found == [
        {
            "session": day(SESSION),
            "is_late": True,
            "reason": "R2000: 12 of 13 names have a level or a known end at 2026-02-27, the best month-end from "
            "2025-12-31 to 2026-02-27; 95.0 % are needed; newest that would do: none",
        }
    ]
    assert make(universe, min_coverage=0.95)[0] == []


def test_a_list_with_prices_of_too_few_makes_no_figure(connection: duckdb.DuckDBPyConnection) -> None:
    add_members(connection, "SMALLS", [f"S{number}" for number in range(10)])
    add_members(connection, "LARGES", LARGE)
    for name in ("S0", "S1", "S2", *LARGE):
        add_levels(connection, name, {START: 100, END: 100})
    assert uncovered(connection, min_members=0.3) == []
    assert uncovered(connection, min_members=0.31) == [
        {
            "session": day(SESSION),
            "is_late": False,
            "reason": f"R2000: 3 of 10 members have a level on {START}; 31.0 % are needed",
        }
    ]
    assert uncovered(connection, min_members=0.31, small_is_rest=True) == [], "the rest is no list"


def test_month_end_that_would_do_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    of_two(connection, ended={}, gone={START: 100, "2025-01-31": 150})
    [row] = uncovered(connection)
    assert row["reason"].startswith("R2000: 1 of 2 names have a level")
    assert row["reason"].endswith("newest that would do: 2025-01-31")


def test_no_members_and_no_levels(connection: duckdb.DuckDBPyConnection) -> None:
    add_members(connection, "LARGES", ["X", "Y"])
    found = [(row["is_late"], row["reason"]) for row in uncovered(connection)]
    assert found == [
        (False, "R2000: no members on 2024-02-29; lists: SMALLS"),
        (False, "R1000: no level on 2024-02-29 for any of 2 members"),
    ]


def test_a_calendar_that_begins_too_late(universe: duckdb.DuckDBPyConnection) -> None:
    found = [row["reason"] for row in uncovered(universe, years=80)]
    reason = "the calendar does not reach back to the members of 80 years before"
    assert found == [f"R2000: {reason}", f"R1000: {reason}"]


# ---- laws that hold for any returns

RETURNS = st.lists(st.floats(min_value=-0.99, max_value=200, allow_nan=False), min_size=1, max_size=40)
QUICK = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


def alive(
    connection: duckdb.DuckDBPyConnection, ends: list[float], *, scale: float = 1, backwards: bool = False
) -> None:
    """A small side of names that all live, from a level of 1 to the one given; and a large side of one name."""
    for table in CORE:
        connection.execute(f"DELETE FROM {table}")
    rows = [*((f"S{n:03}", end, scale) for n, end in enumerate(ends)), ("LARGE", 1.5, scale)]
    frame = pd.DataFrame(rows[::-1] if backwards else rows, columns=["security_id", "end", "scale"])
    connection.register("frame", frame)
    connection.execute(
        """
        INSERT INTO core.membership BY NAME
        SELECT if(security_id = 'LARGE', 'LARGES', 'SMALLS') AS series_id, security_id, security_id AS ticker,
            DATE '1990-01-02' AS valid_from, ?::TIMESTAMP AS known_at, 'list' AS payload_sha256
        FROM frame
        """,
        [KNOWN_AT],
    )
    for date_of, level in ((START, "1.0"), ("2025-02-28", '1 + 0.5 * ("end" - 1)'), (END, '"end"')):
        connection.execute(
            f"""
            INSERT INTO core.security_level BY NAME
            SELECT security_id, 'panel' AS source, DATE '{date_of}' AS date, scale * ({level}) AS level,
                'gross' AS return_basis, 'USD' AS currency, ?::TIMESTAMP AS known_at, 'x' AS payload_sha256
            FROM frame
            """,
            [KNOWN_AT],
        )
    connection.unregister("frame")


def figures(summary: list[Row]) -> dict[tuple[Any, ...], list[Any]]:
    """The numbers of a summary by definition."""
    key = ("index_id", "availability", "grouping", "measure", "rounding")
    return {tuple(row[k] for k in key): [row[c] for c in AVERAGED] for row in summary}


@QUICK
@given(values=RETURNS)
def test_second_implementation_agrees_on_any_returns(values: list[float]) -> None:
    connection = empty_warehouse(*CORE)
    alive(connection, [1 + value for value in values])
    summary, names = make(connection, trim_share=0.07)
    found = returns(names, "survivors")
    assert found == pytest.approx({f"S{n:03}": value for n, value in enumerate(values)}, abs=1e-9)
    for row in summary:
        if row["index_id"] == "R2000":
            expected = summarised(found, Fraction("0.07"), row["rounding"], row["grouping"], row["measure"], YEARS)
            assert {name: row[name] for name in expected} == {
                n: None if v is None else pytest.approx(v, rel=1e-9, abs=1e-9) for n, v in expected.items()
            }


@QUICK
@given(values=RETURNS)
def test_order_of_rows_does_not_matter(values: list[float]) -> None:
    connection = empty_warehouse(*CORE)
    alive(connection, [1 + value for value in values])
    forwards = figures(make(connection, trim_share=0.07)[0])
    alive(connection, [1 + value for value in values], backwards=True)
    backwards = figures(make(connection, trim_share=0.07)[0])
    assert backwards == close(forwards)


@QUICK
@given(values=RETURNS, percent=st.integers(min_value=0, max_value=49), rounding=st.sampled_from(ROUNDINGS))
def test_trimming_removes_k_from_each_tail(values: list[float], percent: int, rounding: str) -> None:
    connection = empty_warehouse(*CORE)
    alive(connection, [1 + value for value in values])
    summary, names = make(connection, trim_share=percent / 100, rounding=rounding)
    k = cut(len(values), Fraction(percent, 100), rounding)
    row = one(summary, rounding=rounding)
    assert (row["n_trim_per_tail"], row["n_used"]) == (k, len(values) - 2 * k)
    tails = [r["trimmed"] for r in names if r["index_id"] == "R2000" and r["availability"] == "survivors"]
    assert (tails.count("low"), tails.count("high"), tails.count(None)) == (k, k, len(values) - 2 * k)


@QUICK
@given(values=RETURNS)
def test_halves_of_an_even_count_average_to_the_mean(values: list[float]) -> None:
    connection = empty_warehouse(*CORE)
    alive(connection, [1 + value for value in values])
    for row in make(connection, trim_share=0.05)[0]:
        if row["mean_top"] is not None and row["mean_bottom"] is not None:
            assert row["mean_top"] >= row["mean"] - 1e-9 >= row["mean_bottom"] - 2e-9
        if row["grouping"] == "half" and row["n_used"] and row["n_used"] % 2 == 0:
            assert (row["mean_top"] + row["mean_bottom"]) / 2 == pytest.approx(row["mean"], abs=1e-9)


@QUICK
@given(values=RETURNS, scale=st.sampled_from([0.25, 8.0, 1024.0]))
def test_the_scale_of_levels_does_not_matter(values: list[float], scale: float) -> None:
    connection = empty_warehouse(*CORE)
    alive(connection, [1 + value for value in values])
    once = figures(make(connection)[0])
    alive(connection, [1 + value for value in values], scale=scale)
    assert figures(make(connection)[0]) == close(once)


@QUICK
@given(values=RETURNS)
def test_returns_of_two_windows_multiply(values: list[float]) -> None:
    connection = empty_warehouse(*CORE)
    alive(connection, [1 + value for value in values])
    whole = returns(make(connection)[1], "survivors")
    first = returns(make(connection, asked=[("2025-03-03", "2025-02-28", "2025-02-28")], years=1)[1], "survivors")
    second = returns(make(connection, years=1)[1], "survivors")
    product = {name: (1 + first[name]) * (1 + second[name]) for name in whole}
    assert {name: 1 + value for name, value in whole.items()} == pytest.approx(product, rel=1e-9)


@pytest.mark.parametrize(("count", "k"), [(700, 7), (699, 6), (100, 1), (99, 0), (2900, 29)])
def test_one_percent_is_exact(connection: duckdb.DuckDBPyConnection, count: int, k: int) -> None:
    """0.01 x 700 and 0.01 x 2900 are not 7 and 29 in binary fractions."""
    alive(connection, [1 + n / 100 for n in range(count)])
    summary = make(connection)[0]
    assert one(summary)["n_trim_per_tail"] == k
    assert one(summary, rounding="ceil")["n_trim_per_tail"] == k + (count % 100 > 0)


# ---- the checks


@pytest.fixture
def published(universe: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Good rows of two sessions in figure.constituent_return_summary."""
    prepare(universe, asked=[(SESSION, END, END), ("2026-03-10", END, END)])
    universe.execute(
        f"""
        INSERT INTO {SUMMARY} BY NAME
        SELECT getvariable('study') AS study, 0 AS revision, * REPLACE (
            round(mean, 6) AS mean, round(median, 6) AS median, round(mean_top, 6) AS mean_top,
            round(mean_bottom, 6) AS mean_bottom, round(mean_untrimmed, 6) AS mean_untrimmed
        )
        FROM ({sql_file("constituent_return_summary")})
        """
    )
    universe.execute("DELETE FROM run_session WHERE session < DATE '2026-03-11'")
    yield universe
    universe.execute(f"DELETE FROM {SUMMARY}")


def outcomes(connection: duckdb.DuckDBPyConnection) -> dict[str, Outcome]:
    found = check_table(connection, contracts()[SUMMARY], STUDY, [day(SESSION)])
    return {outcome.check_name: outcome for outcome in found}


def failing(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = outcomes(connection)
    assert [outcome.error for outcome in found.values() if outcome.error] == []
    return {name for name, outcome in found.items() if not outcome.passed}


def test_good_rows_pass_every_check(published: duckdb.DuckDBPyConnection) -> None:
    assert failing(published) <= {"constituents_skew"}  # the returns by hand are few
    assert set(outcomes(published)) == {f"constituents_{n}" for n in ("identities", "coverage", "members", "skew")}


THIS = f"session = DATE '{SESSION}'"
ONE = (
    f"{THIS} AND availability = 'terminal_cash' AND grouping = 'half' AND measure = 'cumulative' AND rounding = 'floor'"
)
SMALL = f"{ONE} AND index_id = 'R2000'"


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("constituents_identities", f"n_used = n_used + 1 WHERE {ONE}"),
        ("constituents_identities", f"n_trim_per_tail = -1, n_used = n_available + 2 WHERE {ONE}"),
        ("constituents_identities", f"n_mapped = n_available - 1 WHERE {ONE}"),
        ("constituents_identities", f"n_mapped = n_members + 1 WHERE {ONE}"),
        ("constituents_identities", f"n_delisted = n_mapped + 1 WHERE {ONE}"),
        ("constituents_identities", f"mean = NULL, median = NULL WHERE {ONE}"),
        ("constituents_identities", f"median = NULL WHERE {ONE}"),
        ("constituents_identities", f"mean_top = mean - 0.01 WHERE {ONE}"),
        ("constituents_identities", f"mean_bottom = mean + 0.01 WHERE {ONE}"),
        ("constituents_identities", f"mean_top = mean_top + 0.00001 WHERE {SMALL}"),
        ("constituents_identities", f"mean_top = NULL WHERE {ONE}"),
        ("constituents_identities", f"end_date = DATE '2026-01-30' WHERE {ONE} AND index_id = 'R1000'"),
        ("constituents_identities", f"end_date = members_date WHERE {THIS}"),
        ("constituents_identities", f"end_date = as_of + 1 WHERE {THIS}"),
        ("constituents_coverage", f"n_available = 11, n_used = 11, n_trim_per_tail = 0 WHERE {SMALL}"),
        ("constituents_members", f"n_members = 21 WHERE {SMALL}"),
        ("constituents_members", f"n_members = 9 WHERE {SMALL}"),
    ],
)
def test_broken_rows_fail(published: duckdb.DuckDBPyConnection, check: str, change: str) -> None:
    published.execute(f"UPDATE {SUMMARY} SET {change}")
    assert check in failing(published)


@pytest.mark.parametrize("change", ["mean = median", "mean_untrimmed = mean - 0.01"])
def test_returns_that_are_not_skewed_are_noticed(published: duckdb.DuckDBPyConnection, change: str) -> None:
    published.execute(f"UPDATE {SUMMARY} SET median = mean - 0.1, mean_untrimmed = mean + 0.1")
    assert "constituents_skew" not in failing(published)
    published.execute(f"UPDATE {SUMMARY} SET {change} WHERE {ONE}")
    assert "constituents_skew" in failing(published)


def test_a_side_without_a_band_may_have_any_number(published: duckdb.DuckDBPyConnection) -> None:
    published.execute(f"UPDATE {SUMMARY} SET n_members = 100000 WHERE index_id = 'R1000'")
    assert "constituents_members" not in failing(published)


# ---- real files


def test_real_files(connection: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    panel = pd.read_parquet(shared_data / "prices/panels/girgott_202311.parquet")
    panel = panel[(panel["adj_close"] > 0) & ~panel["ticker"].str.endswith("-checkpoint")]
    stays = pd.read_csv(shared_data / "membership/sp500_ticker_start_end.csv", keep_default_na=False)
    connection.register("panel", panel)
    connection.register("stays", stays)
    connection.execute(
        """
        INSERT INTO core.security_level BY NAME
        SELECT ticker AS security_id, 'panel' AS source, date, adj_close AS level, close,
            'adjusted_close' AS return_basis, 'USD' AS currency,
            TIMESTAMP '2026-03-01' AS known_at, 'panel' AS payload_sha256
        FROM panel;
        INSERT INTO core.membership BY NAME
        SELECT 'SP500' AS series_id, ticker AS security_id, start_date::DATE AS valid_from, ticker,
            nullif(end_date, '')::DATE AS valid_to, TIMESTAMP '2026-03-01' AS known_at, 'stays' AS payload_sha256
        FROM stays;
        """
    )
    connection.unregister("panel")
    connection.unregister("stays")
    summary, names = make(
        connection, asked=[(SESSION, END, "2023-02-27")], years=30, small_is_rest=True, lists=[("R1000", "SP500", True)]
    )
    assert {row["end_date"] for row in summary} == {day("2023-10-31")}
    assert {row["members_date"] for row in summary} == {day("1996-02-29")}
    assert [one(summary, index_id=i)["n_available"] for i in ("R1000", "R2000")] == [194, 1219]
    assert one(summary, index_id="R1000")["n_members"] == 487

    days = panel["date"].astype("datetime64[ns]")
    start = panel[days == "1996-02-29"].set_index("ticker")["adj_close"]
    end = panel[days == "2023-10-31"].set_index("ticker")["adj_close"]
    growth = (end / start - 1).dropna()
    is_member = (stays["start_date"] <= "1996-02-29") & ((stays["end_date"] == "") | (stays["end_date"] > "1996-02-29"))
    large = growth[growth.index.isin(set(stays.loc[is_member, "ticker"]))]
    small = growth.drop(large.index)
    years = (day("2023-10-31") - day("1996-02-29")).days / 365.25
    for index, side in (("R1000", large), ("R2000", small)):
        found = returns(names, "survivors", index)
        assert found == pytest.approx(side.to_dict(), rel=1e-9)
        values = dict.fromkeys(AVAILABILITIES, side.to_dict())
        assert_like_the_second_implementation(summary, values, "0.01", years, index)
    assert {"AAPL", "GE"} <= set(large.index)


# The payloads behind it


def test_a_return_names_the_levels_it_begins_and_ends_with_and_its_list(connection: duckdb.DuckDBPyConnection) -> None:
    add_members(connection, "SMALLS", ["A"], payload_sha256="small list")
    add_members(connection, "LARGES", ["B", "C"], payload_sha256="large list")
    between = "2024-06-28"
    for security in ("A", "B"):
        add_levels(connection, security, {START: 100, between: 110, END: 120})
    add_levels(connection, "C", {START: 100})  # no return: none of its levels counts
    for name, condition in {
        "A's start": f"security_id = 'A' AND date = '{START}'",
        "between": f"date = '{between}'",
        "A's end": f"security_id = 'A' AND date = '{END}'",
        "B's": f"security_id = 'B' AND date <> '{between}'",
        "C's": "security_id = 'C'",
    }.items():
        connection.execute(f"UPDATE core.security_level SET payload_sha256 = ? WHERE {condition}", [name])
    _, names = make(connection, min_coverage=0.5)
    payloads = {row["security_id"]: set(row["payloads"]) for row in names if row["availability"] == "survivors"}
    assert payloads == {
        "A": {"A's start", "A's end", "small list"}, "B": {"B's", "large list"}, "C": {"large list"}
    }  # fmt: skip
