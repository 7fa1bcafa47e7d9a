"""Funds that look as if they belonged to figure 5, by their names.

Belongs here: matching names. Does not belong here: the decision, which a person writes into the study.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb

from assets.study import FundRanking


@dataclass(frozen=True)
class Candidate:
    """A fund in the data whose name has the study's keywords; ``is_index``: the name says that it follows an index."""

    fund_id: str
    association_code: str | None
    name: str
    manager: str | None
    is_index: bool


def folded(name: str) -> str:
    """A name for matching: full-width letters and half-width kana made alike, without case and blanks."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def candidates(connection: duckdb.DuckDBPyConnection, asked: FundRanking, cut_off: datetime) -> list[Candidate]:
    """Every fund of the newest knowledge whose name has all words of one of the study's ``keywords``, by id."""
    known = connection.execute(
        """
        SELECT fund_id, association_code, name, manager FROM core.fund_as_known(?)
        QUALIFY row_number() OVER (PARTITION BY fund_id ORDER BY valuation_date DESC) = 1
        ORDER BY fund_id
        """,
        [cut_off],
    ).fetchall()
    groups = [_folded(words) for words in asked.keywords]
    index_words = _folded(asked.index_words)
    return [
        Candidate(fund_id, code, name, manager, any(word in folded(name) for word in index_words))
        for fund_id, code, name, manager in known
        if any(all(word in folded(name) for word in words) for words in groups)
    ]


def _folded(words: Iterable[str]) -> list[str]:
    return [folded(word) for word in words]
