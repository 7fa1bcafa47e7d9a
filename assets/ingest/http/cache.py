"""What is kept of answers: so a vendor can say that nothing has changed, and need not say each night what it lacks.

Belongs here: a folder of validators (ETag, Last-Modified) with the bytes that they speak of, and of days on which a
vendor had no such thing. Does not belong here: asking (http/client.py), the record of what came (landing.py). All of it
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
class Kept:
    """An answer of before, with the headers that ask whether it still stands."""

    conditions: Mapping[str, str]
    media_type: str
    content: bytes


class KeptAnswers:
    """One answer a place, in two files: what is known of it, and its bytes. A new one replaces the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, place: str, url: str) -> Kept | None:
        """What was kept of the very same address; None where it is lost, unreadable or not the bytes that were kept."""
        note, bytes_file = self._files(place)
        try:
            known = _Note(**json.loads(note.read_bytes()))
            content = bytes_file.read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        if not all(isinstance(value, str) for value in asdict(known).values()):
            return None
        if known.url != url or known.sha256 != hashlib.sha256(content).hexdigest():
            return None
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return Kept({name: value for name, value in conditions.items() if value}, known.media_type, content)

    def keep(self, place: str, url: str, headers: Mapping[str, str], media_type: str, content: bytes) -> None:
        """Keeps an answer if it has a validator; forgets the one before if it has none, or nothing to speak of."""
        note, bytes_file = self._files(place)
        self._absence(place).unlink(missing_ok=True)
        etag, last_modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
        if not content or not (etag or last_modified):
            note.unlink(missing_ok=True)
            bytes_file.unlink(missing_ok=True)
            return
        known = _Note(url, etag, last_modified, media_type, hashlib.sha256(content).hexdigest())
        write_atomically(bytes_file, content)
        write_atomically(note, json.dumps(asdict(known), indent=1).encode())

    def absent_since(self, place: str) -> date | None:
        """The day on which the vendor said that it has no such thing, if that is the last it said."""
        try:
            return date.fromisoformat(self._absence(place).read_text("ascii"))
        except (OSError, ValueError):
            return None

    def keep_absence(self, place: str, day: date) -> None:
        """Keeps that the vendor had no such thing on a day."""
        write_atomically(self._absence(place), day.isoformat().encode())

    def _absence(self, place: str) -> Path:
        return self._files(place)[0].with_suffix(".absent")

    def _files(self, place: str) -> tuple[Path, Path]:
        """Named by the place, so that an address that changes every night does not pile up."""
        name = hashlib.sha256(place.encode()).hexdigest()[:32]
        return self.folder / f"{name}.json", self.folder / f"{name}.bytes"


@dataclass(frozen=True)
class _Note:
    url: str
    etag: str
    last_modified: str
    media_type: str
    sha256: str
