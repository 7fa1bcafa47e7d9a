"""iShares: the data behind a fund's page says what its file says, every refusal, and how both are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
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
from tests.support.replay.ishares import PRODUCT_DATA, product_data, routes

FILE = (
    b"iShares Russell 2000 ETF\n"
    b'Fund Holdings as of,"Mar 11, 2026"\n'
    b"\n"
    b"Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Quantity,Exchange\n"
    b'"BE","BLOOM ENERGY CLASS A","Industrials","Equity","1,234.50","0.57","10.00","NYSE"\n'
    b'"-","ESCROW","Health Care","Equity","0.00","0.00","5.00","-"\n'
    b'"USD","USD CASH","Cash and/or Derivatives","Cash","99.00","-0.10","-7.00","-"\n'
    b"\n"
    b"words\n"
)
OPTIONS = {"series_id": "IWM"}
CSV_PATH = "/us/products/239710/ishares-russell-2000-etf/1467271812596.ajax"
Change = Callable[[dict[str, Any]], Any]


def points_of(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["componentsByNameMap"]["holdings"]["containersByNameMap"]["all"][
        "dataPointsByNameMap"
    ]
    return found


def changed(change: Change | None = None) -> bytes:
    answer = product_data(FILE, "20260311")
    if change:
        change(points_of(answer))
    return json.dumps(answer).encode()


def refusal(content: bytes, **options: Any) -> str:
    with pytest.raises(PayloadError) as refused:
        parser_for("ishares_product_json")(content, OPTIONS | options)
    return str(refused.value)


def fetched(web: FakeHttp, **options: Any) -> Any:
    source = Source("ishares", "holding", options={"fund": "IWM"} | options)
    [payload] = fetch_for("ishares")(source, FetchContext(date(2026, 3, 11), http=web))
    return payload


# Values


def test_the_pages_data_says_what_the_file_says() -> None:
    frame = parser_for("ishares_product_json")(changed(), OPTIONS)
    pd.testing.assert_frame_equal(frame, parser_for("ishares_csv")(FILE, OPTIONS))
    assert frame["weight"].tolist() == [0.0057, 0.0, -0.001]  # not 0.005699999999999999


def test_the_printed_values_stand_in_for_values_that_are_not_there() -> None:
    def as_printed(points: dict[str, Any]) -> None:
        for point in points.values():
            point["formattedValue"] = point.pop("value")
        points["asOfDate"]["formattedValue"] = "Mar 11, 2026"
        points["marketValue"]["formattedValue"] = ["1,234.50", "0.00", "99.00"]
        points["holdingPercent"]["formattedValue"] = ["0.57", "0.00", "-0.10"]
        points["unitsHeld"]["formattedValue"] = ["10.00", "5.00", "-7.00"]

    frame = parser_for("ishares_product_json")(changed(as_printed), OPTIONS)
    pd.testing.assert_frame_equal(frame, parser_for("ishares_csv")(FILE, OPTIONS))


def test_the_answers_own_day_counts_whichever_was_asked_for() -> None:
    frame = parser_for("ishares_product_json")(changed(), OPTIONS | {"as_of": "2026-02-27"})
    assert set(frame["as_of"]) == {pd.Timestamp("2026-03-11")}


def test_what_a_line_lacks_is_missing_and_other_columns_are_left_alone() -> None:
    def lose(points: dict[str, Any]) -> None:
        points["ticker"]["value"][0] = points["marketValue"]["value"][0] = points["exchange"]["value"][0] = None
        points["sedol"] = {"value": ["1", "2"]}
        points["cusip"] = {"value": ["093712107", "-", ""]}

    frame = parser_for("ishares_product_json")(changed(lose), OPTIONS)
    assert frame["ticker"].isna().tolist() == [True, True, False]
    assert frame["market_value_usd"].isna().tolist() == [True, False, False]
    assert frame["cusip"].isna().tolist() == [False, True, True]


# Refusals


def set_value(name: str, value: Any) -> Change:
    return lambda points: points[name].update(value=value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda points: points.pop("issueName"), "issueName is missing (answer: found asOfDate, ticker"),
        (lambda points: points.pop("holdingPercent"), "holdingPercent is missing"),
        (lambda points: points.pop("asOfDate"), "asOfDate is missing"),
        (lambda points: points.clear(), "asOfDate is missing (answer: found )"),
        (set_value("asOfDate", 20260230), "day of the holdings can't be read (asOfDate: 20260230)"),
        (set_value("asOfDate", None), "day of the holdings can't be read (asOfDate: empty)"),
        (set_value("asOfDate", "yesterday"), "day of the holdings can't be read (asOfDate: yesterday)"),
        (set_value("ticker", None), "payload has no holdings: the vendor has none for that day"),
        (set_value("ticker", "BE"), "ticker is not a list"),
        (set_value("ticker", ["BE"]), "columns are of different length"),
        (set_value("ticker", [["BE"], "A", "B"]), "ticker is neither a text nor a number (row 1"),
        (set_value("unitsHeld", [True, 1, 2]), "unitsHeld is neither a text nor a number (row 1: True)"),
        (set_value("marketValue", [1, "many", 2]), "marketValue is not a number (row 2: many)"),
        (lambda points: points.update(isin=["US1"]), "data point has neither value nor formattedValue"),
        (lambda points: points.update(isin={"name": "isin"}), "data point has neither value nor formattedValue"),
        (
            lambda points: [one.update(value=[]) for name, one in points.items() if name != "asOfDate"],
            "payload has no rows",
        ),
    ],
)  # fmt: skip
def test_a_defect_is_refused_with_its_place(change: Change, message: str) -> None:
    assert message in refusal(changed(change))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty"),
        (b"\n<!DOCTYPE html><html>iShares Russell 2000 ETF</html>", "HTML page"),
        (changed()[:-1], "payload is not JSON, or cut short"),
        (b"{}", "componentsByNameMap is missing (answer: found )"),
        (b'{"componentsByNameMap": {"keyFacts": {}}}', "holdings is missing (componentsByNameMap: found keyFacts)"),
        (b'{"componentsByNameMap": {"holdings": {"containersByNameMap": {"top": 1}}}}', "all is missing"),
        (b'{"aaData": []}', "componentsByNameMap is missing (answer: found aaData)"),
        (FILE, "payload is not JSON"),
    ],
)
def test_what_is_no_data_of_a_page_is_refused(content: bytes, message: str) -> None:
    assert message in refusal(content)


def test_a_page_instead_of_the_file_is_refused() -> None:
    with pytest.raises(PayloadError, match="HTML page"):
        parser_for("ishares_csv")(b"\n<!DOCTYPE html><html></html>\n", OPTIONS)


def test_holdings_of_nobody_are_refused() -> None:
    assert "option series_id is needed" in refusal(changed(), series_id="")


# Asking


def test_the_newest_holdings_are_asked_for_without_a_day() -> None:
    web = FakeHttp({("GET", PRODUCT_DATA): changed()})
    payload = fetched(web)
    assert web.calls[0].url == f"https://www.blackrock.com{PRODUCT_DATA}"
    assert web.calls[0].params == {
        "appType": "PRODUCT_PAGE", "appSubType": "ISHARES", "targetSite": "us-ishares", "locale": "en_US",
        "userType": "individual", "component": "holdings", "portfolioId": "239710",
    }  # fmt: skip
    assert (payload.format, payload.subjects) == ("ishares_product_json", ("IWM",))
    assert set(parser_for(payload.format)(payload.content, payload.options)["series_id"]) == {"IWM"}


def test_a_past_day_is_asked_for_in_either_layout() -> None:
    web = FakeHttp({("GET", PRODUCT_DATA): changed(), ("GET", CSV_PATH): FILE})
    fetched(web, as_of="2026-02-27")
    fetched(web, as_of="2026-02-27", layout="csv")
    assert [call.params["asOfDate"] for call in web.calls] == ["20260227", "20260227"]


def test_the_file_is_asked_for_at_the_funds_page() -> None:
    payload = fetched(FakeHttp({("GET", CSV_PATH): FILE}), layout="csv", series_id="SMALL")
    assert payload.url == (f"https://www.ishares.com{CSV_PATH}?fileType=csv&fileName=IWM_holdings&dataType=fund")
    assert (payload.format, payload.subjects) == ("ishares_csv", ("SMALL",))
    assert len(parser_for(payload.format)(payload.content, payload.options)) == 3


def test_another_fund_is_named_by_its_product() -> None:
    web = FakeHttp({("GET", PRODUCT_DATA): changed(), ("GET", "/us/products/1/a-fund/1467271812596.ajax"): FILE})
    fetched(web, fund="XYZ", product_id="1")
    assert web.calls[0].params["portfolioId"] == "1"
    fetched(web, fund="XYZ", product_id="1", slug="a-fund", layout="csv")
    with pytest.raises(FetchError, match="option slug is needed"):
        fetched(web, fund="XYZ", product_id="1", layout="csv")
    with pytest.raises(FetchError, match="option product_id is needed"):
        fetched(web, fund="XYZ")


def test_an_option_comes_before_the_table_of_funds() -> None:
    web = FakeHttp({("GET", PRODUCT_DATA): changed()})
    fetched(web, product_id="2")
    assert web.calls[0].params["portfolioId"] == "2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fund": ""}, "option fund is needed to ask ishares for holding"),
        ({"layout": "xls"}, "option layout is json or csv"),
        ({"as_of": "11 March"}, "option as_of can't be read"),
    ],
)
def test_what_cant_be_asked_is_not(options: dict[str, Any], message: str) -> None:
    web = FakeHttp({})
    with pytest.raises(FetchError, match=message):
        fetched(web, **options)
    assert web.calls == []


def test_both_hosts_move_with_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUHYO_ISHARES_URL", "http://127.0.0.1:1")
    web = FakeHttp({("GET", PRODUCT_DATA): changed(), ("GET", CSV_PATH): FILE})
    fetched(web)
    fetched(web, layout="csv")
    assert [call.url for call in web.calls] == [f"http://127.0.0.1:1{path}" for path in (PRODUCT_DATA, CSV_PATH)]


# Real files


@pytest.mark.parametrize(
    "name",
    ["IWM_holdings_20260121", "IWM_holdings_20260410", "IJR_holdings_20260619", "IVV_holdings_20230406"],
)
def test_real_holdings_are_the_same_in_both_layouts(shared_data: Path, name: str) -> None:
    content = (shared_data / "holdings" / f"{name}.csv").read_bytes()
    answer = json.dumps(product_data(content, name[-8:])).encode()
    options = OPTIONS | {"series_id": name[:3]}
    frame = parser_for("ishares_product_json")(answer, options)
    assert len(frame) > 500
    pd.testing.assert_frame_equal(frame, parser_for("ishares_csv")(content, options))


def test_replayed_funds_answer_with_their_newest_day_and_with_each_day(shared_data: Path) -> None:
    told = {}
    for route in routes(shared_data):
        assert isinstance(route.body, bytes)
        key = (*route.path.split("/")[3:4], *route.query.values())
        if route.path == PRODUCT_DATA:
            [day] = set(parser_for("ishares_product_json")(route.body, OPTIONS)["as_of"])
            told[key[1:]] = str(day.date())
    assert told[("239726",)] == "2026-03-11"
    assert told[("239726", "20230406")] == "2023-04-06"
    assert told[("239710",)] == "2026-04-10"
    assert told[("239774",)] == "2026-06-19"
