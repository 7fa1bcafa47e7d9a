"""Jumps of securities: what no price does is found by name and day, what prices do is let pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from assets.study_tables import fill_security_level_tables
from checks.outcome import Outcome
from checks.table_checks import check_table
from tests.support.constituents import (
    CORE,
    END,
    KNOWN_AT,
    NAMES,
    SESSION,
    START,
    SUMMARY,
    Levels,
    add_levels,
    add_members,
    add_security,
    prepare,
    returns,
)
from tests.support.helpers import CUT_OFF, STUDY, add_rows, day, empty_warehouse, make_study, sessions
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts, sql_file

SECURITY_LEVEL = "core.security_level"
MONTHS = [one.isoformat() for one in sessions("2024-02-29", "2026-02-27")]
MONTHS = [one for one, after in zip(MONTHS, [*MONTHS[1:], "2026-03-02"], strict=True) if one[:7] != after[:7]]
"""The last session of each month from START to END."""


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse(*CORE, SUMMARY, NAMES, "core.correction")
    connection.execute(sql_file("security_step"))
    return connection


# ---- one step


@pytest.mark.parametrize(
    ("move", "close_move", "days", "fault"),
    [
        (100, 100, 1, "within a week"),
        (0.01, 0.01, 3, "within a week"),  # pence to pounds
        (10.1, None, 1, "within a week"),
        (1000, 1000, 31, "at once"),
        (0.02, 0.02, 28, "at once"),
        (49, 49, 28, None),
        (28.6, 28.6, 29, None),  # the furthest real months
        (0.0251, 0.0251, 31, None),
        (4.9, 4.9, 1, "split"),  # within 3 % of a factor of 5
        (4.5, 4.5, 1, None),
        (0.5, 0.5, 1, "split"),
        (0.486, 0.486, 1, "split"),
        (0.4686, 0.4686, 1, None),  # real falls
        (0.4813, 0.4813, 1, None),
        (2.0035, None, 1, "split"),
        (0.335, 0.335, 4, "split"),
        (0.5, 0.5, 31, None),  # a month may halve a price
        (0.5, 0.7, 1, None),  # the close says something else, and not that it stood
        (0.667, 0.667, 1, None),  # one of a few hundred falls by a third in a day each year
        (2, 1.0, 1, "close beside it"),
        (0.6, 1.05, 1, "close beside it"),
        (1.4, 1.0, 1, None),
        (10, 1.1, 31, "close beside it"),
        (0.1, 1.0, 31, None),  # may be put together ten to one in the month
        (0.15, 0.95, 31, "close beside it"),
        (2.5, 1.02, 31, None),
        (4.1, 4.1, 36, "after a silence"),
        (0.24, 0.24, 132, "after a silence"),
        (3.9, 3.9, 132, None),
        (1.0, 1.0, 1, None),
    ],
)
def test_what_is_known_against_a_step(
    connection: duckdb.DuckDBPyConnection, move: float, close_move: float | None, days: int, fault: str | None
) -> None:
    found = connection.execute(
        """
        SELECT coalesce(
            step_fault(move, close_move, days, NULL),
            CASE WHEN is_split_ratio(move, close_move, days) THEN 'the factor of a split' END
        )
        FROM (SELECT ?::DOUBLE AS move, ?::DOUBLE AS close_move, ? AS days)
        """,
        [move, close_move, days],
    ).fetchall()[0][0]
    assert (found is None) if fault is None else fault in found


@pytest.mark.parametrize(
    ("move", "usual", "is_fault"),
    [
        (10, 0.05, True),
        (0.1, 0.1, True),
        (13.9, 0.1, True),
        (1 / 13.9, 0.05, True),
        (7.1, 0.1, True),
        (10, 0.11, False),  # the calmest name of figure 4 that moved so
        (0.1, None, False),  # nobody knows what is usual of it
        (6.9, 0.05, False),
        (14.1, 0.05, False),
    ],
)
def test_a_month_near_ten_times_is_a_fault_of_a_calm_name(
    connection: duckdb.DuckDBPyConnection, move: float, usual: float | None, is_fault: bool
) -> None:
    found = connection.execute(
        "SELECT step_fault(move, move, 31, ?::DOUBLE) FROM (SELECT ?::DOUBLE AS move)", [usual, move]
    ).fetchall()[0][0]
    assert (found is not None) == is_fault


def steps(connection: duckdb.DuckDBPyConnection, *rows: tuple[Any, ...]) -> dict[tuple[str, str], str]:
    """Faults by security and day, of rows (security, day, level, currency)."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shown (security_id VARCHAR, date DATE, level DOUBLE, currency VARCHAR)"
    )
    connection.executemany("INSERT INTO shown VALUES (?, ?, ?, ?)", [list(row) for row in rows])
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE levels AS "
        "SELECT *, 'panel' AS source, 0 AS stretch, level AS close, 1.0 AS split_factor, "
        "'adjusted_close' AS return_basis, now() AS known_at FROM shown"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE wide AS FROM wide_steps('levels')")
    found = rows_as_dicts(connection, "FROM security_steps('wide', 'levels') WHERE fault IS NOT NULL")
    return {(row["security_id"], str(row["date"])): row["fault"] for row in found}


