"""The words that vendors and the landing share: a payload, its origin, and why one is refused.

Belongs here: plain types without behaviour. Does not belong here: fetching or parsing (vendors/), keeping
bytes (landing.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pandas as pd


class PayloadError(ValueError):
    """A payload that can't be used: what is wrong, where in the payload, and which value.

    ``str(error)`` is one sentence for the operator, for example
    ``level must be above 0 (line 812, 2026-03-10: 0.0)``.
    """

    def __init__(self, what: str, *, where: str | None = None, value: object = None) -> None:
        self.what, self.where, self.value = what, where, value
        place = ": ".join(str(part) for part in (where, value) if part is not None)
        super().__init__(f"{what} ({place})" if place else what)


class FetchError(RuntimeError):
    """A vendor that did not answer with a payload: what was asked, and what came back."""


@dataclass(frozen=True)
class Payload:
    """What a vendor sent for one source, with all that is needed to parse it again later.

    ``options`` go to the parser as they are, so that core can be rebuilt from landing alone.
    ``subjects`` names what the payload speaks of (series ids), as far as it is known before parsing.
    """

    vendor: str
    dataset: str
    format: str
    url: str
    content: bytes
    options: Mapping[str, Any] = field(default_factory=dict)
    media_type: str = "text/csv"
    licence: str = ""
    may_publish: bool = False
    subjects: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where the payload came from, without what a request changes from night to night."""
        return self.url.partition("?")[0]


@dataclass(frozen=True)
class Source:
    """One entry of a profile: which vendor serves which dataset, in which format, with which options."""

    vendor: str
    dataset: str
    format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    may_publish: bool = False


@dataclass(frozen=True)
class FetchContext:
    """What a fetch may know: the session asked for, and the drop folder if there is one."""

    session: date
    drop: Path | None = None


Parser = Callable[[bytes, Mapping[str, Any]], pd.DataFrame]
"""Bytes and options in; one row a fact out, with the columns of the dataset's parse result. Raises PayloadError."""


class Fetch(Protocol):
    """Fetches one source: yields its payloads, each with its bytes. Raises FetchError."""

    def __call__(self, source: Source, context: FetchContext) -> Iterator[Payload]:
        """Yields the payloads of one source for the session of the context."""
        ...
