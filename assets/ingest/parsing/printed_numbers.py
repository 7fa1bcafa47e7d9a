"""Numbers as people print them: decimal signs, thousands separators, units, signs, to exact decimals.

Belongs here: turning printed numbers into decimals in our units, and whole amounts of money. Does not belong here:
which marks mean "no value" (a vendor's module), what a unit means (parsing/units.py), reading cells into arrays
(parsing/delimited_text.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pandas as pd

from assets.ingest.parsing.delimited_text import Table, numbers
from assets.ingest.parsing.units import AMOUNT, COUNT, FRACTION, Unit, unit_in_name, unit_of
from assets.ingest.payload import PayloadError

POINT, COMMA = ".", ","
SEPARATORS = {POINT: ",", COMMA: ". '’"}
"""What may stand between thousands beside each decimal sign, where option thousands does not say."""

_BARE = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
"""An exponent of more digits is no number that anybody prints, and too large for a Decimal."""

MINUS = ("-", "−", "▲", "△")
PLAIN = (
    {0xFF01 + at: 0x21 + at for at in range(94)}
    | {0xFFE5: "¥", 0xFFE1: "£"}
    | dict.fromkeys((0xA0, 0x202F, 0x3000), " ")
)
"""Full-width signs and the blanks of other scripts. Not all that Unicode folds: a footnote's ¹ is no digit."""

_CELL = re.compile(
    r"([+\-−▲△]?)\s*([^0-9+\-−▲△.,\s]*)\s*([+\-−▲△]?)"
    r"([0-9.,][0-9., '’]*?(?:[eE][+-]?[0-9]{1,3})?)\s*([^0-9]*|'000)"
)

TOO_LARGE = Decimal(10) ** 18
"""Beyond BIGINT soon, and beyond all the money there is."""

FLOAT_NOISE = Decimal("1e-15")
"""Relative: 291.12345678000003 is a printed float; its last digit is no part of the amount."""


@dataclass(frozen=True)
class Notation:
    """How a file writes numbers, as far as it is stated: ``decimal`` and ``thousands`` are signs."""

    decimal: str | None = None
    thousands: str | None = None


WITH_POINTS = Notation(decimal=POINT)
"""1,234.5: what every vendor with a module of its own prints."""


@dataclass(frozen=True)
class PrintedNumbers:
    """The numbers of a column: ``plain`` as they were printed ("" where missing), ``factors`` to our unit."""

    plain: list[str]
    factors: list[Decimal]
    currencies: list[str | None] = field(default_factory=list)
    """The currency that a cell or the column's name prints, where it does."""

    def exact(self) -> list[str]:
        """The numbers in our unit, without a float on the way: 0.57 % is 0.0057."""
        return [
            str(Decimal(cell) * factor) if cell and factor != 1 else cell
            for cell, factor in zip(self.plain, self.factors, strict=True)
        ]


