"""runs/<run_id>.json: what each night did, also one without a release.

Belongs here: writing and reading these files. The schedule, the readers' database and a rebuild read them.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from assets.files import write_atomically
from assets.study import Study
from checks.gate import Withheld
from checks.outcome import Outcome


@dataclass
class SessionResult:
    """What became of one study's session: its release (`r1`), whether this run wrote it, what was withheld.

    ``is_awaited``: data that is merely late may still come. Where it is false and nothing failed, another run on the
    same morning would find no more.
    """

    study: str
    session: date
    release: str | None = None
    is_new: bool = False
    folder: str | None = None
    withheld: list[Withheld] = field(default_factory=list)
    is_awaited: bool = True
    claim_outcomes: list[Outcome] = field(default_factory=list)
    """What the checks of the claims found; kept with the other checks, and shown by Dagster."""

    @property
    def failed(self) -> bool:
        """Whether a figure failed: a fetch, a parse or a blocking check."""
        return any(one.kind == "failed" for one in self.withheld)


@dataclass
class RunRecord:
    """One run: its results and the checks that it recorded."""

    run_id: str
    profile: str
    results: list[SessionResult]
    checks: list[dict[str, Any]]
    finished_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether nobody has to be called: no figure failed, and something could be published."""
        is_something_out = any(result.release for result in self.results)
        return self.error is None and is_something_out and not any(result.failed for result in self.results)

    def write(self, runs: Path) -> Path:
        """Puts the record in place."""
        sessions: dict[str, Any] = {}
        for result in self.results:
            studies = sessions.setdefault(result.session.isoformat(), {"studies": {}})["studies"]
            studies[result.study] = {
                "release": result.release,
                "is_new": result.is_new,
                "folder": result.folder,
                "withheld": [asdict(one) for one in result.withheld],
                "is_awaited": result.is_awaited,
            }
        content = {
            "run_id": self.run_id,
            "finished_at": self.finished_at.isoformat(),
            "profile": self.profile,
            "succeeded": self.succeeded,
            "error": self.error,
            "sessions": sessions,
            "checks": _told_once(self.checks, list(sessions)),
        }
        path = runs / f"{self.run_id}.json"
        text = json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n"
        write_atomically(path, text.encode())
        return path


def _told_once(checks: list[dict[str, Any]], sessions: list[str]) -> list[dict[str, Any]]:
    """The checks of a range, one that found the same for every session of it once, with None for the session: ten
    thousands of equal lines would be most of the record.
    """
    if len(sessions) == 1:
        return checks
    alike: dict[str, list[dict[str, Any]]] = {}
    for check in checks:
        alike.setdefault(json.dumps({**check, "session": None}, default=str, sort_keys=True), []).append(check)
    return [
        one
        for group in alike.values()
        for one in ([{**group[0], "session": None}] if len(group) == len(sessions) else group)
    ]


def record_crash(runs: Path, run_id: str, profile: str, studies: list[Study], sessions: list[date], error: str) -> None:
    """A record for a run that broke off before it wrote its own: nothing released, everything failed."""
    if (runs / f"{run_id}.json").exists():
        return
    reason = f"the run broke off: {error}"
    results = [
        SessionResult(study.study, session, withheld=[Withheld(n, "failed", reason) for n in study.figure_names()])
        for study in studies
        for session in sessions
    ]
    RunRecord(run_id, profile, results, [], error=error).write(runs)


def read_records(runs: Path, known: Container[str] = ()) -> Iterator[dict[str, Any]]:
    """Every run record, oldest first, but those of ``known`` runs, whose files are not opened."""
    records = [json.loads(path.read_bytes()) for path in runs.glob("*.json") if path.stem not in known]
    yield from sorted(records, key=lambda record: record["finished_at"])


def as_rows(record: dict[str, Any]) -> dict[str, Any]:
    """The rows of the readers' database that a record gives: {run, withheld, checks}."""
    finished_at = datetime.fromisoformat(record["finished_at"]).astimezone(UTC).replace(tzinfo=None)
    told = [
        (session, study, said) for session, one in record["sessions"].items() for study, said in one["studies"].items()
    ]
    new = {(study, session): int(said["release"][1:]) for session, study, said in told if said["is_new"]}
    return {
        "run": {
            "run_id": record["run_id"],
            "finished_at": finished_at,
            "profile": record["profile"],
            "sessions": len(record["sessions"]),
            "releases": len(new),
            "succeeded": record["succeeded"],
        },
        "withheld": [
            {
                **one,
                "study": study,
                "session": session,
                "run_id": record["run_id"],
                "recorded_at": finished_at,
            }
            for session, study, said in told
            for one in said["withheld"]
        ],
        "checks": [
            {**check, "session": session, "revision": new.get((check["study"], session))}
            for check in record["checks"]
            for session in ([check["session"]] if check["session"] else record["sessions"])
        ],
    }
