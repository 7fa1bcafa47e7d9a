"""`make run KNOWN_AT=…`: sessions made again as known at a time of the past. Nothing is fetched or published.

Belongs here: comparing them with what was published, and writing what equals nothing published into a folder for
inspection. Does not belong here: how a session is made again (assets/publish/recompute.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from assets.files import write_atomically
from assets.home import Home
from assets.publish.content import method_changes
from assets.publish.folder import Release, releases
from assets.publish.recompute import Recomputation, warehouse_copy
from assets.settings import Settings
from assets.study import Study

Comparison = Literal["equal", "different", "no release then"]
"""What a session made again is beside what was published of it."""


def run_as_known(settings: Settings, sessions: Sequence[date]) -> int:
    """Makes the sessions again as known at the settings' ``known_at`` and says which revision each one equals.

    Where it equals none, its files are put below `as_known/` in the home folder, for inspection. Returns 0 where each
    session of each study that had a release then equals a revision, and there is one; else 1. Raises ValueError.
    """
    home, known_at = settings.home_folder(), settings.cut_off()
    with warehouse_copy(home) as connection:
        comparisons = [
            _compare(home, Recomputation(connection, settings, study, session, known_at))
            for study in settings.read_studies()
            for session in sessions
        ]
    faults = settings.study_faults()
    for fault in faults.values():
        print(f"a study can't be read: {fault}")
    return 0 if "equal" in comparisons and "different" not in comparisons and not faults else 1


def _compare(home: Home, again: Recomputation) -> Comparison:
    """Compares the session with its revisions and prints the outcome."""
    what = f"{again.study.study} {again.session} as known at {again.known_at:%Y-%m-%dT%H:%M:%SZ}"
    published = list(releases(home.published, again.study.study, again.session))
    equal = [release for release in published if again.equals(release)]
    if equal:
        print(f"{what}: equals {', '.join(map(_published, equal))}; nothing was written")
        return "equal"
    if not any(_known_at(release) <= again.known_at for release in published):
        later = f"the first, {published[0].folder.name}, is of data known later" if published else "it has none today"
        print(f"{what}: had no release then ({later})")
        result: Comparison = "no release then"
    else:
        result = "different"
    files = again.figure_files(revision=0)
    if not files:
        reasons = "; ".join(f"{figure}: {reason}" for figure, reason in again.missing().items())
        print(f"{what}: no figure can be made ({reasons}); nothing was written")
        return result
    folder = _write_folder(home, again, files)
    against = (
        f"none of {', '.join(r.folder.name for r in published)}" if published else "nothing, for none is published"
    )
    print(f"{what}: equals {against}; for inspection, not checked and not published: {folder}")
    for figure, reason in again.missing().items():
        print(f"  without {figure}: {reason}")
    for reason in _versions_that_differ(again.study, published[-1] if published else None):
        print(f"  {reason}")
    return result


def _known_at(release: Release) -> datetime:
    """When the data of a release was known, naive UTC."""
    return release.build().known_at.replace(tzinfo=None)


def _published(release: Release) -> str:
    return f"{release.folder.name} (published {release.build().published_at:%Y-%m-%dT%H:%M}Z)"


def _versions_that_differ(study: Study, newest: Release | None) -> list[str]:
    if newest is None:
        return []
    return [
        f"{change['column_name']} is {change['new']} now and was {change['old']} in {newest.folder.name}: "
        "equal rows are no equal release then"
        for change in method_changes(newest.record(), study)
    ]


def _write_folder(home: Home, again: Recomputation, files: dict[str, bytes]) -> Path:
    known_at = again.known_at.replace(tzinfo=UTC)
    folder = home.folder / "as_known" / again.study.study / again.session.isoformat() / f"{known_at:%Y%m%dT%H%M%SZ}"
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        write_atomically(folder / name, content)
    return folder