def panel(*, of: int, jump: int, factor: float) -> list[tuple[Any, ...]]:
    """Names over a month, the first of them jumping."""
    rows = []
    for n in range(of):
        rows += [
            (f"N{n:04}", MONTHS[0], 10.0, "USD"),
            (f"N{n:04}", MONTHS[1], 10.3 * (factor if n < jump else 1), "USD"),
        ]
    return rows


@pytest.mark.parametrize("factor", [10, 0.1, 5])
def test_many_names_never_jump_on_one_day(connection: duckdb.DuckDBPyConnection, factor: float) -> None:
    found = steps(connection, *panel(of=700, jump=30, factor=factor))
    assert {name for name, _ in found} == {f"N{n:04}" for n in range(30)}
    assert set(found.values()) == {"30 of 700 names of the day jump so"}


@pytest.mark.parametrize(("of", "jump", "factor"), [(700, 4, 10), (1000, 5, 10), (700, 30, 4.5)])
def test_a_few_names_may(connection: duckdb.DuckDBPyConnection, of: int, jump: int, factor: float) -> None:
    """At most 0.26 % of a panel really fell so in one month, 2.2 % to a third."""
    assert steps(connection, *panel(of=of, jump=jump, factor=factor)) == {}


def test_names_that_rise_and_names_that_fall_are_no_crowd(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [(f"R{row[0]}", *row[1:]) for row in panel(of=6, jump=3, factor=10)]
    rows += [(f"F{row[0]}", *row[1:]) for row in panel(of=6, jump=3, factor=0.1)]
    assert steps(connection, *rows) == {}


@pytest.mark.parametrize(("there", "back", "is_fault"), [(10, 1.1, True), (0.1, 0.9, True), (10, 2.5, False)])
def test_a_price_that_is_back_at_the_next_level(
    connection: duckdb.DuckDBPyConnection, there: float, back: float, is_fault: bool
) -> None:
    rows = [("A", MONTHS[0], 10, "USD"), ("A", MONTHS[1], 10 * there, "USD"), ("A", MONTHS[2], 10 * back, "USD")]
    found = steps(connection, *rows)
    assert set(found) == ({("A", MONTHS[1]), ("A", MONTHS[2])} if is_fault else set())


def test_another_currency_is_a_fault_at_any_size(connection: duckdb.DuckDBPyConnection) -> None:
    found = steps(connection, ("A", MONTHS[0], 10, "USD"), ("A", MONTHS[1], 10, "GBP"), ("A", MONTHS[2], 10, "GBP"))
    assert found == {("A", MONTHS[1]): "another currency or return_basis than the day before"}


# ---- what figure 4 stands on


def growing(**levels: float) -> Levels:
    """Month-ends from START to END at 100, 101, …; ``levels``: factors by month (m24_06), until another."""
    factor, found = 1.0, {}
    for at, one in enumerate(MONTHS):
        factor = levels.get(f"m{one[2:4]}_{one[5:7]}", factor)
        found[one] = (100 + at) * factor
    return found


def fill(connection: duckdb.DuckDBPyConnection, used: Levels, unused: Levels | None = None) -> None:
    add_members(connection, "SMALLS", ["EXA", "OTHER"])
    add_members(connection, "LARGES", ["X"])
    for security, levels in {"EXA": used, "OTHER": growing(), "X": growing(), "NOBODY": unused or growing()}.items():
        add_levels(connection, security, levels)


def checked(connection: duckdb.DuckDBPyConnection, **how: Any) -> dict[str, Outcome]:
    prepare(connection, **how)
    found = check_table(connection, contracts()[NAMES], STUDY, [day(SESSION)])
    assert [outcome.error for outcome in found if outcome.error] == []
    return {outcome.check_name: outcome for outcome in found}


def state(connection: duckdb.DuckDBPyConnection, kind: str, one: str, **more: Any) -> None:
    row = {
        "stated_in": "corrections.toml", "correction_id": "one", "kind": kind, "dataset": "security_level",
        "subject": "EXA", "date": one, "reason": "why", "source": "where", "stated_by": "who", "stated_on": one,
        "known_at": KNOWN_AT, "payload_sha256": "stated",
    }  # fmt: skip
    add_rows(connection, "core.correction", row | more)


@pytest.mark.parametrize(
    ("levels", "one"),
    [
        (growing(m26_02=100), "2026-02-27"),  # the last month in cents
        (growing(m25_06=0.01), "2025-06-30"),
        (growing(m24_02=1000, m24_03=1), "2024-03-28"),  # the first level alone
        (growing(m25_06=100, m25_09=10000, m25_10=100), "2025-06-30"),
        (growing(m26_02=10), "2026-02-27"),  # one name, ten times at the last level
        (growing(m26_02=0.1), "2026-02-27"),
        (growing(m25_06=10), "2025-06-30"),
        (growing(m25_06=0.1), "2025-06-30"),
        (growing(m24_02=10, m24_04=1), "2024-04-30"),  # the first two levels
    ],
)
def test_a_jump_on_the_way_withholds_figure_4_by_name_and_day(
    connection: duckdb.DuckDBPyConnection, levels: Levels, one: str
) -> None:
    fill(connection, levels)
    found = checked(connection)["constituents_jump"]
    assert (found.passed, found.blocking, found.subjects) == (False, True, None)
    assert (found.sample[0]["security_id"], str(found.sample[0]["date"])) == ("EXA", one)
    assert f"security_id EXA, date {one}" in found.observed


@pytest.mark.parametrize(
    ("used", "unused"),
    [
        (growing(), growing(m26_02=100)),  # nobody's
        (growing(m25_06=100, m25_09=1), growing()),  # there and back: no return hangs on it
        (growing(m25_06=20), growing()),  # penny stocks do that in a month
    ],
)
def test_what_moves_no_return_and_what_prices_do_passes(
    connection: duckdb.DuckDBPyConnection, used: Levels, unused: Levels
) -> None:
    fill(connection, used, unused)
    assert all(outcome.passed for outcome in checked(connection).values())


def test_a_jump_after_the_known_end_is_anothers(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, growing(m25_06=100))
    add_security(connection, "EXA", delisted_on="2025-05-30")
    assert checked(connection)["constituents_jump"].passed


def test_a_jump_of_an_acquirer_counts(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, growing(), unused=growing(m26_02=100))
    add_security(connection, "EXA", delisted_on="2025-05-30", acquirer_id="NOBODY", exchange_ratio=1)
    assert checked(connection)["constituents_jump"].sample[0]["security_id"] == "NOBODY"


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("real_move", {}, 123.0),
        ("split", {"factor": 0.01}, 0.24),
        ("wrong_value", {"column_name": "level", "found": 12400, "value": 124}, 0.24),
    ],
)
def test_what_is_stated_lets_the_figure_pass(
    connection: duckdb.DuckDBPyConnection, kind: str, more: dict[str, Any], expected: float
) -> None:
    fill(connection, growing(m26_02=100))
    state(connection, kind, END, **more)
    assert all(outcome.passed for outcome in checked(connection).values())
    names = rows_as_dicts(connection, sql_file("constituent_return"))
    assert returns(names, "survivors")["EXA"] == pytest.approx(expected)


