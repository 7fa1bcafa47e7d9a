"""Writing files so that they outlive a crash: whole or not at all, and on disk.

Belongs here: atomic and synced writes. Does not belong here: which file is where (home.py), what is in it.
"""

from __future__ import annotations

import os
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Writes the whole file or none of it: a temporary file beside it, fsync, rename. Makes missing folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    write_through(temporary, content)
    os.replace(temporary, path)
    sync_folder(path.parent)


def write_through(path: Path, content: bytes) -> None:
    """Writes the file, on disk when this returns; only where a half file does no harm."""
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
