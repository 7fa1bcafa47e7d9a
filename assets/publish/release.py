"""Asset publish/release: what may go out goes out, the rest is named; then the readers' database follows.

Belongs here: the order of a publication. Does not belong here: what may go out (clearance.py), the files
(content.py), their life on disk (folder.py), the database (warehouse/readers.py).
"""

import base64
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from assets.dagster_parts import Partitions, layer_options, sessions_of, table_options
from assets.figures.figure import Figure
from assets.publish.charts.render import render_png
from assets.publish.charts.style import load_style
from assets.publish.claims import CLAIMS
from assets.publish.clearance import GateResult, apply_gate
from assets.publish.content import ReleaseContent, newest_knowledge
from assets.publish.folder import Release, last_release, point_latest, promote
from assets.publish.identity import release_identity, rows_digest
from assets.publish.note import NAME as NOTE
from assets.publish.note import NoteError
from assets.publish.page.content import write_release_list
from assets.publish.readers import update_readers
from assets.publish.run_record import SessionResult, make_run_record
from assets.settings import Settings
from assets.study import Study
from checks.gate import Withheld
from checks.outcome import Outcome, as_dagster_results, record
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts

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
            checks = rows_as_dicts(
                connection,
                "SELECT * EXCLUDE (revision) FROM meta.check_result WHERE run_id = ?",
                context.run_id,
            )
            run = make_run_record(context.run_id, settings.profile, results, checks)
            run.write(home.runs)
            update_readers(connection, home, studies)
            style, is_sample = load_style(settings.style), settings.read_profile().is_sample
            for study in studies:
                write_release_list(home.published, study, style, is_sample=is_sample)
        yield dg.MaterializeResult(metadata=_metadata(results), check_results=_claim_results(results))
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
    known = {outcome.check_name for outcome in outcomes}
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
    for session, gate in apply_gate(connection, study, sessions, settings, run_id).items():
        yield publish_session(connection, study, session, settings, run_id, gate, is_rendered=is_rendered)


def publish_session(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    session: date,
    settings: Settings,
    run_id: str,
    gate: GateResult,
    *,
    is_rendered: bool,
) -> SessionResult:
    """Publishes what passed of one study's session; writes nothing where nothing changed."""
    published = settings.home_folder().published
    figures, withheld = gate.figures, gate.withheld
    result = SessionResult(study.study, session, withheld=withheld, claim_outcomes=gate.claim_outcomes)
    if not figures:
        result.more_data_expected = _more_data_expected(connection, study, session)
        return result
    last = last_release(published, study.study, session)
    tables = [contracts()[table] for figure in figures for table in figure.tables]
    digests = {table.name: rows_digest(connection, table, study.study, session) for table in tables}
    identity = release_identity(study, session, digests, withheld)
    if last and last.record().identity == identity:
        point_latest(last)  # where a run died after its release was in place
        result.withheld += _note_withheld(last)
        result.release, result.folder = last.folder.name, str(last.folder)
        return result
    revision = last.revision + 1 if last else 1
    release = Release(study.study, session, revision, published / study.study / session.isoformat() / f"r{revision}")
    known_at = newest_knowledge(connection, study, session, figures)
    content = ReleaseContent(connection, study, session, revision, settings, run_id, known_at)
    notes = _notes(content, figures, result) if is_rendered else {}
    promote(release, content.files(figures, withheld, identity, last, is_rendered, notes))
    result.release, result.folder, result.is_new = release.folder.name, str(release.folder), True
    return result


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


def _inline(spec: Path) -> dg.MarkdownMetadataValue:
    """The picture at a size that fits the UI's dialog; every event of the run keeps its copy."""
    picture = base64.b64encode(render_png(json.loads(spec.read_bytes()), scale=1)).decode()
    return dg.MetadataValue.md(f"![{spec.name}](data:image/png;base64,{picture})")