def test_what_is_stated_of_another_day_excuses_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, growing(m26_02=100))
    state(connection, "real_move", "2026-01-30")
    assert not checked(connection)["constituents_jump"].passed


@pytest.mark.parametrize("factor", [10, 0.1])
def test_a_wild_name_that_moves_ten_times_at_the_end_is_named_and_blocks_nothing(
    connection: duckdb.DuckDBPyConnection, factor: float
) -> None:
    """One whose months are 18 % in the mean: real names of that kind have done so."""
    wild = {one: level * (1.2 if at % 2 else 1) for at, (one, level) in enumerate(growing().items())}
    fill(connection, wild | {END: wild[END] * factor})
    found = checked(connection)
    assert found["constituents_jump"].passed
    assert (found["constituents_move"].passed, found["constituents_move"].blocking) == (False, False)
    assert found["constituents_move"].sample[0]["security_id"] == "EXA"


@pytest.mark.parametrize(("close", "is_named"), [(102.0, True), (125.0, False), (160.0, False)])
def test_an_adjusted_close_that_moves_without_its_close_is_named(
    connection: duckdb.DuckDBPyConnection, close: float, is_named: bool
) -> None:
    """The level grows two and a half times: from a close of 100 to 125 that is a split in two, to 102 nothing."""
    fill(connection, growing())
    connection.execute("DELETE FROM core.security_level WHERE security_id = 'EXA'")
    levels = growing() | {END: 123 * 2.5}
    add_levels(connection, "EXA", levels, closes=dict.fromkeys(levels, 100.0) | {END: close})
    found = checked(connection)
    assert found["constituents_jump"].passed
    assert found["constituents_move"].passed != is_named


