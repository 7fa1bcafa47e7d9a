"""Figure 3: a small universe reckoned by hand, what is seen on which day, a second implementation, every check.

Belongs here: the figure's SQL and checks, and what a refused filing costs it. Does not belong here: vendors' formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assets.ingest.ingest as intake_module
from assets.datasets import DATASETS
from assets.figures.domestic_revenue_share import FIGURE, fill_domestic_tables
from assets.figures.figure import make_rows
from assets.ingest.fetching import FetchContext
from assets.ingest.ingest import Ingest
from assets.ingest.landing import Landing
from assets.ingest.outcomes import check_payloads
from assets.ingest.payload import FetchError, Payload, PayloadError
from assets.profile import Source
from assets.study import Study
from checks.gate import FigureNeeds, Withheld, judge, read_recorded
from checks.outcome import Outcome, record
from checks.table_checks import check_table
from tests.support.helpers import CUT_OFF, STUDY, add_rows, day, empty_warehouse, make_study, study_content, uncovered
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts, sql_file
from warehouse.records import record_materialization

Row = dict[str, Any]

SESSION, AS_OF, LISTED = "2026-03-11", "2026-03-10", "2026-02-27"
KNOWN_AT = datetime(2026, 3, 10, 12)
LATER = datetime(2026, 4, 1)
SHARE, COMPANY = "figure.domestic_revenue_share", "figure.domestic_revenue"
TABLES = ("core.holding", "core.correction", "core.company", "core.revenue_geography", SHARE, COMPANY, "meta.coverage")
METHODS = ("reported", "reported_or_implied", "lower_bound", "upper_bound")
STATUSES = ("reported", "domicile_tag", "implied_domestic", "region_only", "missing", "invalid")
HUGE = 9_000_000_000_000_000_005  # no float tells 80 % of it from one less
EIGHTY_PERCENT = 7_200_000_000_000_000_004
TICKERS = {
    "AAA": 1, "AAB": 2, "BRK-A": 3, "BRK-B": 3, "CCC": 4, "DDD": 5, "EEE": 6, "FFF": 7, "GGG": 8, "HHH": 9, "III": 10,
    "XXX": 21, "YYY": 22,
}  # fmt: skip
SMALLS: list[Row] = [
    *({"ticker": ticker} for ticker in ("AAA", "AAB", "BRKB", "BRK.A", "CCC", "DDD", "EEE", "FFF", "HHH", "III")),
    {"ticker": "GGG", "name": "CVR ENERGY INC"},  # a company, and no contingent value right
    {"ticker": "NLA", "name": "NOLIST CORP CLASS A"},
    {"ticker": "NLC", "name": "Nolist Corp Class C"},
    {"ticker": "USD", "name": "US DOLLAR", "asset_class": "Cash"},
    {"ticker": "ESH6", "name": "S&P500 EMINI MAR 26", "asset_class": "Futures"},
    {"ticker": "SWP", "name": "A SWAP", "market_value_usd": 0.0},
    {"ticker": "WWW", "name": "WONDER INC WARRANT"},
    {"ticker": "RRR", "name": "RARE INC CVR RIGHTS"},
    {"ticker": None, "name": "ESCROW"},
]
BY_HAND = {
    # method: available, at or above 80 %, share, coverage
    "reported": (4, 3, 3 / 4, 4 / 11),
    "reported_or_implied": (5, 4, 4 / 5, 5 / 11),
    "lower_bound": (4, 3, 3 / 11, 4 / 11),
    "upper_bound": (4, 10, 10 / 11, 4 / 11),
}


# ---- making inputs


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse(*TABLES)


@pytest.fixture
def universe(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    fill_universe(connection)
    return connection


def fill_universe(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, "SMALLS", SMALLS)
    hold(connection, "LARGES", ["XXX", "YYY"], payload="larges")
    list_tickers(connection, TICKERS)
    file(connection, 1, EIGHTY_PERCENT, HUGE)
    file(connection, 2, EIGHTY_PERCENT - 1, HUGE)
    file(connection, 3, 95)
    file(connection, 4, 90, status="domicile_tag")
    file(connection, 5, 100, status="implied_domestic")
    file(connection, 6, None, status="region_only", reason="Americas")
    file(connection, 7, None, None, status="missing", reason="no geography")
    file(connection, 8, None, status="invalid", reason="members do not add up")
    file(connection, 9, 101)
    file(connection, 21, 50)
    file(connection, 22, 85)


def two_sides(connection: duckdb.DuckDBPyConnection, small: Sequence[str | Row] = ("AAA",), **more: Any) -> None:
    """The lists and tickers of one company or more; the large side is XXX with half its revenue in the US."""
    hold(connection, "SMALLS", small, **more)
    hold(connection, "LARGES", ["XXX"], payload="larges")
    list_tickers(connection, TICKERS)
    file(connection, 21, 50)


def hold(
    connection: duckdb.DuckDBPyConnection,
    series: str,
    lines: Sequence[str | Row],
    as_of: str = LISTED,
    *,
    known_at: datetime = KNOWN_AT,
    payload: str = "smalls",
) -> None:
    common = {"series_id": series, "as_of": as_of, "known_at": known_at, "payload_sha256": payload}
    common |= {"asset_class": "Equity", "market_value_usd": 1000.0}
    told = [{"ticker": line} if isinstance(line, str) else line for line in lines]
    numbered = [common | {"line": n, "name": f"{line['ticker']} INC"} | line for n, line in enumerate(told, start=1)]
    add_rows(connection, "core.holding", *numbered)


def list_tickers(
    connection: duckdb.DuckDBPyConnection,
    owners: dict[str, int],
    as_of: str = "2026-01-02",
    *,
    known_at: datetime = KNOWN_AT,
    payload: str = "tickers",
) -> None:
    common = {"as_of": as_of, "known_at": known_at, "payload_sha256": payload}
    rows = [common | {"ticker": ticker, "company_id": cik(number)} for ticker, number in owners.items()]
    add_rows(connection, "core.company", *rows)


def file(
    connection: duckdb.DuckDBPyConnection,
    company: int | str,
    us: int | None,
    revenue: int | None = 100,
    *,
    status: str = "reported",
    end: str = "2025-12-31",
    accepted: str = "2026-02-20",
    filing: str | None = None,
    known_at: datetime = KNOWN_AT,
    **more: Any,
) -> None:
    """A row of core.revenue_geography; its payload has the name of the filing."""
    company_id = company if isinstance(company, str) else cik(company)
    filing = filing or f"{company_id}-{accepted}"
    row = {
        "company_id": company_id, "filing": filing, "fiscal_period_end": end, "form": "10-K", "currency": "USD",
        "accepted_at": f"{accepted} 21:00:00", "accepted_on": accepted, "revenue": revenue, "us_revenue": us,
        "status": status, "known_at": known_at, "payload_sha256": filing,
    }  # fmt: skip
    add_rows(connection, "core.revenue_geography", row | more)


def cik(number: int) -> str:
    return f"{number:010d}"


def study(*, small_lists: Iterable[str] = ("SMALLS",), **asked: Any) -> Study:
    text = {"ja": "図", "en": "figure"}
    lists = {"small": small_lists, "large": ("LARGES",)}
    sides = [
        {
            "index": index,
            "size": size,
            "label": text,
            "band": (1, 12),
            "members": [{"series_id": one, "label": text, "is_stand_in": n > 0} for n, one in enumerate(lists[size])],
        }
        for index, size in (("S", "small"), ("L", "large"))
    ]
    figure = {"number": 3, "title": text, "unit": text, "revenue_source": text, "side": sides}
    figure |= {"thresholds": ["0.5", "0.8", "1.0"]} | asked
    content = study_content()["figure"] | {"domestic_revenue_share": figure}
    return make_study(figure=content)


def make(
    connection: duckdb.DuckDBPyConnection,
    *sessions: str,
    lag: str | None = "6 months",
    cut_off: datetime = CUT_OFF,
    **asked: Any,
) -> tuple[list[Row], list[Row]]:
    """The figure's rows and the companies behind them."""
    days = [day(one) for one in sessions or (SESSION,)]
    made = study(**asked)
    fill_domestic_tables(connection, made, days, cut_off, lag, FIGURE.name)
    make_rows(connection, FIGURE, made, days)
    wanted = f"study = '{STUDY}' AND list_contains(?, session) ORDER BY ALL"
    shares, companies = (
        rows_as_dicts(connection, f"SELECT * FROM {table} WHERE {wanted}", days) for table in (SHARE, COMPANY)
    )
    return shares, companies


