"""Reading delimited text: bytes to rows of strings with line numbers, then to numbers and dates.

Belongs here: what every text format needs, and the refusals that all of them share (empty, HTML, another
encoding, cut short, missing columns, unreadable cells). Does not belong here: a vendor's column names and
marks (the vendor's module), what a level may be (frames/index_level.py).
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.ingest.payload import PayloadError

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
"""One entry a row; of days datetime64[D]."""

FIRST_DAY = np.datetime64("1700-01-01")
"""Before it there was no exchange: an earlier day is a cell that was misread, and not every database takes it."""

_ISO_DAYS = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}\n)*")
_TIME = r"[ T](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)"
_ZONE = r"\s*(?P<zone>Z|[A-Z]{3,4}|[+-][0-9]{2}:?[0-9]{2}|[A-Z][A-Za-z]+/[A-Za-z_/]+)"
_STAMP = re.compile(rf"(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}){_TIME}(?:{_ZONE})?")
_ZONE_AT_END = re.compile(_ZONE + "$")
_UTC = ("Z", "UTC", "GMT", "+00:00", "+0000", "-00:00", "-0000")
_MIDNIGHT_IN_THE_EAST = ("15:00", "16:00", "22:00", "23:00")
"""Midnight of Tokyo, of Hong Kong and of Europe's summer and winter, in UTC: the day as written is the one before."""
_IN_THE_EAST = re.compile(f"({'|'.join(_MIDNIGHT_IN_THE_EAST)})(:00(?:[.,]0+)?)*")

_LINES_SEARCHED = 50
_DELIMITERS = ",;\t|"
_WHITESPACE_OR_BOM = b" \t\r\n\x0b\x0c\xef\xbb\xbf\xff\xfe\x00"


@dataclass(frozen=True)
class Layout:
    """How a text is laid out: which line its header is, and the signs between and around cells."""

    header_line: int = 1
    delimiter: str = ","
    quote: str = '"'

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Layout:
        """What options ``header_line``, ``delimiter`` and ``quote`` say. Raises PayloadError."""
        line = options.get("header_line", 1)
        if type(line) is not int or line < 1:
            raise PayloadError("option header_line is the number of a line, from 1", value=line)
        for name in ("delimiter", "quote"):
            sign = options.get(name, ",")
            if not isinstance(sign, str) or len(sign) != 1 or sign.isalnum() or sign in "\r\n":
                raise PayloadError(f"option {name} is one sign", value=sign)
        return cls(line, options.get("delimiter", ","), options.get("quote", '"'))


@dataclass(frozen=True)
class Table:
    """Rows of a delimited text as strings; ``lines[i]`` is the line of ``rows[i]`` in the payload."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    header_line: int = 1

    def pick(self, *names: str) -> str:
        """The first of the names that the header has. Raises PayloadError: what was expected, what found."""
        for name in names:
            if self.header.count(name) > 1:
                raise PayloadError(f"column {name} appears more than once", where=f"line {self.header_line}")
            if name in self.header:
                return name
        expected, header = " or ".join(names), ", ".join(self.header)
        at = f"line {self.header_line}"
        raise PayloadError(f"column {expected} is missing", where=at, value=f"found {header[:200]}")

    def column(self, name: str) -> list[str]:
        """The cells of a column, without the blanks around them."""
        at = self.header.index(self.pick(name))
        return [row[at].strip() for row in self.rows]

    def where(self, row: int) -> str:
        """The place of a row, for a message."""
        return f"line {self.lines[row]}"


def decode(content: bytes, encoding: str = "utf-8-sig") -> str:
    """The payload's text. Raises PayloadError when it is empty, an HTML page, or of another encoding."""
    refuse_no_data(content)
    try:
        text = content.decode(encoding)
    except LookupError as error:
        raise PayloadError("encoding is unknown", value=encoding) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        bad = f"byte 0x{content[error.start]:02x}"
        raise PayloadError(f"payload is not {encoding} text", where=f"line {line}", value=bad) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise PayloadError(f"payload is not {encoding} text", where=f"line {line}", value="byte 0x00")
    return text


def refuse_no_data(content: bytes) -> None:
    """Raises PayloadError when the payload is empty or an HTML page: true of every format, binary ones too."""
    start = content[:4096].lstrip(_WHITESPACE_OR_BOM).lower()
    if not start and not content.strip(_WHITESPACE_OR_BOM):
        raise PayloadError("payload is empty", value=f"{len(content)} bytes")
    if start.startswith((b"<!doctype", b"<html")):
        raise PayloadError("payload is an HTML page, not data", where="line 1", value=_shown(start))


