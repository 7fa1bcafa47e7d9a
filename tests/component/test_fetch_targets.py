"""What vendors are asked for one by one: companies whose next report may be out, a study's funds and constituents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pytest

from assets import calendar
from assets.ingest.fetch_targets import companies_to_ask, funds_to_ask, securities_to_ask, with_fetch_targets
from assets.ingest.fetching import Company, FetchContext, Fund
from assets.study import Study
from tests.support.helpers import add_rows, day, empty_warehouse, make_study, study_content

KNOWN_AT, CUT_OFF, LATER = datetime(2026, 3, 1), datetime(2026, 3, 12), datetime(2026, 4, 1)
SESSION = "2026-03-11"
CIKS = {"BIG": 1, "MID": 2, "LOW": 3, "TWO-A": 4, "TWO-B": 4, "TOP": 5}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse(
        "core.holding", "core.company", "core.revenue_geography", "core.fund", "core.membership", "core.security_level"
    )
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
    return [company.ticker for company in companies_to_ask(connection, [], series, day(session), known_at)]


# ---- companies


def test_the_largest_holding_of_any_fund_comes_first(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, "IJR", {"LOW": 10, "MID": 60, "TWO-A": 16, "TWO-B": 14})
    hold(connection, "IVV", {"BIG": 500, "TOP": 500})
    found = companies_to_ask(connection, [], ["IJR", "IVV"], day(SESSION), CUT_OFF)
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


def test_a_newer_report_without_a_figure_is_a_report(connection: duckdb.DuckDBPyConnection) -> None:
    """The figure before it stays in force; the company is not asked for every night because of that."""
    hold(connection, "IJR", {"LOW": 1})
    report(connection, cik(3), "2025-01-31", "2025-03-20", status="reported", revenue=100, us_revenue=60)
    assert asked(connection, "IJR") == ["LOW"]
    report(connection, cik(3), "2026-01-31", "2026-03-02")
    assert asked(connection, "IJR") == []


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


def test_a_context_knows_all(connection: duckdb.DuckDBPyConnection) -> None:
    study = study_of(fund(A, association_code="CODE"))
    bare = FetchContext(day(SESSION))
    assert (bare.companies(["IJR"]), bare.funds()) == ([], [])
    context = with_fetch_targets(connection, bare, [study], CUT_OFF)
    hold(connection, "IJR", {"BIG": 1})
    assert context.companies(["IJR"]) == [Company(cik(1), "BIG")], "read when asked, not before"
    assert context.funds() == [Fund(A, "CODE")]
    assert context.session == bare.session
    assert (bare.securities(["SP500"], ["IJR"], 9), context.securities(["SP500"], ["IJR"], 9)) == ([], [])
    context = with_fetch_targets(connection, bare, [study_of_constituents()], CUT_OFF)
    assert context.securities(["SP500"], ["IJR"], 9) == ["BIG"]


def test_fiscal_years_are_those_that_the_studies_count(connection: duckdb.DuckDBPyConnection) -> None:
    def years(*studies: Study) -> int:
        return with_fetch_targets(connection, FetchContext(day(SESSION)), studies, CUT_OFF).fiscal_years_back

    assert years(make_study()) == 1, "no study counts any"
    assert years(study_of_revenue(3), study_of_revenue(2), make_study()) == 3
    assert years(study_of_revenue(0)) == 0


def study_of_revenue(fiscal_years_back: int) -> Study:
    text = {"ja": "図", "en": "figure"}
    content = study_content()
    content["figure"]["domestic_revenue_share"] = {
        "number": 3, "title": text, "unit": text, "revenue_source": text, "thresholds": [0.8], "threshold": 0.8,
        "fiscal_years_back": fiscal_years_back,
        "side": [
            {"index": index, "size": size, "label": text, "members": [{"series_id": index, "label": text}]}
            for index, size in (("R2000", "small"), ("R1000", "large"))
        ],
    }  # fmt: skip
    return Study.model_validate(content)


# ---- securities


def study_of_constituents(years: int = 30) -> Study:
    content = study_content()
    text = {"ja": "図", "en": "figure"}
    content["figure"]["constituent_return"] = {
        "number": 4, "title": text, "unit": text, "years": years, "survivors_note": text,
        "side": [
            {"index": "R2000", "rest": text},
            {"index": "R1000", "members": [{"series_id": "SP500", "label": text}]},
        ],
    }  # fmt: skip
    return Study.model_validate(content)


def member(
    connection: duckdb.DuckDBPyConnection,
    *tickers: str,
    since: str = "1996-01-02",
    until: str | None = None,
    series: str = "SP500",
    known_at: datetime = KNOWN_AT,
) -> None:
    stay = {"series_id": series, "valid_from": day(since), "valid_to": day(until) if until else None}
    known = {"known_at": known_at, "payload_sha256": series}
    add_rows(
        connection,
        "core.membership",
        *(stay | {"security_id": ticker, "ticker": ticker} | known for ticker in tickers),
    )


def price(connection: duckdb.DuckDBPyConnection, ticker: str, *days: str, known_at: datetime = KNOWN_AT) -> None:
    known = {"return_basis": "adjusted_close", "currency": "USD", "known_at": known_at, "payload_sha256": ticker}
    row = {"security_id": ticker, "source": f"yahoo {ticker}", "level": 1.0}
    add_rows(connection, "core.security_level", *(row | {"date": day(one)} | known for one in days))


def wanted(
    connection: duckdb.DuckDBPyConnection,
    session: str = SESSION,
    count: int = 99,
    studies: list[Study] | None = None,
    known_at: datetime = CUT_OFF,
) -> list[str]:
    asked_by = [study_of_constituents()] if studies is None else studies
    return securities_to_ask(connection, asked_by, ["SP500"], ["IJR", "IWM"], day(session), known_at, count)


def in_order(connection: duckdb.DuckDBPyConnection, **how: Any) -> list[str]:
    return sorted(wanted(connection, **how))


def test_members_count_on_the_day_that_the_figure_begins_with(connection: duckdb.DuckDBPyConnection) -> None:
    """The last session of the month 30 years before the last complete one: 1996-02-29 for March 2026."""
    member(connection, "ON")
    member(connection, "ENDED", until="1996-02-29")
    member(connection, "ENDS", until="1996-03-01")
    member(connection, "JOINS", since="1996-02-29")
    member(connection, "JOINED", since="1996-03-01")
    member(connection, "OTHER", series="NDX")
    member(connection, "LATER", known_at=LATER)
    assert in_order(connection) == ["ENDS", "JOINS", "ON"]
    assert in_order(connection, session="2026-03-31") == ["JOINED", "JOINS", "ON"]
    assert in_order(connection, known_at=LATER) == ["ENDS", "JOINS", "LATER", "ON"]


def test_each_study_has_its_own_day_and_none_asks_for_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    member(connection, "OLD", until="2000-01-01")
    member(connection, "NEW", since="2005-01-01")
    hold(connection, "IJR", {"BIG": 1})
    assert in_order(connection, studies=[study_of_constituents(20)]) == ["BIG", "NEW"]
    assert in_order(connection, studies=[study_of_constituents(20), study_of_constituents()]) == ["BIG", "NEW", "OLD"]
    assert wanted(connection, studies=[make_study()]) == []


def test_shares_that_the_funds_hold_are_asked_for_by_the_ticker_of_the_list(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    member(connection, "TWO.B")
    hold(connection, "IJR", {"TWOA": 1, "TWOB": 1, "UNLISTED": 1, "-": 1})
    hold(connection, "IVV", {"TOP": 1})
    hold(connection, "IWM", {"LOW": 1}, asset_class="Cash")
    assert in_order(connection) == ["TWO-A", "TWO.B", "UNLISTED"]


def test_a_security_is_left_out_once_its_levels_reach_the_month_end(connection: duckdb.DuckDBPyConnection) -> None:
    member(connection, "REACHES", "SHORT", "NONE", "LATE")
    price(connection, "REACHES", "1996-02-29", "2026-02-27")
    price(connection, "SHORT", "1996-02-29", "2026-02-26")
    price(connection, "LATE", "1996-02-29", "2026-02-27", known_at=LATER)
    assert in_order(connection) == ["LATE", "NONE", "SHORT"]
    assert in_order(connection, known_at=LATER) == ["NONE", "SHORT"]
    assert "REACHES" in in_order(connection, session="2026-03-31"), "a month later it is asked for again"


def test_a_history_that_begins_after_the_members_day_is_not_asked_for_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    hold(connection, "IJR", {"BIG": 1, "MID": 1})
    price(connection, "BIG", "1996-02-29", "2023-11-08")
    price(connection, "MID", "1996-03-01", "2023-11-08")
    assert in_order(connection) == ["BIG"]
    assert in_order(connection, session="2026-03-31") == ["BIG", "MID"]


def test_members_come_before_what_the_funds_hold(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, "IJR", {"AAA": 2, "ZZZ": 1})
    member(connection, "MMM")
    for session in calendar.sessions(day("2026-03-02"), day("2026-03-05")):
        assert wanted(connection, session=session.isoformat(), count=2)[0] == "MMM"


def test_tickers_that_nobody_has_do_not_hold_up_the_others(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing is known of any of them after any night: seven of them take four nights of two."""
    tickers = {f"T{number}" for number in range(7)}
    member(connection, *tickers)
    for first in (day("2026-03-02"), day("2026-03-05"), day("2026-03-11")):
        nights = calendar.sessions(first, day("2026-03-31"))[:4]
        asked_for = [wanted(connection, session=night.isoformat(), count=2) for night in nights]
        assert {ticker for night in asked_for for ticker in night} == tickers
        assert [len(night) for night in asked_for] == [2, 2, 2, 2]
    assert wanted(connection, count=2) == wanted(connection, count=2)


def test_the_turn_passes_over_what_is_known_and_begins_anew_at_the_end(connection: duckdb.DuckDBPyConnection) -> None:
    tickers = [f"T{number}" for number in range(7)]
    member(connection, *tickers)
    first = wanted(connection)
    at = tickers.index(first[0])
    assert first == tickers[at:] + tickers[:at]
    begins = wanted(connection, count=3)
    assert begins == (2 * tickers)[tickers.index(begins[0]) :][:3]
    price(connection, begins[1], "1996-02-29", "2026-02-27")
    after = (2 * tickers)[tickers.index(begins[2]) + 1]
    assert wanted(connection, count=3) == [begins[0], begins[2], after]
