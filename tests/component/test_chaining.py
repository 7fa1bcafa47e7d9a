"""Adjusted closes on the scale of those stored before: a rescale is no news, a restatement is.

Levels are put in as payloads are: chained, then appended; what readers see is what is known at the end.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from assets.core.load import load_payload
from tests.support.helpers import empty_warehouse, sessions
from warehouse.bitemporal import Appended
from warehouse.staging import PayloadToLoad

DAYS = sessions("2026-02-02", "2026-02-13")
RETURNS = [0.0, 0.01, -0.02, 0.005, 0.03, -0.01, 0.002, 0.015, -0.004, 0.008]
START = datetime(2026, 3, 1)
EXACT = 1e-12


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse()


def path(start: float = 100.0, returns: list[float] = RETURNS) -> dict[date, float]:
    levels, level = {}, start
    for one, move in zip(DAYS, returns, strict=True):
        level *= 1 + move
        levels[one] = level
    return levels


def scaled(levels: dict[date, float], factor: float, decimals: int | None = None) -> dict[date, float]:
    return {one: v * factor if decimals is None else round(v * factor, decimals) for one, v in levels.items()}


def until(levels: dict[date, float], last: date) -> dict[date, float]:
    return {one: level for one, level in levels.items() if one <= last}


def send(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    levels: dict[date, float],
    *,
    quantum: float = EXACT,
    basis: str = "adjusted_close",
    series: str = "FUND",
    bars: dict[str, Any] | None = None,
) -> Appended:
    rows: list[tuple[Any, ...]] = [(series, one, level, basis, "USD", quantum) for one, level in levels.items()]
    frame = pd.DataFrame(rows, columns=["series_id", "date", "level", "return_basis", "currency", "quantum"])
    frame["date"] = pd.to_datetime(frame["date"])
    frame = frame.assign(**(bars or {}))
    connection.register("frame", frame)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE incoming AS SELECT * REPLACE (CAST(date AS DATE) AS date) FROM frame"
    )
    connection.unregister("frame")
    payload = PayloadToLoad(
        payload_sha256=f"payload{number}",
        vendor="vendor",
        url="url",
        place="url",
        options="",
        known_at=START + timedelta(days=number),
        is_complete=True,
        bytes=1,
        media_type="text/csv",
        licence="",
        may_publish=False,
    )
    return load_payload(connection, "index_level", payload, "run")


def known(connection: duckdb.DuckDBPyConnection, series: str = "FUND") -> dict[date, float]:
    rows = connection.execute(
        """
        SELECT date, level FROM core.index_level_as_known(TIMESTAMP '9999-01-01')
        WHERE series_id = ? ORDER BY date
        """,
        [series],
    ).fetchall()
    return dict(rows)


def test_the_first_file_is_taken_as_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    assert send(connection, 1, path()) == Appended(len(DAYS), len(DAYS), 0, 0)
    assert known(connection) == path()


def test_the_same_file_again_adds_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, path())
    assert send(connection, 2, path()).written == 0


def test_after_a_dividend_only_new_days_are_added_and_chained(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, until(path(), DAYS[6]))
    assert send(connection, 2, scaled(path(), 0.9873)) == Appended(10, 3, 0, 0)
    assert known(connection) == pytest.approx(path(), rel=1e-12)
    assert until(known(connection), DAYS[6]) == until(path(), DAYS[6])


def test_many_dividends_in_a_row(connection: duckdb.DuckDBPyConnection) -> None:
    for number, last in enumerate(DAYS):
        assert send(connection, number, scaled(until(path(), last), 0.99**number)).written == 1
    assert known(connection) == pytest.approx(path(), rel=1e-10)


def test_a_changed_return_in_the_middle_restates_from_there(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, until(path(), DAYS[7]))
    changed = path(returns=[*RETURNS[:4], 0.05, *RETURNS[5:]])
    assert send(connection, 2, scaled(changed, 0.5)) == Appended(10, 2, 4, 0)
    assert known(connection) == pytest.approx(changed, rel=1e-12)


def test_one_wrong_day_restated_is_one_row_and_back_is_one_more(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    send(connection, 1, path())
    blip = path() | {DAYS[4]: path()[DAYS[4]] * 1.01}
    assert send(connection, 2, scaled(blip, 0.97)) == Appended(10, 0, 1, 0)
    assert known(connection) == pytest.approx(blip, rel=1e-12)
    assert send(connection, 3, scaled(path(), 0.96)) == Appended(10, 0, 1, 0)
    assert known(connection) == pytest.approx(path(), rel=1e-12)


def test_a_restated_first_return_is_anchored_at_the_first_day(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, path())
    changed = path(returns=[0.0, 0.02, *RETURNS[2:]])
    assert send(connection, 2, scaled(changed, 2.0)).restated == 9
    assert known(connection) == pytest.approx(changed, rel=1e-12)


@pytest.mark.parametrize("factor", [0.9931, 0.9877, 0.9999, 0.5])
def test_few_decimals_are_not_taken_for_a_restatement(connection: duckdb.DuckDBPyConnection, factor: float) -> None:
    printed = scaled(path(start=44.0), 1.0, decimals=4)
    send(connection, 1, until(printed, DAYS[8]), quantum=0.0001)
    again = scaled(path(start=44.0), factor, decimals=4)
    assert send(connection, 2, again, quantum=0.0001) == Appended(10, 1, 0, 0)
    assert known(connection) == pytest.approx(printed, rel=1e-5)


def long_path(seed: int, start: float = 44.0) -> dict[date, float]:
    """Four years of levels; printed with four decimals, their returns are off in the sixth."""
    days = sessions("2021-01-04", "2024-12-31")
    moves = np.random.default_rng(seed).normal(0, 0.01, len(days))
    return dict(zip(days, start * np.cumprod(1 + moves), strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_few_decimals_of_many_days_are_not_either(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    exact = long_path(seed)
    days = list(exact)
    printed = scaled(exact, 1.0, decimals=4)
    send(connection, 1, until(printed, days[-3]), quantum=0.0001)
    appended = send(connection, 2, scaled(exact, 0.9931, decimals=4), quantum=0.0001)
    assert (appended.new, appended.restated) == (2, 0)
    assert known(connection)[days[-1]] == pytest.approx(exact[days[-1]], rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_day_among_few_decimals_is_one_row(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    exact = long_path(seed)
    wrong = list(exact)[100]
    send(connection, 1, scaled(exact, 1.0, decimals=4), quantum=0.0001)
    again = scaled(exact | {wrong: exact[wrong] * 1.01}, 0.9931, decimals=4)
    assert send(connection, 2, again, quantum=0.0001).restated == 1


def test_more_than_the_last_decimal_is_a_restatement(connection: duckdb.DuckDBPyConnection) -> None:
    printed = scaled(path(start=44.0), 1.0, decimals=4)
    send(connection, 1, printed, quantum=0.0001)
    changed = printed | {DAYS[5]: round(printed[DAYS[5]] + 0.0010, 4)}
    assert send(connection, 2, changed, quantum=0.0001) == Appended(10, 0, 1, 0)
    assert known(connection)[DAYS[5]] == pytest.approx(changed[DAYS[5]], abs=1e-9)


def test_a_longer_file_puts_earlier_history_on_the_stored_scale(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    late = {one: level for one, level in path().items() if one >= DAYS[5]}
    send(connection, 1, late)
    assert send(connection, 2, scaled(path(), 0.42)) == Appended(10, 5, 0, 0)
    assert known(connection) == pytest.approx(path(), rel=1e-12)


def test_a_day_that_was_missing_before_is_filled_on_the_stored_scale(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    gap = {one: level for one, level in path().items() if one != DAYS[3]}
    send(connection, 1, gap)
    assert send(connection, 2, scaled(path(), 0.8)) == Appended(10, 1, 0, 0)
    assert known(connection) == pytest.approx(path(), rel=1e-12)


def test_a_shorter_file_is_chained_at_what_it_has(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, until(path(), DAYS[7]))
    tail = {one: level * 0.9 for one, level in path().items() if one >= DAYS[6]}
    assert send(connection, 2, tail) == Appended(4, 2, 0, 0)
    assert known(connection) == pytest.approx(path(), rel=1e-12)


def test_a_published_index_is_never_chained(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, path(), basis="gross", series="INDEX")
    rescaled = scaled(path(), 2.0)
    assert send(connection, 2, rescaled, basis="gross", series="INDEX") == Appended(10, 0, 10, 0)
    assert known(connection, "INDEX") == rescaled


def test_two_funds_in_one_file_are_chained_apart(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, until(path(), DAYS[6]), series="ONE")
    send(connection, 2, until(path(start=50.0), DAYS[4]), series="TWO")
    rows = [("ONE", one, v * 0.9, "adjusted_close", "USD", EXACT) for one, v in path().items()]
    rows += [("TWO", one, v * 3.0, "adjusted_close", "USD", EXACT) for one, v in path().items()]
    names = ["series_id", "date", "level", "return_basis", "currency", "quantum"]
    frame = pd.DataFrame(rows, columns=names)
    frame["date"] = pd.to_datetime(frame["date"])
    connection.register("frame", frame)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE incoming AS SELECT * REPLACE (CAST(date AS DATE) AS date) FROM frame"
    )
    connection.unregister("frame")
    payload = PayloadToLoad("payload3", "v", "u", "u", "", START + timedelta(days=3), True, 1, "text/csv", "", False)
    assert load_payload(connection, "index_level", payload, "run") == Appended(20, 3 + 5, 0, 0)
    assert known(connection, "ONE") == pytest.approx(path(), rel=1e-12)
    assert known(connection, "TWO") == pytest.approx(path(start=50.0), rel=1e-12)


def test_the_load_is_noted(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, until(path(), DAYS[6]))
    send(connection, 2, scaled(path(), 0.9))
    loads = connection.execute(
        """
        SELECT payload_sha256, table_name, rows_sent, rows_new, rows_restated, rows_withdrawn
        FROM meta.load ORDER BY known_at
        """
    ).fetchall()
    assert loads == [
        ("payload1", "core.index_level", 7, 7, 0, 0),
        ("payload2", "core.index_level", 10, 3, 0, 0),
    ]
    assert connection.execute("SELECT sha256 FROM meta.payload ORDER BY ALL").fetchall() == [
        ("payload1",),
        ("payload2",),
    ]


def prices(factor: float = 1.0, paid_on: int = 4) -> dict[str, list[float]]:
    """What stands beside the levels; ``factor``: as a vendor rewrites them at a split."""
    closes = [level * factor for level in path(50.0).values()]
    paid = [0.4 * factor if place == paid_on else 0.0 for place in range(len(DAYS))]
    return {
        "open": closes,
        "high": closes,
        "low": closes,
        "close": closes,
        "dividend": paid,
        "split_factor": [1.0] * 10,
    }


def stored_prices(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT date, close, dividend FROM core.index_level_as_known(TIMESTAMP '9999-01-01') ORDER BY date"
    ).fetchall()


def test_prices_that_a_vendor_rewrote_at_a_split_add_no_rows(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, path(), bars=prices())
    before = stored_prices(connection)
    assert send(connection, 2, scaled(path(), 0.5), bars=prices(0.5)).written == 0
    assert stored_prices(connection) == before


def test_new_days_after_a_split_stand_on_the_scale_of_those_before(connection: duckdb.DuckDBPyConnection) -> None:
    early = {name: values[:6] for name, values in prices().items()}
    send(connection, 1, until(path(), DAYS[5]), bars=early)
    assert send(connection, 2, scaled(path(), 0.5), bars=prices(0.5)).written == 4
    found = [close for _, close, _ in stored_prices(connection)]
    assert found == pytest.approx(prices()["close"], rel=1e-12)


def test_one_close_that_a_vendor_corrected_rescales_no_other(connection: duckdb.DuckDBPyConnection) -> None:
    corrected = prices()
    send(connection, 1, path(), bars=prices())
    corrected["close"] = [*corrected["close"][:-1], corrected["close"][-1] * 1.003]
    assert send(connection, 2, path(), bars=corrected) == Appended(len(DAYS), 0, 1, 0)


def test_a_dividend_that_is_gone_is_a_restated_row(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, 1, path(), bars=prices())
    assert send(connection, 2, path(), bars=prices() | {"dividend": [0.0] * len(DAYS)}).restated == 1
