"""What vendors are asked for one by one: companies whose next report may be out, funds that a study shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pytest

from assets.ingest.payload import Company, FetchContext, Fund
from assets.ingest.to_ask import companies_to_ask, funds_to_ask, knowing
from assets.study import Study
from tests.unit.helpers import add_rows, day, empty_warehouse, make_study, study_content

KNOWN_AT, CUT_OFF, LATER = datetime(2026, 3, 1), datetime(2026, 3, 12), datetime(2026, 4, 1)
SESSION = "2026-03-11"
CIKS = {"BIG": 1, "MID": 2, "LOW": 3, "TWO-A": 4, "TWO-B": 4, "TOP": 5}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse("core.holding", "core.company", "core.revenue_geography", "core.fund")
    add_rows(
        connection,
        "core.company",
        *(
            {"ticker": ticker, "as_of": day("2026-01-02"), "company_id": cik(number), "name": ticker}
            | {"known_at": KNOWN_AT, "payload_sha256": "tickers"}
            for ticker, number in CIKS.items()
        ),
    )
    return connection


def cik(number: int) -> str:
    return f"{number:010d}"


def hold(
    connection: duckdb.DuckDBPyConnection,
    series: str,
    amounts: dict[str, float],
    as_of: str = "2026-02-27",
    known_at: datetime = KNOWN_AT,
    **more: Any,
) -> None:
    """One list of holdings: ticker and market value."""
    lines = [
        {"series_id": series, "as_of": day(as_of), "line": line, "ticker": ticker, "name": f"{ticker} INC"}
        | {"asset_class": "Equity", "market_value_usd": amount, "known_at": known_at, "payload_sha256": as_of, **more}
        for line, (ticker, amount) in enumerate(amounts.items())
    ]
    add_rows(connection, "core.holding", *lines)


def report(connection: duckdb.DuckDBPyConnection, company: str, year_end: str, accepted: str, **more: Any) -> None:
    row = {"company_id": company, "filing": f"{company} {year_end}", "fiscal_period_end": day(year_end)}
    row |= {"accepted_at": datetime.fromisoformat(accepted), "accepted_on": day(accepted), "status": "missing"}
    row |= {"known_at": KNOWN_AT, "payload_sha256": "report"}
    add_rows(connection, "core.revenue_geography", row | more)


def asked(
    connection: duckdb.DuckDBPyConnection, *series: str, session: str = SESSION, known_at: datetime = CUT_OFF
) -> list[str]:
    return [company.ticker for company in companies_to_ask(connection, series, day(session), known_at)]


# ---- companies


def test_the_largest_holding_of_any_fund_comes_first(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, "IJR", {"LOW": 10, "MID": 60, "TWO-A": 16, "TWO-B": 14})
    hold(connection, "IVV", {"BIG": 500, "TOP": 500})
    found = companies_to_ask(connection, ["IJR", "IVV"], day(SESSION), CUT_OFF)
    assert found == [
        Company(cik(2), "MID"),  # 60 %
        Company(cik(1), "BIG"),  # 50 %
        Company(cik(5), "TOP"),
        Company(cik(4), "TWO-A"),  # 30 %, two classes of one company
        Company(cik(3), "LOW"),
    ]
    assert asked(connection, "IJR") == ["MID", "TWO-A", "LOW"]
    assert asked(connection, "IVV", "IJR")[:2] == ["MID", "BIG"]
    assert asked(connection, "OTHER") == []


def test_only_shares_of_listed_companies_are_asked_for(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, "IJR", {"BIG": 1, "UNLISTED": 5})
    hold(connection, "IVV", {"TOP": 1}, asset_class="Cash")
    assert asked(connection, "IJR", "IVV") == ["BIG"]


def test_the_newest_list_up_to_the_session_counts_as_known_then(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, "IJR", {"LOW": 1}, "2019-01-02")
    assert asked(connection, "IJR") == ["LOW"], "however old"
    hold(connection, "IJR", {"MID": 1}, "2026-03-10", known_at=LATER)
    hold(connection, "IJR", {"TOP": 1}, "2026-03-12")
    assert asked(connection, "IJR") == ["LOW"]
    assert asked(connection, "IJR", known_at=LATER) == ["MID"]


@pytest.mark.parametrize(
    ("session", "is_asked"),
    [("2025-03-01", False), ("2026-01-02", False), ("2026-01-29", False), ("2026-01-30", True), ("2027-01-30", True)],
)
def test_a_company_is_asked_again_once_its_next_report_may_be_out(
    connection: duckdb.DuckDBPyConnection, session: str, is_asked: bool
) -> None:
    hold(connection, "IJR", {"BIG": 1}, "2025-01-02")
    report(connection, cik(1), "2023-12-31", "2024-02-20")
    report(connection, cik(1), "2024-12-31", "2025-02-20")
    assert asked(connection, "IJR", session=session) == ["BIG"] * is_asked


def test_a_report_accepted_after_the_session_or_known_later_does_not_count(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    hold(connection, "IJR", {"BIG": 2, "MID": 1})
    report(connection, cik(1), "2025-12-31", "2026-03-12")
    report(connection, cik(2), "2025-12-31", "2026-02-12", known_at=LATER)
    assert asked(connection, "IJR") == ["BIG", "MID"]
    assert asked(connection, "IJR", session="2026-03-12", known_at=LATER) == []


def test_a_vendors_figure_is_no_filing(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, "IJR", {"BIG": 1})
    report(connection, "VENDOR-BIG", "2025-12-31", "2026-02-12", ticker="BIG")
    assert asked(connection, "IJR") == ["BIG"]


# ---- funds


def study_of(*funds: dict[str, Any]) -> Study:
    content = study_content()
    text = {"ja": "図", "en": "figure"}
    content["figure"]["fund_ranking"] = {"number": 5, "title": text, "unit": text, "source": text, "fund": list(funds)}
    return Study.model_validate(content)


def fund(isin: str, **more: Any) -> dict[str, Any]:
    return {"isin": isin, "name": isin, "style": "active", "sold_since": day("2024-01-04"), **more}


def list_fund(
    connection: duckdb.DuckDBPyConnection, isin: str, code: str | None, on: str, known_at: datetime = KNOWN_AT
) -> None:
    row = {"fund_id": isin, "valuation_date": day(on), "association_code": code, "name": isin, "nav_jpy": 10_000.0}
    add_rows(connection, "core.fund", row | {"known_at": known_at, "payload_sha256": on})


A, B, C, D, E = (f"JP90C000000{number}" for number in range(1, 6))


def test_funds_that_a_study_shows_are_asked_for_by_isin_and_code(connection: duckdb.DuckDBPyConnection) -> None:
    study = study_of(
        fund(C),
        fund(A, association_code="STATED"),
        fund(B, style="index", association_code="INDEX"),
        fund(D, sold_since=None, association_code="UNSOLD"),
        fund(E),
    )
    for isin, code in ((A, "LISTED"), (C, "OLD"), (C, "NEW"), (C, None), (B, "X")):
        on = {"OLD": "2026-02-01", "NEW": "2026-02-02", None: "2026-02-03"}.get(code, "2026-02-04")
        list_fund(connection, isin, code, on)
    list_fund(connection, C, "LATER", "2026-03-10", LATER)
    assert funds_to_ask(connection, [study], CUT_OFF) == [Fund(C, "NEW"), Fund(A, "STATED")]


def test_a_fund_of_two_studies_is_asked_for_once(connection: duckdb.DuckDBPyConnection) -> None:
    studies = [
        study_of(fund(A, association_code="CODE")),
        study_of(fund(A), fund(B, association_code="B")),
        make_study(),
    ]
    assert funds_to_ask(connection, studies, CUT_OFF) == [Fund(A, "CODE"), Fund(B, "B")]


def test_a_context_knows_both(connection: duckdb.DuckDBPyConnection) -> None:
    study = study_of(fund(A, association_code="CODE"))
    bare = FetchContext(day(SESSION))
    assert (bare.companies(["IJR"]), bare.funds()) == ([], [])
    context = knowing(connection, bare, [study], CUT_OFF)
    hold(connection, "IJR", {"BIG": 1})
    assert context.companies(["IJR"]) == [Company(cik(1), "BIG")], "read when asked, not before"
    assert context.funds() == [Fund(A, "CODE")]
    assert context.session == bare.session
