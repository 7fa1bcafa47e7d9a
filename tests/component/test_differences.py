"""What is not believed before a person explains it: lists cut short, histories that are other ones, lost distributions.

Belongs here: the limits at the boundary, and what lets a payload through. Does not belong here: what a file of one
scope takes back (test_scope.py), sizes and days of a payload (test_guards.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.core.load import load_payload
from assets.ingest.differences import may_go, refuse_differences
from assets.ingest.payload import Payload, PayloadError
from assets.profile import Source
from tests.support.helpers import add_rows, empty_warehouse, sessions
from tests.support.payload_checks import checked
from warehouse.contract import contracts
from warehouse.database import create_from_frame
from warehouse.staging import PayloadToLoad

AT = datetime(2026, 3, 1)
DAYS = sessions("2025-01-02", "2026-03-10")
_numbers = count(1)

Rows = list[dict[str, Any]]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    core = [table for table in contracts() if table.startswith("core.")]
    found = empty_warehouse(*core, "meta.load", "meta.payload")
    yield found
    found.execute("DROP TABLE IF EXISTS incoming")


def frame(rows: Rows) -> pd.DataFrame:
    made = pd.DataFrame(rows)
    for name in made.columns:
        if isinstance(made[name].iloc[0], date):
            made[name] = pd.to_datetime(made[name])
    return made


def payload(dataset: str, **options: Any) -> Payload:
    return Payload("files", dataset, "f", "file:a.csv", b"", options)


def load(connection: duckdb.DuckDBPyConnection, dataset: str, rows: Rows) -> None:
    number = next(_numbers)
    create_from_frame(connection, "TEMP TABLE incoming", frame(rows))
    origin = PayloadToLoad(
        payload_sha256=f"file{number}", vendor="files", url="file:a.csv", place="file:a.csv", options="[]",
        known_at=AT + timedelta(hours=number), is_complete=True, bytes=1, media_type="text/csv", licence="",
        may_publish=False,
    )  # fmt: skip
    load_payload(connection, dataset, origin, "run")
    connection.execute("DROP TABLE incoming")


def check(connection: duckdb.DuckDBPyConnection, dataset: str, rows: Rows, **options: Any) -> None:
    sent = payload(dataset, **options)
    refuse_differences(checked(connection, Source("files", dataset), sent, frame(rows), DAYS[-1]))


def refusal(connection: duckdb.DuckDBPyConnection, dataset: str, rows: Rows, **options: Any) -> str:
    with pytest.raises(PayloadError) as refused:
        check(connection, dataset, rows, **options)
    return str(refused.value)


def state(connection: duckdb.DuckDBPyConnection, dataset: str, subject: str, first: date, last: date) -> None:
    """A person says that a history was rightly restated."""
    row = {"stated_in": "corrections.toml", "correction_id": f"{dataset}-{subject}", "kind": "restatement"}
    row |= {"dataset": dataset, "subject": subject, "known_at": AT, "payload_sha256": "stated"}
    add_rows(connection, "core.correction", row | {"date": first, "until": last})


# ---- rows of each dataset


def members(n: int) -> Rows:
    start = date(1996, 1, 2)
    return [
        {"series_id": "SP500", "security_id": f"T{k}", "valid_from": start, "ticker": f"T{k}", "valid_to": pd.NaT}
        for k in range(n)
    ]


def holdings(n: int) -> Rows:
    texts = ("name", "ticker", "asset_class", "sector", "cusip", "isin", "exchange")
    numbers = ("market_value_usd", "weight", "quantity", "price")
    columns = contracts()["core.holding"].values
    rest: dict[str, Any] = dict.fromkeys(texts, "x") | dict.fromkeys(numbers, 1.0)
    return [
        {"series_id": "IJR", "as_of": DAYS[-1], "line": k + 1} | {name: rest.get(name) for name in columns}
        for k in range(n)
    ]


def estimates(n: int) -> Rows:
    row = {"fiscal_year": 2026, "source_date": DAYS[-1], "eps_base": 1.0, "eps_target": 2.0, "growth": None}
    return [{"index_id": "R2000", "constituent": f"T{k}", "shares": None, "source": "x"} | row for k in range(n)]


def levels(
    change: Callable[[int, float], float | None] = lambda n, level: level,
    *,
    series: str = "A",
    basis: str = "gross",
    days: list[date] = DAYS,
) -> Rows:
    rows = []
    for n, one in enumerate(days):
        level = change(n, 100.0 + 0.1 * n + 0.3 * (n % 7))
        if level is not None:
            stated = {"series_id": series, "date": one, "level": level, "return_basis": basis, "currency": "USD"}
            rows.append(stated | {"quantum": 1e-9})
    return rows


def navs(change: Callable[[int, Any, Any], tuple[Any, Any]] = lambda n, nav, paid: (nav, paid)) -> Rows:
    rows = []
    for n, one in enumerate(DAYS):
        nav, paid = change(n, 10_000.0 + n, 50.0 if n % 60 == 30 else None)
        stated = {"fund_id": "JP1", "date": one, "nav_jpy": nav, "net_assets_jpy": None, "distribution_jpy": paid}
        rows.append(stated)
    return rows


def rates(scale: float = 1.0, days: list[date] = DAYS) -> Rows:
    return [{"series_id": "RATE", "date": one, "rate": scale * 0.0425} for one in days]


LISTS: dict[str, tuple[Callable[[int], Rows], str]] = {
    "membership": (members, "SP500 takes {} of {} known members back"),
    "holding": (holdings, f"IJR, {DAYS[-1]} takes {{}} of {{}} known lines back"),
    "eps_estimate": (estimates, f"R2000, {DAYS[-1]} takes {{}} of {{}} known constituents back"),
}


# ---- rows taken back


@pytest.mark.parametrize(("known", "gone"), [(1, 1), (3, 1), (5, 1), (12, 3), (31, 5), (60, 6), (600, 60), (2000, 200)])
def test_how_many_may_go(known: int, gone: int) -> None:
    assert may_go(known, 0.10) == gone


@pytest.mark.parametrize("dataset", sorted(LISTS))
@pytest.mark.parametrize(("known", "kept"), [(31, 30), (5, 4), (600, 560)])
def test_a_few_may_be_taken_back(connection: duckdb.DuckDBPyConnection, dataset: str, known: int, kept: int) -> None:
    make, _ = LISTS[dataset]
    load(connection, dataset, make(known))
    check(connection, dataset, make(kept))


@pytest.mark.parametrize("dataset", sorted(LISTS))
@pytest.mark.parametrize(("known", "kept"), [(600, 360), (600, 500), (31, 19), (5, 3)])
def test_a_list_cut_short_is_refused_and_what_the_refusal_names_lets_it_through(
    connection: duckdb.DuckDBPyConnection, dataset: str, known: int, kept: int
) -> None:
    make, told = LISTS[dataset]
    load(connection, dataset, make(known))
    reason = refusal(connection, dataset, make(kept))
    assert reason.startswith(told.format(known - kept, known))
    share = float(reason.partition("withdraws_at_most = ")[2].split()[0])
    check(connection, dataset, make(kept), withdraws_at_most=share)
    check(connection, dataset, make(kept), complete=False)


def test_days_of_a_series_may_go_only_a_few_at_a_time(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "index_level", levels())
    load(connection, "policy_rate", rates())
    check(connection, "index_level", levels(lambda n, level: None if n in (7, 8, 100) else level))
    monthly = [one for n, one in enumerate(DAYS) if n % 21 == 0]
    assert "known days back" in refusal(connection, "index_level", levels(days=monthly))
    assert "RATE takes" in refusal(connection, "policy_rate", rates(days=monthly))


# ---- histories


def scaled_since(first: int, factor: float) -> Callable[[int, float], float]:
    return lambda n, level: factor * level if n >= first else level


@pytest.mark.parametrize("basis", ["gross", "adjusted_close"])
@pytest.mark.parametrize("factor", [0.8, 1.01, 10.0])
@pytest.mark.parametrize("first", [len(DAYS) - 6, 100])
def test_a_history_that_is_another_one_is_refused_until_it_is_explained(
    connection: duckdb.DuckDBPyConnection, basis: str, factor: float, first: int
) -> None:
    load(connection, "index_level", levels(basis=basis))
    lie = levels(scaled_since(first, factor), basis=basis)
    reason = refusal(connection, "index_level", lie)
    days = len(DAYS) - first
    assert reason.startswith(
        f"the history of A is not the one that is known: {days} days from {DAYS[first]} to {DAYS[-1]} are restated"
    )
    assert f"by {abs(factor - 1):.1%}" in reason
    assert "corrections.toml" in reason
    state(connection, "index_level", "A", DAYS[first], DAYS[-2])
    check(connection, "index_level", lie)
    load(connection, "index_level", lie)
    check(connection, "index_level", lie)


def test_an_adjusted_close_set_to_its_close_is_another_history(connection: duckdb.DuckDBPyConnection) -> None:
    """Each quarter's dividend lowers every close before it, and no longer does."""
    quarters = range(30, len(DAYS), 63)
    load(connection, "index_level", levels(basis="adjusted_close"))
    closes = levels(lambda n, level: level * 1.005 ** sum(n < q for q in quarters), basis="adjusted_close")
    assert "days from" in refusal(connection, "index_level", closes)


