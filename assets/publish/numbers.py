"""How a published number is written: the same digits in tables, charts, alternative texts, claims, note and page.

Belongs here: a number's digits, sign and separators. Does not belong here: units and words around it (who prints).

What is published is a decimal; what is printed is made from it without binary arithmetic in between, and rounded by
the project's rule. A chart gets the text, not a format: Vega, Python and pandas round halves each in their own way.
"""

from __future__ import annotations

from decimal import Decimal

from warehouse.rounding import Number, as_decimal, round_half_up

OKU = 100_000_000
"""Yen in 億円."""


def in_percent(fraction: Number) -> Decimal:
    """A fraction in percent, exactly: 0.0285 is 2.85, which the product of two floats is not."""
    return as_decimal(fraction) * 100


def signed(number: Number, decimals: int, negative: str = "-", positive: str = "") -> str:
    """A number with thousands separators and the house's negative sign; what rounds to zero has no sign."""
    rounded = round_half_up(number, decimals)
    sign = negative if rounded < 0 else positive if rounded > 0 else ""
    return f"{sign}{abs(rounded):,f}"


def in_oku(yen: Number) -> Decimal:
    """An amount of yen in whole 億円."""
    return round_half_up(as_decimal(yen) / OKU, 0)
