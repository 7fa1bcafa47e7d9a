"""Figure 1: every window against days found by hand, and against a second implementation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.support.helpers import (
    CUT_OFF,
    PARTS,
    add_levels,
    day,
    empty_warehouse,
    make_figure,
    make_study,
    numbered,
    sessions,
    uncovered,
)

FIGURE = "size_return"
HISTORY = sessions("1995-01-03", "2026-03-11")
LEVELS = numbered(HISTORY)
"""A level a session that no other has, so that a level names its day."""
DAY_OF = {level: one for one, level in LEVELS.items()}
RULES = ("prev", "next", "month_end")

Row = dict[str, Any]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse()


@pytest.fixture
def whole(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Both indices with every level of HISTORY."""
    fill(connection)
    return connection


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", LEVELS)
    add_levels(connection, "LARGE", LEVELS)


def up_to(last: str, first: str = "1995-01-03") -> dict[date, float]:
    return {one: level for one, level in LEVELS.items() if day(first) <= one <= day(last)}


def windows(rows: list[Row], base_rule: str, index: str = "R2000") -> dict[str, Row]:
    return {r["period"]: r for r in rows if r["base_rule"] == base_rule and r["index_id"] == index}


def bases(rows: list[Row], base_rule: str, index: str = "R2000") -> dict[str, str | None]:
    found = windows(rows, base_rule, index)
    return {period: None if r["base_date"] is None else str(r["base_date"]) for period, r in found.items()}


@pytest.fixture(scope="module")
def made() -> dict[date, list[Row]]:
    """The rows of every session that a test here looks at with the whole history, by session."""
    asked = sorted({day(session) for session, *_ in [*BY_HAND, *MONTHS]} | {day("2026-03-11")})
    connection = empty_warehouse()
    fill(connection)
    rows = make_figure(connection, make_study(), FIGURE, asked)
    return {session: [row for row in rows if row["session"] == session] for session in asked}


# Found in a printed calendar: 2023-03-11 and 2006-03-11 are Saturdays.
AFTER_A_WEDNESDAY = {
    "prev": {
        "1D": "2026-03-10",
        "1W": "2026-03-04",
        "1M": "2026-02-11",
        "3M": "2025-12-11",
        "6M": "2025-09-11",
        "YTD": "2025-12-31",
        "1Y": "2025-03-11",
        "3Y": "2023-03-10",
        "5Y": "2021-03-11",
        "10Y": "2016-03-11",
        "20Y": "2006-03-10",
        "30Y": "1996-03-11",
    },
    "next": {
        "1D": "2026-03-10",
        "1W": "2026-03-04",
        "1M": "2026-02-11",
        "3M": "2025-12-11",
        "6M": "2025-09-11",
        "YTD": "2025-12-31",
        "1Y": "2025-03-11",
        "3Y": "2023-03-13",
        "5Y": "2021-03-11",
        "10Y": "2016-03-11",
        "20Y": "2006-03-13",
        "30Y": "1996-03-11",
    },
    "month_end": {
        "1M": "2026-01-30",
        "3M": "2025-11-28",
        "6M": "2025-08-29",
        "YTD": "2025-12-31",
        "1Y": "2025-02-28",
        "3Y": "2023-02-28",
        "5Y": "2021-02-26",
        "10Y": "2016-02-29",
        "20Y": "2006-02-28",
        "30Y": "1996-02-29",
    },
}


