"""Yahoo's chart: the same levels as its files have, bars that aren't closed, every refusal; and how it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.datasets import DATASETS
from assets.ingest.fetching import FetchContext
from assets.ingest.ingest import Ingest
from assets.ingest.landing import Landing
from assets.ingest.outcomes import check_payloads
from assets.ingest.payload import DeniedError, FetchError, NotThereError, Payload, PayloadError
from assets.ingest.vendors import fetch_for, parser_for
from assets.profile import Source
from tests.support.fake_http import Call, FakeHttp, Response
from tests.support.helpers import empty_warehouse
from tests.support.replay.yahoo import CLOSE, OPEN, chart, chart_of_panels, routes, seconds

FILE = (
    b"Date,Open,High,Low,Close,AdjClose,Volume,Dividends\n"
    b"2026-03-06,245.5,247.0,244.0,246.5,246.1,200,0.0\n"
    b"2026-03-09,246.0,248.5,245.25,246.00999450683594,245.5,241970,0.0\n"
    b"2026-03-10,246,248.5,245.25,247,246.75,241970,0.274\n"
    b"2026-03-11,246.3699951171875,248.08,245.39,245.4199981689453,245.4199981689453,24636632,0.0\n"
)
LAST = date(2026, 3, 11)
OPTIONS: dict[str, Any] = {
    "dataset": "index_level", "series_id": "SMALL", "symbol": "IWM", "return_basis": "adjusted_close",
    "currency": "USD",
}  # fmt: skip
SECURITY = {
    name: value for name, value in OPTIONS.items() if name not in ("series_id", "symbol")
} | {"dataset": "security_level"}  # fmt: skip
PATH = "/v8/finance/chart/IWM"
Change = Callable[[dict[str, Any]], Any]


def changed(change: Change | None = None) -> bytes:
    """The chart of FILE, after a change to its one result."""
    made = chart(FILE, "IWM")
    if change:
        change(made["chart"]["result"][0])
    return json.dumps(made).encode()


def parse(change: Change | None = None, **options: Any) -> pd.DataFrame:
    return parser_for("yahoo_chart_json")(changed(change), OPTIONS | options)


def refusal(content: bytes, **options: Any) -> str:
    with pytest.raises(PayloadError) as refused:
        parser_for("yahoo_chart_json")(content, OPTIONS | options)
    return str(refused.value)


def days(frame: pd.DataFrame) -> list[str]:
    return frame["date"].dt.strftime("%m-%d").tolist()


def closes(result: dict[str, Any]) -> list[Any]:
    found: list[Any] = result["indicators"]["quote"][0]["close"]
    return found


def add_bar(result: dict[str, Any], at: int, price: float) -> None:
    result["timestamp"].append(at)
    for prices in (*result["indicators"]["quote"][0].values(), result["indicators"]["adjclose"][0]["adjclose"]):
        prices.append(price)


# Values


@pytest.mark.parametrize("basis", ["adjusted_close", "price"])
def test_a_chart_says_what_the_file_says(basis: str) -> None:
    expected = parser_for("yahoo_csv")(FILE, OPTIONS | {"return_basis": basis})
    pd.testing.assert_frame_equal(parse(return_basis=basis), expected)


def test_a_chart_without_dividends_or_splits_says_nothing_of_them() -> None:
    frame = parse(lambda result: result.pop("events"))
    assert frame["dividend"].isna().all()
    assert frame["split_factor"].isna().all()


def test_a_split_is_a_ratio_on_its_day() -> None:
    def split(result: dict[str, Any]) -> None:
        time = result["timestamp"][2]
        event = {"date": time, "numerator": 3, "denominator": 2, "splitRatio": "3:2"}
        result["events"]["splits"] = {str(time): event}

    assert parse(split)["split_factor"].tolist() == [1.0, 1.0, 1.5, 1.0]


def test_a_capital_gain_is_paid_out_too() -> None:
    def gain(result: dict[str, Any]) -> None:
        days = result["timestamp"][1:3]
        result["events"]["capitalGains"] = {str(time): {"date": time, "amount": 0.5} for time in days}

    assert parse(gain)["dividend"].tolist() == [0.0, 0.5, 0.774, 0.0]


@pytest.mark.parametrize("event", [{}, {"date": 1}, {"date": "today", "amount": 1.0}, {"date": 1, "amount": "much"}, 5])
def test_an_event_that_cannot_be_read_is_refused(event: Any) -> None:
    def broken(result: dict[str, Any]) -> None:
        result["events"]["dividends"] = {"first": event}

    with pytest.raises(PayloadError, match=r"events\.dividends|is missing|is not a time"):
        parse(broken)


def test_an_index_of_total_return_is_its_closes() -> None:
    frame = parse(lambda result: result.pop("events"), return_basis="gross")
    assert frame["level"].tolist() == [246.5, 246.00999450683594, 247.0, 245.4199981689453]
    assert set(frame["return_basis"]) == {"gross"}


def test_a_security_says_what_its_file_says() -> None:
    frame = parser_for("yahoo_chart_json")(changed(), SECURITY)
    expected = parser_for("yahoo_csv")(FILE, SECURITY | {"security_id": "IWM", "source": "yahoo IWM"})
    pd.testing.assert_frame_equal(frame, expected)
    named = parser_for("yahoo_chart_json")(changed(), SECURITY | {"security_id": "P1", "source": "other"})
    assert set(named["security_id"]) == {"P1"}
    assert set(named["source"]) == {"other"}


def test_a_day_without_a_price_is_no_level() -> None:
    def lose(result: dict[str, Any]) -> None:
        result["indicators"]["adjclose"][0]["adjclose"][1] = None

    assert days(parse(lose)) == ["03-06", "03-10", "03-11"]
    security = parser_for("yahoo_chart_json")(changed(lose), SECURITY)
    assert security.attrs["rejected_rows"] == 1


def test_a_bar_is_of_the_exchanges_day_in_summer_and_winter() -> None:
    """Both sides of 8 March 2026, when New York's clocks go forward: ten in the evening is another day in UTC."""

    def at_night(result: dict[str, Any]) -> None:
        result["timestamp"] = [seconds(date(2026, 3, day), time(22)) for day in (6, 9, 10)] + result["timestamp"][3:]

    assert days(parse(at_night)) == ["03-06", "03-09", "03-10", "03-11"]


