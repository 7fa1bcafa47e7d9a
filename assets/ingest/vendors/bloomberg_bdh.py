"""Bloomberg: what the terminal's Excel function BDH fills, saved as a workbook or as CSV.

Belongs here: the two layouts, Bloomberg's marks for what is missing, and which field may stand for a level. Does not
belong here: asking a terminal (a person does), which series is which index (the study).
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from assets.ingest.frames.index_level import level_frame, quanta_of
from assets.ingest.parsing.delimited_text import Days, Table, dates, decode, numbers, refuse_cut, text_option
from assets.ingest.payload import Parser, PayloadError

DATE_LABELS = ("date", "dates")
FIELD = "PX_LAST"
MISSING = ("#N/A N/A", "")

REBASED = ("TOT_RETURN_INDEX_GROSS_DVDS", "TOT_RETURN_INDEX_NET_DVDS")
PRICE_INDICES = {"RTY INDEX": "RU20INTR Index", "RIY INDEX": "RU10INTR Index", "RAY INDEX": "RU30INTR Index"}
"""Indices whose PX_LAST leaves dividends out, each with the total return index beside it."""

ERRORS = {
    "#N/A REQUESTING": "the file was saved before its data had come: let Excel finish, then save it again",
    "#N/A INVALID SECURITY": "Bloomberg does not know the security",
    "#N/A INVALID FIELD": "Bloomberg does not know the field",
    "#NAME?": "the file was saved where Excel has no Bloomberg add-in",
}
"""How a cell begins that no level can be read from, and why; whatever else begins with # is an error, too."""

WORKBOOK, OLD_OR_LOCKED = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
DAY_ZERO = datetime(1899, 12, 30)
"""Day 0 of Excel's numbered days, for those after February 1900."""
SERIAL_DAY = re.compile(r"([0-9]{5})(?:\.0)?")
ISO_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00:00)?")
OTHER_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]")

Line = tuple[int, list[str]]
"""A row's number in the file, and its cells as texts."""