BY_HAND: list[tuple[str, str, dict[str, str]]] = [
    # a day that the base's month does not have becomes the month's last
    ("2025-03-31", "prev", {"1M": "2025-02-28", "6M": "2024-09-30"}),
    ("2000-03-31", "prev", {"1M": "2000-02-29"}),
    ("2025-05-30", "prev", {"3M": "2025-02-28"}),
    ("2024-08-30", "prev", {"6M": "2024-02-29"}),
    ("2024-02-29", "prev", {"1Y": "2023-02-28", "3Y": "2021-02-26", "20Y": "2004-02-27"}),
    ("2024-02-29", "next", {"1Y": "2023-02-28", "3Y": "2021-03-01", "20Y": "2004-03-01"}),
    ("2024-02-28", "prev", {"1Y": "2023-02-28"}),
    # the turn of the year
    ("2025-12-31", "prev", {"YTD": "2024-12-31", "1D": "2025-12-30"}),
    ("2026-01-02", "prev", {"YTD": "2025-12-31", "1D": "2025-12-31", "1Y": "2025-01-02"}),
    ("2026-01-02", "next", {"YTD": "2025-12-31", "1D": "2025-12-31", "1Y": "2025-01-02"}),
    ("2026-01-02", "month_end", {"YTD": "2024-12-31", "1M": "2025-11-28"}),
    ("2026-01-30", "month_end", {"YTD": "2025-12-31", "1M": "2025-12-31"}),
    # four days without trading in a row
    ("2001-09-17", "prev", {"1D": "2001-09-10", "1W": "2001-09-10"}),
    ("2001-10-12", "prev", {"1M": "2001-09-10"}),
    ("2001-10-12", "next", {"1M": "2001-09-17"}),
    # Good Friday ends March 2024 on a Thursday; the anniversary of a month-end is a month-end
    ("2024-03-28", "month_end", {"1M": "2024-02-29", "YTD": "2023-12-29", "1Y": "2023-03-31"}),
    ("2024-03-27", "month_end", {"1M": "2024-01-31", "1Y": "2023-02-28"}),
    ("2026-02-27", "month_end", {"1M": "2026-01-30", "3M": "2025-11-28", "6M": "2025-08-29"}),
]
MONTHS = [
    ("2026-02-26", "2026-01-30"),
    ("2026-02-27", "2026-02-27"),
    ("2026-03-02", "2026-02-27"),
    ("2024-03-28", "2024-03-28"),
    ("2025-12-31", "2025-12-31"),
]
"""A session, and the month-end that it sees."""


@pytest.mark.parametrize("base_rule", RULES)
def test_every_base_of_2026_03_11(made: dict[date, list[Row]], base_rule: str) -> None:
    rows = made[day("2026-03-11")]
    assert bases(rows, base_rule) == AFTER_A_WEDNESDAY[base_rule]
    end = day("2026-02-27") if base_rule == "month_end" else day("2026-03-11")
    for row in windows(rows, base_rule).values():
        assert row["end_date"] == end
        assert row["end_level"] == LEVELS[end]
        assert DAY_OF[row["base_level"]] == row["base_date"]
        assert row["return_cum"] == pytest.approx(LEVELS[end] / row["base_level"] - 1, abs=6e-7)


@pytest.mark.parametrize(("session", "base_rule", "wanted"), BY_HAND)
def test_bases_found_by_hand(made: dict[date, list[Row]], session: str, base_rule: str, wanted: dict[str, str]) -> None:
    found = bases(made[day(session)], base_rule)
    assert {period: found[period] for period in wanted} == wanted


@pytest.mark.parametrize(("session", "end"), MONTHS)
def test_a_month_counts_once_its_last_session_has_closed(made: dict[date, list[Row]], session: str, end: str) -> None:
    rows = windows(made[day(session)], "month_end")
    assert {row["end_date"] for row in rows.values()} == {day(end)}
    assert {row["as_of"] for row in rows.values()} == {day(session)}


def test_windows_below_a_month_do_not_exist_from_month_end_to_month_end(made: dict[date, list[Row]]) -> None:
    rows = made[day("2026-03-11")]
    assert set(windows(rows, "prev")) - set(windows(rows, "month_end")) == {"1D", "1W"}
    assert len(rows) == 2 * (12 + 12 + 10)


def test_only_windows_above_a_year_are_annualised_by_their_whole_years(made: dict[date, list[Row]]) -> None:
    years = {"3Y": 3, "5Y": 5, "10Y": 10, "20Y": 20, "30Y": 30}
    for row in made[day("2026-03-11")]:
        if row["period"] in years:
            ratio = row["end_level"] / row["base_level"]
            assert row["return_ann"] == pytest.approx(ratio ** (1 / years[row["period"]]) - 1, abs=6e-7)
        else:
            assert row["return_ann"] is None


def test_returns_are_published_with_six_decimals(made: dict[date, list[Row]]) -> None:
    for row in made[day("2026-03-11")]:
        for name in ("return_cum", "return_ann", "base_level", "end_level"):
            assert row[name] is None or row[name] == round(row[name], 6)


