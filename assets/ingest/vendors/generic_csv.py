"""Format ``csv``: any comma-separated table, described by a mapping from our column names to theirs.

Belongs here: the mapping, units and kinds of cells. Does not belong here: a layout that has a module of its
own, or rules of one dataset beyond its columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.frames.company import companies_frame
from assets.ingest.frames.eps_estimate import estimates_frame
from assets.ingest.frames.fund import funds_frame, navs_frame
from assets.ingest.frames.holding import holdings_frame
from assets.ingest.frames.index_level import BARS, level_frame, quanta_of
from assets.ingest.frames.membership import members_frame
from assets.ingest.frames.policy_rate import rates_frame
from assets.ingest.frames.revenue_geography import revenues_frame
from assets.ingest.frames.row_results import (
    column_names,
    contract_types,
    contract_units,
    refuse_missing,
    result_frame,
)
from assets.ingest.frames.security_level import DATASET as SECURITY_LEVEL
from assets.ingest.frames.security_level import PAID, security_level_frame, source_of
from assets.ingest.parsing.delimited_text import Floats, Layout, Table, dates, numbers, place, read_csv, text_option
from assets.ingest.parsing.printed_numbers import (
    POINT,
    Notation,
    PrintedNumbers,
    notation_of,
    printed_numbers,
    whole_amounts,
)
from assets.ingest.parsing.units import AMOUNT, COUNT, CURRENCIES, FRACTION
from assets.ingest.payload import Parser, PayloadError

KIND_OF_TYPE = {
    "DATE": "date", "DOUBLE": "number", "INTEGER": "number", "BIGINT": "amount", "VARCHAR": "text", "TIMESTAMP": "text",
}  # fmt: skip
"""How a cell is read for a column of each DuckDB type: an amount is whole, a time is read with its day."""

KINDS = {name: KIND_OF_TYPE[type] for name, type in contract_types().items()}
"""What the cells of a column are, by our name of it."""

UNITS = contract_units()
MONEY = (*dict.fromkeys(CURRENCIES.values()), AMOUNT)
MEASURES: Mapping[str, Collection[str]] = {
    "fraction": (FRACTION,), "yen": ("JPY", AMOUNT), "count": (COUNT, AMOUNT), "currency": MONEY, "index points": MONEY,
}  # fmt: skip
"""What a column may be printed in, by the unit in its contract."""

PER_UNITS = ("nav_jpy", "distribution_jpy")
"""Yen of 10,000 units: a scale of 10,000 says that the file has them of one."""

CONSTANTS = ("series_id", "return_basis", "currency", "as_of")
"""Options that become a column where no column of theirs is mapped to it."""

MISSING = ("", "-", "—", "―", "－", "N/A")
"""Marks for no value. The second dash is what the first one is in Shift_JIS."""


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a line, with our column names; for index levels exactly frames/index_level.COLUMNS. Raises PayloadError.

    Options: ``columns`` {our name: "their name"}; ``encoding`` (utf-8-sig); ``header_line`` (1), ``delimiter`` (,),
    ``quote`` ("); ``date_format`` (ISO); ``decimal`` and ``thousands``, a sign or {our name: sign}; ``scale`` {our
    name: factor}, which a printed unit has to agree with; ``missing`` (marks for no value); ``dataset``; constants as
    in CONSTANTS. Where a value is missing, numbers and texts are NaN and dates NaT. A level must be there unless
    ``missing`` names the mark of a day without one.
    """
    columns = _mapping(options)
    table = read_csv(content, options.get("encoding", "utf-8-sig"), Layout.of(options), columns.values())
    cells = {name: table.column(theirs) for name, theirs in columns.items()}
    if not table.rows:
        raise PayloadError("payload has no rows", where=f"line {table.header_line}")
    dataset = options.get("dataset", "index_level" if "level" in columns else "")
    if dataset == "index_level":
        return _index_levels(table, cells, options)
    if dataset in FRAMES:
        _refuse_foreign(dataset, columns)
    stated = {name: _typed(table, name, cells[name], options) for name in columns} | _constants(columns, options)
    if dataset not in FRAMES:
        return pd.DataFrame(stated, index=range(len(table.rows)))
    return FRAMES[dataset](table, stated, options)


