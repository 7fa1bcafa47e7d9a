"""`make approve`: a person stands up for a release.

Belongs here: which release is meant, when an approval is refused, and what is said. Does not belong here: where
approvals are kept (assets/publish/approval.py), the readers' database (assets/publish/readers.py).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from assets.publish.approval import (
    Approval,
    RestrictedPayload,
    add_approval,
    approval_file,
    descriptor_sha256,
    payloads_without_may_publish,
)
from assets.publish.charts.style import load_style
from assets.publish.descriptor import faults
from assets.publish.folder import Release, releases
from assets.publish.page.content import write_release_list
from assets.publish.readers import update_approvals
from assets.settings import Settings
from warehouse.contract import ContractError

SHOWN = 10
"""How many payloads a refusal names; the file of an approval names all."""


@dataclass(frozen=True)
class ApprovalRequest:
    """What approval is asked for; ``study`` and ``revision`` may be left out where they are clear."""

    session: date
    by: str
    study: str | None = None
    revision: int | None = None
    because: str | None = None


class RefusedError(ValueError):
    """An approval that can't be given; nothing was recorded."""


def approve(settings: Settings, request: ApprovalRequest) -> int:
    """Records the approval beside the release, then brings the readers' database up to date.

    Returns 0, or 1 where it is recorded and the readers' database could not follow. Raises RefusedError.
    """
    home = settings.home_folder()
    by, because = " ".join(request.by.split()), " ".join((request.because or "").split())
    if not by:
        raise RefusedError("an approval needs a name: make approve SESSION=… BY=…")
    home.lock()
    release = find_release(home.published, request)
    without = _permitted(release, because)
    approval = Approval(
        by=by,
        at=datetime.now(UTC),
        because=because or None,
        descriptor_sha256=descriptor_sha256(release),
        payloads_without_may_publish=without,
    )
    add_approval(release, approval)
    print(f"{_named(release)}: approved by {by} at {approval.at:%Y-%m-%d %H:%M} UTC, in {approval_file(release)}")
    if without:
        print(f"  {len(without)} payloads without may_publish, approved because: {because}")
    for withheld in release.record().withheld:
        print(f"  it is without {withheld.subject or withheld.figure} ({withheld.kind}): {withheld.reason}")
    try:
        update_approvals(home)
        for study in settings.read_studies():
            write_release_list(
                home, study, load_style(settings.style), is_sample=False
            )  # sample data was refused above
    except (duckdb.Error, ContractError, OSError) as error:
        print(f"the readers' database could not follow; the next run brings it up to date: {error}", file=sys.stderr)
        return 1
    return 0


def find_release(published: Path, request: ApprovalRequest) -> Release:
    """The release that is meant: by default of the only study that has the session, at its newest revision.

    Raises RefusedError.
    """
    own = list(releases(published, request.study or "*", request.session))
    studies = sorted({release.study for release in own})
    if not studies:
        who = f"study {request.study}" if request.study else "any study"
        raise RefusedError(f"there is no release of {who} for session {request.session} in {published}")
    if len(studies) > 1:
        raise RefusedError(
            f"session {request.session} has releases of {', '.join(studies)}; name one: STUDY={studies[0]}"
        )
    if request.revision is None:
        return own[-1]
    for release in own:
        if release.revision == request.revision:
            return release
    raise RefusedError(f"{studies[0]} {request.session} has no r{request.revision}; it has r1 to r{own[-1].revision}")


def _permitted(release: Release, because: str) -> list[RestrictedPayload]:
    """The payloads that only the reason lets out. Raises RefusedError where the release can't be approved."""
    different = faults(release.folder)
    if different:
        raise RefusedError(f"{_named(release)} is not what was published: {'; '.join(different)}")
    if release.record().is_sample:
        raise RefusedError(f"{_named(release)} is made from invented data; nobody can approve it")
    without = payloads_without_may_publish(release)
    if without and not because:
        listed = [
            f"  {payload.title} {payload.url}: {payload.licence or 'no licence stated'}" for payload in without[:SHOWN]
        ]
        more = [f"  and {len(without) - SHOWN} more"] if len(without) > SHOWN else []
        raise RefusedError(
            "\n".join(
                [
                    f"{_named(release)} stands on {len(without)} payloads whose licence lacks may_publish = true; "
                    "say why it may go out all the same: BECAUSE=…",
                    *listed,
                    *more,
                ]
            )
        )
    return without


def _named(release: Release) -> str:
    return f"{release.study} {release.session} r{release.revision}"
