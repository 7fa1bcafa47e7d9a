"""Appending to a bitemporal table: a row for what is news, none for the rest; and what was known when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.helpers import day, empty_warehouse
from warehouse.bitemporal import Appended, Origin, append_known
from warehouse.contract import contracts

START = datetime(2026, 3, 1)
MON, TUE, WED, THU, FRI = (day(f"2026-03-0{n}") for n in (2, 3, 4, 5, 6))

Levels = dict[tuple[str, date], float | None]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse()


def night(number: int) -> datetime:
    return START + timedelta(days=number)


def send(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    levels: Levels,
    *,
    is_complete: bool = True,
    currency: str = "USD",
) -> Appended:
    """One payload on one night."""
    frame = pd.DataFrame(
        [(series, one, level, "gross", currency) for (series, one), level in levels.items()],
        columns=["series_id", "date", "level", "return_basis", "currency"],
    )
    frame["date"] = pd.to_datetime(frame["date"])
    contract = contracts()["core.index_level"]
    frame = frame.reindex(columns=[*contract.entity, *contract.values])
    others = [name for name in contract.values if name not in ("return_basis", "currency")]
    connection.register("frame", frame.astype(dict.fromkeys(others, "float64")))
    connection.execute("CREATE OR REPLACE TEMP TABLE sent AS SELECT * REPLACE (CAST(date AS DATE) AS date) FROM frame")
    connection.unregister("frame")
    origin = Origin(is_complete=is_complete)
    return append_known(connection, contract, "sent", night(number), f"payload{number}", origin)


def known(connection: duckdb.DuckDBPyConnection, at: datetime) -> Levels:
    rows = connection.execute("SELECT series_id, date, level FROM core.index_level_as_known(?)", [at]).fetchall()
    assert len({row[:2] for row in rows}) == len(rows)
    return {(series, one): level for series, one, level in rows}


def stored(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute(
        """
        SELECT series_id, date, level, known_at, payload_sha256 FROM core.index_level
        ORDER BY known_at, series_id, date
        """
    ).fetchall()


def test_first_payload_is_all_new(connection: duckdb.DuckDBPyConnection) -> None:
    assert send(connection, 1, {("A", MON): 1.0, ("A", TUE): 2.0}) == Appended(2, 2, 0, 0)
    assert stored(connection) == [
        ("A", MON, 1.0, night(1), "payload1"),
        ("A", TUE, 2.0, night(1), "payload1"),
    ]


def test_an_equal_payload_adds_no_row(connection: duckdb.DuckDBPyConnection) -> None:
    levels: Levels = {("A", MON): 1.0, ("B", MON): 3.0}
    send(connection, 1, levels)
    appended = send(connection, 2, levels)
    assert appended == Appended(2, 0, 0, 0)
    assert appended.written == 0
    assert len(stored(connection)) == 2


def test_only_what_differs_is_added(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, {("A", MON): 1.0, ("A", TUE): 2.0})
    assert send(connection, 2, {("A", MON): 1.0, ("A", TUE): 2.5, ("A", WED): 3.0}) == Appended(3, 1, 1, 0)
    assert stored(connection)[2:] == [
        ("A", TUE, 2.5, night(2), "payload2"),
        ("A", WED, 3.0, night(2), "payload2"),
    ]


def test_a_value_that_is_not_the_level_is_news_too(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, {("A", MON): 1.0})
    assert send(connection, 2, {("A", MON): 1.0}, currency="JPY") == Appended(1, 0, 1, 0)


def test_there_and_back_again_is_three_rows(connection: duckdb.DuckDBPyConnection) -> None:
    for number, level in enumerate([1.0, 2.0, 1.0], start=1):
        send(connection, number, {("A", MON): level})
    assert [row[2] for row in stored(connection)] == [1.0, 2.0, 1.0]
    assert [known(connection, night(n)) for n in (1, 2, 3)] == [
        {("A", MON): 1.0},
        {("A", MON): 2.0},
        {("A", MON): 1.0},
    ]


def test_what_was_known_between_and_before_payloads(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, {("A", MON): 1.0})
    send(connection, 3, {("A", MON): 2.0})
    second = timedelta(microseconds=1)
    assert known(connection, night(1) - second) == {}
    assert known(connection, night(1)) == {("A", MON): 1.0}
    assert known(connection, night(2)) == {("A", MON): 1.0}
    assert known(connection, night(3) - second) == {("A", MON): 1.0}
    assert known(connection, night(3)) == {("A", MON): 2.0}
    assert known(connection, night(99)) == {("A", MON): 2.0}


def test_a_payload_that_is_not_complete_withdraws_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, {("A", MON): 1.0, ("A", TUE): 2.0, ("A", WED): 3.0})
    assert send(connection, 2, {("A", MON): 1.0, ("A", WED): 3.0}, is_complete=False) == Appended(2, 0, 0, 0)
    assert ("A", TUE) in known(connection, night(2))


def test_a_complete_payload_withdraws_what_is_missing_inside_its_span_only(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    before: Levels = {("A", one): 1.0 for one in (MON, TUE, WED, THU, FRI)} | {("B", WED): 5.0}
    send(connection, 1, before)
    assert send(connection, 2, {("A", TUE): 1.0, ("A", THU): 1.0}) == Appended(2, 0, 0, 1)
    assert known(connection, night(2)) == {key: level for key, level in before.items() if key != ("A", WED)}
    assert known(connection, night(1)) == before
    assert stored(connection)[-1] == ("A", WED, None, night(2), "payload2")


def test_the_span_is_that_of_each_series(connection: duckdb.DuckDBPyConnection) -> None:
    everything: Levels = {(series, one): 1.0 for series in "AB" for one in (MON, TUE, WED, THU, FRI)}
    send(connection, 1, everything)
    sent: Levels = {("A", MON): 1.0, ("A", WED): 1.0, ("B", WED): 1.0, ("B", FRI): 1.0}
    assert send(connection, 2, sent).withdrawn == 2
    assert set(everything) - set(known(connection, night(2))) == {("A", TUE), ("B", THU)}


def test_a_withdrawal_is_told_once_and_keeps_the_codes(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, {("A", MON): 1.0, ("A", TUE): 2.0, ("A", WED): 3.0})
    sent: Levels = {("A", MON): 1.0, ("A", WED): 3.0}
    assert send(connection, 2, sent).withdrawn == 1
    assert send(connection, 3, sent).written == 0
    codes = connection.execute("SELECT return_basis, currency FROM core.index_level WHERE level IS NULL").fetchall()
    assert codes == [("gross", "USD")]


@pytest.mark.parametrize("level", [2.0, 2.5], ids=["as before", "another"])
def test_a_withdrawn_row_may_come_back(connection: duckdb.DuckDBPyConnection, level: float) -> None:
    whole: Levels = {("A", MON): 1.0, ("A", TUE): 2.0, ("A", WED): 3.0}
    send(connection, 1, whole)
    send(connection, 2, {("A", MON): 1.0, ("A", WED): 3.0})
    assert send(connection, 3, whole | {("A", TUE): level}) == Appended(3, 1, 0, 0)
    assert ("A", TUE) not in known(connection, night(2))
    assert known(connection, night(3))["A", TUE] == level


def test_a_level_sent_as_null_is_told_once(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, {("A", MON): 1.0, ("A", TUE): 2.0})
    assert send(connection, 2, {("A", MON): 1.0, ("A", TUE): None}).written == 1
    assert known(connection, night(2)) == {("A", MON): 1.0}
    assert send(connection, 3, {("A", MON): 1.0, ("A", TUE): None}).written == 0
    assert send(connection, 4, {("A", WED): None}).written == 0


def test_null_in_another_value_equals_null(connection: duckdb.DuckDBPyConnection) -> None:
    contract = contracts()["core.index_level"].model_copy(update={"table": "loose_level"})
    connection.execute("CREATE OR REPLACE TEMP TABLE loose_level AS FROM core.index_level LIMIT 0")

    def append(number: int, currency: str | None) -> Appended:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE sent AS SELECT 'A' AS series_id, DATE '2026-03-02' AS date, "
            "1.0::DOUBLE AS level, 'gross' AS return_basis, ?::VARCHAR AS currency, "
            f"{', '.join(f'NULL AS {name}' for name in contract.values[3:])}",
            [currency],
        )
        return append_known(connection, contract, "sent", night(number), "payload", Origin())

    assert append(1, None).new == 1
    assert append(2, None).written == 0
    assert append(3, "USD").restated == 1
    assert append(4, None).restated == 1
    assert append(5, None).written == 0


def test_an_empty_payload_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, {("A", MON): 1.0})
    assert send(connection, 2, {}) == Appended(0, 0, 0, 0)
    assert known(connection, night(2)) == {("A", MON): 1.0}


PAYLOADS = st.lists(
    st.tuples(
        st.dictionaries(
            st.tuples(st.sampled_from(["A", "B"]), st.sampled_from([MON, TUE, WED, THU])),
            st.sampled_from([1.0, 2.0]),
            min_size=1,
        ),
        st.booleans(),
    ),
    max_size=6,
)

STAYS = [("L", "X", MON), ("L", "X", WED), ("L", "Y", MON), ("L", "Z", TUE), ("M", "X", MON)]
LISTS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(STAYS), st.sampled_from([None, FRI]), min_size=1),
        st.booleans(),
        st.sampled_from([None, MON, TUE]),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(payloads=PAYLOADS)
def test_what_is_known_equals_a_plain_dict(payloads: list[tuple[Levels, bool]]) -> None:
    connection = empty_warehouse("core.index_level")
    model: Levels = {}
    snapshots: list[Levels] = [{}]
    for number, (levels, is_complete) in enumerate(payloads, start=1):
        after = dict(model)
        if is_complete:
            for series in {series for series, _ in levels}:
                days = [one for name, one in levels if name == series]
                after = {
                    key: level
                    for key, level in after.items()
                    if key[0] != series or not min(days) <= key[1] <= max(days) or key in levels
                }
        after |= levels
        differing = [key for key in model.keys() | after.keys() if model.get(key) != after.get(key)]
        assert send(connection, number, levels, is_complete=is_complete).written == len(differing)
        model = after
        snapshots.append(dict(model))
    for number, snapshot in enumerate(snapshots):
        assert known(connection, night(number)) == snapshot
        assert known(connection, night(number) + timedelta(hours=12)) == snapshot


Stays = dict[tuple[str, str, date], date | None]


def send_list(connection: duckdb.DuckDBPyConnection, number: int, stays: Stays, origin: Origin) -> Appended:
    """One list of members on one night."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sent "
        "(series_id VARCHAR, security_id VARCHAR, valid_from DATE, ticker VARCHAR, valid_to DATE)"
    )
    rows = [[series, security, start, security, end] for (series, security, start), end in stays.items()]
    connection.executemany("INSERT INTO sent VALUES (?, ?, ?, ?, ?)", rows)
    return append_known(connection, contracts()["core.membership"], "sent", night(number), f"list{number}", origin)