def _mapping(options: Mapping[str, Any]) -> Mapping[str, str]:
    columns = options.get("columns")
    if not isinstance(columns, Mapping) or not columns:
        raise PayloadError("option columns is needed to read this payload", value=columns)
    unknown = [name for name in columns if name not in KINDS]
    if unknown:
        raise PayloadError(
            "option columns names a column that no contract has", where=unknown[0], value=columns[unknown[0]]
        )
    for option in ("scale", "decimal", "thousands"):
        _refuse_unmapped(option, options.get(option), columns)
    for name, factor in options.get("scale", {}).items():
        if not isinstance(factor, int | float) or not factor > 0:
            raise PayloadError("option scale needs a factor above 0", where=name, value=factor)
    return columns


def _refuse_unmapped(option: str, stated: Any, columns: Mapping[str, str]) -> None:
    for name in stated if isinstance(stated, Mapping) else ():
        if KINDS.get(name) not in ("number", "amount") or name not in columns:
            raise PayloadError(f"option {option} names what is not a mapped number", value=name)


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
    printed = _printed(table, "level", cells["level"], options, _marks(options, ()))
    levels = numbers(table, printed.exact(), "level", ("",), days)
    quanta = quanta_of(printed.plain) * np.array(printed.factors, dtype=float)
    names = {name: cells.get(name) or text_option(options, name) for name in CONSTANTS[:3]}
    _refuse_another_currency(table, "level", printed, names["currency"])
    missing = _marks(options, MISSING)
    bars = {
        name: numbers(table, _printed(table, name, cells[name], options, missing).exact(), name, ("",))
        for name in BARS
        if name in cells
    }
    return level_frame(table, days, levels, quanta, bars=bars, **names)


def _typed(
    table: Table, name: str, cells: list[str], options: Mapping[str, Any]
) -> Sequence[str | None] | Floats | pd.Series:
    missing = _marks(options, MISSING)
    if KINDS[name] == "date":
        return pd.Series(dates(table, cells, options.get("date_format"), missing).astype("datetime64[us]"))
    if KINDS[name] in ("number", "amount"):
        printed = _printed(table, name, cells, options, missing)
        currencies = options["columns"].get("currency")
        stated = table.column(currencies) if currencies else options.get("currency")
        if UNITS.get(name) in ("currency", "index points") and not name.endswith("_usd"):
            _refuse_another_currency(table, name, printed, stated)
        exact = printed.exact()
        return whole_amounts(table, name, exact) if KINDS[name] == "amount" else numbers(table, exact, name, ("",))
    return [None if cell in missing else cell for cell in cells]


def _printed(
    table: Table, name: str, cells: list[str], options: Mapping[str, Any], missing: Collection[str]
) -> PrintedNumbers:
    """A number's column as it is printed. Yen and counts are whole: no comma in them stands before decimals."""
    notation = notation_of(options, name)
    if notation == Notation() and UNITS.get(name) in ("yen", "count"):
        notation = Notation(decimal=POINT)
    return printed_numbers(
        table,
        name,
        cells,
        missing,
        column=options["columns"][name],
        scale=options.get("scale", {}).get(name),
        measures=("USD", AMOUNT) if name.endswith("_usd") else MEASURES.get(UNITS.get(name, "")),
        notation=notation,
        scale_is_of_units=name in PER_UNITS,
    )


def _refuse_another_currency(
    table: Table, name: str, printed: PrintedNumbers, stated: str | Sequence[str] | None
) -> None:
    """Raises PayloadError where a cell or the column's name prints another currency than the row's."""
    for row, currency in enumerate(printed.currencies):
        of_row = stated if stated is None or isinstance(stated, str) else stated[row]
        if currency and of_row and printed.plain[row] and currency != of_row.upper():
            raise PayloadError(f"{name} is printed in {currency}, and the currency is {of_row}", where=table.where(row))


