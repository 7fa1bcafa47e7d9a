"""What a command repairs before it works in a home: what dead runs left there, and a warehouse that can't be read.

Belongs here: what a crash or a disk did to the home's own files. Does not belong here: a warehouse of an earlier
version (reload.py), releases on disk (`make verify` finds what differs in those).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assets.core.reload import load_landing, update_warehouse
from assets.files import sync_folder
from assets.home import Home, HomeError
from assets.ingest.landing import Landing
from warehouse.contract import OutdatedTableError
from warehouse.database import new_warehouse, open_warehouse, table_columns, write_ahead_log

LEFTOVER = re.compile(r"\..+\.\d+\.tmp(\.wal)?|\.latest\.\d+|\.r\d+\.staging|.+\.arrived")
"""Names of what a write or a command has beside its target while it goes on."""

SET_ASIDE = "unreadable"


def repair_home(home: Home) -> list[str]:
    """Keeps other runs out, clears what dead ones left, and sees to a warehouse that can be read and is of today's
    contracts. Returns what was done of which somebody should know, a sentence each.

    Raises HomeError where another program holds the warehouse, and LostPayloadsError.
    """
    home.lock()
    for path in leftovers(home):  # nobody else works here, and nothing reads them
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return [*_restore_warehouse(home), *update_warehouse(home)]


def leftovers(home: Home) -> list[Path]:
    """The unfinished files and folders of runs that died, or of the one that is working."""
    found = []
    for folder, names, files in os.walk(home.folder):
        found += [Path(folder) / name for name in (*names, *files) if LEFTOVER.fullmatch(name)]
        # a release is never changed, and Dagster's own folder is Dagster's
        names[:] = [n for n in names if not LEFTOVER.fullmatch(n) and not re.fullmatch(r"r\d+|dagster", n)]
    return sorted(found)


def _restore_warehouse(home: Home) -> list[str]:
    """Makes a warehouse that is lost or can't be read again from landing; the broken one is set aside, not deleted."""
    fault = _fault_of(home)
    if fault is None:
        return []
    broken = home.warehouse.with_name(f"{home.warehouse.name}.{SET_ASIDE}-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    aside = f", and it was set aside as {broken.name}" if home.warehouse.exists() else ""
    left_out = make_warehouse(home, keep_as=broken)
    return [f"{home.warehouse} could not be read ({fault}): it was made again from landing{aside}", *left_out]


def make_warehouse(home: Home, *, keep_as: Path | None = None) -> list[str]:
    """Makes the warehouse from landing, and puts it in the place of the one that is there, which is kept under another
    name where one is given. Returns which payloads were left out and why. On an error that one stays.
    """
    with new_warehouse(home.warehouse, keep_as=keep_as) as connection:
        left_out = list(load_landing(connection, Landing(home.landing)))
    sync_folder(home.folder)
    return left_out


def _fault_of(home: Home) -> str | None:
    """Why the warehouse has to be made again, where it has. It is read whole where a process died with it open, or the
    last run failed: that one may have met a broken page.
    """
    if not home.warehouse.exists():
        return None if Landing(home.landing).is_empty() else "it is not there"
    if not write_ahead_log(home.warehouse).exists() and _succeeded_last(home.runs):
        return None
    return _fault(home.warehouse)


def _succeeded_last(runs: Path) -> bool:
    """Whether the newest run record says that nobody has to look: the warehouse then is as that run left it."""
    newest = max(runs.glob("*.json"), key=lambda path: path.stat().st_mtime, default=None)
    try:
        return newest is None or bool(json.loads(newest.read_bytes()).get("succeeded"))
    except (OSError, ValueError, AttributeError):
        return False


def _fault(warehouse: Path) -> str | None:
    """Why the database can't be read, all of it; None where it can. Raises HomeError where another program holds it."""
    try:
        with open_warehouse(warehouse) as connection:
            for table in table_columns(connection):
                connection.execute(f"SELECT bit_xor(hash(t)) FROM {table} AS t").fetchall()
    except OutdatedTableError:
        return None
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        if re.search(r"\block\b", reason):
            raise HomeError(f"another program has {warehouse} open: {reason}") from error
        return reason
    return None
