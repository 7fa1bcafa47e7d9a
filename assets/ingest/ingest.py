"""The way of every payload: fetch, land, parse, guard; accepted rows wait in staging for core.

Belongs here: what is the same for every dataset. Does not belong here: what a guard compares (guards.py), a
vendor's format (vendors/), asking again for what is late (late.py), appending to core (core/).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import duckdb
import pandas as pd

from assets.ingest.closed_sessions import leave_out_later_days
from assets.ingest.differences import Earlier, refuse_differences
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.guards import Guard, guard_payload, limits_of
from assets.ingest.landing import Landing, Retrieval
from assets.ingest.payload import BrokenAnswerError, FetchError, NotThereError, Payload, PayloadError
from assets.ingest.vendors import UnknownFormatError, UnknownVendorError, fetch_for, parser_for
from assets.profile import Source
from warehouse.contract import contracts
from warehouse.staging import PayloadToLoad, is_last_loaded


@dataclass(frozen=True)
class Refusal:
    """A payload or a source that gave nothing, and why."""

    vendor: str
    url: str
    reason: str
    subjects: tuple[str, ...] | None = ()
    """The series that are missing; empty where nobody can tell, None where all of them are."""


@dataclass
class Intake:
    """What one night's fetching of a dataset came to.

    ``accepted`` and ``unchanged`` hold no bytes: landing does. ``absent``: optional sources that are not there.
    ``late``: sources that await the session and did not bring it.
    """

    subject: str | None = None
    alone: frozenset[str] | None = None
    accepted: list[tuple[Retrieval, pd.DataFrame]] = field(default_factory=list)
    unchanged: list[Retrieval] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    absent: list[Refusal] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    def from_other_places(self, payload: Payload) -> list[Earlier]:
        """Tonight's payloads so far that came from elsewhere than this one."""
        came: list[tuple[Payload, pd.DataFrame | None]] = [
            (retrieval.payload, rows) for retrieval, rows in self.accepted
        ]
        came += [(retrieval.payload, None) for retrieval in self.unchanged]
        return [
            Earlier(one.vendor, one.place, one.url, one.is_complete, rows)
            for one, rows in came
            if (one.vendor, one.place) != (payload.vendor, payload.place)
        ]

    def payloads_to_load(self) -> list[tuple[PayloadToLoad, pd.DataFrame]]:
        """What core has to load: the accepted payloads with their rows."""
        return [(retrieval.payload_to_load(), rows) for retrieval, rows in self.accepted]

    @property
    def payloads(self) -> int:
        """How many payloads came."""
        return len(self.accepted) + len(self.unchanged) + len(self.refused)


def take_in(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    sources: list[Source],
    context: FetchContext,
    guard: Guard,
    subject: str | None,
    alone: frozenset[str] | None = None,
) -> Intake:
    """Fetches every source; one that fails costs only itself.

    A payload whose bytes are those loaded last from the same place is not parsed again. ``subject`` is the column by
    which a refused payload concerns some figures only; None: it concerns all that stand on the dataset. ``alone``: the
    formats of which that is true; None: of all.
    """
    intake = Intake(subject, alone)
    for source in sources:
        _take_source(connection, landing, source, context, guard, intake)
    return intake


def _take_source(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    source: Source,
    context: FetchContext,
    guard: Guard,
    intake: Intake,
) -> None:
    """What came before a failure stays. Bytes that can't be whole are kept as evidence, and nobody reads them."""
    unchanged, accepted = len(intake.unchanged), len(intake.accepted)
    try:
        for payload in fetch_for(source.vendor)(source, context):
            _take_payload(connection, landing, source, payload, context, guard, intake)
    except (FetchError, UnknownVendorError) as error:
        if source.optional and isinstance(error, NotThereError):
            intake.absent.append(Refusal(source.vendor, source.dataset, str(error)))
            return
        url = source.dataset
        if isinstance(error, BrokenAnswerError):
            broken = payload_from(source, error.answer, "unread")
            landing.reject(landing.arrive(broken, _now()), str(error))
            url = broken.url
        subjects = _subjects_of_source(connection, source) if intake.subject else None
        intake.refused.append(Refusal(source.vendor, url, str(error), subjects))
    if source.awaits_session:
        frames = [rows for _, rows in intake.accepted[accepted:]]
        if not _reach(connection, frames, intake.unchanged[unchanged:], context.session):
            intake.late.append(str(source.options.get("series_id", source.vendor)))