def listed(connection: duckdb.DuckDBPyConnection, at: datetime) -> Stays:
    rows = connection.execute(
        "SELECT series_id, security_id, valid_from, valid_to FROM core.membership_as_known(?)", [at]
    ).fetchall()
    assert len({row[:3] for row in rows}) == len(rows)
    return {row[:3]: row[3] for row in rows}


@settings(max_examples=25, deadline=None)
@given(payloads=LISTS)
def test_lists_equal_a_plain_dict_of_lists(payloads: list[tuple[Stays, bool, date | None]]) -> None:
    """A list is replaced whole, but for days after the one that its vendor can know of; a part adds and changes."""
    connection = empty_warehouse("core.membership", "meta.load")
    model: Stays = {}
    snapshots: list[Stays] = [{}]
    for number, (stays, is_complete, until) in enumerate(payloads, start=1):
        lists = {series for series, _, _ in stays}
        after = {
            key: end
            for key, end in model.items()
            if not is_complete or key[0] not in lists or key in stays or (until is not None and key[2] > until)
        } | stays
        missing = object()
        differing = [key for key in model.keys() | after.keys() if model.get(key, missing) != after.get(key, missing)]
        origin = Origin(is_complete=is_complete, speaks_until=until)
        assert send_list(connection, number, stays, origin).written == len(differing)
        model = after
        snapshots.append(dict(model))
    for number, snapshot in enumerate(snapshots):
        assert listed(connection, night(number)) == snapshot
