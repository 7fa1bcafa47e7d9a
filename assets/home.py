"""The home folder: where everything that is not code is kept.

Belongs here: the paths, and the guard against mixing invented with real data. Does not belong here: what is
in the files.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from assets.profile import Profile


class HomeError(RuntimeError):
    """A home folder that can't be used by this profile."""


LONGEST_WAIT = 3600
"""Seconds to wait for another run: the limit that the instance sets for a run's length."""

_HELD: dict[Path, TextIO] = {}
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
        """What can be made again at any time: the page's bundled scripts, vendors' answers of before."""
        return self.folder / "cache"

    @property
    def published(self) -> Path:
        """Releases and the readers' database."""
        return self.folder / "published"

    @property
    def readers_database(self) -> Path:
        """The database that readers open."""
        return self.published / "zuhyo.duckdb"

    def hold(self) -> None:
        """Waits until no other process works in this home, then holds it until this process ends.

        Runs of the queue wait for each other there; one that a person starts by hand waits here.
        Raises HomeError after an hour.
        """
        if self.folder in _HELD:
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
                _HELD[self.folder] = file
                return

    def claim(self, profile: Profile) -> None:
        """Binds the folder to invented or to real data at its first use. Raises HomeError on the other kind."""
        marker = self.folder / "home.json"
        if not marker.exists():
            write_atomically(marker, json.dumps({"is_sample": profile.is_sample}).encode())
            return
        if json.loads(marker.read_text())["is_sample"] != profile.is_sample:
            held, asked = ("real", "invented") if profile.is_sample else ("invented", "real")
            raise HomeError(
                f"{self.folder} holds {held} data and profile {profile.profile!r} brings {asked} data; "
                "they never share a home folder. Set ZUHYO_HOME to another folder."
            )


def write_atomically(path: Path, content: bytes) -> None:
    """The whole file or none of it: a temporary file beside it, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    write_through(temporary, content)
    os.replace(temporary, path)
    sync_folder(path.parent)


def write_through(path: Path, content: bytes) -> None:
    """The file's content, on disk when this returns; only where a half file does no harm."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes a rename inside the folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
