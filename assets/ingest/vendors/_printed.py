"""Numbers as people print them: thousands separators, units, signs, to plain decimals.

Belongs here: turning a printed number into one that float() reads, and a factor that loses no digit. Does not
belong here: which marks mean "no value" (a vendor's module), reading cells into arrays (_text.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

from assets.ingest.payload import PayloadError
from assets.ingest.vendors._text import Table

_NUMBER = re.compile(
    r"(?P<sign>[+\-−▲]?)(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?P<rest>(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"\s*(?P<unit>%|％|(?:千|万|百万|億|兆)?円|億|口)?"
)


def plain_numbers(table: Table, name: str, cells: Sequence[str], missing: Collection[str]) -> list[str]:
    """Cells as plain numbers: without unit and thousands separators; "" for the missing marks.

    Raises PayloadError for a cell that is no number, and for a column in two units (億円 and 百万円): one
    factor can't be right for both.
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


def scaled(plain: list[str], factor: float) -> list[str]:
    """Plain numbers times a factor, in decimals: 0.57 times 0.01 is 0.0057, which floats miss."""
    if factor == 1:
        return plain
    exact = Decimal(str(factor))
    return [str(Decimal(cell) * exact) if cell else "" for cell in plain]
