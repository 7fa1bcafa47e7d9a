"""What is replayed of the SEC and of the library of investment trusts, asked for and parsed as a night does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from werkzeug import Request
from werkzeug.exceptions import Forbidden
from werkzeug.test import EnvironBuilder

from assets.ingest.fetching import Company, FetchContext, Fund
from assets.ingest.payload import NotThereError
from assets.ingest.vendors import fetch_for, parser_for
from assets.profile import Source
from tests.support.fake_http import Call, FakeHttp, Response
from tests.support.helpers import day
from tests.support.replay import sec, toushin
from tests.support.replay.route import Route

FUNDS = Source("toushin", "fund", "toushin_search_json", {"t_keyword": "米国", "t_kensakuKbn": "1"})
REPORTS = Source("sec", "revenue_geography", "sec_ixbrl", {"members_of": ["IVV"]})


class Replayed(FakeHttp):
    """Answers with routes, and has the cookies that a browser would have by then."""

    def __init__(self, module: ModuleType, data: Path, cookies: str = "JSESSIONID=made-up") -> None:
        found = {(route.method, route.path): self._response(route) for route in module.routes(data)}
        super().__init__(found)
        self.cookies = cookies

    def _response(self, route: Route) -> Response:
        def answer(call: Call) -> bytes:
            if not callable(route.body):
                return route.body
            headers = {"Cookie": self.cookies} if self.cookies else {}
            asked = {"query_string": dict(call.params)} if call.json is None else {"json": call.json}
            builder = EnvironBuilder(route.path, method=route.method, headers=headers, **asked)  # type: ignore[arg-type]
            return route.body(Request(builder.get_environ()))

        return answer

    def _answer(self, call: Call, path: str, lasting: str, shown: str):  # type: ignore[no-untyped-def]
        if (call.method, path) not in self.responses:
            raise NotThereError(f"HTTP 404: {path}")
        return super()._answer(call, path, lasting, shown)


def tables(source: Source, context: FetchContext) -> Iterator[pd.DataFrame]:
    """What each payload of a source says."""
    for payload in fetch_for(source.vendor)(source, context):
        yield parser_for(payload.format)(payload.content, payload.options)


@pytest.fixture
def context_of(shared_data: Path) -> Callable[..., FetchContext]:
    def make(module: ModuleType, session: str = "2026-03-11", **more: object) -> FetchContext:
        return FetchContext(day(session), http=Replayed(module, shared_data), **more)  # type: ignore[arg-type]

    return make


def test_tickers_are_those_of_the_list(context_of: Callable[..., FetchContext]) -> None:
    source = Source("sec", "company", "sec_company_tickers_json")
    [table] = tables(source, context_of(sec))
    ciks = dict(zip(table["ticker"], table["company_id"], strict=True))
    assert {name: int(ciks[name.upper()]) for name in sec.COMPANIES} == sec.COMPANIES


def test_two_of_the_five_quarters_are_there(context_of: Callable[..., FetchContext]) -> None:
    source = Source("sec", "revenue_geography", "sec_fsds_zip")
    assert [len(table) for table in tables(source, context_of(sec))] == [2, 1]


def test_the_reports_of_five_companies_are_read_with_their_filing_day(
    context_of: Callable[..., FetchContext],
) -> None:
    companies = [Company(f"{cik:010d}", name) for name, cik in sec.COMPANIES.items()]
    nobody = Company("0000000001", "NONE")
    found = pd.concat(tables(REPORTS, context_of(sec, companies=lambda series: [nobody, *companies])))
    newest = found.sort_values("fiscal_period_end").groupby("company_id").last()
    shares = (newest["us_revenue"] / newest["revenue"]).astype(float).round(3)
    assert {name: shares[f"{cik:010d}"] for name, cik in sec.COMPANIES.items() if name in ("hd", "wmt")} == {
        "hd": 0.922,
        "wmt": 0.819,
    }
    assert {str(on.date()) for on in newest["accepted_on"]} == {
        "2025-01-13", "2025-02-07", "2025-02-20", "2025-03-14", "2025-03-21",
    }  # fmt: skip


def test_a_report_that_is_filed_after_the_session_is_not_asked_for(context_of: Callable[..., FetchContext]) -> None:
    companies = [Company(f"{cik:010d}", name) for name, cik in sec.COMPANIES.items()]
    context = context_of(sec, "2025-02-28", companies=lambda series: companies)
    assert sorted({ticker for table in tables(REPORTS, context) for ticker in table["ticker"]}) == ["ADBE", "KO", "UNP"]


def test_the_search_finds_the_funds_of_the_snapshot(context_of: Callable[..., FetchContext]) -> None:
    context = context_of(toushin, "2026-08-21")
    [table] = tables(FUNDS, context)
    assert len(table) == 238
    assert isinstance(context.http, FakeHttp)
    assert sum(call.method == "POST" for call in context.http.calls) == 12
    one = table.set_index("fund_id").loc["JP90C0008527"]
    assert (one["name"], one["net_assets_jpy"]) == ("明治安田米国中小型成長株式Ｆ", 23_200_000_000)


def test_the_search_wants_the_cookie_of_the_page_before_it(shared_data: Path) -> None:
    context = FetchContext(day("2026-08-21"), http=Replayed(toushin, shared_data, cookies=""))
    with pytest.raises(Forbidden):
        list(tables(FUNDS, context))
    [before] = [route for route in toushin.routes(shared_data) if route.path == "/FdsWeb/FDST999900"]
    assert before.headers["Set-Cookie"].startswith("JSESSIONID=")


def test_navs_are_a_file_or_the_days_of_the_snapshots(context_of: Callable[..., FetchContext]) -> None:
    funds = [Fund("JP90C000Q2U6", "9I31223A"), Fund("JP90C0008527", toushin.code_of("JP90C0008527"))]
    real, made = tables(Source("toushin", "fund_nav"), context_of(toushin, funds=lambda: funds))
    assert len(real) > 600
    assert set(real["fund_id"]) == {"JP90C000Q2U6"}
    assert list(made["date"].dt.strftime("%Y-%m-%d")) == ["2026-08-20", "2026-08-21"]


def test_navs_of_a_wrong_code_are_refused(context_of: Callable[..., FetchContext]) -> None:
    context = context_of(toushin, funds=lambda: [Fund("JP90C000Q2U6", "WRONG")])
    with pytest.raises(ValueError, match="the site's answer to a missing parameter"):
        list(tables(Source("toushin", "fund_nav"), context))