def test_the_offset_does_where_the_zone_has_no_name() -> None:
    assert days(parse(lambda result: result["meta"].pop("exchangeTimezoneName"))) == days(parse())


# Bars that aren't closed


def price_at(at: time) -> Change:
    return lambda result: result["meta"].update(regularMarketTime=seconds(LAST, at))


def test_the_last_bar_of_an_open_session_is_left_out() -> None:
    assert days(parse(price_at(time(15, 59)))) == ["03-06", "03-09", "03-10"]


@pytest.mark.parametrize("at", [CLOSE, time(16, 15)])
def test_the_last_bar_of_a_closed_session_is_kept(at: time) -> None:
    assert days(parse(price_at(at))) == ["03-06", "03-09", "03-10", "03-11"]


def test_before_the_open_the_day_before_is_closed() -> None:
    def next_morning(result: dict[str, Any]) -> None:
        session = {"start": seconds(date(2026, 3, 12), OPEN), "end": seconds(date(2026, 3, 12), CLOSE)}
        result["meta"]["currentTradingPeriod"]["regular"] |= session

    assert days(parse(next_morning)) == ["03-06", "03-09", "03-10", "03-11"]


def test_a_live_bar_beside_the_days_own_is_left_out() -> None:
    frame = parse(lambda result: add_bar(result, seconds(LAST, CLOSE), 999.0))
    pd.testing.assert_frame_equal(frame, parse())


def test_a_live_bar_of_an_open_session_goes_with_the_days_own() -> None:
    def live(result: dict[str, Any]) -> None:
        price_at(time(11))(result)
        add_bar(result, seconds(LAST, time(11)), 999.0)

    assert days(parse(live)) == ["03-06", "03-09", "03-10"]


def test_bars_of_one_day_are_one_where_they_say_the_same() -> None:
    def again(price: float | None) -> Change:
        def change(result: dict[str, Any]) -> None:
            result["timestamp"].insert(3, result["timestamp"][2] + 60)  # beside the bar of a day with a dividend
            lists = [*result["indicators"]["quote"][0].values(), result["indicators"]["adjclose"][0]["adjclose"]]
            for prices in lists:
                prices.insert(3, prices[2] if price is None else price)

        return change

    pd.testing.assert_frame_equal(parse(again(None)), parse())
    pd.testing.assert_frame_equal(
        parser_for("yahoo_chart_json")(changed(again(None)), SECURITY),
        parser_for("yahoo_chart_json")(changed(), SECURITY),
    )
    assert "date is given twice (row 4, 2026-03-10" in refusal(changed(again(999.0)))