def one(rows: list[Row], **which: Any) -> Row:
    wanted = {"index_id": "S", "threshold": 0.8, "method": "reported"} | which
    found = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    assert len(found) == 1
    return found[0]


def of(companies: list[Row], company: int | str = 1, **which: Any) -> Row:
    company_id = company if isinstance(company, str) else cik(company)
    found = [r for r in companies if r["company_id"] == company_id and all(r[n] == v for n, v in which.items())]
    assert len(found) == 1
    return found[0]


def seen(connection: duckdb.DuckDBPyConnection, company: int = 1, session: str = SESSION, **how: Any) -> Row:
    return of(make(connection, session, **how)[1], company)


def reasons(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [reason for _, _, reason in uncovered(connection, FIGURE.name)]


# ---- by hand


@pytest.mark.parametrize("method", METHODS)
def test_share_under_every_method(universe: duckdb.DuckDBPyConnection, method: str) -> None:
    row = one(make(universe)[0], method=method)
    available, above, share, coverage = BY_HAND[method]
    assert (row["n_members"], row["n_available"], row["n_at_or_above"]) == (11, available, above)
    assert (row["share"], row["coverage"]) == pytest.approx((share, coverage), abs=1e-6)
    assert [row[f"n_{status}"] for status in STATUSES] == [3, 1, 1, 1, 3, 2]
    assert (row["members_source"], row["members_date"], row["is_stand_in"]) == ("SMALLS", day(LISTED), False)
    assert (row["size"], row["as_of"], row["reason"]) == ("small", day(AS_OF), None)


def test_companies_behind_the_share(universe: duckdb.DuckDBPyConnection) -> None:
    companies = [row for row in make(universe)[1] if row["index_id"] == "S"]
    assert {row["company_id"]: row["status"] for row in companies} == {
        **{cik(n): "reported" for n in (1, 2, 3)},
        **dict(zip(map(cik, (4, 5, 6, 7)), STATUSES[1:5], strict=True)),
        cik(8): "invalid",
        cik(9): "invalid",
        cik(10): "missing",
        "name:NOLIST CORP": "missing",
    }
    assert of(companies, 3)["tickers"] == "BRK.A, BRKB"
    assert of(companies, "name:NOLIST CORP")["tickers"] == "NLA, NLC"
    assert of(companies, 3)["us_share"] == 0.95
    assert of(companies, 9)["us_share"] is None, "never clamped"
    assert of(companies, 10)["reason"] == "no annual filing by the as-of date"
    assert of(companies, 7)["reason"] == "no geography"


def test_headline_is_the_studys_method_and_both_bounds(universe: duckdb.DuckDBPyConnection) -> None:
    drawn = [row for row in make(universe, method="reported_or_implied", threshold="0.5")[0] if row["is_headline"]]
    assert {(row["index_id"], row["threshold"], row["method"]) for row in drawn} == {
        (index, 0.5, method) for index in "SL" for method in METHODS[1:]
    }


def test_eighty_percent_counts_and_one_dollar_less_does_not(connection: duckdb.DuckDBPyConnection) -> None:
    assert (EIGHTY_PERCENT - 1) / HUGE == 0.8, "floats can't tell them apart"
    two_sides(connection, ["AAA", "AAB"])
    file(connection, 1, EIGHTY_PERCENT, HUGE)
    file(connection, 2, EIGHTY_PERCENT - 1, HUGE)
    assert one(make(connection)[0])["n_at_or_above"] == 1


def test_share_falls_as_the_threshold_rises(connection: duckdb.DuckDBPyConnection) -> None:
    thresholds = [Decimal(n) / 20 for n in range(10, 21)]
    tickers = {f"T{n}": 100 + n for n in range(11)}
    two_sides(connection, list(tickers))
    list_tickers(connection, tickers)
    for n in range(11):
        file(connection, 100 + n, 50 + 5 * n)
    shares, _ = make(connection, thresholds=thresholds)
    found = [one(shares, threshold=float(threshold))["n_at_or_above"] for threshold in thresholds]
    assert found == list(range(11, 0, -1))
    assert one(shares, threshold=0.55)["share"] == pytest.approx(10 / 11, abs=1e-6)


@pytest.mark.parametrize(("figures", "share"), [(2, None), (3, 1.0)])
def test_thirty_percent_of_the_members_are_enough(
    connection: duckdb.DuckDBPyConnection, figures: int, share: float | None
) -> None:
    tickers = {f"T{n}": 100 + n for n in range(10)}
    two_sides(connection, list(tickers))
    list_tickers(connection, tickers)
    for n in range(figures):
        file(connection, 100 + n, 90)
    file(connection, 109, 100, status="implied_domestic")
    shares, _ = make(connection)
    row = one(shares)
    assert row["share"] == share
    assert row["reason"] == (
        None if share else "too few companies with a figure: 2 of 10, 30.0 % of the members are needed"
    )
    assert one(shares, method="reported_or_implied")["share"] == 1.0
    bounds = [one(shares, method=method)["share"] for method in METHODS[2:]]
    assert bounds == pytest.approx([figures / 10, 1.0])


def test_no_figure_at_all_on_one_side(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    shares, _ = make(connection, min_coverage=0)
    assert (one(shares)["share"], one(shares)["reason"]) == (None, "no company has a figure")
    assert [one(shares, method=method)["share"] for method in METHODS[2:]] == [0, 1]
    assert reasons(connection) == []


def test_implied_domestic_without_a_us_figure(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection, ["AAA", "AAB"])
    file(connection, 1, None, status="implied_domestic")
    file(connection, 2, None)  # says that it reports, and does not
    shares, companies = make(connection)
    assert [of(companies, n)["status"] for n in (1, 2)] == ["implied_domestic", "invalid"]
    assert one(shares, method="reported_or_implied")["n_at_or_above"] == 1


@pytest.mark.parametrize(("us", "revenue"), [(-1, 100), (101, 100), (0, 0), (None, 100), (5, None)])
def test_figures_outside_their_range_are_invalid(
    connection: duckdb.DuckDBPyConnection, us: int | None, revenue: int | None
) -> None:
    two_sides(connection)
    file(connection, 1, us, revenue)
    assert seen(connection)["status"] == "invalid"


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("WARRANTY GROUP INC", True),
        ("BRIGHT HORIZONS INC", True),
        ("ALPHA WTS", False),
        ("ALPHA CVR", False),
        ("ALPHA RTS EXP 2026", False),
        ("ALPHA INC ESCROW", False),
        ("ALPHA INC - CVR", False),
        ("ALPHA RIGHTS EXPIRY TH", False),
        ("ALPHA TECHNOLOGIES CONTRA", False),
        ("CONTRA COSTA BANCORP", True),
        ("ESCROW AGENTS INC", True),
    ],
)
def test_warrants_and_rights_are_told_by_whole_words(
    connection: duckdb.DuckDBPyConnection, name: str, counts: bool
) -> None:
    two_sides(connection, ["AAB", {"ticker": "AAA", "name": name}])
    assert one(make(connection)[0])["n_members"] == 1 + counts


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ({"exchange": "NASDAQ", "price": 12.5}, True),
        ({"exchange": "NASDAQ", "price": 12.5, "asset_class": "Stock"}, True),
        ({"exchange": "NASDAQ", "price": 12.5, "asset_class": "EQUITY"}, True),
        ({"exchange": "NASDAQ", "price": 12.5, "asset_class": "Money Market"}, False),
        ({"exchange": "NO MARKET (E.G. UNLISTED)", "price": 0.17}, False),
        ({"exchange": "No Market"}, False),
        ({"exchange": "NASDAQ", "price": 0.00001}, False),
        ({"exchange": "NASDAQ", "price": 0.01}, False),
        ({"exchange": "NASDAQ", "price": 0.03}, True),
        ({"exchange": "NASDAQ", "quantity": 1_000_000.0}, False),  # no price stated: 1,000 dollars for a million shares
        ({"exchange": "NASDAQ", "quantity": 0.0}, True),
        ({"exchange": "Non-Nms Quotation Service (Nnqs)", "price": 0.11, "market_value_usd": 9.0}, False),
        ({"exchange": "Non-Nms Quotation Service (Nnqs)", "price": 0.11}, True),  # a position like the others
        ({"exchange": "NYSE", "price": 0.11, "market_value_usd": 9.0}, True),
        ({"exchange": "Pink Sheets OTC", "market_value_usd": 9.0}, False),
        ({"exchange": "UNLISTED", "price": 40.0}, False),
    ],
)
def test_what_is_left_of_a_company_is_no_member(connection: duckdb.DuckDBPyConnection, line: Row, counts: bool) -> None:
    """Under the company's plain name and ticker, whose last report would count otherwise."""
    two_sides(connection, ["AAB", "CCC", {"ticker": "AAA", "name": "ACQUIRED INC"} | line])
    file(connection, 1, 90)
    shares, companies = make(connection)
    assert one(shares)["n_members"] == 2 + counts
    assert (cik(1) in {row["company_id"] for row in companies}) is counts


