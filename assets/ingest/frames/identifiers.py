"""Identifiers as they were before a spreadsheet or pandas took them for numbers: read again, or refused.

Belongs here: CIK, CUSIP, association code, ticker and other ids in the forms that programs leave behind. Does not
belong here: which id names whom (core.company, core.security), whether a fund or company is known (checks/).

No check digit is asked of an ISIN: it begins with letters, so that no program takes it for a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

import pandas as pd

from assets.ingest.payload import PayloadError

CIK_DIGITS, CUSIP_LENGTH, ASSOCIATION_CODE_LENGTH = 10, 9, 8

_AS_FLOAT = re.compile(r"([0-9]+)\.0*")
_ROUNDED = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE]\+[0-9]+|[0-9]+\.[0-9]+[eE][0-9]+")
_LOST = ("inf", "-inf", "nan", "NaN", "None", "none", "null", "<NA>", "NaT", "#N/A", "#REF!", "#VALUE!", "#NAME?")
_TRUTHS = ("True", "False", "true", "false")
_LIKE_A_NUMBER = re.compile(r"[0-9.,\s+'-]+")


class _IdentifierError(ValueError):
    """Why a text is no such identifier."""


def cik(text: str) -> str:
    """A CIK in its ten digits, from 320193, 320193.0, CIK0000320193 or CIK 320193; another vendor's id as it is."""
    match = re.fullmatch(r"(?:CIK[\s#:_-]*)?([0-9]+)", _undamaged(text), re.I)
    if match:
        if not 1 <= int(match[1]) < 10**CIK_DIGITS:
            raise _IdentifierError("is no CIK")
        return str(int(match[1])).zfill(CIK_DIGITS)
    if _LIKE_A_NUMBER.fullmatch(text) or re.match(r"CIK\b|CIK[^A-Za-z]", text, re.I):
        raise _IdentifierError("is no CIK")
    return text


def cusip(text: str) -> str:
    """A CUSIP, with the zeros before it that a number has lost, where its check digit says so."""
    plain = _undamaged(text).upper()
    if not plain.isdigit() or len(plain) >= CUSIP_LENGTH or plain.startswith("0"):
        return plain
    whole = plain.zfill(CUSIP_LENGTH)
    if _cusip_check_digit(whole[:-1]) != whole[-1]:
        raise _IdentifierError("is no CUSIP")
    return whole


def association_code(text: str) -> str:
    """The eight characters of a fund's code at the association, with the zeros before it that a number has lost."""
    plain = _undamaged(text).upper()
    return plain.zfill(ASSOCIATION_CODE_LENGTH) if plain.isdigit() else plain


def fund_id(text: str) -> str:
    """An ISIN, or an association code where a file has no ISIN."""
    plain = _undamaged(text)
    if re.fullmatch(r"[0-9]{5,7}", plain):
        return plain.zfill(ASSOCIATION_CODE_LENGTH)
    return isin(plain) if re.fullmatch(r"[A-Za-z]{2}[0-9A-Za-z]{9}[0-9]", plain) else plain


def isin(text: str) -> str:
    """An ISIN in capital letters."""
    return _undamaged(text).upper()


def ticker(text: str) -> str:
    """A ticker, or a vendor's own id: 10107.0 is 10107, and True is the ticker TRUE."""
    return text.upper() if text in _TRUTHS else _undamaged(text)


READERS: Mapping[str, Callable[[str], str]] = {
    "company_id": cik, "cusip": cusip, "isin": isin, "fund_id": fund_id, "association_code": association_code,
    "ticker": ticker, "security_id": ticker, "acquirer_id": ticker, "constituent": ticker,
}  # fmt: skip
"""What reads the cells of an identifying column, by our name of it."""


def read_identifiers(name: str, texts: pd.Series, where: Callable[[int], str]) -> pd.Series:
    """The identifiers of a column of READERS, missing ones as they are. Raises PayloadError for the first that is none.

    ``texts`` has the index 0, 1, 2 …, as ``where`` wants it.
    """
    known = {text: _read(name, text) for text in texts.dropna().unique() if text != ""}
    for text, (_, why) in known.items():
        if why:
            raise PayloadError(f"{name} {why}", where=where(int((texts == text).to_numpy().argmax())), value=text[:80])
    changed = {text: read for text, (read, _) in known.items() if read != text}
    return texts.replace(changed) if changed else texts


def is_cik(ids: pd.Series) -> pd.Series:
    """Whether each id is a CIK; a missing one is none."""
    return ids.str.fullmatch(rf"[0-9]{{{CIK_DIGITS}}}").fillna(False).astype(bool)


@cache
def _read(name: str, text: str) -> tuple[str, str]:
    """The identifier, or why it is none."""
    try:
        return READERS[name](_unquoted(text.strip())), ""
    except _IdentifierError as error:
        return "", str(error)


def _unquoted(text: str) -> str:
    """What Excel was told to take for a text: ="0000320193", '0000320193."""
    formula = re.fullmatch(r'="([^"]*)"', text)
    return formula[1] if formula else text.removeprefix("'")


def _undamaged(text: str) -> str:
    if text in _LOST:
        raise _IdentifierError(
            "is the mark of a program for what it lost or did not have: leave the cell empty, or name the mark in "
            "option missing"
        )
    if text in _TRUTHS:
        raise _IdentifierError("was taken for a truth value by the program that wrote it")
    if _ROUNDED.fullmatch(text):
        raise _IdentifierError("was taken for a number by the program that wrote it, and has lost digits")
    as_float = _AS_FLOAT.fullmatch(text)
    return as_float[1] if as_float else text


def _cusip_check_digit(base: str) -> str:
    total = 0
    for at, digit in enumerate(map(int, base)):
        tens, ones = divmod(digit * (1 + at % 2), 10)
        total += tens + ones
    return str(-total % 10)