@dataclass(frozen=True)
class Pair:
    """A column of levels, and that of their dates."""

    series_id: str
    levels: int
    days: int


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels of one or several series (columns: frames/index_level.COLUMNS). Raises PayloadError.

    A row has ``Date`` or ``Dates`` and ``PX_LAST``; one above it has the securities, each over its levels or over its
    dates. One column of dates serves all levels, or each column of levels has its own to its left. Options: series
    (security to series id, as ``{ "RU20INTR Index" = "RU2000TR" }``), return_basis, currency; date_format for dates
    that are neither ISO nor Excel's own; sheet where a workbook has several; encoding of a CSV file.
    """
    if options.get("dataset", "index_level") != "index_level":
        raise PayloadError("format bloomberg_bdh holds index levels only", value=options["dataset"])
    lines = list(_workbook(content, options.get("sheet")) if content.startswith(WORKBOOK) else _csv(content, options))
    _refuse_errors(lines)
    header = _header(lines)
    pairs = _pairs(lines, header, options)
    return _levels(lines[header + 1 :], pairs, lines[header][0], options)


def _csv(content: bytes, options: Mapping[str, Any]) -> Iterator[Line]:
    if content.startswith(OLD_OR_LOCKED):
        raise PayloadError("payload is a workbook of the old kind (.xls) or one with a password: save it as .xlsx")
    text = decode(content, options.get("encoding", "utf-8-sig"))
    refuse_cut(text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        at = f"line {reader.line_num}"
        raise PayloadError("row can't be read as comma-separated text", where=at, value=error) from error
    yield from _squared(rows)


def _workbook(content: bytes, sheet: str | None) -> Iterator[Line]:
    """The rows of a sheet. It is read twice: a formula that was never calculated looks empty among the values."""
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise PayloadError(
            "openpyxl is not installed, which reads workbooks: make pro adds it to the environment that make sets up; "
            "into another one: uv pip install -e '.[pro]'"
        ) from error
    try:
        with (
            closing(load_workbook(io.BytesIO(content), read_only=True, data_only=True)) as values,
            closing(load_workbook(io.BytesIO(content), read_only=True)) as formulas,
        ):
            yield from _squared(_rows(values, formulas, _sheet_name(values, sheet)))
    except PayloadError:
        raise
    except (BadZipFile, zlib.error, EOFError, OSError, KeyError, ValueError, TypeError, SyntaxError) as error:
        raise PayloadError("workbook is broken or cut short", value=type(error).__name__) from error


def _sheet_name(workbook: Any, stated: str | None) -> str:
    if workbook.epoch.year == 1904:
        raise PayloadError("workbook counts its days from 1904: save it with Excel's usual days")
    names: list[str] = [sheet.title for sheet in workbook.worksheets]
    if stated is None and len(names) == 1:
        return names[0]
    if stated is None:
        raise PayloadError("workbook has several sheets: option sheet names one", value=", ".join(names)[:200])
    if stated not in names:
        raise PayloadError("workbook has no such sheet", where=stated, value=f"found {', '.join(names)[:200]}")
    return stated


def _rows(values: Any, formulas: Any, sheet: str) -> list[Line]:
    for workbook in (values, formulas):
        workbook[sheet].reset_dimensions()  # what a file says of its own size may be wrong, and would cut it
    rows = []
    both = zip(values[sheet].iter_rows(), formulas[sheet].iter_rows(), strict=True)
    for line, (cells, sources) in enumerate(both, 1):
        for column, (cell, source) in enumerate(zip(cells, sources, strict=True), 1):
            if cell.value is None and source.data_type == "f":
                what = "formula has no value: open the workbook at the terminal, let it calculate, and save it"
                raise PayloadError(what, where=f"line {line}, column {column}")
        rows.append((line, [_as_text(cell.value) for cell in cells]))
    return rows


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value).strip()


def _squared(rows: Sequence[Line]) -> list[Line]:
    """Rows of one length: Excel leaves out empty cells at the end of some. Blank rows are left out."""
    width = max((len(cells) for _, cells in rows), default=0)
    return [(line, cells + [""] * (width - len(cells))) for line, cells in rows if any(cells)]


def _refuse_errors(lines: Sequence[Line]) -> None:
    for line, cells in lines:
        for column, cell in enumerate(cells, 1):
            if cell.startswith("#") and cell not in MISSING:
                why = next((why for start, why in ERRORS.items() if cell.upper().startswith(start)), "cell is an error")
                raise PayloadError(why, where=f"line {line}, column {column}", value=cell[:80])


def _header(lines: Sequence[Line]) -> int:
    """Which row has the labels."""
    for at, (_, cells) in enumerate(lines):
        if any(cell.lower() in DATE_LABELS for cell in cells):
            return at
    seen = "; ".join(", ".join(cell for cell in cells if cell) for _, cells in lines[:5])
    raise PayloadError(f"no row has Date or Dates beside {FIELD}", value=f"found {seen[:200]}" if seen else "no row")


def _pairs(lines: Sequence[Line], header: int, options: Mapping[str, Any]) -> list[Pair]:
    line, labels = lines[header]
    days = [at for at, label in enumerate(labels) if label.lower() in DATE_LABELS]
    fields = [at for at, label in enumerate(labels) if label and at not in days]
    for at in fields:
        _refuse_field(labels[at].upper(), f"line {line}, column {at + 1}")
    if not fields:
        raise PayloadError(f"no column has {FIELD}", where=f"line {line}", value=f"found {', '.join(labels)[:200]}")
    series = _series(options)
    securities = _securities([cells for _, cells in lines[:header]], series)
    pairs = []
    for at in fields:
        where = f"line {line}, column {at + 1}"
        of_days = _days_of(at, days, where)
        security = securities[at] or securities[of_days]
        if _plain(security) not in series:
            raise PayloadError("option series does not name the security of a column", where=where, value=security)
        _refuse_price_index(security, options, where)
        pairs.append(Pair(series[_plain(security)], at, of_days))
        if pairs[-1].series_id in {pair.series_id for pair in pairs[:-1]}:
            raise PayloadError("two columns are of one series", where=where, value=pairs[-1].series_id)
    return pairs


def _refuse_field(field: str, where: str) -> None:
    if field in REBASED:
        raise PayloadError(
            f"field is set anew to the first day of each request, so that two files can't be joined: take {FIELD} of "
            "the total return index",
            where=where,
            value=field,
        )
    if field != FIELD:
        raise PayloadError(f"field must be {FIELD}", where=where, value=field)


def _refuse_price_index(security: str, options: Mapping[str, Any], where: str) -> None:
    total_return = PRICE_INDICES.get(_plain(security))
    if total_return and options.get("return_basis") != "price":
        raise PayloadError(f"{FIELD} leaves dividends out: take {total_return}", where=where, value=security)


def _series(options: Mapping[str, Any]) -> dict[str, str]:
    stated = options.get("series")
    if not isinstance(stated, Mapping) or not stated or not all(isinstance(name, str) for name in stated.values()):
        what = 'option series is needed, from security to series id, like { "RU20INTR Index" = "RU2000TR" }'
        raise PayloadError(what, value=stated)
    return {_plain(security): series_id for security, series_id in stated.items()}


def _plain(security: str) -> str:
    """Bloomberg takes a security in small or capital letters."""
    return " ".join(security.upper().split())


def _securities(above: Sequence[list[str]], series: Mapping[str, str]) -> list[str]:
    """The row nearest to the labels that has a security of ours."""
    for cells in reversed(above):
        if any(_plain(cell) in series for cell in cells):
            return cells
    seen = "; ".join(", ".join(cell for cell in cells if cell) for cells in above)
    raise PayloadError("no row above the labels has a security of option series", value=f"found {seen[:200]}")


def _days_of(at: int, days: Sequence[int], where: str) -> int:
    before = [column for column in days if column < at]
    if len(days) > 1 and not before:
        raise PayloadError("column has no dates to its left", where=where)
    return before[-1] if before else days[0]


def _levels(body: Sequence[Line], pairs: Sequence[Pair], header_line: int, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a level, the columns under each other."""
    ids: list[str] = []
    lines: list[int] = []
    day_cells: list[str] = []
    level_cells: list[str] = []
    quanta: list[float] = []
    for pair in pairs:
        rows = [(line, cells) for line, cells in body if cells[pair.days] or cells[pair.levels]]
        printed = [cells[pair.levels] for _, cells in rows]
        ids += [pair.series_id] * len(rows)
        lines += [line for line, _ in rows]
        day_cells += [cells[pair.days] for _, cells in rows]
        level_cells += printed
        quanta += [_finest(printed)] * len(rows)
    table = Table([], [[]] * len(lines), lines, header_line)
    if "" in day_cells:
        row = day_cells.index("")
        raise PayloadError("level has no date", where=table.where(row), value=level_cells[row][:80])
    days = _days(table, day_cells, options.get("date_format"))
    return level_frame(
        table,
        days,
        numbers(table, level_cells, "level", MISSING, days),
        np.array(quanta),
        series_id=ids,
        return_basis=text_option(options, "return_basis"),
        currency=text_option(options, "currency"),
    )


