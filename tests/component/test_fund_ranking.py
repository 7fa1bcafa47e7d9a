"""Figure 5: funds and histories reckoned by hand, a second implementation, real files, every check.

Belongs here: the figure's SQL and checks. Does not belong here: names of candidates (test_fund_candidates.py),
vendors' formats, the picture.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.figures.fund_ranking import FIGURE
from assets.ingest.fetching import FetchContext
from assets.ingest.vendors import fetch_for, parse_payload
from assets.profile import Source
from assets.study import read_studies
from checks.expectations import check_rows
from checks.outcome import Outcome
from checks.table_checks import check_table
from tests.support.funds import (
    KNOWN_AT,
    RANKING,
    RETURN,
    SESSION,
    TABLES,
    A,
    B,
    C,
    D,
    E,
    F,
    Nav,
    Row,
    fund,
    held,
    history,
    isin,
    keep,
    make,
    make_of,
    over,
    tokyo_days,
    value,
)
from tests.support.helpers import STUDY, add_rows, day, empty_warehouse, uncovered
from warehouse.contract import contracts

PERIODS = {"1M": 1, "3M": 3, "6M": 6, "1Y": 12, "3Y": 36, "5Y": 60, "10Y": 120}
"""Months of each."""

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("ZUHYO_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
needs_real_files = pytest.mark.skipif(
    not (SHARED / "funds").is_dir(), reason=f"no real files of funds in {SHARED} (ZUHYO_SHARED_DATA)"
)

MONTH_END = "2026-02-27"
LATER = datetime(2026, 4, 1)


# ---- making inputs


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse(*TABLES)


def believe(connection: duckdb.DuckDBPyConnection, *subjects: str) -> None:
    """States that whatever these funds do is real: arithmetic is tried on wilder numbers than any fund has."""
    for subject in subjects:
        for dataset in ("fund", "fund_nav"):
            stated = {"stated_in": "test", "correction_id": f"{dataset} {subject}", "kind": "real_move"}
            about = {"dataset": dataset, "subject": subject, "date": "1990-01-01", "until": "2100-01-01"}
            add_rows(
                connection,
                "core.correction",
                stated | about | {"known_at": datetime(2000, 1, 1), "payload_sha256": "c"},
            )


def shown(rows: list[Row]) -> list[str]:
    return [row["fund_id"] for row in rows]


# ---- order


def test_by_net_assets_missing_last_ties_by_fund_id(connection: duckdb.DuckDBPyConnection) -> None:
    # loaded and listed in an order that is none of the answer's
    for fund_id, net_assets in ((E, None), (C, 500), (A, 499), (F, 500), (B, None), (D, 0)):
        value(connection, fund_id, net_assets)
    rows, _ = make(connection, (F, E, D, C, B, A))
    assert [(r["rank"], r["fund_id"], r["net_assets_jpy"]) for r in rows] == [
        (1, C, 500), (2, F, 500), (3, A, 499), (4, D, 0), (5, B, None), (6, E, None),
    ]  # fmt: skip
    assert all(row["is_headline"] for row in rows)


def test_what_a_row_says(connection: duckdb.DuckDBPyConnection) -> None:
    value(
        connection, A, 29_049_999_999, "2026-03-10", name="Ｆ", manager="Ｍ", nav_jpy=12_346.0, expense_ratio=0.01925,
        return_1y=0.1234567, return_3y=-0.5,
    )  # fmt: skip
    [row], _ = make(connection, [fund(A, hedged=True, association_code="0131A001")])
    expected = {
        "study": STUDY, "session": day(SESSION), "as_of": day(SESSION), "revision": 0, "rank": 1, "name": "Ｆ",
        "manager": "Ｍ", "is_hedged": True, "net_assets_jpy": 29_049_999_999, "nav_jpy": 12_346.0,
        "expense_ratio": 0.01925, "return_1y": 0.123457, "return_3y": -0.5, "return_rule": "printed",
        "valuation_date": day("2026-03-10"), "due_date": day(SESSION), "association_code": "0131A001",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


# ---- which funds


@pytest.mark.parametrize(
    ("change", "is_in"),
    [
        ({}, True),
        ({"style": "index"}, False),
        ({"sold_since": None}, False),
        ({"sold_since": SESSION}, True),
        ({"sold_since": "2026-03-12"}, False),
        ({"sold_until": SESSION}, False),
        ({"sold_until": "2026-03-12"}, True),
    ],
)
def test_active_funds_that_are_sold(connection: duckdb.DuckDBPyConnection, change: Row, is_in: bool) -> None:
    for one in (A, B, C):
        value(connection, one)
    rows, returns = make(connection, [fund(A) | change, B])
    assert shown(rows) == ([A, B] if is_in else [B]), "and never C, which nobody reviewed"
    assert {row["fund_id"] for row in returns} == set(shown(rows))


@pytest.mark.parametrize(("redeemed_on", "is_in"), [(SESSION, False), ("2026-03-12", True), ("2025-01-01", False)])
def test_redeemed_fund_is_out(connection: duckdb.DuckDBPyConnection, redeemed_on: str, is_in: bool) -> None:
    value(connection, A, redeemed_on=redeemed_on)
    value(connection, B)
    assert (A in shown(make(connection, (A, B))[0])) is is_in


def test_an_older_valuation_does_not_bring_a_redeemed_fund_back(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, on="2026-03-10")
    value(connection, A, redeemed_on=SESSION)
    value(connection, B)
    assert shown(make(connection, (A, B))[0]) == [B]
    assert shown(make(connection, (A, B), "2026-03-10")[0]) == [A], "it was there the day before"


def test_a_redemption_that_was_put_off(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, on="2026-03-10", redeemed_on=SESSION)
    value(connection, A)
    assert shown(make(connection)[0]) == [A]


# ---- which valuation


def test_newest_valuation_of_each_fund_within_the_lag(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, 5, "2026-03-10")
    value(connection, A, 4, "2026-03-09")
    value(connection, B, 3)
    value(connection, B, 9, "2026-03-10")
    value(connection, C, 7, "2026-03-08")
    value(connection, D, 8, "2026-03-07")
    value(connection, E, 99, "2026-03-12")
    rows, _ = make(connection, (A, B, C, D, E))
    assert [(r["fund_id"], r["net_assets_jpy"], r["valuation_date"].day) for r in rows] == [
        (C, 7, 8), (A, 5, 10), (B, 3, 11),
    ]  # fmt: skip
    named = {row["fund_id"]: row["newest"] for row in outcomes(connection)["fund_reviewed_is_there"].sample}
    assert named == {D: day("2026-03-07"), E: None}
    assert {row["fund_id"] for row in outcomes(connection)["fund_is_due"].sample} == {A, C}


def test_without_a_lag_only_the_day_that_is_due(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A)
    value(connection, B, on="2026-03-10")
    assert shown(make(connection, (A, B), lag=None)[0]) == [A]


@pytest.mark.parametrize(
    ("session", "due"),
    [
        (SESSION, SESSION),
        ("2026-05-01", "2026-05-01"),
        ("2026-05-05", "2026-05-01"),  # Greenery Day the 4th, Children's Day
        ("2026-05-06", "2026-05-01"),  # Constitution Day was a Sunday
        ("2026-05-07", "2026-05-07"),
        ("2026-01-02", "2025-12-30"),  # Tokyo is closed from 31 December to 3 January
        ("2025-12-31", "2025-12-30"),
        ("2026-02-11", "2026-02-10"),  # National Foundation Day
        ("2026-02-23", "2026-02-20"),  # the Emperor's birthday, a Monday
    ],
)
def test_holidays_in_tokyo_decide_what_is_due(connection: duckdb.DuckDBPyConnection, session: str, due: str) -> None:
    """The lag counts from what is due: a valuation of that day is never old."""
    value(connection, A, on=due)
    value(connection, B, on=(day(due) - timedelta(days=1)).isoformat())
    [row], _ = make(connection, (A, B), session, lag=None)
    assert (row["fund_id"], row["due_date"], row["as_of"]) == (A, day(due), day(session))
    assert outcomes(connection, session)["fund_is_due"].passed


def test_as_of_rule_of_the_study(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, 1, "2026-03-10")
    value(connection, A, 2)
    [row], _ = make(connection, as_of="previous_session")
    assert (row["as_of"], row["net_assets_jpy"]) == (day("2026-03-10"), 1)


# ---- knowledge


def test_what_is_known_after_the_cut_off_is_not_seen(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, 1, "2026-03-10")
    value(connection, A, 2, known_at=LATER)
    value(connection, B, 3, known_at=LATER)
    believe(connection, A)
    navs = keep(connection, A, history("2025-01-06", "2026-03-10"))
    restated = [(on, nav * (2 if on.year == 2026 else 1), paid) for on, nav, paid in navs]
    keep(connection, A, restated[-30:], known_at=LATER)
    rows, returns = make(connection, (A, B))
    assert [row["net_assets_jpy"] for row in rows] == [1]
    assert over(returns, "1Y")["return_cum"] == pytest.approx(held(navs, "2025-03-10", "2026-03-10"), abs=1e-6)

    rows, returns = make(connection, (A, B), cut_off=LATER)
    assert [(row["fund_id"], row["net_assets_jpy"]) for row in rows] == [(B, 3), (A, 2)]
    mixed = navs[:-30] + restated[-30:]
    assert over(returns, "1Y")["return_cum"] == pytest.approx(held(mixed, "2025-03-10", "2026-03-10"), abs=1e-6)


def test_a_correction_of_one_valuation(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, 1)
    value(connection, A, 2, known_at=KNOWN_AT + timedelta(hours=1))
    assert [row["net_assets_jpy"] for row in make(connection)[0]] == [2]


# ---- returns


def test_distributions_of_the_span_count_and_that_of_its_first_day_does_not(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """(9,900 + 100) / 10,000 * (10,890 + 110) / 9,900 = 1.1111."""
    value(connection, A)
    navs = keep(
        connection,
        A,
        [
            (day("2025-03-10"), 10_500, None),
            (day("2025-03-11"), 10_000, 400.0),
            (day("2025-09-10"), 9_900, 100.0),
            (day(SESSION), 10_890, 110.0),
        ],
    )
    row = over(make(connection)[1], "1Y")
    assert row["return_cum"] == round(1 / 9, 6)
    assert held(navs, "2025-03-11", SESSION) == pytest.approx(1 / 9, abs=1e-12)
    assert (row["base_date"], row["end_date"]) == (day("2025-03-11"), day(SESSION))


BASES = {
    "prev": {
        "1M": "2026-02-10",  # the 11th is a holiday
        "3M": "2025-12-11", "6M": "2025-09-11", "1Y": "2025-03-11",
        "3Y": "2023-03-10",  # the 11th is a Saturday
        "5Y": "2021-03-11", "10Y": "2016-03-11",
    },
    "month_end": {
        "1M": "2026-01-30", "3M": "2025-11-28", "6M": "2025-08-29", "1Y": "2025-02-28", "3Y": "2023-02-28",
        "5Y": "2021-02-26", "10Y": "2016-02-29",
    },
}  # fmt: skip


def test_every_period_and_rule(connection: duckdb.DuckDBPyConnection) -> None:
    paid_on = {day("2019-07-16"): 300.0, day("2025-03-11"): 250.0, day("2026-02-27"): 40.0, day(SESSION): 70.0}
    navs = keep(connection, A, [(on, nav, paid_on.get(on)) for on, nav, _ in history("2015-12-01")])
    value(connection, A, return_1y=0.5, return_3y=0.75)
    believe(connection, A)
    [row], returns = make(connection, return_rule="month_end")
    for rule, end in (("prev", SESSION), ("month_end", MONTH_END)):
        for period, base in BASES[rule].items():
            found = over(returns, period, rule)
            assert (found["base_date"], found["end_date"]) == (day(base), day(end)), (rule, period)
            assert found["return_cum"] == pytest.approx(held(navs, base, end), abs=6e-7), (rule, period)
            assert found["printed"] == {"1Y": 0.5, "3Y": 0.75}.get(period)
            assert found["period_order"] == list(PERIODS).index(period) + 1
    assert len(returns) == 14
    assert row["return_rule"] == "month_end"
    assert [row["return_1y"], row["return_3y"]] == [over(returns, p, "month_end")["return_cum"] for p in ("1Y", "3Y")]

    [row], returns = make(connection, return_rule="prev")
    assert row["return_rule"] == "prev"
    assert [row["return_1y"], row["return_3y"]] == [over(returns, p)["return_cum"] for p in ("1Y", "3Y")]


def test_anniversary_is_clipped_to_the_months_end(connection: duckdb.DuckDBPyConnection) -> None:
    """31 March less a month is 28 February, a Saturday; the 2nd of March would be too late."""
    value(connection, A, on="2026-03-31")
    keep(connection, A, history("2025-01-06", "2026-03-31"))
    _, returns = make(connection, (A,), "2026-03-31")
    assert over(returns, "1M")["base_date"] == day("2026-02-27")
    assert over(returns, "1M", "month_end")["base_date"] == day("2026-02-27")
    assert over(returns, "1M", "month_end")["end_date"] == day("2026-03-31"), "the month is complete in Tokyo"


@pytest.mark.parametrize(
    ("first", "prev", "month_end"),
    [
        ("2025-03-11", True, False),
        ("2025-03-12", False, False),  # a day too short
        ("2025-02-27", True, True),  # begins within the month of the base
        ("2025-02-28", True, True),
        ("2025-03-03", True, False),
    ],
)
def test_history_that_is_just_long_enough(
    connection: duckdb.DuckDBPyConnection, first: str, prev: bool, month_end: bool
) -> None:
    value(connection, A, return_1y=0.99)
    believe(connection, A)
    navs = keep(connection, A, history(first))
    assert navs[0][0] == day(first)
    for rule, is_there in (("prev", prev), ("month_end", month_end)):
        [row], returns = make(connection, return_rule=rule)
        found = over(returns, "1Y", rule)
        assert (found["return_cum"] is not None, found["base_date"] is not None) == (is_there, is_there)
        assert row["return_1y"] == found["return_cum"], "a dash, and never what the vendor prints"
        assert row["return_rule"] == rule
        if is_there:
            assert found["base_date"] == day(BASES[rule]["1Y"])


@pytest.mark.parametrize(
    ("last", "prev_end", "month_end"),
    [
        ("2026-02-27", "2026-02-27", MONTH_END),
        ("2026-02-26", "2026-02-26", None),
        ("2026-02-25", "2026-02-25", None),  # 14 days before the valuation
        ("2026-02-24", None, None),
    ],
)
def test_history_that_stops(
    connection: duckdb.DuckDBPyConnection, last: str, prev_end: str | None, month_end: str | None
) -> None:
    value(connection, A, return_1y=0.99)
    believe(connection, A)
    keep(connection, A, history("2024-01-04", last))
    [row], returns = make(connection)
    for rule, end in (("prev", prev_end), ("month_end", month_end)):
        for period in ("1M", "1Y"):
            found = over(returns, period, rule)
            assert found["end_date"] == (day(end) if end else None)
            assert (found["return_cum"] is None) is (end is None)
    assert row["return_1y"] == over(returns, "1Y", "month_end")["return_cum"]


def test_return_ends_on_the_funds_own_valuation_and_not_later(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, on="2026-03-09")
    keep(connection, A, history("2024-01-04", "2026-03-31"))
    found = over(make(connection)[1], "1M")
    assert (found["base_date"], found["end_date"]) == (day("2026-02-09"), day("2026-03-09"))


@pytest.mark.parametrize(
    ("without", "base"),
    [
        (("2025-03-05", "2025-03-20"), "2025-03-04"),
        (("2025-02-26", "2025-03-20"), "2025-02-25"),  # 14 days before the anniversary
        (("2025-02-25", "2025-03-20"), None),
    ],
)
def test_gap_at_the_anniversary(
    connection: duckdb.DuckDBPyConnection, without: tuple[str, str], base: str | None
) -> None:
    value(connection, A)
    navs = keep(connection, A, history("2024-01-04", without=without))
    found = over(make(connection)[1], "1Y")
    assert found["base_date"] == (day(base) if base else None)
    assert found["return_cum"] == (pytest.approx(held(navs, base, SESSION), abs=6e-7) if base else None)


@pytest.mark.parametrize(
    ("without", "base", "end"),
    [
        (("2025-02-27", "2025-03-04"), "2025-02-26", MONTH_END),
        (("2025-02-17", "2025-03-04"), "2025-02-14", MONTH_END),  # 14 days before the month's end
        (("2025-02-14", "2025-03-04"), None, MONTH_END),
        (("2026-02-24", "2026-03-04"), "2025-02-28", "2026-02-20"),
        (("2026-02-13", "2026-03-04"), None, None),
    ],
)
def test_gap_at_an_end_of_the_month(
    connection: duckdb.DuckDBPyConnection, without: tuple[str, str], base: str | None, end: str | None
) -> None:
    value(connection, A)
    keep(connection, A, history("2024-01-04", without=without))
    found = over(make(connection)[1], "1Y", "month_end")
    assert (found["base_date"], found["end_date"]) == (day(base) if base else None, day(end) if end else None)
    assert (found["return_cum"] is not None) is (base is not None)


# ---- which history


@pytest.mark.parametrize("stated_by", ["study", "data", "older valuation"])
def test_history_under_the_association_code(connection: duckdb.DuckDBPyConnection, stated_by: str) -> None:
    code = "9I31223A"
    if stated_by == "older valuation":  # another vendor's, long ago
        value(connection, A, on="2025-06-30", association_code=code)
    value(connection, A, association_code=code if stated_by == "data" else None)
    navs = keep(connection, code, history("2025-01-06"))
    [row], returns = make(connection, [fund(A, association_code=code if stated_by == "study" else None)])
    assert row["association_code"] == code
    assert over(returns, "1Y")["return_cum"] == pytest.approx(held(navs, "2025-03-11", SESSION), abs=6e-7)


def test_history_under_the_isin_wins(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A)
    value(connection, B)
    own = keep(connection, A, history("2025-01-06"))
    other = keep(
        connection, "CODE", [(on, nav * (1 + on.toordinal() % 7), paid) for on, nav, paid in history("2024-01-04")]
    )
    keep(connection, "B-CODE", other)
    believe(connection, "CODE", "B-CODE")
    _, returns = make(connection, [fund(A, association_code="CODE"), fund(B, association_code="B-CODE")])
    assert over(returns, "1Y")["return_cum"] == pytest.approx(held(own, "2025-03-11", SESSION), abs=6e-7)
    expected = held(other, "2025-03-11", SESSION)
    assert over(returns, "1Y", fund_id=B)["return_cum"] == pytest.approx(expected, abs=6e-7)


def test_fund_without_any_history_shows_what_is_printed(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, 2, return_1y=0.1234, return_3y=None)
    value(connection, B, 1, return_1y=0.5)
    keep(connection, B, history("2026-01-05"))
    (first, second), returns = make(connection, (A, B))
    assert (first["return_1y"], first["return_3y"], first["return_rule"]) == (0.1234, None, "printed")
    assert (second["return_1y"], second["return_rule"]) == (None, "month_end")
    assert {row["return_cum"] for row in returns if row["fund_id"] == A} == {None}
    assert over(returns, "1Y")["printed"] == 0.1234


def test_history_that_begins_after_the_valuation_is_none_yet(connection: duckdb.DuckDBPyConnection) -> None:
    """A later night must not change what an earlier session said."""
    value(connection, A, return_1y=0.25)
    keep(connection, A, history("2026-03-12", "2026-03-31"))
    [row], _ = make(connection)
    assert (row["return_1y"], row["return_rule"]) == (0.25, "printed")


# ---- several sessions


def test_sessions_in_one_pass_equal_one_by_one(connection: duckdb.DuckDBPyConnection) -> None:
    asked = ("2025-12-31", "2026-01-02", "2026-02-27", "2026-03-02", "2026-03-10", SESSION)
    for at, on in enumerate(("2025-12-30", "2026-02-26", "2026-02-27", "2026-03-02", "2026-03-09", SESSION)):
        value(connection, A, 100 + at, on, redeemed_on=SESSION if on == SESSION else None)
        value(connection, B, 102, on)
        value(connection, C, 101, on, return_1y=0.25)
    keep(connection, A, history("2024-12-02"))
    keep(connection, B, history("2022-06-01", without=("2025-12-20", "2026-01-10")))
    funds: list[str | Row] = [
        A,
        fund(B, sold_since="2026-03-01"),
        fund(C, sold_until="2026-03-03"),
        fund(D, sold_since=SESSION),
    ]
    together = make(connection, funds, *asked)
    assert [len([r for r in together[0] if r["session"] == day(one)]) for one in asked] == [2, 2, 2, 3, 2, 1]
    apart = [make(connection, funds, one) for one in asked]
    assert together == ([row for rows, _ in apart for row in rows], [row for _, rows in apart for row in rows])


# ---- coverage


def test_no_fund_is_sold(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A)
    assert make(connection, [fund(A, sold_since="2026-03-12"), fund(B, style="index")]) == ([], [])
    told = (day(SESSION), False, "no fund of the reviewed list is sold on 2026-03-11")
    assert uncovered(connection, FIGURE.name) == [told]


def test_no_valuation_is_new_enough(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, on="2026-03-05")
    value(connection, B, on="2026-03-06")
    value(connection, C, on="2026-03-07")  # not sold
    value(connection, A, on="2026-03-12")
    assert make(connection, [A, B, fund(C, sold_since=None)]) == ([], [])
    reason = "none of 2 funds has a valuation from 2026-03-08 to 2026-03-11; newest: 2026-03-06"
    assert uncovered(connection, FIGURE.name) == [(day(SESSION), True, reason)]
    assert outcomes(connection)["fund_reviewed_is_there"].passed, "the coverage row has said it"


def test_nothing_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    assert make(connection) == ([], [])
    reason = "none of 1 funds has a valuation from 2026-03-08 to 2026-03-11; newest: none"
    assert uncovered(connection, FIGURE.name) == [(day(SESSION), False, reason)]


def test_a_session_covered_later_loses_its_coverage_row(connection: duckdb.DuckDBPyConnection) -> None:
    make(connection, (A,), "2026-03-10", SESSION)
    value(connection, A)
    assert shown(make(connection, (A,), "2026-03-10", SESSION)[0]) == [A]
    assert [session for session, _, _ in uncovered(connection, FIGURE.name)] == [day("2026-03-10")]


# ---- the payloads behind it


def payloads(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT payload_sha256 FROM meta.figure_payload WHERE figure = ? AND session = ? ORDER BY ALL",
        [FIGURE.name, day(SESSION)],
    ).fetchall()
    return [sha for (sha,) in rows]


def test_payloads_are_exactly_those_used(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A, payload="shown")
    value(connection, A, on="2026-03-10", payload="older valuation")
    value(connection, A, on="2026-03-12", payload="later valuation")
    value(connection, A, known_at=LATER, payload="known later")
    value(connection, A, known_at=KNOWN_AT - timedelta(hours=1), payload="corrected")
    value(connection, B, payload="B's")
    value(connection, C, payload="not sold")
    value(connection, D, payload="not in the table", on="2026-02-27")
    navs = history("2024-06-03")
    keep(connection, A, [nav for nav in navs if nav[0] < day("2025-02-28")], payload="before the base")
    keep(connection, A, [nav for nav in navs if nav[0] >= day("2025-02-28")], payload="navs")
    keep(connection, A, history("2026-03-12", "2026-03-20"), payload="after the end")
    keep(connection, A, [(day("2025-06-02"), 1.0, None)], known_at=KNOWN_AT - timedelta(hours=1), payload="restated")
    keep(connection, A, [(day("2025-06-02"), 1.0, None)], known_at=LATER, payload="restated later")
    keep(connection, "CODE", navs, payload="the other history")
    keep(connection, "B-CODE", history("2026-01-05"), payload="B's navs")
    keep(connection, C, navs, payload="not sold")
    keep(connection, D, navs, payload="not in the table")
    funds: list[str | Row] = [
        fund(A, association_code="CODE"),
        fund(B, association_code="B-CODE"),
        fund(C, sold_since=None),
        D,
    ]
    _, returns = make(connection, funds)
    made = [row["period"] for row in returns if row["fund_id"] == A and row["return_cum"] is not None]
    assert made == ["1M", "3M", "6M", "1Y"] * 2
    assert payloads(connection) == ["B's", "B's navs", "navs", "shown"]


def test_history_too_short_for_any_return_is_not_named(connection: duckdb.DuckDBPyConnection) -> None:
    value(connection, A)
    keep(connection, A, history("2026-03-02"))
    make(connection)
    assert payloads(connection) == ["funds"]


# ---- the checks

THIS = f"session = DATE '{SESSION}'"


def outcomes(connection: duckdb.DuckDBPyConnection, session: str = SESSION) -> dict[str, Outcome]:
    found = [
        o for table in (RANKING, RETURN) for o in check_table(connection, contracts()[table], STUDY, [day(session)])
    ]
    assert [outcome.error for outcome in found if outcome.error] == []
    return {outcome.check_name: outcome for outcome in found}


def failing(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The funds that each check names."""
    return {
        name: [row["fund_id"] for row in outcome.sample]
        for name, outcome in outcomes(connection).items()
        if not outcome.passed
    }


