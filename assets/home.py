"""The home folder: where everything that is not code is kept.

Belongs here: the paths, the lock, and the guard against mixing invented with real data. Does not belong here: what is
in the files, how they are written (files.py).
"""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from assets.files import write_atomically
from warehouse.limits import temp_folder


class HomeError(RuntimeError):
    """A home folder that can't be used by this profile."""


LONGEST_WAIT = 3600
"""Seconds to wait for another run: the limit that the instance sets for a run's length."""

_LOCKS: dict[Path, TextIO] = {}
"""The lock files that this process holds; they are let go when it ends."""


@dataclass(frozen=True)
class Home:
    """Paths of one home folder (ZUHYO_HOME)."""

    folder: Path

    @property
    def landing(self) -> Path:
        """Payloads as they came."""
        return self.folder / "landing"

    @property
    def runs(self) -> Path:
        """One JSON file a run."""
        return self.folder / "runs"

    @property
    def warehouse(self) -> Path:
        """The writer's database."""
        return self.folder / "warehouse.duckdb"

    @property
    def cache(self) -> Path:
        """What can be made again at any time: the page's bundled scripts, the UI's pictures, vendors' answers."""
        return self.folder / "cache"

    @property
    def temp(self) -> Path:
        """What a run puts on disk and throws away: what DuckDB's memory can't hold, copies of the warehouse."""
        return temp_folder(self.folder)

    @property
    def published(self) -> Path:
        """Releases and the readers' database."""
        return self.folder / "published"

    @property
    def readers_database(self) -> Path:
        """The database that readers open."""
        return self.published / "zuhyo.duckdb"

    def lock(self) -> None:
        """Waits until no other process works in this home, then keeps others out until this process ends. What a run
        that died left in ``temp`` is removed.

        Runs of the queue wait for each other there; one that a person starts by hand waits here.
        Raises HomeError after an hour.
        """
        if self.folder in _LOCKS:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (self.folder / ".lock").open("a")
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise HomeError(f"another run has been working in {self.folder} for an hour") from None
                time.sleep(0.2)
            else:
                _LOCKS[self.folder] = file
                shutil.rmtree(self.temp, ignore_errors=True)
                return

    def assign_profile(self, name: str, *, is_sample: bool) -> None:
        """Binds the folder to invented or to real data when the first profile uses it.

        Raises HomeError for a profile ``name`` of the other kind.
        """
        marker = self.folder / "home.json"
        if not marker.exists():
            write_atomically(marker, json.dumps({"is_sample": is_sample}).encode())
            return
        if json.loads(marker.read_text())["is_sample"] != is_sample:
            kept, brought = ("real", "invented") if is_sample else ("invented", "real")
            raise HomeError(
                f"{self.folder} holds {kept} data and profile {name!r} brings {brought} data; "
                "they never share a home folder. Set ZUHYO_HOME to another folder."
            )