def _days(table: Table, cells: Sequence[str], date_format: str | None) -> Days:
    """Days by the format, where one is given and a cell is neither ISO nor a numbered day of Excel."""
    own = [_own_day(cell) for cell in cells]
    for row, (day, cell) in enumerate(zip(own, cells, strict=True)):
        if not day and OTHER_TIME.match(cell):
            raise PayloadError("date can't be read: it has a time of day", where=table.where(row), value=cell)
    if date_format is None:
        return dates(table, [day or cell for day, cell in zip(own, cells, strict=True)])
    others = ["" if day else cell for day, cell in zip(own, cells, strict=True)]
    stated = dates(table, others, date_format, missing=("",))
    return np.where(np.isnat(stated), dates(table, own, missing=("",)), stated)


def _own_day(cell: str) -> str:
    """The day of an ISO or numbered cell as ISO, or nothing."""
    if serial := SERIAL_DAY.fullmatch(cell):
        return (DAY_ZERO + timedelta(days=int(serial[1]))).date().isoformat()
    iso = ISO_DAY.fullmatch(cell)
    return iso[1] if iso else ""


def _finest(cells: Sequence[str]) -> float:
    """The finest unit in which a level of a column is printed: Excel drops the zeros at a number's end."""
    quanta = quanta_of([cell for cell in cells if cell not in MISSING])
    return float(quanta.min()) if len(quanta) else 0.0


FORMATS: dict[str, Parser] = {"bloomberg_bdh": parse}
