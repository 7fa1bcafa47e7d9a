"""Asking the library of investment trusts: all pages of a search, a fund's NAVs, and where asking ends.

Belongs here: asking. Does not belong here: reading what comes (test_fund_parsers.py), over HTTP (tests/support/replay).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.datasets import DATASETS
from assets.ingest.fetching import FetchContext, Fund
from assets.ingest.ingest import Ingest
from assets.ingest.landing import Landing
from assets.ingest.outcomes import check_payloads
from assets.ingest.payload import BrokenAnswerError, FetchError, Payload, PayloadError
from assets.ingest.vendors import fetch_for, parser_for
from assets.ingest.vendors.toushin.fetching import SITE
from assets.profile import Source
from checks.outcome import UNKNOWN_SUBJECT
from tests.support.fake_http import Call, FakeHttp, Response
from tests.support.helpers import STUDY, day, empty_warehouse

BASE = "https://toushin-lib.fwg.ne.jp"
PAGE, SEARCH = "/FdsWeb/FDST999900", "/FdsWeb/FDST999900/fundDataSearch"
NAVS = "/FdsWeb/FDST030000/csv-file-download"
FUNDS = Source("toushin", "fund", "toushin_search_json", {"t_keyword": "米国", "t_kensakuKbn": "1"})
HISTORIES = Source("toushin", "fund_nav", "toushin_nav_csv")
A, B, C = (Fund(f"JP90C000000{number}", f"CODE{number}") for number in (1, 2, 3))
CSV = "年月日,基準価額(円),純資産総額（百万円）,分配金,決算期\n2026年03月10日,9888,1,,\n".encode("cp932")


# ---- the search


def a_page(rows: int, total: object, first: int = 0) -> bytes:
    row = {"entrustCmpNm": "会社", "standardPrice": "10000", "totalNetAssets": "5", "trustReward": "1.1"}
    row |= {"standardPriceRa1y": "1", "standardPriceRa3y": "2"}
    funds = [{"isinCd": f"JP{at:010d}", "fundNm": f"ファンド{at}"} | row for at in range(first, first + rows)]
    found = {"recordsTotal": total, "standardDate": "20260310", "resultInfoMapList": funds}
    return json.dumps({"statusCode": None, "searchResultInfo": found}, ensure_ascii=False).encode()


def searched(answer: Callable[[int], bytes], source: Source = FUNDS) -> tuple[FakeHttp, list[Payload]]:
    """What was asked and what came, of a search whose page that begins with a row is ``answer``'s."""
    http = FakeHttp({("GET", PAGE): b"<html>", ("POST", SEARCH): lambda call: answer(call.json["startNo"])})
    return http, list(fetch_for("toushin")(source, FetchContext(day("2026-03-11"), http=http)))


def parsed(payload: Payload) -> pd.DataFrame:
    return parser_for(payload.format)(payload.content, payload.options)


def pages_of(total: int, rows: int = 20) -> Callable[[int], bytes]:
    return lambda start: a_page(min(rows, total - start), str(total), start)


def starts(http: FakeHttp) -> list[int]:
    return [call.json["startNo"] for call in http.calls if call.method == "POST"]


@pytest.mark.parametrize(
    ("total", "expected"), [(1, [0]), (20, [0]), (21, [0, 20]), (40, [0, 20]), (45, [0, 20, 40]), (0, [0])]
)
def test_a_search_is_asked_for_until_it_is_whole(total: int, expected: list[int]) -> None:
    http, [payload] = searched(pages_of(total))
    assert starts(http) == expected
    if total:
        assert list(parsed(payload)["fund_id"]) == [f"JP{at:010d}" for at in range(total)]


def test_pages_of_another_length_make_no_difference() -> None:
    http, [payload] = searched(pages_of(45, rows=10))
    assert starts(http) == [0, 10, 20, 30, 40]
    assert len(parsed(payload)) == 45


def test_the_bytes_of_the_pages_stay_as_they_came() -> None:
    _, [payload] = searched(pages_of(21))
    assert payload.content == b"[" + a_page(20, "21") + b",\n" + a_page(1, "21", 20) + b"]"
    assert (payload.format, payload.dataset) == ("toushin_search_json", "fund")
    _, [single] = searched(pages_of(3))
    assert single.content == a_page(3, "3")
    assert single.place == payload.place, "the same place every night"


def test_a_question_comes_from_a_page_of_the_site_with_its_cookie() -> None:
    http, _ = searched(pages_of(21))
    first, *questions = http.calls
    assert (first.method, first.url, first.headers) == ("GET", BASE + PAGE, {"Accept": "text/html"})
    assert [call.url for call in questions] == [BASE + SEARCH] * 2
    for call in questions:
        assert call.headers == {"X-Requested-With": "XMLHttpRequest", "Referer": BASE + PAGE}
        lists = {name: value for name, value in call.json.items() if isinstance(value, list)}
        assert set(map(len, lists.values())) == {0}
        assert {"s_investAssetKindCd", "s_instCd", "s_fdsInstCd", "s_totalNetAssets", "s_isinCd"} <= set(lists)
        rest = {name: value for name, value in call.json.items() if name not in lists and name != "startNo"}
        assert rest == {"t_keyword": "米国", "t_kensakuKbn": "1", "draw": 1, "searchBtnClickFlg": True}