# ---- which filing


def test_filing_accepted_after_the_as_of_date(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, 1, 70)
    file(connection, 1, 90, accepted="2026-03-11", filing="amendment", form="10-K/A")
    _, companies = make(connection, SESSION, "2026-03-12")
    assert of(companies, session=day(SESSION))["us_revenue"] == 70
    assert of(companies, session=day("2026-03-12"))["us_revenue"] == 90


def test_filing_accepted_on_the_as_of_day_in_new_york(connection: duckdb.DuckDBPyConnection) -> None:
    """23:59:59 in New York is the next day in UTC."""
    two_sides(connection)
    file(connection, 1, 90, accepted=AS_OF, accepted_at="2026-03-11 03:59:59")
    assert seen(connection)["status"] == "reported"


def test_amendment_without_figures_does_not_replace(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, 1, 70)
    file(connection, 1, None, None, status="missing", accepted="2026-03-02", form="10-K/A")
    assert seen(connection)["us_revenue"] == 70


def test_amendment_of_the_year_before_does_not_replace(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, 1, 70)
    file(connection, 1, 90, end="2024-12-31", accepted="2026-03-02", form="10-K/A")
    assert seen(connection)["us_revenue"] == 70


STATED = [("reported", 45), ("domicile_tag", 45), ("invalid", None)]
VAGUE: list[Row] = [
    {"us": None, "revenue": None, "status": "missing"},
    {"us": 100, "status": "implied_domestic"},
    {"us": None, "status": "region_only"},
]


@pytest.mark.parametrize(("status", "us"), STATED)
@pytest.mark.parametrize("vague", VAGUE, ids=lambda row: row["status"])
@pytest.mark.parametrize(
    "when",
    [
        {"form": "10-K/A"},
        {"form": "10-KT", "end": "2026-01-31"},
        {"form": "10-K", "end": "2026-01-31"},
        {"form": "10-K", "end": "2025-06-30"},
    ],
    ids=["amendment", "transition", "later year", "earlier year"],
)
def test_a_vaguer_filing_displaces_no_stated_figure(
    connection: duckdb.DuckDBPyConnection, status: str, us: int | None, vague: Row, when: Row
) -> None:
    two_sides(connection)
    file(connection, 1, us, status=status)
    file(connection, 1, accepted="2026-03-05", **vague | when)
    assert (seen(connection)["status"], seen(connection)["us_revenue"]) == (status, us)


@pytest.mark.parametrize("form", ["10-KT", "10-KT/A"])
def test_a_transition_report_with_figures_displaces_none_and_stands_in_for_none(
    connection: duckdb.DuckDBPyConnection, form: str
) -> None:
    two_sides(connection, ["AAA", "AAB"])
    file(connection, 1, 85, end="2025-06-30", accepted="2025-08-20")
    file(connection, 1, 40, end="2025-12-31", form=form)
    file(connection, 2, 40, end="2025-12-31", form=form)
    assert [seen(connection, n)["us_revenue"] for n in (1, 2)] == [85, 40]


@pytest.mark.parametrize(
    ("newer", "us"),
    [
        ({"form": "10-K/A"}, 90),
        ({"form": "10-K", "end": "2026-01-31"}, 90),
        ({"form": "10-K", "end": "2025-06-30"}, 45),
        ({"form": "10-K/A", "us": None, "status": "invalid"}, None),
    ],
)
def test_another_stated_figure_displaces_one_of_the_same_or_an_earlier_year(
    connection: duckdb.DuckDBPyConnection, newer: Row, us: int | None
) -> None:
    two_sides(connection)
    file(connection, 1, 45)
    file(connection, 1, **{"us": 90, "accepted": "2026-03-05"} | newer)
    assert seen(connection)["us_revenue"] == us


def test_a_stated_figure_that_is_too_old_stands_for_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, 1, 90, end="2024-06-30", accepted="2024-08-20")
    file(connection, 1, None, status="missing", end="2025-06-30", accepted="2025-08-20", reason="none filed")
    assert (seen(connection)["status"], seen(connection)["reason"]) == ("missing", "none filed")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("2024-12-31", "missing"),
        ("2025-01-01", "missing"),
        ("2025-01-03", "missing"),
        ("2024-12-28", "missing"),
        ("2025-01-25", "reported"),
        ("2025-02-02", "reported"),
        ("2025-12-31", "reported"),
    ],
)
def test_fiscal_years_that_count(connection: duckdb.DuckDBPyConnection, end: str, status: str) -> None:
    two_sides(connection)
    file(connection, 1, 90, end=end)
    found = seen(connection)
    assert found["status"] == status
    if status == "missing":
        by_month = "" if end == "2024-12-31" else ", by the nearest end of a month 2024-12-31"
        assert found["reason"] == f"newest fiscal year ends on {end}{by_month}, before 2025-01-01"
        assert found["us_share"] is None


@pytest.mark.parametrize(
    ("day_", "end"),
    [
        ("2025-01-03", "2024-12-31"), ("2024-12-28", "2024-12-31"), ("2025-01-15", "2024-12-31"),
        ("2025-01-16", "2025-01-31"), ("2025-02-01", "2025-01-31"), ("2025-02-15", "2025-02-28"),
        ("2024-02-29", "2024-02-29"), ("2025-02-28", "2025-02-28"), ("2025-03-01", "2025-02-28"),
        ("2025-09-27", "2025-09-30"), ("2025-10-04", "2025-09-30"), ("2025-12-31", "2025-12-31"),
    ],
)  # fmt: skip
def test_a_fiscal_year_ends_at_the_nearest_end_of_a_month(
    connection: duckdb.DuckDBPyConnection, day_: str, end: str
) -> None:
    two_sides(connection)
    make(connection)
    [(found,)] = connection.execute("SELECT fiscal_year_end(CAST(? AS DATE))", [day_]).fetchall()
    assert found == day(end)


@pytest.mark.parametrize("session", ["2025-03-11", "2026-03-11"])
def test_one_fiscal_year_has_one_answer_whatever_the_source(
    connection: duckdb.DuckDBPyConnection, session: str
) -> None:
    """The data set rounds the day to the end of the month; the filing itself does not."""
    two_sides(connection, ["AAA", "AAB"])
    connection.execute("UPDATE core.holding SET as_of = as_of - INTERVAL 1 YEAR WHERE ?", [session < "2026"])
    file(connection, 1, 90, end="2024-12-31", accepted="2025-02-20")
    file(connection, 2, 90, end="2025-01-03", accepted="2025-02-20")
    _, companies = make(connection, session)
    assert {row["status"] for row in companies if row["index_id"] == "S"} == {
        "reported" if session < "2026" else "missing"
    }


