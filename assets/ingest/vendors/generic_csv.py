"""Format ``csv``: any comma-separated table, described by a mapping from our column names to theirs.

Belongs here: the mapping, units and kinds of cells. Does not belong here: a layout that has a module of its
own, or rules of one dataset beyond its columns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from assets.ingest.payload import Parser, PayloadError
from assets.ingest.vendors._levels import level_frame, quanta_of
from assets.ingest.vendors._text import Floats, Table, dates, numbers, read_csv, text_option

DATES = {"date", "valuation_date", "as_of", "valid_from", "valid_to", "fiscal_period_end", "source_date"}
NUMBERS = {
    "level", "rate", "close", "adj_close", "price", "weight", "shares", "quantity", "market_value_usd",
    "nav_jpy", "net_assets_jpy", "distribution_jpy", "expense_ratio", "return_1y", "return_3y",
    "revenue", "us_revenue", "eps", "eps_base", "eps_target", "growth", "fiscal_year", "rank",
}  # fmt: skip
TEXTS = {
    "series_id", "return_basis", "currency", "ticker", "security_id", "name", "sector", "asset_class",
    "cusip", "isin", "exchange", "location", "company_id", "cik", "fund_id", "association_code", "manager",
    "index_id", "filing", "status", "source",
}  # fmt: skip
KINDS = dict.fromkeys(DATES, "date") | dict.fromkeys(NUMBERS, "number") | dict.fromkeys(TEXTS, "text")
"""What the cells of a column are, by our name of it; a new dataset adds its names here."""

CONSTANTS = ("series_id", "return_basis", "currency", "as_of")
"""Options that become a column where no column of theirs is mapped to it."""

MISSING = ("", "-", "—", "－", "N/A")

_NUMBER = re.compile(
    r"(?P<sign>[+\-−▲]?)(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?P<rest>(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"\s*(?P<unit>%|％|(?:千|万|百万|億|兆)?円|億|口)?"
)


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a line, with our column names; for index levels exactly _levels.COLUMNS. Raises PayloadError.

    Options: ``columns`` {our name: "their name"}; ``encoding`` (utf-8-sig); ``date_format`` (ISO);
    ``scale`` {our name: factor}; ``missing`` (marks for no value); ``dataset``; constants as in CONSTANTS.
    Where a value is missing, numbers and texts are NaN and dates NaT. A level must be there unless
    ``missing`` names the mark of a day without one.
    """
    columns = _mapping(options)
    table = read_csv(content, options.get("encoding", "utf-8-sig"))
    cells = {name: table.column(theirs) for name, theirs in columns.items()}
    if not table.rows:
        raise PayloadError("payload has no rows", where=f"line {table.header_line}")
    if options.get("dataset", "index_level" if "level" in columns else "") == "index_level":
        return _index_levels(table, cells, options)
    frame = pd.DataFrame({name: _typed(table, name, cells[name], options) for name in columns})
    for name in CONSTANTS:
        if name in options and name not in columns:
            frame[name] = pd.Timestamp(options[name]) if KINDS[name] == "date" else options[name]
    return frame


def _mapping(options: Mapping[str, Any]) -> Mapping[str, str]:
    columns = options.get("columns")
    if not isinstance(columns, Mapping) or not columns:
        raise PayloadError("option columns is needed to read this payload", value=columns)
    unknown = [name for name in columns if name not in KINDS]
    if unknown:
        raise PayloadError(
            "option columns names a column that no contract has", where=unknown[0], value=columns[unknown[0]]
        )
    for name, factor in options.get("scale", {}).items():
        if KINDS.get(name) != "number" or name not in columns:
            raise PayloadError("option scale names what is not a mapped number", value=name)
        if not isinstance(factor, int | float) or not factor > 0:
            raise PayloadError("option scale needs a factor above 0", where=name, value=factor)
    return columns


def _marks(options: Mapping[str, Any], default: Collection[str]) -> Collection[str]:
    marks = options.get("missing", default)
    if isinstance(marks, str):
        raise PayloadError("option missing is a list of marks", value=marks)
    return frozenset(marks)


def _index_levels(table: Table, cells: Mapping[str, list[str]], options: Mapping[str, Any]) -> pd.DataFrame:
    for name in ("date", "level"):
        if name not in cells:
            raise PayloadError(f"option columns lacks {name}", value=", ".join(cells))
    days = dates(table, cells["date"], options.get("date_format"))
    plain = _plain(table, "level", cells["level"], _marks(options, ()))
    levels = numbers(table, _scaled(plain, "level", options), "level", ("",), days)
    quanta = quanta_of(plain) * float(options.get("scale", {}).get("level", 1))
    names = {name: cells.get(name) or text_option(options, name) for name in CONSTANTS[:3]}
    return level_frame(table, days, levels, quanta, **names)


def _typed(
    table: Table, name: str, cells: list[str], options: Mapping[str, Any]
) -> Sequence[str | None] | Floats | pd.Series:
    missing = _marks(options, MISSING)
    if KINDS[name] == "date":
        return pd.Series(dates(table, cells, options.get("date_format"), missing).astype("datetime64[us]"))
    if KINDS[name] == "number":
        plain = _plain(table, name, cells, missing)
        return numbers(table, _scaled(plain, name, options), name, ("",))
    return [None if cell in missing else cell for cell in cells]


def _scaled(plain: list[str], name: str, options: Mapping[str, Any]) -> list[str]:
    """Plain numbers times the column's factor, in decimals: 0.57 times 0.01 is 0.0057, which floats miss."""
    factor = options.get("scale", {}).get(name, 1)
    if factor == 1:
        return plain
    exact = Decimal(str(factor))
    return [str(Decimal(cell) * exact) if cell else "" for cell in plain]


def _plain(table: Table, name: str, cells: list[str], missing: Collection[str]) -> list[str]:
    """Cells as plain numbers: without unit and thousands separators; "" for the missing marks.

    A column in two units (億円 and 百万円) is refused: one factor can't be right for both.
    """
    plain: list[str] = []
    units: dict[str, int] = {}
    for row, cell in enumerate(cells):
        if cell in missing:
            plain.append("")
            continue
        match = _NUMBER.fullmatch(cell)
        if match is None or not any(map(str.isdigit, cell)):
            raise PayloadError(f"{name} is not a number", where=table.where(row), value=cell[:80] or "empty")
        sign = "-" if match["sign"] in ("-", "−", "▲") else ""
        number = sign + match["whole"].replace(",", "") + match["rest"]
        plain.append(number)
        if number.strip("-0."):
            units.setdefault(match["unit"] or "none", row)
    if len(units) > 1:
        row = max(units.values())
        raise PayloadError(f"{name} is in more than one unit", where=table.where(row), value=" and ".join(units))
    return plain


FORMATS: dict[str, Parser] = {"csv": parse}
