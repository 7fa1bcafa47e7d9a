"""CSV files that a person opens in Excel: no cell of a vendor's text is taken for a formula.

Belongs here: rows to bytes of CSV. Does not belong here: which rows are published, Parquet.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime

import pyarrow as pa
import pytest

from assets.publish.tables import BYTE_ORDER_MARK, as_csv
from warehouse.contract import contracts


def cells(*texts: str | None) -> list[str]:
    """What a reader of CSV gets of a column of texts."""
    content = as_csv(pa.table({"name": pa.array(texts, pa.string())}))
    assert content.startswith(BYTE_ORDER_MARK)
    rows = list(csv.reader(io.StringIO(content.removeprefix(BYTE_ORDER_MARK).decode("utf-8"), newline="")))
    assert rows[0] == ["name"]
    return [row[0] if row else "" for row in rows[1:]]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_text_that_would_be_a_formula_gets_an_apostrophe(start: str) -> None:
    text = f'{start}HYPERLINK("http://example.org", "a, b")'
    assert cells(text, start) == [f"'{text}", f"'{start}"]


@pytest.mark.parametrize(
    "text",
    [
        "米国小型株Ｆ（為替ヘッジなし）",
        "a=b",
        "x+1",
        "A-1",
        "a@b",
        "'quoted'",
        "―",
        "・",
        " =1",
        "two\n=lines",
        "ー",
        'a "b", c',
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cells(text) == [text]


def test_only_the_first_character_is_looked_at() -> None:
    assert cells("==1", "a\n=1") == ["'==1", "a\n=1"]


def test_numbers_dates_and_flags_are_not_texts() -> None:
    rows = pa.table(
        {
            "number": pa.array([-1.5, None]),
            "amount": pa.array([-3, 4], pa.int64()),
            "day": pa.array([date(2026, 3, 11), None]),
            "flag": pa.array([True, None]),
        }
    )
    text = as_csv(rows).removeprefix(BYTE_ORDER_MARK).decode()
    assert text.splitlines()[1:] == ["-1.5,-3,2026-03-11,true", ",4,,"]


def test_an_empty_field_is_null_and_an_empty_text_is_not() -> None:
    rows = pa.table({"name": pa.array(["", None]), "other": pa.array(["-", "a"])})
    assert as_csv(rows).decode("utf-8-sig").splitlines()[1:] == ['"","\'-"', ',"a"']


def test_the_rows_themselves_are_left_alone() -> None:
    rows = pa.table({"name": ["=1"], "empty": pa.array([None], pa.string())})
    as_csv(rows)
    assert rows.column("name").to_pylist() == ["=1"]
    assert as_csv(rows.slice(0, 0)).decode("utf-8-sig") == "name,empty\n"


def test_names_of_columns_stand_without_quotes_behind_the_mark() -> None:
    """A strict reader takes a quote that is not the first character of a field for a fault."""
    first, second = as_csv(pa.table({"name": ["a"], "other": ["b"]})).splitlines()
    assert (first, second) == (BYTE_ORDER_MARK + b"name,other", b'"a","b"')


def test_no_name_of_a_column_needs_quotes() -> None:
    names = {column.name for contract in contracts().values() for column in contract.column}
    assert len(names) > 100
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 2, 12, 16, 31), "2026-02-12T16:31:00Z"),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999), "1969-12-31T23:59:59Z"),
        (None, ""),
    ],
)
def test_times_are_utc_in_the_form_that_the_schema_promises(moment: datetime | None, written: str) -> None:
    rows = pa.table({"at": pa.array([moment], pa.timestamp("us")), "one": [1]})
    assert as_csv(rows).decode("utf-8-sig").splitlines()[1].replace('"', "") == f"{written},1"
