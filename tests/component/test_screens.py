"""Each screen is quiet on rows like those of real files, and speaks when the newest of them are out of line.

Belongs here: one good history a dataset, and what breaks it, by measure. Does not belong here: how often a screen warns
on real data (bench/screens.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest

from assets.study_tables import fill_session_tables, fill_study_tables
from checks.table_checks import check_table
from tests.support.helpers import CUT_OFF, KNOWN_AT, add_levels, add_rows, day, empty_warehouse, make_study, sessions
from warehouse.contract import contracts

SESSION = day("2026-03-11")
BEFORE = day("2026-03-10")
Rows = list[dict[str, Any]]
Change = Callable[[Rows], None]


def screened(connection: duckdb.DuckDBPyConnection, dataset: str, session: date = SESSION) -> list[tuple[Any, Any]]:
    """(measure, subject) of what the dataset's screen warns of."""
    inputs = fill_study_tables if dataset == "index_level" else fill_session_tables
    inputs(connection, make_study(), [session], CUT_OFF, None)
    [found] = [
        outcome
        for outcome in check_table(connection, contracts()[f"core.{dataset}"], "small_study", [session])
        if outcome.check_name == f"{dataset}_screen"
    ]
    assert found.error is None
    assert not found.blocking
    return [(row["measure"], row.get("subject")) for row in found.sample]


def stored(dataset: str, rows: Rows) -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse()
    known = {"known_at": KNOWN_AT, "payload_sha256": "payload"}
    add_rows(connection, f"core.{dataset}", *({**known, **row} for row in rows))
    return connection


def memberships() -> Rows:
    """A list of 200, of which one leaves and one comes each month."""
    rows = [
        {
            "series_id": "LIST",
            "security_id": f"S{n}",
            "ticker": f"S{n}",
            "valid_from": day("2020-01-02"),
            "valid_to": None,
        }
        for n in range(200)
    ]
    for month in range(1, 13):
        rows[month]["valid_to"] = date(2025, month, 15)
        rows.append({**rows[month], "security_id": f"N{month}", "valid_from": date(2025, month, 15), "valid_to": None})
    return rows


def holdings() -> Rows:
    """Two lists of one fund, a week apart: fifty names with weights of their market values."""
    values = [1000.0 + 10 * n for n in range(50)]
    return [
        {
            "series_id": "FUND", "as_of": as_of, "line": n + 1, "name": f"NAME {n}", "ticker": f"T{n}",
            "market_value_usd": values[n], "weight": values[n] / sum(values),
        }
        for as_of in (day("2026-03-04"), SESSION)
        for n in range(50)
    ]  # fmt: skip


def security_levels() -> Rows:
    """Sixty names over five days, each with its own move."""
    return [
        {
            "security_id": f"S{n}", "source": "PANEL", "date": on, "level": 100.0 * (1 + 0.001 * (n - 30)) ** position,
            "return_basis": "adjusted_close", "currency": "USD",
        }
        for position, on in enumerate(sessions("2026-03-05", "2026-03-11"))
        for n in range(60)
        if n != 30 or position == 0
    ]  # fmt: skip


def ends() -> Rows:
    return [
        {
            "security_id": f"S{n}", "ticker_from": day("2000-01-03"), "ticker": f"S{n}",
            "delisted_on": day("2020-06-30"),
            "delisting_cause": "performance" if n % 2 else "merger", "delisting_return": -0.02 * n / 2,
        }
        for n in range(30)
    ]  # fmt: skip


def companies() -> Rows:
    return [
        {"ticker": f"T{n}", "as_of": as_of, "company_id": f"{n + (as_of == SESSION and n < 3):010d}", "name": f"N{n}"}
        for n in range(600)
        for as_of in ((day("2026-03-01"), SESSION) if n < 3 else (day("2026-03-01"),))
    ]


def revenues() -> Rows:
    return [
        {
            "company_id": f"{n:010d}", "name": f"N{n}", "fiscal_period_end": day("2025-12-31"),
            "accepted_at": datetime(2026, 2, 20), "accepted_on": day("2026-02-20"),
            "revenue": 1000, "us_revenue": 500 + n, "currency": "USD",
            "status": "reported", "filing": f"F{n}",
        }
        for n in range(40)
    ]  # fmt: skip


