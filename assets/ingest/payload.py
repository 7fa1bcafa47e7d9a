"""What comes from a vendor: an answer over HTTP, a payload with its origin, and why one is refused.

Belongs here: plain types without behaviour. Does not belong here: what a fetch is given (fetching.py), fetching or
parsing (vendors/), keeping bytes (landing.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from warehouse.rows import Rows


class PayloadError(ValueError):
    """A payload that can't be used: what is wrong, where in the payload, and which value.

    ``str(error)`` is one sentence for the operator, for example
    ``level must be above 0 (line 812, 2026-03-10: 0.0)``.
    """

    def __init__(self, what: str, *, where: str | None = None, value: object = None) -> None:
        self.what, self.where, self.value = what, where, value
        place = ": ".join(str(part) for part in (where, value) if part is not None)
        message = f"{what} ({place})" if place else what
        # a value that can't be written down, half of a character, must not keep its refusal from being recorded
        super().__init__(message.encode("utf-8", "backslashreplace").decode())


class FetchError(RuntimeError):
    """A vendor that did not answer with a payload: what was asked, and what came back."""


class NotThereError(FetchError):
    """A vendor that says that it has no such thing (404, 410). An ``optional`` source may do so."""


class DeniedError(FetchError):
    """A vendor that does not answer this request to just anybody (401, 403)."""


@dataclass(frozen=True)
class Answer:
    """A whole answer. ``url`` and ``place`` hold no secret; ``place`` lacks what changes from run to run.

    ``is_unchanged``: the vendor said so (304), and ``content`` is that of the cached answer.
    """

    url: str
    place: str
    content: bytes
    media_type: str
    is_unchanged: bool = False


class BrokenAnswerError(FetchError):
    """An answer that can't be whole: ``answer`` has what came of it, which is kept under rejected/."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


@dataclass(frozen=True)
class Payload:
    """What a vendor sent for one source, with all that is needed to parse it again later.

    ``options`` go to the parser as they are, so that core can be rebuilt from landing alone.
    ``subjects`` names what the payload speaks of (series ids), as far as it is known before parsing. ``stated_place``
    is ``place`` where the address alone does not say it. ``speaks_until``: of a vendor that makes a payload for any
    session, the one that this was made for; it knows of no later day.
    ``beside``: the places of all files of the dataset in its folder: what came from elsewhere is gone from there. None:
    of no folder. ``replaces``: the places that are gone and for which this stands now (replaced_files.py).
    ``content``: the bytes, or the file that has them.
    """

    vendor: str
    dataset: str
    format: str
    url: str
    content: bytes | Path
    options: Mapping[str, Any] = field(default_factory=dict)
    media_type: str = "text/csv"
    licence: str = ""
    may_publish: bool = False
    subjects: tuple[str, ...] = ()
    stated_place: str = ""
    speaks_until: date | None = None
    beside: frozenset[str] | None = None
    replaces: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    @property
    def is_complete(self) -> bool:
        """Whether it is the whole truth of its scope (the contract's), so that what it lacks is withdrawn.

        Its entry may say so with ``complete``. Without it one page of several is not, nor is what comes from a vendor
        that sends only news (``keeps_at_least = 0``).
        """
        stated = self.options.get("complete")
        if stated is not None:
            return bool(stated)
        return self.options.get("page_of") is not True and self.options.get("keeps_at_least") != 0

    @property
    def place(self) -> str:
        """Where the payload came from, without what a request changes from run to run."""
        return self.stated_place or self.url.partition("?")[0]


Parser = Callable[[Any, Mapping[str, Any]], Rows]
"""From bytes and options to a frame with the columns of core.<dataset> that a vendor states (frames/), one row a fact.
Of a format that a module names in READS_FILES also from the file itself, to a query on it. Raises PayloadError.
"""
