"""Units as people print them: 億円, 百万円, %, bp, USD, $m, and how many of ours one of them is.

Belongs here: what a printed unit means, in a cell or in a column's name. Does not belong here: the digits beside it
(parsing/printed_numbers.py), which column is kept in which unit (warehouse/contracts).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

FRACTION, COUNT, AMOUNT = "fraction", "count", "amount"
"""What a unit measures; ``AMOUNT`` is a bare multiplier such as 億 or million: of money or of units, not of shares."""


@dataclass(frozen=True)
class Unit:
    """A printed unit: one of it is ``factor`` of ours (yen, dollars, units, fractions of 1).

    ``measures`` is FRACTION, COUNT, AMOUNT or the code of a currency.
    """

    factor: Decimal
    measures: str
    is_japanese: bool = False
    """Whether it is written in Japanese, where a comma only ever separates thousands."""


CURRENCIES = {
    "円": "JPY", "日本円": "JPY", "yen": "JPY", "jpy": "JPY", "¥": "JPY", "jp¥": "JPY",
    "ドル": "USD", "米ドル": "USD", "usd": "USD", "us$": "USD", "$": "USD", "dollars": "USD", "us dollars": "USD",
    "ユーロ": "EUR", "eur": "EUR", "€": "EUR", "euro": "EUR", "euros": "EUR",
    "gbp": "GBP", "£": "GBP", "chf": "CHF", "cad": "CAD", "aud": "AUD", "hkd": "HKD", "cny": "CNY", "krw": "KRW",
}  # fmt: skip
COUNTS = ("口", "株", "units", "shares")
FRACTIONS = {
    "%": "0.01", "pct": "0.01", "percent": "0.01", "パーセント": "0.01",
    "bp": "0.0001", "bps": "0.0001", "basis points": "0.0001", "ベーシスポイント": "0.0001",
}  # fmt: skip
JAPANESE = {
    "": 0,
    "千": 3,
    "万": 4,
    "十万": 5,
    "百万": 6,
    "千万": 7,
    "億": 8,
    "十億": 9,
    "百億": 10,
    "千億": 11,
    "兆": 12,
}
WESTERN = {
    "k": 3, "'000": 3, "000s": 3, "000": 3, "thousand": 3, "thousands": 3,
    "m": 6, "mm": 6, "mn": 6, "mln": 6, "mio": 6, "million": 6, "millions": 6,
    "b": 9, "bn": 9, "billion": 9, "billions": 9, "tn": 12, "trillion": 12, "trillions": 12,
}  # fmt: skip
"""Powers of ten."""

IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
GLUED = re.compile(r"(億円|百万円|千円|万円|兆円|%|pct)$")
LEFT_OUT = re.compile(r"^(?:単位|unit|units?|in)\s*[::]?\s*")


@cache
def unit_of(text: str) -> Unit | None:
    """The unit that a text names, None where it names none that is known."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").casefold().split())
    if plain in FRACTIONS:
        return Unit(Decimal(FRACTIONS[plain]), FRACTION)
    return _japanese(plain) or _western(plain)


@cache
def unit_in_name(name: str) -> Unit | None:
    """The unit that a column's name states: 純資産総額（百万円）, Weight (%), Revenue in USD millions."""
    plain = " ".join(unicodedata.normalize("NFKC", name).replace("’", "'").casefold().split())
    bracketed = [LEFT_OUT.sub("", inner.strip()) for inner in IN_BRACKETS.findall(plain)]
    for text in [*reversed(bracketed), *_tails(plain)]:
        unit = unit_of(text)
        # "class (B)", "month_m": a bare letter is the name's own; so are the last words of "price per shares"
        if unit and not re.fullmatch("[a-z]", text) and (unit.measures != COUNT or text in bracketed):
            return unit
    return None


def _tails(plain: str) -> list[str]:
    words = re.split(r"[_ ,/]+", plain)
    tails = [" ".join(words[-count:]) for count in (3, 2, 1) if len(words) > count]
    glued = GLUED.search(plain)
    return [*tails, *([glued[1]] if glued and glued[1] != plain else [])]


def _japanese(plain: str) -> Unit | None:
    match = re.fullmatch(r"(千億|百億|十億|10億|億|千万|百万|十万|万|千|兆|)(.*)", plain)
    if match is None or not plain:
        return None
    factor, rest = Decimal(10) ** JAPANESE[match[1].replace("10", "十")], match[2].strip()
    is_japanese = bool(re.search(r"[円万億兆千口株]", plain))
    if rest in CURRENCIES:
        return Unit(factor, CURRENCIES[rest], is_japanese)
    if rest in COUNTS:
        return Unit(factor, COUNT, is_japanese)
    return Unit(factor, AMOUNT, True) if not rest and match[1] else None


def _western(plain: str) -> Unit | None:
    """A multiplier and a currency in either order, either alone: USD m, $m, million yen, thousands."""
    for multiplier, power in WESTERN.items():
        for currency, code in CURRENCIES.items():
            if plain in {f"{currency}{gap}{multiplier}" for gap in ("", " ", " in ")} | {
                f"{multiplier}{gap}{currency}" for gap in ("", " ", " of ")
            }:
                return Unit(Decimal(10) ** power, code)
        if plain == multiplier:
            return Unit(Decimal(10) ** power, AMOUNT)
    return None