def test_a_bar_without_prices_beside_the_days_own_is_left_out() -> None:
    def empty(result: dict[str, Any]) -> None:
        result["timestamp"].insert(2, result["timestamp"][2] - 60)
        for prices in (*result["indicators"]["quote"][0].values(), result["indicators"]["adjclose"][0]["adjclose"]):
            prices.insert(2, None)

    pd.testing.assert_frame_equal(parse(empty), parse())


def test_a_chart_is_of_the_series_that_it_is_said_to_be() -> None:
    options = {name: value for name, value in OPTIONS.items() if name != "symbol"}
    with pytest.raises(PayloadError, match="symbol is not SMALL; option symbol says what Yahoo calls it"):
        parser_for("yahoo_chart_json")(changed(), options)
    assert len(parser_for("yahoo_chart_json")(changed(), options | {"series_id": "IWM"})) == 4


def test_two_bars_of_an_open_session_are_refused_where_neither_is_the_live_one() -> None:
    def twice(result: dict[str, Any]) -> None:
        price_at(time(11))(result)
        add_bar(result, seconds(LAST, time(10)), 999.0)

    assert "date is given twice (row 5, 2026-03-11: 2026-03-11T14:00:00+00:00)" in refusal(changed(twice))


# Refusals


def set_meta(**values: Any) -> Change:
    return lambda result: result["meta"].update(values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_meta(symbol="IWB"), "symbol is not IWM (meta: IWB)"),
        (set_meta(currency="GBp"), "currency is not USD (meta: GBp)"),
        (set_meta(dataGranularity="1mo"), "dataGranularity is not 1d (meta: 1mo)"),
        (set_meta(exchangeTimezoneName="Nowhere/Land"), "time zone is unknown"),
        (set_meta(exchangeTimezoneName=None, gmtoffset="-5"), "time zone is unknown"),
        (set_meta(exchangeTimezoneName=None, gmtoffset=None), "gmtoffset is missing"),
        (set_meta(regularMarketTime=None), "regularMarketTime is missing (answer: found currency, symbol"),
        (set_meta(regularMarketTime="16:00"), "regularMarketTime is not a time (meta: 16:00)"),
        (set_meta(currentTradingPeriod={}), "regular is missing (currentTradingPeriod: found )"),
        (lambda result: result.pop("meta"), "meta is missing"),
        (lambda result: result.pop("timestamp"), "timestamp is missing"),
        (lambda result: result.update(timestamp=[]), "payload has no bars"),
        (lambda result: result["timestamp"].pop(), "close and timestamp are of different length"),
        (lambda result: closes(result).pop(), "(indicators.quote: 3 prices, 4 timestamps)"),
        (lambda result: result["timestamp"].reverse(), "timestamps are out of order (row 2: 2026-03-10"),
        (lambda result: result["timestamp"].__setitem__(2, "soon"), "timestamp can't be read (row 3: soon)"),
        (lambda result: result["timestamp"].__setitem__(3, 10**15), "timestamp can't be read (row 4"),
        (lambda result: result["timestamp"].__setitem__(1, True), "timestamp can't be read (row 2: True)"),
        (lambda result: closes(result).__setitem__(1, "246"), "close is not a number (row 2, 2026-03-09: 246)"),
        (lambda result: result["indicators"].pop("adjclose"), "adjclose is missing (indicators: found quote)"),
        (lambda result: result["indicators"].update(adjclose=[]), "indicators has not one adjclose"),
        (
            lambda result: result["indicators"]["adjclose"][0].update(adjclose=[None] * 4),
            "payload has no rows with a level (4 rows)",
        ),
        (
            lambda result: result["indicators"]["adjclose"][0]["adjclose"].__setitem__(1, -1.5),
            "level must be above 0 (row 2, 2026-03-09: -1.5)",
        ),
        (lambda result: add_bar(result, seconds(LAST, time(15)), 1.0), "date is given twice (row 5, 2026-03-11"),
        (
            lambda result: result["timestamp"].__setitem__(1, seconds(date(2026, 3, 6), CLOSE)),
            "date is given twice (row 2, 2026-03-06",
        ),
    ],
)  # fmt: skip
def test_a_defect_is_refused_with_its_place(change: Change, message: str) -> None:
    assert message in refusal(changed(change))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty"),
        (b"<!DOCTYPE html><html></html>", "HTML page"),
        (b'{"chart": "\xff"}', "utf-8"),
        (b"Too Many Requests\n", "no JSON; the vendor answered (Too Many Requests)"),
        (b"[" * 100_000, "payload is not JSON, or cut short"),
        (changed().replace(b"246.5,", b"NaN,", 1), "NaN is no number of JSON"),
        (b"[]", "chart is missing (answer: list)"),
        (b'{"finance": {"result": null}}', "chart is missing (answer: found finance)"),
        (b'{"chart": {"result": null, "error": null}}', "result is missing"),
        (b'{"chart": {"result": [], "error": null}}', "payload is not one chart"),
        (
            b'{"chart": {"result": null, "error": {"code": "Not Found", "description": "No data found"}}}',
            "payload is Yahoo's error, not a chart (chart.error: Not Found: No data found)",
        ),
    ],
)
def test_what_is_no_chart_is_refused(content: bytes, message: str) -> None:
    assert message in refusal(content)


