"""Approvals: that a person stood up for a release, in `r<N>.approval.jsonl` beside the release's folder.

Belongs here: that file, one line an approval, and what a release's payloads don't permit. Does not belong here:
who may approve and when it is refused (pipelines/commands/approval.py), the release itself (folder.py).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from assets.files import write_atomically
from assets.publish.descriptor import NAME
from assets.publish.document import Document, IsoTime, parse_document
from assets.publish.folder import Release, releases

SUFFIX = ".approval.jsonl"


class RestrictedPayload(Document):
    """A payload behind a release that its licence does not let out; ``title`` is vendor and dataset."""

    title: str
    url: str
    sha256: str
    licence: str | None


class Approval(Document):
    """Who approved a release, when (UTC), why in spite of its payloads, and what exactly was approved."""

    by: str
    at: IsoTime
    because: str | None
    descriptor_sha256: str
    payloads_without_may_publish: list[RestrictedPayload]


def approval_file(release: Release) -> Path:
    """Where a release's approvals are kept."""
    return release.folder.with_name(release.folder.name + SUFFIX)


def descriptor_sha256(release: Release) -> str:
    """The digest of the release's datapackage.json, which names the digest of every other file."""
    return hashlib.sha256((release.folder / NAME).read_bytes()).hexdigest()


def read_approvals(release: Release) -> list[Approval]:
    """Every approval of a release, oldest first. Raises DocumentError."""
    path = approval_file(release)
    lines = path.read_bytes().splitlines() if path.exists() else []  # of bytes: text would also break at U+2028
    return [parse_document(f"{path}, line {n}", line, Approval) for n, line in enumerate(lines, start=1)]


def approval_of(release: Release) -> Approval | None:
    """The newest approval of the release as it is now; one of other content does not count."""
    given = read_approvals(release)
    if not given or given[-1].descriptor_sha256 != descriptor_sha256(release):
        return None
    return given[-1]


def approved_releases(published: Path, study: str = "*") -> list[tuple[Release, Approval]]:
    """Every release below published/, or of a study, whose approval counts, by study, session and revision."""
    with_file = {path.with_name(path.name.removesuffix(SUFFIX)) for path in published.glob(f"{study}/*/r*{SUFFIX}")}
    listed = releases(published, study) if with_file else []
    candidates = [(release, approval_of(release)) for release in listed if release.folder in with_file]
    return [(release, approval) for release, approval in candidates if approval]


def add_approval(release: Release, approval: Approval) -> None:
    """Adds a line after the others. Whoever calls holds the home folder, so that none is lost."""
    path = approval_file(release)
    line = json.dumps(approval.content(), ensure_ascii=False, sort_keys=True)
    before = path.read_bytes() if path.exists() else b""
    write_atomically(path, before + line.encode() + b"\n")


def payloads_without_may_publish(release: Release) -> list[RestrictedPayload]:
    """The payloads behind a release that its licences don't let out."""
    return [
        RestrictedPayload(title=source.title, url=source.path, sha256=source.sha256, licence=source.licence)
        for source in release.descriptor().sources
        if source.may_publish is not True
    ]
