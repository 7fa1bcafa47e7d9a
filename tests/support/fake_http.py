"""A client for HTTP without HTTP: answers by method and path, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from assets.ingest.http.client import Http, Site
from assets.ingest.payload import Answer


@dataclass(frozen=True)
class Call:
    method: str
    url: str
    params: Mapping[str, Any] = field(default_factory=dict)
    changing: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None


Response = bytes | Exception | Callable[[Call], bytes]


class FakeHttp(Http):
    def __init__(self, responses: Mapping[tuple[str, str], Response]) -> None:
        super().__init__(Path())
        self.responses = responses
        self.calls: list[Call] = []

    def get(
        self,
        site: Site,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        changing: Mapping[str, Any] | None = None,
        secret: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        absent_days: int = 0,
    ) -> Answer:
        call = Call("GET", site.base + path, params or {}, changing or {}, secret or {}, headers or {})
        lasting, shown = urlencode(call.params), urlencode({**call.params, **call.changing})
        return self._answer(call, path, lasting, shown)

    def post(
        self, site: Site, path: str, json: Any, *, page: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        return self._answer(Call("POST", site.base + path, headers=headers or {}, json=json), path, page, page)

    def _answer(self, call: Call, path: str, lasting: str, shown: str) -> Answer:
        self.calls.append(call)
        response = self.responses[call.method, path]
        if isinstance(response, Exception):
            raise response
        content = response(call) if callable(response) else response
        url, place = (f"{call.url}?{query}" if query else call.url for query in (shown, lasting))
        return Answer(url, place, content, "application/octet-stream")
