"""Reading JSON: bytes to what they say, the way to a part of it, and lists as rows.

Belongs here: what every JSON answer needs, and the refusals that all of them share (empty, HTML, another encoding, cut
short, a part that is missing). Does not belong here: a vendor's names (the vendor's module).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assets.ingest.parsing.delimited_text import Table, decode, refuse_answer_in_words
from assets.ingest.payload import PayloadError

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class Records(Table):
    """Rows of an answer that has no lines: a row's place is its number in the answer."""

    def where(self, row: int) -> str:
        """The place of a row, for a message."""
        return f"row {row + 1}"


def records(header: list[str], rows: list[list[str]]) -> Records:
    """Rows of texts under their names."""
    return Records(header, rows, list(range(1, len(rows) + 1)))


def read_json(content: bytes, number: Callable[[str], Any] | None = None) -> Any:
    """What the payload says; ``number`` makes a number of its text (``str`` keeps every digit). Raises PayloadError.

    NaN and Infinity, which are no JSON, are refused; ``number`` is given them, so that a reader of texts can name the
    cell.
    """
    text = decode(content)
    refuse_answer_in_words(text)
    try:
        tree = json.loads(text, parse_float=number, parse_int=number, parse_constant=number or _refuse_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise PayloadError("payload is not JSON, or cut short", where=where, value=error.msg) from error
    except (ValueError, RecursionError) as error:
        raise PayloadError("payload is not JSON, or cut short", value=error) from error
    if _SURROGATE.search(text):
        _refuse_half_characters(tree)
    return tree


def part(tree: Any, *path: str) -> Any:
    """What stands at a path of names. Raises PayloadError: which name is missing, and what stands in its place."""
    for depth, name in enumerate(path):
        if not isinstance(tree, dict) or tree.get(name) is None:
            above = ".".join(path[:depth]) or "answer"
            found = f"found {', '.join(tree)}" if isinstance(tree, dict) else type(tree).__name__
            raise PayloadError(f"{name} is missing", where=above, value=found[:200])
        tree = tree[name]
    return tree


def list_at(tree: Any, *path: str) -> list[Any]:
    """The list at a path of names. Raises PayloadError."""
    items = part(tree, *path)
    if not isinstance(items, list):
        raise PayloadError(f"{path[-1]} is not a list", where=".".join(path[:-1]) or "answer", value=str(items)[:80])
    return items


def _refuse_half_characters(tree: Any) -> None:
    """Raises PayloadError where a text has half of a surrogate pair, which no file and no database can store."""
    try:
        json.dumps(tree, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        context = error.object[max(error.start - 40, 0) : error.end + 20].encode("utf-8", "backslashreplace").decode()
        raise PayloadError("a text has half of a character (a lone surrogate)", value=context) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