def printed_numbers(
    table: Table,
    name: str,
    cells: Sequence[str],
    missing: Collection[str],
    *,
    column: str = "",
    scale: float | None = None,
    measures: Collection[str] | None = None,
    notation: Notation = WITH_POINTS,
    scale_is_of_units: bool = False,
) -> PrintedNumbers:
    """The numbers of a column, and how many of ours each printed one is.

    A unit that a cell prints, or the name of its ``column``, says so; ``scale`` says it where neither does, and has to
    agree with them where they do. ``measures`` is what the column may be printed in (parsing/units.py); None: anything.
    Without a stated ``notation`` the column as a whole decides what a comma is. ``scale_is_of_units``: the scale turns
    a NAV of one unit into that of 10,000 units, which 円 beside it does not contradict.

    Raises PayloadError for a cell that is no number, a unit that contradicts the scale, the column's name or what the
    column measures, cells with and without a unit in one column, and a comma that may be a decimal sign.
    """
    of_name = unit_in_name(column) if column else None
    are_bare = notation.decimal != COMMA and notation.thousands != POINT
    if are_bare and all(cell in missing or _BARE.fullmatch(cell) for cell in cells):  # most columns of most files
        plain = ["" if cell in missing else cell for cell in cells]
        units: list[Unit | None] = [None] * len(cells)
    else:
        plain, units = _read(table, name, cells, missing, notation, of_name)
    numbers(table, plain, name, ("",))  # refuses here what no factor can be applied to
    if of_name is None:
        _refuse_some_without(table, name, plain, units)
    stated = None if scale is None else Decimal(str(scale))
    meanings: dict[Unit | None, tuple[Decimal, str | None]] = {}
    for row, unit in enumerate(units):
        if unit in meanings:
            continue
        where, text, printed = table.where(row), cells[row] if unit else f"column {column}", unit or of_name
        if printed and measures is not None and printed.measures not in measures:
            raise PayloadError(
                f"{name} is printed in another unit than {' or '.join(measures)}", where=where, value=text[:80]
            )
        if unit and of_name and (unit.factor, unit.measures) != (of_name.factor, of_name.measures):
            raise PayloadError(
                f"{name} is printed in another unit than its column {column} says", where=where, value=text[:80]
            )
        currency = printed.measures if printed and printed.measures not in (FRACTION, COUNT, AMOUNT) else None
        if printed is None or (scale_is_of_units and stated is not None and printed.factor == 1):
            meanings[unit] = Decimal(1) if stated is None else stated, currency
        else:
            _refuse_other_scale(name, where, text, printed, stated)
            meanings[unit] = printed.factor, currency
    return PrintedNumbers(plain, [meanings[unit][0] for unit in units], [meanings[unit][1] for unit in units])


def _read(
    table: Table, name: str, cells: Sequence[str], missing: Collection[str], notation: Notation, of_name: Unit | None
) -> tuple[list[str], list[Unit | None]]:
    """Each cell's number without separators, and its unit."""
    split: list[_Cell | None] = []
    units: list[Unit | None] = []
    for row, cell in enumerate(cells):
        split.append(None if cell in missing else _split(table, name, row, cell))
        text = split[-1].unit if split[-1] else ""
        units.append(_known_unit(table, name, row, text) if text else None)
    is_japanese = any(unit is not None and unit.is_japanese for unit in [*units, of_name])
    decimal = notation.decimal or (POINT if is_japanese else None)
    if decimal is None:
        decimal = _decided_sign(table, name, [cell.number if cell else "" for cell in split], cells)
    plain = [
        "" if cell is None else cell.sign + _plain(table, name, row, cell.number, decimal, notation, cells[row])
        for row, cell in enumerate(split)
    ]
    return plain, units


def whole_amounts(table: Table, name: str, exact: Sequence[str]) -> pd.Series:
    """Exact decimals ("" where missing) as whole units, with no float on the way.

    Raises PayloadError for an amount with a fraction: its scale was left out, and a ratio of rounded ones is another.
    """
    amounts = [Decimal(cell) if cell else None for cell in exact]
    whole = [None if amount is None else _whole(table, name, row, amount) for row, amount in enumerate(amounts)]
    return pd.Series(whole, index=range(len(whole)), dtype="Int64")


def _whole(table: Table, name: str, row: int, amount: Decimal) -> int:
    if abs(amount) >= TOO_LARGE:
        raise PayloadError(f"{name} is too large", where=table.where(row), value=str(amount)[:80])
    whole = amount.to_integral_value(rounding=ROUND_HALF_EVEN)
    if abs(amount - whole) > abs(amount) * FLOAT_NOISE:
        what = (
            f"{name} is kept in whole units and this is none: say what the file prints its amounts in, for millions "
            f"scale = {{ {name} = 1e6 }}"
        )
        raise PayloadError(what, where=table.where(row), value=f"{amount:f}"[:80])
    return int(whole)


@dataclass(frozen=True)
class _Cell:
    sign: str
    number: str
    unit: str


def _split(table: Table, name: str, row: int, cell: str) -> _Cell:
    """Sign, digits and unit of a cell: -¥1,234, 291億円, USD 1.5m."""
    plain = cell.translate(PLAIN).strip()
    match = _CELL.fullmatch(plain)
    if match is None or (match[1] and match[3]) or not any(map(str.isdigit, plain)):
        raise PayloadError(f"{name} is not a number", where=table.where(row), value=cell[:80] or "empty")
    before, after = match[2], match[5].strip()
    is_minus = (match[1] or match[3]) in MINUS
    return _Cell("-" if is_minus else "", match[4], f"{before} {after}".strip() if before and after else before + after)