@pytest.mark.parametrize(
    ("basis", "change"),
    [
        ("gross", scaled_since(len(DAYS) - 5, 1.02)),
        ("gross", lambda n, level: level * 1.0005),
        ("gross", lambda n, level: 1.2 * level if n in (50, 90) else level),
        ("adjusted_close", lambda n, level: 0.993 * level),  # a dividend since: every close is rewritten
        ("adjusted_close", lambda n, level: level * (1.0002 if n < 100 else 1)),  # a dividend corrected by a cent
    ],
    ids=["late fix", "rounding", "two days", "rescale", "cent"],
)
def test_what_vendors_really_do_passes(
    connection: duckdb.DuckDBPyConnection, basis: str, change: Callable[[int, float], float]
) -> None:
    load(connection, "index_level", levels(basis=basis))
    check(connection, "index_level", levels(change, basis=basis))


def test_a_first_history_and_another_series_are_no_restatement(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "index_level", levels())
    check(connection, "index_level", levels(scaled_since(0, 3.0), series="B"))


def test_a_few_securities_of_a_panel_may_be_restated_and_not_many(connection: duckdb.DuckDBPyConnection) -> None:
    def panel(restated: int) -> Rows:
        rows = []
        for k in range(100):
            for row in levels(scaled_since(200 if k < restated else 10_000, 0.5)):
                security = {"security_id": f"S{k}", "source": "panel", "close": None, "return_basis": "gross"}
                rows.append({"date": row["date"], "level": row["level"], "currency": "USD", "quantum": 0.0} | security)
        return rows

    load(connection, "security_level", panel(0))
    check(connection, "security_level", panel(5))
    assert "the history of S0 and of 19 more" in refusal(connection, "security_level", panel(20))
    one = [row for row in panel(1) if row["security_id"] == "S0"]
    assert "the history of S0 is not" in refusal(connection, "security_level", one)


