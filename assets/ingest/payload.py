"""The words that vendors and the landing share: a payload, its origin, and why one is refused.

Belongs here: plain types without behaviour. Does not belong here: fetching or parsing (vendors/), keeping
bytes (landing.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

if TYPE_CHECKING:
    from assets.ingest.http.client import Answer, Http


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


class NotThereError(FetchError):
    """A vendor that says that it has no such thing (404, 410). An ``optional`` source may do so."""


class DeniedError(FetchError):
    """A vendor that does not answer this request to just anybody (401, 403)."""


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
    is ``place`` where the address alone can't tell it. ``speaks_until``: of a vendor that makes one for any session,
    the one that this was made for; it knows of no later day.
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
    stated_place: str = ""
    speaks_until: date | None = None

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
        """Where the payload came from, without what a request changes from night to night."""
        return self.stated_place or self.url.partition("?")[0]


@dataclass(frozen=True)
class Source:
    """One entry of a profile: which vendor serves which dataset, in which format, with which options."""

    vendor: str
    dataset: str
    format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    may_publish: bool = False
    optional: bool = False
    """Whether the vendor may say that it has no such thing: another source stands in, and nothing has failed."""
    awaits_session: bool = False
    """Whether its newest date is that of the newest session, so that the night asks again where it isn't yet."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """``keeps_at_least`` and ``grows_at_most``, as far as the profile states them (guards.py)."""

    @property
    def is_live(self) -> bool:
        """Whether a vendor is asked: ``files``, ``corrections`` and ``sample`` give what is there."""
        return self.vendor not in ("files", "corrections", "sample")


@dataclass(frozen=True)
class Company:
    """A company behind an index fund's holdings: its CIK, ten digits, and its ticker there."""

    company_id: str
    ticker: str


@dataclass(frozen=True)
class Fund:
    """An investment trust that a study's figure shows: its ISIN, and its code at the association."""

    isin: str
    association_code: str


def no_companies(series: Sequence[str]) -> list[Company]:
    """Where nobody knows any holdings."""
    return []


def no_securities(members_of: Sequence[str], held_by: Sequence[str], count: int) -> list[str]:
    """Where nobody knows any members."""
    return []


@dataclass(frozen=True)
class FetchContext:
    """What a fetch may know: the session asked for, the drop folder and the client for HTTP where there are any.

    ``companies`` gives the companies behind the newest known holdings of some funds (series ids) whose annual figures
    of revenue are not known yet, the largest holding first: vendors that answer company by company ask for these.
    ``funds`` gives the funds that the studies show, for vendors that answer fund by fund. ``securities`` gives some
    tickers, at most as many as said, whose prices the studies' figures of constituents may lack: of the members of some
    lists on the day that a figure begins with, and of the newest known holdings of some funds.
    ``corrections`` is the folder of the project's own corrections, and ``correction_files`` gives the files of which
    core knows entries.
    """

    session: date
    drop: Path | None = None
    http: Http | None = None
    companies: Callable[[Sequence[str]], list[Company]] = no_companies
    funds: Callable[[], list[Fund]] = list
    securities: Callable[[Sequence[str], Sequence[str], int], list[str]] = no_securities
    corrections: Path | None = None
    correction_files: Callable[[], list[str]] = list

    def web(self) -> Http:
        """The client for HTTP. Raises FetchError where this run has none."""
        if self.http is None:
            raise FetchError("this run was given no client for HTTP")
        return self.http


def payload_from(source: Source, answer: Answer, format: str, **options: Any) -> Payload:
    """The payload of a source as a vendor answered it; ``options`` come after those of the source.

    A source with ``series_id`` speaks of that series.
    """
    stated = {"dataset": source.dataset, **source.options, **options}
    return Payload(
        vendor=source.vendor,
        dataset=source.dataset,
        format=source.format or format,
        url=answer.url,
        content=answer.content,
        options=stated,
        media_type=answer.media_type,
        licence=source.licence,
        may_publish=source.may_publish,
        subjects=(str(stated["series_id"]),) if "series_id" in stated else (),
        stated_place=answer.place,
    )


Parser = Callable[[bytes, Mapping[str, Any]], pd.DataFrame]
"""Bytes and options in; one row a fact out, with the columns of the dataset's parse result. Raises PayloadError."""


class Fetch(Protocol):
    """Fetches one source: yields its payloads, each with its bytes. Raises FetchError."""

    def __call__(self, source: Source, context: FetchContext) -> Iterator[Payload]:
        """Yields the payloads of one source for the session of the context."""
        ...