def test_every_cut_is_refused() -> None:
    whole = changed()
    for end in range(0, len(whole) - 1, 7):
        refusal(whole[:end])


def test_closes_beside_dividends_are_no_total_return_index() -> None:
    told = "they are no total return index; return_basis is adjusted_close or price (events.dividends: 1 dividends)"
    assert told in refusal(changed(), return_basis="gross")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"return_basis": "net"}, "return_basis of a chart is one of adjusted_close, price, gross"),
        ({"return_basis": None}, "option return_basis is needed"),
        ({"currency": None}, "option currency is needed"),
        ({"series_id": None}, "option series_id is needed"),
    ],
)
def test_a_chart_needs_its_options(options: dict[str, Any], message: str) -> None:
    assert message in refusal(changed(), **options)


# Asking


def fetched(web: FakeHttp, **options: Any) -> Any:
    source = Source("yahoo", "index_level", options=OPTIONS | options, licence="theirs")
    [payload] = fetch_for("yahoo")(source, FetchContext(LAST, http=web))
    return payload


def test_a_chart_is_asked_for_in_the_same_words_every_night() -> None:
    web = FakeHttp({("GET", PATH): changed()})
    payload = fetched(web)
    assert (payload.vendor, payload.format, payload.subjects) == ("yahoo", "yahoo_chart_json", ("SMALL",))
    assert payload.place == (
        "https://query2.finance.yahoo.com/v8/finance/chart/IWM"
        "?period1=0&period2=9999999999&interval=1d&events=div%2Csplit"
    )
    assert [call.secret for call in web.calls] == [{}]
    assert len(parser_for(payload.format)(payload.content, payload.options)) == 4


def test_the_symbol_of_an_index_is_no_part_of_a_path_as_it_is() -> None:
    web = FakeHttp({("GET", "/v8/finance/chart/%5ERUTTR"): b"x"})
    assert fetched(web, symbol="^RUTTR").options["symbol"] == "^RUTTR"


def denied_without(crumb: str) -> Callable[[Call], bytes]:
    def answer(call: Call) -> bytes:
        if call.secret != {"crumb": crumb}:
            raise DeniedError("yahoo says 401")
        return changed()

    return answer


def test_who_is_denied_asks_once_more_with_a_crumb() -> None:
    crumb, no_page = b"Ab.c/1\n", NotThereError("404")
    web = FakeHttp(
        {("GET", PATH): denied_without("Ab.c/1"), ("GET", "/"): no_page, ("GET", "/v1/test/getcrumb"): crumb}
    )
    assert fetched(web).content == changed()
    assert [call.url for call in web.calls] == [
        "https://query2.finance.yahoo.com/v8/finance/chart/IWM",
        "https://fc.yahoo.com/",
        "https://query1.finance.yahoo.com/v1/test/getcrumb",
        "https://query2.finance.yahoo.com/v8/finance/chart/IWM",
    ]


def test_who_is_denied_twice_gives_up() -> None:
    web = FakeHttp(
        {("GET", PATH): DeniedError("yahoo says 401"), ("GET", "/"): b"", ("GET", "/v1/test/getcrumb"): b"x"}
    )
    with pytest.raises(DeniedError):
        fetched(web)
    assert len(web.calls) == 4


@pytest.mark.parametrize("answer", [b"", b"Too Many Requests", b"<html></html>", b'{"finance":1}', b"x" * 65, b"\xff"])
def test_what_is_no_crumb_is_not_sent(answer: bytes) -> None:
    web = FakeHttp({("GET", PATH): DeniedError("401"), ("GET", "/"): b"", ("GET", "/v1/test/getcrumb"): answer})
    with pytest.raises(FetchError, match="no crumb"):
        fetched(web)


