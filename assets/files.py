"""Writing files so that they outlive a crash: whole or not at all, and on disk.

Belongs here: atomic and synced writes. Does not belong here: which file is where (home.py), what is in it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write_atomically(path: Path, content: bytes | Path) -> None:
    """Writes the whole file or none of it: a temporary file beside it, fsync, rename. Makes missing folders. Of a
    ``content`` that is a file, a copy.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    write_through(temporary, content)
    os.replace(temporary, path)
    sync_folder(path.parent)


def write_through(path: Path, content: bytes | Path) -> None:
    """Writes the file, on disk when this returns; only where a half file does no harm."""
    with path.open("wb") as file:
        if isinstance(content, Path):
            with content.open("rb") as source:
                shutil.copyfileobj(source, file)
        else:
            file.write(content)
        file.flush()
        os.fsync(file.fileno())


def append_line(path: Path, line: str) -> None:
    """Adds a line to a file of lines, on disk when this returns. What stands behind the last line end is the half line
    of a crash: it is cut off first, so that it makes no whole one unreadable.
    """
    is_new = not path.exists()
    with path.open("ab+") as file:
        size = file.tell()
        file.seek(max(size - 1, 0))
        if file.read(1) not in (b"", b"\n"):
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename inside the folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