@pytest.mark.parametrize(("filing_on", "data_set_on"), [("2025-03-20", "2025-03-21"), ("2025-03-21", "2025-03-20")])
def test_two_days_of_one_fiscal_years_end(
    connection: duckdb.DuckDBPyConnection, filing_on: str, data_set_on: str
) -> None:
    two_sides(connection)
    file(connection, 1, 70, end="2025-02-02", accepted=filing_on, filing="filing")
    file(connection, 1, 90, end="2025-01-31", accepted=data_set_on, filing="data set")
    newer = "filing" if filing_on > data_set_on else "data set"
    assert seen(connection)["filing"] == newer


@pytest.mark.parametrize("backwards", [False, True])
def test_one_filing_from_two_sources(connection: duckdb.DuckDBPyConnection, backwards: bool) -> None:
    """Same accession number, same acceptance, two days: the order of loading must not decide."""
    two_sides(connection)
    both = [(70, "2025-02-02"), (69, "2025-01-31")]
    for us, end in both[:: -1 if backwards else 1]:
        file(connection, 1, us, end=end, accepted="2025-03-20", filing="0000000001-25-000001")
    assert seen(connection)["us_revenue"] == 70


@pytest.mark.parametrize("names", [("b.csv", "a.csv"), ("a.csv", "b.csv")])
def test_of_two_reports_named_by_their_files_the_one_that_came_last_counts(
    connection: duckdb.DuckDBPyConnection, names: tuple[str, str]
) -> None:
    two_sides(connection)
    for us, name, known_at in zip((90, 70), names, (KNOWN_AT - timedelta(days=1), KNOWN_AT), strict=True):
        file(connection, 1, us, accepted="2025-03-20", filing=name, known_at=known_at)
    assert seen(connection)["us_revenue"] == 70


@pytest.mark.parametrize("backwards", [False, True])
def test_of_two_filings_of_one_moment_the_numbers_decide_and_not_when_they_came(
    connection: duckdb.DuckDBPyConnection, backwards: bool
) -> None:
    two_sides(connection)
    both = [(90, "0000000001-25-000001"), (70, "0000000001-25-000002")]
    for order, (us, number) in enumerate(both[:: -1 if backwards else 1]):
        known_at = KNOWN_AT - timedelta(days=2 - order)
        file(connection, 1, us, accepted="2025-03-20", filing=number, known_at=known_at)
    assert seen(connection)["us_revenue"] == 70


@pytest.mark.parametrize(
    ("own", "us", "status"),
    [
        ({"us": 70}, 70, "reported"),
        ({"us": 70, "status": "domicile_tag"}, 70, "domicile_tag"),
        ({"us": 100, "status": "implied_domestic"}, 90, "reported"),
        ({"us": None, "status": "region_only"}, 90, "reported"),
        ({"us": None, "revenue": None, "status": "missing"}, 90, "reported"),
        ({"us": None, "status": "invalid"}, 90, "reported"),
        ({"us": 101}, 90, "reported"),  # the same, found out here and not by the parser
        ({"us": 70, "end": "2024-12-31"}, 90, "reported"),
        (None, 90, "reported"),
    ],
)
def test_vendors_figure_fills_in(connection: duckdb.DuckDBPyConnection, own: Row | None, us: int, status: str) -> None:
    two_sides(connection)
    if own:
        file(connection, 1, **own)
    file(connection, "AAA-US", 90, ticker="AAA", filing="report", accepted="2026-03-09", currency=None)
    found = seen(connection)
    assert (found["us_revenue"], found["status"]) == (us, status)


@pytest.mark.parametrize("backwards", [False, True])
def test_two_vendor_rows_of_one_company(connection: duckdb.DuckDBPyConnection, backwards: bool) -> None:
    two_sides(connection, ["BRKB"])
    for share in ("A", "B")[:: -1 if backwards else 1]:
        us = {"A": 70, "B": 90}[share]
        file(connection, f"BRK.{share}-US", us, ticker=f"BRK.{share}", filing="report")
    assert seen(connection, 3)["us_revenue"] == 90


def test_vendors_figure_without_a_ticker_or_of_an_old_year(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, "AAA-US", 90, filing="report")
    file(connection, "AAA-GB", 90, ticker="AAA", end="2024-12-31", filing="report")
    assert seen(connection)["status"] == "missing"


# ---- which list