def read_csv(
    content: bytes, encoding: str = "utf-8-sig", layout: Layout | None = None, wanted: Collection[str] = ()
) -> Table:
    """A whole payload that is one table; its header is the first line, or where the layout says. Raises PayloadError.

    ``wanted``: names of columns; where the header is without one, the message says where a header with all of them is.
    """
    text, layout = decode(content, encoding), layout or Layout()
    refuse_answer(text, layout.delimiter)
    refuse_cut(text)
    lines = list(io.StringIO(text, newline=""))
    if len(lines) < layout.header_line:
        raise PayloadError(
            f"payload has no line {layout.header_line} (option header_line)", value=f"{len(lines)} lines"
        )
    _refuse_header_elsewhere(lines, layout, wanted)
    return read_table(lines[layout.header_line - 1 :], layout.header_line, layout)


def refuse_answer(text: str, delimiter: str = ",") -> None:
    """Raises PayloadError that quotes a line of text or of JSON where a table should be: a vendor's way to say no."""
    line = text.strip()
    if len(line.splitlines()) == 1 and (delimiter not in line or line.startswith("{")):
        raise PayloadError("payload is one line and no table; the vendor answered", value=line[:200])


def refuse_answer_in_words(text: str) -> None:
    """The same where JSON should be. Raises PayloadError."""
    line = text.strip()
    if len(line.splitlines()) == 1 and re.match(r"[A-Za-z]", line) and line not in ("null", "true", "false"):
        raise PayloadError("payload is one line of text and no JSON; the vendor answered", value=line[:200])


def refuse_cut(text: str) -> None:
    """Raises PayloadError when the last line has no line end: what a broken download leaves behind."""
    if not text.endswith("\n" if "\n" in text else "\r"):
        lines = text.splitlines()
        raise PayloadError(
            "payload is cut short: its last line has no line end",
            where=f"line {len(lines)}",
            value=_shown(lines[-1].encode()),
        )


def read_table(source: Iterable[str], first_line: int = 1, layout: Layout | None = None) -> Table:
    """Lines to a table; the first is the header (at line ``first_line``), blank ones are skipped."""
    signs = layout or Layout()
    reader = csv.reader(source, strict=True, delimiter=signs.delimiter, quotechar=signs.quote)
    offset = first_line - 1
    try:
        read = [(reader.line_num + offset, row) for row in reader if len(row) > 1 or "".join(row).strip()]
    except csv.Error as error:
        at = f"line {reader.line_num + offset}"
        raise PayloadError("row can't be read as comma-separated text", where=at, value=error) from error
    if not read:
        raise PayloadError("payload is empty")
    (header_line, header), *body = read
    names = [name.strip() for name in header]
    table = Table(names, [row for _, row in body], [line for line, _ in body], header_line)
    _refuse_ragged(table)
    return table


def _refuse_header_elsewhere(lines: list[str], layout: Layout, wanted: Collection[str]) -> None:
    """Raises PayloadError where another line, or another sign between cells, makes a header with all wanted names."""
    if not wanted or set(wanted) <= _names(lines[layout.header_line - 1], layout.delimiter, layout.quote):
        return
    for delimiter in (layout.delimiter, *_DELIMITERS):
        for number, line in enumerate(lines[:_LINES_SEARCHED], 1):
            if set(wanted) <= _names(line, delimiter, layout.quote):
                stated = [f"header_line = {number}"] if number != layout.header_line else []
                stated += [f"delimiter = {json.dumps(delimiter)}"] if delimiter != layout.delimiter else []
                what = (
                    f"the header is not where it is looked for: option {' and option '.join(stated)} says where it is"
                )
                raise PayloadError(
                    what, where=f"line {layout.header_line}", value=lines[layout.header_line - 1].strip()[:80]
                )


def _names(line: str, delimiter: str, quote: str) -> set[str]:
    try:
        return {name.strip() for row in csv.reader([line], delimiter=delimiter, quotechar=quote) for name in row}
    except csv.Error:
        return set()


def dates(
    table: Table,
    cells: Sequence[str],
    date_format: str | None = None,
    missing: Collection[str] = (),
) -> Days:
    """Cells to days (datetime64[D], NaT for the missing marks); ISO without a format. Raises PayloadError.

    Behind a day may stand a time and a zone: the day is the one that is written, wherever midnight was elsewhere. A
    midnight of the east that was moved to UTC is refused, for it is written as the day before.
    """
    gaps = np.array([cell in missing for cell in cells], dtype=bool)
    kept = [cell for cell in cells if cell not in missing]
    days = np.full(len(cells), np.datetime64("NaT"), dtype="datetime64[D]")
    read = _iso_days(kept) if date_format is None else _formatted_days(kept, date_format)
    if np.isnat(read).any():
        row = int(np.flatnonzero(~gaps)[np.isnat(read).argmax()])
        raise PayloadError("date can't be read", where=table.where(row), value=_cell(cells[row]))
    days[~gaps] = read
    early = days < FIRST_DAY
    if early.any():
        row = int(early.argmax())
        raise PayloadError(f"date is before {FIRST_DAY}", where=table.where(row), value=_cell(cells[row]))
    _refuse_moved_midnights(table, cells)
    return days