def test_every_host_moves_with_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUHYO_YAHOO_URL", "http://127.0.0.1:1")
    web = FakeHttp({("GET", PATH): denied_without("x"), ("GET", "/"): b"", ("GET", "/v1/test/getcrumb"): b"x"})
    fetched(web)
    assert {call.url.partition("/v")[0].rstrip("/") for call in web.calls} == {"http://127.0.0.1:1"}


def test_without_a_symbol_there_is_nothing_to_ask() -> None:
    with pytest.raises(FetchError, match="option symbol is needed to ask yahoo for index_level"):
        fetched(FakeHttp({}), symbol=None)


# Real files


@pytest.mark.parametrize("symbol", ["IWM", "IWB"])
@pytest.mark.parametrize("basis", ["adjusted_close", "price"])
def test_real_prices_are_the_same_as_a_chart(shared_data: Path, symbol: str, basis: str) -> None:
    content = (shared_data / "index_levels" / "yahoo" / f"{symbol}.csv").read_bytes()
    options = OPTIONS | {"symbol": symbol, "return_basis": basis}
    frame = parser_for("yahoo_chart_json")(json.dumps(chart(content, symbol)).encode(), options)
    assert len(frame) == 5366
    pd.testing.assert_frame_equal(frame, parser_for("yahoo_csv")(content, options))


# Securities, one by one

SECURITIES = Source(
    "yahoo",
    "security_level",
    options={
        "members_of": ["SP500"],
        "held_by": ["IWM"],
        "return_basis": "adjusted_close",
        "currency": "USD",
    },
    licence="theirs",
)
DOWN, GONE = FetchError("HTTP 503"), NotThereError("HTTP 404")


def asking(web: FakeHttp, *tickers: str, **options: Any) -> Iterator[Payload]:
    """The payloads of a night that wants these tickers."""

    def securities(members_of: Sequence[str], held_by: Sequence[str], count: int) -> list[str]:
        assert (members_of, held_by) == (["SP500"], ["IWM"])
        return list(tickers)[:count]

    source = replace(SECURITIES, options={**SECURITIES.options, **options})
    return fetch_for("yahoo")(source, FetchContext(LAST, http=web, securities=securities))


def charts(**answers: Response) -> FakeHttp:
    """What is answered by symbol; an underscore stands for the hyphen."""
    return FakeHttp(
        {("GET", f"/v8/finance/chart/{name.replace('_', '-')}"): answer for name, answer in answers.items()}
    )


def chart_of(symbol: str) -> bytes:
    return json.dumps(chart(FILE, symbol)).encode()


def test_each_security_is_a_payload_and_a_source_of_its_own() -> None:
    web = charts(AAA=chart_of("AAA"), BF_B=chart_of("BF-B"))
    payloads = list(asking(web, "AAA", "BF.B"))
    assert [payload.place.partition("?")[0].rpartition("/")[2] for payload in payloads] == ["AAA", "BF-B"]
    frames = [parser_for(payload.format)(payload.content, payload.options) for payload in payloads]
    assert [set(frame["security_id"]) for frame in frames] == [{"AAA"}, {"BF.B"}]
    assert [set(frame["source"]) for frame in frames] == [{"yahoo AAA"}, {"yahoo BF-B"}]


def test_a_night_asks_for_no_more_securities_than_the_option_says() -> None:
    web = charts(AAA=b"1", BBB=b"2", CCC=b"3")
    assert [payload.content for payload in asking(web, "AAA", "BBB", "CCC", securities_per_night=2)] == [b"1", b"2"]
    assert len(web.calls) == 2
    counts: list[int] = []
    unlimited = FetchContext(LAST, http=web, securities=lambda members, held, count: counts.append(count) or [])  # type: ignore[func-returns-value]
    assert list(fetch_for("yahoo")(SECURITIES, unlimited)) == []
    assert counts == [1000]


def test_a_ticker_that_yahoo_does_not_have_is_no_failure() -> None:
    web = charts(AAA=GONE, BBB=GONE, CCC=GONE, DDD=GONE, EEE=b"5")
    assert [payload.content for payload in asking(web, "AAA", "BBB", "CCC", "DDD", "EEE")] == [b"5"]


