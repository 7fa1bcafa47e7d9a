"""Asking the SEC: which addresses, which quarters, which filings, and what one silent company costs.

Belongs here: asking. Does not belong here: reading what comes (test_sec_parsers.py), over HTTP (tests/support/replay).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from assets.ingest.fetching import Company, FetchContext
from assets.ingest.payload import FetchError, NotThereError, Payload
from assets.ingest.vendors import fetch_for
from assets.profile import Source
from tests.support.fake_http import Call, FakeHttp, Response
from tests.support.helpers import day

SESSION = "2026-03-11"
WWW, DATA = "https://www.sec.gov", "https://data.sec.gov"
ZIPS = "/files/dera/data/financial-statement-data-sets/{}.zip"
TICKERS = Source("sec", "company", "sec_company_tickers_json", licence="public domain", may_publish=True)
DATA_SETS = Source("sec", "revenue_geography", "sec_fsds_zip")
REPORTS = Source("sec", "revenue_geography", "sec_ixbrl", {"members_of": ["IJR", "IVV"]})
REPORT = {
    "form": "10-K",
    "filingDate": "2026-02-20",
    "accessionNumber": "0000000001-26-000007",
    "primaryDocument": "a-20251231.htm",
    "isInlineXBRL": 1,
}
GONE, DOWN = NotThereError("HTTP 404"), FetchError("HTTP 503")


def fetched(
    source: Source,
    answers: dict[str, Response],
    companies: Sequence[Company] = (),
    session: str = SESSION,
    fiscal_years_back: int = 1,
) -> tuple[FakeHttp, Iterator[Payload]]:
    """What was asked so far, and the payloads."""
    http = FakeHttp({("GET", path): answer for path, answer in answers.items()})
    context = FetchContext(
        day(session), http=http, companies=lambda series: list(companies), fiscal_years_back=fiscal_years_back
    )
    return http, fetch_for("sec")(source, context)


def asked(http: FakeHttp) -> list[str]:
    return [call.url for call in http.calls]


def a_company(number: int) -> Company:
    return Company(f"{number:010d}", f"T{number}")


def listed(number: int) -> str:
    return f"/submissions/CIK{number:010d}.json"


def document(number: int, name: str = "a-20251231.htm", accession: str = "000000000126000007") -> str:
    return f"/Archives/edgar/data/{number}/{accession}/{name}"


def filings(*rows: dict[str, Any]) -> bytes:
    columns = {name: [(REPORT | row)[name] for row in rows] for name in REPORT}
    return json.dumps({"cik": "1", "filings": {"recent": columns, "files": []}}).encode()


# ---- the list of tickers, and the formats


def test_the_list_of_tickers_is_of_the_session() -> None:
    http, payloads = fetched(TICKERS, {"/files/company_tickers.json": b"{}"})
    [payload] = payloads
    assert asked(http) == [f"{WWW}/files/company_tickers.json"]
    assert (payload.format, payload.content) == ("sec_company_tickers_json", b"{}")
    assert payload.options == {"dataset": "company", "as_of": SESSION}
    assert (payload.licence, payload.may_publish) == ("public domain", True)


@pytest.mark.parametrize("form", [None, "sec_xbrl"])
def test_another_format_is_not_asked_for(form: str | None) -> None:
    with pytest.raises(FetchError, match=r"not asked for format .*sec_company_tickers_json, sec_fsds_zip, sec_ixbrl"):
        next(fetched(replace(REPORTS, format=form), {})[1])


# ---- data sets


@pytest.mark.parametrize(
    ("session", "quarters"),
    [
        ("2026-03-11", ["2024q4", "2025q1", "2025q2", "2025q3", "2025q4"]),
        ("2026-03-31", ["2024q4", "2025q1", "2025q2", "2025q3", "2025q4"]),
        ("2026-04-01", ["2025q1", "2025q2", "2025q3", "2025q4", "2026q1"]),
        ("2025-12-31", ["2024q3", "2024q4", "2025q1", "2025q2", "2025q3"]),
    ],
)
def test_the_last_five_complete_quarters_are_asked_for(session: str, quarters: list[str]) -> None:
    http, payloads = fetched(DATA_SETS, {ZIPS.format(name): name.encode() for name in quarters}, session=session)
    found = list(payloads)
    assert asked(http) == [WWW + ZIPS.format(name) for name in quarters]
    assert [payload.content.decode() for payload in found] == quarters
    assert [payload.place for payload in found] == asked(http), "the same place every night"
    assert {payload.format for payload in found} == {"sec_fsds_zip"}


def test_an_option_says_how_many_quarters() -> None:
    http, payloads = fetched(
        replace(DATA_SETS, options={"quarters": 1}), {ZIPS.format("2025q4"): b"zip"}, session="2026-01-02"
    )
    assert len(list(payloads)) == 1
    assert asked(http) == [WWW + ZIPS.format("2025q4")]


@pytest.mark.parametrize(("years", "quarters"), [(0, 5), (1, 5), (2, 9)])
def test_the_quarters_reach_back_as_far_as_the_studies_count(years: int, quarters: int) -> None:
    names = [f"{year}q{quarter}" for year in range(2023, 2026) for quarter in range(1, 5)]
    http, payloads = fetched(DATA_SETS, {ZIPS.format(name): b"zip" for name in names}, fiscal_years_back=years)
    assert len(list(payloads)) == quarters
    assert asked(http) == [WWW + ZIPS.format(name) for name in names[-quarters:]]


def test_a_quarter_that_is_not_out_yet_is_left_out() -> None:
    source = replace(DATA_SETS, options={"quarters": 2})
    _, payloads = fetched(source, {ZIPS.format("2025q3"): b"zip", ZIPS.format("2025q4"): GONE}, session="2026-01-02")
    assert [payload.content for payload in payloads] == [b"zip"]


def test_no_quarter_at_all_is_not_there() -> None:
    source = replace(DATA_SETS, options={"quarters": 2})
    _, payloads = fetched(source, {ZIPS.format(name): GONE for name in ("2025q3", "2025q4")})
    with pytest.raises(NotThereError, match="none of the data sets 2025q3, 2025q4"):
        list(payloads)


def test_a_quarter_that_fails_is_not_taken_for_one_that_is_not_out() -> None:
    source = replace(DATA_SETS, options={"quarters": 2})
    _, payloads = fetched(source, {ZIPS.format("2025q3"): b"zip", ZIPS.format("2025q4"): DOWN})
    assert next(payloads).content == b"zip"
    with pytest.raises(FetchError, match="503"):
        next(payloads)


@pytest.mark.parametrize("count", [0, -1, "5", 2.0, True])
def test_a_number_of_quarters_that_is_none_is_refused(count: object) -> None:
    with pytest.raises(FetchError, match="option quarters is a whole number above 0"):
        list(fetched(replace(DATA_SETS, options={"quarters": count}), {})[1])


# ---- annual reports, company by company


def test_a_companys_list_leads_to_its_report() -> None:
    content = filings({})
    http, payloads = fetched(REPORTS, {listed(354950): content, document(354950): b"<html>"}, [a_company(354950)])
    [payload] = payloads
    assert asked(http) == [DATA + listed(354950), WWW + document(354950)]
    assert (payload.format, payload.content, payload.subjects) == ("sec_ixbrl", b"<html>", ())
    assert payload.options["filing"] == "0000000001-26-000007"
    assert payload.options["filed"] == "2026-02-20"


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ([{"filingDate": "2025-02-21", "primaryDocument": "old.htm"}, {"primaryDocument": "new.htm"}], "new.htm"),
        ([{"primaryDocument": "new.htm"}, {"filingDate": "2025-02-21", "primaryDocument": "old.htm"}], "new.htm"),
        ([{}, {"filingDate": "2026-03-12", "primaryDocument": "next.htm"}], "a-20251231.htm"),
        ([{"filingDate": SESSION, "primaryDocument": "today.htm"}], "today.htm"),
        ([{}, {"form": "10-Q", "filingDate": "2026-03-01", "primaryDocument": "q.htm"}], "a-20251231.htm"),
        ([{}, {"form": "10-K/A", "filingDate": "2026-03-01", "primaryDocument": "part3.htm"}], "a-20251231.htm"),
        ([{}, {"filingDate": "2026-03-01", "isInlineXBRL": 0, "primaryDocument": "plain.htm"}], "a-20251231.htm"),
        ([{}, {"form": "20-F", "filingDate": "2026-03-01", "primaryDocument": "f.htm"}], "f.htm"),
        ([{}, {"form": "4", "filingDate": "2026-03-01", "isInlineXBRL": 0, "primaryDocument": "x/4.xml"}],
         "a-20251231.htm"),
    ],
)  # fmt: skip
def test_the_newest_whole_report_up_to_the_session_is_chosen(rows: list[dict[str, Any]], name: str) -> None:
    answers: dict[str, Response] = {listed(1): filings(*rows), document(1, name): b"<html>"}
    http, payloads = fetched(REPORTS, answers, [a_company(1)])
    assert len(list(payloads)) == 1
    assert asked(http)[1:] == [WWW + document(1, name)]


def test_companies_are_asked_for_by_the_funds_that_hold_them() -> None:
    asked_for: list[Sequence[str]] = []

    def companies(series: Sequence[str]) -> list[Company]:
        asked_for.append(series)
        return []

    context = FetchContext(day(SESSION), http=FakeHttp({}), companies=companies)
    assert list(fetch_for("sec")(REPORTS, context)) == []
    assert asked_for == [["IJR", "IVV"]]


def test_no_more_companies_a_night_than_the_option_says() -> None:
    companies = [a_company(number) for number in (1, 2, 3)]
    answers: dict[str, Response] = {listed(number): filings() for number in (1, 2, 3)}
    for limit, expected in ((2, 2), (5, 3)):
        source = replace(REPORTS, options={**REPORTS.options, "companies_per_night": limit})
        http, payloads = fetched(source, answers, companies)
        assert list(payloads) == []
        assert asked(http) == [DATA + listed(number) for number in range(1, expected + 1)]


def test_without_a_report_a_company_is_passed_over() -> None:
    answers: dict[str, Response] = {
        listed(1): GONE,
        listed(2): filings({"form": "S-1"}),
        listed(3): filings({}),
        document(3): GONE,
        listed(4): GONE,
        listed(5): filings({}),
        document(5): b"<html>",
    }
    _, payloads = fetched(REPORTS, answers, [a_company(number) for number in range(1, 6)])
    assert [payload.url for payload in payloads] == [WWW + document(5)], "and nothing is raised"


def test_a_company_that_fails_does_not_cost_the_others() -> None:
    answers: dict[str, Response] = {listed(number): filings({}) for number in (1, 3, 4)}
    answers |= {listed(2): DOWN, document(1): DOWN, document(3): b"3", document(4): b"4"}
    _, payloads = fetched(REPORTS, answers, [a_company(number) for number in range(1, 5)])
    assert [next(payloads).content, next(payloads).content] == [b"3", b"4"]
    with pytest.raises(FetchError, match="2 of 4 companies have not answered; T1: HTTP 503; T2: HTTP 503"):
        next(payloads)


def test_three_failures_in_a_row_end_the_asking() -> None:
    answers: dict[str, Response] = {listed(number): DOWN for number in (1, 2, 4, 5, 6)}
    answers |= {listed(3): GONE}  # an answer: the site is not down
    http, payloads = fetched(REPORTS, answers, [a_company(number) for number in range(1, 9)])
    with pytest.raises(FetchError, match="5 of 8 companies have not answered; T4: HTTP 503; T5: HTTP 503; T6:"):
        list(payloads)
    assert asked(http)[-1] == DATA + listed(6)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>", b"[]", b"{}", b'{"filings": {"recent": []}}', b'{"filings": {"recent": {"form": ["10-K"]}}}',
        filings({})[:-5],
        filings({"filingDate": "20-02-2026"}),
        filings({"accessionNumber": "../../etc"}),
        filings({"primaryDocument": "../a.htm"}),
        filings({"primaryDocument": ""}),
        filings({"accessionNumber": 7}),
        filings({}).replace(b'["10-K"]', b'["10-K", "10-K"]'),
    ],
)  # fmt: skip
def test_a_list_of_filings_that_cannot_be_read_is_the_companys_failure(content: bytes) -> None:
    answers: dict[str, Response] = {listed(1): content, listed(2): filings({}), document(2): b"<html>"}
    _, payloads = fetched(REPORTS, answers, [a_company(1), a_company(2)])
    assert next(payloads).content == b"<html>"
    with pytest.raises(FetchError, match=r"1 of 2 companies .*T1: the list of filings can't be read"):
        next(payloads)


@pytest.mark.parametrize("series", [None, [], "IJR", [1]])
def test_the_funds_have_to_be_named(series: object) -> None:
    with pytest.raises(FetchError, match="option members_of is a list of series ids"):
        list(fetched(replace(REPORTS, options={"members_of": series}), {})[1])


def test_a_run_without_a_client_says_so() -> None:
    with pytest.raises(FetchError, match="no client for HTTP"):
        next(fetch_for("sec")(TICKERS, FetchContext(day(SESSION))))


def test_a_page_is_asked_for_as_one() -> None:
    """The client refuses a web page behind a redirect unless it is what was asked for."""
    accepted: list[str | None] = []

    def answer(call: Call) -> bytes:
        accepted.append(call.headers.get("Accept"))
        return b"<html>"

    list(fetched(REPORTS, {listed(1): filings({}), document(1): answer}, [a_company(1)])[1])
    assert accepted == ["text/html"]
