"""Numbers and flags as inline XBRL prints them on a page: "557,622" in millions, "one", a dash for zero.

Belongs here: the transformation formats of facts that figures need. Does not belong here: finding facts
(_sec_xbrl.py).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from assets.ingest.payload import PayloadError

POINT_IS_DECIMAL = {
    "num-dot-decimal", "num-dot-decimal-apos", "num-dot-decimal-in", "numdotdecimal", "numdotdecimalin",
    "numcommadot", "numspacedot",
}  # fmt: skip
COMMA_IS_DECIMAL = {
    "num-comma-decimal", "num-comma-decimal-apos", "numcommadecimal", "numdotcomma", "numspacecomma", "numcomma",
}  # fmt: skip
ZERO = {"fixed-zero", "zerodash", "numdash"}
EMPTY = {"fixed-empty", "nocontent"}
TRUE = {"fixed-true", "booleantrue"}
FALSE = {"fixed-false", "booleanfalse"}

_SEPARATORS = " \t\r\n\xa0\u2009\u202f'’`"
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_WORDS = {
    "no": 0, "none": 0, "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
}  # fmt: skip


def inline_number(text: str, kind: str | None, scale: str | None, sign: str | None, where: str) -> Decimal | None:
    """The value of an ix:nonFraction; None where its format says that there is none. Raises PayloadError."""
    name = (kind or "").rpartition(":")[2]
    if name in EMPTY:
        return None
    digits = _digits(text, name, where)
    try:
        value = Decimal(digits).scaleb(int(scale or 0))
    except (ValueError, InvalidOperation) as error:
        raise PayloadError("scale of a number is no whole number", where=where, value=scale) from error
    return -value if sign == "-" else value


def plain_number(text: str, where: str) -> Decimal:
    """The value of a number in an instance document. Raises PayloadError."""
    if not re.fullmatch(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text.strip()):
        raise PayloadError("number can't be read", where=where, value=text.strip()[:80] or "empty")
    return Decimal(text.strip())


def inline_flag(text: str, kind: str | None) -> bool:
    """Whether a flag such as dei:AmendmentFlag is set; a ballot box counts as what it shows."""
    name = (kind or "").rpartition(":")[2]
    if name in TRUE | FALSE:
        return name in TRUE
    return text.strip().lower() in ("true", "1", "yes", "☒", "☑", "þ", "x")


def _digits(text: str, name: str, where: str) -> str:
    if name in ZERO:
        return "0"
    if name == "numwordsen":
        return str(_spelled(text, where))
    if name in POINT_IS_DECIMAL:
        plain = text.translate(_without(_SEPARATORS + ","))
    elif name in COMMA_IS_DECIMAL:
        plain = text.translate(_without(_SEPARATORS + ".")).replace(",", ".")
    elif not name:
        plain = text.strip()
    else:
        raise PayloadError("number is in a format that is not known", where=where, value=name)
    if not _PLAIN.fullmatch(plain):
        raise PayloadError("number can't be read", where=where, value=text.strip()[:80] or "empty")
    return plain


def _without(characters: str) -> dict[int, None]:
    return dict.fromkeys(map(ord, characters))


def _spelled(text: str, where: str) -> int:
    """A small number in English words: segments are counted, not measured."""
    word = text.strip().lower()
    if word not in _WORDS:
        raise PayloadError("number in words can't be read", where=where, value=text.strip()[:80] or "empty")
    return _WORDS[word]
