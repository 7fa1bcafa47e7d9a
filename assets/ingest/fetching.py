"""What a fetch takes and yields: the context of a session, the type of a vendor's ``fetch``, its payloads.

Belongs here: these types, the context of a run, and a payload made of an answer. Does not belong here: what is known
and so asked for (fetch_targets.py), asking (vendors/, http/), the payload itself (payload.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from assets.ingest.http.client import Http, client
from assets.ingest.payload import Answer, FetchError, Payload
from assets.profile import Source
from assets.settings import Settings


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
    """What a fetch may know: the session asked for, the drop folder and the client for HTTP where there are any, and a
    folder for what can be made again.

    ``companies`` gives the companies behind the newest known holdings of some funds (series ids) whose annual figures
    of revenue are not known yet, the largest holding first: vendors that answer company by company ask for these.
    ``funds`` gives the funds that the studies show, for vendors that answer fund by fund. ``securities`` gives some
    tickers, at most as many as said, whose prices the studies' figures of constituents may lack: of the members of some
    lists on the day that a figure begins with, and of the newest known holdings of some funds.
    ``fiscal_years_back``: the studies' figure of revenue counts fiscal years from 1 January of so many years before the
    session's on. ``corrections`` is the folder of the project's own corrections, and ``correction_files`` gives the
    files of which core knows entries.
    """

    session: date
    drop: Path | None = None
    http: Http | None = None
    cache: Path | None = None
    companies: Callable[[Sequence[str]], list[Company]] = no_companies
    funds: Callable[[], list[Fund]] = list
    securities: Callable[[Sequence[str], Sequence[str], int], list[str]] = no_securities
    fiscal_years_back: int = 1
    corrections: Path | None = None
    correction_files: Callable[[], list[str]] = list

    def web(self) -> Http:
        """The client for HTTP. Raises FetchError where this run has none."""
        if self.http is None:
            raise FetchError("this run was given no client for HTTP")
        return self.http


def fetch_context(settings: Settings, session: date) -> FetchContext:
    """What a vendor may know when it fetches for a session, but for what the warehouse knows (fetch_targets.py).

    A drop folder that is not there counts only where the profile reads it: another one may be named for all runs.
    """
    drop, cache = settings.drop_folder, settings.home_folder().cache
    return FetchContext(
        session=session,
        drop=drop if drop and (drop.is_dir() or settings.read_profile().needs_drop) else None,
        http=client(cache / "http", settings.contact),
        cache=cache,
        corrections=Path(settings.corrections) if settings.corrections else None,
    )


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


class Fetch(Protocol):
    """Fetches one source: yields its payloads, each with its bytes. Raises FetchError."""

    def __call__(self, source: Source, context: FetchContext) -> Iterator[Payload]:
        """Yields the payloads of one source for the session of the context."""
        ...
