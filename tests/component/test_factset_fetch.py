"""FactSet's own client against a server on loopback: what is asked, what is kept, and what goes wrong."""

from __future__ import annotations

import base64
import json
import sys
import traceback
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from assets.datasets import DATASETS
from assets.ingest.fetching import Company, FetchContext
from assets.ingest.http import client as http
from assets.ingest.ingest import Ingest
from assets.ingest.landing import Landing
from assets.ingest.payload import BrokenAnswerError, FetchError, NotThereError, Payload
from assets.ingest.vendors import factset, fetch_for, missing_variables, parser_for
from assets.profile import Source
from tests.support.helpers import empty_warehouse
from tests.support.replay.factset import routes

PATH = "/content/factset-georev/v1/countries"
SESSION = date(2026, 3, 11)
KEY = "AkeyThatNobodyMayRead"
OPTIONS = {"members_of": ["IJR", "IVV"]}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> list[float]:
    """The desk's environment, with the vendor's address moved; nothing waits."""
    monkeypatch.setenv("ZUHYO_FACTSET_URL", httpserver.url_for("/content"))
    monkeypatch.setenv("FACTSET_USERNAME", "DESK-123456")
    monkeypatch.setenv("FACTSET_API_KEY", KEY)
    monkeypatch.delenv("FACTSET_OAUTH_CONFIG", raising=False)
    waited: list[float] = []
    monkeypatch.setattr(http, "pause", waited.append)
    return waited


@pytest.fixture
def vendor(httpserver: HTTPServer, tmp_path: Path) -> HTTPServer:
    for route in routes(tmp_path):
        body: Any = route.body
        httpserver.expect_request(f"/content{route.path}", method=route.method).respond_with_handler(
            lambda request, body=body: Response(body(request), content_type="application/json;charset=utf-8")
        )
    return httpserver


def companies(*tickers: str) -> list[Company]:
    return [Company(f"{at:010d}", ticker) for at, ticker in enumerate(tickers)]


def fetched(*tickers: str, session: date = SESSION, years_back: int = 1, **options: Any) -> list[Payload]:
    asked: list[Any] = []

    def known(series: Any) -> list[Company]:
        asked.append(series)
        return companies(*tickers)

    source = Source("factset", "revenue_geography", options=OPTIONS | options, licence="licensed")
    payloads = list(fetch_for("factset")(source, FetchContext(session, companies=known, fiscal_years_back=years_back)))
    assert asked == [["IJR", "IVV"]]
    return payloads


def refusal(*tickers: str, kind: type[FetchError] = FetchError) -> str:
    with pytest.raises(FetchError) as caught:
        fetched(*tickers)
    assert type(caught.value) is kind or kind is FetchError
    told = "".join(traceback.format_exception(caught.value))
    hidden = base64.b64encode(f"DESK-123456:{KEY}".encode()).decode()
    assert KEY not in told
    assert hidden not in told
    return str(caught.value)


def requests(server: HTTPServer) -> list[Request]:
    return [request for request, _ in server.log]


def test_companies_are_asked_for_in_sorted_batches_of_300(vendor: HTTPServer, pauses: list[float]) -> None:
    tickers = [f"Q{at:03d}" for at in range(650)]
    payloads = fetched(*reversed(tickers))
    asked = [request.args["ids"].split(",") for request in requests(vendor)]
    assert [len(ids) for ids in asked] == [300, 300, 50]
    assert [company for ids in asked for company in ids] == [f"{ticker}-US" for ticker in tickers]
    for request in requests(vendor):
        assert {name: request.args[name] for name in ("countryIds", "frequency", "startDate", "endDate")} == {
            "countryIds": "US",
            "frequency": "FY",
            "startDate": "2025-01-01",
            "endDate": "2026-03-11",
        }
        assert request.headers["Authorization"] == "Basic " + base64.b64encode(f"DESK-123456:{KEY}".encode()).decode()
    assert len(payloads) == 3
    assert pauses == [0.1] * 3, "at most ten requests a second"


def test_fiscal_years_are_those_that_the_study_counts(vendor: HTTPServer) -> None:
    fetched("QAAA", years_back=3)
    assert [request.args["startDate"] for request in requests(vendor)] == ["2023-01-01"]


def test_a_payload_keeps_the_bytes_as_the_api_sent_them(httpserver: HTTPServer) -> None:
    sent = b'{ "data" : [ {"countryId":"US","requestId":"QAAA-US","countryPercent":42.50,"unheardOf":1e3} ] }\n'
    httpserver.expect_request(PATH).respond_with_data(sent, content_type="application/json;charset=utf-8")
    [payload] = fetched("QAAA")
    assert payload.content == sent
    assert (payload.vendor, payload.dataset, payload.format) == ("factset", "revenue_geography", "factset_georev_json")
    assert (payload.media_type, payload.licence, payload.may_publish) == ("application/json", "licensed", False)
    assert payload.url == httpserver.url_for(
        f"{PATH}?ids=QAAA-US..QAAA-US&countryIds=US&frequency=FY&startDate=2025-01-01&endDate=2026-03-11"
    )


