"""Vendors replayed on loopback: each below /<vendor>, at its real paths, with validators, parts and faults.

Belongs here: serving routes. Does not belong here: what a vendor answers (one module each), ways to fail (faults.py).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.serving import WSGIRequestHandler

from tests.support.replay.faults import LOGIN_PATH, Fault, page
from tests.support.replay.route import Route

LAST_MODIFIED = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)


class _Handler(WSGIRequestHandler):
    """Leaves the time to the answer, before which the base class puts its own, and keys out of the log."""

    protocol_version = "HTTP/1.1"

    def send_response(self, code: int, message: str | None = None) -> None:
        self.log("info", "%s %s %s", self.command, self.path.partition("?")[0], code)
        self.send_response_only(code, message)


class ReplayServer(HTTPServer):
    """Serves routes; ``calls`` and ``sent`` count requests and bytes of bodies a vendor.

    ``faults`` are put on a vendor (``fred``) or on one path of it (``/fred/series``); the path's goes first. A fault
    that passes counts the requests that meet it, wherever it was put.
    """

    def __init__(self, routes: Iterable[Route], faults: Mapping[str, Fault] | None = None, port: int = 0) -> None:
        super().__init__("127.0.0.1", port, threaded=True)
        self.routes, self.faults = list(routes), dict(faults or {})
        self.calls: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.met: Counter[str] = Counter()

    def thread_target(self) -> None:
        assert self.server is not None
        self.server.RequestHandlerClass = _Handler
        self.server.serve_forever(poll_interval=0.02)  # so that stopping takes no half second

    def dispatch(self, request: Request) -> Response:
        vendor, _, path = request.path.lstrip("/").partition("/")
        self.calls[vendor] += 1
        response = self._answer(request, vendor, f"/{path}")
        response.headers.setdefault("Date", http_date())
        response.response = self._counted(vendor, response.response)
        return response

    def _answer(self, request: Request, vendor: str, path: str) -> Response:
        if path == LOGIN_PATH:
            return page()
        route = self._route(request, vendor, path)
        if route is None:
            return Response(b"no such path", status=404)
        name = request.path if request.path in self.faults else vendor
        fault = self.faults.get(name, Fault())
        nth, self.met[name] = self.met[name], self.met[name] + 1
        body = fault.change(route.body(request) if callable(route.body) else route.body)
        return fault.spoil(request, _good(request, body, route), nth)

    def _route(self, request: Request, vendor: str, path: str) -> Route | None:
        asked = request.args.to_dict().items()
        fitting = [
            route
            for route in self.routes
            if (route.vendor, route.path, route.method) == (vendor, path, request.method)
            and route.query.items() <= asked
        ]
        return max(fitting, key=lambda route: len(route.query), default=None)

    def _counted(self, vendor: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.sent[vendor] += len(piece)
            yield piece


def _good(request: Request, body: bytes, route: Route) -> Response:
    """The whole body, the part that was asked for, or that nothing has changed."""
    response = Response(body, mimetype=route.media_type, headers=dict(route.headers))
    response.set_etag(hashlib.sha256(body).hexdigest()[:16])
    response.last_modified = LAST_MODIFIED
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=len(body))
    except HTTPException as error:
        return Response(status=error.code, headers={"Content-Range": f"bytes */{len(body)}"})
    if response.status_code == 304:
        response.set_data(b"")
        del response.headers["Content-Length"]
    return response


@contextmanager
def replay(routes: Iterable[Route], faults: Mapping[str, Fault] | None = None, port: int = 0) -> Iterator[ReplayServer]:
    """A server that runs inside the ``with``."""
    with ReplayServer(routes, faults, port) as server:
        yield server


def environment(server: ReplayServer) -> dict[str, str]:
    """The variables that lead every vendor of the server to it."""
    vendors = sorted({route.vendor for route in server.routes})
    return {f"ZUHYO_{vendor.upper()}_URL": server.url_for(f"/{vendor}") for vendor in vendors}
