"""Files as their vendors lay them out: headers elsewhere, other signs, several header lines, lines behind the table."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pandas as pd
import pytest

from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for

PRICES = {"dataset": "index_level", "return_basis": "adjusted_close", "currency": "USD", "series_id": "EXA"}
SECURITY = PRICES | {"dataset": "security_level", "file_name": "EXA.csv"}


def levels(format: str, content: str, **options: Any) -> list[tuple[str, float]]:
    frame = parser_for(format)(content.encode(), PRICES | options)
    return list(zip(frame["date"].astype("str"), frame["level"], strict=True))


def refusal(format: str, content: str, **options: Any) -> str:
    with pytest.raises(PayloadError) as refused:
        parser_for(format)(content.encode(), PRICES | options)
    return str(refused.value)


# csv: where the header is, and what stands between cells

NAVS = "基準日,基準価額(円),分配金\n2026/03/10,10038,0\n2026/03/11,10101,5\n"
NAV_OPTIONS = {
    "dataset": "fund_nav", "fund_id": "A", "date_format": "%Y/%m/%d",
    "columns": {"date": "基準日", "nav_jpy": "基準価額(円)", "distribution_jpy": "分配金"},
}  # fmt: skip


def navs(content: str, **options: Any) -> pd.DataFrame:
    return parser_for("csv")(content.encode("cp932"), NAV_OPTIONS | {"encoding": "cp932"} | options)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (NAVS, {}),
        ("例米国株式\n" + NAVS, {"header_line": 2}),
        ("例米国株式,,\n2026年3月\n\n" + NAVS, {"header_line": 4}),
        (NAVS.replace(",", ";"), {"delimiter": ";"}),
        (NAVS.replace(",", "\t"), {"delimiter": "\t"}),
        ("例\n" + NAVS.replace(",", ";").replace("10038", "'10.038'"),
         {"header_line": 2, "delimiter": ";", "quote": "'", "decimal": ","}),
    ],
)  # fmt: skip
def test_the_header_is_where_the_options_say(content: str, options: dict[str, Any]) -> None:
    assert navs(content, **options)["nav_jpy"].tolist() == [10_038, 10_101]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("例米国株式\n" + NAVS, {}, "option header_line = 2 says where it is (line 1: 例米国株式)"),
        ("例\n\n" + NAVS.replace(",", ";"), {}, 'option header_line = 3 and option delimiter = ";" says where'),
        (NAVS.replace(",", "\t"), {}, 'option delimiter = "\\t" says where'),
        ("例\n" + NAVS.replace("基準日", "日付"), {},
         "instead of 1; line 1 is no header of such rows (line 2)"),
        (NAVS.replace("基準日", "日付"), {}, "column 基準日 is missing (line 1: found 日付, "),
        (NAVS, {"header_line": 9}, "payload has no line 9 (option header_line) (3 lines)"),
        (NAVS, {"header_line": 0}, "option header_line is the number of a line, from 1 (0)"),
        (NAVS, {"header_line": True}, "option header_line is the number of a line"),
        (NAVS, {"delimiter": ";;"}, "option delimiter is one sign (;;)"),
        (NAVS, {"quote": ""}, "option quote is one sign"),
    ],
)  # fmt: skip
def test_a_header_elsewhere_is_told_with_its_option(content: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(PayloadError) as refused:
        navs(content, **options)
    assert message in str(refused.value)


# A fund's last row

TOUSHIN = "年月日,基準価額(円),純資産総額（百万円）,分配金,決算期\n2026年03月10日,9888,10,,\n2026年03月11日,{},{},,\n"


@pytest.mark.parametrize("nav", ["", "－", "-"])
def test_a_redeemed_funds_last_row_is_left_out(nav: str) -> None:
    frame = parser_for("toushin_nav_csv")(TOUSHIN.format(nav, "").encode("cp932"), {"file_name": "nav_9I31223A.csv"})
    assert frame["nav_jpy"].tolist() == [9888]
    mapped = navs(NAVS.replace("10101,5", f"{nav},"))
    assert mapped["nav_jpy"].tolist() == [10_038]
    newest_first = "\n".join([NAVS.splitlines()[0], *NAVS.splitlines()[:0:-1]]).replace("10101,5", f"{nav},") + "\n"
    assert navs(newest_first)["nav_jpy"].tolist() == [10_038]


def test_a_nav_missing_before_the_last_day_is_refused() -> None:
    with pytest.raises(PayloadError, match=r"nav_jpy is missing \(line 2\)"):
        navs(NAVS.replace("10038", ""))
    with pytest.raises(PayloadError, match="nav_jpy is needed and not given"):
        navs(NAVS.replace("10038", "").replace("10101", ""))


# yfinance and Yahoo's charts

THREE_LINES = """Price,Adj Close,Close,Volume
Ticker,EXA,EXA,EXA
Date,,,
2026-03-10,249.1,250.1,1000
2026-03-11,248.2,249.3,1000
"""
WANTED = [("2026-03-10", 249.1), ("2026-03-11", 248.2)]


@pytest.mark.parametrize(
    "content",
    [
        THREE_LINES,
        THREE_LINES.replace("Date,", "Datetime,").replace("-10,", "-10 00:00:00-04:00,")
         .replace("-11,", "-11 00:00:00-04:00,"),
        "Ticker,EXA,EXA,EXA\nPrice,Adj Close,Close,Volume\n" + THREE_LINES.partition("EXA,EXA\n")[2],
        THREE_LINES.replace("Ticker,EXA,EXA,EXA", "Symbols,EXA,EXA,EXA").replace("Price,", "Attributes,"),
        "Price,Adj Close,Adj Close\nTicker,OTHER,EXA\nDate,,\n2026-03-10,1,249.1\n2026-03-11,2,248.2\n",
        "Datetime,Adj Close\n2026-03-10,249.1\n2026-03-11,248.2\n",
    ],
)  # fmt: skip
def test_yfinances_headers_are_read(content: str) -> None:
    assert levels("yahoo_csv", content) == WANTED
    assert parser_for("yahoo_csv")(content.encode(), SECURITY)["level"].tolist() == [249.1, 248.2]


AUTO_ADJUSTED = "Price,Close,Volume\nTicker,EXA,EXA\nDate,,\n2026-03-10,249.1,7\n2026-03-11,248.2,7\n"


def test_a_close_that_yfinance_adjusted_is_no_price_before_it_is_said_so() -> None:
    assert "Close is adjusted for dividends where yfinance leaves Adj Close out" in refusal(
        "yahoo_csv", AUTO_ADJUSTED, return_basis="price"
    )
    assert 'level_column = "Close" says so' in refusal("yahoo_csv", AUTO_ADJUSTED)
    frame = parser_for("yahoo_csv")(AUTO_ADJUSTED.encode(), PRICES | {"level_column": "Close"})
    assert frame["level"].tolist() == [249.1, 248.2]
    assert frame["close"].isna().all()


@pytest.mark.parametrize(
    "options", [{"series_id": "OTHER"}, {"symbol": "OTHER"}, SECURITY | {"file_name": "OTHER.csv"}]
)
def test_prices_of_another_ticker_are_refused(options: dict[str, Any]) -> None:
    refused = refusal("yahoo_csv", THREE_LINES, **options)
    assert refused == "prices are not those of OTHER: option symbol names the ticker of the file (line 2: EXA)"
    assert levels("yahoo_csv", THREE_LINES, series_id="RU2000TR", symbol="EXA") == WANTED


@pytest.mark.parametrize("format", ["yahoo_csv", "eodhd_csv"])
def test_two_bars_of_a_day_are_one_where_they_say_the_same(format: str) -> None:
    content = "Date,Close,Adj Close\n2026-03-10,250,249.1\n2026-03-11,249,248.2\n"
    content = content.replace("Adj Close", "Adjusted_close") if format == "eodhd_csv" else content
    for other in ("2026-03-11,249,248.2", "2026-03-11 16:00:01-04:00,249,248.2", "2026-03-11,,"):
        assert levels(format, content + other + "\n") == WANTED
        assert len(parser_for(format)((content + other + "\n").encode(), SECURITY)) == 2
    for options in ({}, SECURITY):
        assert "date is given twice" in refusal(format, content + "2026-03-11,249,248.3\n", **options)


# EODHD

EODHD = "Date,Open,High,Low,Close,Adjusted_close,Volume\n2026-03-10,1,1,1,250,249.1,1\n2026-03-11,1,1,1,249,248.2,1\n"


@pytest.mark.parametrize("count", ["", "121\n", "121", "1120\r\n", "5210", "20261\n", "2026\n"])
def test_a_count_in_the_last_line_is_no_row(count: str) -> None:
    assert levels("eodhd_csv", EODHD + count) == WANTED


@pytest.mark.parametrize("end", ["2", "20", "2026", "2026-03-1", "2026-03-12,1,1"])
def test_a_row_that_is_cut_is_no_count(end: str) -> None:
    assert "payload is cut short" in refusal("eodhd_csv", EODHD + end)


@pytest.mark.parametrize("format", ["eodhd_csv", "yahoo_csv", "fred_csv", "csv", "membership_intervals_csv"])
@pytest.mark.parametrize(
    "text", ["Ticker Not Found.", "Unauthenticated\n", '{"message": "limit reached", "code": 429}']
)
def test_a_line_of_text_is_the_vendors_answer(format: str, text: str) -> None:
    columns = {"date": "Date", "level": "Close"}
    assert refusal(format, text, columns=columns).endswith(f"the vendor answered ({text.strip()})")


# What a file says it is


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("EXA", {}, ""), ("VALUE", {}, ""), ("FRED_NAME", {"fred_id": "FRED_NAME"}, ""),
        ("OTHER", {},
         "series is not EXA; where FRED calls it otherwise than we do, option fred_id says how (line 1: OTHER)"),
        ("EXA_PC1", {}, "series is transformed"), ("EXA_CHG", {"fred_id": "EXA_CHG"}, "series is transformed"),
        ("EXA_NBD20200101", {}, "series is transformed"), ("exa", {}, "series is not EXA"),
    ],
)  # fmt: skip
def test_fred_names_its_series(name: str, options: dict[str, Any], message: str) -> None:
    content = f"observation_date,{name}\n2026-03-10,249.1\n2026-03-11,248.2\n"
    if message:
        assert message in refusal("fred_csv", content, **options)
        rates = options | {"dataset": "policy_rate"}
        assert message in refusal("fred_csv", content, **rates)
    else:
        assert levels("fred_csv", content, **options) == WANTED


def test_freds_answer_of_a_transformed_series_is_refused() -> None:
    answer = {"units": "lin", "count": 1, "observations": [{"date": "2026-03-10", "value": "1"}]}
    assert levels("fred_json", json.dumps(answer)) == [("2026-03-10", 1.0)]
    assert "series is transformed" in refusal("fred_json", json.dumps(answer), series_id="EXA_PCH")
    assert "not the levels themselves" in refusal("fred_json", json.dumps(answer | {"units": "pc1"}))


HOLDINGS = """{name}
Fund Holdings as of,"{day}"

