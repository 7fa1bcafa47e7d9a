"""The expectations generated from a contract: each kind of broken column is found, under its check's name.

Belongs here: rows that break what a contract says of its columns. Great Expectations is loaded once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pandas as pd
import pytest

from checks.expectations import check_rows, check_session_rows, expected_values, group_names, unchecked_rows
from checks.outcome import Outcome, record
from tests.support.helpers import STUDY, add_rows, day, empty_warehouse
from warehouse.contract import Contract, contracts

SESSIONS = [day("2026-03-10"), day("2026-03-11")]
LEVELS = contracts()["core.index_level"]
RETURNS = contracts()["figure.size_return"]
NAMES = {
    "columns": "columns_are_those_of_the_contract",
    "not_null": "required_values_are_there",
    "allowed": "codes_are_allowed",
    "range": "values_are_in_range",
    "key": "key_is_unique",
}


def levels() -> pd.DataFrame:
    """Three days of three series, as core has them."""
    rows = [
        (
            series,
            pd.Timestamp(2026, 3, 9 + n),
            100.0 + n,
            "gross",
            "USD",
            pd.Timestamp(2026, 3, 12),
            "payload",
            False,
        )
        for series in ("A", "B", "C")
        for n in range(3)
    ]
    stated = ["series_id", "date", "level", "return_basis", "currency", "known_at", "payload_sha256", "is_withdrawn"]
    return pd.DataFrame(rows, columns=stated).reindex(columns=LEVELS.column_names)


def broken(column: str, value: Any, rows: list[int]) -> pd.DataFrame:
    """The good levels with one column's value replaced in some rows (0 to 2 are A, 3 to 5 B, 6 to 8 C)."""
    frame = levels()
    values = frame[column].astype(object)
    values.iloc[rows] = value
    frame[column] = values if values.isna().any() else values.astype(frame[column].dtype)
    return frame


def check_frame(
    contract: Contract, frame: pd.DataFrame, subject: str | None = "series_id", sessions: list[date] = SESSIONS[:1]
) -> list[Outcome]:
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        return check_rows(connection, contract, "FROM frame", STUDY, sessions, subject=subject)


def by_name(contract: Contract, frame: pd.DataFrame, subject: str | None = "series_id") -> dict[str, Outcome]:
    found = check_frame(contract, frame, subject)
    assert [outcome.check_name for outcome in found] == group_names(contract)
    return {outcome.check_name: outcome for outcome in found}


def failed(contract: Contract, frame: pd.DataFrame, subject: str | None = "series_id") -> dict[str, Outcome]:
    return {name: outcome for name, outcome in by_name(contract, frame, subject).items() if not outcome.passed}


def test_the_checks_of_a_contract_are_named_after_its_table() -> None:
    assert group_names(LEVELS) == [f"index_level_{name}" for name in NAMES.values()]


def test_clean_rows_pass_for_every_session() -> None:
    found = check_frame(LEVELS, levels(), sessions=SESSIONS)
    assert len(found) == len(NAMES) * len(SESSIONS)
    assert {outcome.session for outcome in found} == set(SESSIONS)
    for outcome in found:
        assert outcome.passed, outcome.observed
        assert outcome.blocking
        assert (outcome.table, outcome.study, outcome.subjects) == ("core.index_level", STUDY, None)


def test_rows_as_the_warehouse_gives_them_pass() -> None:
    frame = levels()
    frame["date"] = frame["date"].dt.as_unit("us")
    frame.loc[4, "level"] = None  # withdrawn: the level may be NULL
    assert failed(LEVELS, frame) == {}


def test_no_new_rows_are_no_fault() -> None:
    assert failed(LEVELS, levels().iloc[:0]) == {}


