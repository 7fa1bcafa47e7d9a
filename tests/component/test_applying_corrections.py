"""What people state is applied to what figures and checks read, and fails once it matches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from assets.publish.descriptor import correction_entry
from assets.publish.sources import corrections_behind
from assets.study_tables import fill_session_tables, fill_study_tables
from checks.outcome import Outcome
from checks.table_checks import check_table
from tests.support import constituents as figure_4
from tests.support import estimates as eps
from tests.support import funds as figure_5
from tests.support.helpers import (
    CUT_OFF,
    STUDY,
    add_levels,
    add_rows,
    day,
    empty_warehouse,
    make_figure,
    make_study,
    sessions,
)
from warehouse.contract import contracts
from warehouse.corrections import VALUES
from warehouse.database import rows_as_dicts

SESSION = day("2026-03-11")
DAYS = sessions("2025-02-03", "2026-03-11")
BEFORE, SPLIT_DAY = day("2026-02-27"), day("2026-03-02")
STATED_AT = datetime(2026, 3, 12, 3)
WHY = {"reason": "why", "source": "where", "stated_by": "who", "stated_on": "2026-03-12"}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    found = empty_warehouse()
    yield found
    found.execute("DELETE FROM core.correction")


def state(connection: duckdb.DuckDBPyConnection, kind: str, dataset: str, subject: str, on: str, **said: Any) -> None:
    row = {"stated_in": "corrections.toml", "correction_id": f"{kind}-{subject}-{on}", "kind": kind}
    row |= {"dataset": dataset, "subject": subject, "date": on, "known_at": STATED_AT, "payload_sha256": "said"}
    add_rows(connection, "core.correction", row | WHY | said)


def wrong(connection: duckdb.DuckDBPyConnection, dataset: str, subject: str, on: str, column: str, **said: Any) -> None:
    state(connection, "wrong_value", dataset, subject, on, column_name=column, **said)


def outcomes(connection: duckdb.DuckDBPyConnection, dataset: str, session: date = SESSION) -> dict[str, Outcome]:
    contract = contracts()[f"core.{dataset}"]
    inputs = fill_study_tables if dataset == "index_level" else fill_session_tables
    inputs(connection, make_study(), [session], CUT_OFF, None)
    return {one.check_name: one for one in check_table(connection, contract, STUDY, [session])}


def states(connection: duckdb.DuckDBPyConnection, dataset: str) -> list[tuple[str, str]]:
    """(state, why) of every statement about a dataset, as readers ask for them."""
    query = f"SELECT state, coalesce(why, '') FROM core.{dataset}_corrections(?) ORDER BY correction_id"
    return connection.execute(query, [CUT_OFF]).fetchall()


def levels(connection: duckdb.DuckDBPyConnection, dataset: str = "index_level") -> list[dict[str, Any]]:
    return rows_as_dicts(connection, f"FROM core.{dataset}_as_corrected(?) ORDER BY ALL", CUT_OFF)


def rising(start: float = 1000.0) -> dict[date, float]:
    return {one: start + 0.25 * position for position, one in enumerate(DAYS)}


def split_by(history: dict[date, float], factor: float, on: date = SPLIT_DAY) -> dict[date, float]:
    return {one: level / factor if one >= on else level for one, level in history.items()}


def returns(connection: duckdb.DuckDBPyConnection, study_rows: dict[date, float]) -> dict[str, float]:
    add_levels(connection, "SMALL", study_rows)
    add_levels(connection, "LARGE", rising())
    rows = make_figure(connection, make_study(), "size_return", [SESSION])
    return {
        row["period"]: row["return_cum"] for row in rows if row["index_id"] == "R2000" and row["base_rule"] == "prev"
    }


# ---- splits


@pytest.mark.parametrize("factor", [10, 2, 0.1, 1.5])
def test_levels_go_on_over_a_stated_split(connection: duckdb.DuckDBPyConnection, factor: float) -> None:
    right = returns(connection, rising())
    connection.execute("DELETE FROM core.index_level")
    broken = returns(connection, split_by(rising(), factor))
    assert broken["1M"] == pytest.approx((1 + right["1M"]) / factor - 1, abs=2e-6 * max(1, 1 / factor))
    assert not outcomes(connection, "index_level")["index_level_daily_move"].passed
    state(connection, "split", "index_level", "SMALL", "2026-03-02", factor=factor)
    connection.execute("DELETE FROM core.index_level")
    assert returns(connection, split_by(rising(), factor)) == pytest.approx(right)
    found = outcomes(connection, "index_level")
    assert found["index_level_daily_move"].passed
    assert found["correction_matches_something"].passed
    assert states(connection, "index_level") == [("applied", "")]


def test_a_split_on_a_day_without_a_price_counts_from_the_next_one(connection: duckdb.DuckDBPyConnection) -> None:
    state(connection, "split", "index_level", "SMALL", "2026-02-28", factor=10)  # a Saturday
    assert returns(connection, split_by(rising(), 10))["1M"] == pytest.approx(
        0.25 * 20 / rising()[day("2026-02-11")], abs=1e-3
    )
    assert outcomes(connection, "index_level")["index_level_daily_move"].passed


def test_two_splits_of_one_series_multiply(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", split_by(split_by(rising(), 10), 3, day("2025-06-02")))
    state(connection, "split", "index_level", "SMALL", "2026-03-02", factor=10)
    state(connection, "split", "index_level", "SMALL", "2025-06-02", factor=3)
    assert [row["level"] for row in levels(connection)] == pytest.approx(list(rising().values()))


def test_a_split_that_the_vendor_adjusted_for_is_not_applied_and_fails(connection: duckdb.DuckDBPyConnection) -> None:
    state(connection, "split", "index_level", "SMALL", "2026-03-02", factor=10)
    add_levels(connection, "SMALL", rising())
    assert [row["level"] for row in levels(connection)] == list(rising().values())
    found = outcomes(connection, "index_level")["correction_matches_something"]
    assert (found.passed, found.blocking, found.subjects) == (False, False, ("SMALL",))
    [row] = found.sample
    assert (row["stated_in"], row["correction_id"]) == ("corrections.toml", "split-SMALL-2026-03-02")
    assert "adjusted already" in row["why"]


def test_levels_before_a_split_stay_as_they_were(connection: duckdb.DuckDBPyConnection) -> None:
    """So that a session before it is made again as it was published."""
    add_levels(connection, "SMALL", split_by(rising(), 10))
    state(connection, "split", "index_level", "SMALL", "2026-03-02", factor=10)
    before = [row["level"] for row in levels(connection) if row["date"] < SPLIT_DAY]
    assert before == [level for one, level in rising().items() if one < SPLIT_DAY]


def nav_history(factor: float) -> list[figure_5.Nav]:
    """A NAV a business day, with distributions, and units that are split on 2026-03-02."""
    plain = [
        (on, nav, 150.0 if on.month == 9 and on.day == 10 else None) for on, nav, _ in figure_5.history("2022-06-01")
    ]
    return [(on, nav / factor if on >= SPLIT_DAY else nav, paid) for on, nav, paid in plain]


@pytest.mark.parametrize("factor", [10, 0.1, 5])
def test_a_fund_keeps_its_returns_over_a_split_of_its_units(
    connection: duckdb.DuckDBPyConnection, factor: float
) -> None:
    figure_5.value(connection, figure_5.A)
    figure_5.keep(connection, figure_5.A, nav_history(factor))
    found = outcomes(connection, "fund_nav")["fund_nav_daily_move"]
    assert (found.passed, found.blocking, found.subjects) == (False, True, (figure_5.A,))
    assert "corrections.toml" in found.expected
    state(connection, "split", "fund_nav", figure_5.A, "2026-03-02", factor=factor)
    assert all(one.passed for one in outcomes(connection, "fund_nav").values())
    _, made = figure_5.make(connection, [figure_5.A])
    for period, base in (("1Y", "2025-03-11"), ("3Y", "2023-03-10")):
        expected = figure_5.held(nav_history(1), base, SESSION)
        assert figure_5.over(made, period)["return_cum"] == pytest.approx(expected, abs=1e-6)
    navs = [one["nav_jpy"] for one in levels(connection, "fund_nav")]
    assert navs == [nav for _, nav, _ in nav_history(factor)]  # as the manager prints them: units stand beside


def test_a_split_of_one_source_leaves_another_source_alone(connection: duckdb.DuckDBPyConnection) -> None:
    few = {one.isoformat(): 100.0 for one in DAYS[-20:]}
    halved = {one: level / 2 if day(one) >= SPLIT_DAY else level for one, level in few.items()}
    figure_4.add_levels(connection, "EXA", few, source="adjusts", closes=halved)
    figure_4.add_levels(connection, "EXA", halved, source="does not", closes=halved)
    state(connection, "split", "security_level", "EXA", "2026-03-02", factor=2)
    assert {row["level"] for row in levels(connection, "security_level")} == {100.0}
    assert {row["close"] for row in levels(connection, "security_level")} == {100.0, 50.0}
    assert states(connection, "security_level") == [("applied", "")]


# ---- wrong values


def test_a_wrong_level_is_read_as_the_right_one_and_stays_in_core(connection: duckdb.DuckDBPyConnection) -> None:
    right = returns(connection, rising())
    connection.execute("DELETE FROM core.index_level")
    slip = rising() | {SESSION: rising()[SESSION] * 10}
    wrong(connection, "index_level", "SMALL", "2026-03-11", "level", found=slip[SESSION], value=rising()[SESSION])
    assert returns(connection, slip) == right
    found = outcomes(connection, "index_level")
    assert [name for name, one in found.items() if not one.passed and one.blocking] == []
    assert found["correction_matches_something"].passed
    [(kept,)] = connection.execute(
        "SELECT level FROM core.index_level WHERE series_id = 'SMALL' AND date = ?", [SESSION]
    ).fetchall()
    assert kept == slip[SESSION]


def test_a_value_may_be_stated_with_fewer_digits_than_core_has(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", {SESSION: 1234.56789012})
    wrong(connection, "index_level", "SMALL", "2026-03-11", "level", found=1234.568, value=123.4568)
    assert [row["level"] for row in levels(connection)] == [123.4568]


@pytest.mark.parametrize(
    ("on", "there", "found", "value", "said", "is_blocked"),
    [
        ("2026-03-11", 1000.0, 9999.0, 1000.0, ("mended", "the vendor has mended it"), False),
        ("2026-03-11", 1000.0, 9999.0, 999.0, ("contradicted", "level is 1000.0 there"), True),
        ("2026-03-07", 1000.0, 9999.0, 999.0, ("contradicted", "has no level of that day"), True),
        ("2026-03-12", 1000.0, 9999.0, 999.0, ("unmatched", "has no level of that day"), False),
    ],
)
def test_a_wrong_value_that_is_not_there_is_not_applied_and_fails(
    connection: duckdb.DuckDBPyConnection,
    on: str,
    there: float,
    found: float,
    value: float,
    said: Any,
    is_blocked: bool,
) -> None:
    add_levels(connection, "SMALL", {SESSION: there})
    wrong(connection, "index_level", "SMALL", on, "level", found=found, value=value)
    assert [row["level"] for row in levels(connection)] == [there]
    [(state_found, why)] = states(connection, "index_level")
    assert (state_found, said[1] in why) == (said[0], True)
    seen = outcomes(connection, "index_level", day("2026-03-12"))
    assert not seen["correction_matches_something"].passed
    blocked = seen["correction_is_not_contradicted"]
    assert (blocked.passed, blocked.subjects) == ((False, ("SMALL",)) if is_blocked else (True, None))


def test_what_is_stated_of_a_later_day_concerns_no_session_before(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", {SESSION: 1000.0})
    wrong(connection, "index_level", "SMALL", "2026-03-10", "level", found=1.0, value=2.0)
    before, after = (outcomes(connection, "index_level", one) for one in (day("2026-03-09"), SESSION))
    assert before["correction_is_not_contradicted"].passed
    assert not after["correction_is_not_contradicted"].passed


def test_an_unknown_subject_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", rising())
    for kind, said in (("split", {"factor": 2}), ("real_move", {}), ("restatement", {})):
        state(connection, kind, "index_level", "SMAL", "2026-03-02", **said)
    wrong(connection, "index_level", "SMAL", "2026-03-02", "level", found=1.0, value=2.0)
    assert states(connection, "index_level") == [("unmatched", "core.index_level has no SMAL")] * 4
    assert outcomes(connection, "index_level")["correction_matches_something"].failing == 4


def test_a_wrong_close_of_a_security_puts_its_level_right(connection: duckdb.DuckDBPyConnection) -> None:
    on = "2026-03-10"
    figure_4.add_levels(connection, "EXA", {on: 4500.0}, source="slipped", closes={on: 5000.0})
    figure_4.add_levels(connection, "EXA", {on: 45.0}, source="right", closes={on: 50.0})
    wrong(connection, "security_level", "EXA", on, "close", found=5000, value=50)
    assert [(row["level"], row["close"]) for row in levels(connection, "security_level")] == [(45.0, 50.0)] * 2


def test_figure_4_reads_the_right_level(connection: duckdb.DuckDBPyConnection) -> None:
    figure_4.fill_universe(connection)
    right = figure_4.make(connection)
    connection.execute(
        "UPDATE core.security_level SET level = level * 100 WHERE security_id = 'B' AND date = ?", [figure_4.END]
    )
    assert figure_4.make(connection) != right
    wrong(connection, "security_level", "B", figure_4.END, "level", found=15_000, value=150)
    assert figure_4.make(connection) == right


def test_figure_5_reads_the_right_net_assets(connection: duckdb.DuckDBPyConnection) -> None:
    figure_5.value(connection, figure_5.A, 29_100_000_000_00)
    figure_5.value(connection, figure_5.B, 30_000_000_000)
    wrong(
        connection,
        "fund",
        figure_5.A,
        figure_5.SESSION,
        "net_assets_jpy",
        found=2_910_000_000_000,
        value=29_100_000_000,
    )
    rows, _ = figure_5.make(connection, [figure_5.A, figure_5.B])
    assert [(row["fund_id"], row["net_assets_jpy"]) for row in rows] == [
        (figure_5.B, 30_000_000_000),
        (figure_5.A, 29_100_000_000),
    ]


def test_growth_of_earnings_reads_the_right_forecast(connection: duckdb.DuckDBPyConnection) -> None:
    eps.estimate(connection, "R2000", growth=51.3)
    eps.large(connection)
    wrong(connection, "eps_estimate", "R2000", eps.DAY, "growth", found=51.3, value=0.513)
    assert eps.growths(eps.make(connection))["vendor_index"] == 0.513


@pytest.mark.parametrize("table", VALUES)
def test_every_table_is_itself_where_nothing_is_stated(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Column for column and type for type, so that a figure may read either."""
    known, corrected = (
        connection.execute(f"DESCRIBE SELECT * FROM {table}_{how}(TIMESTAMP '2026-03-13')").fetchall()
        for how in ("as_known", "as_corrected")
    )
    assert corrected[: len(known)] == known
    assert [name for name, *_ in corrected[len(known) :]] == (["units"] if table == "core.fund_nav" else [])


