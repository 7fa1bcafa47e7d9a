"""Asset publish/release: what may go out goes out, the rest is named; then the readers' database follows.

Belongs here: the order of a publication. Does not belong here: the verdict (checks/gate.py), the files
(content.py), their life on disk (folder.py), the database (warehouse/readers.py).
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from assets import calendar
from assets.calendar import Closed
from assets.dagster_parts import Partitions, layer_options, sessions_of, table_options
from assets.deadline import is_overdue
from assets.figures.figure import STATED, Figure
from assets.figures.registry import FIGURES
from assets.publish.charts.render import render_png
from assets.publish.charts.style import load_style
from assets.publish.claims import CLAIMS, ClaimError, check_claims, make_claims, verdicts_before
from assets.publish.content import Making, newest_knowledge
from assets.publish.folder import Release, last_release, point_latest, promote
from assets.publish.identity import release_identity, rows_digest
from assets.publish.note import NAME as NOTE
from assets.publish.note import NoteError
from assets.publish.page.content import write_release_list
from assets.publish.readers import update_readers
from assets.publish.run_record import SessionResult, make_run_record
from assets.settings import Settings
from assets.study import Study
from checks.gate import FigureNeeds, Recorded, Withheld, judge, judge_claim, read_recorded
from checks.outcome import Outcome, as_dagster_results, record
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts
from warehouse.records import record_materialization

KEY = dg.AssetKey(["publish", "release"])
NOTE_CHECK = "note_references"
STUDY = "study"
"""Stands for every figure of a study that can't be read: its figures are not known."""
CHECKS: list[dg.AssetCheckSpec] = table_options(KEY, [CLAIMS.table])["check_specs"]


def build_release(figures: list[Figure], partitions: Partitions) -> dg.AssetsDefinition:
    """The asset, partitioned by session, after the figures that the studies ask for."""

    @dg.asset(
        **layer_options("publish", "release", partitions),
        kinds={"python", "parquet", "vegalite"},
        # the longest ordinary gap is Friday to Tuesday; latest.freshness counts by the exchange's calendar
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(days=5), warn_window=timedelta(days=4)),
        description=(
            "One release a study and session: figures that passed their checks, staged, verified and renamed into "
            "place; then the readers' database. Fails, after publishing the rest, when a figure failed."
        ),
        deps=[dg.AssetKey(["figures", figure.name]) for figure in figures],
        check_specs=CHECKS,
    )
    def release(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context, settings.closed_days())
        home = settings.home_folder()
        with settings.warehouse() as connection:
            results = [
                *unread_results(settings.study_faults(), sessions),
                *(
                    result
                    for study in settings.read_studies()
                    for result in publish_alone(connection, study, sessions, settings, context)
                ),
            ]
            checks = rows_as_dicts(
                connection,
                "SELECT * EXCLUDE (revision) FROM meta.check_result WHERE run_id = ?",
                context.run_id,
            )
            run = make_run_record(context.run_id, settings.profile, results, checks)
            run.write(home.runs)
            update_readers(connection, home, settings.read_studies())
            for study in settings.read_studies():
                write_release_list(
                    home.published, study, load_style(settings.style), is_sample=settings.read_profile().is_sample
                )
        yield dg.MaterializeResult(metadata=_metadata(results), check_results=_claim_results(results))
        if not run.succeeded:
            reasons = [_told(result) for result in results if result.failed or result.release is None]
            raise dg.Failure("; ".join(reasons), allow_retries=False)

    return release


def unread_results(faults: dict[str, str], sessions: list[date]) -> list[SessionResult]:
    """What became of studies that can't be read: nothing, and somebody has to look."""
    return [
        SessionResult(study, session, withheld=[Withheld(STUDY, "failed", f"the study can't be read: {reason}")])
        for study, reason in faults.items()
        for session in sessions
    ]


def publish_alone(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    sessions: list[date],
    settings: Settings,
    context: dg.AssetExecutionContext,
) -> list[SessionResult]:
    """Publishes a study so that whatever it raises costs only itself, and only the sessions that were not out yet."""
    results: list[SessionResult] = []
    try:
        results.extend(publish_study(connection, study, sessions, settings, context.run_id))
    except Exception as error:
        context.log.exception(f"{study.study} could not be published")
        reason = f"could not be published: {type(error).__name__}: {error}"
        results += [
            SessionResult(
                study.study, session, withheld=[Withheld(name, "failed", reason) for name in study.figure_names()]
            )
            for session in sessions[len(results) :]
        ]
    return results


def _claim_results(results: list[SessionResult]) -> list[dg.AssetCheckResult]:
    """The checks of the claims of this run, as Dagster shows them."""
    found = [outcome for result in results for outcome in result.claim_outcomes]
    known = {outcome.check_name for outcome in found}
    # every check has to be reported, also by a run that had no claim to test
    idle = [
        dg.AssetCheckResult(asset_key=KEY, check_name=spec.name, passed=True, description="no claim was tested")
        for spec in CHECKS
        if spec.name not in known
    ]
    return [*as_dagster_results(KEY, found), *idle]


@dataclass
class Judged:
    """What may go out of a session, and what may not. ``claims``: what the contract found in its claims, nothing where
    there are none.
    """

    figures: list[Figure]
    withheld: list[Withheld]
    claims: list[Outcome] = field(default_factory=list)


def publish_study(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], settings: Settings, run_id: str
) -> Iterator[SessionResult]:
    """Publishes what may be published of a study's sessions, in their order."""
    made = [table for figure in FIGURES if figure.name in study.figure_names() for table in figure.tables]
    recorded = read_recorded(connection, study.study, sessions, made)
    served = settings.served_datasets()
    closed = settings.closed_days()
    judged = {session: _judged(recorded, study, session, served, closed) for session in sessions}
    if study.claim:
        add_claims(connection, study, judged)
    for session in sessions:
        yield publish_session(
            connection, study, session, settings, run_id, judged[session], is_rendered=settings.renders(len(sessions))
        )


def publish_session(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    session: date,
    settings: Settings,
    run_id: str,
    judged: Judged,
    *,
    is_rendered: bool,
) -> SessionResult:
    """Publishes the figures of one study's session that passed; writes nothing where nothing changed."""
    published = settings.home_folder().published
    result = SessionResult(study.study, session)
    figures, result.withheld = judged.figures, judged.withheld
    if judged.claims:
        figures = _with_claims(connection, study, judged, result, published, run_id, settings.cut_off())
    if not figures:
        result.more_data_expected = _is_late(connection, study, session)
        return result
    last = last_release(published, study.study, session)
    tables = [contracts()[table] for figure in figures for table in figure.tables]
    digests = {one.name: rows_digest(connection, one, study.study, session) for one in tables}
    identity = release_identity(study, session, digests, result.withheld)
    if last and last.record().identity == identity:
        point_latest(last)  # where a run died after its release was in place
        result.withheld += _note_withheld(last)
        result.release, result.folder = last.folder.name, str(last.folder)
        return result
    revision = last.revision + 1 if last else 1
    release = Release(study.study, session, revision, published / study.study / session.isoformat() / f"r{revision}")
    known_at = newest_knowledge(connection, study, session, figures)
    made = Making(connection, study, session, revision, settings, run_id, known_at)
    notes = _notes(made, figures, result) if is_rendered else {}
    promote(published, release, made.files(figures, result.withheld, identity, last, is_rendered, notes))
    result.release, result.folder, result.is_new = release.folder.name, str(release.folder), True
    return result


def _judged(recorded: Recorded, study: Study, session: date, served: set[str], closed: Closed) -> Judged:
    now = datetime.now(UTC)
    late = session == calendar.newest_closed_session(now, closed) and is_overdue(session, now)
    passed, withheld = [], []
    for figure in FIGURES:
        if figure.name in study.figure_names():
            needs = FigureNeeds(
                figure=figure.name,
                datasets=figure.datasets,
                subjects=_subjects(recorded, figure, study, session),
                made=tuple(figure.tables),
                helpful=(*(name for name in figure.optional_datasets if name in served), *STATED),
                answered=figure.answered,
            )
            verdict = judge(recorded, needs, session, served=served, is_overdue=late)
            if verdict is None:
                passed.append(figure)
                withheld += recorded.left_out.get((session, figure.name), [])
            else:
                withheld.append(verdict)
    for claim in study.claim:
        verdict = judge_claim(recorded, claim.id, claim.datasets, claim.evidence or "", session)
        if verdict is not None:
            withheld.append(verdict)
    if study.release_policy == "all" and any(one.kind == "failed" and one.subject is None for one in withheld):
        reason = "the study publishes all figures or none, and another figure failed"
        withheld += [Withheld(figure.name, "failed", reason) for figure in passed]
        passed = []
    return Judged(passed, withheld)


def add_claims(connection: duckdb.DuckDBPyConnection, study: Study, judged: dict[date, Judged]) -> None:
    """Makes the claims of every session that has a figure to go out; a claim that is written wrongly fails them all."""
    told = {session: one for session, one in judged.items() if one.figures}
    try:
        outcomes = make_claims(connection, study, {session: one.withheld for session, one in told.items()})
    except ClaimError as error:
        for one in told.values():
            one.withheld.append(Withheld(CLAIMS.name, "failed", str(error)))
        return
    for outcome in outcomes:
        told[outcome.session].claims.append(outcome)


def _with_claims(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    judged: Judged,
    result: SessionResult,
    published: Path,
    run_id: str,
    cut_off: datetime,
) -> list[Figure]:
    """The figures with the claims, unless a check failed: then the result says why."""
    before = verdicts_before(published, study.study, result.session)
    outcomes = [*judged.claims, *check_claims(connection, study, result.session, before)]
    result.claim_outcomes = outcomes
    record(connection, run_id, outcomes)
    record_materialization(connection, run_id, CLAIMS.table, [study.study], [result.session], cut_off)
    failed = next((one for one in outcomes if one.blocking and not one.passed), None)
    if failed is None:
        return [*judged.figures, CLAIMS]
    result.withheld.append(Withheld(CLAIMS.name, "failed", failed.observed, failed.check_name))
    return judged.figures


def _notes(made: Making, figures: list[Figure], result: SessionResult) -> dict[str, bytes]:
    """The desk's copy, and a check that it could be made; where it could not, the result says why."""
    if not made.study.note:
        return {}
    notes: dict[str, bytes] = {}
    error = None
    try:
        notes = made.notes(figures, result.withheld)
    except NoteError as found:
        error = str(found)
        result.withheld.append(Withheld(NOTE, "failed", error, NOTE_CHECK))
    outcome = Outcome(
        check_name=NOTE_CHECK,
        table=f"publish.{NOTE}",
        study=made.study.study,
        session=made.session,
        passed=error is None,
        blocking=True,
        expected="every number, claim, event and figure that the note names is in the release",
        error=error,
    )
    record(made.connection, made.run_id, [outcome])
    return notes


def _note_withheld(last: Release) -> list[Withheld]:
    """What the release says of its note: the identity leaves it out, since equal rows and templates fail alike."""
    return [withheld for withheld in last.record().withheld if withheld.figure == NOTE]


def _is_late(connection: duckdb.DuckDBPyConnection, study: Study, session: date) -> bool:
    """Whether data that a figure lacks is merely late."""
    found = connection.execute(
        "SELECT 1 FROM meta.coverage WHERE study = ? AND session = ? AND is_late LIMIT 1", [study.study, session]
    ).fetchall()
    return bool(found)


def _subjects(recorded: Recorded, figure: Figure, study: Study, session: date) -> frozenset[str]:
    """What the figure says of itself; else the series that it uses, and those that the study prefers to them."""
    if figure.concerns is not None:
        return figure.concerns(study)
    if "series_id" not in contracts()[figure.table].column_names:
        return frozenset()
    used = recorded.series.get((session, figure.table), frozenset())
    concerned = set()
    for index in study.index:
        ids = [series.id for series in index.series]
        last_used = max((ids.index(series) for series in used if series in ids), default=len(ids) - 1)
        concerned |= set(ids[: last_used + 1])
    return frozenset(concerned)


def _told(result: SessionResult) -> str:
    reasons = [f"{one.subject or one.figure} {one.kind}: {one.reason}" for one in result.withheld]
    nothing = [] if result.release else ["nothing could be published"]
    return f"{result.study} {result.session}: " + "; ".join([*nothing, *reasons])


def _metadata(results: list[SessionResult]) -> dict[str, Any]:
    newest = next((result for result in reversed(results) if result.folder), results[-1])
    metadata: dict[str, Any] = {
        "releases": sum(result.is_new for result in results),
        "unchanged": sum(result.release is not None and not result.is_new for result in results),
    }
    if newest.folder:
        metadata["folder"] = dg.MetadataValue.path(newest.folder)
        # a release that stays as it was is drawn in the event that made it
        for spec in sorted(Path(newest.folder).glob("fig*.vl.json")) if newest.is_new else []:
            metadata[spec.name.split(".")[0]] = _inline(spec)
    withheld = [(result, one) for result in results for one in result.withheld]
    if withheld:
        metadata["withheld"] = dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "study": r.study,
                        "session": str(r.session),
                        "figure": w.figure,
                        "subject": w.subject or "",
                        "kind": w.kind,
                        "reason": w.reason,
                    }
                )
                for r, w in withheld
            ]
        )
    return metadata


def _inline(spec: Path) -> dg.MarkdownMetadataValue:
    """The picture at a size that fits the UI's dialog; every event of the run keeps its copy."""
    picture = base64.b64encode(render_png(json.loads(spec.read_bytes()), scale=1)).decode()
    return dg.MetadataValue.md(f"![{spec.name}](data:image/png;base64,{picture})")