def funds() -> Rows:
    return [
        {
            "fund_id": f"JP{n:010d}", "valuation_date": on, "name": f"FUND {n}", "net_assets_jpy": 10**9 * (n + 1),
            "nav_jpy": 10_000.0 + n + (on == SESSION) * (5 + n),
        }
        for n in range(30)
        for on in (BEFORE, SESSION)
    ]  # fmt: skip


def navs() -> Rows:
    days = sessions("2025-02-03", "2026-03-11")
    return [
        {
            "fund_id": "JP0000000001", "date": on, "nav_jpy": 10_000.0 + 10 * (position % 7) + position,
            "net_assets_jpy": (10_000 + 10 * (position % 7) + position) * 100_000,
        }
        for position, on in enumerate(days)
    ]  # fmt: skip


def rates() -> Rows:
    return [
        {"series_id": "RATE", "date": SESSION - timedelta(n), "rate": 0.04 if n > 10 else 0.0375} for n in range(40)
    ]


def estimates() -> Rows:
    return [
        {
            "index_id": "R2000", "constituent": f"C{n}", "fiscal_year": 2026, "source_date": on, "eps_base": 1.0 + n,
            "eps_target": 1.1 * (1.0 + n), "shares": 1.0,
        }
        for n in range(40)
        for on in (BEFORE, SESSION)
    ]  # fmt: skip


GOOD: dict[str, Callable[[], Rows]] = {
    "membership": memberships, "holding": holdings, "security_level": security_levels, "security": ends,
    "company": companies, "revenue_geography": revenues, "fund": funds, "fund_nav": navs, "policy_rate": rates,
    "eps_estimate": estimates,
}  # fmt: skip


def all_of(key: str, value: Any, column: str, change: Callable[[Any], Any], first: int = 0) -> Change:
    """Changes ``column`` of the rows whose ``key`` has the value, from the ``first`` of them on."""

    def apply(rows: Rows) -> None:
        for row in [row for row in rows if row[key] == value][first:]:
            row[column] = change(row[column])

    return apply


def end_members(rows: Rows) -> None:
    """Twenty of 200 members leave unseen on the day before."""
    for row in rows[20:40]:
        row["valid_to"] = BEFORE


def let_members_in(rows: Rows) -> None:
    rows += [{**rows[50], "security_id": f"X{n}", "ticker": f"X{n}", "valid_from": SESSION} for n in range(9)]


def stop_navs(rows: Rows) -> None:
    for row in rows[-6:]:
        row["nav_jpy"] = rows[-7]["nav_jpy"]


def repeat_day(rows: Rows) -> None:
    before = {row["security_id"]: row["level"] for row in rows if row["date"] == BEFORE}
    for row in rows:
        if row["date"] == SESSION:
            row["level"] = before[row["security_id"]]


