"""Looking after what was published: verifying releases, making the warehouse again.

Belongs here: the commands `make verify`, `make rebuild` and `make example`. Does not belong here: the nightly run
(the job `nightly`).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb
import pandas as pd

from assets.core.load import load_payload
from assets.ingest.closed_sessions import leave_out_later_days
from assets.ingest.landing import Landing, Retrieval
from assets.ingest.vendors import parser_for
from assets.publish import build_record
from assets.publish.descriptor import faults
from assets.publish.folder import newest_release, releases
from assets.publish.readers import update_readers
from assets.publish.recompute import Recomputation
from assets.settings import Settings
from warehouse.database import create_from_frame, transaction
from warehouse.staging import is_last_loaded


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
    """Throws warehouse and readers' database away, makes them again from landing, releases and run records, and
    makes the newest session's figures again. Returns 1 when any of their files comes out different.
    """
    home = settings.home_folder()
    home.lock()
    for path in (home.warehouse, home.warehouse.with_name(home.warehouse.name + ".wal")):
        path.unlink(missing_ok=True)
    with settings.warehouse() as connection:
        loaded = sum(load_retrieval(connection, retrieval) for retrieval in Landing(home.landing).retrievals())
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


def load_retrieval(connection: duckdb.DuckDBPyConnection, retrieval: Retrieval) -> bool:
    """Loads a payload from landing as it was loaded when it came; False where it is what was loaded last."""
    payload = retrieval.payload
    if is_last_loaded(connection, payload.dataset, retrieval.payload_to_load()):
        return False
    parsed: pd.DataFrame = parser_for(payload.format)(payload.content, payload.options)
    rows = leave_out_later_days(payload.dataset, parsed, retrieval.retrieved_at)
    with transaction(connection):
        create_from_frame(connection, "TEMP TABLE incoming", rows)
        load_payload(connection, payload.dataset, retrieval.payload_to_load(), run_id="rebuild")
    return True
