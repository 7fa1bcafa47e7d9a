"""Asset publish/release: what may go out goes out, the rest is named; then the readers' database follows.

Belongs here: the order of a publication. Does not belong here: what may go out (clearance.py), the files
(content.py), their life on disk (folder.py), the database (warehouse/readers.py).
"""

import base64
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from assets.dagster_parts import Partitions, layer_options, sessions_of, table_options
from assets.figures.figure import Figure
from assets.files import write_atomically
from assets.home import Home
from assets.publish.charts.render import render_png
from assets.publish.charts.style import load_style
from assets.publish.claims import CLAIMS
from assets.publish.clearance import GateResult, apply_gate
from assets.publish.content import ReleaseContent
from assets.publish.folder import Release, last_release, point_latest, put_in_place
from assets.publish.identity import release_identity, rows_digest
from assets.publish.note import NAME as NOTE
from assets.publish.note import NoteError
from assets.publish.page.content import write_release_list
from assets.publish.readers import update_readers
from assets.publish.run_record import SessionResult, make_run_record, recorded_checks
from assets.publish.session_batch import SessionBatch
from assets.settings import Settings
from assets.study import Study
from checks.gate import Withheld
from checks.outcome import Outcome, as_dagster_results, record
from warehouse.contract import contracts
from warehouse.limits import explained

KEY = dg.AssetKey(["publish", "release"])
NOTE_CHECK = "note_references"
BATCH = 100
"""Sessions whose rows are in memory at once."""

WRITERS = 8
"""Releases that are written at once: to wait for the disk takes longer than to make their files."""

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
        studies = settings.read_studies()
        with settings.warehouse() as connection:
            results = [
                *unread_results(settings.study_faults(), sessions),
                *(
                    result
                    for study in studies
                    for result in publish_alone(connection, study, sessions, settings, context)
                ),
            ]
            checks = recorded_checks(connection, context.run_id, len(sessions))
            run = make_run_record(context.run_id, settings.profile, results, checks)
            run.write(home.runs)
            update_readers(connection, home, studies)
            style, is_sample = load_style(settings.style), settings.read_profile().is_sample
            for study in studies:
                write_release_list(home, study, style, is_sample=is_sample)
        yield dg.MaterializeResult(metadata=_metadata(results, home, studies), check_results=_claim_results(results))
        if not run.succeeded:
            reasons = [_summary(result) for result in results if result.has_failed or result.release is None]
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
        error = explained(error)
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
    outcomes = [outcome for result in results for outcome in result.claim_outcomes]
    known = {outcome.shown_as for outcome in outcomes}
    # every check has to be reported, also by a run that had no claim to test
    idle = [
        dg.AssetCheckResult(asset_key=KEY, check_name=spec.name, passed=True, description="no claim was tested")
        for spec in CHECKS
        if spec.name not in known
    ]
    return [*as_dagster_results(KEY, outcomes), *idle]


def publish_study(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], settings: Settings, run_id: str
) -> Iterator[SessionResult]:
    """Publishes what may be published of a study's sessions, in their order: all of them pass the gate, with their
    claims, before the first is written.
    """
    is_rendered = settings.renders(len(sessions))
    gate = apply_gate(connection, study, sessions, settings, run_id)
    with ThreadPoolExecutor(WRITERS) as writers:
        for start in range(0, len(sessions), BATCH):
            batch = SessionBatch(connection, study, sessions[start : start + BATCH], settings)
            yield from _publish_batch(batch, gate, run_id, writers, is_rendered=is_rendered)


def _publish_batch(
    batch: SessionBatch, gate: dict[date, GateResult], run_id: str, writers: Executor, *, is_rendered: bool
) -> Iterator[SessionResult]:
    """Publishes the sessions of a batch; whatever one raises is raised after those before it are in place."""
    begun: list[tuple[SessionResult, Release | None, Future[None] | None]] = []
    error, newest = None, None
    for session in batch.sessions:
        try:
            begun.append(_publish_session(batch, session, gate[session], run_id, writers, is_rendered=is_rendered))
        except Exception as fault:
            error = fault
            break
    try:
        for result, release, written in begun:
            if written:
                written.result()
            newest = release or newest
            yield result
    finally:
        if newest:
            point_latest(newest)  # also where a run died after its releases were in place
    if error:
        raise error