@pytest.mark.parametrize("base_rule", RULES)
def test_headline_rows_are_those_of_the_study(whole: duckdb.DuckDBPyConnection, base_rule: str) -> None:
    rows = make_figure(whole, make_study(base_rule=base_rule), FIGURE, [day("2026-03-11")])
    headline = {(row["index_id"], row["base_rule"], row["period"]) for row in rows if row["is_headline"]}
    assert headline == {(index, base_rule, period) for index in PARTS for period in ("1M", "YTD", "3Y")}
    assert not any(row["is_headline"] is None for row in rows)


def test_periods_are_those_of_the_study_in_their_order(whole: duckdb.DuckDBPyConnection) -> None:
    study = make_study()
    figure = study.figure.size_return
    assert figure
    fewer = figure.model_copy(update={"periods": ("5Y", "1M", "YTD"), "headline_periods": ("1M",)})
    study = study.model_copy(update={"figure": study.figure.model_copy(update={"size_return": fewer})})
    rows = make_figure(whole, study, FIGURE, [day("2026-03-11")])
    ordered = sorted(windows(rows, "prev").values(), key=lambda row: row["period_order"])
    assert [row["period"] for row in ordered] == ["1M", "YTD", "5Y"]


def test_several_sessions_in_one_pass_equal_each_made_alone(whole: duckdb.DuckDBPyConnection) -> None:
    asked = [day(one) for one in ("2024-02-29", "2025-12-31", "2026-01-02", "2026-03-11")]
    alone = [row for session in asked for row in _made_alone(whole, session)]
    empty_figure(whole)
    assert make_figure(whole, make_study(), FIGURE, asked) == alone
    assert make_figure(whole, make_study(), FIGURE, asked[1:2]) == alone, "other sessions' rows stay as they are"


def _made_alone(connection: duckdb.DuckDBPyConnection, session: date) -> list[Row]:
    empty_figure(connection)
    return make_figure(connection, make_study(), FIGURE, [session])


def empty_figure(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DELETE FROM figure.size_return")


def test_a_window_before_the_series_is_null_never_shortened(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", up_to("2026-03-11", "2023-03-13"))
    add_levels(connection, "LARGE", LEVELS)
    rows = make_figure(connection, make_study(), FIGURE, [day("2026-03-11")])
    for base_rule in RULES:
        short = windows(rows, base_rule)
        for period in ("3Y", "5Y", "10Y", "20Y", "30Y"):
            row = short[period]
            assert [row[n] for n in ("base_date", "base_level", "return_cum", "return_ann")] == [None] * 4
            assert row["end_date"] is not None
        assert short["1Y"]["return_cum"] is not None
    assert bases(rows, "prev", "R1000") == AFTER_A_WEDNESDAY["prev"]


@pytest.mark.parametrize("base_rule", ["prev", "next"])
def test_a_series_that_starts_at_the_base_has_the_window(connection: duckdb.DuckDBPyConnection, base_rule: str) -> None:
    add_levels(connection, "SMALL", up_to("2026-03-11", "2025-03-11"))
    add_levels(connection, "LARGE", LEVELS)
    found = windows(make_figure(connection, make_study(), FIGURE, [day("2026-03-11")]), base_rule)
    assert found["1Y"]["base_date"] == day("2025-03-11")
    assert found["3Y"]["base_date"] is None


def test_the_first_series_with_a_level_at_the_as_of_date_is_used(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_levels(connection, "SMALL", up_to("2026-03-10"))
    add_levels(connection, "SMALL_FUND", up_to("2026-03-11", "2000-05-26"))
    add_levels(connection, "SMALL_OTHER", LEVELS)
    add_levels(connection, "LARGE", LEVELS)
    add_levels(connection, "LARGE_FUND", LEVELS)
    rows = make_figure(connection, make_study(), FIGURE, [day("2026-03-11")])
    used = {(r["index_id"], r["series_id"], r["is_proxy"], r["return_basis"], r["size"]) for r in rows}
    assert used == {
        ("R2000", "SMALL_FUND", True, "adjusted_close", "small"),
        ("R1000", "LARGE", False, "gross", "large"),
    }
    assert windows(rows, "prev")["30Y"]["return_cum"] is None, "one series an index: nothing is spliced in"


@pytest.mark.parametrize(
    ("lag", "newest", "series"),
    [
        ("3 days", "2026-03-09", "SMALL"),
        ("2 days", "2026-03-09", "SMALL"),
        ("1 day", "2026-03-09", "SMALL_FUND"),
        (None, "2026-03-10", "SMALL_FUND"),
        ("6 months", "2025-09-11", "SMALL"),
        ("6 months", "2025-09-10", "SMALL_FUND"),
        ("1 year", "2025-03-11", "SMALL"),
    ],
)
def test_the_lag_decides_whether_a_series_is_new_enough(
    connection: duckdb.DuckDBPyConnection, lag: str | None, newest: str, series: str
) -> None:
    add_levels(connection, "SMALL", up_to(newest))
    add_levels(connection, "SMALL_FUND", LEVELS)
    add_levels(connection, "LARGE", LEVELS)
    rows = windows(make_figure(connection, make_study(), FIGURE, [day("2026-03-11")], lag=lag), "prev")
    assert {row["series_id"] for row in rows.values()} == {series}
    end = day(newest) if series == "SMALL" else day("2026-03-11")
    assert {row["end_date"] for row in rows.values()} == {end}
    assert {row["as_of"] for row in rows.values()} == {day("2026-03-11")}


def test_windows_end_at_the_newest_level_within_the_lag(connection: duckdb.DuckDBPyConnection) -> None:
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, up_to("2025-12-30"))
    rows = make_figure(connection, make_study(), FIGURE, [day("2026-03-11")], lag="6 months")
    found = bases(rows, "prev")
    assert found["YTD"] == "2024-12-31", "the year is that of the end"
    assert found["1M"] == "2025-11-28", "2025-11-30 is a Sunday"
    month_end = windows(rows, "month_end")
    assert {row["end_date"] for row in month_end.values()} == {day("2025-11-28")}


def test_nothing_after_the_as_of_date_is_used(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection)
    earlier = make_figure(connection, make_study(), FIGURE, [day("2020-06-15")])
    connection.execute("DELETE FROM core.index_level WHERE date > DATE '2020-06-15'")
    empty_figure(connection)
    assert make_figure(connection, make_study(), FIGURE, [day("2020-06-15")]) == earlier
    assert max(row["end_date"] for row in earlier) == day("2020-06-15")


def test_nothing_known_after_the_cut_off_is_used(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection)
    before = make_figure(connection, make_study(), FIGURE, [day("2026-03-11")])
    restated = {day("2026-03-11"): 1.0, day("2025-12-31"): 1.0}
    add_levels(connection, "SMALL", restated, known_at=datetime(2026, 3, 14))
    assert make_figure(connection, make_study(), FIGURE, [day("2026-03-11")], cut_off=CUT_OFF) == before
    after = make_figure(connection, make_study(), FIGURE, [day("2026-03-11")], cut_off=datetime(2026, 3, 15))
    assert windows(after, "prev")["YTD"]["return_cum"] == 0


def test_a_level_on_no_session_is_ignored(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection)
    before = make_figure(connection, make_study(), FIGURE, [day("2026-03-11")])
    weekend = {day("2023-03-11"): 5.0, day("2023-03-12"): 6.0, day("2026-02-28"): 7.0, day("2006-03-12"): 8.0}
    add_levels(connection, "SMALL", weekend)
    assert make_figure(connection, make_study(), FIGURE, [day("2026-03-11")]) == before


def test_the_as_of_rule_of_the_study(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection)
    for rule, wanted in {"previous_session": "2026-03-10", "last_complete_month": "2026-02-27"}.items():
        study = make_study()
        figure = study.figure.size_return
        assert figure
        ruled = figure.model_copy(update={"as_of": rule})
        study = study.model_copy(update={"figure": study.figure.model_copy(update={"size_return": ruled})})
        rows = windows(make_figure(connection, study, FIGURE, [day("2026-03-11")]), "prev")
        assert {row["as_of"] for row in rows.values()} == {day(wanted)}
        assert {row["end_date"] for row in rows.values()} == {day(wanted)}


# What data can't make


def test_no_series_reaches_the_as_of_date(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", up_to("2026-03-06"))
    add_levels(connection, "SMALL_FUND", up_to("2026-03-09"))
    add_levels(connection, "LARGE", LEVELS)
    assert make_figure(connection, make_study(), FIGURE, [day("2026-03-11")], lag="1 day") == []
    assert uncovered(connection, FIGURE) == [
        (
            day("2026-03-11"),
            True,
            "R2000: no level from 2026-03-10 to 2026-03-11; "
            "newest: SMALL 2026-03-06, SMALL_FUND 2026-03-09, SMALL_OTHER none",
        )
    ]


def test_an_index_without_any_level_is_not_late(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "LARGE", LEVELS)
    assert make_figure(connection, make_study(), FIGURE, [day("2026-03-11")]) == []
    [(session, is_late, reason)] = uncovered(connection, FIGURE)
    assert (session, is_late) == (day("2026-03-11"), False)
    assert reason == (
        "R2000: no level from 2026-03-11 to 2026-03-11; newest: SMALL none, SMALL_FUND none, SMALL_OTHER none"
    )


def test_only_the_sessions_that_data_reaches_are_made(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", up_to("2026-03-10"))
    add_levels(connection, "LARGE", LEVELS)
    rows = make_figure(connection, make_study(), FIGURE, [day("2026-03-10"), day("2026-03-11")])
    assert {row["session"] for row in rows} == {day("2026-03-10")}
    assert [one[:2] for one in uncovered(connection, FIGURE)] == [(day("2026-03-11"), True)]


def test_an_index_that_ended_long_ago_is_late_for_each_index(connection: duckdb.DuckDBPyConnection) -> None:
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, up_to("2019-01-10"))
    assert make_figure(connection, make_study(), FIGURE, [day("2026-03-11")], lag="6 months") == []
    found = uncovered(connection, FIGURE)
    assert [one[2].split(";")[0] for one in found] == [
        "R1000: no level from 2025-09-11 to 2026-03-11",
        "R2000: no level from 2025-09-11 to 2026-03-11",
    ]


def test_coverage_of_other_sessions_stays(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", up_to("2026-03-10"))
    add_levels(connection, "LARGE", LEVELS)
    make_figure(connection, make_study(), FIGURE, [day("2026-03-11")])
    assert [one[0] for one in uncovered(connection, FIGURE)] == [day("2026-03-11")]
    make_figure(connection, make_study(), FIGURE, [day("2026-03-10")])
    assert [one[0] for one in uncovered(connection, FIGURE)] == [day("2026-03-11")]


def test_coverage_is_forgotten_once_the_data_is_there(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", up_to("2026-03-10"))
    add_levels(connection, "LARGE", LEVELS)
    make_figure(connection, make_study(), FIGURE, [day("2026-03-11")])
    add_levels(connection, "SMALL", {day("2026-03-11"): LEVELS[day("2026-03-11")]})
    assert make_figure(connection, make_study(), FIGURE, [day("2026-03-11")]) != []
    assert uncovered(connection, FIGURE) == []


# The same figure written a second time, in pandas, from the words of the method


@dataclass(frozen=True)
class Window:
    """A period as calendar arithmetic; ``years`` where it is annualised."""

    step: pd.DateOffset | None
    years: int = 0


TOLD = ("index_id", "base_rule", "period", "series_id", "base_date", "end_date")
TOLD += ("base_level", "return_cum", "return_ann")
WINDOWS = {
    "1D": Window(None),
    "1W": Window(pd.DateOffset(days=7)),
    "1M": Window(pd.DateOffset(months=1)),
    "3M": Window(pd.DateOffset(months=3)),
    "6M": Window(pd.DateOffset(months=6)),
    "YTD": Window(None),
    "1Y": Window(pd.DateOffset(years=1)),
    "3Y": Window(pd.DateOffset(years=3), 3),
    "5Y": Window(pd.DateOffset(years=5), 5),
    "10Y": Window(pd.DateOffset(years=10), 10),
    "20Y": Window(pd.DateOffset(years=20), 20),
    "30Y": Window(pd.DateOffset(years=30), 30),
}
CALENDAR = pd.DatetimeIndex(sessions("1990-01-02", "2026-12-31"))


def in_pandas(levels: dict[str, pd.Series], session: date, oldest: date) -> list[tuple[Any, ...]]:
    """(index, rule, period, series, base date, end date, base level, cumulative, annual) of every window."""
    found = []
    for index, order in PARTS.items():
        chosen = None
        for series in order:
            line = levels[series][: pd.Timestamp(session)]
            if len(line) and line.index[-1] >= pd.Timestamp(oldest):
                chosen = (series, line)
                break
        if chosen is None:
            return []
        for base_rule in RULES:
            found += [
                (index, base_rule, period, chosen[0], *one_window(chosen[1], base_rule, period))
                for period in WINDOWS
                if not (base_rule == "month_end" and period in ("1D", "1W"))
            ]
    return sorted(found)


def one_window(line: pd.Series, base_rule: str, period: str) -> tuple[Any, ...]:
    end = line.index[-1]
    if base_rule == "month_end":
        ends = month_ends()
        end = ends[ends <= end][-1]
    base = base_of(line, end, base_rule, period)
    if base is None or end not in line.index or base >= end:
        return (None, end.date(), None, None, None)
    ratio = line[end] / line[base]
    years = WINDOWS[period].years
    return (base.date(), end.date(), line[base], ratio - 1, ratio ** (1 / years) - 1 if years else None)


def base_of(line: pd.Series, end: pd.Timestamp, base_rule: str, period: str) -> pd.Timestamp | None:
    step = WINDOWS[period].step
    if base_rule == "month_end":
        month = pd.Timestamp(end.year, 1, 1) - pd.DateOffset(months=1) if period == "YTD" else end - step
        same = month_ends()[month_ends().to_period("M") == month.to_period("M")]
        return same[0] if len(same) and same[0] in line.index else None
    if period == "1D":
        before = line.index[line.index < end]
    elif period == "YTD":
        before = line.index[line.index < pd.Timestamp(end.year, 1, 1)]
    else:
        before = line.index[line.index <= end - step]
        if base_rule == "next" and len(before):
            return line.index[line.index >= end - step][0]
    return before[-1] if len(before) else None


@cache
def month_ends() -> pd.DatetimeIndex:
    return pd.DatetimeIndex(CALENDAR.to_series().groupby(CALENDAR.to_period("M")).max())


@pytest.mark.parametrize("seed", range(5))
def test_random_paths_equal_another_implementation(seed: int) -> None:
    connection = empty_warehouse()
    random = np.random.default_rng(seed)
    until_2026 = CALENDAR[CALENDAR <= "2026-03-11"]
    levels = {}
    for order in PARTS.values():
        for position, series in enumerate(order):
            first = random.integers(0, len(until_2026) // (1 if position else 4))
            last = len(until_2026) - random.integers(0, 15 if position < 2 else 3)
            days = until_2026[first:last]
            days = days[random.random(len(days)) > 0.01]  # sessions without a level
            moves = random.normal(0.0003, 0.01, len(days))
            levels[series] = pd.Series(100 * np.cumprod(1 + moves), index=days)
            if len(days):
                add_levels(connection, series, {one.date(): float(v) for one, v in levels[series].items()})
    lag = ["3 days", "10 days", None, "1 month"][seed % 4]
    asked = sorted({until_2026[-int(random.integers(1, 900))].date() for _ in range(6)} | {day("2024-02-29")})
    made = make_figure(connection, make_study(), FIGURE, asked, lag=lag)
    missing = {one[0] for one in uncovered(connection, FIGURE)}
    compared = 0
    for session in asked:
        oldest = pd.Timestamp(session) - _offset(lag)
        wanted = in_pandas(levels, session, oldest.date())
        assert (wanted == []) == (session in missing)
        found = sorted(_told(row) for row in made if row["session"] == session)
        assert [row[:6] for row in found] == [row[:6] for row in wanted]
        for ours, theirs in zip(found, wanted, strict=True):
            assert ours[6:] == pytest.approx(theirs[6:], abs=1.1e-6)
            compared += 1
    assert compared >= 68 or lag is None


def _offset(lag: str | None) -> pd.DateOffset:
    number, unit = (lag or "0 days").split()
    return pd.DateOffset(**{unit.rstrip("s") + "s": int(number)})


def _told(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in TOLD)
