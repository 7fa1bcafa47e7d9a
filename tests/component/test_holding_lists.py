"""Lists of holdings at the boundary: a fund's own list goes on, a part of it or another fund's does not.

Belongs here: one list beside those known. Does not belong here: which lines are companies (test_domestic_revenue.py),
vendors' formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.ingest.guards import guard_holdings
from assets.ingest.payload import PayloadError
from tests.support.helpers import add_rows, day, empty_warehouse
from tests.support.payload_checks import payload_check

AT = datetime(2026, 3, 10, 12)
SESSION = day("2026-03-11")
SMALL, LARGE = range(60), range(100, 150)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """Two funds with a list each, of companies that differ."""
    connection = empty_warehouse("core.holding")
    know(connection, "IJR", SMALL)
    know(connection, "IVV", LARGE)
    return connection


def lines(series: str, companies: Iterable[int], as_of: str) -> list[dict[str, Any]]:
    shares = [{"ticker": f"T{n}", "name": f"COMPANY {n}", "asset_class": "Equity"} for n in companies]
    cash = [{"ticker": "USD", "name": "USD CASH", "asset_class": "Cash"}]
    return [{"series_id": series, "as_of": day(as_of), "line": n} | row for n, row in enumerate([*shares, *cash], 1)]


def know(
    connection: duckdb.DuckDBPyConnection,
    series: str,
    companies: Iterable[int],
    as_of: str = "2026-03-09",
    known_at: datetime = AT,
) -> None:
    known = {"known_at": known_at, "payload_sha256": "list"}
    add_rows(connection, "core.holding", *(row | known for row in lines(series, companies, as_of)))


def send(
    connection: duckdb.DuckDBPyConnection,
    series: str,
    companies: Iterable[int],
    as_of: str = "2026-03-10",
    **options: Any,
) -> None:
    rows = pd.DataFrame(lines(series, companies, as_of))
    guard_holdings(payload_check(connection, "holding", rows, SESSION, **options))


def test_a_fund_s_own_list_goes_on(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, "IJR", SMALL)
    send(connection, "IJR", range(5, 65))
    send(connection, "IVV", LARGE)
    send(connection, "IJR", SMALL, as_of="2026-03-09")
    send(connection, "IJR", SMALL, as_of="2025-06-30")  # an older list may come later


@pytest.mark.parametrize(("series", "companies", "other"), [("IJR", LARGE, "IVV"), ("IVV", SMALL, "IJR")])
def test_another_funds_list_under_the_name_is_refused_with_both_numbers(
    connection: duckdb.DuckDBPyConnection, series: str, companies: range, other: str
) -> None:
    with pytest.raises(PayloadError) as refused:
        send(connection, series, companies)
    assert str(refused.value) == (
        f"the list of {series} of 2026-03-10 is more like another fund's than like its own: it shares 100% of all "
        f"companies with {other}'s list of 2026-03-09, and 0% with its own of 2026-03-09 (limit 50%; "
        "overlaps_at_least = 0.0 in its entry lets it through)"
    )
    send(connection, series, companies, overlaps_at_least=0)


def test_a_list_that_is_mostly_another_funds_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(PayloadError, match=r"it shares 62% of all companies with IVV's .* and 15% with its own"):
        send(connection, "IJR", [*range(15), *range(100, 140)], keeps_at_least=0)


def test_the_newest_version_of_a_list_counts(connection: duckdb.DuckDBPyConnection) -> None:
    know(connection, "IJR", LARGE, known_at=datetime(2026, 3, 9))
    send(connection, "IJR", SMALL)


@pytest.mark.parametrize(("kept", "passes"), [(60, True), (46, True), (44, False), (36, False), (1, False)])
def test_a_part_of_a_list_is_refused(connection: duckdb.DuckDBPyConnection, kept: int, passes: bool) -> None:
    if passes:
        send(connection, "IJR", SMALL[:kept])
        return
    with pytest.raises(
        PayloadError, match=rf"list of IJR of 2026-03-10 is smaller than before: {kept} shares, before 60"
    ):
        send(connection, "IJR", SMALL[:kept])
    send(connection, "IJR", SMALL[:kept], keeps_at_least=0)


def test_a_list_within_another_and_two_funds_of_one_index_are_no_fault(connection: duckdb.DuckDBPyConnection) -> None:
    know(connection, "IWM", range(200))
    know(connection, "SPSM", SMALL)
    send(connection, "IJR", SMALL)
    send(connection, "IJR", range(3, 63))
    send(connection, "IWM", range(1, 201))


def test_a_list_that_changed_in_five_years_is_no_fault(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DELETE FROM core.holding WHERE series_id = 'IJR'")
    know(connection, "IJR", range(40, 99), as_of="2021-03-31")
    know(connection, "IWM", range(200))
    send(connection, "IJR", SMALL)


def test_a_fund_without_a_list_before_goes_on(connection: duckdb.DuckDBPyConnection) -> None:
    send(connection, "NEW", LARGE)


def test_a_few_names_are_no_measure(connection: duckdb.DuckDBPyConnection) -> None:
    know(connection, "TINY", range(300, 310))
    send(connection, "TINY", range(100, 104))
