"""Release folders: staged, verified, renamed into place, never touched again.

Belongs here: the folder's life. Does not belong here: what the files say.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.files import sync_folder, write_through
from assets.publish import build_record
from assets.publish.build_record import BuildRecord
from assets.publish.descriptor import NAME, Descriptor, ReleaseRecord, faults
from assets.publish.document import read_document

SESSION, REVISION = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"r([1-9]\d*)")
"""Names of folders."""


class ReleaseError(RuntimeError):
    """A release that could not be put in place; nothing published was changed."""


@dataclass(frozen=True)
class Release:
    """A release on disk."""

    study: str
    session: date
    revision: int
    folder: Path

    def descriptor(self) -> Descriptor:
        """datapackage.json. Raises DocumentError."""
        return read_document(self.folder / NAME, Descriptor)

    def record(self) -> ReleaseRecord:
        """What the release says of itself, in datapackage.json. Raises DocumentError."""
        return self.descriptor().zuhyo

    def build(self) -> BuildRecord:
        """build.json: when, by which run and commit. Raises DocumentError."""
        return read_document(self.folder / build_record.NAME, BuildRecord)


def releases(published: Path, study: str = "*", session: date | None = None) -> Iterator[Release]:
    """Every release below published/, or those of a study or session, by study, session and revision."""
    listed = []
    for folder in published.glob(f"{study}/"):
        for day in os.listdir(folder) if session is None else [str(session)]:
            place = f"{folder}/{day}"  # text: a Path for each of thousands takes as long as to look at it
            if not SESSION.fullmatch(day) or not os.path.isdir(place):
                continue
            for name in os.listdir(place):
                revision = REVISION.fullmatch(name)
                if revision and os.path.isfile(f"{place}/{name}/{NAME}"):
                    listed.append(Release(folder.name, date.fromisoformat(day), int(revision[1]), Path(place, name)))
    yield from sorted(listed, key=lambda release: (release.study, release.session, release.revision))


def last_release(published: Path, study: str, session: date) -> Release | None:
    """The newest revision of a session, if there is one."""
    own = [
        Release(study, session, int(folder.name[1:]), folder)
        for folder in (published / study / session.isoformat()).glob("r*")
        if folder.name[1:].isdigit()
    ]
    return max(own, key=lambda release: release.revision, default=None)


def newest_release(study_folder: Path, before: date | None = None) -> Release | None:
    """The newest revision of the newest session of a study, or of the newest one before a day."""
    sessions = (folder.name for folder in study_folder.glob("????-??-??"))
    for session in sorted((day for day in sessions if before is None or day < before.isoformat()), reverse=True):
        newest = last_release(study_folder.parent, study_folder.name, date.fromisoformat(session))
        if newest:
            return newest
    return None


def promote(release: Release, files: dict[str, bytes]) -> None:
    """Puts the files in place as the release; then ``latest`` points at the study's newest session. Raises
    ReleaseError, with nothing published changed.
    """
    put_in_place(release, files)
    point_latest(release)


def put_in_place(release: Release, files: dict[str, bytes]) -> None:
    """Makes the release's folder: staged beside it, verified against the descriptor, renamed, and on disk when this
    returns. Raises ReleaseError, with nothing published changed.
    """
    session_folder = release.folder.parent
    session_folder.mkdir(parents=True, exist_ok=True)
    staging = session_folder / f".{release.folder.name}.staging"
    shutil.rmtree(staging, ignore_errors=True)  # left by a run that died
    staging.mkdir()
    for name, content in files.items():
        write_through(staging / name, content)
    sync_folder(staging)
    differences = faults(staging)
    if differences:
        shutil.rmtree(staging)
        raise ReleaseError("the staged release is not as its descriptor says: " + "; ".join(differences))
    if release.folder.exists():
        shutil.rmtree(staging)
        raise ReleaseError(f"{release.folder} exists; a release is never rewritten")
    os.rename(staging, release.folder)
    sync_folder(session_folder)


def point_latest(release: Release) -> None:
    """``latest`` -> the release, replaced atomically, unless it points at a newer one; lost, it is looked for again."""
    study_folder = release.folder.parents[1]
    link = study_folder / "latest"
    newest = release if link.exists() else newest_release(study_folder) or release
    target = Path(newest.session.isoformat()) / newest.folder.name
    if link.exists() and _order(Path(os.readlink(link))) >= _order(target):
        return
    temporary = study_folder / f".latest.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target, target_is_directory=True)
    os.replace(temporary, link)
    sync_folder(study_folder)


def _order(place: Path) -> tuple[str, int]:
    """Session and revision of a place like 2026-03-11/r2."""
    return place.parent.name, int(place.name[1:])
