"""Numbers and flags as inline XBRL prints them on a page: "557,622" in millions, "one", a dash for zero.

Belongs here: the transformation formats of facts that figures need. Does not belong here: finding facts
(xbrl.py).
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
EMPTY = {"fixed-empty", "nocontent", "numnan"}
TRUE = {"fixed-true", "booleantrue"}
FALSE = {"fixed-false", "booleanfalse"}

_SEPARATORS = " '’`\xad\u200b"
"""What a page may print between digits; every kind of space is a blank by then."""
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_ONES)} | {word: 10 * value for value, word in enumerate(_TENS, 2)}
_NONE = ("no", "none", "nil")
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


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
    if not re.fullmatch(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", text.strip()):
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
    text = "".join(" " if character.isspace() else character for character in text)
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
    """A whole number in English words, such as "one hundred and thirty-eight" (ixt-sec:numwordsen)."""
    value = _value_of_words(re.sub(r"[\s,\-‐-―−]+", " ", text.translate(_without("\xad\u200b"))).lower().split())
    if value is None:
        raise PayloadError("number in words can't be read", where=where, value=text.strip()[:80] or "empty")
    return value


def _value_of_words(words: list[str]) -> int | None:
    """None where the words are no number, or not in the order of one ("two three", "hundred thousand million")."""
    if len(words) == 1 and words[0] in _NONE:
        return 0
    for scale in sorted(_SCALES, key=lambda name: -_SCALES[name]):
        if scale in words:
            at = words.index(scale)
            before, after = _below_thousand(words[:at]), words[at + 1 :]
            rest = _value_of_words(after[after[:1] == ["and"] :]) if after else 0
            if before is None or rest is None or rest >= _SCALES[scale] or (after and not rest):
                return None
            return before * _SCALES[scale] + rest
    return _below_thousand(words)


def _below_thousand(words: list[str]) -> int | None:
    if "hundred" in words:
        at = words.index("hundred")
        hundreds = 1 if words[:at] in (["a"], []) else _below_hundred(words[:at])
        after = words[at + 1 :]
        rest = _below_hundred(after[after[:1] == ["and"] :]) if after else 0
        if hundreds is None or rest is None or not 0 < hundreds < 10 or (after and not rest):
            return None
        return 100 * hundreds + rest
    return 1 if words == ["a"] else _below_hundred(words)


def _below_hundred(words: list[str]) -> int | None:
    values = [_WORDS.get(word) for word in words]
    if len(values) == 1:
        return values[0]
    tens, ones = values if len(values) == 2 else (None, None)
    return tens + ones if tens and ones and tens >= 20 and ones < 10 else None