# ---- what excuses a check


def test_a_real_move_passes_the_check_of_moves_on_its_days_only(connection: duckdb.DuckDBPyConnection) -> None:
    jumped = {one: level * (1.4 if one >= SPLIT_DAY else 1) for one, level in rising().items()}
    add_levels(connection, "SMALL", jumped)
    add_levels(connection, "LARGE", jumped)
    state(connection, "real_move", "index_level", "SMALL", "2026-02-27", until="2026-03-03")
    state(connection, "real_move", "index_level", "LARGE", "2026-03-03")
    found = outcomes(connection, "index_level")
    assert found["index_level_daily_move"].subjects == ("LARGE",)
    assert found["correction_matches_something"].passed  # both speak of days that are there
    assert returns(connection, jumped)["1M"] > 0.39  # it only excuses


def test_a_real_move_of_a_fund_passes(connection: duckdb.DuckDBPyConnection) -> None:
    figure_5.keep(connection, figure_5.A, [(day("2026-03-09"), 10_000.0, None), (day("2026-03-10"), 6_000.0, None)])
    assert not outcomes(connection, "fund_nav")["fund_nav_daily_move"].passed
    state(connection, "real_move", "fund_nav", figure_5.A, "2026-03-10")
    assert outcomes(connection, "fund_nav")["fund_nav_daily_move"].passed