def test_a_ticker_that_fails_does_not_cost_the_others() -> None:
    payloads = asking(charts(AAA=DOWN, BBB=b"2", CCC=DOWN, DDD=b"4"), "AAA", "BBB", "CCC", "DDD")
    assert [next(payloads).content, next(payloads).content] == [b"2", b"4"]
    with pytest.raises(FetchError, match="2 of 4 securities have not answered; AAA: HTTP 503; CCC: HTTP 503"):
        next(payloads)


def test_three_failures_in_a_row_end_the_night() -> None:
    web = charts(AAA=DOWN, BBB=GONE, CCC=DOWN, DDD=DOWN, EEE=DOWN, FFF=b"6")
    with pytest.raises(FetchError, match="4 of 6 securities"):
        list(asking(web, "AAA", "BBB", "CCC", "DDD", "EEE", "FFF"))
    assert web.calls[-1].url.endswith("/EEE")


def test_one_crumb_does_for_the_night() -> None:
    web = charts(AAA=denied_without("Crumb"), BBB=denied_without("Crumb"))
    web = FakeHttp({**web.responses, ("GET", "/"): b"", ("GET", "/v1/test/getcrumb"): b"Crumb"})
    assert len(list(asking(web, "AAA", "BBB"))) == 2
    assert [call.url.rpartition("/")[2] for call in web.calls] == ["AAA", "", "getcrumb", "AAA", "BBB"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"members_of": []}, "option members_of is a list of series ids"),
        ({"held_by": "IWM"}, "option held_by is a list of series ids"),
        ({"securities_per_night": 0}, "option securities_per_night is a whole number above 0"),
    ],
)
def test_the_options_of_a_night_are_looked_at(options: dict[str, Any], message: str) -> None:
    with pytest.raises(FetchError, match=message):
        list(asking(FakeHttp({}), **options))


def test_what_came_before_a_long_silence_is_another_owners() -> None:
    def silence(result: dict[str, Any]) -> None:
        result["timestamp"][0] = seconds(date(2025, 2, 1), OPEN)  # 401 days before 2026-03-09

    frame = parser_for("yahoo_chart_json")(changed(silence), SECURITY)
    assert frame.groupby("security_id")["date"].count().to_dict() == {"IWM": 3, "IWM~2": 1}


def test_a_chart_that_is_refused_leaves_the_other_securities_as_they_are(tmp_path: Path) -> None:
    connection = empty_warehouse("core.security_level", "meta.load", "meta.payload", "meta.check_result")
    broken = chart_of("BBB").replace(b"USD", b"GBp")
    context = FetchContext(
        LAST,
        http=charts(AAA=chart_of("AAA"), BBB=broken, CCC=DOWN),
        securities=lambda members, held, count: ["AAA", "BBB", "CCC"],
    )
    intake = Ingest(connection, Landing(tmp_path), context, DATASETS["security_level"]).ingest([SECURITIES])
    assert [set(rows["security_id"]) for _, rows in intake.accepted] == [{"AAA"}]
    assert ["currency is not USD" in intake.refused[0].reason, "CCC: HTTP" in intake.refused[1].reason] == [True, True]
    outcome = check_payloads("security_level", intake.refused, "study", LAST)
    assert not outcome.passed
    assert outcome.subjects is not None, "None would withhold every figure that stands on prices"
    assert len(outcome.subjects) == 2


# Charts made of panels


def test_a_ticker_of_both_panels_is_one_chart(shared_data: Path) -> None:
    content = json.dumps(chart_of_panels(shared_data, "AAPL")).encode()
    frame = parser_for("yahoo_chart_json")(content, SECURITY)
    assert str(frame["date"].iloc[-1].date()) == "2026-06-26"
    months, days = frame[frame["date"] < "2022-11-22"], frame[frame["date"] >= "2022-11-22"]
    assert (len(months), len(days)) == (323, 900)
    at_joint = days["level"].iloc[0] / months["level"].iloc[-1]
    assert 0.9 < at_joint < 1.1, "one scale"


def test_a_ticker_of_one_panel_ends_with_it(shared_data: Path) -> None:
    frame = parser_for("yahoo_chart_json")(json.dumps(chart_of_panels(shared_data, "AIR")).encode(), SECURITY)
    assert [str(frame["date"].iloc[at].date()) for at in (0, -1)] == ["1995-12-29", "2023-11-08"]
    assert "/v8/finance/chart/NOBODY" not in {route.path for route in routes(shared_data)}
