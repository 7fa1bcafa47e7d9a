"""The way of every payload: fetched, landed, parsed, checked; accepted rows are staged for core afterwards.

Belongs here: what is the same for every dataset. Does not belong here: what a guard compares (guards.py), a
vendor's format (vendors/), fetching again what is late (late.py), appending to core (core/).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import duckdb
import pandas as pd

from assets.ingest.closed_sessions import leave_out_later_days
from assets.ingest.dataset import Dataset
from assets.ingest.differences import refuse_differences
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.guards import PayloadCheck, guard_payload, limits_of
from assets.ingest.landing import Landing, Retrieval
from assets.ingest.overlaps import EarlierPayload
from assets.ingest.payload import BrokenAnswerError, FetchError, NotThereError, Payload, PayloadError
from assets.ingest.replaced_files import has_lost_files, with_replaced_files
from assets.ingest.vendors import UnknownFormatError, UnknownVendorError, fetch_for, parse_payload
from assets.profile import Source
from warehouse.contract import contracts
from warehouse.limits import LimitError, explained
from warehouse.loads import Loads
from warehouse.rows import FileRows, Rows, newest_day
from warehouse.staging import PayloadToLoad


@dataclass(frozen=True)
class Refusal:
    """A payload or a source that gave nothing, and why."""

    vendor: str
    url: str
    reason: str
    subjects: tuple[str, ...] | None = ()
    """The series that are missing; empty where nobody can tell, None where all of them are."""


@dataclass
class IngestResult:
    """What a run's fetching of a dataset came to.

    ``accepted`` and ``unchanged`` hold no bytes: landing does. ``absent``: optional sources that are not there.
    ``late``: sources that await the session and did not bring it.
    """

    accepted: list[tuple[Retrieval, Rows]] = field(default_factory=list)
    unchanged: list[Retrieval] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    absent: list[Refusal] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    _earlier: list[EarlierPayload] = field(default_factory=list)

    def accept(self, retrieval: Retrieval, rows: Rows | None) -> None:
        """Takes a payload with its rows, or with None where it is the one that was loaded last."""
        retrieval = retrieval.without_content()
        if rows is None:
            self.unchanged.append(retrieval)
        else:
            self.accepted.append((retrieval, rows))
        self._earlier.append(EarlierPayload(retrieval.payload, rows))

    def from_other_places(self, payload: Payload) -> list[EarlierPayload]:
        """The run's payloads so far that came from elsewhere than this one."""
        own = payload.vendor, payload.place
        return [other for other in self._earlier if (other.payload.vendor, other.payload.place) != own]

    def payloads_to_load(self) -> list[tuple[PayloadToLoad, Rows]]:
        """What core has to load: the accepted payloads with their rows."""
        return [(retrieval.payload_to_load(rows), rows) for retrieval, rows in self.accepted]

    def left_out(self) -> list[dict[str, str]]:
        """What parsers left out of accepted payloads: where it came from, and which entry."""
        return [
            {"url": retrieval.payload.url, "entry": entry}
            for retrieval, rows in self.accepted
            for entry in rows.attrs.get("left_out", ())
        ]

    @property
    def payloads(self) -> int:
        """How many payloads came."""
        return len(self.accepted) + len(self.unchanged) + len(self.refused)

    def summary(self) -> dict[str, int | str]:
        """Counts, as the asset shows them."""
        return {
            "payloads": self.payloads,
            "unchanged": len(self.unchanged),
            "refused": len(self.refused),
            "absent": len(self.absent),
            "late": ", ".join(self.late) or "none",
            "rows parsed": sum(len(rows) for _, rows in self.accepted),
            "rows left out": sum(rows.attrs.get("rejected_rows", 0) for _, rows in self.accepted),
        }