# ---- dividends and splits that the file states


def add_paid(connection: duckdb.DuckDBPyConnection, levels: Levels, closes: Levels, **paid: dict[str, float]) -> None:
    """EXA with a level and a close a day; ``paid``: dividend and split_factor of days, nothing on the others."""
    fill(connection, growing())
    connection.execute("DELETE FROM core.security_level WHERE security_id = 'EXA'")
    for one, level in levels.items():
        row = {
            "security_id": "EXA", "source": "exa", "date": one, "level": level, "close": closes[one], "currency": "USD",
            "return_basis": "adjusted_close", "known_at": KNOWN_AT, "payload_sha256": "levels",
            "dividend": paid.get("dividend", {}).get(one, 0.0),
            "split_factor": paid.get("split_factor", {}).get(one, 1.0),
        }  # fmt: skip
        add_rows(connection, SECURITY_LEVEL, row)


PAYS = {"2024-06-28": 0.85, "2025-06-30": 0.9}


def adjusted(closes: Levels, dividends: dict[str, float], how: str = "reinvested") -> Levels:
    """Levels from closes and dividends, put back in one of the two ways; rounded as vendors print them."""
    found, before, level = {}, None, 100.0
    for one, close in closes.items():
        if before is not None:
            cash = dividends.get(one, 0)
            level *= (close + cash) / before if how == "reinvested" else close / (before - cash)
        found[one], before = round(level, 6), close
    return found


@pytest.mark.parametrize("how", ["reinvested", "as Yahoo does"])
def test_levels_that_follow_their_dividends_pass(connection: duckdb.DuckDBPyConnection, how: str) -> None:
    closes = growing()
    add_paid(connection, adjusted(closes, PAYS, how), closes, dividend=PAYS)
    assert all(outcome.passed for outcome in checked(connection).values())


@pytest.mark.parametrize(
    ("applied", "days", "first", "moved_by"),
    [
        ({}, 2, "2024-06-28", -0.0156),  # the close stands where the adjusted close should
        ({"2024-06-28": 0.85}, 1, "2025-06-30", -0.0078),  # one was left out
        (PAYS | {"2024-09-30": 0.85}, 1, "2024-09-30", 0.0080),  # one is paid that nobody paid
    ],
)
def test_levels_that_miss_a_dividend_are_named(
    connection: duckdb.DuckDBPyConnection, applied: dict[str, float], days: int, first: str, moved_by: float
) -> None:
    closes = growing()
    add_paid(connection, adjusted(closes, applied), closes, dividend=PAYS)
    found = checked(connection)
    assert (found["constituents_dividends"].passed, found["constituents_dividends"].blocking) == (False, False)
    [row] = found["constituents_dividends"].sample
    assert (row["security_id"], row["days"], str(row["first_day"])) == ("EXA", days, first)
    assert row["return_moved_by"] == pytest.approx(moved_by, abs=2e-4)
    assert found["constituents_jump"].passed