@pytest.mark.parametrize(
    ("group", "column", "value", "rows", "subjects"),
    [
        ("not_null", "return_basis", None, [4], ("B",)),
        ("not_null", "currency", None, [0, 8], ("A", "C")),
        ("not_null", "known_at", pd.NaT, [3], ("B",)),
        ("allowed", "return_basis", "total", [4, 5], ("B",)),
        ("range", "level", 0.0, [7], ("C",)),
        ("range", "level", -5.0, [0, 7], ("A", "C")),
    ],
)
def test_a_broken_column_is_found_by_its_check_and_series(
    group: str, column: str, value: Any, rows: list[int], subjects: tuple[str, ...]
) -> None:
    found = failed(LEVELS, broken(column, value, rows))
    assert list(found) == [f"index_level_{NAMES[group]}"]
    [outcome] = found.values()
    assert outcome.failing == len(rows)
    assert outcome.subjects == subjects
    assert outcome.error is None
    assert outcome.sample[0]["column"] == column
    assert column in outcome.observed


def test_a_missing_series_id_concerns_every_figure() -> None:
    [outcome] = failed(LEVELS, broken("series_id", None, [4])).values()
    assert outcome.check_name == f"index_level_{NAMES['not_null']}"
    assert outcome.subjects is None, "a series that has no name is in no figure's list"


def test_a_key_twice_is_found() -> None:
    frame = pd.concat([levels(), levels().iloc[[4]]], ignore_index=True)
    [outcome] = failed(LEVELS, frame).values()
    assert outcome.check_name == f"index_level_{NAMES['key']}"
    assert outcome.failing == 2
    assert outcome.subjects in (None, ("B",))


def test_a_failure_in_more_rows_than_are_shown_still_names_its_series() -> None:
    [outcome] = failed(LEVELS, broken("level", -1.0, list(range(3, 9)))).values()
    assert outcome.failing == 6
    assert outcome.subjects == ("B", "C")


def test_a_failure_in_more_rows_than_are_named_concerns_the_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.expectations.MOST_VALUES", 5)
    [outcome] = failed(LEVELS, broken("level", -1.0, list(range(3, 9)))).values()
    assert outcome.failing == 6
    assert outcome.subjects is None


def test_two_kinds_of_fault_are_two_failed_checks() -> None:
    frame = broken("level", -1.0, [0])
    frame.loc[3, "return_basis"] = "total"
    found = failed(LEVELS, frame)
    assert {name: outcome.subjects for name, outcome in found.items()} == {
        f"index_level_{NAMES['allowed']}": ("B",),
        f"index_level_{NAMES['range']}": ("A",),
    }


def test_two_columns_of_one_kind_are_both_told() -> None:
    frame = broken("return_basis", None, [0])
    frame["currency"] = broken("currency", None, [8])["currency"]
    [outcome] = failed(LEVELS, frame).values()
    assert outcome.failing == 2
    assert {row["column"] for row in outcome.sample} == {"return_basis", "currency"}
    assert set(outcome.subjects or ()) == {"A", "C"}


def test_a_missing_column_is_a_check_that_errored() -> None:
    found = failed(LEVELS, levels().drop(columns="level"))
    assert found[f"index_level_{NAMES['range']}"].observed.startswith("check errored: ")
    columns = found[f"index_level_{NAMES['columns']}"]
    assert not columns.passed
    assert all(outcome.subjects is None for outcome in found.values())


def test_columns_in_another_order_or_too_many_are_found() -> None:
    turned = levels()[LEVELS.column_names[::-1]]
    more = levels().assign(more=1)
    for frame in (turned, more):
        assert list(failed(LEVELS, frame)) == [f"index_level_{NAMES['columns']}"]


def returns() -> pd.DataFrame:
    session = pd.Timestamp(2026, 3, 11)
    row: dict[str, Any] = {
        "study": STUDY, "session": session, "revision": 0, "as_of": session, "is_headline": True,
        "index_id": "R2000", "series_id": "A", "size": "small", "period": "1Y", "period_order": 7,
        "base_rule": "prev", "return_basis": "gross", "currency": "USD", "is_proxy": False,
        "base_date": pd.Timestamp(2025, 3, 11), "end_date": session, "base_level": 100.0,
        "end_level": 110.0, "return_cum": 0.1, "return_ann": None,
    }  # fmt: skip
    other = row | {"period": "3Y", "base_date": pd.NaT, "base_level": None, "return_cum": None}
    return pd.DataFrame([row, other])[RETURNS.column_names]


