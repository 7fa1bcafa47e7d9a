"""The note's sentences, tested against the rows that a release publishes.

Belongs here: running the evidence, the verdict, the sentence with today's numbers. Does not belong here: the claims
themselves (the study), where their rows go (content.py).
"""

from __future__ import annotations

import itertools
import math
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from assets.figures.figure import Figure
from assets.publish.folder import Release, newest_release
from assets.publish.numbers import in_percent
from assets.publish.reasons import NO_VALUE, too_early, untestable_reason
from assets.study import Claim, Study, Text
from checks.expectations import check_session_rows
from checks.gate import Withheld
from checks.outcome import Outcome
from checks.table_checks import check_table
from warehouse.contract import contracts
from warehouse.database import append, connect, create_from_frame, rows_as_dicts
from warehouse.earlier_versions import released_rows
from warehouse.rounding import as_decimal, round_half_up


def _fill_nothing(*_: Any) -> None:
    """Claims read the figures' rows and nothing else."""


CLAIMS = Figure(name="claim", datasets=(), lag_dataset="", fill_tables=_fill_nothing, file_stem="claims")
"""The claims in a release, beside its figures; they stand on the figures, so that only publishing can make them."""

TABLE = CLAIMS.table
REVISION = "$revision"
"""Stands in the stored evidence for the revision, which is known only when there is a release."""

DECIMALS = next(column.decimals or 0 for column in contracts()[TABLE].column if column.name == "value")
"""Of every number that the evidence finds: sums and differences of published decimals are exact again."""

NO_NUMBER = "―"
ONE_READING = "main"
"""The variant of a claim that can be read in one way only."""


class ClaimError(ValueError):
    """A claim of the study that can't be tested as it is written: which one, and why."""


@dataclass(frozen=True)
class Verdict:
    """What an earlier release said of a claim."""

    claim_id: str
    variant: str
    holds: bool | None


def make_claims(
    connection: duckdb.DuckDBPyConnection, study: Study, withheld: Mapping[date, Sequence[Withheld]]
) -> list[Outcome]:
    """Replaces the rows of figure.claim of some sessions, each with what is withheld at it; gives the contract's
    expectations of them.

    A claim on a figure that is withheld can't be tested. Raises ClaimError.
    """
    sessions, contract = list(withheld), contracts()[TABLE]
    rows = [
        {"study": study.study, "session": session, "revision": 0, "as_of": session, "is_headline": True, **row}
        for session in sessions
        for claim in study.claim
        for row in _rows(connection, study, session, claim, withheld[session])
    ]
    connection.execute(f"DELETE FROM {TABLE} WHERE study = ? AND list_contains(?, session)", [study.study, sessions])
    append(connection, TABLE, rows)
    return check_session_rows(connection, contract, study.study, sessions)


def check_claims(
    connection: duckdb.DuckDBPyConnection, study: Study, session: date, before: list[Verdict]
) -> list[Outcome]:
    """The contract's checks of a session's claims; ``before``: the verdicts of the session before."""
    wanted = [(claim.id, _variant(claim, words)) for claim in study.claim for words in _variants(claim)]
    create_from_frame(connection, "TEMP TABLE claim_wanted", pd.DataFrame(wanted, columns=["claim_id", "variant"]))
    create_from_frame(
        connection,
        "TEMP TABLE claim_before",
        pd.DataFrame(
            [(verdict.claim_id, verdict.variant, verdict.holds) for verdict in before],
            columns=["claim_id", "variant", "holds"],
        ).astype({"claim_id": "str", "variant": "str", "holds": "boolean"}),
    )
    connection.execute("SET VARIABLE study = ?", [study.study])
    connection.execute("SET VARIABLE session = ?", [session])
    return check_table(connection, contracts()[TABLE], study.study, [session])


def verdicts_before(published: Path, study: str, session: date) -> list[Verdict]:
    """What the newest session before this one said, at its newest revision; none where it had no claims."""
    return published_verdicts(newest_release(published / study, before=session))


def published_verdicts(release: Release | None) -> list[Verdict]:
    """What a release says of the claims; nothing where there is none, or it has no claims."""
    file = None if release is None else release.folder / f"{CLAIMS.file_stem}.parquet"
    if file is None or not file.is_file():
        return []
    [rows] = released_rows(contracts()[TABLE], [file], ("claim_id", "variant", "holds"))
    with connect() as connection:
        verdicts = rows_as_dicts(connection, rows)
    return [Verdict(**verdict) for verdict in verdicts]


def read_verdicts(connection: duckdb.DuckDBPyConnection, study: str, session: date) -> list[Verdict]:
    """The verdicts of a session whose claims were made."""
    query = f"SELECT claim_id, variant, holds FROM {TABLE} WHERE study = ? AND session = ?"
    return [Verdict(**row) for row in rows_as_dicts(connection, query, study, session)]


def reasons_without_verdict(study: Study, withheld: Sequence[Withheld]) -> dict[tuple[str, str], Text]:
    """Why a claim has no verdict, if it has none, by its id and variant; in English it is the row's ``reason``."""
    return {
        (claim.id, _variant(claim, words)): untestable_reason(study, claim, withheld) or NO_VALUE
        for claim in study.claim
        for words in _variants(claim)
    }


def evidence_sql(evidence: str, revision: int) -> str:
    """The evidence as SQL on the rows of a revision."""
    return evidence.replace(REVISION, str(revision))


