"""A home with releases that wait for approval.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assets.home import Home
from assets.publish.descriptor import FigureTable
from assets.publish.folder import Release, promote
from assets.publish.readers import update_readers
from assets.settings import Settings
from pipelines.commands.approval import ApprovalRequest
from tests.support.helpers import STUDY
from tests.support.release_folders import PAYLOAD, RETURNS, SESSION, described
from warehouse.database import open_warehouse

ROOT = Path(__file__).parents[2]


def settings_of(home: Path, profile: str = "files") -> Settings:
    folders = {name: str(ROOT / "pipelines" / name) for name in ("studies", "profiles")}
    return Settings(home=str(home), profile=profile, **folders)


def publish(home: Path, revision: int = 1, *, study: str = STUDY, payloads: Any = (PAYLOAD,), **said: Any) -> Release:
    """A release of the session on real data, with its descriptor."""
    release = Release(study, SESSION, revision, home / "published" / study / SESSION.isoformat() / f"r{revision}")
    tables = [FigureTable(RETURNS, "fig1", SESSION, list(payloads))]
    files = described({"fig1.csv": b"a,b\n1,2\n"}, revision, **({"is_sample": False, "tables": tables} | said))
    promote(release, files)
    return release


def asked(**changes: Any) -> ApprovalRequest:
    stated: dict[str, Any] = {"session": SESSION, "by": "M. Sato"}
    return ApprovalRequest(**(stated | changes))


def readable(home: Path, revision: int = 1) -> Release:
    """A release with all that the readers' database wants of it, but no figure rows."""
    release = publish(home, revision)
    path = release.folder / "datapackage.json"
    said = json.loads(path.read_bytes())
    said["zuhyo"]["figures"] = {}
    path.write_text(json.dumps(said))
    return release


def follow(home: Path, *, is_new: bool = False) -> None:
    """What the end of a night, or a rebuild, does."""
    with open_warehouse(home / "warehouse.duckdb") as connection:
        update_readers(connection, Home(home), [], is_new=is_new)
