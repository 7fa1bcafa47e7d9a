"""Investment trusts: the layouts' exact values and refusals, the way into core, and the real files."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.core.load import load_payload
from assets.drop import Entry, read_drop
from assets.figures.fund_candidates import folded
from assets.ingest.frames.row_results import column_names
from assets.ingest.guards import guard_funds, guard_rows
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for
from assets.study_tables import fill_session_tables
from checks.table_checks import check_table
from tests.support.helpers import add_rows, day, empty_warehouse, make_study
from tests.support.payload_checks import payload_check
from warehouse.bitemporal import Appended
from warehouse.contract import contracts
from warehouse.database import create_from_frame
from warehouse.staging import PayloadToLoad

HEADER = "年月日,基準価額(円),純資産総額（百万円）,分配金,決算期\n"
NAVS = HEADER + (
    "2026年08月06日,9888,1,,\n"
    "2026年08月07日,20012,1172772,0.00,1\n"
    '2026年08月10日,"20,053","1,175,583",12.50,2\n'
)  # fmt: skip
NAV_OPTIONS = {"dataset": "fund_nav", "file_name": "nav_9I31223A.csv"}
AT = datetime(2026, 8, 22)
_numbers = count(1)


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


def types_of(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(kind) for name, kind in frame.dtypes.items()}


def types_wanted(dataset: str) -> dict[str, str]:
    types = {"VARCHAR": "str", "DATE": "datetime64[us]", "DOUBLE": "float64", "BIGINT": "Int64"}
    columns = {column.name: column.type for column in contracts()[f"core.{dataset}"].column}
    return {name: types[columns[name]] for name in column_names(dataset)}


# ---- NAVs of one fund


def navs(text: str = NAVS, **options: Any) -> pd.DataFrame:
    return parse("toushin_nav_csv", text.encode("cp932"), **NAV_OPTIONS | options)


def nav_refusal(text: str = NAVS, **options: Any) -> str:
    return refusal("toushin_nav_csv", text.encode("cp932"), **NAV_OPTIONS | options)


def test_navs_are_per_day_in_yen() -> None:
    frame = navs()
    assert types_of(frame) == types_wanted("fund_nav")
    assert rows(frame) == [
        ("9I31223A", "2026-08-06", 9888.0, 1_000_000, None),
        ("9I31223A", "2026-08-07", 20012.0, 1_172_772_000_000, 0.0),
        ("9I31223A", "2026-08-10", 20053.0, 1_175_583_000_000, 12.5),
    ]


def test_days_out_of_order_are_sorted() -> None:
    lines = NAVS.splitlines(keepends=True)
    frame = navs("".join([lines[0], *reversed(lines[1:])]))
    assert rows(frame) == rows(navs())
    assert list(frame.index) == [0, 1, 2]


@pytest.mark.parametrize(
    ("options", "fund"),
    [
        ({"fund_id": "JP90C000PLF8", "association_code": "X"}, "JP90C000PLF8"),
        ({"association_code": "AA312237"}, "AA312237"),
        ({"file_name": "nav_9I31223A_20260810.csv"}, "9I31223A"),
    ],
)
def test_the_fund_is_named_by_an_option_or_the_file(options: dict[str, str], fund: str) -> None:
    assert set(navs(**options)["fund_id"]) == {fund}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"file_name": "9I31223A.csv"}, "option fund_id is needed: the file's name is not nav_ and a fund's code"),
        ({"file_name": "nav_.csv"}, "option fund_id is needed"),
        ({"fund_id": ""}, "option fund_id is needed"),
        ({"association_code": 31223}, "option association_code is needed"),
    ],
)
def test_navs_of_nobody_are_refused(options: dict[str, Any], message: str) -> None:
    assert message in nav_refusal(**options)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty: the site answered without a file; check isinCd and associFundCd"),
        (b"\r\n", "payload is empty: the site answered without a file"),
        (HEADER.encode("cp932"), "payload has a header and no rows: the site has no NAV for these codes"),
        (b'{"statusCode":null}', "answer to a missing parameter; ask with both isinCd and associFundCd"),
        (b' {"statusCode": null}\n', "answer to a missing parameter"),
        (b'{"statusCode":500}', "payload is JSON, not a file of NAVs; ask csv-file-download for it"),
        (NAVS.encode(), 'payload is UTF-8, not Shift_JIS; if a person saved it anew, set encoding = "utf-8-sig"'),
        (b"<!DOCTYPE html><html></html>", "HTML page"),
        (NAVS.encode("cp932")[:-1], "cut short: its last line has no line end (line 4"),
        (b"\x81" + NAVS.encode("cp932")[:-1] + b"\x81\n", "payload is not cp932 text"),
        (NAVS.encode("utf-16"), "payload is not cp932 text"),
    ],
)
def test_answers_that_mean_no_are_refused_each_with_its_advice(content: bytes, message: str) -> None:
    assert message in refusal("toushin_nav_csv", content, **NAV_OPTIONS)


def test_every_cut_is_refused_but_at_a_line_end() -> None:
    content = NAVS.encode("cp932")
    for length in range(len(content)):
        if not content[:length].endswith(b"\n"):
            refusal("toushin_nav_csv", content[:length], **NAV_OPTIONS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("9888", "0", "nav_jpy must be above 0 (line 2, 2026-08-06: 0.0)"),
        ("9888", "-9888", "nav_jpy must be above 0 (line 2, 2026-08-06: -9888.0)"),
        ("9888", "", "nav_jpy is missing (line 2)"),
        ("9888", "n/a", "基準価額(円) is not a number (line 2: n/a)"),
        ("9888", "e5", "基準価額(円) is not a number"),
        ("1172772", "-1", "net_assets_jpy is below 0 (line 3: -1000000)"),
        ("1172772", "1e300", "純資産総額（百万円） is too large (line 3"),
        ("1172772", "e5", "純資産総額（百万円） is not a number"),
        ("12.50", "-12.50", "distribution_jpy is below 0 (line 4: -12.5)"),
        ("2026年08月10日", "2026年08月06日", "row is given twice (line 4: 9I31223A, 2026-08-06)"),
        ("2026年08月10日", "2026-08-10", "date can't be read (line 4: 2026-08-10)"),
        ("2026年08月10日", "2026年08月32日", "date can't be read (line 4: 2026年08月32日)"),
        ("2026年08月10日", "", "date can't be read (line 4: empty)"),
        ("年月日", "日付", "column 年月日 is missing (line 1: found 日付"),
        ("（百万円）", "（億円）", "column 純資産総額（百万円） is missing (line 1"),
        ("基準価額(円)", "基準価額", "column 基準価額(円) is missing (line 1"),
        ("分配金", "配当", "column 分配金 is missing (line 1"),
        (",0.00,1", ",0.00", "row has 4 fields instead of 5 (line 3)"),
    ],
)
def test_a_defect_of_navs_is_refused_with_its_place(old: str, new: str, message: str) -> None:
    assert NAVS.count(old) == 1
    assert message in nav_refusal(NAVS.replace(old, new))


def test_navs_that_a_person_saved_anew_may_name_their_encoding() -> None:
    frame = parse("toushin_nav_csv", "﻿" + NAVS, **NAV_OPTIONS, encoding="utf-8-sig")
    assert rows(frame) == rows(navs())


# ---- The search


def found(isin: str, **changes: Any) -> dict[str, Any]:
    return {
        "isinCd": isin,
        "associFundCd": "9I31223A",
        "fundNm": "Ａ米国小型株－Ｂ",
        "fundStNm": "短い名",
        "entrustCmpNm": "髙山投信①",
        "standardPrice": 20053,
        "standardDate": "20260821",
        "totalNetAssets": "1,175,583",
        "trustReward": 0.57,
        "standardPriceRa1y": "36.17",
        "standardPriceRa3y": -3.5,
        "establishedDate": "20231027",
        "redemptionDate": "99999999",
    } | changes


def answer(*funds: Any, total: Any = None, **changes: Any) -> dict[str, Any]:
    told = len(funds) if total is None else total
    info = {"recordsTotal": told, "standardDate": "2026-08-20", "resultInfoMapList": list(funds)}
    return {"searchResultInfo": info | changes}


def search(content: Any, **options: Any) -> pd.DataFrame:
    return parse("toushin_search_json", json.dumps(content, ensure_ascii=False), dataset="fund", **options)


def search_refusal(content: Any, **options: Any) -> str:
    text = content if isinstance(content, str | bytes) else json.dumps(content, ensure_ascii=False)
    return refusal("toushin_search_json", text, dataset="fund", **options)


def test_a_page_of_the_search_is_a_row_a_fund() -> None:
    frame = search(answer(found("JP2"), found("JP1", redemptionDate="2030/03/15")))
    assert types_of(frame) == types_wanted("fund")
    same = (
        "2026-08-21",
        "9I31223A",
        "Ａ米国小型株－Ｂ",
        "髙山投信①",
        1_175_583_000_000,
        20053.0,
        0.0057,
        0.3617,
        -0.035,
    )
    assert rows(frame) == [("JP2", *same, None), ("JP1", *same, "2030-03-15")]


def test_what_the_search_leaves_open_is_missing() -> None:
    empty = dict.fromkeys(
        ("standardPrice", "totalNetAssets", "trustReward", "standardPriceRa1y", "standardPriceRa3y", "entrustCmpNm")
    )
    frame = search(answer(found("JP1", **empty, associFundCd="", redemptionDate="", fundNm=None, standardDate=None)))
    assert rows(frame) == [("JP1", "2026-08-20", None, "短い名", None, None, None, None, None, None, None)]


@pytest.mark.parametrize("text", ["20260821", "2026-08-21", "2026/08/21", "2026-08-21 00:00:00", "2026/08/21T00:00"])
def test_days_of_the_search_in_every_writing(text: str) -> None:
    frame = search(answer(found("JP1", standardDate=text, redemptionDate=text)))
    assert rows(frame, "valuation_date", "redeemed_on") == [("2026-08-21", "2026-08-21")]


@pytest.mark.parametrize("text", ["99999999", "9999-99-99", "9999/99/99", "", None, "—"])
def test_no_redemption_in_every_writing(text: str | None) -> None:
    assert rows(search(answer(found("JP1", redemptionDate=text))), "redeemed_on") == [(None,)]


def test_numbers_of_the_search_are_not_changed_by_floats() -> None:
    text = json.dumps(answer(found("JP1"))).replace('"1,175,583"', "90071992547.409931").replace("0.57", "0.0693")
    frame = parse("toushin_search_json", text)
    assert rows(frame, "net_assets_jpy", "expense_ratio") == [(90_071_992_547_409_931, 0.000693)]


def test_all_pages_are_one_payload() -> None:
    pages = [answer(found("JP1"), found("JP2"), total="3"), answer(found("JP3"), total=3)]
    assert search(pages)["fund_id"].tolist() == ["JP1", "JP2", "JP3"]
    assert search([page["searchResultInfo"] for page in pages])["fund_id"].tolist() == ["JP1", "JP2", "JP3"]
    assert search(pages[0], page_of=True)["fund_id"].tolist() == ["JP1", "JP2"]
    whole = "payload is cut short: it has fewer rows than recordsTotal (2 of 3)"
    assert whole in search_refusal(pages[0])
    assert whole in search_refusal(pages[0], page_of=False)
    assert "more rows than recordsTotal (4 of 3)" in search_refusal([*pages, pages[1]])
    assert "tell different totals; ask for all again (2, 3)" in search_refusal(
        [answer(found("JP1"), total=2), pages[1]]
    )


def test_the_older_form_counts_pages() -> None:
    pages = [{"resultInfoArray": [found(isin)], "allPageNo": 2, "pageSize": 20} for isin in ("JP1", "JP2")]
    assert search(pages)["fund_id"].tolist() == ["JP1", "JP2"]
    assert "its pages are not as many as allPageNo (1 of 2)" in search_refusal(pages[:1])
    assert len(search(pages[0], page_of=True)) == 1
    assert "tells neither recordsTotal nor allPageNo" in search_refusal({"resultInfoArray": [found("JP1")]})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "payload is empty"),
        ("<html>", "HTML page"),
        ('{"statusCode":null}', "answer to a missing parameter; ask the search with all of its fields"),
        (json.dumps(answer(found("JP1")))[:-1], "payload is not JSON, or cut short"),
        ("[" * 100_000, "payload is not JSON, or cut short"),
        (json.dumps(answer(found("JP1")), ensure_ascii=False).encode("cp932"), "payload is not utf-8-sig text"),
        ([], "payload is an empty list of pages"),
        (["x"], "answer has no list resultInfoMapList or resultInfoArray (page 1: str)"),
        ([answer(found("JP1")), {"funds": []}], "resultInfoMapList or resultInfoArray (page 2: funds)"),
        ({"searchResultInfo": None}, "answer has no list"),
        (answer(resultInfoMapList=None), "answer has no list"),
        (answer(), "payload has no rows: the search found no fund"),
        (answer(found("JP1"), total="many"), "recordsTotal is not a count (many)"),
        (answer(found("JP1"), found("JP1")), "row is given twice (row 2: JP1, 2026-08-21)"),
        (answer(found("JP1"), "JP2"), "isinCd is not in the answer (row 2)"),
        (answer({"isinCd": "JP1"}), "fundNm is not in the answer (row 1)"),
        (answer(found("JP1"), found("")), "fund_id is missing (row 2)"),
        (answer(found("JP1", fundNm="", fundStNm="")), "name is needed and not given"),
        (answer(found("JP1"), found("JP2", standardPrice=0)), "nav_jpy must be above 0 (row 2: 0.0)"),
        (answer(found("JP1", totalNetAssets=-1)), "net_assets_jpy is below 0 (row 1: -1000000)"),
        (answer(found("JP1", totalNetAssets=float("nan"))), "totalNetAssets is not a number (row 1: NaN)"),
        (answer(found("JP1", totalNetAssets=True)), "totalNetAssets is neither a text nor a number (row 1: True)"),
        (answer(found("JP1", trustReward="free")), "trustReward is not a number (row 1: free)"),
        (answer(found("JP1", standardPriceRa1y=-101)), "return_1y is below -1 (row 1: -1.01)"),
        (answer(found("JP1", standardDate="21.08.2026")), "date can't be read (row 1: 21.08.2026)"),
        (answer(found("JP1", standardDate="20260832")), "date can't be read (row 1: 2026-08-32)"),
        (answer(found("JP1", standardDate=""), standardDate=""), "valuation_date is needed and not given"),
    ],
)  # fmt: skip
def test_a_defect_of_the_search_is_refused_with_its_place(content: Any, message: str) -> None:
    assert message in search_refusal(content)


# ---- Any other file, by a mapping

MAPPED: dict[str, Any] = {
    "dataset": "fund",
    "columns": {
        "fund_id": "isin", "name": "名称", "net_assets_jpy": "純資産", "nav_jpy": "基準価額", "return_1y": "騰落率",
        "expense_ratio": "信託報酬", "valuation_date": "基準日", "redeemed_on": "償還日",
    },
    "scale": {"net_assets_jpy": 1e8, "return_1y": 0.01, "expense_ratio": 0.01},
}  # fmt: skip
SNAPSHOT = (
    "isin,名称,純資産,基準価額,騰落率,信託報酬,基準日,償還日\r\n"
    'JP1,Ａ米国　小型株－①,"154,288.29億円","42,835",+36.17%,0.57,2026-08-21,\r\n'
    "JP2,髙～㈱ ｆ,0.07億円,9888,-3.5%,1.7,2026-08-20,2030-03-15\r\n"
    "JP3,丙,—,—,—,0.99,2026-08-21,—\r\n"
)


def test_a_mapped_snapshot_keeps_names_and_every_yen() -> None:
    frame = parse("csv", SNAPSHOT, **MAPPED)
    assert types_of(frame) == types_wanted("fund")
    assert rows(frame) == [
        ("JP1", "2026-08-21", None, "Ａ米国　小型株－①", None, 15_428_829_000_000, 42835, 0.0057, 0.3617, None, None),
        ("JP2", "2026-08-20", None, "髙～㈱ ｆ", None, 7_000_000, 9888, 0.017, -0.035, None, "2030-03-15"),
        ("JP3", "2026-08-21", None, "丙", None, None, None, 0.0099, None, None, None),
    ]
    assert rows(parse("csv", SNAPSHOT.replace("%", ""), **MAPPED)) == rows(frame)


def test_a_mapped_snapshot_may_have_its_day_as_an_option() -> None:
    columns = {ours: theirs for ours, theirs in MAPPED["columns"].items() if ours != "valuation_date"}
    frame = parse("csv", SNAPSHOT, **MAPPED | {"columns": columns, "as_of": "2026-08-19"})
    assert set(frame["valuation_date"]) == {pd.Timestamp("2026-08-19")}
    assert "valuation_date is needed and not given" in refusal("csv", SNAPSHOT, **MAPPED | {"columns": columns})


@pytest.mark.parametrize(
    ("cell", "factor", "yen"),
    [
        ("90071992547409931", 1, 90_071_992_547_409_931),
        ("0.29", 1e8, 29_000_000),
        ("1.05", 100, 105),
        ("291.12345678000003", 1e8, 29_112_345_678),  # a float's last digit
    ],
)
def test_yen_are_whole_and_exact(cell: str, factor: float, yen: int) -> None:
    columns = {"fund_id": "f", "name": "n", "valuation_date": "d", "net_assets_jpy": "a"}
    frame = parse(
        "csv", f"f,n,d,a\nA,B,2026-08-21,{cell}\n", dataset="fund", columns=columns, scale={"net_assets_jpy": factor}
    )
    assert frame["net_assets_jpy"].tolist() == [yen]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("JP2", "JP1", ""),
        ("0.07億円", "0.07", "net_assets_jpy has a unit in some rows and none in others (line 3)"),
        ("0.07億円", "-1億円", "net_assets_jpy is below 0 (line 3: -100000000)"),
        ("0.07億円", "e5億円", "net_assets_jpy is not a number"),
        ("0.07億円", "1e400億円", "net_assets_jpy is not a number"),
        ("0.07億円", "1e12億円", "net_assets_jpy is too large (line 3"),
        ("9888", "0", "nav_jpy must be above 0 (line 3: 0.0)"),
        ("丙", "", "name is missing (line 4)"),
        ("丙", "—", "name is missing (line 4)"),
    ],
)
def test_a_defect_of_a_mapped_snapshot_is_refused(old: str, new: str, message: str) -> None:
    changed = SNAPSHOT.replace(old, new)
    assert changed != SNAPSHOT
    if message:
        assert message in refusal("csv", changed, **MAPPED)
    else:
        assert len(parse("csv", changed, **MAPPED)) == 3  # one fund on two days is no twin
        assert "row is given twice (line 3: JP1, 2026-08-21)" in refusal(
            "csv", changed.replace("2026-08-20", "2026-08-21"), **MAPPED
        )


def test_a_mapping_of_another_dataset_is_refused() -> None:
    for dataset in ("fund", "fund_nav"):
        message = refusal("csv", "a\n1\n", dataset=dataset, columns={"weight": "a"})
        assert f"option columns names a column that {dataset} has not (weight)" in message


def test_mapped_navs() -> None:
    columns = {"date": "d", "nav_jpy": "v", "net_assets_jpy": "a", "distribution_jpy": "x"}
    mapped = {"dataset": "fund_nav", "columns": columns, "date_format": "%Y/%m/%d", "scale": {"net_assets_jpy": 1e6}}
    text = "d,v,a,x\n2026/08/10,101,0.57,5\n2026/08/07,100,—,\n"
    frame = parse("csv", text, **mapped, association_code="9I31223A")
    assert types_of(frame) == types_wanted("fund_nav")
    assert rows(frame) == [
        ("9I31223A", "2026-08-07", 100.0, None, None),
        ("9I31223A", "2026-08-10", 101.0, 570_000, 5.0),
    ]
    assert set(parse("csv", text, **mapped, fund_id="JP1", association_code="X")["fund_id"]) == {"JP1"}
    assert "fund_id is needed and not given" in refusal("csv", text, **mapped)
    zero = text.replace("101", "0")
    assert "nav_jpy must be above 0 (line 2, 2026-08-10: 0.0)" in refusal("csv", zero, **mapped, fund_id="JP1")


# ---- Names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ｖ・米国小型株式", "v・米国小型株式"),
        ("ラッセル　２０００", "ﾗｯｾﾙ2000"),
        ("米国小型 Ｂ", "米国小型B"),
        ("①Ｓ＆Ｐ", "1s&p"),
    ],
)
def test_folded_names_are_alike(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_folded_names_still_differ() -> None:
    assert len({folded(name) for name in ("米国小型Ａ", "米国小型Ｂ", "米国小型", "髙山", "高山")}) == 5


# ---- The way into core


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse("core.fund", "core.fund_nav", "meta.load", "meta.payload")


def load(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    frame: pd.DataFrame,
    known_at: datetime | None = None,
    /,
    **options: Any,
) -> Appended:
    """Loads a payload, each an hour after the one before, as a night does."""
    number = next(_numbers)
    create_from_frame(connection, "TEMP TABLE incoming", frame)
    payload = PayloadToLoad(
        payload_sha256=f"funds{number}", vendor="files", url="file:funds.csv", place="file:funds.csv",
        options=json.dumps(["csv", options]), known_at=known_at or AT + timedelta(hours=number),
        is_complete=False, bytes=1, media_type="text/csv", licence="", may_publish=False,
    )  # fmt: skip
    appended = load_payload(connection, dataset, payload, "run")
    connection.execute("DROP TABLE incoming")
    return appended


def snapshot(funds: int, on: str, nav: float = 100.0) -> pd.DataFrame:
    """Invented funds on a day, the first of them valued the day before."""
    lines = "".join(f"JP{n},名,{nav},{(day(on) - timedelta(days=int(n == 0))).isoformat()}\n" for n in range(funds))
    columns = {"fund_id": "f", "name": "n", "nav_jpy": "v", "valuation_date": "d"}
    return parse("csv", "f,n,v,d\n" + lines, dataset="fund", columns=columns)


def guard(connection: duckdb.DuckDBPyConnection, funds: int, on: str, **options: Any) -> None:
    guard_funds(payload_check(connection, "fund", snapshot(funds, on), date(2026, 8, 21), **options))


@pytest.fixture
def hundred(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    load(connection, "fund", snapshot(100, "2026-08-19"), file_name="19.csv")
    load(connection, "fund", snapshot(100, "2026-08-20"), file_name="20.csv")
    return connection


def test_any_snapshot_is_good_where_nothing_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    guard(connection, 1, "2026-08-20")


@pytest.mark.parametrize("funds", [75, 100, 500])
def test_a_snapshot_is_compared_with_one_before_and_not_with_all(
    hundred: duckdb.DuckDBPyConnection, funds: int
) -> None:
    guard(hundred, funds, "2026-08-21", file_name="21.csv")


def test_a_smaller_snapshot_is_refused(hundred: duckdb.DuckDBPyConnection) -> None:
    for on in ("2026-08-20", "2026-08-21"):
        with pytest.raises(
            PayloadError, match=r"^the snapshot is smaller than before: 74 funds, before 100 \(limit 75%; "
        ):
            guard(hundred, 74, on, file_name="21.csv")
    guard(hundred, 74, "2026-08-21", keeps_at_least=0.5)
    guard(hundred, 1, "2026-08-21", page_of=True)


def test_size_is_that_of_the_snapshot_and_not_of_its_news(hundred: duckdb.DuckDBPyConnection) -> None:
    corrected = snapshot(100, "2026-08-20")
    corrected.loc[5, "nav_jpy"] = 101.0
    assert load(hundred, "fund", corrected).written == 1
    with pytest.raises(PayloadError, match="smaller than before"):
        guard(hundred, 10, "2026-08-21")


def test_an_older_snapshot_is_admitted_whatever_its_size(hundred: duckdb.DuckDBPyConnection) -> None:
    guard(hundred, 3, "2026-08-18", file_name="18.csv")


def test_a_list_that_shrinks_is_compared_with_its_newest_snapshot(hundred: duckdb.DuckDBPyConnection) -> None:
    load(hundred, "fund", snapshot(80, "2026-08-21"))
    load(hundred, "fund", snapshot(200, "2026-08-18"))  # an older one that came late
    guard(hundred, 60, "2026-08-22")
    with pytest.raises(PayloadError, match="59 funds, before 80"):
        guard(hundred, 59, "2026-08-22")


def test_another_list_is_not_compared(hundred: duckdb.DuckDBPyConnection) -> None:
    guard(hundred, 1, "2026-08-21", columns={"fund_id": "code"})


def test_navs_are_guarded_fund_by_fund(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "fund_nav", navs())
    load(connection, "fund_nav", navs(fund_id="OTHER"))
    guarded = guard_rows()
    header, *lines = NAVS.splitlines(keepends=True)
    for part, message in ((lines[:2], "9I31223A is older than before"), (lines[2:], "9I31223A is smaller than before")):
        with pytest.raises(PayloadError, match=message):
            guarded(payload_check(connection, "fund_nav", navs(header + "".join(part)), date(2026, 8, 21)))
    guarded(payload_check(connection, "fund_nav", navs(header + lines[2], fund_id="NEW"), date(2026, 8, 21)))
    guarded(payload_check(connection, "fund_nav", navs(), date(2026, 8, 21)))


def test_what_came_for_a_later_session_does_not_make_an_older_one_late(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "fund_nav", navs())
    header, *lines = NAVS.splitlines(keepends=True)
    before = navs(header + "".join(lines[:-1]))  # the newest day is not valued yet
    guarded = guard_rows()
    for session, is_refused in ((date(2026, 8, 21), True), (date(2026, 8, 24), False)):
        add_rows(
            connection,
            "meta.check_result",
            {
                "study": "study", "session": session, "run_id": "run", "check_name": "payloads_accepted",
                "table_name": "landing.fund_nav", "severity": "error", "passed": True, "blocking": True,
                "observed": "held", "expected": "held",
            },
        )  # fmt: skip
        if is_refused:
            with pytest.raises(PayloadError, match="older than before"):
                guarded(payload_check(connection, "fund_nav", before, date(2026, 8, 21), keeps_at_least=0))
        else:
            guarded(payload_check(connection, "fund_nav", before, date(2026, 8, 21), keeps_at_least=0))


def moves(connection: duckdb.DuckDBPyConnection, cut_off: datetime, *sessions: str) -> list[tuple[Any, ...]]:
    """(passed, subjects, days of the rows) of the check, a session each."""
    days = [day(one) for one in sessions]
    fill_session_tables(connection, make_study(), days, cut_off, None)
    every = check_table(connection, contracts()["core.fund_nav"], "study", days)
    outcomes = [outcome for outcome in every if outcome.check_name == "fund_nav_daily_move"]
    assert [outcome.error for outcome in outcomes] == [None] * len(days)
    return [(one.passed, one.subjects, [str(row["date"]) for row in one.sample]) for one in outcomes]


def test_a_jump_of_the_nav_is_found_and_concerns_its_fund(connection: duckdb.DuckDBPyConnection) -> None:
    text = HEADER + (
        "2026年08月05日,10000,1,,\n2026年08月06日,13500,1,,\n2026年08月07日,8775,1,,\n2026年08月10日,5000,1,3000,\n"
    )
    later = datetime(2027, 1, 1)
    load(connection, "fund_nav", navs(text, fund_id="EDGE"), AT)
    assert moves(connection, later, "2026-08-21") == [(True, None, [])]
    load(connection, "fund_nav", navs(text.replace("13500", "13501"), fund_id="UP"), AT)
    load(connection, "fund_nav", navs(text.replace("8775", "8774"), fund_id="DOWN"), AT)
    load(connection, "fund_nav", navs(text.replace("3000", ""), fund_id="UNPAID"), AT + timedelta(days=9))
    assert moves(connection, later, "2026-08-05", "2026-08-06", "2026-08-21") == [
        (True, None, []),
        (False, ("UP",), ["2026-08-06"]),
        (False, ("DOWN", "UNPAID", "UP"), ["2026-08-07", "2026-08-10", "2026-08-06", "2026-08-07"]),
    ]
    assert moves(connection, AT + timedelta(days=1), "2026-08-21")[0][1] == ("DOWN", "UP")
    assert moves(connection, AT - timedelta(days=1), "2026-08-21") == [(True, None, [])]


# ---- The real files

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
real = pytest.mark.skipif(not (SHARED / "drop.toml").is_file(), reason="the files of ../shared/data are not here")
SNAPSHOTS, LIB = "funds/nisa_snapshots", "funds/toushin_lib"


def entry_of(dataset: str) -> Entry:
    (entry,) = [entry for entry in read_drop(SHARED).file if entry.dataset == dataset]
    return entry


def parse_real(dataset: str, path: str) -> pd.DataFrame:
    entry, file = entry_of(dataset), SHARED / path
    return parse(entry.format, file.read_bytes(), **entry.options_for(file))


def raw_cells(path: str, column: int) -> list[str]:
    """A column of a file as it is: no parser of ours, no stripping."""
    with (SHARED / path).open(encoding="utf-8", newline="") as lines:
        return [row[column] for row in csv.reader(lines)][1:]


@real
def test_real_navs() -> None:
    frame = parse_real("fund_nav", f"{LIB}/nav_9I31223A.csv")
    assert len(frame) == 679
    assert rows(frame.iloc[[0, 1, -1]]) == [
        ("9I31223A", "2023-10-27", 9888.0, 1_000_000, None),
        ("9I31223A", "2023-10-30", 9806.0, 1_000_000, None),
        ("9I31223A", "2026-08-10", 20053.0, 1_175_583_000_000, None),
    ]
    assert rows(frame[frame["distribution_jpy"].notna()], "date", "distribution_jpy") == [
        ("2024-07-16", 0.0),
        ("2025-07-15", 0.0),
        ("2026-07-15", 0.0),
    ]
    text = (SHARED / LIB / "nav_9I31223A.csv").read_bytes().decode("cp932")
    cells = [line.split(",") for line in text.splitlines()[1:]]
    assert frame["nav_jpy"].sum() == sum(int(row[1]) for row in cells)
    assert frame["net_assets_jpy"].sum() == sum(int(row[2]) for row in cells) * 1_000_000


@real
def test_real_navs_have_no_jump(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "fund_nav", parse_real("fund_nav", f"{LIB}/nav_9I31223A.csv"), AT)
    assert moves(connection, AT, "2026-08-21") == [(True, None, [])]


@real
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("header_only.csv", "payload has a header and no rows"),
        ("empty_body.csv", "payload is empty: the site answered without a file"),
        ("missing_parameter.json", "answer to a missing parameter"),
    ],
)
def test_real_answers_that_mean_no(name: str, message: str) -> None:
    assert message in refusal("toushin_nav_csv", (SHARED / LIB / name).read_bytes(), **NAV_OPTIONS)


@real
def test_real_snapshot() -> None:
    frame = parse_real("fund", f"{SNAPSHOTS}/nisa_funds_20260821.csv")
    assert len(frame) == 2642
    assert frame["valuation_date"].dt.strftime("%Y-%m-%d").value_counts().to_dict() == {
        "2026-08-21": 2641,
        "2026-08-20": 1,
    }
    first, manager = "ＮＥＸＴ　ＦＵＮＤＳ日経３００株価指数連動型上場投信", "野村アセットマネジメント"
    assert rows(frame.iloc[[0, -1]]) == [
        ("JP3013190008", "2026-08-21", None, first, manager, 4_100_000_000, 78985, 0.00505, 0.3617, 0.8114, None),
        (
            "JP90C000T7X6", "2026-08-21", None, "日本成長戦略株式Ｆ《成長戦略ジャパン》",
            "アモーヴァ・アセットマネジメント", None, None, 0.0099, None, None, None,
        ),
    ]  # fmt: skip
    hundred_millions = [int(cell) for cell in raw_cells(f"{SNAPSHOTS}/nisa_funds_20260821.csv", 7) if cell]
    assert frame["net_assets_jpy"].sum() == sum(hundred_millions) * 100_000_000
    assert frame["net_assets_jpy"].count() == len(hundred_millions) == 2639
    assert frame["nav_jpy"].count() == 2639
    assert [frame["return_1y"].count(), frame["return_3y"].count()] == [2642 - 218, 2642 - 672]


@real
def test_real_snapshots_one_after_the_other(connection: duckdb.DuckDBPyConnection) -> None:
    entry = entry_of("fund")
    for name in ("nisa_funds_20260820.csv", "nisa_funds_20260821.csv"):
        file = SHARED / SNAPSHOTS / name
        frame, options = parse_real("fund", f"{SNAPSHOTS}/{name}"), entry.options_for(file)
        guard_funds(payload_check(connection, "fund", frame, date(2026, 8, 21), **options))
        load(connection, "fund", frame, **options)
    options = entry.options_for(SHARED / SNAPSHOTS / "nisa_funds_20260822.csv")
    with pytest.raises(PayloadError, match="1981 funds, before 2642"):
        guard_funds(payload_check(connection, "fund", frame.iloc[:1981], date(2026, 8, 21), **options))


@real
@pytest.mark.parametrize("day_of_file", ["20260820", "20260821"])
def test_real_names_are_kept_and_survive_shift_jis(day_of_file: str) -> None:
    """cp932 keeps all of them; plain shift_jis has no － (hundreds of names) and no ～."""
    path = f"{SNAPSHOTS}/nisa_funds_{day_of_file}.csv"
    frame, names = parse_real("fund", path), raw_cells(path, 4)
    assert frame["name"].tolist() == names
    assert [name.encode("cp932").decode("cp932") for name in names] == names
    lost = {letter for name in names for letter in name if not letter.encode("shift_jis", "ignore")}
    assert lost == {"－", "～"}
    assert len({folded(name) for name in names}) == len(set(names))


@real
def test_real_names_come_through_a_shift_jis_file_and_through_the_search() -> None:
    path = f"{SNAPSHOTS}/nisa_funds_20260821.csv"
    entry, file = entry_of("fund"), SHARED / path
    usual = parse_real("fund", path)
    content = file.read_bytes().decode("utf-8").replace("—", "―").encode("cp932")  # it has the other dash only
    resaved = parse(entry.format, content, **entry.options_for(file) | {"encoding": "cp932"})
    pd.testing.assert_frame_equal(resaved, usual)
    funds = [found(isin, fundNm=name) for isin, name in rows(usual, "fund_id", "name")]
    assert search([answer(*funds)])["name"].tolist() == usual["name"].tolist()


@pytest.mark.parametrize("letter", "①～髙－㈱")
def test_letters_of_the_vendors_are_kept_by_cp932_and_not_by_shift_jis(letter: str) -> None:
    assert letter.encode("cp932").decode("cp932") == letter
    with pytest.raises(UnicodeEncodeError):
        letter.encode("shift_jis")
    text = SNAPSHOT.replace("丙", f"丙{letter}").replace("—", "―")
    frame = parse("csv", text.encode("cp932"), **MAPPED, encoding="cp932")
    assert frame["name"].tolist()[-1] == f"丙{letter}"