def _known_unit(table: Table, name: str, row: int, text: str) -> Unit:
    unit = unit_of(text)
    if unit is None:
        raise PayloadError(f"{name} is not a number: its unit is not known", where=table.where(row), value=text[:80])
    return unit


def _decided_sign(table: Table, name: str, numerals: Sequence[str], cells: Sequence[str]) -> str:
    """The decimal sign of a column that nobody stated: the point, unless every comma could be one."""
    commas = [row for row, number in enumerate(numerals) if "," in number]
    if not commas:
        return POINT
    grouped = [row for row in commas if re.fullmatch(r"[1-9][0-9]{0,2},[0-9]{3}", numerals[row])]
    if len(grouped) == len(commas) and not any("." in number for number in numerals):
        raise PayloadError(
            f"{name} has commas that may stand before decimals or between thousands: option decimal says which, "
            'decimal = "," or decimal = "."',
            where=table.where(commas[0]),
            value=cells[commas[0]][:80],
        )
    return POINT


def _plain(table: Table, name: str, row: int, number: str, decimal: str, notation: Notation, cell: str) -> str:
    separators = SEPARATORS[decimal] if notation.thousands is None else notation.thousands
    groups = (
        rf"[1-9][0-9]{{0,2}}(?P<gap>[{re.escape(separators)}])[0-9]{{3}}(?:(?P=gap)[0-9]{{3}})*"
        if separators
        else r"(?!)"
    )
    match = re.fullmatch(rf"({groups}|[0-9]*)((?:{re.escape(decimal)}[0-9]+)?)((?:[eE][+-]?[0-9]{{1,3}})?)", number)
    if match is None or not re.search(r"[0-9]", match[1] + match[3]):
        looks_other = notation.decimal is None and re.search(r"[, '’]|\..*\.", number)
        hint = "; options decimal and thousands say how the file writes numbers" if looks_other else ""
        raise PayloadError(f"{name} is not a number{hint}", where=table.where(row), value=cell[:80])
    return re.sub(r"[^0-9]", "", match[1]) + match[3].replace(decimal, ".") + match[4]


def _refuse_some_without(table: Table, name: str, plain: Sequence[str], units: Sequence[Unit | None]) -> None:
    """A column in which some cells print their unit and others don't: one of them is of another."""
    given = [row for row, cell in enumerate(plain) if cell.strip("-0.")]
    bare = [row for row in given if units[row] is None]
    if bare and len(bare) < len(given):
        at = max(bare[0], next(row for row in given if units[row] is not None))
        raise PayloadError(f"{name} has a unit in some rows and none in others", where=table.where(at))


def _refuse_other_scale(name: str, where: str, text: str, printed: Unit, scale: Decimal | None) -> None:
    if scale is not None and scale != printed.factor:
        unit, stated = f"{printed.factor.normalize():g}", f"{scale.normalize():g}"
        raise PayloadError(
            f"{name} is printed in a unit of {unit}, and scale says {stated}", where=where, value=text[:80]
        )


def notation_of(options: Mapping[str, Any], name: str) -> Notation:
    """Options ``decimal`` and ``thousands``: a sign for the whole file, or one a column. Raises PayloadError."""
    decimal, thousands = (_sign(options, option, name) for option in ("decimal", "thousands"))
    if decimal not in (None, POINT, COMMA):
        raise PayloadError('option decimal is "." or ","', value=decimal)
    if thousands is not None and (len(thousands) > 1 or thousands.isalnum()):
        raise PayloadError('option thousands is one sign, or "" for none', value=thousands)
    if thousands and thousands == decimal:
        raise PayloadError("options decimal and thousands are the same sign", value=thousands)
    if decimal is None and thousands in (POINT, COMMA):
        decimal = COMMA if thousands == POINT else POINT
    return Notation(decimal, thousands)


def _sign(options: Mapping[str, Any], option: str, name: str) -> str | None:
    stated = options.get(option)
    sign = stated.get(name) if isinstance(stated, Mapping) else stated
    if sign is not None and not isinstance(sign, str):
        raise PayloadError(f"option {option} is a sign", value=sign)
    return sign