CASES: list[tuple[str, str, str | None, Change]] = [
    ("membership", "members_against_the_year_before", "LIST", end_members),
    ("membership", "members_that_came_on_one_day", "LIST", let_members_in),
    ("holding", "sum_of_weights", "FUND", all_of("as_of", SESSION, "weight", lambda weight: 0.9 * weight)),
    ("holding", "weight_against_market_value", "FUND", all_of("line", 50, "market_value_usd", lambda value: 2 * value)),
    ("holding", "order_of_weights", "FUND", all_of("as_of", SESSION, "weight", lambda weight: 0.04 - weight)),
    ("security_level", "share_of_names_unchanged", "PANEL", repeat_day),
    ("security_level", "share_of_names_moving_by_half", "PANEL",
     all_of("date", SESSION, "level", lambda level: 2 * level, first=45)),
    ("security_level", "median_move", "PANEL", all_of("date", SESSION, "level", lambda level: 0.6 * level)),
    ("security", "return_at_the_end", "S3", all_of("security_id", "S3", "delisting_return", lambda _: 4.0)),
    ("security", "ends_that_all_have_one_return", None,
     all_of("delisted_on", day("2020-06-30"), "delisting_return", lambda _: -0.3)),
    ("company", "tickers_of_another_company", None,
     lambda rows: rows.extend({**row, "as_of": SESSION, "company_id": "9999999999"} for row in rows[100:140])),
    ("revenue_geography", "share_of_companies_with_everything_in_the_us", None,
     all_of("currency", "USD", "us_revenue", lambda _: 1000, first=25)),
    ("revenue_geography", "share_of_companies_with_next_to_nothing_in_the_us", None,
     all_of("currency", "USD", "us_revenue", lambda value: value // 1000, first=34)),
    ("fund", "order_of_net_assets", None,
     all_of("valuation_date", SESSION, "net_assets_jpy", lambda value: 10**11 - value)),
    ("fund", "share_of_navs_unchanged", None,
     lambda rows: all_of("valuation_date", SESSION, "nav_jpy", lambda _: 1.0)(rows) or
     all_of("valuation_date", BEFORE, "nav_jpy", lambda _: 1.0)(rows)),
    ("fund", "median_move_of_navs", None, all_of("valuation_date", SESSION, "nav_jpy", lambda nav: 1.2 * nav)),
    ("fund_nav", "repeated_navs", "JP0000000001", stop_navs),
    ("fund_nav", "net_assets_without_the_nav", "JP0000000001",
     all_of("date", SESSION, "net_assets_jpy", lambda value: 100 * value)),
    ("policy_rate", "step", "RATE", all_of("date", SESSION, "rate", lambda rate: 100 * rate)),
    ("eps_estimate", "order_of_estimates", "R2000", all_of("source_date", SESSION, "eps_target", lambda eps: 50 - eps)),
    ("eps_estimate", "share_of_estimates_revised_by_half", "R2000",
     all_of("source_date", SESSION, "eps_target", lambda eps: 1.6 * eps, first=20)),
]  # fmt: skip


@pytest.mark.parametrize("dataset", GOOD)
def test_rows_in_line_are_passed(dataset: str) -> None:
    connection = stored(dataset, GOOD[dataset]())

    assert screened(connection, dataset) == []


@pytest.mark.parametrize(("dataset", "measure", "subject", "change"), CASES, ids=[case[1] for case in CASES])
def test_rows_out_of_line_are_named(dataset: str, measure: str, subject: str | None, change: Change) -> None:
    rows = GOOD[dataset]()
    change(rows)

    assert (measure, subject) in screened(stored(dataset, rows), dataset)


@pytest.mark.parametrize("dataset", GOOD)
def test_what_was_not_known_then_counts_for_nothing(dataset: str) -> None:
    changes = [change for of, _, _, change in CASES if of == dataset]
    rows = GOOD[dataset]()
    changes[0](rows)
    connection = stored(dataset, [{**row, "known_at": CUT_OFF + timedelta(1)} for row in rows])

    assert screened(connection, dataset) == []


def walk(series: str, seed: int, *, last: float = 0.001) -> dict[date, float]:
    """A year and a half of levels that move by some thousandths a day, and by ``last`` on the newest."""
    days = sessions("2024-09-02", "2026-03-11")
    steps = np.random.default_rng(seed).normal(0, 0.01, len(days) - 1)
    steps[-1] = last
    return dict(zip(days, 100 * np.exp(np.concatenate([[0], np.cumsum(steps)])), strict=True))


def test_levels_in_line_are_passed() -> None:
    connection = empty_warehouse()
    add_levels(connection, "SMALL", walk("SMALL", 1))
    add_levels(connection, "LARGE", walk("LARGE", 2))

    assert screened(connection, "index_level") == []


def test_a_level_out_of_line_is_named_by_itself_and_beside_the_other_side() -> None:
    connection = empty_warehouse()
    add_levels(connection, "SMALL", walk("SMALL", 1, last=0.18))
    add_levels(connection, "LARGE", walk("LARGE", 2))

    assert set(screened(connection, "index_level")) == {("move_of_the_day", "SMALL"), ("spread_of_sides", "SMALL")}


def test_a_market_that_falls_on_both_sides_is_no_spread() -> None:
    connection = empty_warehouse()
    add_levels(connection, "SMALL", walk("SMALL", 1, last=-0.18))
    add_levels(connection, "LARGE", walk("LARGE", 2, last=-0.17))

    assert set(screened(connection, "index_level")) == {("move_of_the_day", "SMALL"), ("move_of_the_day", "LARGE")}


def test_levels_that_stand_still_are_named() -> None:
    connection = empty_warehouse()
    levels = walk("SMALL", 1)
    newest = list(levels)[-4:]
    add_levels(connection, "SMALL", {**levels, **dict.fromkeys(newest, levels[newest[0]])})
    add_levels(connection, "LARGE", walk("LARGE", 2))

    assert screened(connection, "index_level") == [("repeated_levels", "SMALL")]
