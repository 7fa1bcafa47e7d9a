"""Figure 2: the rebased line, its splices and its base, by hand and against a second implementation."""

from __future__ import annotations

from datetime import date
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

FIGURE = "long_run"
SESSION = day("2026-03-11")
BASE = day("2024-03-11")
"""Two years earlier, a session itself."""
HISTORY = sessions("2023-01-03", "2026-03-11")
LEVELS = numbered(HISTORY)

Row = dict[str, Any]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse()


def span(first: str = "2023-01-03", last: str = "2026-03-11", scale: float = 1.0) -> dict[date, float]:
    return {one: level * scale for one, level in LEVELS.items() if day(first) <= one <= day(last)}


def line(rows: list[Row], index: str = "R2000") -> dict[date, Row]:
    return {row["date"]: row for row in rows if row["index_id"] == index}


def make(connection: duckdb.DuckDBPyConnection, lag: str | None = None, years: int = 2) -> list[Row]:
    return make_figure(connection, make_study(years=years), FIGURE, [SESSION], lag=lag)


def test_an_index_of_one_series(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span())
    add_levels(connection, "LARGE", span(scale=3.0))
    rows = make(connection)
    days = [one for one in HISTORY if one >= BASE]
    for index, series, size in (("R2000", "SMALL", "small"), ("R1000", "LARGE", "large")):
        found = line(rows, index)
        assert list(found) == days
        assert found[BASE]["rebased"] == 100
        for one, row in found.items():
            assert row["rebased"] == pytest.approx(100 * LEVELS[one] / LEVELS[BASE], abs=6e-5)
            assert row["rebased"] == round(row["rebased"], 4)
            told = [row[n] for n in ("series_id", "size", "return_basis", "currency", "is_proxy", "is_headline")]
            assert told == [series, size, "gross", "USD", False, True]
            assert (row["base_date"], row["as_of"], row["session"]) == (BASE, SESSION, SESSION)


def test_a_proxy_follows_the_index_on_returns(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(last="2025-06-30"))
    add_levels(connection, "SMALL_FUND", span(first="2024-09-03", scale=0.07))
    add_levels(connection, "LARGE", span())
    found = line(make(connection))
    assert list(found) == [one for one in HISTORY if one >= BASE]
    for one, row in found.items():
        assert row["rebased"] == pytest.approx(100 * LEVELS[one] / LEVELS[BASE], abs=6e-5)
        is_fund = one > day("2025-06-30")
        assert (row["series_id"], row["is_proxy"]) == (("SMALL_FUND", True) if is_fund else ("SMALL", False))
        assert row["return_basis"] == "spliced"


def test_the_other_line_keeps_its_own_basis(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(last="2025-06-30"))
    add_levels(connection, "SMALL_FUND", span(first="2024-09-03"))
    add_levels(connection, "LARGE_FUND", span())
    rows = make(connection)
    assert {row["return_basis"] for row in line(rows).values()} == {"spliced"}
    assert {row["return_basis"] for row in line(rows, "R1000").values()} == {"adjusted_close"}


def test_the_joint_is_the_last_day_that_both_have(connection: duckdb.DuckDBPyConnection) -> None:
    index = span(last="2025-06-30")
    fund = span(first="2024-09-03", scale=2.0)
    fund[day("2025-06-27")] *= 1.1  # off on an earlier common day: does not count
    last_common = day("2025-06-26")
    for missing in ("2025-06-27", "2025-06-30"):
        fund.pop(day(missing))
    fund[last_common] *= 1.25
    add_levels(connection, "SMALL", index)
    add_levels(connection, "SMALL_FUND", fund)
    add_levels(connection, "LARGE", span())
    found = line(make(connection))
    first_of_fund = day("2025-07-01")
    at_joint = 100 * LEVELS[last_common] / LEVELS[BASE]
    move = fund[first_of_fund] / fund[last_common]
    assert found[first_of_fund]["rebased"] == pytest.approx(at_joint * move, abs=1e-4)
    assert found[day("2025-06-30")]["series_id"] == "SMALL"


def test_three_parts(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(last="2024-12-31"))
    add_levels(connection, "SMALL_FUND", span(first="2024-06-03", last="2025-08-29", scale=0.5))
    add_levels(connection, "SMALL_OTHER", span(first="2025-02-03", scale=20.0))
    add_levels(connection, "LARGE", span())
    found = line(make(connection))
    assert list(found) == [one for one in HISTORY if one >= BASE]
    for one, row in found.items():
        assert row["rebased"] == pytest.approx(100 * LEVELS[one] / LEVELS[BASE], abs=6e-5)
    parts = [("SMALL", "2024-12-31"), ("SMALL_FUND", "2025-08-29"), ("SMALL_OTHER", "2026-03-11")]
    for series, last in parts:
        assert max(one for one, row in found.items() if row["series_id"] == series) == day(last)