def _constants(columns: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Any]:
    given = [name for name in CONSTANTS if name in options and name not in columns]
    return {name: pd.Timestamp(options[name]) if KINDS[name] == "date" else options[name] for name in given}


def _memberships(table: Table, stated: dict[str, Any], options: Mapping[str, Any]) -> pd.DataFrame:
    """Where the vendor has no permanent id, the ticker is the id."""
    return members_frame(table, {"security_id": stated.get("ticker")} | stated)


def _security_levels(table: Table, stated: dict[str, Any], options: Mapping[str, Any]) -> pd.DataFrame:
    if "source" not in stated:
        stated = stated | {"source": source_of(options)}
    refuse_missing(SECURITY_LEVEL, table, stated)
    if "level" not in stated:
        raise PayloadError("level is needed and not given", value=", ".join(stated))
    days = pd.Series(stated["date"]).to_numpy(dtype="datetime64[D]")
    return security_level_frame(
        stated["security_id"],
        days,
        stated["level"],
        stated.get("close"),
        paid={name: stated[name] for name in PAID if name in stated},
        source=stated["source"],
        return_basis=stated["return_basis"],
        currency=stated["currency"],
        where=lambda row: place(table, row, days),
    )


def _revenues(table: Table, stated: dict[str, Any], options: Mapping[str, Any]) -> pd.DataFrame:
    """Where the vendor names no filing, the file is the filing."""
    scales = [name for name in ("revenue", "us_revenue") if name in options.get("scale", {})]
    if len(scales) == 1 and {"revenue", "us_revenue"} <= set(options["columns"]):
        raise PayloadError("option scale has one of revenue and us_revenue: a share needs both", value=scales[0])
    return revenues_frame(table, stated, options.get("file_name"))


def _estimates(table: Table, stated: dict[str, Any], options: Mapping[str, Any]) -> pd.DataFrame:
    """Where the file has no day of its own, ``as_of`` is the day; ``index_id`` and ``source`` may be options too."""
    given = {name: options[name] for name in ("index_id", "source") if name in options}
    if "as_of" in stated:
        given["source_date"] = stated["as_of"]
    return estimates_frame(table, given | stated)


def _funds(table: Table, stated: dict[str, Any], options: Mapping[str, Any]) -> pd.DataFrame:
    """Where the file has no day of its own, ``as_of`` is the day."""
    given = {"valuation_date": stated["as_of"]} if "as_of" in stated else {}
    return funds_frame(table, given | stated)


def _fund_navs(table: Table, stated: dict[str, Any], options: Mapping[str, Any]) -> pd.DataFrame:
    """A file of one fund may be named by option ``fund_id`` or ``association_code``."""
    named = [options[name] for name in ("fund_id", "association_code") if name in options]
    return navs_frame(table, ({"fund_id": named[0]} if named else {}) | stated)


def _policy_rates(table: Table, stated: dict[str, Any], options: Mapping[str, Any]) -> pd.DataFrame:
    """A rate must be there unless ``missing`` names the mark of a day without one."""
    if "rate" not in stated or "missing" not in options:
        return result_frame("policy_rate", table, stated)
    return rates_frame(table, stated)


def _refuse_foreign(dataset: str, columns: Mapping[str, str]) -> None:
    foreign = [name for name in columns if name not in column_names(dataset)]
    if foreign:
        raise PayloadError(f"option columns names a column that {dataset} has not", value=foreign[0])


Framer = Callable[[Table, dict[str, Any], Mapping[str, Any]], pd.DataFrame]
FRAMES: dict[str, Framer] = {
    "membership": _memberships,
    "security": lambda table, stated, options: result_frame("security", table, stated),
    "security_level": _security_levels,
    "holding": lambda table, stated, options: holdings_frame(table, stated),
    "company": lambda table, stated, options: companies_frame(table, stated),
    "revenue_geography": _revenues,
    "eps_estimate": _estimates,
    "fund": _funds,
    "fund_nav": _fund_navs,
    "policy_rate": _policy_rates,
}
"""What makes the parse result of a dataset that has a contract; the other datasets get their cells as they are."""

FORMATS: dict[str, Parser] = {"csv": parse}
