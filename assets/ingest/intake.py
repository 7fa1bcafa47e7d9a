"""The way of every payload: fetch, land, parse, guard; accepted rows wait in staging for core.

Belongs here: what is the same for every dataset. Does not belong here: a dataset's own guard (guards.py), a
vendor's format (vendors/), appending to core (core/).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pandas as pd

from assets.ingest.landing import Landing, Retrieval
from assets.ingest.payload import FetchContext, FetchError, Payload, PayloadError, Source
from assets.ingest.vendors import UnknownFormatError, UnknownVendorError, fetch_for, parser_for

Guard = Callable[[duckdb.DuckDBPyConnection, pd.DataFrame, Mapping[str, Any], date, datetime], None]


@dataclass(frozen=True)
class Refusal:
    """A payload or a source that gave nothing, and why."""

    vendor: str
    url: str
    reason: str
    subjects: tuple[str, ...] = ()


@dataclass
class Intake:
    """What one night's fetching of a dataset came to."""

    accepted: list[tuple[Retrieval, pd.DataFrame]] = field(default_factory=list)
    unchanged: list[Retrieval] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

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
) -> Intake:
    """Fetches every source; one that fails costs only itself.

    A payload whose bytes are those loaded last from the same place is not parsed again.
    """
    intake = Intake()
    for source in sources:
        try:
            for payload in fetch_for(source.vendor)(source, context):
                _take_payload(connection, landing, payload, context, guard, intake)
        except (FetchError, UnknownVendorError) as error:
            subjects = tuple(str(source.options[key]) for key in ("series_id",) if key in source.options)
            intake.refused.append(Refusal(source.vendor, source.dataset, str(error), subjects))
    return intake


def _take_payload(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    payload: Payload,
    context: FetchContext,
    guard: Guard,
    intake: Intake,
) -> None:
    retrieval = landing.arrive(payload, datetime.now(UTC).replace(tzinfo=None))
    if is_last_loaded(connection, retrieval):
        landing.accept(retrieval)
        intake.unchanged.append(retrieval)
        return
    try:
        rows = parser_for(payload.format)(payload.content, payload.options)
        _refuse_second_source(intake, rows)
        guard(connection, rows, payload.options, context.session, retrieval.retrieved_at)
    except (PayloadError, UnknownFormatError) as error:
        landing.reject(retrieval, str(error))
        intake.refused.append(Refusal(payload.vendor, payload.url, str(error), payload.subjects))
        return
    landing.accept(retrieval)
    intake.accepted.append((retrieval, rows))


def is_last_loaded(connection: duckdb.DuckDBPyConnection, retrieval: Retrieval) -> bool:
    """Whether core loaded these bytes, read in this way, as the last ones from this place."""
    payload = retrieval.payload
    found = connection.execute(
        """
        SELECT payload_sha256, options FROM meta.load
        WHERE table_name = ? AND vendor = ? AND split_part(url, '?', 1) = ? ORDER BY known_at DESC LIMIT 1
        """,
        [f"core.{payload.dataset}", payload.vendor, payload.place],
    ).fetchall()
    return bool(found) and found[0] == (retrieval.sha256, options_text(payload))


def options_text(payload: Payload) -> str:
    """How the payload is read, as one comparable text."""
    return json.dumps([payload.format, dict(payload.options)], sort_keys=True, ensure_ascii=False)


def _refuse_second_source(intake: Intake, rows: pd.DataFrame) -> None:
    """Two sources for one series would overwrite each other every night."""
    if "series_id" not in rows:
        return
    series = set(rows["series_id"])
    for retrieval in [*intake.unchanged, *(retrieval for retrieval, _ in intake.accepted)]:
        both = sorted(series & set(retrieval.payload.subjects))
        if both:
            raise PayloadError(f"{both[0]} came already tonight from {retrieval.payload.url}; name one source a series")