def test_a_proxy_that_ends_before_the_index_gives_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span())
    add_levels(connection, "SMALL_FUND", span(last="2026-03-11", scale=9.0))
    add_levels(connection, "SMALL_OTHER", span(last="2025-01-31", scale=5.0))
    add_levels(connection, "LARGE", span())
    found = line(make(connection))
    assert {row["series_id"] for row in found.values()} == {"SMALL"}
    assert {row["return_basis"] for row in found.values()} == {"gross"}


def test_a_part_before_the_base_does_not_make_the_line_spliced(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(last="2023-12-29"))
    add_levels(connection, "SMALL_FUND", span(first="2023-06-01", scale=2.0))
    add_levels(connection, "LARGE", span())
    found = line(make(connection))
    assert found[BASE]["rebased"] == 100
    assert {row["return_basis"] for row in found.values()} == {"adjusted_close"}
    assert found[SESSION]["rebased"] == pytest.approx(100 * LEVELS[SESSION] / LEVELS[BASE], abs=6e-5)


@pytest.mark.parametrize(
    ("session", "base"),
    [
        ("2026-03-11", "2024-03-11"),
        ("2026-03-09", "2024-03-08"),  # 2024-03-09 is a Saturday
        ("2026-01-20", "2024-01-19"),
        ("2026-01-02", "2024-01-02"),
        ("2026-01-16", "2024-01-16"),  # 2024-01-15 is a holiday
        ("2026-01-15", "2024-01-12"),
        ("2026-02-17", "2024-02-16"),  # 2024-02-17 is a Saturday
    ],
)
def test_the_base_is_the_last_session_on_or_before_the_anniversary(
    connection: duckdb.DuckDBPyConnection, session: str, base: str
) -> None:
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, span())
    rows = make_figure(connection, make_study(), FIGURE, [day(session)])
    assert {row["base_date"] for row in rows} == {day(base)}
    assert {row["rebased"] for row in rows if row["date"] == day(base)} == {100.0}
    assert max(row["date"] for row in rows) == day(session)


def test_several_sessions_in_one_pass(connection: duckdb.DuckDBPyConnection) -> None:
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, span())
    asked = [day("2026-03-09"), day("2026-03-10"), SESSION]
    alone = [row for one in asked for row in make_figure(connection, make_study(), FIGURE, [one])]
    assert make_figure(connection, make_study(), FIGURE, asked) == alone


def test_nothing_after_the_as_of_date_is_used(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(last="2025-12-31"))
    add_levels(connection, "SMALL_FUND", span(scale=0.3))
    add_levels(connection, "LARGE", span())
    session = day("2025-11-03")
    before = make_figure(connection, make_study(), FIGURE, [session])
    assert {row["series_id"] for row in before} == {"SMALL", "LARGE"}, "the index still lived then"
    connection.execute("DELETE FROM core.index_level WHERE date > DATE '2025-11-03'")
    assert make_figure(connection, make_study(), FIGURE, [session]) == before


def test_levels_that_come_after_the_as_of_date_close_no_gap(connection: duckdb.DuckDBPyConnection) -> None:
    """Seen from that date the index has ended, although it went on a few days later."""
    gap = sessions("2025-10-30", "2025-11-05")
    add_levels(connection, "SMALL", {one: level for one, level in span().items() if one not in gap})
    add_levels(connection, "SMALL_FUND", span(scale=0.3))
    add_levels(connection, "LARGE", span())
    session = day("2025-11-03")
    before = make_figure(connection, make_study(), FIGURE, [session])
    assert line(before)[day("2025-10-29")]["series_id"] == "SMALL"
    assert line(before)[session]["series_id"] == "SMALL_FUND"
    connection.execute("DELETE FROM core.index_level WHERE date > DATE '2025-11-03'")
    assert make_figure(connection, make_study(), FIGURE, [session]) == before


def test_a_level_on_no_session_is_ignored(connection: duckdb.DuckDBPyConnection) -> None:
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, span())
    before = make(connection)
    add_levels(connection, "SMALL", {day("2025-07-04"): 1.0, day("2024-03-10"): 2.0})
    assert make(connection) == before


# What data can't make


def test_history_too_short(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(first="2024-03-12"))
    add_levels(connection, "LARGE", span())
    assert make(connection) == []
    reason = "R2000: the line would start on 2024-03-11, but its levels begin on 2024-03-12"
    assert uncovered(connection, FIGURE) == [(SESSION, False, reason)]


def test_history_just_long_enough(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(first="2024-03-11"))
    add_levels(connection, "LARGE", span())
    assert line(make(connection))[BASE]["rebased"] == 100
    assert uncovered(connection, FIGURE) == []


def test_no_level_at_all(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "LARGE", span())
    assert make(connection) == []
    assert uncovered(connection, FIGURE) == [(SESSION, False, "R2000: no level up to 2026-03-11")]


def test_a_line_that_ends_too_early_is_late(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(last="2026-03-06"))
    add_levels(connection, "LARGE", span())
    assert make(connection, lag="2 days") == []
    reason = "R2000: no level from 2026-03-09 to 2026-03-11; newest: 2026-03-06"
    assert uncovered(connection, FIGURE) == [(SESSION, True, reason)]


def test_a_line_that_ends_within_the_lag_is_made(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(last="2026-03-06"))
    add_levels(connection, "LARGE", span())
    rows = make(connection, lag="5 days")
    assert max(line(rows)) == day("2026-03-06")
    assert max(line(rows, "R1000")) == SESSION
    assert uncovered(connection, FIGURE) == []


def test_reasons_of_both_lines_are_told(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", span(first="2025-01-02"))
    add_levels(connection, "LARGE", span(last="2025-01-02"))
    assert make(connection) == []
    assert [(late, reason[:5]) for _, late, reason in uncovered(connection, FIGURE)] == [
        (True, "R1000"),
        (False, "R2000"),
    ]


def test_a_proxy_without_a_common_day_cannot_follow(connection: duckdb.DuckDBPyConnection) -> None:
    """The line can't reach the as-of date: returns can't be chained over a gap."""
    add_levels(connection, "SMALL", span(last="2025-06-30"))
    add_levels(connection, "SMALL_FUND", span(first="2025-07-01"))
    add_levels(connection, "LARGE", span())
    assert make(connection, lag="1 month") == []
    [(session, is_late, reason)] = uncovered(connection, FIGURE)
    assert (session, is_late) == (SESSION, True)
    assert reason == "R2000: no level from 2026-02-11 to 2026-03-11; newest: 2025-06-30"


def test_older_history_of_a_proxy_does_not_lengthen_the_index(connection: duckdb.DuckDBPyConnection) -> None:
    """A proxy gives the days after the index, never those before it; both lines or none."""
    add_levels(connection, "SMALL", span(first="2024-09-03", last="2025-06-30"))
    add_levels(connection, "SMALL_FUND", span())
    add_levels(connection, "LARGE", span())
    assert make(connection) == []
    [(session, is_late, reason)] = uncovered(connection, FIGURE)
    assert (session, is_late) == (SESSION, False)
    assert reason == "R2000: the line would start on 2024-03-11, but its levels begin on 2024-09-03"


def test_no_level_on_the_base_session(connection: duckdb.DuckDBPyConnection) -> None:
    """A figure of one line is not the comparison that the note makes."""
    levels = span()
    del levels[BASE]
    add_levels(connection, "SMALL", levels)
    add_levels(connection, "LARGE", span())
    assert make(connection) == []
    assert [(one[0], one[1]) for one in uncovered(connection, FIGURE)] == [(SESSION, False)]
    assert "2024-03-11" in uncovered(connection, FIGURE)[0][2]


def test_an_unusable_part_is_passed_over(connection: duckdb.DuckDBPyConnection) -> None:
    """The second series has no day in common with the first; the third has, and makes the whole rest."""
    add_levels(connection, "SMALL", span(last="2024-12-31"))
    add_levels(connection, "SMALL_FUND", span(first="2025-01-02", last="2025-08-29", scale=0.5))
    add_levels(connection, "SMALL_OTHER", span(first="2024-06-03", scale=20.0))
    add_levels(connection, "LARGE", span())
    found = line(make(connection))
    assert list(found) == [one for one in HISTORY if one >= BASE]
    assert {row["series_id"] for row in found.values()} == {"SMALL", "SMALL_OTHER"}
    for one, row in found.items():
        assert row["rebased"] == pytest.approx(100 * LEVELS[one] / LEVELS[BASE], abs=6e-5)


def test_a_base_before_the_calendar_begins_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    for series in ("SMALL", "LARGE"):
        add_levels(connection, series, numbered(sessions("2009-01-02", "2010-03-11")))
    assert make_figure(connection, make_study(years=90), FIGURE, [day("2010-03-11")], cut_off=CUT_OFF) == []
    found = uncovered(connection, FIGURE)
    assert [(session, is_late) for session, is_late, _ in found] == [(day("2010-03-11"), False)] * 2
    assert all("its levels begin on 2009-01-02" in reason for *_, reason in found)


# The same figure written a second time, in pandas


def in_pandas(levels: dict[str, pd.Series], order: tuple[str, ...], base: date) -> tuple[pd.Series, pd.Series] | None:
    """(rebased line, series of each day), or None where there is no line from the base on."""
    line: pd.Series | None = None
    names: list[str] = []
    for series in order:
        own = levels[series][: pd.Timestamp(SESSION)]
        if line is None:
            line, names = own, [series] * len(own)
            continue
        common = line.index.intersection(own.index)
        after = own[own.index > line.index[-1]]
        if len(after) and len(common):
            line = pd.concat([line, after * (line[common[-1]] / own[common[-1]])])
            names += [series] * len(after)
    assert line is not None
    start = pd.Timestamp(base)
    if start not in line.index:
        return None
    rebased = (100 * line / line[start])[start:]
    return rebased, pd.Series(names, index=line.index)[start:]


@pytest.mark.parametrize("seed", range(6))
def test_random_paths_equal_another_implementation(seed: int) -> None:
    connection = empty_warehouse()
    random = np.random.default_rng(100 + seed)
    days = pd.DatetimeIndex(HISTORY)
    levels: dict[str, pd.Series] = {}
    for order in PARTS.values():
        ends = sorted(int(n) for n in random.integers(350, len(days) - 40, 2))
        starts = [
            0,
            max(0, ends[0] - int(random.integers(1, 200))),
            max(0, ends[1] - int(random.integers(1, 200))),
        ]
        for series, first, last in zip(order, starts, [*ends, len(days)], strict=True):
            moves = 1 + random.normal(0, 0.01, last - first)
            levels[series] = pd.Series(random.uniform(10, 1000) * np.cumprod(moves), index=days[first:last])
            add_levels(connection, series, {one.date(): float(v) for one, v in levels[series].items()})
    rows = make(connection)
    assert uncovered(connection, FIGURE) == []
    for index, order in PARTS.items():
        wanted = in_pandas(levels, order, BASE)
        assert wanted is not None
        found = line(rows, index)
        assert list(found) == [one.date() for one in wanted[0].index]
        assert [row["rebased"] for row in found.values()] == pytest.approx(list(wanted[0]), abs=1.1e-4)
        assert [row["series_id"] for row in found.values()] == list(wanted[1])


def test_the_payloads_behind_each_figure_of_levels_are_recorded(connection: duckdb.DuckDBPyConnection) -> None:
    """A line stands on each of its days, a return on its base and end alone."""
    parts = {
        "before": ("2023-01-03", "2024-03-08"),
        "base": ("2024-03-11", "2024-03-11"),
        "between": ("2024-03-12", "2026-03-10"),
        "end": ("2026-03-11", "2026-03-11"),
        "after": ("2026-03-12", "2026-03-20"),
    }
    days = sessions("2023-01-03", "2026-03-20")
    for name, (first, last) in parts.items():
        levels = {one: 1000.0 + at for at, one in enumerate(days) if day(first) <= one <= day(last)}
        for series in ("SMALL", "LARGE"):
            add_levels(connection, series, levels, payload=name)
    study = make_study(
        event=[{"id": "e", "start": "2024-03-12", "label": {"ja": "事", "en": "event"}, "source": "s"}],
        figure={
            "size_return": {
                "number": 1, "title": {"ja": "一", "en": "one"}, "unit": {"ja": "%", "en": "%"},
                "periods": ["1D", "3Y"], "headline_periods": [],
            },
            "long_run": {"number": 2, "title": {"ja": "二", "en": "two"}, "unit": {"ja": "", "en": ""}, "years": 2},
            "event_return": {},
        },
    )  # fmt: skip
    expected = {
        "size_return": {"before", "between", "end"},  # 3Y from 2023-03-10, 1D from 2026-03-10
        "long_run": {"base", "between", "end"},
        "event_return": {"base", "end"},
    }
    for figure, payloads in expected.items():
        make_figure(connection, study, figure, [SESSION])
        recorded = connection.execute(
            "SELECT payload_sha256 FROM meta.figure_payload WHERE figure = ? AND session = ?", [figure, SESSION]
        ).fetchall()
        assert sorted(recorded) == sorted((name,) for name in payloads), figure
