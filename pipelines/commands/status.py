"""`make status`: what is published, how fresh, what fails, and what was left lying about, on one screen.

Belongs here: looking at the folders and, read-only, at the readers' database, and the wording. Does not belong
here: repairing anything. The writer's database is never opened, so that a status can be asked during a run.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from assets import calendar
from assets.calendar import NEVER, Closed
from assets.core.recovery import leftovers
from assets.home import Home
from assets.publish.approval import approval_file, approval_of, approved_releases
from assets.publish.document import DocumentError
from assets.publish.folder import Release, releases
from assets.publish.run_record import read_record
from assets.settings import Settings
from pipelines.pending import read_backlog
from warehouse import readers
from warehouse.database import rows_as_dicts

SHOWN = 5
"""How many of a kind are named; the rest is counted."""
WIDTH = 150
"""Where a long reason is cut."""

WITHHELD = """
WITH last_run AS (
    SELECT w.study, max_by(w.run_id, r.finished_at) AS run_id
    FROM (
        SELECT study, session, run_id FROM meta.check_result UNION SELECT study, session, run_id FROM meta.withheld
    ) AS w
    JOIN meta.run AS r USING (run_id)
    WHERE w.session = $session AND w.study = $study
    GROUP BY w.study
)
SELECT concat_ws(' without ', w.figure, w.subject) AS figure, w.kind, w.reason
FROM meta.withheld AS w JOIN last_run AS l USING (study, run_id)
WHERE w.session = $session ORDER BY w.figure, w.subject
"""
"""What the last run of a study's session withheld: a later run that cured it takes the reason back."""

FAILED_CHECKS = """
SELECT c.severity, c.check_name, c.table_name, c.study, c.session, c.observed
FROM meta.check_result AS c
WHERE c.run_id = (SELECT max_by(run_id, finished_at) FROM meta.run) AND NOT c.passed
ORDER BY c.blocking DESC, c.check_name, c.study, c.session
"""

PAYLOADS = """
SELECT r.sha256, any_value(p.vendor) AS vendor, any_value(p.dataset) AS dataset, any_value(p.url) AS url
FROM meta.release_payload AS r LEFT JOIN meta.payload AS p USING (sha256)
GROUP BY r.sha256 ORDER BY vendor, url, r.sha256
"""