def _rows(
    connection: duckdb.DuckDBPyConnection, study: Study, session: date, claim: Claim, withheld: Sequence[Withheld]
) -> Iterator[dict[str, Any]]:
    for words in _variants(claim):
        evidence = None if claim.evidence is None else _evidence(study, session, claim, words)
        missing = too_early(claim) if not claim.is_due(session) else untestable_reason(study, claim, withheld)
        result: dict[str, Any] = {}
        if missing is None and evidence is not None:
            result = _run_evidence(connection, claim, evidence)
            missing = None if result.get("holds") is not None else NO_VALUE
        yield {
            "claim_id": claim.id,
            "variant": _variant(claim, words),
            "holds": result.get("holds"),
            "value": result.get("value"),
            "threshold": claim.threshold,
            "reason": None if missing is None else missing.en,
            "text_ja": _fill_text(claim, claim.text.ja, result, words),
            "text_en": _fill_text(claim, claim.text.en, result, words),
            "evidence": evidence,
        }


def _variants(claim: Claim) -> Iterator[dict[str, str]]:
    for combination in itertools.product(*claim.each.values()):
        yield dict(zip(claim.each, combination, strict=True))


def _variant(claim: Claim, words: Mapping[str, str]) -> str:
    return " ".join(filter(None, [claim.variant, *words.values()])) or ONE_READING


def _evidence(study: Study, session: date, claim: Claim, words: Mapping[str, str]) -> str:
    here = f"study = '{study.study}' AND session = DATE '{session}' AND revision = {REVISION}"
    try:
        return " ".join((claim.evidence or "").format(here=here, session=f"DATE '{session}'", **words).split())
    except (KeyError, IndexError, AttributeError, ValueError) as error:
        raise ClaimError(f"claim {claim.id}: its evidence has an unknown word in braces: {error}") from error


def _run_evidence(connection: duckdb.DuckDBPyConnection, claim: Claim, evidence: str) -> dict[str, Any]:
    """The evidence's one row, its last column as ``value``, and whether the claim holds; empty where it has no row.

    Without a value it has no verdict; the numbers that are there stay, for the sentence.
    """
    try:
        rows = rows_as_dicts(connection, evidence_sql(evidence, 0))
        if len(rows) > 1:
            raise ClaimError(f"claim {claim.id}: its evidence gives {len(rows)} rows instead of one: {evidence}")
        if not rows:
            return {}
        row = {name: _exact(value) for name, value in rows[0].items()}
        row["value"] = _value(claim, list(row.values())[-1])
        if row["value"] is None:
            return row | {"holds": None}
        # in quotes: a column without a name of its own is called like its expression
        named = ", ".join(
            f'CAST(? AS {_type(value)}) AS "{name.replace(chr(34), chr(34) * 2)}"' for name, value in row.items()
        )
        holds = connection.execute(
            f"SELECT ({claim.holds}) FROM (SELECT {named}, CAST(? AS DOUBLE) AS threshold)",
            [*row.values(), claim.threshold],
        ).fetchall()[0][0]
    except duckdb.Error as error:
        raise ClaimError(f"claim {claim.id}: its evidence can't be run: {error}") from error
    return row | {"holds": None if holds is None else bool(holds)}


def _value(claim: Claim, last: Any) -> float | None:
    """The number that decides; None where there is none, or none that could be compared (a division by zero)."""
    try:
        value = None if last is None else float(last)
    except (TypeError, ValueError) as error:
        raise ClaimError(f"claim {claim.id}: the last column of its evidence is no number: {last!r}") from error
    return None if value is None or not math.isfinite(value) else float(round_half_up(value, DECIMALS))


def _exact(value: Any) -> Any:
    """A number without what binary arithmetic left behind; anything else as it is."""
    is_number = isinstance(value, float) and math.isfinite(value)
    return float(round_half_up(value, DECIMALS)) if is_number else value


def _type(value: Any) -> str:
    if isinstance(value, datetime):
        return "TIMESTAMP"
    return "DATE" if isinstance(value, date) else "VARCHAR" if isinstance(value, str) else "DOUBLE"


FIXED = re.compile(r"(?P<rest>.*)\.(?P<decimals>\d+)(?P<kind>[f%p])")
"""A format that rounds: `,.2f`, `+.1%`; `+.2p` is a difference of fractions in points."""


def format_value(value: Any, spec: str) -> str:
    """A value in Python's format, but rounded by the project's rule; what rounds to zero has no sign."""
    match = FIXED.fullmatch(spec)
    if match is None or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        return str(format(value, spec))
    exact = as_decimal(value) if match["kind"] == "f" else in_percent(value)
    rounded = round_half_up(exact, int(match["decimals"]))
    rest = match["rest"] if rounded else match["rest"].replace("+", "", 1)
    return format(rounded, f"{rest}f") + ("%" if match["kind"] == "%" else "")


class _Numbers(string.Formatter):
    """Numbers and dates in a sentence; a dash for one that is not there.

    ``is_complete``: every word that a sentence may use is there, if without a value; another one is a slip.
    """

    def __init__(self, *, is_complete: bool) -> None:
        self.is_complete = is_complete

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        if self.is_complete and key not in kwargs:
            raise ValueError(f"nothing is called {key!r}")
        return kwargs.get(str(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return NO_NUMBER
        if isinstance(value, date) and not format_spec:
            return value.isoformat()
        return format_value(value, format_spec)


def _fill_text(claim: Claim, text: str, result: Mapping[str, Any], words: Mapping[str, str]) -> str:
    try:
        filled = _Numbers(is_complete=bool(result))
        return filled.vformat(text, (), {"threshold": claim.threshold, **words, **result})
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise ClaimError(f"claim {claim.id}: its text can't be filled: {error} (in {text!r})") from error