@pytest.mark.parametrize(("factor", "passes"), [(2.0, False), (1.5, False), (0.1, False), (1.0, True)])
def test_a_split_that_the_file_states_and_leaves_out_is_named(
    connection: duckdb.DuckDBPyConnection, factor: float, passes: bool
) -> None:
    days = [START, "2026-02-25", "2026-02-26", END]
    levels = {one: 100 * 1.01**n / (factor if n >= 2 else 1) for n, one in enumerate(days)}
    add_paid(connection, levels, levels, split_factor={"2026-02-26": factor})
    found = checked(connection)["constituents_jump"]
    assert found.passed == passes
    if not passes:
        assert str(found.sample[0]["date"]) == "2026-02-26"


@pytest.mark.parametrize(("stated", "blocks"), [(1.0, False), (None, True)])
def test_a_days_step_by_the_factor_of_a_split_blocks_where_the_file_does_not_deny_one(
    connection: duckdb.DuckDBPyConnection, stated: float | None, blocks: bool
) -> None:
    days = [START, "2026-02-25", "2026-02-26", END]
    levels = {one: 100 * 1.01**n / (2 if n >= 2 else 1) for n, one in enumerate(days)}
    add_paid(connection, levels, levels)
    connection.execute("UPDATE core.security_level SET split_factor = ?", [stated])
    found = checked(connection)
    assert found["constituents_jump"].passed != blocks
    assert found["constituents_move"].passed == blocks
    assert not newest(connection).passed


@pytest.mark.parametrize("raw", [False, True])
def test_a_split_that_is_adjusted_for_passes(connection: duckdb.DuckDBPyConnection, raw: bool) -> None:
    days = [START, "2026-02-25", "2026-02-26", END]
    levels = {one: round(100 * 1.01**n, 6) for n, one in enumerate(days)}
    closes = {one: v / (2 if raw and one >= "2026-02-26" else 1) for one, v in levels.items()}
    add_paid(connection, levels, closes, split_factor={"2026-02-26": 2.0})
    assert all(outcome.passed for outcome in checked(connection).values())


# ---- what comes in


def newest(connection: duckdb.DuckDBPyConnection, asked: Sequence[date] = (day(SESSION),)) -> Outcome:
    fill_security_level_tables(connection, make_study(), list(asked), CUT_OFF, None)
    found = {
        outcome.check_name: outcome
        for outcome in check_table(connection, contracts()[SECURITY_LEVEL], STUDY, list(asked))
    }
    assert [outcome.error for outcome in found.values() if outcome.error] == []
    return found["security_level_jump"]


DAYS = [one.isoformat() for one in sessions("2026-01-02", "2026-02-27")]


@pytest.mark.parametrize("factor", [10, 100, 1000, 0.1, 0.01, 0.5])
def test_a_file_that_changes_its_unit_is_named_with_its_day(
    connection: duckdb.DuckDBPyConnection, factor: float
) -> None:
    levels = {one: 50 + n / 10 for n, one in enumerate(DAYS)}
    add_levels(connection, "GOOD", levels)
    add_levels(connection, "EXA", {one: v * (factor if one >= "2026-02-02" else 1) for one, v in levels.items()})
    found = newest(connection)
    assert (found.passed, found.blocking, found.subjects) == (False, False, ("EXA",))
    assert str(found.sample[0]["date"]) == "2026-02-02"
    state(connection, "real_move", "2026-02-02")
    assert newest(connection).passed


def test_days_and_months_that_are_real_pass(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "FALLS", {one: 50 * (0.47 if one >= "2026-02-02" else 1) for one in DAYS})
    add_levels(connection, "BEFORE", growing(m24_06=100))  # more than two months ago: for figure 4 to say
    silent = day("2026-01-02") - timedelta(120)
    add_levels(connection, "HALTED", {silent.isoformat(): 50, "2026-01-05": 20, "2026-01-06": 21})
    assert newest(connection).passed


def test_only_what_was_known_and_is_not_after_the_night_counts(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "EXA", {one: 50 * (100 if one >= "2026-02-27" else 1) for one in DAYS})
    assert newest(connection, [day("2026-02-26")]).passed
    assert not newest(connection, [day("2026-02-27")]).passed


def test_a_start_is_a_step_of_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "EXA", {START: 100})
    assert newest(connection).passed