def test_the_place_of_a_batch_is_the_same_on_another_night(vendor: HTTPServer) -> None:
    first = fetched("QBBB", "QAAA", "QCCC")
    second = fetched("QCCC", "QBBB", "QAAA", session=date(2026, 3, 12))
    assert [payload.place for payload in first] == [vendor.url_for(f"{PATH}?ids=QAAA-US..QCCC-US")]
    assert [payload.place for payload in second] == [payload.place for payload in first]


def test_what_comes_can_be_parsed(vendor: HTTPServer) -> None:
    [payload] = fetched("QAAA", "QBRK-B", "QMOGA", ids={"QMOGA": "QMOG.A-US"})
    frame = parser_for(payload.format)(payload.content, payload.options)
    assert list(frame["ticker"]) == ["QAAA", "QBRK.B", "QMOG.A"]
    assert list(frame["status"]) == ["reported"] * 3
    assert list(frame["fiscal_period_end"].dt.strftime("%Y-%m-%d")) == ["2025-12-31"] * 3


def test_nothing_is_asked_where_every_company_is_known(vendor: HTTPServer) -> None:
    assert fetched() == []
    assert vendor.log == []


@pytest.mark.parametrize("rows", [[], [{"requestId": "QAAA-US", "countryId": None}]])
def test_an_answer_without_any_figure_is_no_payload(httpserver: HTTPServer, rows: list[Any]) -> None:
    httpserver.expect_request(PATH).respond_with_json({"data": rows})
    assert fetched("QAAA") == []


@pytest.mark.parametrize("content", [b'{"data": [', b'{"data": [{"requestId": "QAAA-US"}]}', b'{"data": null}'])
def test_what_can_not_be_read_is_left_to_the_parser(httpserver: HTTPServer, content: bytes) -> None:
    httpserver.expect_request(PATH).respond_with_data(content)
    [payload] = fetched("QAAA")
    assert payload.content == content


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, FetchError, "answered 400"),
        (401, FetchError, "answered 401: check FACTSET_USERNAME (with its serial) and FACTSET_API_KEY"),
        (403, FetchError, "answered 403: the account has no right to GeoRev"),
        (404, NotThereError, "answered 404"),
    ],
)
def test_a_refusal_is_told_at_once(httpserver: HTTPServer, status: int, kind: type[FetchError], advice: str) -> None:
    httpserver.expect_request(PATH).respond_with_data(f"not you, {KEY}", status=status)
    assert advice in refusal("QAAA", kind=kind)
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(("status", "advice"), [(429, "too many requests"), (500, ""), (503, "")])
def test_what_may_pass_is_tried_three_times(
    httpserver: HTTPServer, pauses: list[float], status: int, advice: str
) -> None:
    httpserver.expect_request(PATH).respond_with_data(b"\xff busy", status=status, headers={"Retry-After": "3600"})
    told = refusal("QAAA")
    assert f"answered {status}" in told
    assert advice in told
    assert len(httpserver.log) == 3
    assert len(pauses) == 5, "before each request, and between two"


def test_a_second_try_may_succeed(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request(PATH).respond_with_data("", status=503)
    httpserver.expect_ordered_request(PATH).respond_with_json({"data": [{"countryId": "US"}]})
    assert len(fetched("QAAA")) == 1


def test_a_failed_batch_leaves_the_ones_before_it(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request(PATH).respond_with_json({"data": [{"countryId": "US"}]})
    httpserver.expect_ordered_request(PATH).respond_with_data("", status=403)
    source = Source("factset", "revenue_geography", options=OPTIONS)
    known = companies(*[f"Q{at:03d}" for at in range(301)])
    payloads = factset.fetch(source, FetchContext(SESSION, companies=lambda series: known))
    assert next(payloads).dataset == "revenue_geography"
    with pytest.raises(FetchError, match=r"ids=Q300-US\.\.Q300-US.* answered 403"):
        next(payloads)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"<!DOCTYPE html><title>log in</title>", "an HTML page"), (b" \n", "payload is empty")]
)
def test_an_answer_that_is_no_data_is_kept_with_its_reason(httpserver: HTTPServer, content: bytes, reason: str) -> None:
    httpserver.expect_request(PATH).respond_with_data(content, content_type="text/html")
    with pytest.raises(BrokenAnswerError, match=reason) as caught:
        fetched("QAAA")
    assert caught.value.answer.content == content


def test_a_body_that_breaks_off_is_no_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_handler(
        lambda request: Response(iter([b'{"data": [']), headers={"Content-Length": "1000"})
    )
    assert "no whole answer" in refusal("QAAA")


def test_a_redirect_is_not_followed_with_the_key(httpserver: HTTPServer) -> None:
    elsewhere = httpserver.url_for("/elsewhere")
    httpserver.expect_request(PATH).respond_with_data("", status=302, headers={"Location": elsewhere})
    assert "answered 302" in refusal("QAAA")
    assert [request.path for request in requests(httpserver)] == [PATH]


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUHYO_FACTSET_URL", "http://127.0.0.1:1/content")
    assert "no whole answer" in refusal("QAAA")


