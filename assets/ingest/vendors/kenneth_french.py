"""Kenneth R. French's data library: portfolios formed on size, several tables stacked in one text.

Belongs here: asking for the zip, what is in it, finding the value-weighted monthly table and chaining its returns to
levels. Does not belong here: the other tables, factors.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets import calendar
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.frames.index_level import level_frame
from assets.ingest.http.client import Site
from assets.ingest.parsing.delimited_text import (
    Days,
    Floats,
    Table,
    decode,
    numbers,
    place,
    read_table,
    refuse_cut,
    refuse_no_data,
    text_option,
)
from assets.ingest.parsing.zip_file import unzipping
from assets.ingest.payload import Parser, Payload, PayloadError
from assets.profile import Source

SITE = Site(vendor="french", url="https://mba.tuck.dartmouth.edu")
PORTFOLIOS = "/pages/faculty/ken.french/ftp/Portfolios_Formed_on_ME_CSV.zip"
LARGEST = 20_000_000
"""Bytes of the text; it has half a million."""

Months = npt.NDArray[np.datetime64]

HEADING = re.compile(r"\s*(average )?value[ -]weight(ed)? returns\s*-+\s*monthly\s*", re.IGNORECASE)
LAST_LINE = re.compile(r"\s*(copyright|\(c\)|©)", re.IGNORECASE)
MONTH_ROW = re.compile(r"\s*[0-9]{6}\s*,")
MISSING = (-99.99, -999.0)
START = 100.0


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The library's portfolios formed on size. Raises FetchError."""
    yield payload_from(source, context.web().get(SITE, PORTFOLIOS), "kenneth_french_zip")


def parse_zip(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """``parse`` of the one text in a zip. Raises PayloadError."""
    refuse_no_data(content)
    with unzipping(content) as archive:
        text = _only_text(archive)
    return parse(text, options)


def _only_text(archive: zipfile.ZipFile) -> bytes:
    names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
    if len(names) != 1:
        entries = ", ".join(archive.namelist())[:200] or "nothing"
        raise PayloadError("the zip needs one file .csv", value=f"found {entries}")
    with archive.open(names[0]) as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise PayloadError(f"the text in the zip has more than {LARGEST} bytes", where=names[0])
    return text


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Month-end levels of every portfolio that has returns (columns: frames/index_level.COLUMNS). Raises PayloadError.

    A portfolio's level is 100 at the month before its first return; a month's date is its last session.
    Options: return_basis, currency, optional ``prefix`` of the series ids (``FF_ME_`` gives ``FF_ME_Lo_30``).
    """
    text = decode(content)
    refuse_cut(text)
    lines = text.splitlines()
    _refuse_without_last_line(lines)
    table = _monthly_table(lines)
    months = _months(table)
    prefix = options.get("prefix", "FF_ME_")
    chains = [
        _chain(table, months, _returns(table, name, months), f"{prefix}{name.replace(' ', '_')}")
        for name in table.header[1:]
    ]
    if not any(len(chain.levels) for chain in chains):
        raise PayloadError("payload has no portfolio with returns", where=f"line {table.header_line}")
    days = _last_sessions(np.concatenate([chain.months for chain in chains]))
    levels = np.concatenate([chain.levels for chain in chains])
    return level_frame(
        Table(table.header, [], [line for chain in chains for line in chain.lines]),
        days,
        levels,
        np.zeros(len(levels)),
        series_id=[chain.series_id for chain in chains for _ in chain.lines],
        return_basis=text_option(options, "return_basis"),
        currency=text_option(options, "currency"),
    )


@dataclass(frozen=True)
class _Chain:
    """One portfolio's levels, its base month first; ``lines``: where each return stands (base: header)."""

    series_id: str
    months: Months
    levels: Floats
    lines: list[int]


def _refuse_without_last_line(lines: list[str]) -> None:
    last = max(at for at, line in enumerate(lines) if line.strip())
    if not LAST_LINE.match(lines[last]):
        raise PayloadError(
            "payload is cut short: no copyright line at its end",
            where=f"line {last + 1}",
            value=lines[last].strip()[:60],
        )


def _monthly_table(lines: list[str]) -> Table:
    start = next((at + 1 for at, line in enumerate(lines) if HEADING.fullmatch(line)), None)
    if start is None:
        raise PayloadError("payload has no table of value-weighted monthly returns")
    end = next((at for at in range(start, len(lines)) if not lines[at].strip()), len(lines))
    after = next((at for at in range(end, len(lines)) if lines[at].strip()), end)
    if after < len(lines) and MONTH_ROW.match(lines[after]):
        what = "rows stand behind a blank line inside the table of value-weighted monthly returns"
        raise PayloadError(what, where=f"line {after + 1}", value=lines[after].strip()[:60])
    if end - start < 2:
        raise PayloadError("the table of value-weighted monthly returns has no rows", where=f"line {start}")
    return read_table(lines[start:end], first_line=start + 1)


def _months(table: Table) -> Months:
    cells = [row[0].strip() for row in table.rows]
    for row, cell in enumerate(cells):
        if not re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])", cell):
            raise PayloadError("month can't be read", where=table.where(row), value=cell)
    months = np.array([f"{cell[:4]}-{cell[4:]}" for cell in cells], dtype="datetime64[M]")
    order = np.argsort(months, kind="stable")
    steps = np.diff(months[order]).astype(int)
    if (steps == 0).any():
        row = int(order[1:][(steps == 0).argmax()])
        raise PayloadError("month is given twice", where=table.where(row), value=cells[row])
    if (steps > 1).any():
        row = int(order[1:][(steps > 1).argmax()])
        raise PayloadError("a month is missing before this one", where=table.where(row), value=cells[row])
    return months


def _returns(table: Table, name: str, months: Months) -> Floats:
    """Returns in percent, NaN where missing; a gap inside the series is refused."""
    values = numbers(table, table.column(name), f"return of {name}", days=months)
    values[np.isin(values, MISSING)] = np.nan
    order = np.argsort(months)
    given = np.flatnonzero(~np.isnan(values[order]))
    if given.size and given[-1] - given[0] + 1 != given.size:
        gap = int(order[given[0] + int((np.diff(given) > 1).argmax()) + 1])
        raise PayloadError(f"a month is missing inside {name}", where=place(table, gap, months))
    return values


def _chain(table: Table, months: Months, returns: Floats, series_id: str) -> _Chain:
    order = np.argsort(months)
    order = order[~np.isnan(returns[order])]
    if not len(order):
        return _Chain(series_id, months[:0], returns[:0], [])
    base = months[order[:1]] - np.timedelta64(1, "M")
    levels = START * np.cumprod(np.concatenate([[1.0], 1 + returns[order] / 100]))
    lines = [table.header_line, *(table.lines[row] for row in order)]
    return _Chain(series_id, np.concatenate([base, months[order]]), levels, lines)


def _last_sessions(months: Months) -> Days:
    """What calendar.last_session_of_month says, for all months at once: a file has thousands of them."""
    sessions = calendar.exchange().sessions.to_numpy(dtype="datetime64[D]")
    of_month = sessions.astype("datetime64[M]")
    at = np.searchsorted(of_month, months, side="right") - 1
    outside = of_month[at] != months
    if outside.any():
        raise PayloadError("month is outside the exchange calendar", value=months[outside.argmax()])
    return sessions[at]


FORMATS: dict[str, Parser] = {"kenneth_french_csv": parse, "kenneth_french_zip": parse_zip}