def _take_payload(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    source: Source,
    payload: Payload,
    context: FetchContext,
    guard: Guard,
    intake: Intake,
) -> None:
    limits = limits_of(source, payload)
    if payload.is_complete and limits.get("keeps_at_least") == 0:
        # landing has to know that a vendor sends only news: the profile may be another one when core is made again
        payload = replace(payload, options={**payload.options, "complete": False})
    retrieval = landing.arrive(payload, _now())
    if is_last_loaded(connection, payload.dataset, retrieval.payload_to_load()):
        landing.accept(retrieval)
        intake.unchanged.append(retrieval.without_content())
        return
    try:
        rows = parser_for(payload.format)(payload.content, payload.options)
        guard_payload(connection, source, payload, rows, context.session, retrieval.retrieved_at)
        rows = leave_out_later_days(payload.dataset, rows, retrieval.retrieved_at)
        connection.execute("SET VARIABLE vendor = ?", [payload.vendor])
        connection.execute("SET VARIABLE place = ?", [payload.place])
        guard(connection, rows, limits, context.session, retrieval.retrieved_at)
        refuse_differences(connection, payload, rows, limits, intake.from_other_places(payload))
    except (PayloadError, UnknownFormatError) as error:
        landing.reject(retrieval, str(error))
        subjects = _subjects_of_payload(connection, payload, intake)
        intake.refused.append(Refusal(payload.vendor, payload.url, str(error), subjects))
        return
    landing.accept(retrieval)
    intake.accepted.append((retrieval.without_content(), rows))


def _reach(
    connection: duckdb.DuckDBPyConnection, accepted: list[pd.DataFrame], unchanged: list[Retrieval], session: date
) -> bool:
    """Whether levels of the session, or of a later day, are among the payloads of one source."""
    newest = [rows["date"].max() for rows in accepted]
    for retrieval in unchanged:
        payload = retrieval.payload
        series = payload.subjects or _loaded_before(connection, payload.dataset, payload.vendor, payload.place)
        newest += connection.execute(
            "SELECT max(date) FROM core.index_level_as_known(TIMESTAMP '9999-01-01') WHERE list_contains(?, series_id)",
            [list(series)],
        ).fetchall()[0]
    return any(pd.Timestamp(day).date() >= session for day in newest if not pd.isna(day))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _subjects_of_payload(
    connection: duckdb.DuckDBPyConnection, payload: Payload, intake: Intake
) -> tuple[str, ...] | None:
    """What a refused payload would have brought. One that speaks of a single subject stands for it by its address."""
    if intake.subject is None or (intake.alone is not None and payload.format not in intake.alone):
        return None
    known = payload.subjects or _loaded_before(connection, payload.dataset, payload.vendor, payload.place)
    return known if known or intake.alone is None else (payload.url,)


def _subjects_of_source(connection: duckdb.DuckDBPyConnection, source: Source) -> tuple[str, ...] | None:
    """What a fetch that failed for good would have brought."""
    if source.vendor == "files":
        return None
    if "series_id" in source.options:
        return (str(source.options["series_id"]),)
    return _loaded_before(connection, source.dataset, source.vendor)


def _loaded_before(
    connection: duckdb.DuckDBPyConnection, dataset: str, vendor: str, place: str | None = None
) -> tuple[str, ...]:
    """The series that core has from a vendor, or from one place of it: a refused payload can't tell its own."""
    contract = contracts()[f"core.{dataset}"]
    rows = connection.execute(
        f"""
        SELECT DISTINCT c.{contract.entity[0]} FROM {contract.table} AS c
        JOIN meta.load AS l USING (payload_sha256, known_at)
        WHERE l.table_name = ? AND l.vendor = ? AND (? IS NULL OR l.place = ?) ORDER BY ALL
        """,
        [contract.table, vendor, place, place],
    ).fetchall()
    return tuple(series for (series,) in rows)