@dataclass
class Status:
    """What is found in a home folder at a moment: the text, and what somebody has to look at."""

    home: Home
    studies: list[str]
    is_sample: bool
    now: datetime
    closed: Closed = NEVER
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @cached_property
    def releases(self) -> list[Release]:
        """Every release on disk."""
        return list(releases(self.home.published))

    @cached_property
    def is_running(self) -> bool:
        """Whether a run works in the home now: then unfinished files are its own."""
        return _is_held(self.home.folder / ".lock")

    @cached_property
    def is_outdated(self) -> bool:
        """Whether an earlier version made the readers' database: it is not looked into then."""
        return readers.is_outdated(self.home.readers_database)

    def ask(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of the readers' database, none where it does not exist or an earlier version made it."""
        if self.is_outdated or not self.home.readers_database.exists():
            return []
        with duckdb.connect(str(self.home.readers_database), read_only=True) as connection:
            return rows_as_dicts(connection, query, **parameters)

    def say(self, title: str, lines: Iterable[str]) -> None:
        """A heading and what is below it; nothing where nothing is."""
        listed = [_cut(line) for line in lines]
        if listed:
            self.lines += [title, *(f"  {line}" for line in listed)]


def print_report(settings: Settings) -> int:
    """Prints the status of the home folder; returns 1 where something expected is missing, stale or orphaned."""
    if not (Path(settings.home) / "home.json").exists():  # looking must not make a home
        print(f"nothing was ever run in {settings.home}: make run")
        return 1
    studies = [study.study for study in settings.read_studies()]
    home, is_sample = settings.home_folder(), settings.read_profile().is_sample
    status = look(home, studies, is_sample, datetime.now(UTC), settings.closed_days())
    status.faults += [f"study {name} can't be read: {fault}" for name, fault in settings.study_faults().items()]
    print("\n".join(status.lines))
    if status.faults:
        print(f"{len(status.faults)} to look at:")
        print("\n".join(f"  {_cut(fault)}" for fault in status.faults))
        return 1
    print("all is well")
    return 0


def look(home: Home, studies: list[str], is_sample: bool, now: datetime, closed: Closed = NEVER) -> Status:
    """The status of a home folder at ``now`` (an aware datetime); the exchange stayed ``closed`` on some days."""
    status = Status(home, studies, is_sample, now, closed)
    kind = "invented" if is_sample else "real"
    running = "; a run is working in it now" if status.is_running else ""
    status.lines.append(f"{now:%Y-%m-%d %H:%M} UTC, {home.folder} ({kind} data{running})")
    _published(status)
    _figures(status)
    _withheld(status)
    _failed_checks(status)
    _missing(status)
    _leftovers(status)
    _database(status)
    _orphans(status)
    _disk(status)
    return status


def _published(status: Status) -> None:
    newest = {release.study: release for release in status.releases}  # they come in order of session and revision
    lines = []
    for study in [*status.studies, *sorted(newest.keys() - set(status.studies))]:
        release = newest.get(study)
        if release is None:
            lines.append(f"{study}: nothing")
            continue
        retired = "" if study in status.studies else ", no study asks for it any more"
        behind = _behind(release.session, status)
        lines.append(
            f"{study}: {release.session} r{release.revision}, {behind}, {_standing(release, status.is_sample)}{retired}"
        )
    status.say("published, newest session of each study", lines)
    changed = [r for r in status.releases if approval_file(r).exists() and approval_of(r) is None]
    status.faults += [f"changed after its approval: {release.folder}" for release in changed]


def _standing(release: Release, is_sample: bool) -> str:
    approval = approval_of(release)
    if approval:
        return f"approved by {approval.by} at {approval.at:%Y-%m-%d %H:%M} UTC"
    return "sample data" if is_sample else "not approved"


def _behind(session: date, status: Status) -> str:
    newest = calendar.newest_closed_session(status.now, status.closed)
    count = len(calendar.sessions(session, newest, status.closed)) - 1
    return "newest closed session" if count <= 0 else f"{count} session{'s' * (count > 1)} behind"


def _figures(status: Status) -> None:
    """Each figure's newest session, those of one age in one line."""
    ages: dict[tuple[str, Any], list[str]] = {}
    for row in status.ask("SELECT study, figure, session FROM latest.freshness ORDER BY study, session DESC, figure"):
        ages.setdefault((row["study"], row["session"]), []).append(row["figure"])
    lines = []
    for (study, session), figures in ages.items():
        age = "never" if session is None else f"{session}, {_behind(session, status)}"
        lines.append(f"{study}, {age}: {', '.join(figures)}")
    status.say("figures, newest session that has them", lines)


def _withheld(status: Status) -> None:
    lines = []
    for study in status.studies:
        session = _newest_tried(status, study)
        for row in status.ask(WITHHELD, study=study, session=session) if session else []:
            lines.append(f"{study} {session} {row['figure']} ({row['kind']}): {row['reason']}")
            if row["kind"] == "failed":
                status.faults.append(f"failed: {lines[-1]}")
    status.say("withheld at the newest session", lines)


def _newest_tried(status: Status, study: str) -> date | None:
    newest: date | None = (
        status.ask(
            "SELECT max(session) AS session FROM (SELECT study, session FROM meta.release "
            "UNION SELECT study, session FROM meta.withheld) WHERE study = $study",
            study=study,
        ).pop()["session"]
        if status.home.readers_database.exists() and not status.is_outdated
        else None
    )
    return newest


def _failed_checks(status: Status) -> None:
    lines = [
        "{severity}: {check_name} on {table_name} ({study} {session}): {observed}".format(**row)
        for row in status.ask(FAILED_CHECKS)
    ]
    status.say("checks of the last run that did not hold", _some(lines))


def _missing(status: Status) -> None:
    """What the schedule finds missing: a fault where it is past its deadline."""
    backlog = read_backlog(status.now, status.home.folder, status.studies, status.closed)
    lines = []
    for gap in backlog.lacking:
        when = ", given up" if gap.session in backlog.given_up else "" if gap.is_overdue else ", not due yet"
        lines.append(f"{gap}{when}")
        if gap.is_overdue:
            status.faults.append(f"{'not whole' if gap.is_released else 'missing'}: {gap}")
    status.say(f"missing of the last {len(backlog.sessions)} closed sessions", lines)


def _leftovers(status: Status) -> None:
    """What a run that died left behind; while one is working they may be its own."""
    lines = [str(path.relative_to(status.home.folder)) for path in leftovers(status.home)]
    whose = "of the run that is working" if status.is_running else "of a run that died; the next one clears them"
    status.say(f"unfinished, {whose}", _some(lines))


def _database(status: Status) -> None:
    """Where the readers' database and the folders differ; a run that is working repairs it at its end."""
    home = status.home
    if not home.readers_database.exists():
        if status.releases:
            status.faults.append(f"the readers' database is missing: {home.readers_database}; make rebuild")
        return
    if status.is_outdated:
        status.lines.append("an earlier version made the readers' database: the next run makes it anew")
        return
    on_disk = {_key(r.study, r.session, r.revision) for r in status.releases}
    rows = status.ask("SELECT study, session, revision, approved_by FROM meta.release ORDER BY ALL")
    in_database = {_key(row["study"], row["session"], row["revision"]): row["approved_by"] for row in rows}
    gone = [
        f"orphaned: the readers' database has {release}, the folder is gone"
        for release in in_database
        if release not in on_disk
    ]
    status.faults += _some(gone)
    if status.is_running:
        return
    status.faults += _some(
        [
            f"the readers' database lacks {release}; the next run adds it"
            for release in sorted(on_disk - in_database.keys())
        ]
    )
    approved = {_key(r.study, r.session, r.revision): a.by for r, a in approved_releases(home.published)}
    differ = [release for release, by in in_database.items() if release in on_disk and by != approved.get(release)]
    status.faults += _some(
        [f"the readers' database has another approval of {release}; the next run repairs it" for release in differ]
    )
    _runs(status)


def _runs(status: Status) -> None:
    records = {path.stem: path for path in status.home.runs.glob("*.json")}
    known = {row["run_id"] for row in status.ask("SELECT run_id FROM meta.run")}
    status.faults += _some([f"the readers' database lacks run {run}" for run in sorted(records.keys() - known)])
    status.faults += _some([f"orphaned: the record of run {run} is gone" for run in sorted(known - records.keys())])
    on_disk = {(release.study, release.session) for release in status.releases}
    lines = []
    for run, path in sorted(records.items()):
        try:
            record = read_record(path)
        except DocumentError as error:
            status.faults.append(f"the record of run {run} can't be read: {error}")
            continue
        lines += [f"{run}: {study} {day}" for day, study, _ in record.studies() if (study, day) not in on_disk]
    status.say("runs whose session has no release", _some(lines))


def _orphans(status: Status) -> None:
    """Payloads behind a release whose bytes are gone: the release could not be made again."""
    kept = {path.name.split(".")[0] for path in status.home.landing.glob("*/*/*") if _is_payload(path.name)}
    gone = [
        "orphaned: payload {sha256:.12} of {vendor} {dataset} ({url}) is gone from landing".format(**row)
        for row in status.ask(PAYLOADS)
        if row["sha256"] not in kept
    ]
    status.faults += _some(gone)


def _disk(status: Status) -> None:
    home = status.home
    sizes = ", ".join(f"{place.name} {_megabytes(place)}" for place in (home.landing, home.published))
    status.say("disk", [f"{sizes}; {len(status.releases)} releases"])


def _megabytes(folder: Path) -> str:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue  # a run that is working renamed it meanwhile
    return f"{total / 1e6:,.1f} MB"


def _is_payload(name: str) -> bool:
    return not name.startswith(".") and not name.endswith((".origin.jsonl", ".arrived"))


def _is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go at once: a run that starts now tries again
        except BlockingIOError:
            return True
    return False


def _key(study: str, session: date, revision: int) -> str:
    return f"{study} {session} r{revision}"


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"and {more} more of these"] if more > 0 else lines


def _cut(line: str) -> str:
    flat = " ".join(line.split())
    return flat if len(flat) <= WIDTH else flat[: WIDTH - 1] + "…"
