"""FRED: the API's answer says what the file says, its refusals, and how both are asked for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.ingest.fetching import FetchContext
from assets.ingest.payload import FetchError, PayloadError
from assets.ingest.vendors import fetch_for, parser_for
from assets.profile import Source
from tests.support.fake_http import FakeHttp
from tests.support.replay.fred import observations, policy_rate

FILE = b"observation_date,RU2000TR\n2026-03-09,7100.10\n2026-03-10,.\n2026-03-11,7207.07\n"
LEVELS = {
    "dataset": "index_level",
    "series_id": "SMALL",
    "fred_id": "RU2000TR",
    "return_basis": "gross",
    "currency": "USD",
}
RATES = {"dataset": "policy_rate", "series_id": "DFEDTARU"}
GRAPH, API = ("GET", "/graph/fredgraph.csv"), ("GET", "/fred/series/observations")


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(observations(FILE)) | changes).encode()


def refusal(format: str, content: bytes, **options: Any) -> str:
    with pytest.raises(PayloadError) as refused:
        parser_for(format)(content, LEVELS | options)
    return str(refused.value)


def fetched(web: FakeHttp, **options: Any) -> Any:
    source = Source("fred", "index_level", options=LEVELS | options)
    [payload] = fetch_for("fred")(source, FetchContext(date(2026, 3, 11), http=web))
    return payload


def test_the_api_says_what_the_file_says() -> None:
    frame = parser_for("fred_json")(observations(FILE), LEVELS)
    pd.testing.assert_frame_equal(frame, parser_for("fred_csv")(FILE, LEVELS))
    assert frame["quantum"].tolist() == [0.01, 0.01]


def test_the_api_says_the_same_rates() -> None:
    file = b"DATE,VALUE\n2026-03-09,3.75\n2026-03-10,.\n2026-03-11,0.57\n"
    frame = parser_for("fred_json")(observations(file), RATES)
    pd.testing.assert_frame_equal(frame, parser_for("fred_csv")(file, RATES))
    assert frame["rate"].tolist() == [0.0375, 0.0057]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty"),
        (b"<html></html>", "HTML page"),
        (changed()[:-2], "payload is not JSON, or cut short"),
        (b"[]", "observations is missing (answer: list)"),
        (b'{"count": 0}', "observations is missing (answer: found count)"),
        (b'{"error_code": 400, "error_message": "The series does not exist."}', "(The series does not exist.)"),
        (changed(observations={}), "observations is not a list"),
        (changed(observations=[], count=0), "payload has no rows with a level"),
        (changed(count=4), "fewer observations than it counts (3 of 4)"),
        (changed(units="pch"), "observations are not the levels themselves (units: pch)"),
        (changed(observations=["x"], count=1), "date is missing"),
        (changed(observations=[{"date": "2026-03-09"}], count=1), "value is missing (answer: found date)"),
        (changed(observations=[{"date": "2026-03-09", "value": 7.5}], count=1), "value is not a text (row 1: 7.5)"),
        (changed().replace(b"2026-03-09", b"2026-02-30"), "date can't be read (row 1: 2026-02-30)"),
        (changed().replace(b"2026-03-09", b"2026-03-11"), "date is given twice (row 3, 2026-03-11"),
        (changed().replace(b"7100.10", b"7,100"), "level is not a number (row 1, 2026-03-09: 7,100)"),
        (changed().replace(b"7100.10", b"-1"), "level must be above 0 (row 1, 2026-03-09: -1.0)"),
    ],
)
def test_a_defect_of_the_api_is_refused_with_its_place(content: bytes, message: str) -> None:
    assert message in refusal("fred_json", content)


def test_a_file_of_another_series_is_refused() -> None:
    refused = refusal("fred_csv", FILE, fred_id="RU1000TR")
    assert refused.startswith(
        "series is not RU1000TR; where FRED calls it otherwise than we do, option fred_id says how"
    )
    assert refused.endswith("(line 1: RU2000TR)")
    older = FILE.replace(b"observation_date,RU2000TR", b"DATE,VALUE")
    assert len(parser_for("fred_csv")(older, LEVELS | {"fred_id": "RU1000TR"})) == 2


def test_a_graphs_file_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRED_API_KEY", raising=False)
    payload = fetched(FakeHttp({GRAPH: FILE}), fred_id="RU2000TR")
    assert payload.url == "https://fred.stlouisfed.org/graph/fredgraph.csv?id=RU2000TR"
    assert (payload.format, payload.subjects) == ("fred_csv", ("SMALL",))
    assert len(parser_for(payload.format)(payload.content, payload.options)) == 2


def test_a_series_is_called_as_ours_where_nothing_else_is_said() -> None:
    web = FakeHttp({GRAPH: FILE})
    assert fetched(web, series_id="RU2000TR").options["fred_id"] == "RU2000TR"


def test_the_api_has_the_key_as_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRED_API_KEY", "k1")
    web = FakeHttp({API: observations(FILE)})
    payload = fetched(web, api=True, fred_id="RU2000TR")
    assert payload.url == ("https://api.stlouisfed.org/fred/series/observations?series_id=RU2000TR&file_type=json")
    assert [call.secret for call in web.calls] == [{"api_key": "k1"}]
    assert payload.format == "fred_json"
    assert "k1" not in repr(payload)


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_the_variable_is_named(monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.delenv("FRED_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("FRED_API_KEY", key)
    web = FakeHttp({})
    with pytest.raises(FetchError, match="FRED_API_KEY"):
        fetched(web, api=True)
    assert web.calls == []


def test_both_hosts_move_with_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUHYO_FRED_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("FRED_API_KEY", "k1")
    web = FakeHttp({GRAPH: FILE, API: observations(FILE)})
    assert fetched(web).url.startswith("http://127.0.0.1:1/graph/")
    assert fetched(web, api=True).url.startswith("http://127.0.0.1:1/fred/")


def test_without_a_series_there_is_nothing_to_ask() -> None:
    with pytest.raises(FetchError, match="option series_id is needed"):
        fetched(FakeHttp({}), series_id="", fred_id="")


@pytest.mark.parametrize("series", ["RU2000TR", "RU1000TR", "RU3000TR", "RU2000PR", "RU1000PR"])
def test_real_series_are_the_same_through_the_api(shared_data: Path, series: str) -> None:
    content = (shared_data / "index_levels" / "fred" / f"{series}.csv").read_bytes()
    frame = parser_for("fred_json")(observations(content), LEVELS)
    assert str(frame["date"].iloc[-1].date()) == "2019-01-10"
    pd.testing.assert_frame_equal(frame, parser_for("fred_csv")(content, LEVELS))


def test_the_made_policy_rate_can_be_read_both_ways() -> None:
    frame = parser_for("fred_csv")(policy_rate(), RATES)
    assert frame.set_index("date")["rate"]["2023-07-27"] == 0.055
    pd.testing.assert_frame_equal(parser_for("fred_json")(observations(policy_rate()), RATES), frame)
