"""The client for HTTP against a replay server: tries, limits, parts, redirects, what is kept, and keys kept secret."""

from __future__ import annotations

import gzip
import itertools
import logging
import random
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import requests
from pyrate_limiter import InMemoryBucket
from werkzeug import Request, Response
from werkzeug.http import http_date

from assets.ingest.http import body as http_body
from assets.ingest.http import client as http
from assets.ingest.http.client import Http, Site
from assets.ingest.payload import Answer, BrokenAnswerError, DeniedError, FetchError, NotThereError
from tests.support.replay.__main__ import fault_at
from tests.support.replay.faults import FAULTS, PAGE, Fault, named
from tests.support.replay.route import Route
from tests.support.replay.server import ReplayServer, environment, replay

BODY = bytes(range(256)) * 40
KEY = "k3y/of+nobody"
ROUTES = [Route("fred", "/levels", BODY, "text/csv"), Route("fred", "/search", BODY, "text/csv", method="POST")]

Spoil = Callable[[Request, Response, int], Response]


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that the client asked for, without those of the rate, which is a thousand calls a second here."""
    asked: list[float] = []

    def pause(seconds: float) -> None:
        assert seconds >= 0
        if seconds > 0.01:
            asked.append(seconds)

    monkeypatch.setattr(http, "pause", pause)
    return asked


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ReplayServer]]:
    """Starts a server of the routes with a fault on the vendor, and leads the vendor there."""
    running = []

    def start(fault: Fault | Spoil | str | None = None, routes: list[Route] = ROUTES) -> ReplayServer:
        spoilt = FAULTS[fault] if isinstance(fault, str) else Fault(spoil=fault) if callable(fault) else fault
        opened = replay(routes, {"fred": spoilt} if spoilt else {})
        running.append(opened)
        server = opened.__enter__()
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        return server

    yield start
    for opened in running:
        opened.__exit__(None, None, None)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Http]:
    with Http(tmp_path / "kept", "desk@example.org") as opened:
        yield opened


def site(**manners: Any) -> Site:
    return Site("fred", "http://fred.invalid", **{"calls_per_second": 1000, "stall_seconds": 10.0} | manners)


def get(client: Http, **manners: Any) -> Answer:
    return client.get(site(**manners), "/levels", {"id": "^A"}, secret={"api_key": KEY})


def seen(server: ReplayServer, header: str) -> list[str | None]:
    return [request.headers.get(header) for request, _ in server.log]


def answering(**first: Any) -> Spoil:
    """Another answer to the first request; good ones after it."""
    return lambda request, response, nth: Response(**first) if nth == 0 else response


def always(**answer: Any) -> Spoil:
    return lambda request, response, nth: Response(**answer)


def cut(response: Response, at: int = 1000) -> Response:
    body = response.get_data()
    response.response = [body[:at]]
    response.headers["Content-Length"] = str(len(body))
    return response


def test_gives_what_the_vendor_has(client: Http, serve: Callable[..., ReplayServer]) -> None:
    server = serve()
    answer = client.get(
        site(), "/levels", {"id": "^A", "n": [1, 2]}, changing={"to": "2026-03-11"}, secret={"api_key": KEY}
    )
    place = server.url_for("/fred/levels?id=%5EA&n=1&n=2")
    assert answer == Answer(f"{place}&to=2026-03-11", place, BODY, "text/csv")
    [(request, _)] = server.log
    assert request.args.to_dict() == {"id": "^A", "n": "1", "to": "2026-03-11", "api_key": KEY}
    assert request.args.getlist("n") == ["1", "2"]
    assert (client.requests, client.received) == (1, len(BODY))


@pytest.mark.parametrize(
    ("contact", "agent"),
    [
        ("", f"Zuhyo/{version('zuhyo')}"),
        (" desk@example.org\n", f"Zuhyo/{version('zuhyo')} (desk@example.org)"),
        ("机 desk@example.org", f"Zuhyo/{version('zuhyo')} (机 desk@example.org)"),
    ],
)
def test_says_honestly_who_asks(tmp_path: Path, serve: Callable[..., ReplayServer], contact: str, agent: str) -> None:
    server = serve()
    with Http(tmp_path, contact) as client:
        client.get(
            site(headers={"user-agent": "Mozilla/5.0", "Referer": "a"}), "/levels", headers={"Accept-Encoding": "br"}
        )
    assert [value and value.encode("latin-1").decode() for value in seen(server, "User-Agent")] == [agent]
    assert seen(server, "Accept-Encoding") == ["gzip, deflate"]
    assert seen(server, "Referer") == ["a"]


@pytest.mark.parametrize(
    ("fault", "calls", "least_waits"),
    [
        ("too_many_requests", 2, [7]),
        ("error_twice", 3, [1, 2]),
        ("cut_once", 2, [1]),
        ("clock_skew", 1, []),
        (answering(status=408), 2, [1]),
        (answering(status=503, headers={"Retry-After": "5"}), 2, [5]),
        (answering(status=503, headers={"Retry-After": "soon"}), 2, [1]),
        (answering(status=503, headers={"Retry-After": "²"}), 2, [1]),
        (answering(status=503, headers={"Retry-After": "-5"}), 2, [1]),
        (answering(response=b"\1\2", headers={"Content-Encoding": "gzip"}), 2, [1]),
        (answering(response=b"\1\2", headers={"Content-Encoding": "br"}), 2, [1]),
        (answering(response=gzip.compress(BODY)[:-9], headers={"Content-Encoding": "gzip"}), 2, [1]),
    ],
)
def test_tries_again_what_may_heal(
    client: Http,
    serve: Callable[..., ReplayServer],
    waits: list[float],
    fault: str | Spoil,
    calls: int,
    least_waits: list[float],
) -> None:
    server = serve(fault)
    assert get(client).content == BODY
    assert (client.requests, server.calls["fred"]) == (calls, calls)
    assert len(waits) == len(least_waits)
    for wait, least in zip(waits, least_waits, strict=True):
        assert wait == least if least >= 5 else least <= wait <= least + 1


@pytest.mark.parametrize("clock", [0, 365, -365], ids=["right", "a_year_ahead", "a_year_behind"])
@pytest.mark.parametrize(("seconds", "expected"), [(30, [30]), (-30, [])])
def test_waits_until_a_date_by_the_vendors_clock(
    client: Http,
    serve: Callable[..., ReplayServer],
    waits: list[float],
    clock: int,
    seconds: int,
    expected: list[float],
) -> None:
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(days=clock)
    until = now + timedelta(seconds=seconds)
    serve(answering(status=429, headers={"Date": http_date(now), "Retry-After": http_date(until)}))
    assert get(client).content == BODY
    assert waits == expected


@pytest.mark.parametrize("stated", ["121", "9" * 18, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_does_not_wait_beyond_its_deadline(
    client: Http, serve: Callable[..., ReplayServer], waits: list[float], stated: str
) -> None:
    serve(always(status=429, headers={"Retry-After": stated}))
    with pytest.raises(
        FetchError, match=r"HTTP 429, 1 try in the 120 s .* come back in \d+ s, at \d{4}-\d\d-\d\d .* UTC"
    ):
        get(client)
    assert (client.requests, waits) == (1, [])


def test_tries_no_longer_than_its_deadline(
    client: Http, serve: Callable[..., ReplayServer], waits: list[float]
) -> None:
    serve("error_always")
    with pytest.raises(FetchError, match=r"HTTP 500, 1 try in the 0\.5 s"):
        get(client, seconds=0.5)  # the first wait would take 1 s or more
    assert waits == []


@pytest.mark.parametrize(
    ("fault", "calls", "error", "text", "came"),
    [
        ("error_always", 4, FetchError, "HTTP 500, 4 tries", None),
        ("cut_body", 4, BrokenAnswerError, "the body was cut after 9600 of 10240 bytes, 4 tries", BODY[:9600]),
        ("wrong_content_length", 4, BrokenAnswerError, "the body was cut, and there is no rest of it", BODY),
        ("gzip_of_wrong_length", 4, BrokenAnswerError, "can't be decoded as gzip", gzip.compress(BODY, mtime=0)[:-4]),
        ("login_redirect", 2, BrokenAnswerError, "led to a web page, 127.0.0.1/fred/replayed-login", PAGE),
        ("foreign_redirect", 1, FetchError, "led to login.example.org/account, another site", None),
        (always(status=400), 1, FetchError, "HTTP 400, which another try would not change", None),
        (always(status=401), 1, DeniedError, "HTTP 401: .* contact .set ZUHYO_CONTACT. or a valid key", None),
        (always(status=403), 1, DeniedError, "HTTP 403: .* contact .set ZUHYO_CONTACT. or a valid key", None),
        (always(status=404), 1, NotThereError, "HTTP 404: there is no such thing", None),
        (always(status=410), 1, NotThereError, "HTTP 410: there is no such thing", None),
        (always(status=408), 4, FetchError, "HTTP 408, 4 tries", None),
        (always(status=300), 1, FetchError, "HTTP 300", None),
        (always(status=206), 1, FetchError, "HTTP 206", None),
        (always(status=416), 1, FetchError, "HTTP 416", None),
        (always(status=304), 1, FetchError, "HTTP 304 .not modified., which nobody asked for", None),
        (always(status=302), 1, FetchError, "another site", None),
        (always(status=302, headers={"Location": "https:///x"}), 1, FetchError, "another site", None),
        (always(status=302, headers={"Location": "http://127.0.0.1:1/x"}), 1, FetchError, "another site", None),
        (always(status=302, headers={"Location": "levels"}), 6, FetchError, "led on more than 5 times", None),
        (always(response=b"{", headers={"Content-Encoding": "br"}), 4, BrokenAnswerError, "decoded as br", b"{"),
    ],
)
def test_gives_up_with_what_came_back(
    client: Http,
    serve: Callable[..., ReplayServer],
    fault: str | Spoil,
    calls: int,
    error: type[FetchError],
    text: str,
    came: bytes | None,
) -> None:
    server = serve(fault)
    with pytest.raises(FetchError, match=text) as raised:
        get(client)
    assert type(raised.value) is error
    assert str(raised.value).startswith(f"fred was asked for {server.url_for('/fred/levels?id=%5EA')}: ")
    assert client.requests == calls
    if isinstance(raised.value, BrokenAnswerError):
        assert came is not None
        assert raised.value.answer.content.startswith(came)
    assert not list((Path(client._cache.folder)).glob("*"))


@pytest.mark.parametrize("silence", ["stall", "no_head"])
def test_does_not_wait_for_a_vendor_that_stalls(client: Http, serve: Callable[..., ReplayServer], silence: str) -> None:
    done = threading.Event()

    def no_head(request: Request, response: Response, nth: int) -> Response:
        done.wait(60)
        return response

    serve("stall" if silence == "stall" else no_head)
    text = "the body stalled after 9600 of 10240 bytes" if silence == "stall" else "no answer in 0.25 s"
    with pytest.raises(FetchError, match=f"{text}, 4 tries"):
        get(client, stall_seconds=0.25)
    done.set()


def test_an_endless_body_ends_at_the_deadline(
    client: Http, serve: Callable[..., ReplayServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(time.monotonic(), 50)  # seconds a piece
    monkeypatch.setattr(http_body, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    serve(always(response=itertools.repeat(b"x")))
    with pytest.raises(FetchError, match=r"the body did not end in time \(\d+ bytes came\)"):
        get(client)
    assert client.requests == 1


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"response": BODY}, "has 10240 bytes, more than the limit of 5000"),
        ({"response": itertools.repeat(BODY[:999])}, "has more than the limit of 5000 bytes"),
        (
            {"response": gzip.compress(bytes(10**6)), "headers": {"Content-Encoding": "gzip"}},
            "has more than the limit of 5000 bytes once it is decoded",
        ),
    ],
)
def test_takes_no_more_than_the_limit(
    client: Http, serve: Callable[..., ReplayServer], answer: dict[str, Any], text: str
) -> None:
    serve(always(**answer))
    with pytest.raises(FetchError, match=text):
        get(client, byte_limit=5000)
    assert client.requests == 1


def test_a_refused_connection_is_tried_again(client: Http, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    monkeypatch.setenv("ZUHYO_FRED_URL", "http://127.0.0.1:9")
    with pytest.raises(FetchError, match=r"no connection \(NewConnectionError\), 4 tries"):
        get(client)
    assert len(waits) == 3


def test_gives_a_connection_and_a_silence_their_time(client: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def refuse(*args: Any, timeout: tuple[float, float], **options: Any) -> None:
        given.append(timeout)
        raise requests.ConnectTimeout

    monkeypatch.setattr(requests.Session, "request", refuse)
    for manners in ({"connect_seconds": 2, "stall_seconds": 3}, {"seconds": 1}):
        with pytest.raises(FetchError, match="no answer in"):
            get(client, **manners)
    assert given[:-1] == [(2, 3)] * 4
    assert all(0 < seconds <= 1 for seconds in given[-1]), "no longer than the deadline"


@pytest.mark.parametrize("address", ["", "fred", "ftp://127.0.0.1/x", "http://", "http://[", "http://127.0.0.1:x"])
def test_an_address_that_is_none(client: Http, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ZUHYO_FRED_URL", address)
    with pytest.raises(FetchError, match="the request could not be made"):
        get(client)


@pytest.mark.parametrize("weak", [False, True], ids=["etag", "last_modified"])
def test_a_cut_body_goes_on_where_it_was_cut(client: Http, serve: Callable[..., ReplayServer], weak: bool) -> None:
    def cut_once(request: Request, response: Response, nth: int) -> Response:
        if weak:
            response.headers["ETag"] = "W/" + response.headers["ETag"]
        return cut(response) if nth == 0 else response

    server = serve(cut_once)
    assert get(client).content == BODY
    assert server.sent["fred"] == client.received == len(BODY)
    assert seen(server, "Range") == [None, "bytes=1000-"]
    condition = seen(server, "If-Range")[1]
    assert condition == ("Thu, 12 Mar 2026 01:00:00 GMT" if weak else server.log[0][1].headers["ETag"])
    assert get(client).is_unchanged, "what was put together is kept"


def test_a_cut_body_without_validator_begins_anew(client: Http, serve: Callable[..., ReplayServer]) -> None:
    def cut_once(request: Request, response: Response, nth: int) -> Response:
        del response.headers["ETag"], response.headers["Last-Modified"]
        return cut(response) if nth == 0 else response

    server = serve(cut_once)
    assert get(client).content == BODY
    assert seen(server, "Range") == [None, None]
    assert client.received == len(BODY) + 1000


def test_a_body_that_changed_since_it_was_cut_comes_whole(client: Http, serve: Callable[..., ReplayServer]) -> None:
    editions = iter([BODY, b"the next edition"])
    server = serve("cut_once", [Route("fred", "/levels", lambda request: next(editions), "text/csv")])
    assert get(client).content == b"the next edition"
    assert server.log[1][1].status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": ""},
        {"Content-Range": "bytes 0-10239/10240"},
        {"Content-Range": "bytes 1001-10239/10240"},
        {"Content-Range": "bytes 1000-5000/10240"},
        {"Content-Range": "bytes 1000-10240/10241"},
        {"Content-Range": "bytes 1000-10239/*"},
        {"Content-Range": "bytes 1000-10239/" + "9" * 5000},
        {"ETag": '"another"'},
        {"Last-Modified": "Thu, 12 Mar 2026 01:00:01 GMT"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_a_part_that_is_not_the_rest_is_thrown_away(
    client: Http, serve: Callable[..., ReplayServer], headers: dict[str, str]
) -> None:
    def nonsense(request: Request, response: Response, nth: int) -> Response:
        if nth == 1:
            response.headers.update(headers)
        return cut(response) if nth == 0 else response

    server = serve(nonsense)
    assert get(client).content == BODY
    assert seen(server, "Range") == [None, "bytes=1000-", None]


def test_a_part_need_not_say_again_what_the_beginning_said(client: Http, serve: Callable[..., ReplayServer]) -> None:
    packed = gzip.compress(random.Random(1).randbytes(5000))

    def brief(request: Request, response: Response, nth: int) -> Response:
        if nth == 0:
            response.headers["Content-Encoding"] = "gzip"
            return cut(response)
        del response.headers["Content-Type"], response.headers["Last-Modified"]
        return response

    serve(brief, [Route("fred", "/levels", packed, "text/csv")])
    answer = get(client)
    assert (answer.content, answer.media_type) == (gzip.decompress(packed), "text/csv")
    assert client.received == len(packed)


def test_a_cut_body_in_pieces_goes_on(client: Http, serve: Callable[..., ReplayServer]) -> None:
    def pieces() -> Iterator[bytes]:
        yield BODY[:3000]
        raise ConnectionAbortedError

    def chunked(request: Request, response: Response, nth: int) -> Response:
        if nth < 2:
            del response.headers["Content-Length"]
            response.response = [pieces(), [BODY[3000:5000]]][nth]  # the second ends well, but too early
        return response

    server = serve(chunked)
    assert get(client).content == BODY
    assert seen(server, "Range") == [None, "bytes=3000-", "bytes=5000-"]


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY)),
        ("X-GZIP", gzip.compress(BODY[:99]) + gzip.compress(BODY[99:])),
        ("deflate", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY)[2:-4]),
        ("deflate, gzip", gzip.compress(zlib.compress(BODY))),
        ("identity", BODY),
    ],
)
def test_decodes_a_body(client: Http, serve: Callable[..., ReplayServer], encoding: str, packed: bytes) -> None:
    serve(always(response=packed, headers={"Content-Encoding": encoding}))
    assert get(client).content == BODY
    assert client.received == len(packed), "what came over the wire counts"


@pytest.mark.parametrize("answer", [{"status": 200}, {"status": 204}, {"headers": {"Content-Encoding": "gzip"}}])
def test_an_empty_body_is_an_answer(client: Http, serve: Callable[..., ReplayServer], answer: dict[str, Any]) -> None:
    serve(always(**answer))
    assert get(client).content == b""
    assert client.requests == 1


def test_the_second_night_costs_no_body(tmp_path: Path, serve: Callable[..., ReplayServer]) -> None:
    server = serve()
    with Http(tmp_path) as first:
        before = get(first)
    with Http(tmp_path) as second:
        again = get(second)
    assert again == replace(before, is_unchanged=True)
    assert (second.requests, second.received, server.sent["fred"]) == (1, 0, len(BODY))
    assert seen(server, "If-Modified-Since") == [None, "Thu, 12 Mar 2026 01:00:00 GMT"]


def test_a_clock_that_is_wrong_does_not_matter(client: Http, serve: Callable[..., ReplayServer]) -> None:
    serve("clock_skew")
    assert [get(client).is_unchanged for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    ("suffix", "change"),
    [
        ("json", lambda content: None),
        ("json", lambda content: content[:-5]),
        ("json", lambda content: b"\xff" + content),
        ("json", lambda content: b"[]"),
        ("json", lambda content: b"{}"),
        ("json", lambda content: re.sub(rb'"etag": "[^,]+"', b'"etag": 5', content)),
        ("bytes", lambda content: None),
        ("bytes", lambda content: content[:-1] + b"?"),
    ],
)
def test_what_was_kept_badly_is_ignored(
    client: Http, serve: Callable[..., ReplayServer], tmp_path: Path, suffix: str, change: Callable[[bytes], bytes]
) -> None:
    server = serve()
    get(client)
    [file] = (tmp_path / "kept").glob(f"*.{suffix}")
    content = change(file.read_bytes())
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    answer = get(client)
    assert (answer.content, answer.is_unchanged) == (BODY, False)
    assert seen(server, "If-None-Match") == [None, None]
    assert get(client).is_unchanged, "and replaced by a good one"


def test_what_is_not_there_is_asked_for_again_after_some_days(
    client: Http, serve: Callable[..., ReplayServer], tmp_path: Path
) -> None:
    answers = iter([404, 404, 200, 200])
    server = serve(lambda request, response, nth: response if (status := next(answers)) == 200 else gone(status))
    for _ in range(2):
        with pytest.raises(NotThereError, match="no such thing"):
            client.get(site(), "/levels", absent_days=30)
    assert server.calls["fred"] == 1, "not twice within the days"
    [kept] = (tmp_path / "kept").iterdir()
    kept.write_text((datetime.now(UTC).date() - timedelta(days=30)).isoformat(), encoding="ascii")
    with pytest.raises(NotThereError, match="HTTP 404"):
        client.get(site(), "/levels", absent_days=30)
    assert client.get(site(), "/levels").content == BODY, "who states no days asks each time"
    assert client.get(site(), "/levels", absent_days=30).content == BODY, "and what is there again is there for all"


def gone(status: int) -> Response:
    return Response(b"", status=status)


def test_an_address_of_every_night_does_not_pile_up(
    client: Http, serve: Callable[..., ReplayServer], tmp_path: Path
) -> None:
    server = serve()
    for night in ("1", "2", "2"):
        client.get(site(), "/levels", changing={"to": night})
    assert [value is None for value in seen(server, "If-None-Match")] == [True, True, False]
    assert len(list((tmp_path / "kept").iterdir())) == 2


@pytest.mark.parametrize("is_empty", [False, True])
def test_keeps_nothing_that_nobody_can_ask_for_again(
    client: Http, serve: Callable[..., ReplayServer], tmp_path: Path, is_empty: bool
) -> None:
    editions = iter([BODY, b"" if is_empty else b"next"])

    def without(request: Request, response: Response, nth: int) -> Response:
        if nth and not is_empty:
            del response.headers["ETag"], response.headers["Last-Modified"]
        return response

    serve(without, [Route("fred", "/levels", lambda request: next(editions), "text/csv")])
    for files in (2, 0):
        get(client)
        assert len(list((tmp_path / "kept").iterdir())) == files


def test_follows_a_site_that_leads_on_with_its_cookie(client: Http, serve: Callable[..., ReplayServer]) -> None:
    def after_cookie(request: Request, response: Response, nth: int) -> Response:
        if request.cookies.get("session") == "7":
            return response
        return Response(status=307, headers={"Location": "levels?id=^A", "Set-Cookie": "session=7; Path=/"})

    server = serve(after_cookie)
    assert get(client).content == BODY
    assert client.post(site(), "/search", {}).content == BODY
    assert [request.cookies.get("session") for request, _ in server.log] == [None, "7", "7"]


@pytest.mark.parametrize(
    ("before", "after", "led_to"),
    [
        ("http://a.org/x", "https://a.org/y?z", "https://a.org/y?z"),
        ("https://a.org/x", "//a.org/y", "https://a.org/y"),
        ("https://a.org/x", "http://a.org/y", None),
        ("https://a.org/x", "https://b.a.org/y", None),
        ("https://a.org/x", "https://a.org:8443/y", None),
        ("https://a.org/x", "https://a.org:y/", None),
        ("https://a.org/x", "https://[", None),
    ],
)
def test_a_redirect_may_rise_to_https_only(before: str, after: str, led_to: str | None) -> None:
    call = http._Call(site(), "GET", before, before, before, {})
    if led_to is None:
        with pytest.raises(FetchError, match=r"another site|no address"):
            http._next_address(call, before, after)
    else:
        assert http._next_address(call, before, after)[0] == led_to


def test_who_wants_a_page_gets_it_behind_a_redirect(client: Http, serve: Callable[..., ReplayServer]) -> None:
    serve("login_redirect")
    assert client.get(site(), "/levels", headers={"accept": "text/html"}).content == PAGE


def test_a_page_instead_of_data_is_left_to_the_parser(client: Http, serve: Callable[..., ReplayServer]) -> None:
    serve("html_200")
    answer = get(client)
    assert (answer.content, answer.media_type) == (PAGE, "text/html")


def test_posts_a_search(client: Http, serve: Callable[..., ReplayServer]) -> None:
    server = serve("error_twice")
    for _ in range(2):
        answer = client.post(site(), "/search", {"名": [1]}, page="startNo=20", headers={"X-Requested-With": "a"})
        url = server.url_for("/fred/search?startNo=20")
        assert answer == Answer(url, url, BODY, "text/csv")
    assert [request.get_json() for request, _ in server.log] == [{"名": [1]}] * 4
    assert {request.full_path for request, _ in server.log} == {"/fred/search?"}
    assert seen(server, "If-None-Match") == [None] * 4
    assert seen(server, "X-Requested-With") == ["a"] * 4


def test_a_cut_answer_to_a_post_is_asked_for_again(client: Http, serve: Callable[..., ReplayServer]) -> None:
    server = serve("cut_once")
    assert client.post(site(), "/search", {}).content == BODY
    assert seen(server, "Range") == [None, None]


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_post_is_led_on(client: Http, serve: Callable[..., ReplayServer], status: int, method: str) -> None:
    def lead_on(request: Request, response: Response, nth: int) -> Response:
        return Response(status=status, headers={"Location": "/fred/search?to"}) if nth == 0 else response

    server = serve(lead_on, [*ROUTES, Route("fred", "/search", BODY)])
    assert client.post(site(), "/search", {"a": 1}).content == BODY
    assert [(request.method, request.get_data()) for request, _ in server.log] == [
        ("POST", b'{"a": 1}'),
        (method, b'{"a": 1}' if method == "POST" else b""),
    ]


def test_keeps_the_rate_of_a_vendor_over_its_sites(
    client: Http, serve: Callable[..., ReplayServer], waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InMemoryBucket, "now", lambda bucket: 1000)
    serve()
    for one in (site(calls_per_second=0.5), Site("fred", "http://other.invalid", calls_per_second=0.5)):
        for _ in range(2):
            client.get(one, "/levels")
    assert waits == pytest.approx([2, 4, 6], abs=0.01)
    with pytest.raises(FetchError, match=r"the rate of 0.5 calls a second leaves no time"):
        client.get(site(calls_per_second=0.5, seconds=7), "/levels")
    assert client.requests == 4


def echo(request: Request, response: Response, nth: int) -> Response:
    return Response(status=302, headers={"Location": f"http://other.example.org/{request.args['api_key']}/x"})


@pytest.mark.parametrize("fault", [None, *FAULTS, "refused", "no_address", echo])
def test_keys_stay_secret(
    client: Http,
    serve: Callable[..., ReplayServer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: str | Spoil | None,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
    if fault in ("refused", "no_address"):
        monkeypatch.setenv("ZUHYO_FRED_URL", "http://127.0.0.1:9" if fault == "refused" else "fred")
    else:
        serve(fault)
    texts = []
    for _ in range(2):
        try:
            texts.append(repr(get(client, stall_seconds=0.05)))
        except FetchError as error:
            chain: BaseException | None = error
            while chain is not None:
                texts += [str(chain), repr(vars(chain))]
                chain = chain.__context__ or chain.__cause__
    texts += [record.getMessage() for record in caplog.records]
    texts += [file.read_text(encoding="utf-8") for file in (tmp_path / "kept").glob("*.json")]
    assert len(texts) >= 2
    for text in texts:
        assert "nobody" not in text


def test_lets_go_of_every_connection(
    tmp_path: Path, serve: Callable[..., ReplayServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    monkeypatch.setattr(requests.Session, "close", lambda session: closed.append(session))
    serve()
    with Http(tmp_path) as client:
        get(client)
        assert not closed
    assert len(closed) == 1


def test_the_server_answers_the_route_that_says_most(client: Http, serve: Callable[..., ReplayServer]) -> None:
    serve(
        routes=[
            Route("fred", "/a", b"any"),
            Route("fred", "/a", b"both", query={"x": "1", "y": "2"}),
            Route("fred", "/a", lambda request: request.args["x"].encode(), query={"x": "1"}),
        ]
    )
    asked: list[dict[str, str]] = [{}, {"x": "2"}, {"x": "1"}, {"x": "1", "y": "2"}]
    assert [client.get(site(), "/a", params).content for params in asked] == [b"any", b"any", b"1", b"both"]
    with pytest.raises(NotThereError):
        client.get(site(), "/b")


def test_a_fault_of_a_path_leaves_the_others_alone(client: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    routes = [Route("fred", "/a", b"a,b"), Route("fred", "/b", b"a,b")]
    changes = {"another_schema": bytes.upper}
    with replay(routes, {"/fred/b": named("another_schema", changes)}) as server:
        assert environment(server) == {"ZUHYO_FRED_URL": server.url_for("/fred")}
        monkeypatch.setenv("ZUHYO_FRED_URL", server.url_for("/fred"))
        assert [client.get(site(), path).content for path in ("/a", "/b")] == [b"a,b", b"A,B"]


def test_a_fault_is_named() -> None:
    vendor = ModuleType("fred")
    vendor.CHANGES = {"empty_list": bytes.lower}  # type: ignore[attr-defined]
    assert fault_at("stall=fred", {"fred": vendor}) == ("fred", FAULTS["stall"])
    assert fault_at("empty_list=/fred/a", {"fred": vendor}) == ("/fred/a", Fault(change=bytes.lower))
    with pytest.raises(ValueError, match=r"no fault 'duplicate_rows' here; there are: .*stall.*, empty_list"):
        fault_at("duplicate_rows=fred", {"fred": vendor})
    with pytest.raises(ValueError, match="no replayed vendor 'sec'; there are: fred"):
        fault_at("stall=sec", {"fred": vendor})
