"""The list of members on GitHub: how it is asked for, and that the real one is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.ingest.fetching import FetchContext
from assets.ingest.payload import FetchError
from assets.ingest.vendors import fetch_for, parser_for
from assets.profile import Source
from tests.support.fake_http import FakeHttp
from tests.support.helpers import day
from tests.support.replay import fja05680

PATH = "/fja05680/sp500/master/sp500_ticker_start_end.csv"
FILE = b"ticker,start_date,end_date\nA,2000-06-05,\nAAL,1996-01-02,1997-01-15\n"
SOURCE = Source("fja05680", "membership", options={"series_id": "SP500"}, licence="MIT", may_publish=True)


def context(content: bytes) -> FetchContext:
    return FetchContext(day("2026-03-11"), http=FakeHttp({("GET", PATH): content}))


def test_the_list_is_asked_for_and_read() -> None:
    [payload] = fetch_for("fja05680")(SOURCE, context(FILE))
    assert payload.url == payload.place == f"https://raw.githubusercontent.com{PATH}"
    assert (payload.licence, payload.may_publish, payload.subjects) == ("MIT", True, ("SP500",))
    frame = parser_for(payload.format)(payload.content, payload.options)
    assert frame["ticker"].tolist() == ["A", "AAL"]
    assert set(frame["series_id"]) == {"SP500"}


def test_its_address_moves_with_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUHYO_FJA05680_URL", "http://127.0.0.1:1")
    [payload] = fetch_for("fja05680")(SOURCE, context(FILE))
    assert payload.url == f"http://127.0.0.1:1{PATH}"


def test_the_list_needs_a_name() -> None:
    with pytest.raises(FetchError, match="option series_id is needed to ask fja05680 for membership"):
        next(fetch_for("fja05680")(replace(SOURCE, options={}), context(FILE)))


def test_the_real_list_has_the_members_of_february_1996(shared_data: Path) -> None:
    [route] = fja05680.routes(shared_data)
    assert route.path == PATH
    assert isinstance(route.body, bytes)
    [payload] = fetch_for("fja05680")(SOURCE, context(route.body))
    frame = parser_for(payload.format)(payload.content, payload.options)
    then = (frame["valid_from"] <= "1996-02-29") & ~(frame["valid_to"] <= "1996-02-29")
    assert then.sum() == 487


def test_without_the_file_nothing_is_replayed(tmp_path: Path) -> None:
    assert list(fja05680.routes(tmp_path)) == []
