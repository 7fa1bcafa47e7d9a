"""Formats of members, holdings and securities' prices: exact values, every refusal, and the real files."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.drop import Entry, read_drop
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for
from warehouse.contract import BOOKKEEPING, contracts

MEMBERS = b"ticker,start_date,end_date\nA,2000-06-05,\nAAL,1996-01-02,1997-01-15\nAAL,2015-03-23,2024-09-23\n"

PREAMBLE = 'Invented Fund\nFund Holdings as of,"Jun 19, 2026"\nInception Date,"May 22, 2000"\nStock,"-"\n'
TYPED = (
    PREAMBLE + "\nTicker,Name,Type,Sector,Asset Class,Market Value,Quantity,Exchange,Market Weight\n"
    '"AAA","ALPHA ""A"" INC","EQUITY","Energy","Equity","703,025,277.90","4,700,938.00","NASDAQ","0.57"\n'
    '"-","BETA, INC","SWAP","Energy","Equity","0.00","10.00","-","-"\n'
    '"USD","USD CASH","CASH","Cash and/or Derivatives","Cash","-1,234.50","-1,234.00","-","-0.04"\n'
    '\n"Words of nobody, over\nsome lines"'
)
OLDER = (
    "﻿"
    + PREAMBLE.replace("Jun 19, 2026", "Apr 06, 2023")
    + "\xa0\nTicker,Name,Sector,Asset Class,Market Value,Weight (%),Shares\n"
    '"AAA","ALPHA","Energy","Equity","1,000","7.12","132,089,986.00"\n\xa0\n"Words"\n'
)
BARE = (
    "﻿Ticker,Name,Type,Sector,Asset Class,Market Value,Weight (%),Shares,CUSIP,ISIN,Exchange\n"
    '"GME","GAME","Equity","Retail","Equity","5.00","1.38","3.00","36467W109","US36467W1099","NYSE"\n\xa0 \n"Words"'
)
YAHOO = (
    b"Date,High,Low,Open,Close,Volume,Adj Close\n"
    b"2026-03-12,3,3,3,3.5,10,3.25\n"
    b"2026-03-10,1,1,1,1.5,10,-0.25\n"
    b"2026-03-11,2,2,2,2.5,10,2.25\n"
    b"2026-03-13,null,null,null,null,null,null\n"
)
EODHD = b"Date,Open,High,Low,Close,Adjusted_close,Volume\n2026-03-10,1,1,1,1.5,0,9\n2026-03-11,1,1,1,2.5,2.25,9\n"

PRICES = {"dataset": "security_level", "return_basis": "adjusted_close", "currency": "USD", "file_name": "prices.x.csv"}
MAPPED_PRICES = {"columns": {"security_id": "id", "date": "day", "level": "px"}}
MAPPED_SECURITIES = {
    "dataset": "security",
    "columns": {
        "security_id": "id", "ticker_from": "from", "ticker": "t", "exchange": "x", "delisted_on": "end",
        "delisting_code": "code", "delisting_return": "ret", "delisting_cause": "why",
    },
    "scale": {"delisting_return": 0.01},
}  # fmt: skip
SECURITIES = (
    "id,from,t,x,end,code,ret,why\n1,2000-01-03,AA,NYSE,2001-02-02,552,-30,performance\n2,2003-01-02,AA,-,,,,\n"
)


def parse(format: str, content: bytes | str, **options: Any) -> pd.DataFrame:
    return parser_for(format)(content.encode() if isinstance(content, str) else content, options)


def refusal(format: str, content: bytes | str, **options: Any) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(format, content, **options)
    return str(caught.value)


def rows(frame: pd.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    """Rows with None for what is missing and text for dates."""
    plain = frame[list(names)] if names else frame
    for name in plain.select_dtypes("datetime").columns:
        plain = plain.assign(**{name: plain[name].dt.strftime("%Y-%m-%d")})
    plain = plain.astype(object)
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def parquet(columns: dict[str, Any], schema: pa.Schema | None = None) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), sink)
    return sink.getvalue()


def long_panel(*prices: tuple[str, str, float | None, float | None]) -> bytes:
    tickers, days, closes, adjusted = zip(*prices, strict=True)
    return parquet(
        {
            "ticker": pa.array(tickers, pa.large_string()),
            "date": pa.array([date.fromisoformat(day) for day in days], pa.date32()),
            "close": pa.array(closes, pa.float32()),
            "adj_close": pa.array(adjusted, pa.float64()),
            "avg_dollar_volume": pa.array([1.0] * len(days), pa.float32()),
        }
    )


def wide_panel(days: list[str], **prices: list[float | None]) -> bytes:
    times = pa.array(pd.to_datetime(days).astype("datetime64[ms]"))
    return parquet({ticker: pa.array(cells, pa.float64()) for ticker, cells in prices.items()} | {"time": times})


LONG = long_panel(("B", "2020-01-31", 2.5, 2.25), ("A", "2020-02-28", 1.5, 1.25), ("A", "2020-01-31", 3.5, 3.25))
WIDE = wide_panel(["2020-01-30", "2020-01-31"], B=[2.5, None], A=[1.5, 1.25])

GOOD: dict[str, tuple[str, bytes | str, dict[str, Any]]] = {
    "members": ("membership_intervals_csv", MEMBERS, {"dataset": "membership", "series_id": "X"}),
    "holdings": ("ishares_csv", TYPED, {"dataset": "holding", "file_name": "IJR_holdings_20260619.csv"}),
    "long": ("price_panel_parquet", LONG, PRICES),
    "wide": ("price_wide_parquet", WIDE, PRICES),
    "yahoo": ("yahoo_csv", YAHOO, PRICES),
    "eodhd": ("eodhd_csv", EODHD, PRICES),
    "mapped prices": ("csv", "id,day,px\nA,2020-01-31,1\n", PRICES | MAPPED_PRICES),
    "mapped securities": ("csv", SECURITIES, MAPPED_SECURITIES),
    "mapped members": (
        "csv",
        "t,a,b\nA,2020-01-31,\n",
        {"dataset": "membership", "series_id": "X", "columns": {"ticker": "t", "valid_from": "a", "valid_to": "b"}},
    ),
    "mapped holdings": (
        "csv",
        "t,w\nA,50\nA,50\n",
        {
            "dataset": "holding", "series_id": "X", "as_of": "2026-03-11",
            "columns": {"ticker": "t", "weight": "w"}, "scale": {"weight": 0.01},
        },
    ),
}  # fmt: skip
PANELS = ["long", "wide"]


def parse_good(case: str, content: bytes | str | None = None, **options: Any) -> pd.DataFrame:
    format, usual, needed = GOOD[case]
    return parse(format, usual if content is None else content, **needed | options)


def refusal_of(case: str, content: bytes | str | None = None, **options: Any) -> str:
    format, usual, needed = GOOD[case]
    return refusal(format, usual if content is None else content, **needed | options)


# Every format


@pytest.mark.parametrize("case", GOOD)
def test_columns_and_types_are_those_of_the_contract(case: str) -> None:
    frame = parse_good(case)
    dataset = GOOD[case][2]["dataset"]
    stated = [c for c in contracts()[f"core.{dataset}"].column if c.name not in BOOKKEEPING]
    extra = ["quantum"] if dataset == "security_level" else []
    assert list(frame.columns) == [c.name for c in stated] + extra
    types = {"VARCHAR": "str", "DATE": "datetime64[us]", "DOUBLE": "float64", "INTEGER": "Int64"}
    assert {c.name: str(frame[c.name].dtype) for c in stated} == {c.name: types[c.type] for c in stated}
    assert list(frame.index) == list(range(len(frame)))


@pytest.mark.parametrize("case", GOOD)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty (0 bytes)"),
        (b" \r\n\r\n", "payload is empty"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html><body>Ticker,Sorry</body></html>\n\n", "HTML page"),
        (b"\n<html>\n", "HTML page"),
    ],
)
def test_what_is_no_data_is_refused(case: str, content: bytes, message: str) -> None:
    assert message in refusal_of(case, content)


@pytest.mark.parametrize("case", ["members", "yahoo", "eodhd", "mapped prices", "mapped securities"])
def test_a_cut_inside_a_row_and_a_header_alone_are_refused(case: str) -> None:
    text = GOOD[case][1]
    content = text.encode() if isinstance(text, str) else text
    for length in range(1, len(content)):
        if not content[:length].endswith(b"\n"):
            refusal_of(case, content[:length])
    assert "payload has no rows" in refusal_of(case, content.splitlines(keepends=True)[0])


@pytest.mark.parametrize("case", PANELS)
def test_every_cut_of_a_parquet_file_is_refused(case: str) -> None:
    content = GOOD[case][1]
    for length in range(1, len(content)):
        refusal_of(case, content[:length])
    assert "not a whole Parquet file" in refusal_of(case, content[:-1])
    assert "not a whole Parquet file" in refusal_of(case, b"ticker,date\nA,2020-01-31\n")


# Members


def test_members_are_intervals_with_an_exclusive_end() -> None:
    assert rows(parse_good("members")) == [
        ("X", "A", "2000-06-05", "A", None),
        ("X", "AAL", "1996-01-02", "AAL", "1997-01-15"),
        ("X", "AAL", "2015-03-23", "AAL", "2024-09-23"),
    ]


def test_a_ticker_may_come_back_on_the_day_it_left_and_be_called_na() -> None:
    frame = parse_good("members", b"ticker,start_date,end_date\nNA,2001-01-03,\nNA,2000-01-03,2001-01-03\n")
    assert rows(frame, "ticker", "valid_from") == [("NA", "2001-01-03"), ("NA", "2000-01-03")]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("A,2000-01-03,2000-01-03", "ends on or before its first day (line 2: A from 2000-01-03 to 2000-01-03)"),
        ("A,2000-01-03,1999-01-04", "ends on or before its first day (line 2: A from 2000-01-03 to 1999-01-04)"),
        ("A,2000-01-03,\nB,2000-01-03,\nA,2001-01-03,", "of one security overlap (line 4: A, also line 2)"),
        ("A,2001-01-03,\nA,2000-01-03,2001-01-04", "of one security overlap (line 2: A, also line 3)"),
        ("A,2000-01-03,2002-01-03\nA,2001-01-03,2001-02-01", "overlap (line 3: A, also line 2)"),
        ("A,2000-01-03,\nA,2000-01-03,", "row is given twice (line 3: X, A, 2000-01-03)"),
        ("A,,2000-01-03", "date can't be read (line 2: empty)"),
        ("A,2000-01-03,never", "date can't be read (line 2: never)"),
        ("B,2000-01-03,\n,2000-01-03,", "security_id is missing (line 3)"),
        ("A,2000-01-03", "cut short: its last row has 2 fields instead of 3"),
    ],
)
def test_members_that_are_no_history_are_refused(lines: str, message: str) -> None:
    assert message in refusal_of("members", f"ticker,start_date,end_date\n{lines}\n")


def test_members_need_their_columns_and_a_series() -> None:
    assert "column end_date is missing" in refusal_of("members", b"ticker,start_date\nA,2000-01-03\n")
    assert "option series_id is needed" in refusal_of("members", series_id="")


# Holdings


def test_holdings_with_types_and_market_weights() -> None:
    day, cash = ("IJR", "2026-06-19"), "Cash and/or Derivatives"
    none = (None, None)
    assert rows(parse_good("holdings")) == [
        (*day, 1, 'ALPHA "A" INC', "AAA", "Equity", "Energy", 703025277.90, 0.0057, 4700938.0, None, *none, "NASDAQ"),
        (*day, 2, "BETA, INC", None, "Equity", "Energy", 0.0, None, 10.0, None, *none, None),
        (*day, 3, "USD CASH", "USD", "Cash", cash, -1234.5, -0.0004, -1234.0, None, *none, None),
    ]


def test_holdings_of_an_older_layout_and_without_a_preamble() -> None:
    names = ("series_id", "as_of", "ticker", "weight", "quantity", "cusip", "isin", "exchange")
    older = parse("ishares_csv", OLDER, series_id="IVV")
    assert rows(older, *names) == [("IVV", "2023-04-06", "AAA", 0.0712, 132089986.0, None, None, None)]
    bare = parse("ishares_csv", BARE, file_name="IJR_x.csv", as_of="2021-04-01")
    assert rows(bare, *names) == [("IJR", "2021-04-01", "GME", 0.0138, 3.0, "36467W109", "US36467W1099", "NYSE")]


def test_holdings_carry_the_price_where_a_layout_has_one() -> None:
    priced = TYPED.replace("Quantity,", "Quantity,Price,").replace('"4,700,938.00"', '"4,700,938.00","1,149.55"')
    priced = priced.replace('"10.00","-"', '"10.00","-","-"').replace('"-1,234.00","-"', '"-1,234.00","100.00","-"')
    assert parse_good("holdings", priced)["price"].tolist()[::2] == [1149.55, 100.0]
    assert parse_good("holdings", priced)["price"].isna().tolist() == [False, True, False]
    mapped = parse(
        "csv",
        "t,p,x,d\nAAA,0.01,NO MARKET,2026-06-19\n",
        dataset="holding",
        series_id="IVV",
        columns={"ticker": "t", "price": "p", "exchange": "x", "as_of": "d"},
    )
    assert rows(mapped, "ticker", "price", "exchange") == [("AAA", 0.01, "NO MARKET")]


def test_holdings_may_have_windows_line_ends_and_their_own_day_wins() -> None:
    frame = parse_good("holdings", TYPED.replace("\n", "\r\n"), as_of="2001-01-03")
    assert rows(frame) == rows(parse_good("holdings"))


def test_holdings_cut_inside_the_table_are_refused_and_cut_in_the_small_print_are_whole() -> None:
    for text in (TYPED, OLDER, BARE):
        content = text.encode()
        end = content.index(b"\n\n" if text is TYPED else "\n\xa0".encode(), content.index(b"Ticker,"))
        blank = end + (2 if text is TYPED else 3)
        for length in range(1, blank):
            refusal("ishares_csv", content[:length], series_id="X", as_of="2021-04-01")
        whole = parse("ishares_csv", content, series_id="X", as_of="2021-04-01")
        for length in range(blank, len(content)):
            assert len(parse("ishares_csv", content[:length], series_id="X", as_of="2021-04-01")) == len(whole)
    assert "no blank line ends its table" in refusal_of("holdings", TYPED[: TYPED.index("\n\n", 200) + 1])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Ticker,Name", "Symbol,Name", "no table of holdings: no line begins with Ticker; the English csv"),
        ("Jun 19, 2026", "-", "day of the holdings can't be read (line 2: -)"),
        ("Jun 19, 2026", "Jun 31, 2026", "day of the holdings can't be read (line 2: Jun 31, 2026)"),
        ("Jun 19, 2026", "19/06/2026", "day of the holdings can't be read (line 2: 19/06/2026)"),
        ("Fund Holdings as of", "As of", "no line 'Fund Holdings as of' before the table (Invented Fund)"),
        ("703,025,277.90", "7,03,025.90", "Market Value is not a number (line 7: 7,03,025.90)"),
        ('"0.57"', '"n/a"', "Market Weight is not a number (line 7: n/a)"),
        ("Quantity", "Amount", "column Shares or Quantity is missing (line 6"),
        ("Market Weight", "Share", "column Weight (%) or Market Weight is missing (line 6"),
        (',"NASDAQ"', "", "row has 8 fields instead of 9 (line 7)"),
    ],
)
def test_a_defect_of_holdings_is_refused_with_its_place(old: str, new: str, message: str) -> None:
    assert TYPED.count(old) == 1
    assert message in refusal_of("holdings", TYPED.replace(old, new))


def test_holdings_need_a_day_a_fund_and_rows() -> None:
    assert "option as_of is needed" in refusal("ishares_csv", BARE, series_id="X")
    assert "option as_of can't be read (soon)" in refusal("ishares_csv", BARE, series_id="X", as_of="soon")
    assert "option file_name is needed" in refusal("ishares_csv", TYPED)
    assert "the file's name begins with no fund (_x.csv)" in refusal("ishares_csv", TYPED, file_name="_x.csv")
    header = BARE.splitlines()[0] + "\n\n"
    assert "payload has no rows (line 1)" in refusal("ishares_csv", header, series_id="X", as_of="2021-04-01")


# Prices of securities


def test_a_long_panel_is_sorted_and_named_after_its_file() -> None:
    frame = parse_good("long")
    assert rows(frame) == [
        ("A", "prices.x", "2020-01-31", 3.25, 3.5, None, None, "adjusted_close", "USD", 0.0),
        ("A", "prices.x", "2020-02-28", 1.25, 1.5, None, None, "adjusted_close", "USD", 0.0),
        ("B", "prices.x", "2020-01-31", 2.25, 2.5, None, None, "adjusted_close", "USD", 0.0),
    ]
    assert frame.attrs == {"rejected_rows": 0, "rejected_because": ""}
    assert parse_good("long", return_basis="price")["level"].tolist() == [3.5, 1.5, 2.5]
    assert set(parse_good("long", source="panel")["source"]) == {"panel"}


def test_a_wide_panel_has_no_row_where_there_is_no_price() -> None:
    frame = parse_good("wide")
    assert rows(frame) == [
        ("A", "prices.x", "2020-01-30", 1.5, None, None, None, "adjusted_close", "USD", 0.0),
        ("A", "prices.x", "2020-01-31", 1.25, None, None, None, "adjusted_close", "USD", 0.0),
        ("B", "prices.x", "2020-01-30", 2.5, None, None, None, "adjusted_close", "USD", 0.0),
    ]
    assert frame.attrs["rejected_rows"] == 0


def test_unusable_prices_of_a_long_panel_are_left_out_and_counted() -> None:
    content = long_panel(
        ("A", "2020-01-31", 1.0, 1.0),
        ("A", "2020-02-28", 1.0, 0.0),
        ("A", "2020-03-31", 1.0, None),
        ("A", "2020-04-30", 1.0, -0.5),
        ("A", "2020-05-29", 1.0, float("inf")),
        ("B", "2020-01-31", None, 2.0),
    )
    frame = parse_good("long", content)
    assert rows(frame, "security_id", "level", "close") == [("A", 1.0, 1.0), ("B", 2.0, None)]
    assert frame.attrs["rejected_rows"] == 4
    assert frame.attrs["rejected_because"] == "level is missing or not above 0 (first A on 2020-02-28: 0.0)"


def test_unusable_prices_of_a_wide_panel_are_left_out_and_counted() -> None:
    frame = parse_good("wide", wide_panel(["2020-01-30", "2020-01-31"], A=[-1.0, None], B=[2.0, 0.0]))
    assert rows(frame, "security_id", "level") == [("B", 2.0)]
    assert frame.attrs["rejected_rows"] == 2


@pytest.mark.parametrize("case", PANELS)
def test_copies_left_by_an_editor_are_ignored(case: str) -> None:
    name = "A-checkpoint"
    content = {
        "long": long_panel(("A", "2020-01-31", 1, 1), (name, "2020-01-31", 2, 0), (name, "2020-01-31", 2, 2)),
        "wide": wide_panel(["2020-01-31"], **{"A": [1.0], name: [0.0]}),
    }[case]
    frame = parse_good(case, content)
    assert rows(frame, "security_id", "level") == [("A", 1.0)]
    assert frame.attrs["rejected_rows"] == 0


def test_earlier_owners_of_a_ticker_get_ids_of_their_own() -> None:
    """2019-05-05 is 400 days after 2018-03-31, which is still the same owner; one day more is another one."""
    content = long_panel(
        ("A", "2020-06-09", 6, 6),
        ("A", "2018-03-31", 4, 4),
        ("A", "2016-12-30", 2, 2),
        ("A", "2017-01-31", 3, 3),
        ("A", "2019-05-05", 5, 5),
        ("A", "2010-01-29", 1, 1),
        ("B", "2010-01-29", 7, 7),
        ("B", "2011-01-31", 8, 8),
    )
    assert rows(parse_good("long", content), "security_id", "date", "level") == [
        ("A", "2020-06-09", 6),
        ("A~2", "2018-03-31", 4),
        ("A~2", "2019-05-05", 5),
        ("A~3", "2016-12-30", 2),
        ("A~3", "2017-01-31", 3),
        ("A~4", "2010-01-29", 1),
        ("B", "2010-01-29", 7),
        ("B", "2011-01-31", 8),
    ]


PAID = (
    b"Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits\n"
    b"2026-01-16,1,1,1,100.5,100.5,10,0.0,0.0\n2026-01-20,1,1,1,100.6,101.45,10,0.85,\n"
    b"2026-01-21,1,1,1,50.3,101.4,10,0,2.0\n"
)


def test_dividends_and_splits_beside_prices_are_kept() -> None:
    found = rows(parse("yahoo_csv", PAID, **PRICES), "date", "close", "dividend", "split_factor")
    assert found == [("2026-01-16", 100.5, 0, 1), ("2026-01-20", 100.6, 0.85, 1), ("2026-01-21", 50.3, 0, 2)]
    assert rows(parse_good("yahoo"), "dividend", "split_factor") == [(None, None)] * 2
    content = "id,day,px,cash,split\nA,2020-01-31,1,0.5,\n"
    columns = MAPPED_PRICES["columns"] | {"dividend": "cash", "split_factor": "split"}
    assert rows(parse("csv", content, **PRICES, columns=columns), "dividend", "split_factor") == [(0.5, 1)]


@pytest.mark.parametrize("case", PANELS)
@pytest.mark.parametrize(
    ("first", "then", "days", "owners"),
    [
        (12.5, 181.0, 132, 2),  # a fund's ticker, then a company's
        (181.0, 12.5, 132, 2),
        (10.0, 40.5, 46, 2),
        (10.0, 150.0, 45, 1),  # a month-end is missing: for the check of jumps to say
        (10.0, 39.5, 399, 1),
        (10.0, 4.0, 132, 1),  # a trading halt of four months
        (10.0, 10.0, 400, 1),
        (10.0, 10.0, 401, 2),
    ],
)
def test_a_gap_and_a_jump_together_show_another_owner(
    case: str, first: float, then: float, days: int, owners: int
) -> None:
    start = date(2022, 1, 31)
    dated = [(start, first), (start + timedelta(days), then), (start + timedelta(days + 1), then)]
    if case == "long":
        content = long_panel(*(("A", day.isoformat(), level, level) for day, level in dated))
    else:
        content = wide_panel([day.isoformat() for day, _ in dated], A=[level for _, level in dated])
    ids = rows(parse_good(case, content), "security_id", "level")
    assert ids == [("A", then), ("A", then), ("A~2", first)] if owners == 2 else {name for name, _ in ids} == {"A"}


def test_an_unusable_price_beside_a_gap_is_no_jump() -> None:
    days = ["2021-01-29", "2021-06-30", "2021-07-30"]
    frame = parse_good("wide", wide_panel(days, A=[1.0, -1.0, 9.0]))
    assert rows(frame, "security_id", "level") == [("A", 1), ("A", 9)]


def test_an_unusable_price_shows_the_same_owner_and_a_missing_one_does_not() -> None:
    days = ["2018-01-31", "2019-01-31", "2020-01-31"]
    frame = parse_good("wide", wide_panel(days, A=[1.0, -1.0, 3.0], B=[1.0, None, 3.0]))
    assert rows(frame, "security_id", "level") == [("A", 1), ("A", 3), ("B", 3), ("B~2", 1)]
    content = long_panel(*(("B", day, 1, price) for day, price in zip(days, [1, None, 3], strict=True)))
    assert rows(parse_good("long", content), "security_id", "level") == [("B", 3), ("B~2", 1)]


def column_of(name: str, values: pa.Array) -> bytes:
    columns = {
        "ticker": pa.array(["A", "B"]),
        "date": pa.array([date(2020, 1, 31), date(2020, 1, 31)]),
        "close": pa.array([1.0, 1.0]),
        "adj_close": pa.array([1.0, 1.0]),
    }
    return parquet(columns | {name: values})


DAYS_OF_TWO = pd.to_datetime(["2020-01-31", "2020-01-31"])
TOKYO = pa.array(DAYS_OF_TWO.tz_localize("Asia/Tokyo"))
TWO_OF_A_NAME = io.BytesIO()
pq.write_table(pa.table([[1.0], [2.0]], names=["A", "A"]), TWO_OF_A_NAME)
TIMES = pa.array(pd.to_datetime(["2020-01-31 00:00", "2020-02-28 09:30"]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            long_panel(("A", "2020-01-31", 1, 1), ("B", "2020-01-31", 1, 1), ("A", "2020-01-31", 1, 2)),
            "date is given twice (row 3, 2020-01-31: A)",
        ),
        (long_panel(("A", "2020-01-31", 1, 0), ("A", "2020-02-28", 1, None)), "no rows with a level above 0 (2 rows)"),
        (column_of("ticker", pa.array(["A", None])), "column ticker has no value (row 2)"),
        (column_of("ticker", pa.array(["A", " "])), "column ticker is blank (row 2)"),
        (column_of("ticker", pa.array([1, 2])), "column ticker holds no text (int64)"),
        (column_of("date", pa.array([date(2020, 1, 31), None])), "column date has no value (row 2)"),
        (column_of("date", pa.array([20200131, 20200131])), "column date holds no days (int64)"),
        (column_of("date", pa.array(["2020-01-31"] * 2)), "column date holds no days (string)"),
        (
            column_of("date", TOKYO.cast(pa.timestamp("s", "UTC"))),
            "column date holds a time of day (row 1: 2020-01-30T15",
        ),
        (column_of("date", TIMES), "column date holds a time of day (row 2: 2020-02-28T09:30"),
        (column_of("adj_close", pa.array(["1", "1"])), "column adj_close holds no numbers (string)"),
        (parquet({"ticker": ["A"], "adj_close": [1.0]}), "column date is missing (found ticker, adj_close)"),
        (parquet({"ticker": pa.array([], pa.string())}), "payload has no rows"),
        (column_of("ticker", pa.array([b"A", b"\xff"]).cast(pa.string(), safe=False)), "not a whole Parquet file"),
    ],
)
def test_a_defect_of_a_long_panel_is_refused(content: bytes, message: str) -> None:
    assert message in refusal_of("long", content)


def test_a_long_panel_takes_other_types_of_the_same_things() -> None:
    days = pa.array(pd.to_datetime(["2020-01-31", "2020-01-31"]))
    for content in (
        column_of("date", days),
        column_of("date", TOKYO),
        column_of("date", pa.array(DAYS_OF_TWO.tz_localize("America/New_York"))),
        column_of("date", pa.array(DAYS_OF_TWO.tz_localize("UTC"))),
        column_of("adj_close", pa.array([1, 1])),
        column_of("ticker", pa.array(["A", "B"]).dictionary_encode()),
    ):
        expected = [("A", "2020-01-31", 1.0), ("B", "2020-01-31", 1.0)]
        assert rows(parse_good("long", content), "security_id", "date", "level") == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (wide_panel(["2020-01-31", "2020-01-31"], A=[1, 2]), "date is given twice (row 2, 2020-01-31: A)"),
        (parquet({"A": [1.0]}), "one column of time, date, Date, __index_level_0__ is needed (found A)"),
        (wide_panel(["2020-01-31"]), "payload has no column of a ticker (time)"),
        (TWO_OF_A_NAME.getvalue(), "column A appears more than once"),
        (wide_panel(["2020-01-31"], A=[None]), "no rows with a level above 0"),
        (parquet({"A": ["x"], "time": pa.array([date(2020, 1, 31)])}), "column A holds no numbers (string)"),
    ],
)
def test_a_defect_of_a_wide_panel_is_refused(content: bytes, message: str) -> None:
    assert message in refusal_of("wide", content)


@pytest.mark.parametrize("case", ["long", "wide", "yahoo", "eodhd", "mapped prices"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"currency": ""}, "currency is needed"),
        ({"return_basis": "nett"}, "nett"),
        ({"file_name": ""}, "option file_name is needed"),
    ],
)
def test_prices_need_their_options(case: str, options: dict[str, Any], message: str) -> None:
    assert message in refusal_of(case, **options)


def test_single_stock_files_give_levels_closes_and_a_count() -> None:
    frame = parse_good("yahoo")
    assert rows(frame) == [
        ("prices.x", "prices.x", "2026-03-11", 2.25, 2.5, None, None, "adjusted_close", "USD", 0.0),
        ("prices.x", "prices.x", "2026-03-12", 3.25, 3.5, None, None, "adjusted_close", "USD", 0.0),
    ]
    assert frame.attrs["rejected_rows"] == 2
    assert "first prices.x on 2026-03-10: -0.25" in frame.attrs["rejected_because"]
    assert rows(parse_good("eodhd", security_id="S", source="eod")) == [
        ("S", "eod", "2026-03-11", 2.25, 2.5, None, None, "adjusted_close", "USD", 0.0)
    ]


@pytest.mark.parametrize("case", ["yahoo", "eodhd"])
def test_single_stock_files_refuse_what_is_no_price_file(case: str) -> None:
    content = GOOD[case][1]
    assert isinstance(content, bytes)
    assert "is not a number (line 3, 2026-03-1" in refusal_of(
        case, content.replace(b"2.25", b"x").replace(b"-0.25", b"x")
    )
    assert "date is given twice (line" in refusal_of(case, content.replace(b"-03-11", b"-03-10"))
    assert "no total return index" in refusal_of(case, return_basis="gross")


# Generic csv


def test_generic_securities_have_every_column_and_null_where_nothing_is_mapped() -> None:
    names = ("ticker_to", "name", "listed_on", "acquirer_id", "exchange_ratio", "cash_per_share")
    frame = parse_good("mapped securities")
    assert frame[list(names)].isna().all(axis=None)
    assert rows(frame.drop(columns=list(names))) == [
        ("1", "2000-01-03", "AA", "NYSE", "2001-02-02", "performance", 552, -0.3),
        ("2", "2003-01-02", "AA", None, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("NYSE", "NYS", "exchange is none of NYSE, AMEX, NASDAQ, OTHER (line 2: NYS)"),
        ("performance", "bad luck", "delisting_cause is none of merger, performance, other (line 2: bad luck)"),
        ("-30", "-100.5", "delisting_return is below -1 (line 2: -1.005)"),
        ("552", "552.5", "delisting_code is not a whole number (line 2: 552.5)"),
        ("2003-01-02,AA", "2003-01-02,-", "ticker is missing (line 3)"),
        ("2,2003-01-02", "1,2000-01-03", "row is given twice (line 3: 1, 2000-01-03)"),
    ],
)
def test_generic_securities_refuse_what_the_contract_does_not_allow(old: str, new: str, message: str) -> None:
    assert SECURITIES.count(old) == 1
    assert message in refusal_of("mapped securities", SECURITIES.replace(old, new))


def test_generic_members_take_the_ticker_for_an_id_where_there_is_none() -> None:
    assert rows(parse_good("mapped members")) == [("X", "A", "2020-01-31", "A", None)]
    columns = {"security_id": "t", "ticker": "n", "valid_from": "a", "series_id": "s"}
    frame = parse_good("mapped members", "t,n,a,s\n1,A,2020-01-31,Y\n", columns=columns)
    assert rows(frame) == [("Y", "1", "2020-01-31", "A", None)]
    assert "overlap (line 3" in refusal_of("mapped members", "t,a,b\nA,2020-01-31,\nA,2021-01-29,\n")


def test_generic_holdings_number_their_lines() -> None:
    frame = parse_good("mapped holdings")
    assert rows(frame, "series_id", "as_of", "line", "ticker", "weight") == [
        ("X", "2026-03-11", 1, "A", 0.5),
        ("X", "2026-03-11", 2, "A", 0.5),
    ]
    columns = {"line": "n", "ticker": "t"}
    own = parse_good("mapped holdings", "n,t\n7,A\n9,B\n", columns=columns, scale={})
    assert own["line"].tolist() == [7, 9]
    assert "row is given twice (line 3: X, 2026-03-11, 7)" in refusal_of(
        "mapped holdings", "n,t\n7,A\n7,B\n", columns=columns, scale={}
    )


def test_generic_prices_leave_out_and_count() -> None:
    columns = MAPPED_PRICES["columns"] | {"close": "c", "source": "s"}
    content = 'id,day,px,c,s\nB,2020-01-31,"1,250.5",9,q\nA,2020-01-31,-1,9,q\nA,2020-02-28,,9,q\n'
    frame = parse_good("mapped prices", content, columns=columns)
    assert rows(frame) == [("B", "q", "2020-01-31", 1250.5, 9.0, None, None, "adjusted_close", "USD", 0.0)]
    assert frame.attrs["rejected_rows"] == 2
    assert "date is given twice (line 3, 2020-01-31: A)" in refusal_of(
        "mapped prices", "id,day,px\nA,2020-01-31,1\nA,2020-01-31,1\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",2020-01-31,1,USD", "security_id is missing (line 3)"),
        ("A,-,1,USD", "date is missing (line 3)"),
        ("A,2020-01-31,1,", "currency is missing (line 3)"),
        ("A,2020-01-31,one,USD", "level is not a number (line 3: one)"),
    ],
)
def test_generic_prices_need_all_but_the_level(line: str, message: str) -> None:
    columns = MAPPED_PRICES["columns"] | {"currency": "c"}
    content = f"id,day,px,c\nB,2020-01-31,1,USD\n{line}\n"
    assert message in refusal_of("mapped prices", content, columns=columns)


@pytest.mark.parametrize(
    ("case", "options", "message"),
    [
        ("mapped members", {"columns": {"valid_from": "a"}}, "security_id is needed and not given"),
        ("mapped members", {"columns": {"ticker": "t"}}, "valid_from is needed and not given"),
        ("mapped members", {"series_id": None}, "series_id is needed and not given"),
        ("mapped members", {"columns": {"ticker": "t", "isin": "a"}}, "a column that membership has not (isin)"),
        ("mapped securities", {"columns": {"ticker": "t"}, "scale": {}}, "security_id is needed and not given"),
        ("mapped holdings", {"as_of": None}, "as_of is needed and not given"),
        ("mapped prices", {"columns": {"date": "day", "level": "px"}}, "security_id is needed and not given"),
        ("mapped prices", {"columns": MAPPED_PRICES["columns"] | {"currency": "px2"}}, "column px2 is missing"),
        ("mapped prices", {"columns": {"date": "day", "security_id": "id"}}, "level is needed and not given"),
    ],
)
def test_generic_refuses_a_description_that_lacks_something(case: str, options: dict[str, Any], message: str) -> None:
    assert message in refusal_of(case, **options)


# The real files


@pytest.fixture
def real(shared_data: Path) -> Callable[..., pd.DataFrame]:
    def parse_real(path: str, **entry: Any) -> pd.DataFrame:
        file = shared_data / path
        options = Entry.model_validate(entry | {"path": path}).options_for(file)
        return parser_for(entry["format"])(file.read_bytes(), options)

    return parse_real


def test_real_members(real: Callable[..., pd.DataFrame]) -> None:
    path = "membership/sp500_ticker_start_end.csv"
    frame = real(path, dataset="membership", format="membership_intervals_csv", series_id="SP500")
    start = pd.Timestamp("1996-02-29")
    members = frame[(frame["valid_from"] <= start) & ~(frame["valid_to"] <= start)]
    assert len(frame) == 1230
    assert members["security_id"].nunique() == len(members) == 487
    assert frame["valid_to"].isna().sum() == 503


@pytest.mark.parametrize(
    ("name", "series_id", "as_of", "lines", "equities", "weight"),
    [
        ("IJR_holdings_20260619.csv", "IJR", "2026-06-19", 665, 657, 0.9995),
        ("IVV_holdings_20230406.csv", "IVV", "2023-04-06", 507, 503, 1.0),
        ("IWM_holdings_20260121.csv", "IWM", "2026-01-21", 1957, 1952, 0.9978),
        ("IWM_holdings_20260410.csv", "IWM", "2026-04-10", 1941, 1936, 0.9994),
        ("IJR_holdings_2021_nopreamble_with_ISIN.csv", "IJR", "2021-03-26", 694, 687, 1.0006),
    ],
)
def test_real_holdings(
    real: Callable[..., pd.DataFrame], name: str, series_id: str, as_of: str, lines: int, equities: int, weight: float
) -> None:
    extra = {"as_of": as_of} if "2021" in name else {}
    frame = real(f"holdings/{name}", dataset="holding", format="ishares_csv", **extra)
    assert set(frame["series_id"]) == {series_id}
    assert set(frame["as_of"]) == {pd.Timestamp(as_of)}
    assert frame["line"].tolist() == list(range(1, lines + 1))
    assert (frame["asset_class"] == "Equity").sum() == equities
    assert frame["weight"].sum() == pytest.approx(weight)
    assert frame["name"].notna().all()


def test_real_equity_lines_hold_swaps_beside_604_shares_and_two_warrants(real: Callable[..., pd.DataFrame]) -> None:
    """The swaps repeat tickers at a market value of 0; three small shares have no weight printed."""
    frame = real("holdings/IJR_holdings_20260619.csv", dataset="holding", format="ishares_csv")
    equities = frame[frame["asset_class"] == "Equity"]
    held = equities[equities["market_value_usd"] > 0]
    assert (len(held), held["ticker"].isna().sum(), held["ticker"].nunique()) == (606, 2, 604)
    assert equities["weight"].notna().sum() == 601


def test_real_tidied_holdings(shared_data: Path) -> None:
    path = "holdings/IVV_normalised_20260311.csv"
    (entry,) = (entry for entry in read_drop(shared_data).file if entry.path == path)
    file = shared_data / path
    frame = parser_for(entry.format)(file.read_bytes(), entry.options_for(file))
    names = ("series_id", "as_of", "line", "ticker", "market_value_usd", "weight", "cusip")
    assert rows(frame.head(1), *names) == [("IVV", "2026-03-11", 1, "NVDA", 55835078501.79, 0.0773042, "67066G104")]
    assert len(frame) == 507
    assert (frame["asset_class"] == "Equity").sum() == 503
    assert frame["weight"].sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("path", "format", "usable", "rejected", "securities"),
    [
        ("girgott_202311", "price_panel_parquet", 1_069_887, 232, 7271),
        ("wide_20221122_20260626", "price_wide_parquet", 444_486, 0, 495),
    ],
)
def test_real_panels(
    real: Callable[..., pd.DataFrame], path: str, format: str, usable: int, rejected: int, securities: int
) -> None:
    basis = {"return_basis": "adjusted_close", "currency": "USD"}
    frame = real(f"prices/panels/{path}.parquet", dataset="security_level", format=format, **basis)
    assert len(frame) == usable
    assert frame.attrs["rejected_rows"] == rejected
    assert frame["security_id"].nunique() == securities
    assert set(frame["source"]) == {path}
    earlier = frame[frame["security_id"].str.contains("~")]
    sizes = earlier.groupby("security_id").size().to_dict()
    assert sizes == ({"EAI~2": 59, "EAI~3": 6, "EMP~2": 234} if path.startswith("g") else {})
    assert not frame["security_id"].str.endswith("-checkpoint").any()


@pytest.mark.parametrize(
    ("path", "usable", "rejected", "newest"),
    [
        ("yahoo_csv/VATE_has_nonpositive_adjclose", 879, 2729, "2023-11-08"),
        ("yahoo_csv/AAPL", 10818, 0, "2023-11-08"),
        ("yahoo_csv_2018/AET", 10478, 0, "2018-07-18"),
    ],
)
def test_real_single_stocks(
    real: Callable[..., pd.DataFrame], path: str, usable: int, rejected: int, newest: str
) -> None:
    basis = {"return_basis": "adjusted_close", "currency": "USD"}
    frame = real(f"prices/{path}.csv", dataset="security_level", format="yahoo_csv", **basis)
    assert (len(frame), frame.attrs["rejected_rows"]) == (usable, rejected)
    assert frame["date"].iloc[-1] == pd.Timestamp(newest)
    assert (frame["level"] > 0).all()
    assert set(frame["security_id"]) == {path.partition("/")[2]}