{header}
"AAA","ALPHA INC","Industrials","{kind}","70,123,456.00","8.12","150,000.00","467.50","NASDAQ","USD"
"BBB","BETA INC","Industrials","{kind}","30,000,000.00","3.50","300,000.00","100.00","NASDAQ","USD"

"The content, 2026, of this file"
"""
HEADER = "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),{},Price,Exchange,Market Currency"


def holdings(content: str = HOLDINGS, file_name: str = "IWB_holdings.csv", **changes: str) -> pd.DataFrame:
    stated = {
        "name": "iShares Russell 1000 ETF",
        "day": "Sep 30, 2026",
        "header": HEADER.format("Quantity"),
        "kind": "Equity",
    }
    text = content.format(**stated | changes)
    return parser_for("ishares_csv")(text.encode(), {"dataset": "holding", "file_name": file_name})


@pytest.mark.parametrize("day", ["Sep 30, 2026", "30/Sep/2026", "30-Sep-2026", "30 Sep 2026"])
@pytest.mark.parametrize(
    "header", [HEADER.format("Quantity"), HEADER.format("Nominal"), "Issuer " + HEADER.format("Nominal")]
)
def test_holdings_of_a_site_outside_the_us_are_read(day: str, header: str) -> None:
    frame = holdings(day=day, header=header)
    assert frame[["ticker", "market_value_usd", "weight", "quantity"]].to_numpy().tolist() == [
        ["AAA", 70_123_456, 0.0812, 150_000], ["BBB", 30_000_000, 0.035, 300_000],
    ]  # fmt: skip
    assert set(frame["as_of"].dt.date) == {date(2026, 9, 30)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"day": "30/Sept/2026"}, "day of the holdings can't be read"),
        ({"day": "03/09/2026"}, "day of the holdings can't be read"),
        ({"day": "31/Sep/2026"}, "day of the holdings can't be read"),
        ({"header": "Emittententicker,Name"}, "the English csv of www.ishares.com/us is wanted"),
        ({"content": HOLDINGS.replace("467.50", "360.00").replace('"100.00"', '"77.00"'),
          "header": HEADER.format("Nominal")},
         "nothing says that market values are US dollars"),
        ({"content": HOLDINGS.replace('\n"BBB"', '\n\n"BBB"')},
         "rows stand behind the blank line that ends the table of holdings"),
        ({"content": HOLDINGS.replace('\n"BBB"', '\n\u00a0\n"BBB"')}, "rows stand behind the blank line"),
        ({"name": "iShares Russell 2000 ETF"},
         "holdings are not those of IWB (2000) (line 1: iShares Russell 2000 ETF)"),
        ({"name": "iShares Russell 1000 Value ETF"}, "holdings are not those of IWB (value)"),
        ({"file_name": "IWM_holdings.csv"}, "holdings are not those of IWM (1000)"),
        ({"file_name": "IJR_holdings.csv", "name": "iShares Core S&P Mid-Cap ETF"},
         "holdings are not those of IJR (midcap)"),
    ],
)  # fmt: skip
def test_holdings_of_another_kind_are_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(PayloadError) as refused:
        holdings(**changes)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("fund", "name"),
    [
        ("IJR", "iShares Core S&P Small-Cap ETF"), ("IJR", "iShares S&P SmallCap 600 Index Fund"),
        ("IVV", "iShares Core S&P 500 ETF"), ("IWM", "iShares Russell 2000 Index Fund"), ("IWB", "iShares Example ETF"),
        ("XYZ", "iShares Russell 2000 Value ETF"),
    ],
)  # fmt: skip
def test_a_funds_own_names_are_taken(fund: str, name: str) -> None:
    assert set(holdings(name=name, file_name=f"{fund}_holdings.csv")["series_id"]) == {fund}
