"""Lists of tickers: only what changed is kept, every day still knows its owner, and a part of a list is refused.

Belongs here: core.company's way in. Does not belong here: how a figure maps tickers to companies
(test_domestic_revenue.py), vendors' formats.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count

import duckdb
import pandas as pd
import pytest

from assets.core.load import load_payload
from assets.ingest.guards import guard_tickers
from assets.ingest.payload import PayloadError
from tests.support.helpers import add_rows, day, empty_warehouse
from tests.support.payload_checks import payload_check
from warehouse.bitemporal import Appended
from warehouse.database import create_from_frame
from warehouse.staging import PayloadToLoad

FIRST, SECOND, THIRD = "2026-01-02", "2026-02-02", "2026-03-02"
AT = datetime(2026, 3, 10)
Owners = dict[str, tuple[str, str | None]]
BOTH: Owners = {"AAA": ("0000000001", "Alpha Inc"), "BBB": ("0000000002", None)}

_numbers = count(1)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse("core.company", "core.holding", "meta.load", "meta.payload")


def frame(owners: Owners, as_of: str) -> pd.DataFrame:
    rows = [(ticker, pd.Timestamp(as_of), company, name) for ticker, (company, name) in owners.items()]
    return pd.DataFrame(rows, columns=["ticker", "as_of", "company_id", "name"])


def load(connection: duckdb.DuckDBPyConnection, owners: Owners, as_of: str) -> Appended:
    """Loads a list, each an hour after the one before, as a night does."""
    number = next(_numbers)
    create_from_frame(connection, "TEMP TABLE incoming", frame(owners, as_of))
    payload = PayloadToLoad(
        payload_sha256=f"list{number}", vendor="sec", url="https://example.org/tickers.json", place="tickers",
        options="[]", known_at=AT + timedelta(hours=number), is_complete=False, bytes=1, media_type="application/json",
        licence="free", may_publish=True,
    )  # fmt: skip
    return load_payload(connection, "company", payload, "run")


def kept(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    rows = connection.execute("SELECT ticker, as_of, company_id FROM core.company ORDER BY ALL").fetchall()
    return [(ticker, str(as_of), company_id[-1]) for ticker, as_of, company_id in rows]


def owner(connection: duckdb.DuckDBPyConnection, ticker: str, on: str) -> str | None:
    """Who has the ticker by the newest list on or before the day."""
    found = connection.execute(
        """
        SELECT company_id FROM core.company_as_known(TIMESTAMP '9999-01-01')
        WHERE ticker = ? AND as_of <= ? ORDER BY as_of DESC LIMIT 1
        """,
        [ticker, day(on)],
    ).fetchall()
    return found[0][0][-1] if found else None


def changed(**to: str) -> Owners:
    return BOTH | {ticker: (f"000000000{number}", BOTH[ticker][1]) for ticker, number in to.items()}


def test_first_list_is_kept_whole(connection: duckdb.DuckDBPyConnection) -> None:
    assert load(connection, BOTH, FIRST).new == 2
    assert kept(connection) == [("AAA", FIRST, "1"), ("BBB", FIRST, "2")]


def test_next_list_adds_what_differs(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, BOTH, FIRST)
    appended = load(connection, changed(BBB="3") | {"CCC": ("0000000004", "Gamma Inc")}, SECOND)
    assert appended.new == 2
    assert kept(connection)[1:] == [("BBB", FIRST, "2"), ("BBB", SECOND, "3"), ("CCC", SECOND, "4")]
    assert [owner(connection, "BBB", one) for one in (FIRST, SECOND, THIRD)] == ["2", "3", "3"]


@pytest.mark.parametrize("as_of", [FIRST, SECOND])
def test_same_list_again_adds_nothing(connection: duckdb.DuckDBPyConnection, as_of: str) -> None:
    load(connection, BOTH, FIRST)
    assert load(connection, BOTH, as_of).written == 0


@pytest.mark.parametrize("name", ["Alpha Holdings Inc", None])
def test_change_of_name_is_kept(connection: duckdb.DuckDBPyConnection, name: str | None) -> None:
    load(connection, BOTH, FIRST)
    assert load(connection, BOTH | {"AAA": ("0000000001", name)}, SECOND).new == 1
    assert load(connection, BOTH | {"AAA": ("0000000001", name)}, THIRD).new == 0


def test_owner_that_comes_back(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, BOTH, FIRST)
    load(connection, changed(AAA="3"), SECOND)
    load(connection, BOTH, THIRD)
    assert [owner(connection, "AAA", one) for one in (FIRST, SECOND, THIRD)] == ["1", "3", "1"]


def test_correction_of_a_list_that_was_kept(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, BOTH, FIRST)
    assert load(connection, changed(AAA="3"), FIRST).restated == 1
    assert owner(connection, "AAA", FIRST) == "3"


def test_older_list_after_a_newer_one(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, changed(AAA="3"), THIRD)
    load(connection, BOTH, FIRST)
    assert [owner(connection, "AAA", one) for one in (FIRST, SECOND, THIRD)] == ["1", "1", "3"]


def test_late_list_holds_until_the_next_that_says_otherwise(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, BOTH, FIRST)
    load(connection, changed(AAA="3"), SECOND)
    load(connection, BOTH, THIRD)
    assert [owner(connection, "AAA", one) for one in (FIRST, SECOND, THIRD)] == ["1", "3", "1"]


def test_correction_back_to_the_list_before(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, BOTH, FIRST)
    load(connection, changed(AAA="3"), SECOND)
    load(connection, BOTH, SECOND)
    assert owner(connection, "AAA", SECOND) == "1"


# ---- the guard


def guard(connection: duckdb.DuckDBPyConnection, tickers: int, **options: object) -> None:
    rows = frame({f"T{n}": ("0000000001", None) for n in range(tickers)}, SECOND)
    connection.execute("DROP TABLE IF EXISTS incoming")
    guard_tickers(payload_check(connection, "company", rows, date(2026, 3, 11), **options))


@pytest.fixture
def hundred(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    load(connection, {f"T{n}": ("0000000001", None) for n in range(100)}, FIRST)
    return connection


def test_any_size_is_good_where_nothing_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    guard(connection, 1)


@pytest.mark.parametrize("tickers", [75, 100, 500])
def test_list_of_three_quarters_or_more_is_good(hundred: duckdb.DuckDBPyConnection, tickers: int) -> None:
    guard(hundred, tickers)


def test_smaller_list_is_refused(hundred: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(PayloadError, match=r"^the list is smaller than before: 74 tickers, before 100 \(limit 75%; "):
        guard(hundred, 74)
    guard(hundred, 74, keeps_at_least=0.5)


def test_size_is_that_of_the_list_and_not_of_its_changes(hundred: duckdb.DuckDBPyConnection) -> None:
    """The second list changes one ticker of a hundred: ten tickers are still a part of a list."""
    owners: Owners = {f"T{n}": ("0000000001", None) for n in range(100)}
    load(hundred, owners | {"T0": ("0000000002", None)}, SECOND)
    guard(hundred, 75)
    with pytest.raises(PayloadError, match="smaller than before"):
        guard(hundred, 10)


def test_list_may_shrink_over_the_years(hundred: duckdb.DuckDBPyConnection) -> None:
    """Tickers that are gone stay in core, and are no measure of the list before."""
    load(hundred, {f"T{n}": ("0000000001", None) for n in range(80)}, SECOND)
    guard(hundred, 62)


def test_older_list_is_no_fault(hundred: duckdb.DuckDBPyConnection) -> None:
    rows = frame({f"T{n}": ("0000000001", None) for n in range(100)}, "2025-01-02")
    hundred.execute("DROP TABLE IF EXISTS incoming")
    guard_tickers(payload_check(hundred, "company", rows, date(2026, 3, 11)))


# ---- lists that are shifted

WORDS = ("ALPHA", "BRAVO", "CEDAR", "DELTA", "EMBER", "FJORD", "GARNET", "HARBOR")
FORMS = ("Inc.", "Corp", "Holdings, Inc.", "Group plc")


def listed(names_by: int = 0, companies_by: int = 0, count_: int = 60) -> Owners:
    """Tickers with company and name, each shifted by so many rows."""
    return {
        f"T{n}": (f"{(n + companies_by) % count_ + 1:010d}", name(n + names_by, FORMS[n % len(FORMS)]))
        for n in range(count_)
    }


def name(number: int, form: str) -> str:
    first, second = divmod(number % 60, len(WORDS))
    return f"Sample {WORDS[second].title()}{first} {form}"


def hold(connection: duckdb.DuckDBPyConnection, count_: int = 60) -> None:
    common = {"series_id": "IJR", "as_of": day(SECOND), "asset_class": "Equity", "known_at": AT, "payload_sha256": "h"}
    rows = [{"line": n, "ticker": f"T{n}", "name": f"{name(n, 'INC').upper()} CLASS A"} for n in range(count_)]
    add_rows(connection, "core.holding", *(common | row for row in rows))


def send(connection: duckdb.DuckDBPyConnection, owners: Owners, **options: float) -> None:
    connection.execute("DROP TABLE IF EXISTS incoming")  # what a load leaves in a connection of its own
    guard_tickers(payload_check(connection, "company", frame(owners, THIRD), day(THIRD), **options))


def test_a_list_whose_companies_are_shifted_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, listed(), FIRST)
    send(connection, listed())
    shifted = listed(companies_by=1)
    with pytest.raises(
        PayloadError, match=r"60 of 60 tickers have another company than before.*T0: 0000000002, before"
    ):
        send(connection, shifted)
    send(connection, shifted, changes_at_most=1)


@pytest.mark.parametrize(("changed", "passes"), [(1, True), (6, True), (7, False)])
def test_tickers_change_hands_one_by_one(connection: duckdb.DuckDBPyConnection, changed: int, passes: bool) -> None:
    load(connection, listed(), FIRST)
    sent = listed() | {f"T{n}": ("0000009999", None) for n in range(changed)}
    if passes:
        send(connection, sent)
    else:
        with pytest.raises(PayloadError, match="7 of 60 tickers have another company"):
            send(connection, sent)


def test_a_list_whose_names_are_shifted_is_refused_on_the_first_night_with_holdings(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    hold(connection)
    send(connection, listed())
    with pytest.raises(PayloadError, match=r"of 60 tickers that the funds hold 0 have the name .*in the holdings"):
        send(connection, listed(names_by=1))


@pytest.mark.parametrize("owners", [{}, {"T1": ("0000000001", "Another Name")}, BOTH])
def test_few_names_or_none_are_no_measure(connection: duckdb.DuckDBPyConnection, owners: Owners) -> None:
    hold(connection)
    send(connection, {ticker: (company, None) for ticker, (company, _) in listed(names_by=1).items()} | owners)
