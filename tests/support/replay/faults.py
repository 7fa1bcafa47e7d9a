"""Ways in which a vendor fails, by name.

Belongs here: what a fault does to an answer. Does not belong here: a good answer (server.py), how a vendor's content
is altered (``CHANGES`` of its own module: a fault of ``CONTENT`` -> bytes to bytes).
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from werkzeug import Request, Response

LOGIN_PATH = "/replayed-login"
"""Below every vendor's prefix stands a page that is no data."""

PAGE = b"<!doctype html><title>Please log in</title><p>Your session has ended."
STALL_SECONDS = 60
RETRY_AFTER = 7

Change = Callable[[bytes], bytes]


def _same(body: bytes) -> bytes:
    return body


def _intact(request: Request, response: Response, nth: int) -> Response:
    return response


@dataclass(frozen=True)
class Fault:
    """``change`` alters the bytes that are there; ``spoil`` the finished answer to the nth request (from 0)."""

    change: Change = _same
    spoil: Callable[[Request, Response, int], Response] = _intact


CONTENT = ("another_schema", "older_than_yesterday", "empty_list", "duplicate_rows")
"""Faults of content: only a vendor's own module knows how to alter its bytes."""


def page() -> Response:
    """A web page where data was expected."""
    return Response(PAGE, mimetype="text/html")


def _too_many_requests(request: Request, response: Response, nth: int) -> Response:
    return Response(status=429, headers={"Retry-After": str(RETRY_AFTER)}) if nth == 0 else response


def _error_twice(request: Request, response: Response, nth: int) -> Response:
    return Response(b"sorry", status=500) if nth < 2 else response


def _error_always(request: Request, response: Response, nth: int) -> Response:
    return Response(b"sorry", status=500)


def _stall(request: Request, response: Response, nth: int) -> Response:
    body = response.get_data()

    def pieces() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        threading.Event().wait(STALL_SECONDS)

    response.response = pieces()
    return response


def _cut(request: Request, response: Response, nth: int) -> Response:
    body = response.get_data()
    response.response = [body[: len(body) // 2]]
    response.headers["Content-Length"] = str(len(body))
    return response


def _cut_once(request: Request, response: Response, nth: int) -> Response:
    return _cut(request, response, nth) if nth == 0 else response


def _wrong_content_length(request: Request, response: Response, nth: int) -> Response:
    response.headers["Content-Length"] = str(len(response.get_data()) + 9)
    return response


def _html(request: Request, response: Response, nth: int) -> Response:
    return page()


def _login_redirect(request: Request, response: Response, nth: int) -> Response:
    vendor = request.path.split("/")[1]
    return Response(status=302, headers={"Location": f"/{vendor}{LOGIN_PATH}"})


def _foreign_redirect(request: Request, response: Response, nth: int) -> Response:
    return Response(status=302, headers={"Location": f"http://login.example.org/account?from={request.full_path}"})


def _gzip_of_wrong_length(request: Request, response: Response, nth: int) -> Response:
    packed = gzip.compress(response.get_data(), mtime=0)
    response.set_data(packed[:-4] + b"\1\2\3\4")  # the length at its end is another one
    response.headers["Content-Encoding"] = "gzip"
    return response


def _clock_skew(request: Request, response: Response, nth: int) -> Response:
    ahead = datetime.now(UTC) + timedelta(days=365)
    response.date = ahead
    response.last_modified = ahead
    return response


FAULTS = {
    "too_many_requests": Fault(spoil=_too_many_requests),
    "error_twice": Fault(spoil=_error_twice),
    "error_always": Fault(spoil=_error_always),
    "stall": Fault(spoil=_stall),
    "cut_body": Fault(spoil=_cut),
    "cut_once": Fault(spoil=_cut_once),
    "wrong_content_length": Fault(spoil=_wrong_content_length),
    "html_200": Fault(spoil=_html),
    "login_redirect": Fault(spoil=_login_redirect),
    "foreign_redirect": Fault(spoil=_foreign_redirect),
    "gzip_of_wrong_length": Fault(spoil=_gzip_of_wrong_length),
    "empty": Fault(change=lambda body: b""),
    "clock_skew": Fault(spoil=_clock_skew),
}
"""Faults of every vendor."""


def named(name: str, changes: Mapping[str, Change] | None = None) -> Fault:
    """A fault by its name; ``changes`` are those of a vendor's content. Raises ValueError naming the known."""
    known = FAULTS | {one: Fault(change=change) for one, change in (changes or {}).items() if one in CONTENT}
    if name not in known:
        raise ValueError(f"no fault {name!r} here; there are: {', '.join(known)}")
    return known[name]