@pytest.mark.parametrize(
    ("group", "column", "value"),
    [
        ("allowed", "period", "2Y"),
        ("allowed", "base_rule", "nearest"),
        ("range", "return_cum", -1.01),
        ("range", "base_level", 0.0),
        ("not_null", "as_of", pd.NaT),
    ],
)
def test_a_broken_figure_is_found(group: str, column: str, value: Any) -> None:
    frame = returns()
    assert failed(RETURNS, frame, subject=None) == {}
    frame.loc[0, column] = value
    [outcome] = failed(RETURNS, frame, subject=None).values()
    assert outcome.check_name == f"size_return_{NAMES[group]}"
    assert outcome.subjects is None


def test_a_return_of_minus_one_is_possible_and_a_level_of_zero_is_not() -> None:
    frame = returns()
    frame.loc[0, "return_cum"] = -1.0
    assert failed(RETURNS, frame, subject=None) == {}
    limits = {
        arguments["column"]: (arguments["min_value"], arguments["strict_min"])
        for group, _, arguments in expected_values(RETURNS)
        if group == "range"
    }
    assert limits["return_cum"] == (-1, False)
    assert limits["base_level"] == (0, True)


def test_every_rule_of_every_contract_has_its_expectation() -> None:
    for contract in contracts().values():
        rules = list(expected_values(contract))
        told = {(group, arguments["column"]) for group, _, arguments in rules if "column" in arguments}
        for column in contract.column:
            assert (("not_null", column.name) in told) == (not column.nullable)
            assert (("allowed", column.name) in told) == bool(column.allowed)
            limits = (column.minimum, column.exclusive_minimum, column.maximum)
            assert (("range", column.name) in told) == any(limit is not None for limit in limits)
        assert "key" not in {group for group, *_ in rules}, "DuckDB finds keys that are there twice"


def test_a_single_key_is_checked_too() -> None:
    session = contracts()["meta.session"]
    row = {"session": pd.Timestamp(2026, 3, 11), "closes_at": datetime(2026, 3, 11, 20)}
    assert failed(session, pd.DataFrame([row]), subject=None) == {}
    [outcome] = failed(session, pd.DataFrame([row, row]), subject=None).values()
    assert outcome.check_name == f"session_{NAMES['key']}"


def test_rows_are_checked_in_chunks_and_keys_over_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    days = pd.date_range("2000-01-01", periods=5_000)
    frame = pd.concat([levels().iloc[[0]]] * len(days), ignore_index=True).assign(date=days)
    assert failed(LEVELS, frame) == {}
    monkeypatch.setattr("checks.expectations.CHUNK_VECTORS", 1)
    frame.loc[[7, 4_500], "level"] = [-1.0, -2.0]
    frame.loc[4_500, "series_id"] = "B"
    frame.loc[4_999, "date"] = days[0]
    found = failed(LEVELS, frame)
    assert {name.removeprefix("index_level_"): outcome.failing for name, outcome in found.items()} == {
        NAMES["range"]: 2,
        NAMES["key"]: 2,
    }
    assert found[f"index_level_{NAMES['range']}"].subjects == ("A", "B")
    assert "-1.0, -2.0" in found[f"index_level_{NAMES['range']}"].observed
    assert "datetime(2000, 1, 1, 0, 0)" in found[f"index_level_{NAMES['key']}"].observed


