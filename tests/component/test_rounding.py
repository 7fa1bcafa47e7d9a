"""The project's rounding: SQL and Python alike, half up on the decimal that a value shows, whatever the engine does."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contract import contracts
from warehouse.database import SQL, sql_file
from warehouse.rounding import round_half_up

CHECKS = Path(__file__).parents[2] / "checks" / "sql"
DOUBLES = st.floats(allow_nan=False, allow_infinity=False, min_value=-4e8, max_value=4e8)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(sql_file("round_half_up"))
        yield opened


def halves() -> list[tuple[str, int]]:
    """2,000 decimals that end in 5, and the decimals before it."""
    found = [
        (f"{sign}{Decimal(10 * step + 5).scaleb(-decimals - 1):f}", decimals)
        for decimals in (0, 1, 2, 4, 6)
        for step in [*range(100), *range(700, 90_000_000, 900_001)]
        for sign in ("", "-")
    ]
    assert len(found) == 2000
    return found


def in_sql(connection: duckdb.DuckDBPyConnection, values: list[tuple[float, int]]) -> list[float]:
    """What the macro makes of a column, as the figures use it."""
    data = {"value": [value for value, _ in values], "decimals": [decimals for _, decimals in values]}
    connection.register("asked", pa.table(data | {"place": list(range(len(values)))}))
    rows = connection.execute("SELECT round_half_up(value, decimals) FROM asked ORDER BY place").fetchall()
    return [value for (value,) in rows]


def test_two_thousand_values_that_end_in_5(connection: duckdb.DuckDBPyConnection) -> None:
    asked = halves()
    exact = [Decimal(text).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) for text, decimals in asked]
    assert in_sql(connection, [(float(text), decimals) for text, decimals in asked]) == [float(one) for one in exact]
    assert [round_half_up(float(text), decimals) for text, decimals in asked] == exact


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0.35, 1, "0.4"),
        (-0.35, 1, "-0.4"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (0.25, 1, "0.3"),
        (-0.5, 0, "-1"),
        (0.49999999999999994, 0, "0"),
        (0.30000000000000004, 1, "0.3"),
        (1e-7, 6, "0"),
        (-4e-7, 6, "0"),
        (5e-7, 6, "0.000001"),
        (4.999999999999999e-07, 6, "0"),
        (-0.0, 2, "0"),
        (449999999.1234565, 6, "449999999.123457"),
        (1e22, 6, "1e22"),
        (-1.7976931348623157e308, 2, "-1.7976931348623157e308"),
    ],
)
def test_chosen_values(connection: duckdb.DuckDBPyConnection, value: float, decimals: int, expected: str) -> None:
    [found] = in_sql(connection, [(value, decimals)])
    assert found == float(expected)
    assert math.copysign(1, found) == (1 if found == 0 else math.copysign(1, value))
    assert float(round_half_up(value, decimals)) == float(expected)


@settings(max_examples=500, deadline=None)
@given(value=DOUBLES, decimals=st.integers(min_value=0, max_value=6))
def test_sql_and_python_agree(connection: duckdb.DuckDBPyConnection, value: float, decimals: int) -> None:
    expected = round_half_up(value, decimals)
    [found] = in_sql(connection, [(value, decimals)])
    assert repr(found) == repr(float(expected))
    assert -expected.as_tuple().exponent <= decimals  # type: ignore[operator]


@settings(max_examples=200, deadline=None)
@given(value=DOUBLES, decimals=st.integers(min_value=0, max_value=6))
def test_a_rounded_value_is_not_moved_again(connection: duckdb.DuckDBPyConnection, value: float, decimals: int) -> None:
    [once] = in_sql(connection, [(value, decimals)])
    assert in_sql(connection, [(once, decimals)]) == [once]


def test_what_is_no_number_stays(connection: duckdb.DuckDBPyConnection) -> None:
    null, up, down, nan = connection.execute(
        "SELECT round_half_up(NULL, 2), round_half_up(DOUBLE 'inf', 2), round_half_up(DOUBLE '-inf', 2), "
        "round_half_up(DOUBLE 'nan', 2)"
    ).fetchall()[0]
    assert (null, up, down) == (None, math.inf, -math.inf)
    assert math.isnan(nan)
    for value in (math.inf, -math.inf, math.nan):
        with pytest.raises(ValueError, match="no decimals"):
            round_half_up(value, 2)


def test_decimals_and_integers_too(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute("SELECT round_half_up(2.675, 2), round_half_up(7, 2), typeof(round_half_up(7, 2))")
    assert row.fetchall() == [(2.68, 7.0, "DOUBLE")]
    assert round_half_up(Decimal("2.675"), 2) == Decimal("2.68")
    assert round_half_up(250_000_000, -8) == Decimal("3E+8")


def test_no_column_needs_more_than_the_rule_can_do() -> None:
    """Below 450 million with six decimals it is exact; more decimals would lower that."""
    assert {column.decimals for contract in contracts().values() for column in contract.column} <= {None, 0, 4, 6}


def test_no_sql_rounds_in_another_way() -> None:
    """The engine's round() has changed between patch releases."""
    files = [*SQL.glob("*.sql"), *CHECKS.glob("*.sql")]
    assert len(files) > 60
    own = [
        f"{file.name}: {line.strip()}"
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?<!\w)(round|round_even|roundbankers)\(", line.partition("--")[0])
    ]
    assert own == []


def test_no_publisher_prints_in_another_way() -> None:
    """A format of a float rounds halves by their binary value: numbers go through assets/publish/numbers.py."""
    files = sorted((CHECKS.parents[1] / "assets" / "publish").rglob("*.py"))
    assert len(files) > 20
    own = [
        f"{file.name}: {line.strip()}"
        for file in files
        if file.name != "font.py"  # coordinates of outlines
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"""\{[^{}"']+:[+, ]*\.(\d+|\{\w+\})[fg%]\}""", line) and "``" not in line
    ]
    assert own == []
