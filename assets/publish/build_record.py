"""build.json: which run made a release, when, from which payloads, and what it changed.

Belongs here: what differs from run to run, so that equal inputs give equal bytes everywhere else. Does not belong here:
the descriptor, which names every file but this one (descriptor.py).
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated

import pydantic

from assets.publish.document import Document, IsoTime, Row, TableRow

NAME = "build.json"

SpacedTime = Annotated[datetime, pydantic.PlainSerializer(str)]
"""A time that is written as `2026-03-11 22:15:00`."""


class PayloadRecord(TableRow):
    """A payload behind the release: its row of meta.payload."""

    table = "meta.payload"

    sha256: str
    vendor: str
    dataset: str
    url: str
    retrieved_at: SpacedTime
    bytes: int
    media_type: str | None
    licence: str | None
    may_publish: bool | None


class BuildRecord(Document):
    """What a run leaves beside the descriptor. ``known_at`` is naive UTC; ``changes`` are rows of meta.change without
    study, session and revision.
    """

    run_id: str
    git_sha: str | None = None
    published_at: IsoTime
    known_at: IsoTime
    rendered: bool
    python: str = ""
    packages: dict[str, str] = pydantic.Field(default_factory=dict)
    payloads: list[PayloadRecord]
    changes: list[Row]


def make_build_record(
    run_id: str,
    git_sha: str,
    known_at: datetime,
    payloads: Mapping[str, Row],
    changes: list[Row],
    *,
    is_rendered: bool,
) -> BuildRecord:
    """The record of a release that is made now; ``payloads`` by sha256."""
    return BuildRecord(
        run_id=run_id,
        git_sha=git_sha or None,
        published_at=datetime.now(UTC),
        known_at=known_at,
        rendered=is_rendered,
        python=platform.python_version(),
        packages=_package_versions(),
        payloads=[PayloadRecord(**payload) for _, payload in sorted(payloads.items())],
        changes=changes,
    )


@cache
def _package_versions() -> dict[str, str]:
    names = ("dagster", "duckdb", "pandas", "pyarrow", "vl-convert-python")
    return {name: importlib.metadata.version(name) for name in names}
