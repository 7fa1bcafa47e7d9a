"""What Bloomberg's BDH fills, as a workbook and as CSV: both layouts, its marks, and every refusal."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from assets.ingest.fetching import FetchContext
from assets.ingest.frames.index_level import BARS
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import fetch_for, parse_payload, parser_for
from assets.profile import Source

SMALL, LARGE = "RU20INTR Index", "RU10INTR Index"
OPTIONS = {"series": {SMALL: "RU2000TR", LARGE: "RU1000TR"}, "return_basis": "gross", "currency": "USD"}

ONE_DATE_COLUMN = (
    b"Start Date,2026-03-09,\r\n"
    b"End Date,,\r\n"
    b",,\r\n"
    b",RU20INTR Index,RU10INTR Index\r\n"
    b",Small index,Large index\r\n"
    b"Dates,PX_LAST,PX_LAST\r\n"
    b"2026-03-09,14100.25,8100.5\r\n"
    b"2026-03-10,14207.1,#N/A N/A\r\n"
    b"2026-03-11,14180,8187.75\r\n"
)
SIDE_BY_SIDE = (
    b"RU20INTR Index,,,RU10INTR Index,\r\n"
    b"Date,PX_LAST,,Date,PX_LAST\r\n"
    b"2026-03-10,14207.1,,2026-03-09,8100.5\r\n"
    b"2026-03-11,14180.25,,2026-03-10,8150\r\n"
    b",,,2026-03-11,8187.75\r\n"
)
SMALL_ROWS = [
    ("RU2000TR", "2026-03-09", 14100.25, "gross", "USD", 0.01),
    ("RU2000TR", "2026-03-10", 14207.1, "gross", "USD", 0.01),
    ("RU2000TR", "2026-03-11", 14180.0, "gross", "USD", 0.01),
]
LARGE_ROWS = [
    ("RU1000TR", "2026-03-09", 8100.5, "gross", "USD", 0.01),
    ("RU1000TR", "2026-03-11", 8187.75, "gross", "USD", 0.01),
]


def parse(content: bytes, **options: Any) -> pd.DataFrame:
    return parser_for("bloomberg_bdh")(content, OPTIONS | options)


def rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    plain = frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"))
    return list(plain[[name for name in plain if name not in BARS]].itertuples(index=False, name=None))


def refusal(content: bytes, **options: Any) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(content, **options)
    return str(caught.value)


def workbook(cells: Sequence[Sequence[Any]], *others: str, change: Callable[[Workbook], None] | None = None) -> bytes:
    """A workbook as Excel saves it: one sheet of cells, and others with a word each."""
    book = Workbook()
    assert book.active is not None
    book.active.title = "BDH"
    for row in cells:
        book.active.append(list(row))
    for name in others:
        book.create_sheet(name).append(["words"])
    if change:
        change(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def small(*levels: tuple[Any, Any]) -> list[list[Any]]:
    return [["Start Date", datetime(2026, 3, 9)], [], ["Security", SMALL], ["Date", "PX_LAST"], *map(list, levels)]


def small_csv(*lines: str, security: str = SMALL, field: str = "PX_LAST") -> bytes:
    return "".join(f"{line}\n" for line in (f",{security}", f"Date,{field}", *lines)).encode()


def test_one_column_of_dates_serves_several_securities() -> None:
    frame = parse(ONE_DATE_COLUMN)
    assert rows(frame) == LARGE_ROWS + SMALL_ROWS
    assert str(frame["date"].dtype) == "datetime64[us]"


def test_securities_side_by_side_have_their_own_dates() -> None:
    assert rows(parse(SIDE_BY_SIDE)) == [
        ("RU1000TR", "2026-03-09", 8100.5, "gross", "USD", 0.01),
        ("RU1000TR", "2026-03-10", 8150.0, "gross", "USD", 0.01),
        ("RU1000TR", "2026-03-11", 8187.75, "gross", "USD", 0.01),
        ("RU2000TR", "2026-03-10", 14207.1, "gross", "USD", 0.01),
        ("RU2000TR", "2026-03-11", 14180.25, "gross", "USD", 0.01),
    ]


def test_a_workbook_is_read_as_its_csv() -> None:
    cells: list[list[Any]] = [
        ["Start Date", datetime(2026, 3, 9), None],
        ["End Date"],
        [],
        [None, SMALL, LARGE],
        [None, "Small index", "Large index"],
        ["Dates", "PX_LAST", "PX_LAST"],
        [datetime(2026, 3, 9), 14100.25, 8100.5],
        [date(2026, 3, 10), 14207.1, "#N/A N/A"],
        [46092, 14180, 8187.75],
    ]
    assert rows(parse(workbook(cells))) == LARGE_ROWS + SMALL_ROWS


def test_numbers_saved_as_text_are_numbers() -> None:
    found = rows(parse(workbook(small(("2026-03-10", "14207.10"), ("2026-03-11", " 14180.25 ")))))
    assert found == [
        ("RU2000TR", "2026-03-10", 14207.10, "gross", "USD", 0.01),
        ("RU2000TR", "2026-03-11", 14180.25, "gross", "USD", 0.01),
    ]


@pytest.mark.parametrize(
    ("cell", "date_format"),
    [
        ("2026-03-09", None),
        ("2026-03-09 00:00:00", None),
        ("46090", None),
        ("46090.0", None),
        ("3/9/2026", "%m/%d/%Y"),
        ("03/09/2026", "%m/%d/%Y"),
        ("9.3.2026", "%d.%m.%Y"),
        ("20260309", "%Y%m%d"),
        ("46090", "%m/%d/%Y"),
    ],
)
def test_days_as_excel_writes_them(cell: str, date_format: str | None) -> None:
    frame = parse(small_csv(f"{cell},1.5"), **({"date_format": date_format} if date_format else {}))
    assert list(frame["date"]) == [pd.Timestamp("2026-03-09")]


def test_columns_and_rows_in_any_order() -> None:
    content = b"ru10intr  INDEX,,RU20INTR Index\npx_last,DATES,PX_LAST\n2,2026-03-11,4\n1,2026-03-10,3\n"
    assert [row[:3] for row in rows(parse(content))] == [
        ("RU1000TR", "2026-03-10", 1.0),
        ("RU1000TR", "2026-03-11", 2.0),
        ("RU2000TR", "2026-03-10", 3.0),
        ("RU2000TR", "2026-03-11", 4.0),
    ]


def test_the_row_of_securities_may_lie_above_one_of_names() -> None:
    """A name may itself look like a security; only those of the option count."""
    content = f",{SMALL}\n,Russell 2000 Index\nDate,PX_LAST\n2026-03-11,1.5\n".encode()
    assert len(parse(content)) == 1


def test_the_row_of_securities_is_the_nearest_to_the_labels() -> None:
    content = f"{SMALL},,\n,{SMALL},{LARGE}\nDate,PX_LAST,PX_LAST\n2026-03-11,1.5,2.5\n".encode()
    assert [row[:3:2] for row in rows(parse(content))] == [("RU1000TR", 2.5), ("RU2000TR", 1.5)]


def test_a_printed_float_has_no_quantum() -> None:
    frame = parse(b",RU20INTR Index,RU10INTR Index\nDate,PX_LAST,PX_LAST\n2026-03-11,1.23456789,2.5\n")
    assert dict(zip(frame["series_id"], frame["quantum"], strict=True)) == {"RU2000TR": 0.0, "RU1000TR": 0.1}


def test_cells_that_excel_leaves_out_at_a_rows_end_are_missing() -> None:
    content = b",RU20INTR Index,RU10INTR Index\nDate,PX_LAST,PX_LAST\n2026-03-10,1.5\n2026-03-11,1.5,2.5\n"
    assert list(parse(content)["series_id"]) == ["RU1000TR", "RU2000TR", "RU2000TR"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("#N/A Requesting Data...", "saved before its data had come"),
        ("#N/A Invalid Security", "Bloomberg does not know the security"),
        ("#N/A Invalid Field", "Bloomberg does not know the field"),
        ("#NAME?", "no Bloomberg add-in"),
        ("#N/A", "cell is an error"),
        ("#VALUE!", "cell is an error"),
    ],
)
def test_an_error_in_a_cell_refuses_the_file(cell: str, reason: str) -> None:
    in_text = refusal(small_csv("2026-03-10,1.5", f"2026-03-11,{cell}"))
    assert reason in in_text
    assert f"(line 4, column 2: {cell})" in in_text
    assert reason in refusal(workbook(small((datetime(2026, 3, 10), 1.5), (datetime(2026, 3, 11), cell))))
    assert reason in refusal(small_csv(f"{cell},"))


@pytest.mark.parametrize("field", ["TOT_RETURN_INDEX_GROSS_DVDS", "tot_return_index_net_dvds"])
def test_a_field_that_each_request_sets_anew_is_refused(field: str) -> None:
    assert "set anew to the first day of each request" in refusal(small_csv("2026-03-11,1.5", field=field))


def test_another_field_is_refused() -> None:
    content = b",RU20INTR Index,\nDate,PX_LAST,PX_VOLUME\n2026-03-11,1.5,9\n"
    assert refusal(content) == "field must be PX_LAST (line 2, column 3: PX_VOLUME)"


@pytest.mark.parametrize("basis", ["gross", "net"])
def test_a_price_index_is_no_total_return(basis: str) -> None:
    content = small_csv("2026-03-11,1.5", security="RTY Index")
    series = {"RTY Index": "RU2000PR"}
    assert "leaves dividends out: take RU20INTR Index" in refusal(content, series=series, return_basis=basis)
    assert list(parse(content, series=series, return_basis="price")["series_id"]) == ["RU2000PR"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty"),
        (b"<html>log in</html>\n", "payload is an HTML page"),
        (b",\n,\n", "no row has Date or Dates beside PX_LAST (no row)"),
        (b",RU20INTR Index\n2026-03-11,1.5\n", "no row has Date or Dates beside PX_LAST (found RU20INTR Index;"),
        (b",RU20INTR Index\nDate,\n2026-03-11,1.5\n", "no column has PX_LAST (line 2"),
        (b"Date,PX_LAST\n2026-03-11,1.5\n", "no row above the labels has a security of option series"),
        (small_csv("2026-03-11,1.5", security="SPX Index"), "no row above the labels has a security"),
        (b",RU20INTR Index,SPX Index\nDate,PX_LAST,PX_LAST\n", "does not name the security of a column (line 2, col"),
        (b",RU20INTR Index,\nDate,PX_LAST,PX_LAST\n", "does not name the security of a column (line 2, column 3: )"),
        (b",RU20INTR Index,RU20INTR Index\nDate,PX_LAST,PX_LAST\n", "two columns are of one series (line 2, column 3"),
        (b"RU20INTR Index,,\nPX_LAST,Date,Date\n", "column has no dates to its left (line 2, column 1)"),
        (small_csv(), "payload has no rows with a level"),
        (small_csv("2026-03-11,#N/A N/A"), "payload has no rows with a level"),
        (small_csv("#N/A N/A,"), "date can't be read (line 3: #N/A N/A)"),
        (small_csv(",1.5"), "level has no date (line 3: 1.5)"),
        (small_csv("3/9/2026,1.5"), "date can't be read (line 3: 3/9/2026)"),
        (small_csv("46090.5,1.5"), "date can't be read (line 3: 46090.5)"),
        (small_csv("2026-03-11 16:00:00,1.5"), "date can't be read"),
        (small_csv("2026-02-30,1.5"), "date can't be read"),
        (small_csv("2026-03-11,1.5", "Source: Bloomberg,"), "date can't be read (line 4: Source: Bloomberg)"),
        (small_csv("2026-03-11,1.5", "2026-03-11,1.5"), "date is given twice (line 4, 2026-03-11: RU2000TR)"),
        (small_csv('2026-03-11,"1,500.25"'), "level is not a number (line 3, 2026-03-11: 1,500.25)"),
        (small_csv("2026-03-11,nan"), "level is not a number"),
        (small_csv("2026-03-11,-1.5"), "level must be above 0 (line 3, 2026-03-11: -1.5)"),
        (small_csv('2026-03-11,"1.5'), "row can't be read as comma-separated text"),
        (small_csv("2026-03-11,1.5")[:-1], "payload is cut short"),
        (small_csv("2026-03-11,1.5").decode().encode("utf-16"), "payload is not utf-8-sig text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old kind (.xls) or one with a password"),
        (b"PK\x03\x04 no zip", "workbook is broken or cut short"),
        (workbook(small((datetime(2026, 3, 11), 1.5)))[:-200], "workbook is broken or cut short"),
        (workbook([]), "no row has Date or Dates"),
        (workbook(small((datetime(2026, 3, 11, 16, 30), 1.5))), "it has a time of day (line 5: 2026-03-11 16:30:00)"),
        (workbook(small((datetime(2026, 3, 11), True))), "level is not a number (line 5, 2026-03-11: True)"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(content: bytes, message: str) -> None:
    assert message in refusal(content)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"series": None}, "option series is needed"),
        ({"series": {}}, "option series is needed"),
        ({"series": {SMALL: 1}}, "option series is needed"),
        ({"return_basis": None}, "option return_basis is needed"),
        ({"return_basis": "best"}, "return_basis is none of"),
        ({"currency": None}, "option currency is needed"),
        ({"dataset": "security_level"}, "holds index levels only (security_level)"),
        ({"date_format": "%d/%m/%Y"}, "date can't be read (line 3: 3/31/2026)"),
    ],
)
def test_a_bad_option_is_refused(options: dict[str, Any], message: str) -> None:
    assert message in refusal(small_csv("3/31/2026,1.5"), **({"date_format": "%m/%d/%Y"} | options))


def test_one_of_several_sheets_has_to_be_named() -> None:
    content = workbook(small((datetime(2026, 3, 11), 1.5)), "Notes")
    assert refusal(content) == "workbook has several sheets: option sheet names one (BDH, Notes)"
    assert refusal(content, sheet="Data") == "workbook has no such sheet (Data: found BDH, Notes)"
    assert len(parse(content, sheet="BDH")) == 1


def test_a_formula_that_was_never_calculated_is_no_missing_day() -> None:
    levels = ((datetime(2026, 3, 10), 1.5), (datetime(2026, 3, 11), '=BDH("RU20INTR Index","PX_LAST")'))
    assert "formula has no value" in refusal(workbook(small(*levels)))
    assert "(line 6, column 2)" in refusal(workbook(small(*levels)))


def test_a_calculated_formula_has_its_value() -> None:
    content = workbook(small((datetime(2026, 3, 11), '=BDH("RU20INTR Index","PX_LAST")')))
    calculated = edited(content, b"<v></v>", b"<v>14180.25</v>", b"<v />", b"<v>14180.25</v>")
    assert parse(calculated)["level"].tolist() == [14180.25]


def test_days_counted_from_1904_are_refused() -> None:
    def change(book: Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904

    content = workbook(small((46092, 1.5)), change=change)
    assert "counts its days from 1904" in refusal(content)


def test_what_a_sheet_says_of_its_size_is_not_believed() -> None:
    content = workbook(small((datetime(2026, 3, 10), 1.5), (datetime(2026, 3, 11), 2.5)))
    assert len(parse(edited(content, b'ref="A1:B6"', b'ref="A1:B5"'))) == 2


def test_a_missing_openpyxl_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(small((datetime(2026, 3, 11), 1.5)))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    told = refusal(content)
    assert "make pro" in told
    assert "uv pip install -e '.[pro]'" in told
    assert len(parse(ONE_DATE_COLUMN)) == 5, "CSV needs no openpyxl"


def test_a_drop_folder_hands_a_workbook_over(tmp_path: Path) -> None:
    (tmp_path / "levels.xlsx").write_bytes(workbook(small((datetime(2026, 3, 11), 1.5))))
    (tmp_path / "drop.toml").write_text(
        '[[file]]\npath = "*.xlsx"\ndataset = "index_level"\nformat = "bloomberg_bdh"\nvendor = "bloomberg"\n'
        'series = { "RU20INTR Index" = "RU2000TR" }\nreturn_basis = "gross"\ncurrency = "USD"\n'
    )
    source = Source("files", "index_level")
    [payload] = fetch_for("files")(source, FetchContext(date(2026, 3, 11), drop=tmp_path))
    assert (payload.vendor, payload.may_publish) == ("bloomberg", False)
    assert payload.media_type.endswith("spreadsheetml.sheet")
    frame = parse_payload(payload)
    assert list(frame["series_id"]) == ["RU2000TR"]


def edited(content: bytes, *changes: bytes) -> bytes:
    """The workbook with texts of its first sheet replaced, old and new in turn; at least one must be there."""
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                before = part
                for was, now in zip(changes[::2], changes[1::2], strict=True):
                    part = part.replace(was, now)
                assert part != before
            new.writestr(name, part)
    return saved.getvalue()