def test_a_search_without_words_is_for_every_fund() -> None:
    http, _ = searched(pages_of(1), replace(FUNDS, options={"keeps_at_least": 0.5}))
    assert not {"t_keyword", "t_kensakuKbn", "keeps_at_least"} & set(http.calls[-1].json)


@pytest.mark.parametrize(
    ("answers", "questions", "message"),
    [
        ([b'{"statusCode":null}'], 1, "the site's answer to a missing parameter"),
        ([b"<html><body>maintenance</body></html>"], 1, "HTML page"),
        ([b""], 1, "empty"),
        ([a_page(20, "21")[:-9]], 1, "not JSON, or cut short"),
        ([a_page(20, None)], 1, "neither recordsTotal nor allPageNo"),
        ([a_page(20, "41"), a_page(0, "41")], 2, "cut short: it has fewer rows than recordsTotal"),
        ([a_page(20, "41"), b"<html>"], 2, "not JSON"),
        ([a_page(20, "41"), a_page(20, "42", 20), a_page(1, "42", 40)], 3, "they tell different totals"),
        ([a_page(20, "21"), a_page(20, "21", 20)], 2, "more rows than recordsTotal"),
        ([a_page(20, "21").replace(b"resultInfoMapList", b"newName")], 1, "answer has no list"),
    ],
)
def test_a_search_that_is_not_whole_ends_and_is_refused(answers: list[bytes], questions: int, message: str) -> None:
    left = iter(answers)
    http, [payload] = searched(lambda start: next(left))
    assert len(starts(http)) == questions
    with pytest.raises(PayloadError, match=message):
        parsed(payload)


def test_a_total_beyond_reason_is_not_believed() -> None:
    with pytest.raises(FetchError, match="20001 funds, which can't be"):
        searched(pages_of(20_001))


# ---- NAVs


def histories(funds: Sequence[Fund], answer: Response) -> tuple[FakeHttp, Iterator[Payload]]:
    http = FakeHttp({("GET", NAVS): answer})
    context = FetchContext(day("2026-03-11"), http=http, funds=lambda: list(funds))
    return http, fetch_for("toushin")(HISTORIES, context)


def failing(**errors: Exception) -> Response:
    """NAVs of every fund but those of some codes."""

    def answer(call: Call) -> bytes:
        if call.params["associFundCd"] in errors:
            raise errors[call.params["associFundCd"]]
        return CSV

    return answer


def test_each_fund_is_asked_for_with_both_of_its_codes() -> None:
    http, payloads = histories([A, B], CSV)
    found = list(payloads)
    assert [call.params for call in http.calls] == [
        {"isinCd": "JP90C0000001", "associFundCd": "CODE1"},
        {"isinCd": "JP90C0000002", "associFundCd": "CODE2"},
    ]
    assert [set(parsed(payload)["fund_id"]) for payload in found] == [{A.isin}, {B.isin}]
    assert [payload.subjects for payload in found] == [(A.isin,), (B.isin,)]
    assert len({payload.place for payload in found}) == 2
    assert {payload.format for payload in found} == {"toushin_nav_csv"}


def test_a_fund_that_fails_does_not_cost_the_others() -> None:
    _, payloads = histories([A, B, C], failing(CODE1=FetchError("HTTP 500"), CODE2=FetchError("HTTP 503")))
    assert next(payloads).subjects == (C.isin,)
    with pytest.raises(FetchError, match="JP90C0000001: HTTP 500; JP90C0000002: HTTP 503"):
        next(payloads)


def test_the_only_failure_is_told_as_it_is() -> None:
    """An answer that is not whole is kept with its bytes."""
    http, payloads = histories([A, B], CSV)
    broken = BrokenAnswerError("cut short", http.get(SITE, NAVS))
    _, payloads = histories([A, B], failing(CODE1=broken))
    assert next(payloads).subjects == (B.isin,)
    with pytest.raises(BrokenAnswerError) as caught:
        next(payloads)
    assert caught.value is broken


def test_another_dataset_is_not_asked_for() -> None:
    with pytest.raises(FetchError, match="has no holding; there are: fund, fund_nav"):
        next(fetch_for("toushin")(replace(FUNDS, dataset="holding"), FetchContext(day("2026-03-11"))))


# ---- what a fund's failure concerns


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    yield empty_warehouse()
    empty_warehouse()


@pytest.mark.parametrize(
    ("bad", "subjects"),
    [(b'{"statusCode":null}', (B.isin,)), (b"", (B.isin,)), (FetchError("HTTP 500"), (UNKNOWN_SUBJECT,))],
)
def test_a_bad_answer_concerns_its_fund(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, bad: bytes | Exception, subjects: tuple[str, ...]
) -> None:
    def answer(call: Call) -> bytes:
        if call.params["isinCd"] != B.isin:
            return CSV
        if isinstance(bad, Exception):
            raise bad
        return bad

    http = FakeHttp({("GET", NAVS): answer})
    context = FetchContext(day("2026-03-11"), http=http, funds=lambda: [A, B, C])
    intake = Ingest(connection, Landing(tmp_path), context, DATASETS["fund_nav"]).ingest([HISTORIES])
    assert [retrieval.payload.subjects for retrieval, _ in intake.accepted] == [(A.isin,), (C.isin,)]
    outcome = check_payloads("fund_nav", intake.refused, STUDY, day("2026-03-11"))
    assert (outcome.passed, outcome.failing) == (False, 1)
    assert outcome.subjects == subjects
