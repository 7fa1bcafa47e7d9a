"""Looking after what was published: verifying releases, making the warehouse again.

Belongs here: the commands `make verify`, `make rebuild` and `make example`. Does not belong here: the nightly run
(the job `nightly`).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from assets.core.recovery import make_warehouse
from assets.publish import build_record
from assets.publish.descriptor import faults
from assets.publish.folder import newest_release, releases
from assets.publish.readers import update_readers
from assets.publish.recompute import Recomputation
from assets.settings import Settings


def verify(settings: Settings) -> int:
    """Rehashes every release; prints what differs. Returns the exit status."""
    checked = 0
    differences: list[str] = []
    for release in releases(settings.home_folder().published):
        checked += 1
        differences += faults(release.folder)
    for fault in differences:
        print(fault, file=sys.stderr)
    print(f"{checked} releases, {len(differences)} differences")
    return 1 if differences else 0


def rebuild(settings: Settings) -> int:
    """Makes warehouse and readers' database again from landing, releases and run records, and
    makes the newest session's figures again. Returns 1 when any of their files comes out different.
    """
    home = settings.home_folder()
    home.lock()
    for reason in make_warehouse(home):
        print(reason, file=sys.stderr)
    with settings.warehouse() as connection:
        [(loaded,)] = connection.execute("SELECT count(*) FROM meta.load").fetchall()
        update_readers(connection, home, settings.read_studies(), is_new=True)
        newest = [(study, newest_release(home.published / study.study)) for study in settings.read_studies()]
        different = [
            path
            for study, release in newest
            if release
            for path in Recomputation.of_release(connection, settings, study, release).differences(release)
        ]
    for path in different:
        print(f"comes out different: {path}", file=sys.stderr)
    print(f"{loaded} payloads loaded; {len(different)} files of the newest session differ")
    return 1 if different else 0


def example(settings: Settings, target: Path) -> int:
    """Copies the release of the reference case, without what differs from run to run, to ``target``."""
    release = newest_release(settings.home_folder().published / "us_small_caps")
    if release is None:
        print("nothing is published in this home folder", file=sys.stderr)
        return 1
    place = target / release.study / release.session.isoformat() / release.folder.name
    shutil.rmtree(target / release.study, ignore_errors=True)
    shutil.copytree(release.folder, place, ignore=shutil.ignore_patterns(build_record.NAME))
    print(place)
    return 0