@pytest.fixture
def published(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Good rows of two sessions; the checks are asked of the second."""
    navs = history("2022-12-01")
    for at, one in enumerate((A, B, C)):
        keep(connection, one, navs)
        for on in ("2026-03-10", SESSION):
            printed = round(held(navs, "2025-02-28", MONTH_END), 4), round(held(navs, "2023-02-28", MONTH_END), 4)
            value(connection, one, None if at == 2 else 100 - at, on, return_1y=printed[0], return_3y=printed[1])
    make(connection, (A, B, C), "2026-03-10")
    make(connection, (A, B, C))
    yield connection
    empty_warehouse(*TABLES)


def test_good_rows_pass_every_check(published: duckdb.DuckDBPyConnection) -> None:
    assert set(outcomes(published)) == {
        "fund_ranking_order", "fund_ranking_headline_rows", "fund_is_due", "fund_reviewed_is_there",
        "fund_candidate_unreviewed", "fund_return_agrees_with_printed", "fund_valuation_move",
        "fund_list_agrees_with_history", "fund_return_far_from_printed", "fund_keeps_its_code",
    }  # fmt: skip
    assert failing(published) == {}
    for table in (RANKING, RETURN):
        rows = f"SELECT * FROM {table} WHERE {THIS}"
        general = check_rows(published, contracts()[table], rows, STUDY, [day(SESSION)])
        assert [outcome.check_name for outcome in general if not outcome.passed] == []


@pytest.mark.parametrize(
    ("change", "check", "named"),
    [
        (f"UPDATE {RANKING} SET rank = 3 - rank WHERE {THIS} AND rank < 3", "order", [A, B]),
        (f"UPDATE {RANKING} SET rank = 1 WHERE {THIS} AND fund_id = '{B}'", "order", [B]),
        (f"UPDATE {RANKING} SET rank = rank + 1 WHERE {THIS}", "order", [A, B, C]),
        (f"UPDATE {RANKING} SET rank = 4 WHERE {THIS} AND fund_id = '{C}'", "order", [C]),
        (f"UPDATE {RANKING} SET net_assets_jpy = 100 WHERE {THIS} AND fund_id = '{C}'", "order", [B, C]),
        (f"UPDATE {RANKING} SET net_assets_jpy = NULL WHERE {THIS} AND fund_id = '{A}'", "order", [A, B]),
        (f"DELETE FROM {RANKING} WHERE {THIS} AND fund_id = '{A}'", "order", [B, C]),
        (f"UPDATE {RANKING} SET is_headline = false WHERE {THIS} AND fund_id = '{B}'", "headline_rows", [B]),
    ],
)
def test_rows_in_a_wrong_place(published: duckdb.DuckDBPyConnection, change: str, check: str, named: list[str]) -> None:
    published.execute(change)
    assert {name: sorted(funds) for name, funds in failing(published).items()} == {f"fund_ranking_{check}": named}


def test_fund_that_is_late(published: duckdb.DuckDBPyConnection) -> None:
    published.execute(f"UPDATE {RANKING} SET valuation_date = DATE '2026-03-10' WHERE {THIS} AND fund_id = '{B}'")
    assert failing(published) == {"fund_is_due": [B]}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (f"period = '1Y' AND base_rule = 'month_end' AND fund_id = '{B}'", [B]),
        (f"period = '3Y' AND base_rule = 'month_end' AND fund_id = '{B}'", [B]),
        ("period = '1Y' AND base_rule = 'prev'", []),
        ("period = '6M'", []),
    ],
)
def test_own_return_that_is_not_the_printed_one(
    published: duckdb.DuckDBPyConnection, change: str, named: list[str]
) -> None:
    published.execute(
        f"UPDATE {RETURN} SET return_cum = coalesce(printed, return_cum) + 0.0021 WHERE {THIS} AND {change}"
    )
    assert failing(published) == ({"fund_return_agrees_with_printed": named} if named else {})


@pytest.mark.parametrize("printed", [0.123, 0.1, 0.3, -0.047])
def test_two_tenths_of_a_point_are_within(published: duckdb.DuckDBPyConnection, printed: float) -> None:
    """Floats: 0.125 less 0.123 is a little more than 0.002."""
    published.execute(
        f"UPDATE {RETURN} SET printed = ?, return_cum = round(? + 0.002, 6) WHERE {THIS} AND period = '1Y'",
        [printed, printed],
    )
    assert failing(published) == {}
    published.execute(
        f"UPDATE {RETURN} SET return_cum = round(? - 0.002001, 6) WHERE {THIS} AND period = '1Y'", [printed]
    )
    assert failing(published) == {"fund_return_agrees_with_printed": [A, B, C]}


def test_the_rule_that_the_vendor_follows(published: duckdb.DuckDBPyConnection) -> None:
    make(published, (A, B, C), printed_rule="prev")
    assert failing(published) == {"fund_return_agrees_with_printed": [A, B, C]}


def test_reviewed_fund_that_is_not_there(published: duckdb.DuckDBPyConnection) -> None:
    value(published, D, on="2026-03-07", association_code="OLD")
    funds: list[str | Row] = [
        A,
        B,
        C,
        D,
        fund(E, association_code="CODE"),
        fund(F, sold_since=None),
        fund(isin(7), style="index"),
    ]
    make(published, [*funds, fund(isin(8), sold_until=SESSION)])
    sample = outcomes(published)["fund_reviewed_is_there"].sample
    assert [(row["fund_id"], row["association_code"], row["newest"]) for row in sample] == [
        (D, None, day("2026-03-07")), (E, "CODE", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "is_named"),
    [
        ([("2026-03-02", "2026-03-02")], False),
        ([("2026-03-02", "2026-03-12")], True),
        ([("2026-02-27", None), ("2026-03-02", "2026-03-02")], False),
        ([("2026-02-27", "2026-03-02"), ("2026-03-02", None)], True),  # the redemption was put off
        ([("2026-03-10", None), (SESSION, SESSION)], False),
        ([("2026-03-02", None), ("2026-03-12", "2026-03-02")], True),  # not known on the as-of date
    ],
)
def test_redeemed_fund_is_expected_to_be_gone(
    published: duckdb.DuckDBPyConnection, told: list[tuple[str, str | None]], is_named: bool
) -> None:
    for on, redeemed_on in told:
        value(published, D, on=on, redeemed_on=redeemed_on)
    make(published, (A, B, C, D))
    assert failing(published) == ({"fund_reviewed_is_there": [D]} if is_named else {})


@pytest.mark.parametrize("table", [RANKING, RETURN])
def test_another_session_or_study_does_not_matter(published: duckdb.DuckDBPyConnection, table: str) -> None:
    wrong = (
        "1.5 AS return_cum"
        if table == RETURN
        else "9 AS rank, false AS is_headline, DATE '2026-01-05' AS valuation_date"
    )
    published.execute(f"INSERT INTO {table} SELECT * REPLACE ('another' AS study, {wrong}) FROM {table}")
    published.execute(f"DELETE FROM {table} WHERE study = '{STUDY}' AND session = DATE '2026-03-10'")
    published.execute(
        f"INSERT INTO {table} SELECT * REPLACE (DATE '2026-03-10' AS session, {wrong}) FROM {table} "
        f"WHERE study = '{STUDY}'"
    )
    assert failing(published) == {}


# ---- a second implementation

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
DAYS = tokyo_days("2024-11-01", "2026-03-31")
STEPS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3, 5, 9, 14]), st.floats(0.9, 1.12), st.sampled_from([None, None, 0.0, 12.5, 180.0])
    ),
    min_size=25,
    max_size=100,
)


def second(
    navs: Sequence[Nav], rule: str, months: int
) -> tuple[pd.Timestamp | None, pd.Timestamp | None, float | None]:
    """Base, end and return with pandas: products of daily factors, no logarithm and no window of SQL."""
    frame = pd.DataFrame(navs, columns=["date", "nav", "paid"])
    frame.index = pd.DatetimeIndex(frame["date"])
    rows = frame[["nav", "paid"]].astype("float64")
    factor = (rows["nav"] + rows["paid"].fillna(0)) / rows["nav"].shift()
    near = pd.Timedelta(days=14)
    due = pd.Timestamp(SESSION if rule == "prev" else MONTH_END)
    upto = rows.index[rows.index <= due]
    if not len(upto) or upto[-1] < due - near or (rule == "month_end" and rows.index[-1] < due):
        return None, None, None
    end = upto[-1]
    target = end - pd.DateOffset(months=months)
    if rule == "month_end":
        target = target + pd.offsets.MonthEnd(0)
    before = rows.index[rows.index <= target]
    if rule == "month_end":
        before = before[before >= target.replace(day=1)]
    if not len(before) or before[-1] < target - near:
        return None, end, None
    base = before[-1]
    return base, end, math.prod(factor[(factor.index > base) & (factor.index <= end)]) - 1


@QUICK
@given(steps=STEPS, start=st.integers(0, 60), is_dense=st.booleans())
def test_second_implementation_agrees(steps: list[tuple[int, float, float | None]], start: int, is_dense: bool) -> None:
    connection = empty_warehouse(*TABLES)
    navs: list[Nav] = []
    at, nav = len(DAYS) - 1 - start, 10_000.0
    for gap, factor, paid in steps:  # backwards, so that most histories reach the valuation
        navs.insert(0, (DAYS[at], nav, paid))
        at -= 1 if is_dense else gap
        nav *= factor if 1_000 < nav < 50_000 else 10_000 / nav
        if at < 0:
            break
    keep(connection, A, navs)
    value(connection, A)
    believe(connection, A)
    _, returns = make(connection)
    exact = performance(connection)
    for rule in ("prev", "month_end"):
        for period, months in PERIODS.items():
            base, end, expected = second(navs, rule, months)
            row = over(returns, period, rule)
            assert [row["base_date"], row["end_date"]] == [None if one is None else one.date() for one in (base, end)]
            if expected is None:
                assert row["return_cum"] is None
            else:
                assert exact[period, rule] == pytest.approx(expected, abs=1e-9)
                assert row["return_cum"] == pytest.approx(expected, abs=5.1e-7)


def performance(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    """Returns before they are rounded."""
    rows = connection.execute("SELECT period, base_rule, return_cum FROM fund_performance").fetchall()
    return {(period, rule): found for period, rule, found in rows}


# ---- the vendors' real files


def real(connection: duckdb.DuckDBPyConnection, dataset: str, ending: str, **more: Any) -> pd.DataFrame:
    """Puts a real file into core as the drop folder's parser reads it; gives what was read."""
    sent = fetch_for("files")(Source("files", dataset), FetchContext(date(2026, 8, 21), SHARED))
    [payload] = [one for one in sent if one.url.endswith(ending)]
    read = parse_payload(payload).assign(**more)
    connection.register("read", read.assign(known_at=KNOWN_AT, payload_sha256=ending))
    connection.execute(f"INSERT INTO core.{dataset} BY NAME SELECT * FROM read")
    connection.unregister("read")
    return read


REAL_RETURNS = [
    # session, period, rule, base, end
    ("2026-08-10", "1M", "prev", "2026-07-10", "2026-08-10"),
    ("2026-08-10", "6M", "prev", "2026-02-10", "2026-08-10"),
    ("2026-08-10", "1Y", "prev", "2025-08-08", "2026-08-10"),
    ("2026-08-10", "1M", "month_end", "2026-06-30", "2026-07-31"),
    ("2026-08-10", "6M", "month_end", "2026-01-30", "2026-07-31"),
    ("2026-08-10", "1Y", "month_end", "2025-07-31", "2026-07-31"),
    ("2025-07-15", "1M", "prev", "2025-06-13", "2025-07-15"),  # ends on a day of a distribution
    ("2025-07-15", "6M", "prev", "2025-01-15", "2025-07-15"),
    ("2025-07-15", "1Y", "prev", "2024-07-12", "2025-07-15"),  # the 15th is Marine Day
    ("2024-10-31", "1M", "prev", "2024-09-30", "2024-10-31"),
    ("2024-10-31", "6M", "prev", "2024-04-30", "2024-10-31"),
    ("2024-10-31", "1Y", "prev", "2023-10-31", "2024-10-31"),
    ("2024-10-31", "1Y", "month_end", "2023-10-31", "2024-10-31"),
]


@needs_real_files
def test_returns_of_a_real_history(connection: duckdb.DuckDBPyConnection) -> None:
    real(connection, "fund_nav", "nav_9I31223A.csv")
    path = SHARED / "funds" / "toushin_lib" / "nav_9I31223A.csv"
    raw = pd.read_csv(path, encoding="cp932", names=["date", "nav", "assets", "paid", "term"], skiprows=1)
    raw.index = pd.DatetimeIndex(pd.to_datetime(raw["date"], format="%Y年%m月%d日"))
    growth = ((raw["nav"] + raw["paid"].fillna(0)) / raw["nav"].shift()).fillna(1).cumprod()
    for session in sorted({case[0] for case in REAL_RETURNS}):
        value(connection, A, None, on=session)
        _, returns = make(connection, [fund(A, association_code="9I31223A")], session, cut_off=LATER)
        for _, period, rule, base, end in [case for case in REAL_RETURNS if case[0] == session]:
            row = over(returns, period, rule)
            assert (row["base_date"], row["end_date"]) == (day(base), day(end)), (session, period, rule)
            assert row["return_cum"] == pytest.approx(growth[base:end].iloc[-1] / growth[base] - 1, abs=6e-7)


REAL_RANKING = [
    ("JP90C000PA51", 290), ("JP90C0008527", 232), ("JP90C000C036", 184), ("JP90C000EQG9", 91), ("JP90C000JEL4", 39),
    ("JP90C000PA44", 21), ("JP90C000EQB0", 14), ("JP90C000F2B9", 11), ("JP90C000JDA9", 10), ("JP90C000C028", 4),
]  # fmt: skip


@needs_real_files
def test_ranking_of_the_real_list_through_the_real_study(connection: duckdb.DuckDBPyConnection) -> None:
    real(connection, "fund", "nisa_funds_20260821.csv")
    [made] = [one for one in read_studies(ROOT / "pipelines" / "studies") if one.study == "us_small_caps"]
    made = made.on_data(is_sample=False)
    session = day("2026-08-21")
    rows, _ = make_of(connection, made, [session], "3 days", LATER)
    assert [(row["fund_id"], row["net_assets_jpy"] / 1e8) for row in rows] == REAL_RANKING
    dated = {row["fund_id"]: row["valuation_date"].day for row in rows if row["valuation_date"] != session}
    assert dated == {"JP90C000JDA9": 20}
    found = check_table(connection, contracts()[RANKING], made.study, [session])
    assert [outcome.check_name for outcome in found if not outcome.passed] == ["fund_is_due"]

    pages = {path.stem: page(path) for path in (SHARED / "funds" / "fund_pages").glob("*.html")}
    by_fund = {row["fund_id"]: row for row in rows}
    assert len(pages) == 5
    assert set(pages) - set(by_fund) == {"JP90C000PLF8"}, "an index fund"
    for fund_id in set(pages) & set(by_fund):
        row, told = by_fund[fund_id], pages[fund_id]
        assert " ".join(row["name"].split()) in told["text"]
        assert row["manager"] in told["text"]
        assert row["nav_jpy"] == told["基準価額"]
        assert row["net_assets_jpy"] == told["純資産総額"] * 1e8
        shares = [told[label] / 100 for label in ("信託報酬率", "1年リターン（騰落率）", "騰落率（3年）")]
        assert [row["expense_ratio"], row["return_1y"], row["return_3y"]] == pytest.approx(shares, abs=1e-9)


def page(path: Path) -> dict[str, Any]:
    """The numbers that a fund's page prints, by the words before them."""
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8")))
    labels = ("基準価額", "信託報酬率", "純資産総額", "1年リターン（騰落率）", "騰落率（3年）")
    told: dict[str, Any] = {"text": text}
    for label in labels:
        match = re.search(rf" {re.escape(label)} ([+\-]?[\d,.]+)(?:円|億円|%)", text)
        assert match, label
        told[label] = float(match[1].replace(",", ""))
    return told
