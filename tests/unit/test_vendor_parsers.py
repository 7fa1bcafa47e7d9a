"""Each vendor's format, in small payloads as the vendor writes them: exact values, and every refusal."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets import calendar
from assets.ingest.fetching import FetchContext
from assets.ingest.frames.index_level import BARS, COLUMNS
from assets.ingest.parsing.units import unit_in_name
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import (
    UnknownFormatError,
    UnknownVendorError,
    fetch_for,
    parse_payload,
    parser_for,
)
from assets.profile import Source
from tests.support.vendor_files import FRENCH, GROSS

SHARED = Path(os.environ.get("ZUHYO_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
needs_real_files = pytest.mark.skipif(
    not (SHARED / "drop.toml").is_file(), reason=f"no real vendor files in {SHARED} (ZUHYO_SHARED_DATA)"
)

FRED = b"DATE,VALUE\r\n2026-03-09,7100.10\r\n2026-03-10,.\r\n2026-03-11,7207.07\r\n"
YAHOO = (
    b"Date,Open,High,Low,Close,AdjClose,Volume,Dividends\n"
    b"2026-03-10,246.0,248.5,245.25,246.00999450683594,245.5,241970,0.0\n"
    b"2026-03-11,246.3699951171875,248.08,245.39,245.4199981689453,245.4199981689453,24636632,0.274\n"
)
EODHD = (
    b"Date,Open,High,Low,Close,Adjusted_close,Volume\n"
    b"2026-03-10,246,248.5,245.25,246.01,245.5012,241970\n"
    b"2026-03-11,246.37,248.08,245.39,245.42,245.42,24636632\n"
)
GENERIC = b"day,px\n2026-03-10,1.5\n2026-03-11,1.25\n"

ADJUSTED = GROSS | {"return_basis": "adjusted_close"}
MAPPED = GROSS | {"columns": {"date": "day", "level": "px"}}
GOOD: dict[str, tuple[bytes, dict[str, Any]]] = {
    "fred_csv": (FRED, GROSS),
    "yahoo_csv": (YAHOO, ADJUSTED),
    "eodhd_csv": (EODHD, ADJUSTED),
    "csv": (GENERIC, MAPPED),
    "kenneth_french_csv": (FRENCH, GROSS),
}


def parse(format: str, content: bytes, **options: Any) -> pd.DataFrame:
    return parser_for(format)(content, GOOD[format][1] | options)


def rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    plain = frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"))
    return list(plain[[name for name in plain if name not in BARS]].itertuples(index=False, name=None))


def refusal(format: str, content: bytes, **options: Any) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(format, content, **options)
    return str(caught.value)


# Exact values


@pytest.mark.parametrize("format", GOOD)
def test_result_has_exactly_the_columns_and_types_of_index_level(format: str) -> None:
    frame = parse(format, GOOD[format][0])
    assert list(frame.columns) == COLUMNS
    assert str(frame["date"].dtype) == "datetime64[us]"
    assert frame["level"].dtype == "float64"
    assert frame["quantum"].dtype == "float64"
    assert pd.api.types.is_string_dtype(frame["series_id"])
    assert list(frame.index) == list(range(len(frame)))


@pytest.mark.parametrize("header", [b"DATE,VALUE", b"observation_date,X"])
@pytest.mark.parametrize("holiday", [b".", b""])
def test_fred_skips_holidays(header: bytes, holiday: bytes) -> None:
    content = FRED.replace(b"DATE,VALUE", header).replace(b",.\r", b"," + holiday + b"\r")
    assert rows(parse("fred_csv", content)) == [
        ("X", "2026-03-09", 7100.10, "gross", "USD", 0.01),
        ("X", "2026-03-11", 7207.07, "gross", "USD", 0.01),
    ]


def test_rows_out_of_order_are_sorted() -> None:
    content = b"DATE,VALUE\n2026-03-11,3\n2026-03-09,1.5\n2026-03-10,2.25\n"
    frame = parse("fred_csv", content)
    assert frame["level"].tolist() == [1.5, 2.25, 3.0]
    assert frame["quantum"].tolist() == [0.1, 0.01, 1.0]


def test_byte_order_mark_and_blank_lines_are_tolerated() -> None:
    content = b"\xef\xbb\xbfDATE,VALUE\r\n\r\n2026-03-09,7100.10\r\n\r\n"
    assert parse("fred_csv", content)["level"].tolist() == [7100.10]


@pytest.mark.parametrize(
    ("cells", "quanta"),
    [
        (["7207.07", "7207.1", "7207"], [0.01, 0.1, 1.0]),
        (["1.123456", "2.5"], [1e-6, 0.1]),
        (["1.1234567", "2.5"], [0.0, 0.0]),
        (["1e3", "2.5"], [0.0, 0.0]),
    ],
)
def test_quantum_is_the_smallest_printed_unit(cells: list[str], quanta: list[float]) -> None:
    content = "DATE,VALUE\n" + "".join(f"2026-03-{9 + at:02d},{cell}\n" for at, cell in enumerate(cells))
    assert parse("fred_csv", content.encode())["quantum"].tolist() == pytest.approx(quanta, abs=1e-18)


def test_yahoo_reads_the_column_of_its_return_basis() -> None:
    assert rows(parse("yahoo_csv", YAHOO)) == [
        ("X", "2026-03-10", 245.5, "adjusted_close", "USD", 0.0),
        ("X", "2026-03-11", 245.4199981689453, "adjusted_close", "USD", 0.0),
    ]
    assert parse("yahoo_csv", YAHOO, return_basis="price")["level"].tolist() == [
        246.00999450683594,
        245.4199981689453,
    ]


def test_yahoo_takes_columns_in_any_order_and_the_other_spelling() -> None:
    content = b"Date,Close,Volume,Adj Close\n2018-07-26,8.5,100.0,7.25\n2018-07-27,null,null,null\n"
    assert rows(parse("yahoo_csv", content)) == [("X", "2018-07-26", 7.25, "adjusted_close", "USD", 0.01)]


@pytest.mark.parametrize("suffix", [" 00:00:00-05:00", "T00:00:00", " 00:00:00", "T00:00:00Z"])
def test_yahoo_date_may_carry_a_time(suffix: str) -> None:
    frame = parse("yahoo_csv", f"Date,AdjClose\n2026-03-11{suffix},5.5\n".encode())
    assert frame["date"].tolist() == [pd.Timestamp("2026-03-11")]


def test_eodhd_reads_the_column_of_its_return_basis() -> None:
    assert rows(parse("eodhd_csv", EODHD)) == [
        ("X", "2026-03-10", 245.5012, "adjusted_close", "USD", 0.0001),
        ("X", "2026-03-11", 245.42, "adjusted_close", "USD", 0.01),
    ]
    assert parse("eodhd_csv", EODHD, return_basis="price")["level"].tolist() == [246.01, 245.42]


@pytest.mark.parametrize("format", ["yahoo_csv", "eodhd_csv"])
@pytest.mark.parametrize("basis", ["gross", "net"])
def test_a_price_file_holds_no_total_return_index(format: str, basis: str) -> None:
    content = GOOD[format][0]
    assert "no total return index" in refusal(format, content, return_basis=basis)
    named = parse(format, content, return_basis=basis, level_column="Open")
    assert named["level"].tolist() == [246.0, 246.3699951171875 if format == "yahoo_csv" else 246.37]
    assert set(named["return_basis"]) == {basis}


def test_french_takes_the_value_weighted_monthly_table_and_chains_it() -> None:
    assert rows(parse("kenneth_french_csv", FRENCH)) == [
        ("FF_ME_Hi_30", "2025-12-31", 100.0, "gross", "USD", 0.0),
        ("FF_ME_Hi_30", "2026-01-30", 102.0, "gross", "USD", 0.0),
        ("FF_ME_Hi_30", "2026-02-27", pytest.approx(100.98), "gross", "USD", 0.0),
        ("FF_ME_Hi_30", "2026-03-31", pytest.approx(101.4849), "gross", "USD", 0.0),
        ("FF_ME_Lo_30", "2026-01-30", 100.0, "gross", "USD", 0.0),
        ("FF_ME_Lo_30", "2026-02-27", pytest.approx(110.0), "gross", "USD", 0.0),
        ("FF_ME_Lo_30", "2026-03-31", pytest.approx(55.0), "gross", "USD", 0.0),
    ]
    assert set(parse("kenneth_french_csv", FRENCH, prefix="S_")["series_id"]) == {"S_Hi_30", "S_Lo_30"}


def test_french_months_carry_the_last_session() -> None:
    frame = parse("kenneth_french_csv", FRENCH)
    for day in frame["date"]:
        assert day.date() == calendar.last_session_of_month(day.year, day.month)


def test_generic_maps_scales_and_dates() -> None:
    content = '日付,水準,備考\n2026年03月11日,"1,234.50",a\n2026年03月10日,▲,b\n'.encode("cp932")
    frame = parse(
        "csv",
        content,
        columns={"date": "日付", "level": "水準"},
        encoding="cp932",
        date_format="%Y年%m月%d日",
        scale={"level": 0.01},
        missing=["▲"],
    )
    assert rows(frame) == [("X", "2026-03-11", 12.345, "gross", "USD", pytest.approx(0.0001))]


def test_generic_may_map_series_basis_and_currency() -> None:
    content = b"s,d,v,b,c\nB,2026-03-11,2,net,JPY\nA,2026-03-11,1,price,USD\n"
    columns = {"series_id": "s", "date": "d", "level": "v", "return_basis": "b", "currency": "c"}
    assert rows(parser_for("csv")(content, {"columns": columns})) == [
        ("A", "2026-03-11", 1.0, "price", "USD", 1.0),
        ("B", "2026-03-11", 2.0, "net", "JPY", 1.0),
    ]


def test_generic_serves_other_datasets_with_units_and_gaps() -> None:
    content = (
        "isin,名称,純資産,騰落率,信託報酬,基準日\r\n"
        'JP1,"甲, 乙","1,290億円",+36.17%,0.57,2026-03-11\r\n'
        "JP2,丙,0億円,-3.5%,1.7,2026-03-10\r\n"
        "JP3,丁,—,—,0.99,—\r\n"
    ).encode()
    frame = parser_for("csv")(
        content,
        {
            "dataset": "a_dataset_to_come",
            "columns": {
                "fund_id": "isin", "name": "名称", "net_assets_jpy": "純資産", "return_1y": "騰落率",
                "expense_ratio": "信託報酬", "valuation_date": "基準日",
            },
            "scale": {"net_assets_jpy": 1e8, "return_1y": 0.01, "expense_ratio": 0.01},
            "as_of": "2026-03-12",
        },
    )  # fmt: skip
    assert frame["fund_id"].tolist() == ["JP1", "JP2", "JP3"]
    assert frame["name"].tolist() == ["甲, 乙", "丙", "丁"]
    assert frame["net_assets_jpy"].tolist()[:2] == [1290e8, 0.0]
    assert frame["return_1y"].tolist()[:2] == [0.3617, -0.035]
    assert frame["expense_ratio"].tolist() == [0.0057, 0.017, 0.0099]
    assert frame.loc[2, ["net_assets_jpy", "return_1y", "valuation_date"]].isna().all()
    assert frame["valuation_date"].tolist()[:2] == [pd.Timestamp("2026-03-11"), pd.Timestamp("2026-03-10")]
    assert frame["as_of"].tolist() == [pd.Timestamp("2026-03-12")] * 3


# Refusals that all formats share


@pytest.mark.parametrize("format", GOOD)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty (0 bytes)"),
        (b"\xef\xbb\xbf \r\n\r\n", "payload is empty"),
        (b"\n  <!DOCTYPE html><html><body>Sorry</body></html>\n", "HTML page"),
        (b"\xef\xbb\xbf<HTML>\n", "HTML page"),
        ("日付,水準\n2026-03-11,1\n".encode("cp932"), "is not utf-8-sig text (line 1: byte 0x93)"),
        ("DATE,VALUE\n2026-03-11,1\n".encode("utf-16"), "is not utf-8-sig text (line 1: byte 0xff)"),
        ("DATE,VALUE\n2026-03-11,1\n".encode("utf-16-le"), "is not utf-8-sig text (line 1: byte 0x00)"),
    ],
)
def test_what_is_no_text_of_ours_is_refused(format: str, content: bytes, message: str) -> None:
    assert message in refusal(format, content)


@pytest.mark.parametrize("format", GOOD)
def test_every_cut_of_a_payload_is_refused(format: str) -> None:
    """A download that breaks off anywhere inside a row, or before the copyright line, never loads."""
    content = GOOD[format][0]
    for length in range(1, len(content)):
        cut = content[:length]
        if format == "kenneth_french_csv" or not cut.endswith(b"\n"):
            refusal(format, cut)


@pytest.mark.parametrize("format", ["fred_csv", "yahoo_csv", "eodhd_csv", "csv"])
def test_a_header_alone_is_refused(format: str) -> None:
    assert "no rows" in refusal(format, GOOD[format][0].splitlines(keepends=True)[0])


@pytest.mark.parametrize(
    ("format", "content", "message"),
    [
        (
            "fred_csv",
            "DATE,VALUE\n2026-03-10,1\n2026-03-11\n",
            "cut short: its last row has 1 fields instead of 2",
        ),
        ("fred_csv", "DATE,VALUE\n2026-03-10,1,5\n2026-03-11,1\n", "row has 3 fields instead of 2 (line 2)"),
        ("fred_csv", "Date,Close,Volume\n2026-03-10,1,5\n", "column DATE or observation_date is missing"),
        ("fred_csv", "DATE,A,B\n2026-03-10,1,5\n", "found DATE, A, B"),
        ("fred_csv", 'DATE,VALUE\n"2026-03-10"x,1\n', "can't be read as comma-separated text (line 2"),
        ("fred_csv", "DATE,VALUE\n2026-03-10,.\n", "no rows with a level (1 rows)"),
        ("fred_csv", "DATE,VALUE\n2026-03-10,1\n\n2026-02-30,1\n", "date can't be read (line 4: 2026-02-30)"),
        ("fred_csv", "DATE,VALUE\n10/03/2026,1\n", "date can't be read (line 2: 10/03/2026)"),
        ("fred_csv", "DATE,VALUE\n,1\n", "date can't be read (line 2: empty)"),
        ("fred_csv", "DATE,VALUE\n2026-03-10,1\n2026-03-11,0.0\n", "above 0 (line 3, 2026-03-11: 0.0)"),
        ("fred_csv", "DATE,VALUE\n2026-03-10,-1\n", "level must be above 0 (line 2, 2026-03-10: -1.0)"),
        ("fred_csv", "DATE,VALUE\n2026-03-10,nan\n", "level is not a number (line 2, 2026-03-10: nan)"),
        ("fred_csv", "DATE,VALUE\n2026-03-10,inf\n", "level is not a number (line 2, 2026-03-10: inf)"),
        ("fred_csv", "DATE,VALUE\n2026-03-10,1_000\n", "level is not a number (line 2, 2026-03-10: 1_000)"),
        ("fred_csv", 'DATE,VALUE\n2026-03-10,"1,000"\n', "level is not a number (line 2, 2026-03-10: 1,000)"),
        (
            "fred_csv",
            "DATE,VALUE\n2026-03-10,1\n2026-03-10,1\n",
            "date is given twice (line 3, 2026-03-10: X)",
        ),
        (
            "fred_csv",
            "DATE,VALUE\n2026-03-10,.\n2026-03-10,1\n",
            "date is given twice (line 3, 2026-03-10: X)",
        ),
        (
            "yahoo_csv",
            "Date,Close\n2026-03-10,1\n",
            "payload has no Adj Close: where yfinance left it out, Close is adjusted",
        ),
        ("yahoo_csv", "Day,AdjClose\n2026-03-10,1\n", "column Date is missing (line 1: found Day, AdjClose)"),
        ("yahoo_csv", "Date,AdjClose,AdjClose\n2026-03-10,1,2\n", "column AdjClose appears more than once"),
        (
            "yahoo_csv",
            "Date,AdjClose\n2026-03-10,-0.26\n",
            "level must be above 0 (line 2, 2026-03-10: -0.26)",
        ),
        (
            "yahoo_csv",
            "Date,AdjClose\n2026-03-10,x\n",
            "column AdjClose is not a number (line 2, 2026-03-10: x)",
        ),
        ("yahoo_csv", "Date,AdjClose\n2026-03-10x,1\n", "date can't be read (line 2: 2026-03-10x)"),
        ("eodhd_csv", "Date,Close\n2026-03-10,1\n", "column Adjusted_close is missing"),
        (
            "eodhd_csv",
            "Date,Adjusted_close\n2026-03-10,0\n",
            "level must be above 0 (line 2, 2026-03-10: 0.0)",
        ),
        ("csv", "date,px\n2026-03-10,1\n", "column day is missing (line 1: found date, px)"),
        ("csv", "day,px\n2026-03-10,\n", "level is not a number (line 2: empty)"),
        ("csv", "day,px\n2026-03-10,1億2万円\n", "level is not a number (line 2: 1億2万円)"),
        ("csv", "day,px\n2026-03-10,1\n2026-03-10,2\n", "date is given twice (line 3, 2026-03-10: X)"),
        (
            "csv",
            'day,px\n2026-03-10,"1,5"\n',
            "level is not a number; options decimal and thousands say how the file writes numbers (line 2: 1,5)",
        ),
    ],
)
def test_a_defect_is_refused_with_its_place(format: str, content: str, message: str) -> None:
    assert message in refusal(format, content.encode())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"202602,  -99.99,   10.00", b"202602,  -99.99,    -999", ""),
        (b"202602,  -99.99,   10.00,   -1.00", b"202602,  -99.99,   10.00,  -99.99", "missing inside Hi 30"),
        (b"202602,", b"202605,", "a month is missing before this one (line 7: 202603)"),
        (b"202602,", b"202601,", "month is given twice (line 6: 202601)"),
        (
            b"202602,",
            b"\r\n202602,",
            "rows stand behind a blank line inside the table of value-weighted monthly returns (line 7",
        ),
        (b"202602,", b"202613,", "month can't be read (line 6: 202613)"),
        (b"202602,", b"2026,", "month can't be read (line 6: 2026)"),
        (b"   10.00", b"    n.a.", "return of Lo 30 is not a number (line 6, 2026-02: n.a.)"),
        (b"   10.00", b" -100.00", "level must be above 0 (line 6, 2026-02-27: 0.0)"),
        (b"   10.00,", b"", "row has 3 fields instead of 4 (line 6)"),
        (b"Value Weight Returns -- Monthly", b"Something else", "no table of value-weighted monthly"),
        (b"Copyright 2026 nobody\r\n", b"", "cut short: no copyright line at its end (line 12: 202601"),
    ],
)
def test_french_defects(old: bytes, new: bytes, message: str) -> None:
    assert FRENCH.count(old) == 1
    content = FRENCH.replace(old, new)
    if message:
        assert message in refusal("kenneth_french_csv", content)
    else:  # a series that begins later is no defect
        small = parse("kenneth_french_csv", content).query("series_id == 'FF_ME_Lo_30'")
        assert small["level"].tolist() == [100.0, 50.0]


@pytest.mark.parametrize("month", [b"192512", b"219901"])
def test_french_month_outside_the_calendar_is_refused(month: bytes) -> None:
    lines = [line for line in FRENCH.splitlines() if not line.startswith((b"202602", b"202603"))]
    content = b"\n".join([*lines, b""]).replace(b"202601,", month + b",")
    assert "outside the exchange calendar" in refusal("kenneth_french_csv", content)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": None}, "option columns is needed"),
        ({"columns": {"date": "day"}, "dataset": "index_level"}, "option columns lacks level"),
        ({"columns": {"date": "day", "levle": "px"}}, "names a column that no contract has (levle: px)"),
        ({"scale": {"date": 2}}, "option scale names what is not a mapped number (date)"),
        ({"scale": {"level": 0}}, "option scale needs a factor above 0 (level: 0)"),
        ({"missing": "x"}, "option missing is a list"),
        ({"encoding": "klingon"}, "encoding is unknown (klingon)"),
        ({"date_format": "%d/%m/%Y"}, "date can't be read (line 2: 2026-03-10)"),
        ({"series_id": ""}, "option series_id is needed"),
        ({"return_basis": "nett"}, "return_basis is none of gross, net, price, adjusted_close ("),
        ({"currency": None}, "option currency is needed"),
    ],
)
def test_generic_refuses_a_wrong_description(options: dict[str, Any], message: str) -> None:
    assert message in refusal("csv", GENERIC, **options)


FUND_COLUMNS = {
    "fund_id": "f", "name": "f", "net_assets_jpy": "純資産", "expense_ratio": "信託報酬", "return_1y": "騰落率",
}  # fmt: skip


def fund(cells: str, *, names: str = "純資産,信託報酬,騰落率", **options: Any) -> tuple[Any, ...]:
    """The three numbers of one fund, or of the last of several."""
    columns = FUND_COLUMNS | dict(zip(list(FUND_COLUMNS)[2:], names.split(","), strict=True))
    rows = "".join(f"{number},{line}\n" for number, line in enumerate(cells.splitlines()))
    options = {"dataset": "fund", "as_of": "2026-08-21", "columns": columns} | options
    frame = parser_for("csv")(f"f,{names}\n{rows}".encode(), options)
    return tuple(frame[["net_assets_jpy", "expense_ratio", "return_1y"]].iloc[-1])


AS_PRINTED = (29_100_000_000, 0.0165, 0.3617)
SCALES = {"net_assets_jpy": 1e8, "expense_ratio": 0.01, "return_1y": 0.01}


@pytest.mark.parametrize(
    "cells",
    [
        "291億円,1.65%,+36.17%", "291億,165bp,36.17 ％", '"29,100百万円",1.65pct,3617bps',
        '"29,100,000千円",1.65%,36.17%',
        '"29,100,000,000円",1.65%,36.17%', '"￥29,100,000,000",1.65%,36.17%', '"JPY 29,100m",1.65%,36.17%',
        "２９１億円,１．６５％,36.17パーセント", "0.0291兆円,1.65%,36.17%",
        "291億円,1.65%,36.17%\n29100百万円,165bp,3617bp",
    ],
)  # fmt: skip
def test_a_number_is_read_by_the_unit_that_it_prints(cells: str) -> None:
    assert fund(cells) == AS_PRINTED


@pytest.mark.parametrize(
    ("names", "scale"),
    [
        ("純資産総額（百万円）,信託報酬（％）,騰落率(%)", {}), ("純資産(単位:百万円),fee_pct,1y return in percent", {}),
        ("純資産_百万円,信託報酬率pct,return %", {}), ("net assets [JPY millions],fee (%),return (bp)", {}),
        ("純資産総額（百万円）,信託報酬（％）,騰落率(%)", SCALES | {"net_assets_jpy": 1e6}),
        ("a,b,c", SCALES | {"net_assets_jpy": 1e6}),
    ],
)  # fmt: skip
def test_a_number_is_read_by_the_unit_in_its_columns_name(names: str, scale: dict[str, float]) -> None:
    cells = "29100,1.65,3617" if "bp" in names else "29100,1.65,36.17"
    assert fund(cells, names=names, scale=scale) == AS_PRINTED


@pytest.mark.parametrize(
    ("cells", "options", "message"),
    [
        ('"29,100百万円",1.65%,1%', {"scale": SCALES}, "in a unit of 1e+6, and scale says 1e+8"),
        ("291億円,1.65%,1%", {"scale": {"expense_ratio": 1}}, "in a unit of 0.01, and scale says 1"),
        ("291億円,165bp,1%", {"scale": SCALES}, "in a unit of 0.0001, and scale says 0.01"),
        ("291億円,1.65円,1%", {}, "in another unit than fraction (line 2: 1.65円)"),
        ("291%,1.65%,1%", {}, "in another unit than JPY or amount (line 2: 291%)"),
        ("291m USD,1.65%,1%", {}, "net_assets_jpy is printed in another unit than JPY or amount"),
        ("291オクエン,1.65%,1%", {}, "its unit is not known (line 2: オクエン)"),
        ("291億円,1.65%,1%\n291,1.65%,1%", {}, "in some rows and none in others (line 3)"),
        ("291億円,1.65,1%\n291億円,1.65%,1%", {"scale": SCALES}, "a unit in some rows and none in others"),
        ("291億円,1.65%,1%", {"names": "純資産（百万円）,b,c"}, "in another unit than its column"),
        ("291,1.65,1", {"names": "純資産（百万円）,b,c", "scale": SCALES}, "scale says 1e+8 (line 2: column "),
        ("12.5,0.01,0.1", {}, "net_assets_jpy is kept in whole units and this is none: say"),
    ],
)  # fmt: skip
def test_a_unit_that_contradicts_is_refused(cells: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(PayloadError) as refused:
        fund(cells, **options)
    assert message in str(refused.value)


def test_a_nav_of_one_unit_is_made_one_of_10000() -> None:
    columns = {"date": "d", "nav_jpy": "基準価額(円)"}
    options = {"dataset": "fund_nav", "fund_id": "A", "columns": columns, "scale": {"nav_jpy": 1e4}}
    frame = parser_for("csv")("d,基準価額(円)\n2026-08-21,1.2345\n".encode(), options)
    assert frame["nav_jpy"].tolist() == [12_345]


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("Series B", None), ("net_assets", None), ("class (B)", None), ("基準価額（1万口あたり）", None),
        ("return_3m", None), ("S&P 500", None), ("月末", None), ("基準価額(円)", "JPY"), ("Umsatz in EUR", "EUR"),
        ("Revenue (USD millions)", "USD"), ("value ($m)", "USD"), ("value ('000)", "amount"), ("口数（千口）", "count"),
    ],
)  # fmt: skip
def test_what_a_columns_name_says_of_its_unit(name: str, measure: str | None) -> None:
    unit = unit_in_name(name)
    assert (unit.measures if unit else None) == measure


# How a file writes numbers


def levels(cells: Sequence[str], **options: Any) -> list[float]:
    content = "Date,Close\n" + "".join(f'2026-03-{day:02},"{cell}"\n' for day, cell in enumerate(cells, 1))
    options = {"columns": {"date": "Date", "level": "Close"}, "series_id": "X", "return_basis": "gross"} | options
    return parser_for("csv")(content.encode(), {"currency": "USD"} | options)["level"].tolist()


@pytest.mark.parametrize(
    ("cells", "options", "wanted"),
    [
        (["845.123", "846.5"], {}, [845.123, 846.5]),
        (["1,845.5", "999,123"], {}, [1845.5, 999123]),
        (["1,845,123", "999,123"], {}, [1_845_123, 999_123]),
        (["845,123", "999.5"], {}, [845_123, 999.5]),
        (["845,123", "846,500"], {"decimal": ","}, [845.123, 846.5]),
        (["845,123", "846,500"], {"decimal": "."}, [845_123, 846_500]),
        (["845,123", "846,500"], {"thousands": ","}, [845_123, 846_500]),
        (["1.845,123", "846,5"], {"decimal": ","}, [1845.123, 846.5]),
        (["1 845,123", "846,5"], {"decimal": ","}, [1845.123, 846.5]),
        (["1\u202f845,5", "846,5"], {"decimal": ","}, [1845.5, 846.5]),
        (["1'845.5", "846.5"], {"thousands": "'"}, [1845.5, 846.5]),
        (["1.845", "846"], {"decimal": ","}, [1845, 846]),
        (["1.845,5", "846,5"], {"decimal": {"level": ","}}, [1845.5, 846.5]),
        (["$845.5", "$846.5"], {}, [845.5, 846.5]),
    ],
)
def test_a_comma_is_what_the_file_or_its_column_says(
    cells: list[str], options: dict[str, Any], wanted: list[float]
) -> None:
    assert levels(cells, **options) == wanted


@pytest.mark.parametrize(
    ("cells", "options", "message"),
    [
        (["845,123", "846,500"], {}, 'commas that may stand before decimals or between thousands: option decimal'),
        (["845", "846,500"], {}, "(line 3: 846,500)"),
        (["0,595"], {}, "is not a number; options decimal and thousands say"),
        (["845,12"], {}, "is not a number; options decimal and thousands say"),
        (["1.845,5"], {}, "is not a number; options decimal and thousands say"),
        (["1 845.5"], {}, "is not a number; options decimal and thousands say"),
        (["845.12"], {"decimal": ","}, "level is not a number (line 2: 845.12)"),
        (["1,845.5"], {"thousands": ""}, "level is not a number"),
        (["1"], {"decimal": ";"}, 'option decimal is "." or ","'),
        (["1"], {"decimal": ",", "thousands": ","}, "the same sign"),
        (["1"], {"decimal": {"weight": ","}}, "option decimal names what is not a mapped number (weight)"),
        (["1²"], {}, "level is not a number: its unit is not known (line 2: ²)"),
        (["¥845"], {}, "level is printed in JPY, and the currency is USD (line 2)"),
        (["8.45%"], {}, "level is printed in another unit"),
    ],
)  # fmt: skip
def test_a_number_that_may_be_two_is_refused(cells: list[str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(PayloadError) as refused:
        levels(cells, **options)
    assert message in str(refused.value)


# Registry and speed


def test_registry_names_what_exists() -> None:
    with pytest.raises(UnknownFormatError, match=r"no parser for format 'xls'; there are: .*\bcsv, "):
        parser_for("xls")
    with pytest.raises(UnknownVendorError, match=r"no fetch for vendor 'nobody'; there are: .*files.*sample"):
        fetch_for("nobody")


@pytest.mark.parametrize("format", ["fred_csv", "yahoo_csv", "eodhd_csv", "csv"])
def test_ten_thousand_rows_parse_quickly(format: str) -> None:
    days = pd.date_range("1990-01-01", periods=10_000).strftime("%Y-%m-%d")
    header, row = GOOD[format][0].decode().splitlines()[:2]
    tail = row.partition(",")[2]
    content = "\n".join([header, *(f"{day},{tail}" for day in days), ""]).encode()
    spent = []
    for _ in range(5):
        start = time.process_time()
        assert len(parse(format, content)) == 10_000
        spent.append(time.process_time() - start)
    assert min(spent) < 0.15


# The vendors' real files


def real(dataset: str, ending: str) -> pd.DataFrame:
    payloads = fetch_for("files")(Source("files", dataset), FetchContext(date(2026, 3, 11), SHARED))
    [payload] = [one for one in payloads if one.url.endswith(ending)]
    return parse_payload(payload)


def level_on(frame: pd.DataFrame, day: str) -> float:
    [level] = frame.loc[frame["date"] == pd.Timestamp(day), "level"]
    return float(level)


@needs_real_files
def test_real_fred_file() -> None:
    frame = real("index_level", "/RU2000TR.csv")
    assert len(frame) == 10_112
    assert level_on(frame, "1978-12-29") == 100.0
    assert level_on(frame, "1996-02-29") == 1194.46
    assert level_on(frame, "2019-01-10") == 7207.07
    assert set(frame["quantum"]) == {0.01}
    on_no_session = [day for day in frame["date"] if not calendar.is_session(day.date())]
    assert len(on_no_session) == 16
    assert pd.Timestamp("2001-09-11") in on_no_session


@needs_real_files
@pytest.mark.parametrize(("series", "ratio"), [("IWM", 1.4903), ("IWB", 1.8083)])
def test_real_yahoo_file(series: str, ratio: float) -> None:
    frame = real("index_level", f"/{series}.csv")
    assert len(frame) == 5_366
    assert set(frame["return_basis"]) == {"adjusted_close"}
    assert set(frame["quantum"]) == {0.0}
    assert level_on(frame, "2026-03-11") / level_on(frame, "2023-03-10") == pytest.approx(ratio, abs=5e-5)


@needs_real_files
def test_real_french_file() -> None:
    frame = real("index_level", "CRSP202209.csv")
    assert frame["series_id"].nunique() == 18
    small = frame[frame["series_id"] == "FF_ME_Lo_30"]
    assert len(small) == 1_156
    assert level_on(small, "1926-06-30") == 100.0
    july = calendar.last_session_of_month(1926, 7).isoformat()
    assert level_on(small, july) == pytest.approx(100.14)
    assert small["date"].max() == pd.Timestamp("2022-09-30")
    assert level_on(small, "2022-09-30") / level_on(small, "2022-08-31") == pytest.approx(1 - 0.0952)


@needs_real_files
def test_real_fund_list() -> None:
    frame = real("fund", "nisa_funds_20260820.csv")
    assert len(frame) == 2_642
    first = frame.iloc[0]
    assert first["fund_id"] == "JP3013190008"
    assert (first["nav_jpy"], first["net_assets_jpy"]) == (78851.0, 41e8)
    assert (first["expense_ratio"], first["return_1y"], first["return_3y"]) == (0.00505, 0.3617, 0.8114)
    assert frame["nav_jpy"].isna().sum() == 3


@needs_real_files
def test_real_adjusted_closes_below_zero_are_refused() -> None:
    content = (SHARED / "prices/yahoo_csv/VATE_has_nonpositive_adjclose.csv").read_bytes()
    assert "level must be above 0 (line 2, 2009-07-13" in refusal("yahoo_csv", content)
    assert parse("yahoo_csv", content, return_basis="price")["level"].iloc[0] == 4.0


# What stands beside a level


def beside(frame: pd.DataFrame) -> dict[str, list[float | None]]:
    """The columns of BARS that state anything, None where a row of them does not."""
    stated = [name for name in BARS if frame[name].notna().any()]
    return {name: frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in stated}


def test_a_file_of_prices_keeps_what_stands_beside_the_adjusted_close() -> None:
    content = (
        b"Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits\n"
        b"2026-03-09,10.0,10.5,9.5,10.25,9.9,100,0.0,0.0\n"
        b"2026-03-10,0.0,,9.75,10.0,10.0,100,0.25,2.0\n"
    )
    assert beside(parse("yahoo_csv", content)) == {
        "open": [10.0, None],
        "high": [10.5, None],
        "low": [9.5, 9.75],
        "close": [10.25, 10.0],
        "dividend": [0.0, 0.25],
        "split_factor": [1.0, 2.0],
    }


def test_capital_gains_are_paid_out_as_dividends_are() -> None:
    content = b"Date,Close,Adj Close,Dividends,Capital Gains\n2026-03-09,10.0,9,0.5,0.25\n2026-03-10,10.0,10.0,,1.5\n"
    assert beside(parse("yahoo_csv", content))["dividend"] == [0.75, 1.5]


def test_what_a_file_does_not_state_is_not_zero() -> None:
    assert beside(parse("eodhd_csv", EODHD)).keys() == {"open", "high", "low", "close"}
    assert beside(parse("fred_csv", FRED)) == {}


def test_a_dividend_that_is_no_number_is_refused_with_its_place() -> None:
    content = b"Date,Close,Adj Close,Dividends\n2026-03-09,10.0,10.0,0\n2026-03-10,10.0,10.0,a quarter\n"
    assert refusal("yahoo_csv", content) == "column Dividends is not a number (line 3, 2026-03-10: a quarter)"


def test_a_mapped_file_states_close_and_dividend_in_its_own_units() -> None:
    content = b"day,px,last,paid\n2026-03-10,1.5,120,-\n2026-03-11,1.25,118,40\n"
    columns = {"date": "day", "level": "px", "close": "last", "dividend": "paid"}
    frame = parse("csv", content, columns=columns, scale={"close": 0.01, "dividend": 0.001})
    assert beside(frame) == {"close": [1.2, 1.18], "dividend": [0.0, 0.04]}
