"""Landing: payloads as they came, named by their sha256, each with an origin line a retrieval.

Belongs here: keeping bytes and telling where they came from. Append-only: nothing here is rewritten, so that
core can be made again from it. Does not belong here: parsing, deciding whether a payload is good (guards.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from assets.files import append_line, sync_folder, write_atomically
from assets.home import HomeError
from assets.ingest.payload import FetchError, Payload
from warehouse.rows import FileRows, Rows
from warehouse.staging import PayloadToLoad


@dataclass(frozen=True)
class Retrieval:
    """One retrieval of a payload: the origin record and the bytes' place. ``bytes`` is how many there are."""

    sha256: str
    retrieved_at: datetime
    payload: Payload
    bytes: int

    def without_content(self) -> Retrieval:
        """The same without the bytes themselves: landing has them, and a run may bring hundreds of MB."""
        return replace(self, payload=replace(self.payload, content=b""))

    def payload_to_load(self, rows: Rows | None = None) -> PayloadToLoad:
        """What core has to know of it beside its rows."""
        payload = self.payload
        how_read = [payload.format, dict(payload.options)]
        return PayloadToLoad(
            payload_sha256=self.sha256,
            vendor=payload.vendor,
            url=payload.url,
            place=payload.place,
            options=json.dumps(how_read, sort_keys=True, ensure_ascii=False),
            known_at=self.retrieved_at,
            is_complete=payload.is_complete,
            bytes=self.bytes,
            media_type=payload.media_type,
            licence=payload.licence,
            may_publish=payload.may_publish,
            speaks_until=payload.speaks_until,
            replaces="\n".join(payload.replaces),
            is_sorted=isinstance(rows, FileRows) and rows.is_sorted,
        )


class Landing:
    """The landing folder of a home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def arrive(self, payload: Payload, retrieved_at: datetime) -> Retrieval:
        """Puts the bytes on disk before anybody reads them; ``retrieved_at`` is naive UTC. The content of a payload
        that is a file is the one here from then on. Raises FetchError where that can't be read.
        """
        content = payload.content
        retrieval = Retrieval(_sha256(content), retrieved_at, payload, payload.size)
        if not self._place(retrieval).exists():
            write_atomically(self._waiting(retrieval), content)
            if isinstance(content, Path) and _sha256(self._waiting(retrieval)) != retrieval.sha256:
                self._waiting(retrieval).unlink()
                raise FetchError(f"{payload.url} was written to while it was read; run again when it is whole")
        if isinstance(content, bytes):
            return retrieval
        place = self._place(retrieval)
        here = place if place.exists() else self._waiting(retrieval)
        return replace(retrieval, payload=replace(payload, content=here))

    def accept(self, retrieval: Retrieval) -> Path:
        """Keeps the payload for good and adds the retrieval to its origin record. Returns where its bytes are."""
        place = self._place(retrieval)
        self._settle(retrieval, place, None)
        return place

    def reject(self, retrieval: Retrieval, reason: str) -> Path:
        """Keeps the payload under rejected/, with the reason in its origin record."""
        place = self._place(retrieval)
        rejected = place.parent / "rejected" / place.name
        if place.exists() and not rejected.exists():  # good once, refused now: an old file sent again
            write_atomically(rejected, place)
        self._settle(retrieval, rejected, reason)
        return rejected

    def is_empty(self) -> bool:
        """Whether no payload has ever been accepted."""
        return not any(self.folder.glob("*/*/*.origin.jsonl"))

    def retrievals(self) -> Iterator[Retrieval]:
        """Every accepted retrieval in the order of time; the content of its payload is the file here."""
        lines = []
        for record in self.folder.glob("*/*/*.origin.jsonl"):
            # of bytes: text would also break at U+2028. What follows the last line end was cut off by a crash
            for line in record.read_bytes().split(b"\n")[:-1]:
                origin = _origin_of(line, record)
                lines.append((origin["retrieved_at"], origin["url"], record, origin))
        for retrieved_at, _, record, origin in sorted(lines, key=lambda line: line[:2]):
            payload = _payload(origin, record.parent / origin["file"])
            yield Retrieval(origin["sha256"], datetime.fromisoformat(retrieved_at), payload, payload.size)

    def _settle(self, retrieval: Retrieval, place: Path, reason: str | None) -> None:
        waiting = self._waiting(retrieval)
        place.parent.mkdir(parents=True, exist_ok=True)
        if waiting.exists():
            os.replace(waiting, place)
            sync_folder(place.parent)
        line = json.dumps(_origin(retrieval, place.name, reason), ensure_ascii=False, sort_keys=True)
        append_line(place.parent / f"{retrieval.sha256}.origin.jsonl", line)

    def _place(self, retrieval: Retrieval) -> Path:
        payload = retrieval.payload
        suffix = re.search(r"(\.[A-Za-z0-9]{1,7}){1,2}$", payload.place)
        name = retrieval.sha256 + (suffix.group().lower() if suffix else ".bin")
        return self.folder / payload.vendor / payload.dataset / name

    def _waiting(self, retrieval: Retrieval) -> Path:
        place = self._place(retrieval)
        return place.with_name(place.name + ".arrived")


def _origin_of(line: bytes, record: Path) -> dict[str, Any]:
    try:
        origin: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise HomeError(f"{record} has a line that can't be read ({error}): take it from landing's backup") from error
    return origin


def _origin(retrieval: Retrieval, file: str, reason: str | None) -> dict[str, Any]:
    payload = retrieval.payload
    origin: dict[str, Any] = {
        "sha256": retrieval.sha256,
        "file": file,
        "retrieved_at": retrieval.retrieved_at.isoformat(),
        "vendor": payload.vendor,
        "dataset": payload.dataset,
        "format": payload.format,
        "url": payload.url,
        "media_type": payload.media_type,
        "bytes": retrieval.bytes,
        "options": dict(payload.options),
        "licence": payload.licence,
        "may_publish": payload.may_publish,
        "subjects": list(payload.subjects),
    }
    if payload.stated_place:
        origin["place"] = payload.stated_place
    if payload.speaks_until:
        origin["speaks_until"] = payload.speaks_until.isoformat()
    if payload.replaces:
        origin["replaces"] = list(payload.replaces)
    if reason is not None:
        origin["rejected_because"] = reason
    return origin


def _sha256(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    try:
        with content.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FetchError(f"{content} can't be read: {error.strerror}") from error


def _payload(origin: dict[str, Any], content: Path) -> Payload:
    return Payload(
        vendor=origin["vendor"],
        dataset=origin["dataset"],
        format=origin["format"],
        url=origin["url"],
        stated_place=origin.get("place", ""),
        content=content,
        options=origin["options"],
        media_type=origin["media_type"],
        licence=origin["licence"],
        may_publish=origin["may_publish"],
        subjects=tuple(origin["subjects"]),
        speaks_until=date.fromisoformat(origin["speaks_until"]) if "speaks_until" in origin else None,
        replaces=tuple(origin.get("replaces", ())),
    )
