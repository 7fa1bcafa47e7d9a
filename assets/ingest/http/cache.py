"""The cache of answers: a vendor can say that nothing has changed, and is not asked each time for what it lacks.

Belongs here: a folder of validators (ETag, Last-Modified) with the bytes that they are of, and of days on which a
vendor had no such thing. Does not belong here: requests (client.py), the record of what came (landing.py). All of it
may be lost: the next answer is then a whole one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from assets.files import write_atomically


@dataclass(frozen=True)
class CachedAnswer:
    """An earlier answer, with the headers of a request that asks whether it still holds."""

    conditions: Mapping[str, str]
    media_type: str
    content: bytes


class HttpCache:
    """One answer a place, in two files: its headers and its bytes. A new answer replaces the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, place: str, url: str) -> CachedAnswer | None:
        """The answer to the very same address; None where it is lost, unreadable or not the bytes that were stored."""
        headers_file, bytes_file = self._files(place)
        try:
            known = _Headers(**json.loads(headers_file.read_bytes()))
            content = bytes_file.read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        if not all(isinstance(value, str) for value in asdict(known).values()):
            return None
        if known.url != url or known.sha256 != hashlib.sha256(content).hexdigest():
            return None
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return CachedAnswer({name: value for name, value in conditions.items() if value}, known.media_type, content)

    def store(self, place: str, url: str, headers: Mapping[str, str], media_type: str, content: bytes) -> None:
        """Stores an answer that has a validator and a body; of any other, removes the one before."""
        headers_file, bytes_file = self._files(place)
        self._absence(place).unlink(missing_ok=True)
        etag, last_modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
        if not content or not (etag or last_modified):
            headers_file.unlink(missing_ok=True)
            bytes_file.unlink(missing_ok=True)
            return
        known = _Headers(url, etag, last_modified, media_type, hashlib.sha256(content).hexdigest())
        write_atomically(bytes_file, content)
        write_atomically(headers_file, json.dumps(asdict(known), indent=1).encode())

    def absent_since(self, place: str) -> date | None:
        """The day on which the vendor said that it has no such thing, if that is the last that it said."""
        try:
            return date.fromisoformat(self._absence(place).read_text("ascii"))
        except (OSError, ValueError):
            return None

    def store_absence(self, place: str, day: date) -> None:
        """Stores that the vendor had no such thing on a day."""
        write_atomically(self._absence(place), day.isoformat().encode())

    def _absence(self, place: str) -> Path:
        return self._files(place)[0].with_suffix(".absent")

    def _files(self, place: str) -> tuple[Path, Path]:
        """Named by the place, so that an address that changes with every run leaves no second copy."""
        name = hashlib.sha256(place.encode()).hexdigest()[:32]
        return self.folder / f"{name}.json", self.folder / f"{name}.bytes"


@dataclass(frozen=True)
class _Headers:
    url: str
    etag: str
    last_modified: str
    media_type: str
    sha256: str