def utc_now() -> datetime:
    """The time, as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def _reason(error: Exception, url: str) -> str:
    """Why a payload or source is refused. What nobody foresaw costs the same, and has its traceback in the log."""
    error = explained(error)
    if isinstance(error, PayloadError | UnknownFormatError | FetchError | UnknownVendorError | LimitError):
        return str(error)
    logging.getLogger(__name__).error("unforeseen at %s", url, exc_info=error)
    return f"failed with {type(error).__name__}: {error}"[:400].encode("utf-8", "backslashreplace").decode()


@dataclass
class Ingest:
    """One run's ingest of a dataset. ``now`` gives the time of a retrieval, naive UTC."""

    connection: duckdb.DuckDBPyConnection
    landing: Landing
    context: FetchContext
    dataset: Dataset
    now: Callable[[], datetime] = utc_now
    result: IngestResult = field(default_factory=IngestResult)
    _loads: dict[str, Loads] = field(default_factory=dict)

    def ingest(self, sources: Iterable[Source]) -> IngestResult:
        """Fetches every source; one that fails costs only itself."""
        for source in sources:
            self._ingest_source(source)
        return self.result

    def _ingest_source(self, source: Source) -> None:
        """What came before a failure stays."""
        accepted, unchanged = len(self.result.accepted), len(self.result.unchanged)
        try:
            self._fetch_payloads(source)
        except Exception as error:
            if source.optional and isinstance(error, NotThereError):
                self.result.absent.append(Refusal(source.vendor, source.dataset, str(error)))
                return
            self._refuse_source(source, error)
        if source.awaits_session:
            frames = [rows for _, rows in self.result.accepted[accepted:]]
            if not self._has_session(frames, self.result.unchanged[unchanged:]):
                self.result.late.append(str(source.options.get("series_id", source.vendor)))

    def _fetch_payloads(self, source: Source) -> None:
        for payload in fetch_for(source.vendor)(source, self.context):
            self._ingest_payload(source, payload)

    def _ingest_payload(self, source: Source, payload: Payload) -> None:
        """Lands the payload, then accepts or refuses it. One whose bytes are those that were loaded last from the same
        place is not parsed again.
        """
        if payload.is_complete and limits_of(source, payload).get("keeps_at_least") == 0:
            # landing has to know that a vendor sends only news: the profile may be another one when core is made again
            payload = replace(payload, options={**payload.options, "complete": False})
        retrieval = self.landing.arrive(payload, self.now())
        loads = self._loads_of(payload.vendor)
        is_known = loads.is_last(retrieval.payload_to_load())
        if is_known and not has_lost_files(loads, payload):
            self.landing.accept(retrieval)
            self.result.accept(retrieval, None)
            return
        try:
            rows = parse_payload(retrieval.payload)
            check = self._check_payload(source, retrieval, rows, is_known)
        except (LimitError, duckdb.OutOfMemoryException):
            raise  # says nothing of the payload, which stays as it came for the next run
        except Exception as error:
            reason = _reason(error, payload.url)
            self.landing.reject(retrieval, reason)
            subjects = self._subjects_of_payload(payload)
            self.result.refused.append(Refusal(payload.vendor, payload.url, reason, subjects))
            return
        retrieval = replace(retrieval, payload=check.payload)
        place, rows = self.landing.accept(retrieval), check.rows
        if isinstance(rows, FileRows):
            rows = rows.moved_to(place)
        self.result.accept(retrieval, None if is_known and not check.payload.replaces else rows)

    def _check_payload(self, source: Source, retrieval: Retrieval, rows: Rows, is_known: bool) -> PayloadCheck:
        """The rows that may be loaded, and the payload with the files that it stands for. Raises PayloadError."""
        payload = retrieval.payload
        check = PayloadCheck(
            self.connection, source, payload, rows, self.context.session, self._loads_of(payload.vendor)
        )
        guard_payload(check, self.dataset.day, retrieval.retrieved_at)
        check = replace(check, rows=leave_out_later_days(payload.dataset, rows, retrieval.retrieved_at))
        check = replace(check, payload=with_replaced_files(check))
        if is_known and not check.payload.replaces:
            return check
        if self.dataset.guard:
            self.dataset.guard(check)
        refuse_differences(check, self.result.from_other_places(payload))
        return check

    def _loads_of(self, vendor: str) -> Loads:
        """What core has from a vendor: it stays as it is while the run fetches."""
        if vendor not in self._loads:
            contract = contracts()[f"core.{self.dataset.name}"]
            self._loads[vendor] = Loads(self.connection, contract, vendor, self.context.session)
        return self._loads[vendor]

    def _refuse_source(self, source: Source, error: Exception) -> None:
        """Bytes that can't be whole are kept as evidence, and nobody reads them."""
        url = source.dataset
        if isinstance(error, BrokenAnswerError):
            broken = payload_from(source, error.answer, "unread")
            self.landing.reject(self.landing.arrive(broken, self.now()), str(error))
            url = broken.url
        subjects = self._subjects_of_source(source) if self.dataset.payload_subject else None
        self.result.refused.append(Refusal(source.vendor, url, _reason(error, url), subjects))

    def _has_session(self, accepted: list[Rows], unchanged: list[Retrieval]) -> bool:
        """Whether levels of the session, or of a later day, are among the payloads of one source."""
        newest = [newest_day(rows, "date") for rows in accepted]
        for retrieval in unchanged:
            payload = retrieval.payload
            series = payload.subjects or self._loaded_subjects(payload.vendor, payload.place)
            newest += self.connection.execute(
                """
                SELECT max(date) FROM core.index_level_as_known(TIMESTAMP '9999-01-01')
                WHERE list_contains(?, series_id)
                """,
                [list(series)],
            ).fetchall()[0]
        return any(pd.Timestamp(day).date() >= self.context.session for day in newest if not pd.isna(day))

    def _subjects_of_payload(self, payload: Payload) -> tuple[str, ...] | None:
        """What a refused payload would have brought; its address, where it speaks of a subject that nobody knows."""
        alone = self.dataset.alone
        if self.dataset.payload_subject is None or (alone is not None and payload.format not in alone):
            return None
        known = payload.subjects or self._loaded_subjects(payload.vendor, payload.place)
        return known if known or alone is None else (payload.url,)

    def _subjects_of_source(self, source: Source) -> tuple[str, ...] | None:
        """What a fetch that failed for good would have brought."""
        if source.vendor == "files":
            return None
        if "series_id" in source.options:
            return (str(source.options["series_id"]),)
        return self._loaded_subjects(source.vendor)

    def _loaded_subjects(self, vendor: str, place: str | None = None) -> tuple[str, ...]:
        """The series that core has from a vendor, or from one place of it: a refused payload can't tell its own."""
        contract = contracts()[f"core.{self.dataset.name}"]
        rows = self.connection.execute(
            f"""
            SELECT DISTINCT c.{contract.entity[0]} FROM {contract.table} AS c
            JOIN meta.load AS l USING (payload_sha256, known_at)
            WHERE l.table_name = ? AND l.vendor = ? AND (? IS NULL OR l.place = ?) ORDER BY ALL
            """,
            [contract.table, vendor, place, place],
        ).fetchall()
        return tuple(series for (series,) in rows)