def test_a_server_that_never_answers_is_left(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    released = Event()
    monkeypatch.setattr(factset, "SITE", http.Site("factset", "", calls_per_second=10, seconds=0.05))
    httpserver.expect_request(PATH).respond_with_handler(lambda request: Response(str(released.wait(30))))
    try:
        assert "no whole answer" in refusal("QAAA")
    finally:
        released.set()


def test_a_log_in_that_hangs_is_left() -> None:
    released = Event()
    with pytest.raises(FetchError, match=r"no whole answer within 0\.01 seconds"):
        factset._within(0.01, released.wait)
    released.set()


def test_a_key_that_can_not_be_sent_is_in_no_text(vendor: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTSET_API_KEY", f"{KEY}鍵")
    assert "check FACTSET_USERNAME" in refusal("QAAA")
    assert vendor.log == []


def test_nothing_of_the_key_is_logged(vendor: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        fetched("QAAA")
    assert KEY not in caplog.text
    assert "Basic" not in caplog.text


def test_funds_have_to_be_named() -> None:
    with pytest.raises(FetchError, match="option members_of"):
        list(factset.fetch(Source("factset", "revenue_geography"), FetchContext(SESSION)))


@pytest.mark.parametrize("module", ["fds.sdk.FactSetGeoRev", "fds.sdk.utils.authentication"])
def test_a_missing_sdk_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    told = refusal("QAAA")
    assert "make pro" in told
    assert "uv pip install -e '.[pro]'" in told


@pytest.fixture
def oauth_file(httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A confidential client's JSON whose authorization server is the one on loopback."""
    jwk = RSAKey.generate_key(2048).as_dict(private=True) | {"alg": "RS256", "use": "sig", "kid": "k"}
    path = tmp_path / "factset.json"
    path.write_text(json.dumps({"clientId": "c", "jwk": jwk, "wellKnownUri": httpserver.url_for("/known")}))
    monkeypatch.setenv("FACTSET_OAUTH_CONFIG", str(path))
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    httpserver.expect_request("/known").respond_with_json(
        {"issuer": "i", "token_endpoint": httpserver.url_for("/token")}
    )
    return path


def test_a_confidential_client_comes_before_a_key(vendor: HTTPServer, oauth_file: Path) -> None:
    token = {"access_token": "AtokenOfTheDay", "token_type": "Bearer", "expires_in": 900}
    vendor.expect_request("/token", method="POST").respond_with_json(token)
    assert len(fetched("QAAA")) == 1
    assert requests(vendor)[-1].headers["Authorization"] == "Bearer AtokenOfTheDay"


def test_a_token_that_is_refused(vendor: HTTPServer, oauth_file: Path) -> None:
    vendor.expect_request("/token", method="POST").respond_with_json({"error": "invalid_client"}, status=401)
    assert "the request can't be made (AccessTokenError); check FACTSET_USERNAME" in refusal("QAAA")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"clientId": "c"}', '{"clientId": "c", "jwk": {"d": "Asecret"}}'])
def test_a_client_file_that_is_none(oauth_file: Path, text: str) -> None:
    oauth_file.write_text(text)
    told = refusal("QAAA")
    assert f"FACTSET_OAUTH_CONFIG={oauth_file} can't be used" in told
    assert "Asecret" not in told


@pytest.mark.parametrize(
    ("unset", "is_lacking"),
    [("FACTSET_USERNAME", True), ("FACTSET_API_KEY", True), ("ZUHYO_HOME", False)],
)
def test_one_of_two_sets_of_variables_is_needed(monkeypatch: pytest.MonkeyPatch, unset: str, is_lacking: bool) -> None:
    monkeypatch.setenv(unset, "")
    told = "FACTSET_USERNAME and FACTSET_API_KEY, or FACTSET_OAUTH_CONFIG (factset)"
    assert missing_variables(["files", "factset", "nobody", "factset"]) == ([told] if is_lacking else [])
    monkeypatch.setenv("FACTSET_OAUTH_CONFIG", "client.json")
    assert missing_variables(["factset"]) == []


def test_a_night_without_the_variables_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the schedule or the UI starts it, which no command has checked before."""
    monkeypatch.delenv("FACTSET_API_KEY")
    source = Source("factset", "revenue_geography", options=OPTIONS)
    landing, context = Landing(tmp_path), FetchContext(SESSION)
    intake = Ingest(empty_warehouse("meta.load"), landing, context, DATASETS["revenue_geography"]).ingest([source])
    told = "FACTSET_USERNAME and FACTSET_API_KEY, or FACTSET_OAUTH_CONFIG (factset)"
    [refused] = intake.refused
    assert (refused.vendor, refused.reason) == ("factset", f"environment variables are not set: {told}")
