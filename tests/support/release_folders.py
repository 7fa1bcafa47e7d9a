"""Small releases on disk, and what is below a folder.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.publish.build_record import BuildRecord
from assets.publish.descriptor import NAME, FigureTable, ReleaseFacts, make_descriptor
from assets.study import Study
from checks.gate import Withheld
from tests.support.helpers import (
    day,
    make_study,
)
from warehouse.contract import contracts

SESSION = day("2026-03-11")
RETURNS = contracts()["figure.size_return"]
PAYLOAD = {
    "sha256": "a" * 64, "vendor": "vendor", "dataset": "index_level", "url": "https://example.org/levels.csv",
    "bytes": 10, "licence": "free", "may_publish": True,
}  # fmt: skip
BUILD = BuildRecord(
    run_id="run",
    git_sha=None,
    published_at=datetime(2026, 3, 11, 23, 0, tzinfo=UTC),
    known_at=datetime(2026, 3, 11, 22, 15),
    rendered=False,
    payloads=[],
    changes=[],
)


def described(files: dict[str, bytes], revision: int = 1, **changes: Any) -> dict[str, bytes]:
    return files | {
        NAME: make_descriptor(replace(facts(revision), **changes), files).to_json(),
        "build.json": BUILD.to_json(),
    }


def facts(revision: int = 1, study: Study | None = None) -> ReleaseFacts:
    said: dict[str, Any] = {
        "study": study or make_study(),
        "session": SESSION,
        "revision": revision,
        "identity": "identity",
        "profile": "sample",
        "is_sample": True,
        "tables": [FigureTable(RETURNS, "fig1", SESSION, [PAYLOAD])],
        "withheld": [Withheld("long_run", "not_covered", "history too short")],
        "checks": [{"check_name": "c", "passed": True}],
        "lag": {"index_level": None},
    }
    return ReleaseFacts(**said)


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too; links by their target."""
    return {
        str(path.relative_to(folder)): str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }
