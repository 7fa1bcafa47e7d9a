"""runs/<run_id>.json: what each run did, also one without a release.

Belongs here: writing and reading these files. The schedule, the readers' database, `make status` and a rebuild read
them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import duckdb
import pydantic

from assets.files import write_atomically
from assets.publish.document import Document, Row, TableRow, read_document
from assets.study import Study
from checks.gate import Withheld
from checks.outcome import Outcome
from warehouse.database import rows_as_dicts
from warehouse.readers import RunRows


@dataclass
class SessionResult:
    """What became of one study's session: its release (`r1`), whether this run wrote it, what was withheld.

    ``more_data_expected``: data that is merely late may still come. Where it is false and nothing failed, another run
    on the same morning would find no more.
    """

    study: str
    session: date
    release: str | None = None
    is_new: bool = False
    folder: str | None = None
    withheld: list[Withheld] = field(default_factory=list)
    more_data_expected: bool = True
    claim_outcomes: list[Outcome] = field(default_factory=list)
    """What the checks of the claims found; kept with the other checks, and shown by Dagster."""

    @property
    def has_failed(self) -> bool:
        """Whether a figure failed: a fetch, a parse or a blocking check."""
        return any(withheld.kind == "failed" for withheld in self.withheld)


class StudyRecord(Document):
    """What is on record of one study's session; see :class:`SessionResult`."""

    release: str | None
    is_new: bool = False
    folder: str | None = None
    withheld: list[Withheld]
    more_data_expected: bool = pydantic.Field(True, alias="is_awaited")

    @property
    def has_failed(self) -> bool:
        """Whether a figure failed."""
        return any(withheld.kind == "failed" for withheld in self.withheld)

    @property
    def is_settled(self) -> bool:
        """Whether it released nothing, although nothing failed and nothing is late: another try would find no more."""
        return self.release is None and not self.has_failed and not self.more_data_expected


class SessionRecord(Document):
    """What is on record of one session."""

    studies: dict[str, StudyRecord]


class CheckRecord(TableRow):
    """What a check of the run found, as in meta.check_result; without a session where every one found the same."""

    table = "meta.check_result"

    study: str
    session: date | None
    run_id: str
    check_name: str
    table_name: str
    severity: str
    passed: bool
    blocking: bool
    observed: str | None
    expected: str | None
    subjects: list[str] | None = None


class RunRecord(Document):
    """One run: what became of its sessions, and the checks that it recorded."""

    run_id: str
    finished_at: Annotated[pydantic.AwareDatetime, pydantic.PlainSerializer(datetime.isoformat)]
    profile: str
    succeeded: bool
    """Whether nobody has to be called: no figure failed, and something could be published."""
    error: str | None = None
    sessions: dict[date, SessionRecord]
    checks: list[CheckRecord]

    def studies(self) -> Iterator[tuple[date, str, StudyRecord]]:
        """(session, study, what became of it), in the order of the record."""
        for session, record in self.sessions.items():
            for study, result in record.studies.items():
                yield session, study, result

    def write(self, runs: Path) -> Path:
        """Puts the record in place."""
        path = record_file(runs, self.run_id)
        write_atomically(path, self.to_json())
        return path


def make_run_record(
    run_id: str,
    profile: str,
    results: Sequence[SessionResult],
    checks: Sequence[Row],
    *,
    finished_at: datetime | None = None,
    error: str | None = None,
) -> RunRecord:
    """The record of a run that ends now or at ``finished_at`` (aware); ``checks``: those of :func:`recorded_checks`."""
    sessions: dict[date, dict[str, StudyRecord]] = {}
    for result in results:
        sessions.setdefault(result.session, {})[result.study] = StudyRecord(
            release=result.release,
            is_new=result.is_new,
            folder=result.folder,
            withheld=result.withheld,
            is_awaited=result.more_data_expected,
        )
    is_something_out = any(result.release for result in results)
    return RunRecord(
        run_id=run_id,
        finished_at=finished_at or datetime.now(UTC),
        profile=profile,
        succeeded=error is None and is_something_out and not any(result.has_failed for result in results),
        error=error,
        sessions={session: SessionRecord(studies=studies) for session, studies in sessions.items()},
        checks=[CheckRecord(**check) for check in checks],
    )


def recorded_checks(connection: duckdb.DuckDBPyConnection, run_id: str, n_sessions: int) -> list[Row]:
    """What the checks of a run found. One that found the same for every session of a range comes once, with None for
    the session: ten thousands of equal lines would be most of the record.
    """
    return rows_as_dicts(
        connection,
        """
        WITH found AS (
            SELECT * EXCLUDE (revision, session), session FROM meta.check_result WHERE run_id = $run_id
        ),
        alike AS (
            SELECT * EXCLUDE (session), CAST(NULL AS DATE) AS session FROM found
            GROUP BY ALL HAVING count(*) = $n_sessions AND $n_sessions > 1
        )
        FROM alike
        UNION ALL
        FROM found WHERE (study, table_name, check_name) NOT IN (SELECT study, table_name, check_name FROM alike)
        ORDER BY study, table_name, check_name, session
        """,
        run_id=run_id,
        n_sessions=n_sessions,
    )


def record_crash(runs: Path, run_id: str, profile: str, studies: list[Study], sessions: list[date], error: str) -> None:
    """A record for a run that broke off before it wrote its own: nothing released, everything failed."""
    if record_file(runs, run_id).exists():
        return
    reason = f"the run broke off: {error}"
    results = [
        SessionResult(study.study, session, withheld=[Withheld(n, "failed", reason) for n in study.figure_names()])
        for study in studies
        for session in sessions
    ]
    make_run_record(run_id, profile, results, [], error=error).write(runs)


def record_file(runs: Path, run_id: str) -> Path:
    """Where the record of a run is kept."""
    return runs / f"{run_id}.json"


def read_record(path: Path) -> RunRecord:
    """A run record. Raises DocumentError."""
    return read_document(path, RunRecord)


def read_records(runs: Path, known: Container[str] = ()) -> Iterator[RunRecord]:
    """Every run record, oldest first, but those of ``known`` runs, whose files are not opened. Raises DocumentError."""
    records = [read_record(path) for path in runs.glob("*.json") if path.stem not in known]
    yield from sorted(records, key=lambda record: record.finished_at)


def as_rows(record: RunRecord) -> RunRows:
    """The rows of the readers' database that a record gives."""
    finished_at = record.finished_at.astimezone(UTC).replace(tzinfo=None)
    new = {(study, day): int((said.release or "")[1:]) for day, study, said in record.studies() if said.is_new}
    return RunRows(
        run={
            "run_id": record.run_id,
            "finished_at": finished_at,
            "profile": record.profile,
            "sessions": len(record.sessions),
            "releases": len(new),
            "succeeded": record.succeeded,
        },
        withheld=[
            {**vars(withheld), "study": study, "session": session, "run_id": record.run_id, "recorded_at": finished_at}
            for session, study, said in record.studies()
            for withheld in said.withheld
        ],
        checks=[
            {**check.model_dump(), "revision": new.get((check.study, check.session)) if check.session else None}
            for check in record.checks
        ],
        revisions=[
            {"study": study, "session": session, "revision": new.get((study, session))}
            for session, study, _ in record.studies()
        ],
    )
