"""The project's one way to round a number, in Python; warehouse/sql/round_half_up.sql is the same in SQL.

Belongs here: the rule. Does not belong here: how many decimals a column has (contracts), how a number is printed
(assets/publish/numbers.py).
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal, localcontext
from numbers import Integral

Number = int | float | Decimal


def as_decimal(value: Number) -> Decimal:
    """The decimal that a number shows: of a float its shortest representation. Raises ValueError where it is none."""
    if isinstance(value, Decimal):
        return value
    if not math.isfinite(value):
        raise ValueError(f"{value} has no decimals")
    return Decimal(int(value)) if isinstance(value, Integral) else Decimal(repr(float(value)))


def round_half_up(value: Number, decimals: int) -> Decimal:
    """A number rounded half up, away from zero, on the decimal that it shows; never -0.

    ``decimals`` may be negative. Raises ValueError for NaN and infinities.
    """
    with localcontext() as context:
        context.prec = 400  # a DOUBLE reaches 10^308
        rounded = as_decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)