def _publish_session(
    batch: SessionBatch, session: date, gate: GateResult, run_id: str, writers: Executor, *, is_rendered: bool
) -> tuple[SessionResult, Release | None, Future[None] | None]:
    """What becomes of a session, its release, and the writing of that where it is new: nothing is drawn or written
    where nothing changed.
    """
    study, figures, withheld = batch.study, gate.figures, gate.withheld
    result = SessionResult(study.study, session, withheld=withheld, claim_outcomes=gate.claim_outcomes)
    if not figures:
        result.more_data_expected = _more_data_expected(batch.connection, study, session)
        return result, None, None
    study_folder = batch.home.published / study.study
    last = last_release(study_folder.parent, study.study, session)
    tables = [contracts()[table] for figure in figures for table in figure.tables]
    digests = {table.name: rows_digest(batch.rows(table, session), table) for table in tables}
    identity = release_identity(study, session, digests, withheld)
    if last and last.record().identity == identity:
        result.withheld += _note_withheld(last)
        result.release, result.folder = last.folder.name, str(last.folder)
        return result, last, None
    revision = last.revision + 1 if last else 1
    release = Release(study.study, session, revision, study_folder / session.isoformat() / f"r{revision}")
    content = ReleaseContent(batch, session, revision, run_id, batch.newest_knowledge(figures, session))
    notes = _notes(content, figures, result) if is_rendered else {}
    files = content.files(figures, withheld, identity, last, is_rendered, notes)
    result.release, result.folder, result.is_new = release.folder.name, str(release.folder), True
    return result, release, writers.submit(put_in_place, release, files)


def _notes(content: ReleaseContent, figures: list[Figure], result: SessionResult) -> dict[str, bytes]:
    """The desk's copy, and a check that it could be made; where it could not, the result says why."""
    if not content.study.note:
        return {}
    notes: dict[str, bytes] = {}
    error = None
    try:
        notes = content.notes(figures, result.withheld)
    except NoteError as fault:
        error = str(fault)
        result.withheld.append(Withheld(NOTE, "failed", error, NOTE_CHECK))
    outcome = Outcome(
        check_name=NOTE_CHECK,
        table=f"publish.{NOTE}",
        study=content.study.study,
        session=content.session,
        passed=error is None,
        blocking=True,
        expected="every number, claim, event and figure that the note names is in the release",
        error=error,
    )
    record(content.connection, content.run_id, [outcome])
    return notes


def _note_withheld(last: Release) -> list[Withheld]:
    """What the release says of its note: the identity leaves it out, since equal rows and templates fail alike."""
    return [withheld for withheld in last.record().withheld if withheld.figure == NOTE]


def _more_data_expected(connection: duckdb.DuckDBPyConnection, study: Study, session: date) -> bool:
    """Whether data that a figure lacks is merely late."""
    late = connection.execute(
        "SELECT 1 FROM meta.coverage WHERE study = ? AND session = ? AND is_late LIMIT 1", [study.study, session]
    ).fetchall()
    return bool(late)


def _summary(result: SessionResult) -> str:
    reasons = [
        f"{withheld.subject or withheld.figure} {withheld.kind}: {withheld.reason}" for withheld in result.withheld
    ]
    nothing = [] if result.release else ["nothing could be published"]
    return f"{result.study} {result.session}: " + "; ".join([*nothing, *reasons])


def _metadata(results: list[SessionResult], home: Home, studies: list[Study]) -> dict[str, Any]:
    languages = {study.study: study.languages[0] for study in studies}
    newest = next((result for result in reversed(results) if result.folder), results[-1])
    metadata: dict[str, Any] = {
        "releases": sum(result.is_new for result in results),
        "unchanged": sum(result.release is not None and not result.is_new for result in results),
    }
    if newest.folder:
        metadata["folder"] = dg.MetadataValue.path(newest.folder)
        for spec in sorted(Path(newest.folder).glob("fig*.vl.json")):
            svg = spec.with_name(f"{spec.name.split('.')[0]}.{languages[newest.study]}.svg")
            if svg.is_file():
                metadata[svg.name.split(".")[0]] = _inline(svg, home.cache / "ui")
    withheld = [(result, w) for result in results for w in result.withheld]
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


def _inline(svg: Path, cache: Path) -> dg.MarkdownMetadataValue:
    """The picture at a size that fits the UI's dialog; every event of the run keeps its copy. It is kept for the events
    of runs with nothing new.
    """
    release, session, study = svg.parent.name, svg.parents[1].name, svg.parents[2].name
    kept = cache / study / f"{session}.{release}.{svg.stem}.png"
    if not kept.is_file():
        for older in cache.glob(f"{study}/*.{svg.stem}.png"):
            older.unlink()
        write_atomically(kept, render_png(svg.read_bytes(), scale=1))
    picture = base64.b64encode(kept.read_bytes()).decode()
    return dg.MetadataValue.md(f"![{svg.stem}](data:image/png;base64,{picture})")