def numbers(
    table: Table,
    cells: Sequence[str],
    what: str,
    missing: Collection[str] = (),
    days: Days | None = None,
) -> Floats:
    """Cells to floats, NaN for the missing marks. Raises PayloadError for another cell that is no number."""
    try:
        values = np.array([math.nan if cell in missing else float(cell) for cell in cells], dtype=np.float64)
    except ValueError:
        values = np.array([math.nan])
    # float() also takes "nan", "inf" and "1_000"; a vendor who prints one of these has a defect.
    if not np.isfinite(values).all() or "_" in "".join(cells):
        for row, cell in enumerate(cells):
            if cell not in missing and not _is_number(cell):
                at = place(table, row, days)
                raise PayloadError(f"{what} is not a number", where=at, value=_cell(cell))
    return values


def place(table: Table, row: int, days: Days | None = None) -> str:
    """Line and, where known, date of a row: ``line 812, 2026-03-10``."""
    return table.where(row) if days is None else f"{table.where(row)}, {days[row]}"


def text_option(options: Mapping[str, Any], name: str) -> str:
    """An option that a format can't do without. Raises PayloadError naming it."""
    value = options.get(name)
    if not isinstance(value, str) or not value:
        raise PayloadError(f"option {name} is needed to read this payload", value=value)
    return value


def _refuse_ragged(table: Table) -> None:
    width = len(table.header)
    for at, row in enumerate(table.rows):
        if len(row) != width:
            cut = at == len(table.rows) - 1 and len(row) < width
            what = "payload is cut short: its last row" if cut else "row"
            hint = "" if width > 1 or cut else f"; line {table.header_line} is no header of such rows"
            raise PayloadError(f"{what} has {len(row)} fields instead of {width}{hint}", where=table.where(at))


def _iso_days(cells: list[str]) -> Days:
    if _ISO_DAYS.fullmatch("\n".join(cells) + "\n"):
        try:
            return np.array(cells, dtype="datetime64[D]")
        except ValueError:
            pass  # a day that no month has; the slow way finds which one
    return np.array([_iso_day(cell) for cell in cells], dtype="datetime64[D]")


def _iso_day(cell: str) -> np.datetime64:
    stamp = _STAMP.fullmatch(cell)
    day = stamp["day"] if stamp else cell
    if not _ISO_DAYS.fullmatch(day + "\n"):
        return np.datetime64("NaT", "D")
    try:
        return np.datetime64(day, "D")
    except ValueError:
        return np.datetime64("NaT", "D")


def _refuse_moved_midnights(table: Table, cells: Sequence[str]) -> None:
    """A stamp that says UTC shows it by itself. Without a zone 15:00 and 16:00 may be the hour of the close; where each
    stamp has such an hour and one is of a Sunday, it is Monday's midnight.
    """
    stamps = [_STAMP.fullmatch(cell) if len(cell) > len("2026-03-11") else None for cell in cells]
    moved = [row for row, stamp in enumerate(stamps) if stamp and _IN_THE_EAST.fullmatch(stamp["time"])]
    in_utc = [row for row in moved if (stamp := stamps[row]) and stamp["zone"] in _UTC]
    sundays = [row for row in moved if (stamp := stamps[row]) and _is_sunday(stamp["day"])]
    without_zone = len(moved) == len(cells) and all(stamp and stamp["zone"] is None for stamp in stamps)
    if in_utc or (without_zone and sundays):
        row = (in_utc or sundays)[0]
        what = "date is a midnight east of Greenwich, moved to UTC: write the exchange's own day"
        raise PayloadError(what, where=table.where(row), value=cells[row][:80])


def _is_sunday(day: str) -> bool:
    stamp = pd.to_datetime(day, errors="coerce")
    return not pd.isna(stamp) and stamp.dayofweek == 6


def _formatted_days(cells: list[str], date_format: str) -> Days:
    """Days by a format; one that ends with a zone (%z, %Z) is read without it, for a zone moves no day."""
    own = re.sub(r"\s*%[zZ]$", "", date_format)
    if own != date_format:
        cells = [_ZONE_AT_END.sub("", cell) if _ZONE_AT_END.search(cell) else "" for cell in cells]
        date_format = own
    try:
        stamps = pd.to_datetime(pd.Series(cells, dtype=object), format=date_format, errors="coerce")
    except ValueError as error:
        raise PayloadError("option date_format can't be used", value=date_format) from error
    return stamps.to_numpy(dtype="datetime64[D]")


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False


def _cell(cell: str) -> str:
    return cell[:80] if cell else "empty"


def _shown(start: bytes) -> str:
    return start[:60].decode("utf-8", "replace").split("\n")[0].strip()