def test_rows_that_held_are_not_validated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = empty_warehouse("figure.size_return", "meta.validation")
    frame = returns().assign(session=SESSIONS[1], as_of=SESSIONS[1])
    connection.register("returned", frame)
    connection.execute("INSERT INTO figure.size_return FROM returned")
    validated: list[str] = []

    def count(connection: Any, contract: Contract, *rest: Any) -> list[Outcome]:
        validated.append(contract.table)
        return check_rows(connection, contract, *rest)

    monkeypatch.setattr("checks.expectations.check_rows", count)
    first = check_session_rows(connection, RETURNS, STUDY, SESSIONS)
    again = check_session_rows(connection, RETURNS, STUDY, SESSIONS)
    assert first == again
    assert all(outcome.passed for outcome in again)
    assert [outcome.check_name for outcome in again[:: len(SESSIONS)]] == group_names(RETURNS)
    assert len(validated) == 1, "equal rows under an equal contract"
    stricter = [c.model_copy(update={"maximum": 1.0}) if c.name == "base_level" else c for c in RETURNS.column]
    changed = RETURNS.model_copy(update={"column": stricter})
    for contract in (changed, changed):
        found = {o.check_name for o in check_session_rows(connection, contract, STUDY, SESSIONS) if not o.passed}
        assert found == {f"size_return_{NAMES['range']}"}
    assert len(validated) == 3, "another contract, and what failed is never taken as validated"
    connection.execute("UPDATE figure.size_return SET return_cum = -2 WHERE period = '1Y'")
    assert not all(outcome.passed for outcome in check_session_rows(connection, RETURNS, STUDY, SESSIONS))


def test_unchecked_rows_are_the_newest_known_ones_of_loads_that_no_run_accepted() -> None:
    connection = empty_warehouse("core.index_level", "meta.load", "meta.check_result")
    texts = ("vendor", "url", "place", "options", "media_type", "licence", "replaces")
    numbers = ("bytes", "rows_sent", "rows_new", "rows_restated", "rows_withdrawn")
    blank = dict.fromkeys(texts, "x") | dict.fromkeys(numbers, 0) | {"is_complete": True, "may_publish": True}
    blank |= {"table_name": LEVELS.table, "run_id": "", "payload_sha256": "", "known_at": datetime(2026, 3, 12)}

    def load(run: str, hour: int, *rows: tuple[str, float | None]) -> None:
        known_at = datetime(2026, 3, 12, hour)
        stated = {"date": SESSIONS[0], "return_basis": "gross", "currency": "USD", "payload_sha256": run}
        for series, level in rows:
            row = {"series_id": series, "level": level, "is_withdrawn": level is None, "known_at": known_at}
            add_rows(connection, "core.index_level", stated | row)
        add_rows(connection, "meta.load", blank | {"run_id": run, "payload_sha256": run, "known_at": known_at})

    def unchecked() -> list[tuple[Any, ...]]:
        rows = unchecked_rows(connection, LEVELS)
        return connection.execute(f"SELECT series_id, level FROM ({rows}) ORDER BY ALL").fetchall()

    def accept(run: str) -> None:
        outcomes = check_rows(connection, LEVELS, unchecked_rows(connection, LEVELS), STUDY, SESSIONS[:1])
        record(connection, run, outcomes)

    load("one", 1, ("A", 1.0), ("B", 2.0), ("C", 3.0))
    assert unchecked() == [("A", 1.0), ("B", 2.0), ("C", 3.0)]
    load("two", 2, ("A", 1.5), ("B", None), ("D", -4.0))
    assert unchecked() == [("A", 1.5), ("C", 3.0), ("D", -4.0)], "newest known, without what is withdrawn"
    accept("two")
    assert unchecked() == [("A", 1.5), ("C", 3.0), ("D", -4.0)], "the run that looked at them refused one"
    load("three", 3, ("D", 4.0))
    accept("three")
    assert unchecked() == [("A", 1.5), ("C", 3.0)], "a run accepts what it loaded"
    connection.execute("UPDATE meta.check_result SET passed = true")
    assert unchecked() == [("C", 3.0)]