def test_rates_as_fractions_for_percents_are_another_history(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "policy_rate", rates())
    assert "by 99.0%" in refusal(connection, "policy_rate", rates(0.01))
    check(connection, "policy_rate", rates())


# ---- distributions


def test_distributions_that_vanish_are_refused_until_it_is_explained(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "fund_nav", navs())
    without = navs(lambda n, nav, paid: (nav, None))
    paid = [DAYS[n] for n in range(len(DAYS)) if n % 60 == 30]
    reason = refusal(connection, "fund_nav", without)
    assert reason.startswith(
        f"JP1 lacks {len(paid)} known values of distribution_jpy from {paid[0]} to {paid[-1]} (the first was 50)"
    )
    one = navs(lambda n, nav, paid: (nav, None if n == 30 else paid))
    assert "JP1 lacks 1 known value" in refusal(connection, "fund_nav", one)
    state(connection, "fund_nav", "JP1", paid[0], paid[-1])
    check(connection, "fund_nav", without)


def test_a_distribution_may_be_corrected_and_a_new_one_come(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "fund_nav", navs())
    check(connection, "fund_nav", navs(lambda n, nav, paid: (nav, 55.0 if paid else None)))
    check(connection, "fund_nav", navs(lambda n, nav, paid: (nav, 20.0 if n == 45 else paid)))


def test_dividends_of_an_index_fund_are_kept_too(connection: duckdb.DuckDBPyConnection) -> None:
    def paying(amount: float | None) -> Rows:
        rows = levels(basis="adjusted_close")
        return [row | {"close": row["level"], "dividend": amount if n == 99 else 0.0} for n, row in enumerate(rows)]

    load(connection, "index_level", paying(0.4))
    check(connection, "index_level", paying(0.41))
    assert "A lacks 1 known value" in refusal(connection, "index_level", paying(0.0))


# ---- filings


def test_many_restated_filings_are_refused(connection: duckdb.DuckDBPyConnection) -> None:
    def filings(changed: int) -> Rows:
        contract = contracts()["core.revenue_geography"]
        row: dict[str, Any] = dict.fromkeys([*contract.entity, *contract.values])
        row |= {"fiscal_period_end": date(2025, 12, 31), "accepted_at": datetime(2026, 2, 1), "status": "reported"}
        row |= {"accepted_on": date(2026, 2, 1), "revenue": 100, "confidence": 1.0, "name": "x", "currency": "USD"}
        return [
            row | {"company_id": f"{k:010}", "filing": f"F{k}", "us_revenue": 100 if k < changed else 45}
            for k in range(1000)
        ]

    load(connection, "revenue_geography", filings(0))
    check(connection, "revenue_geography", filings(20))
    assert "100 of 1000 known filings have other figures now" in refusal(connection, "revenue_geography", filings(100))