@pytest.mark.parametrize("dataset", ["index_level", "membership", "holding", "company", "security"])
def test_an_excuse_of_days_that_are_not_there_fails(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    contract = contracts()[f"core.{dataset}"]
    row = {column.name: _some_value(column.type, column.allowed) for column in contract.column}
    add_rows(connection, contract.table, row | {contract.entity[0]: "THING"})
    state(connection, "real_move", dataset, "THING", "2026-03-02", until="2026-03-03")
    assert states(connection, dataset) == [("excuses", "")]
    state(connection, "real_move", dataset, "THING", "2026-03-03", correction_id="z")
    assert states(connection, dataset)[1] == ("unmatched", f"core.{dataset} has no row of that day")


def _some_value(kind: str, allowed: tuple[str, ...]) -> Any:
    plain = {"VARCHAR": "x", "DATE": "2026-03-02", "TIMESTAMP": STATED_AT, "BOOLEAN": False, "VARCHAR[]": []}
    return allowed[0] if allowed else plain.get(kind, 1)


def test_a_restatement_matches_where_rows_were_known_otherwise(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", rising())
    state(connection, "restatement", "index_level", "SMALL", "2025-06-02", until="2025-12-31")
    assert states(connection, "index_level")[0][0] == "unmatched"
    add_levels(connection, "SMALL", {day("2025-07-01"): 5.0}, known_at=STATED_AT)
    assert states(connection, "index_level") == [("excuses", "")]


# ---- as known


def test_a_statement_counts_from_when_it_was_known(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", split_by(rising(), 10))
    state(connection, "split", "index_level", "SMALL", "2026-03-02", factor=10)
    query = "SELECT level FROM core.index_level_as_corrected(?) WHERE date = ?"
    [(before,)], [(after,)] = (
        connection.execute(query, [at, SESSION]).fetchall() for at in (STATED_AT - timedelta(hours=1), STATED_AT)
    )
    assert after == pytest.approx(10 * before)


def test_of_two_files_the_statement_known_last_counts(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", {SESSION: 10.0})
    for name, value, at in (("b.toml", 11.0, STATED_AT), ("a.toml", 12.0, STATED_AT + timedelta(hours=1))):
        wrong(
            connection,
            "index_level",
            "SMALL",
            "2026-03-11",
            "level",
            found=10,
            value=value,
            stated_in=name,
            known_at=at,
        )
    assert [row["level"] for row in levels(connection)] == [12.0]


# ---- in a release


def test_a_release_lists_what_is_applied_and_what_excuses(connection: duckdb.DuckDBPyConnection) -> None:
    add_levels(connection, "SMALL", split_by(rising(), 10))
    state(connection, "split", "index_level", "SMALL", "2026-03-02", factor=10)
    state(connection, "real_move", "index_level", "SMALL", "2026-03-03", until="2026-03-04")
    state(connection, "split", "index_level", "SMAL", "2026-03-02", factor=10)  # matches nothing
    state(connection, "real_move", "index_level", "SMALL", "2026-03-11")
    state(connection, "real_move", "membership", "SMALL", "2026-03-03")  # of a dataset that is not read
    add_rows(
        connection,
        "core.correction",
        {"stated_in": "a.toml", "correction_id": "closed", "kind": "closure", "date": "2026-03-09"}
        | {"known_at": STATED_AT, "payload_sha256": "said"}
        | WHY,
    )
    listed = corrections_behind(connection, ["index_level", "correction"], day("2026-03-10"), CUT_OFF)
    assert [(one["kind"], one["date"], one["state"]) for one in listed] == [
        ("closure", day("2026-03-09"), "applied"),
        ("real_move", day("2026-03-03"), "excuses"),
        ("split", SPLIT_DAY, "applied"),
    ]
    assert corrections_behind(connection, ["index_level"], day("2026-03-10"), STATED_AT - timedelta(hours=1)) == []
    said = json.loads(json.dumps([correction_entry(one) for one in listed]))  # what datapackage.json takes
    assert said[2] | WHY == said[2]
    assert (said[2]["factor"], said[2]["date"], "until" in said[2]) == (10, "2026-03-02", False)