def test_newest_list_on_or_before_the_as_of_date(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    hold(connection, "SMALLS", ["AAA", "AAB"], AS_OF)
    hold(connection, "SMALLS", ["AAA", "AAB", "CCC"], SESSION)
    assert (one(make(connection)[0])["n_members"], one(make(connection)[0])["members_date"]) == (2, day(AS_OF))


@pytest.mark.parametrize(
    ("lag", "within", "covered"),
    [
        ("6 months", "6 months", True),
        ("10 days", "6 months", False),
        ("6 months", "10 days", False),
        (None, "6 months", False),
    ],
)
def test_tighter_of_lag_and_study_holds(
    connection: duckdb.DuckDBPyConnection, lag: str | None, within: str, covered: bool
) -> None:
    two_sides(connection)
    shares, _ = make(connection, lag=lag, members_within=within)
    assert bool(shares) is covered
    assert len(reasons(connection)) == (0 if covered else 2)


def test_limit_counts_from_the_as_of_date(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    assert make(connection, members_within="11 days")[0], "2026-02-27 to 2026-03-10"
    assert not make(connection, members_within="10 days")[0]


def test_a_list_that_is_too_old_is_told_with_the_next_later_one(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    connection.execute("DELETE FROM core.holding WHERE series_id = 'SMALLS'")
    hold(connection, "SMALLS", ["AAA"], "2025-01-31")
    hold(connection, "SMALLS", ["AAA"], SESSION)
    assert make(connection) == ([], [])
    [(session, is_late, reason)] = uncovered(connection, FIGURE.name)
    assert (session, is_late) == (day(SESSION), True)
    assert reason == (
        "S: no list of members from 2025-09-10 to 2026-03-10; "
        "newest: SMALLS 2025-01-31 (the next is of 2026-03-11: too late)"
    )


def test_a_session_covered_later_loses_its_coverage_row(connection: duckdb.DuckDBPyConnection) -> None:
    make(connection)
    assert reasons(connection)
    two_sides(connection)
    assert make(connection)[0]
    assert reasons(connection) == []


def test_second_list_stands_in(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    hold(connection, "OTHER", ["AAA", "AAB"])
    both: Row = {"small_lists": ("SMALLS", "OTHER")}
    row = one(make(connection, **both)[0])
    assert (row["members_source"], row["is_stand_in"], row["n_members"]) == ("SMALLS", False, 1)
    connection.execute("UPDATE core.holding SET as_of = DATE '2024-01-31' WHERE series_id = 'SMALLS'")
    row = one(make(connection, **both)[0])
    assert (row["members_source"], row["is_stand_in"], row["n_members"]) == ("OTHER", True, 2)


def test_nothing_known_at_all(connection: duckdb.DuckDBPyConnection) -> None:
    assert make(connection) == ([], [])
    found = uncovered(connection, FIGURE.name)
    assert [is_late for _, is_late, _ in found] == [False, False]
    assert found[0][2] == "L: no list of members from 2025-09-10 to 2026-03-10; newest: LARGES none"


def test_no_filing_of_any_member(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    connection.execute("DELETE FROM core.revenue_geography")
    assert make(connection) == ([], [])
    assert reasons(connection) == [
        "none of 2 member companies has a filing by 2026-03-10 with a figure for a fiscal year that ends on or after "
        "2025-01-01"
    ]


def test_a_list_without_a_share_fails(connection: duckdb.DuckDBPyConnection) -> None:
    """Cash only on one side: the other must not go out as if it were the figure."""
    two_sides(connection, SMALLS[-6:])
    assert {row["index_id"] for row in make(connection)[0]} == {"L"}
    found = outcomes(connection)["headline_rows"]
    assert found.blocking
    assert {(row["index_id"], row["found"]) for row in found.sample} == {("S", 0)}


# ---- which company


def test_ticker_list_of_after_the_as_of_date_is_used_when_it_is_the_only_one(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    two_sides(connection)
    connection.execute("UPDATE core.company SET as_of = DATE '2026-03-12'")
    file(connection, 1, 90)
    assert seen(connection)["status"] == "reported"


def test_first_later_list_and_never_the_last(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    connection.execute("DELETE FROM core.company")
    for as_of, number in (("2026-03-13", 2), ("2026-03-12", 1)):
        list_tickers(connection, {"AAA": number, "XXX": 21}, as_of)
    assert seen(connection)["tickers"] == "AAA"


def test_ticker_that_changes_owner(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    list_tickers(connection, {"AAA": 2}, SESSION)
    file(connection, 1, 70)
    file(connection, 2, 90)
    _, companies = make(connection, SESSION, "2026-03-12")
    found = {(row["session"], row["company_id"]) for row in companies if row["index_id"] == "S"}
    assert found == {(day(SESSION), cik(1)), (day("2026-03-12"), cik(2))}


def test_tickers_own_spelling_comes_before_anothers(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection, ["BF-A", "BFA"])
    list_tickers(connection, {"BF-A": 31, "BFA": 32})
    _, companies = make(connection)
    assert {r["company_id"]: r["tickers"] for r in companies if r["index_id"] == "S"} == {
        cik(31): "BF-A",
        cik(32): "BFA",
    }


def test_what_is_known_after_the_cut_off_is_not_seen(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, 1, 70)
    hold(connection, "SMALLS", ["AAA", "AAB"], AS_OF, known_at=LATER)
    list_tickers(connection, {"AAA": 2}, "2026-02-02", known_at=LATER)
    file(connection, 1, 90, accepted="2026-03-02", known_at=LATER)
    file(connection, 2, 60, known_at=LATER)
    before, after = seen(connection), make(connection, cut_off=LATER + timedelta(days=1))
    assert (before["us_revenue"], before["tickers"]) == (70, "AAA")
    assert of(after[1], 2, index_id="S")["tickers"] == "AAA, AAB"
    assert of(after[1], 2)["us_revenue"] == 60
    assert one(after[0])["members_date"] == day(AS_OF)


def test_a_correction_of_the_same_filing_and_list(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, 1, 70)
    file(connection, 1, 90, known_at=LATER)
    hold(connection, "SMALLS", ["AAB"], known_at=LATER)
    list_tickers(connection, {"AAB": 1}, known_at=LATER)
    found = seen(connection, cut_off=LATER)
    assert (found["us_revenue"], found["tickers"]) == (90, "AAB")
    assert seen(connection)["us_revenue"] == 70


# ---- several sessions


def test_sessions_in_one_pass_equal_one_by_one(universe: duckdb.DuckDBPyConnection) -> None:
    """Across a year's end: the fiscal years that count move, lists, owners and filings come in between."""
    asked = ("2025-12-30", "2025-12-31", "2026-01-02", "2026-01-05", SESSION, "2026-03-12")
    for as_of, lines in (("2025-11-28", ["AAA", "CCC"]), ("2025-12-30", ["AAA", "BRKB"]), ("2026-01-02", ["AAA"])):
        hold(universe, "SMALLS", lines, as_of)
        hold(universe, "LARGES", ["XXX"], as_of)
    list_tickers(universe, {"AAA": 2}, SESSION)
    for number in (1, 3, 21):
        file(universe, number, 60, end="2024-12-31", accepted="2025-02-20")
    file(universe, 1, 65, end="2024-12-31", accepted="2025-12-30")
    together = make(universe, *asked)
    assert len({row["session"] for row in together[0]}) == len(asked) - 2, "no year of 2025 was filed in January"
    assert [row["us_revenue"] for row in together[1] if row["company_id"] == cik(1)][:2] == [60, 65]
    told = uncovered(universe, FIGURE.name)
    assert [session for session, _, _ in told] == [day("2026-01-02"), day("2026-01-05")]
    apart = [make(universe, session) for session in asked]
    assert together == ([row for shares, _ in apart for row in shares], [row for _, rows in apart for row in rows])
    assert uncovered(universe, FIGURE.name) == told


# ---- the payloads behind it


def payloads(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT payload_sha256 FROM meta.figure_payload WHERE figure = ? AND session = ? ORDER BY ALL",
        [FIGURE.name, day(SESSION)],
    ).fetchall()
    return [sha for (sha,) in rows]


def test_payloads_are_exactly_those_used(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection, ["AAA", "BRKB"])
    file(connection, 1, 70, filing="used")
    file(connection, "BRK.A-US", 90, ticker="BRK.A", filing="report", payload_sha256="vendor's")
    expected = ["0000000021-2026-02-20", "larges", "smalls", "tickers", "used", "vendor's"]
    make(connection)
    assert payloads(connection) == expected

    hold(connection, "SMALLS", ["AAA"], "2026-01-30", payload="older list")
    hold(connection, "SMALLS", ["AAA"], SESSION, payload="later list")
    hold(connection, "OTHER", ["AAA"], payload="another fund")
    hold(connection, "LARGES", ["XXX"], known_at=LATER, payload="known later")
    list_tickers(connection, {"AAA": 1}, "2025-06-30", payload="older tickers")
    list_tickers(connection, {"AAA": 1}, SESSION, payload="later tickers")
    list_tickers(connection, {"AAA.W": 1, "ZZZ": 9}, payload="another ticker of the same company")
    file(connection, 1, 60, accepted="2026-02-19", filing="before the amendment")
    file(connection, 1, 60, end="2024-12-31", filing="used", payload_sha256="another year")
    file(connection, 9, 60, filing="used", payload_sha256="another company")
    file(connection, "YYY-US", 90, ticker="YYY", filing="report", payload_sha256="vendor's for another")
    file(connection, 1, 95, accepted="2026-03-11", filing="too late")
    make(connection)
    assert payloads(connection) == expected


def test_payload_that_was_corrected_is_not_named(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection, payload="wrong")
    hold(connection, "SMALLS", ["AAA"], known_at=KNOWN_AT + timedelta(hours=1), payload="right")
    make(connection)
    assert payloads(connection) == ["0000000021-2026-02-20", "larges", "right", "tickers"]


# ---- the checks


@pytest.fixture
def published(universe: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Good rows of two sessions; the checks are asked of the second."""
    make(universe, "2026-03-10")
    make(universe)
    yield universe
    empty_warehouse(*TABLES)


def outcomes(connection: duckdb.DuckDBPyConnection) -> dict[str, Outcome]:
    found = [
        one for table in (SHARE, COMPANY) for one in check_table(connection, contracts()[table], STUDY, [day(SESSION)])
    ]
    assert [outcome.error for outcome in found if outcome.error] == []
    return {outcome.check_name.removeprefix("domestic_revenue_"): outcome for outcome in found}


def failing(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {name: outcome.failing for name, outcome in outcomes(connection).items() if not outcome.passed}


def test_good_rows_pass_every_check(published: duckdb.DuckDBPyConnection) -> None:
    assert set(outcomes(published)) == {
        "counts", "headline_rows", "members", "small_above_large", "sides_differ", "coverage_fell", "names_agree",
        "moved", "moved_together",
    }  # fmt: skip
    assert {name for name, outcome in outcomes(published).items() if not outcome.blocking} == {
        "small_above_large",
        "moved",
    }
    assert failing(published) == {}
    make(published, method="reported_or_implied", threshold="0.5", thresholds=["0.5", "0.55"], min_coverage="0.37")
    assert set(failing(published)) <= {"small_above_large"}, "also where a share is NULL"


THIS = f"session = DATE '{SESSION}'"
ONE = f"{THIS} AND index_id = 'S' AND threshold = 0.8 AND method = "
REPORTED = f"{ONE}'reported'"


@pytest.mark.parametrize(
    ("table", "change", "broken"),
    [
        (SHARE, f"n_members = n_members + 1 WHERE {REPORTED}", 1),
        (SHARE, f"n_available = n_available + 1 WHERE {REPORTED}", 1),
        (SHARE, f"n_at_or_above = n_at_or_above - 1 WHERE {ONE}'upper_bound'", 1),
        (SHARE, f"n_at_or_above = n_at_or_above - 1, share = 2 / 4 WHERE {REPORTED}", 1),
        (SHARE, f"share = share + 0.00001 WHERE {REPORTED}", 1),
        (SHARE, f"share = share + 0.00001 WHERE {ONE}'lower_bound'", 1),
        (SHARE, f"share = NULL, reason = 'none' WHERE {REPORTED}", 1),
        (SHARE, f"share = NULL, reason = 'none' WHERE {ONE}'upper_bound'", 1),
        (SHARE, f"reason = 'none' WHERE {REPORTED}", 1),
        (SHARE, f"coverage = 0.5 WHERE {REPORTED}", 1),
        (SHARE, f"n_missing = n_missing + 1 WHERE {REPORTED}", 1),
        (SHARE, f"n_missing = n_missing + 1, n_region_only = n_region_only - 1 WHERE {REPORTED}", 1),
        (SHARE, f"n_reported = n_reported + 1, n_domicile_tag = n_domicile_tag - 1 WHERE {REPORTED}", 1),
        (COMPANY, f"us_revenue = us_revenue - 1 WHERE {THIS} AND company_id = '{cik(1)}'", 4),
        (COMPANY, f"status = 'missing' WHERE {THIS} AND company_id = '{cik(6)}'", 12),
        (COMPANY, f"index_id = 'L' WHERE {THIS} AND company_id = '{cik(6)}'", 24),
    ],
)
def test_counts_that_do_not_fit(published: duckdb.DuckDBPyConnection, table: str, change: str, broken: int) -> None:
    published.execute(f"UPDATE {table} SET {change}")
    assert failing(published)["counts"] == broken
    if broken == 1:
        [row] = outcomes(published)["counts"].sample
        method = "reported" if REPORTED in change else change.rpartition("= ")[2].strip("'")
        assert (row["session"], row["index_id"], row["threshold"], row["method"]) == (day(SESSION), "S", 0.8, method)


def test_share_below_too_little_coverage(published: duckdb.DuckDBPyConnection) -> None:
    published.execute("SET VARIABLE min_coverage = 3637")  # 4 of 11 are 36.36 %
    assert failing(published) == {"counts": 3}
    published.execute("SET VARIABLE min_coverage = 3636")
    assert failing(published) == {}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (f"UPDATE {SHARE} SET is_headline = false WHERE {REPORTED}", {("S", "reported", 0)}),
        (f"UPDATE {SHARE} SET is_headline = true WHERE {ONE}'reported_or_implied'", {("S", "reported_or_implied", 1)}),
        (
            f"UPDATE {SHARE} SET is_headline = threshold = 0.5 WHERE {THIS} AND index_id = 'S' AND method = 'reported'",
            {("S", "reported", 0), ("S", "reported", 1)},
        ),
        (f"INSERT INTO {SHARE} SELECT * FROM {SHARE} WHERE {REPORTED}", {("S", "reported", 2)}),
        (f"DELETE FROM {SHARE} WHERE {THIS} AND index_id = 'L'", {("L", m, 0) for m in METHODS if "implied" not in m}),
    ],
)  # fmt: skip
def test_headline_rows_that_are_wrong(
    published: duckdb.DuckDBPyConnection, change: str, broken: set[tuple[str, str, int]]
) -> None:
    published.execute(change)
    sample = outcomes(published)["headline_rows"].sample
    assert {(row["index_id"], row["method"], row["found"]) for row in sample} == broken


@pytest.mark.parametrize(("count", "fails"), [(0, True), (1, False), (12, False), (13, True)])
def test_number_of_companies(published: duckdb.DuckDBPyConnection, count: int, fails: bool) -> None:
    published.execute(f"UPDATE {SHARE} SET n_members = {count} WHERE {THIS} AND index_id = 'L'")
    assert ("members" in failing(published)) is fails
    if fails:
        [row] = outcomes(published)["members"].sample
        assert (row["index_id"], row["n_members"]) == ("L", count)
    published.execute("UPDATE revenue_side SET low = NULL, high = NULL")
    assert "members" not in failing(published)


@pytest.mark.parametrize(("large", "fails"), [("0.75", True), ("0.76", True), ("0.74", False), ("NULL", False)])
def test_small_above_large(published: duckdb.DuckDBPyConnection, large: str, fails: bool) -> None:
    published.execute(f"UPDATE {SHARE} SET share = {large} WHERE {THIS} AND index_id = 'L' AND method = 'reported'")
    assert ("small_above_large" in failing(published)) is fails


# ---- lies that are well-formed


def index_of(connection: duckdb.DuckDBPyConnection, count: int = 60) -> dict[str, int]:
    """A small side of so many companies, each with 60 % in the US in its own last report, and a large side of one."""
    owners = {f"T{n}": 100 + n for n in range(count)}
    hold(connection, "SMALLS", [{"ticker": ticker, "name": named(n)} for ticker, n in owners.items()])
    hold(connection, "LARGES", ["XXX"], payload="larges")
    common = {"as_of": "2026-01-02", "known_at": KNOWN_AT, "payload_sha256": "tickers"}
    rows = [{"ticker": t, "company_id": cik(n), "name": named(n)} for t, n in owners.items()]
    add_rows(connection, "core.company", *(common | row for row in rows))
    list_tickers(connection, {"XXX": 21})
    file(connection, 21, 50)
    for n in owners.values():
        file(connection, n, 60, name=named(n), end="2024-12-31", accepted="2025-02-20")
        file(connection, n, 62, name=named(n))
    return owners


def named(number: int) -> str:
    words = ("ALPHA", "BRAVO", "CEDAR", "DELTA", "EMBER", "FJORD", "GARNET")
    first, second = divmod(number, len(words))
    return f"SAMPLE {words[second]}{first} INC"


def test_a_side_of_many_companies_passes_every_check(connection: duckdb.DuckDBPyConnection) -> None:
    index_of(connection)
    make(connection)
    assert failing(connection) == {"members": 1, "small_above_large": 1}, "the band of these tests is for a handful"


@pytest.mark.parametrize(("shared", "fails"), [(0, False), (30, False), (47, False), (49, True), (60, True)])
def test_one_funds_list_on_both_sides_is_found_on_the_first_night(
    connection: duckdb.DuckDBPyConnection, shared: int, fails: bool
) -> None:
    owners = index_of(connection)
    connection.execute("DELETE FROM core.holding WHERE series_id = 'LARGES'")
    others = [f"L{n}" for n in range(60 - shared)]
    hold(connection, "LARGES", [*list(owners)[:shared], *others], payload="larges")
    make(connection)
    assert ("sides_differ" in failing(connection)) is fails
    if fails:
        [row] = outcomes(connection)["sides_differ"].sample
        assert (row["in_both"], row["members"], row["other_members"]) == (shared, 60, 60)


@pytest.mark.parametrize(("lost", "fails"), [(0, False), (9, False), (10, True), (55, True)])
def test_fewer_companies_with_a_figure_than_the_day_before(
    connection: duckdb.DuckDBPyConnection, lost: int, fails: bool
) -> None:
    owners = index_of(connection)
    make(connection, "2026-03-10")
    ids = [cik(n) for n in list(owners.values())[:lost]]
    connection.execute("DELETE FROM core.revenue_geography WHERE list_contains(?::VARCHAR[], company_id)", [ids])
    make(connection)
    assert ("coverage_fell" in failing(connection)) is fails
    if fails:
        [row] = outcomes(connection)["coverage_fell"].sample
        assert (row["n_available"], row["available_before"]) == (60 - lost, 60)


def test_coverage_may_fall_with_the_year(connection: duckdb.DuckDBPyConnection) -> None:
    index_of(connection)
    make(connection, "2026-12-31", lag="12 months", members_within="12 months")
    assert len(make(connection, "2027-01-04", lag="12 months", members_within="12 months")[0]) == 0
    assert "none of" in reasons(connection)[0]


@pytest.mark.parametrize("by", [0, 1, 7])
def test_tickers_that_lead_to_their_neighbours_are_found_by_the_names_of_filings(
    connection: duckdb.DuckDBPyConnection, by: int
) -> None:
    """The list's names stay with their tickers; its CIKs are shifted by some rows."""
    owners = index_of(connection)
    shifted = {ticker: 100 + (n - 100 + by) % 60 for ticker, n in owners.items()}
    for ticker, number in shifted.items():
        connection.execute("UPDATE core.company SET company_id = ? WHERE ticker = ?", [cik(number), ticker])
    make(connection)
    found = outcomes(connection)["names_agree"]
    assert found.passed is (by == 0)
    assert [(row["index_id"], row["other_list"], row["other_names"]) for row in found.sample] == (
        [("S", "filings", 60)] if by else []
    )


def test_names_of_the_list_that_are_shifted_are_found(connection: duckdb.DuckDBPyConnection) -> None:
    owners = index_of(connection)
    for ticker, number in owners.items():
        connection.execute("UPDATE core.company SET name = ? WHERE ticker = ?", [named(number + 1), ticker])
    make(connection)
    [row] = outcomes(connection)["names_agree"].sample
    assert (row["other_list"], row["other_names"], row["compared"]) == ("list of tickers", 60, 60)


@pytest.mark.parametrize(
    ("first", "second", "agree"),
    [
        ("AMAZON COM INC", "Amazon.com, Inc.", True),
        ("ALPHABET INC CLASS A", "Alphabet Inc.", True),
        ("O REILLY AUTOMOTIVE INC", "O'REILLY AUTOMOTIVE INC", True),
        ("JPMORGAN CHASE & CO", "JPMORGAN CHASE & CO", True),
        ("BALCHEM CORP", "BRUNSWICK CORP", False),
    ],
)
def test_words_that_names_have_in_common(
    connection: duckdb.DuckDBPyConnection, first: str, second: str, agree: bool
) -> None:
    connection.execute(sql_file("company_names"))
    [(common,)] = connection.execute(
        "SELECT len(list_intersect(name_words(?), name_words(?)))", [first, second]
    ).fetchall()
    assert (common > 0) is agree


def restate(connection: duckdb.DuckDBPyConnection, companies: Iterable[int], us: int, hours: int = 1) -> None:
    """The same filings, sent again with another figure."""
    for n in companies:
        file(
            connection,
            n,
            us,
            name=named(n),
            known_at=KNOWN_AT + timedelta(hours=hours),
            payload_sha256=f"again {hours}",
        )


@pytest.mark.parametrize(
    ("companies", "us", "moved", "blocks"),
    [
        (0, 0, 0, False),
        (1, 100, 1, False),
        (9, 100, 9, False),
        (10, 100, 10, True),
        (60, 0, 60, True),
        (60, 79, 0, False),  # 17 points are no jump
        (60, 83, 60, True),
    ],
)
def test_figures_that_moved_far_at_once(
    connection: duckdb.DuckDBPyConnection, companies: int, us: int, moved: int, blocks: bool
) -> None:
    index_of(connection)
    restate(connection, range(100, 100 + companies), us)
    make(connection)
    assert outcomes(connection)["moved"].failing == moved
    assert outcomes(connection)["moved_together"].passed is not blocks
    make(connection, cut_off=KNOWN_AT + timedelta(days=8))
    assert outcomes(connection)["moved"].failing == 0, "it was said for a week"
    assert outcomes(connection)["moved_together"].passed is not blocks
    restate(connection, range(100, 100 + companies), 62, hours=2)
    make(connection)
    assert outcomes(connection)["moved"].failing == 0, "put right again"


def test_new_reports_that_moved_far_at_once(connection: duckdb.DuckDBPyConnection) -> None:
    index_of(connection)
    connection.execute("DELETE FROM core.revenue_geography WHERE fiscal_period_end > DATE '2025-01-01'")
    for n in range(100, 160):
        file(connection, n, 100 if n < 110 else 64, name=named(n))
    make(connection)
    [row] = outcomes(connection)["moved_together"].sample
    assert (row["moved"], row["to_all_revenue"], row["compared"]) == (10, 10, 60)
    assert "SAMPLE" in row["some_of_them"]


def test_figures_that_can_no_longer_be_right_have_moved(connection: duckdb.DuckDBPyConnection) -> None:
    index_of(connection)
    restate(connection, range(100, 109), 101)
    make(connection)
    assert (outcomes(connection)["moved"].failing, outcomes(connection)["moved_together"].passed) == (9, True)
    file(connection, 109, 63, name=named(109), status="invalid", accepted="2026-03-02", reason="members do not add up")
    make(connection)
    [row] = outcomes(connection)["moved_together"].sample
    assert (row["moved"], row["to_impossible"], row["compared"]) == (10, 10, 60)


def test_a_figure_that_was_never_right_has_not_moved(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, 1, 108, end="2024-12-31", accepted="2025-02-20")
    file(connection, 1, 108)
    make(connection)
    assert outcomes(connection)["moved"].passed


def test_all_revenue_where_it_was_nearly_so_is_a_move(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection, ["AAA", "AAB"])
    for n, before in ((1, 95), (2, 100)):
        file(connection, n, before, end="2024-12-31", accepted="2025-02-20")
        file(connection, n, 100)
    make(connection)
    [row] = outcomes(connection)["moved"].sample
    assert (row["company"], row["us_share"], row["nearest_share"]) == (cik(1), 1.0, 0.95)


def test_a_move_that_is_stated_as_real_is_none(connection: duckdb.DuckDBPyConnection) -> None:
    two_sides(connection)
    file(connection, 1, 95, end="2024-12-31", accepted="2025-02-20")
    file(connection, 1, 40)
    make(connection)
    assert outcomes(connection)["moved"].failing == 1
    add_rows(
        connection,
        "core.correction",
        {
            "stated_in": "corrections.toml", "correction_id": "sold-its-us-business", "kind": "real_move",
            "dataset": "revenue_geography", "subject": cik(1), "date": day("2025-12-31"), "known_at": KNOWN_AT,
            "payload_sha256": "corrections",
        },
    )  # fmt: skip
    assert outcomes(connection)["moved"].failing == 0


@pytest.mark.parametrize("table", [SHARE, COMPANY])
def test_another_session_or_study_does_not_matter(published: duckdb.DuckDBPyConnection, table: str) -> None:
    published.execute(f"DELETE FROM {table} WHERE session = DATE '2026-03-10'")
    column = "n_members" if table == SHARE else "revenue"
    published.execute(f"INSERT INTO {table} SELECT * REPLACE ('another' AS study, 5 AS {column}) FROM {table}")
    assert failing(published) == {}


# ---- a second implementation

COMPANIES = 8
FILINGS = st.lists(
    st.tuples(
        st.integers(0, COMPANIES - 1),
        st.sampled_from(STATUSES),
        st.sampled_from([(0, 10), (5, 10), (8, 10), (79, 100), (10, 10), (11, 10), (-1, 10), (0, 0), (None, 10)]),
        st.sampled_from(["2024-12-31", "2025-01-31", "2025-02-02", "2025-12-31"]),
        st.sampled_from(["2026-01-02", "2026-02-20", "2026-03-10", "2026-03-11"]),
        st.booleans(),
    ),
    max_size=25,
)
HELD = st.sets(st.integers(0, COMPANIES + 1), min_size=1)  # two more than the ticker list knows
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def judged(filing: pd.Series[Any]) -> str:
    stated = filing["status"] in STATUSES[:3]
    if not stated or (filing["status"] == "implied_domestic" and pd.isna(filing["us"])):
        return str(filing["status"])
    return (
        str(filing["status"]) if not pd.isna(filing["us"]) and 0 <= filing["us"] <= filing["revenue"] > 0 else "invalid"
    )


def chosen(filings: pd.DataFrame) -> pd.Series[Any] | None:
    """What counts of one company's filings."""
    newest = []
    for is_vendors, group in filings.groupby("is_vendors"):
        years = group.assign(year=group["end"].replace("2025-02-02", "2025-01-31"))
        recent = years[years["year"] >= "2025-01-01"]
        stated = recent[recent["status"].isin(("reported", "domicile_tag", "invalid"))]
        counted = stated if len(stated) else recent
        year = counted[counted["year"] == counted["year"].max()]
        if not len(year):
            continue
        with_figures = year[year["status"] != "missing"]
        ordered = (with_figures if len(with_figures) else year).sort_values(["accepted", "filing"])
        last = ordered.iloc[-1]
        newest.append((last["status"] not in STATUSES[:2], is_vendors, last))
    return min(newest, key=lambda found: found[:2])[2] if newest else None


def expected_share(statuses: dict[str, tuple[str, bool]], method: str) -> tuple[int, int, float | None]:
    """Available, at or above, share; ``statuses``: status and whether it is above, by company."""
    stated = [above for status, above in statuses.values() if status in STATUSES[:2]]
    implied = sum(status == "implied_domestic" for status, _ in statuses.values())
    available, above, of = len(stated), sum(stated), len(stated)
    if method == "reported_or_implied":
        available, above, of = available + implied, above + implied, of + implied
    if method.endswith("bound"):
        above, of = above + (method == "upper_bound") * (len(statuses) - len(stated)), len(statuses)
    elif available / len(statuses) < 0.3:
        of = 0
    return available, above, above / of if of else None


@QUICK
@given(filings=FILINGS, held=HELD, threshold=st.sampled_from(["0.5", "0.8", "1.0"]))
def test_second_implementation_agrees(filings: list[tuple[Any, ...]], held: set[int], threshold: str) -> None:
    connection = empty_warehouse(*TABLES)
    two_sides(connection, [f"T{n}" for n in sorted(held)])
    list_tickers(connection, {f"T-{n}": 100 + n for n in range(COMPANIES)})
    rows = []
    for n, (company, status, (us, revenue), end, accepted, is_vendors) in enumerate(filings):
        name = f"filing {n:02d}"
        who: int | str = f"T{company}-US" if is_vendors else 100 + company
        ticker = f"T{company}" if is_vendors else None
        file(connection, who, us, revenue, status=status, end=end, accepted=accepted, filing=name, ticker=ticker)
        rows.append((company, status, us, revenue, end, accepted, is_vendors, name))
    names = ["company", "status", "us", "revenue", "end", "accepted", "is_vendors", "filing"]
    frame = pd.DataFrame(rows, columns=names)
    frame["status"] = [judged(row) for _, row in frame.iterrows()]
    frame = frame[frame["accepted"] <= AS_OF]
    statuses = {}
    for company in held:
        found = chosen(frame[frame["company"] == company])
        status = "missing" if found is None else str(found["status"])
        above = found is not None and status in STATUSES[:2] and found["us"] >= float(threshold) * found["revenue"]
        statuses[str(company)] = (status, bool(above))

    shares, companies = make(connection)
    counts = pd.Series([status for status, _ in statuses.values()]).value_counts()
    for method in METHODS:
        row = one(shares, method=method, threshold=float(threshold))
        assert [row[f"n_{status}"] for status in STATUSES] == [counts.get(status, 0) for status in STATUSES]
        available, above, share = expected_share(statuses, method)
        assert (row["n_members"], row["n_available"], row["n_at_or_above"]) == (len(held), available, above)
        assert row["share"] == (None if share is None else pytest.approx(share, abs=1e-6))
    assert len([row for row in companies if row["index_id"] == "S"]) == len(held)
    assert outcomes(connection)["counts"].passed
    assert outcomes(connection)["headline_rows"].passed


# ---- what a refused payload costs

NEEDS = FigureNeeds(FIGURE.name, ("revenue_geography",), frozenset({"SMALL", "LARGE"}), (SHARE,))


def refuse(connection: duckdb.DuckDBPyConnection, form: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Takes in one payload of the format that nobody can read, and records it as a night does."""

    def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
        yield Payload("sec", "revenue_geography", form, "https://example.org/a.zip", b"not what it should be")

    def parse(payload: Payload) -> pd.DataFrame:
        raise PayloadError("no total")

    patch.setattr(intake_module, "fetch_for", lambda vendor: fetch)
    patch.setattr(intake_module, "parse_payload", parse)
    sources, context = [Source("sec", "revenue_geography")], FetchContext(day(SESSION))
    intake = Ingest(connection, Landing(folder), context, DATASETS["revenue_geography"]).ingest(sources)
    record(connection, "run", [check_payloads("revenue_geography", intake.refused, STUDY, day(SESSION))])


def verdict(connection: duckdb.DuckDBPyConnection) -> Withheld | None:
    """The gate's, with everything else in order."""
    for table in NEEDS.tables:
        record_materialization(connection, "run", table, [STUDY], [day(SESSION)], CUT_OFF)
    for table in NEEDS.tables[1:]:
        groups = [f"{contracts()[table].name}_{group}" for group in GROUP_CHECKS]
        for name in [*groups, *(check.name for check in contracts()[table].check)]:
            outcome = Outcome(name, table, STUDY, day(SESSION), passed=True, blocking=True, expected="")
            record(connection, "run", [outcome])
    recorded = read_recorded(connection, STUDY, [day(SESSION)], NEEDS.made)
    return judge(recorded, NEEDS, day(SESSION), served={"revenue_geography"}, is_overdue=False)


GROUP_CHECKS = (
    "columns_are_those_of_the_contract", "required_values_are_there", "codes_are_allowed", "values_are_in_range",
    "key_is_unique",
)  # fmt: skip


@pytest.fixture
def night() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = empty_warehouse()
    fill_universe(connection)
    make(connection)
    yield connection
    empty_warehouse()


def test_a_night_without_a_refusal(night: duckdb.DuckDBPyConnection) -> None:
    record(night, "run", [check_payloads("revenue_geography", [], STUDY, day(SESSION))])
    assert verdict(night) is None


@pytest.mark.parametrize(("form", "is_withheld"), [("sec_ixbrl", False), ("sec_xbrl", False), ("sec_fsds_zip", True)])
def test_a_refused_filing_costs_its_company_and_a_refused_data_set_the_figure(
    night: duckdb.DuckDBPyConnection, form: str, is_withheld: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(night, form, tmp_path, monkeypatch)
    found = verdict(night)
    assert (found is not None) is is_withheld
    if found:
        assert (found.kind, found.check_name) == ("failed", "payloads_accepted")
        assert "no total" in found.reason


def test_a_company_that_does_not_answer_costs_no_figure(
    night: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
        raise FetchError("1 of 200 companies has not answered")
        yield

    monkeypatch.setattr(intake_module, "fetch_for", lambda vendor: fetch)
    sources = [Source("sec", "revenue_geography", "sec_ixbrl", {"members_of": ["SMALLS"]})]
    intake = Ingest(night, Landing(tmp_path), FetchContext(day(SESSION)), DATASETS["revenue_geography"]).ingest(sources)
    found = check_payloads("revenue_geography", intake.refused, STUDY, day(SESSION))
    record(night, "run", [found])
    assert not found.passed
    assert verdict(night) is None


def test_a_refused_filing_is_not_taken_for_what_is_missing(
    night: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(night, "sec_ixbrl", tmp_path, monkeypatch)
    night.execute("DELETE FROM core.revenue_geography")
    make(night)
    found = verdict(night)
    assert found
    assert found.kind == "not_covered", "the payload speaks of one company, and no list of members is among what it has"
