"""Asset publish/release: what may go out goes out, the rest is named; then the readers' database follows.

Belongs here: the order of a publication. Does not belong here: the verdict (checks/gate.py), the files
(tables.py, pictures.py, descriptor.py), their life on disk (folder.py), the database (warehouse/readers.py).
"""

import base64
import importlib.metadata
import json
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa

from assets import calendar
from assets.deadline import is_overdue
from assets.figures import FIGURES
from assets.figures.figure import Figure
from assets.layer import layer_options, sessions_of
from assets.publish.changes import changes, first_change
from assets.publish.charts import render_png
from assets.publish.descriptor import NAME, Described, ReleaseFacts, descriptor
from assets.publish.folder import Release, last_release, promote
from assets.publish.identity import METHOD_VERSION, release_identity, rows_digest
from assets.publish.pictures import Drawing, headline_rows, picture_files
from assets.publish.readers import update_readers
from assets.publish.run_record import RunRecord, SessionResult
from assets.publish.sources import parts_of, payloads_behind
from assets.publish.style import load_style
from assets.publish.tables import as_csv, as_parquet, release_rows
from assets.settings import Settings
from assets.study import Study
from checks.gate import FigureNeeds, Withheld, judge
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts

KEY = dg.AssetKey(["publish", "release"])


def build_release(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """The asset, partitioned by session."""

    @dg.asset(
        **layer_options("publish", "release", partitions),
        kinds={"python", "parquet", "vegalite"},
        # the longest ordinary gap is Friday to Tuesday; latest.freshness counts by the exchange's calendar
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(days=5), warn_window=timedelta(days=4)),
        description=(
            "One release a study and session: figures that passed their checks, staged, verified and renamed into "
            "place; then the readers' database. Fails, after publishing the rest, when a figure failed."
        ),
        deps=[dg.AssetKey(["figures", figure.name]) for figure in FIGURES],
    )
    def release(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context)
        home = settings.home_folder()
        with settings.warehouse() as connection:
            results = [
                publish_session(connection, study, session, settings, context.run_id, settings.renders(len(sessions)))
                for study in settings.read_studies()
                for session in sessions
            ]
            checks = rows_as_dicts(
                connection,
                "SELECT * EXCLUDE (revision) FROM meta.check_result WHERE run_id = ?",
                context.run_id,
            )
            record = RunRecord(context.run_id, settings.profile, results, checks)
            record.write(home.runs)
            update_readers(connection, home, settings.read_studies())
        yield dg.MaterializeResult(metadata=_metadata(results))
        if not record.succeeded:
            raise dg.Failure("; ".join(_told(result) for result in results if result.failed), allow_retries=False)

    return release


def publish_session(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    session: date,
    settings: Settings,
    run_id: str,
    is_rendered: bool,
) -> SessionResult:
    """Publishes what may be published of one study's session; writes nothing where nothing changed."""
    published = settings.home_folder().published
    figures, withheld = _verdicts(connection, study, session, settings)
    last = last_release(published, study.study, session)
    if not figures:
        return SessionResult(study.study, session, withheld=withheld)
    digests = {f.name: rows_digest(connection, contracts()[f.table], study.study, session) for f in figures}
    identity = release_identity(study, session, digests, withheld)
    if last and last.descriptor()["zuhyo"]["identity"] == identity:
        return SessionResult(study.study, session, f"r{last.revision}", False, str(last.folder), withheld)
    revision = last.revision + 1 if last else 1
    release = Release(study.study, session, revision, published / study.study / session.isoformat() / f"r{revision}")
    known_at = newest_knowledge(connection, study, session, figures)
    made = Making(connection, study, session, revision, settings, run_id, known_at)
    promote(published, release, made.files(figures, withheld, identity, last, is_rendered))
    return SessionResult(study.study, session, f"r{revision}", True, str(release.folder), withheld)


def _verdicts(
    connection: duckdb.DuckDBPyConnection, study: Study, session: date, settings: Settings
) -> tuple[list[Figure], list[Withheld]]:
    now = datetime.now(UTC)
    late = session == calendar.newest_closed_session(now) and is_overdue(session, now)
    served = settings.served_datasets()
    passed, withheld = [], []
    for figure in FIGURES:
        if figure.name in study.figure_names():
            needs = FigureNeeds(figure.name, figure.datasets, _subjects(connection, figure, study, session))
            verdict = judge(connection, needs, study.study, session, served=served, is_overdue=late)
            if verdict is None:
                passed.append(figure)
            else:
                withheld.append(verdict)
    if study.release_policy == "all" and any(one.kind == "failed" for one in withheld):
        reason = "the study publishes all figures or none, and another figure failed"
        withheld += [Withheld(figure.name, "failed", reason) for figure in passed]
        passed = []
    return passed, withheld


def _subjects(connection: duckdb.DuckDBPyConnection, figure: Figure, study: Study, session: date) -> frozenset[str]:
    """The series whose failure concerns a figure: those that it uses, and those that the study prefers to them."""
    used = {
        series
        for (series,) in connection.execute(
            f"SELECT DISTINCT series_id FROM {figure.table} WHERE study = ? AND session = ?",
            [study.study, session],
        ).fetchall()
    }
    concerned = set()
    for index in study.index:
        ids = [series.id for series in index.series]
        last_used = max((ids.index(series) for series in used if series in ids), default=len(ids) - 1)
        concerned |= set(ids[: last_used + 1])
    return frozenset(concerned)


def newest_knowledge(
    connection: duckdb.DuckDBPyConnection, study: Study, session: date, figures: list[Figure]
) -> datetime:
    """When the newest payload that the figures knew of was retrieved: made again as known then, they are equal."""
    found: datetime = connection.execute(
        """
        SELECT max(l.known_at) FROM meta.load AS l
        WHERE l.known_at <= (
            SELECT max(m.known_at) FROM meta.materialization AS m
            WHERE m.study = ? AND m.session = ? AND list_contains(?, m.table_name)
        )
        """,
        [study.study, session, [figure.table for figure in figures]],
    ).fetchall()[0][0]
    return found


@dataclass(frozen=True)
class Making:
    """One release in the making: from the warehouse's rows to the files."""

    connection: duckdb.DuckDBPyConnection
    study: Study
    session: date
    revision: int
    settings: Settings
    run_id: str
    known_at: datetime

    def files(
        self,
        figures: list[Figure],
        withheld: list[Withheld],
        identity: str,
        last: Release | None,
        is_rendered: bool,
    ) -> dict[str, bytes]:
        """Every file of the release, by name."""
        rows = {figure.name: self._rows(figure) for figure in figures}
        files: dict[str, bytes] = {}
        for figure in figures:
            files |= self.figure_files(figure, is_rendered)
        described = [self._described(figure, rows[figure.name]) for figure in figures]
        facts = ReleaseFacts(
            study=self.study,
            session=self.session,
            revision=self.revision,
            identity=identity,
            profile=self.settings.profile,
            is_sample=self.settings.read_profile().is_sample,
            figures=described,
            withheld=withheld,
            checks=self._checks(figures),
            lag={figure.lagging: self.settings.read_lag(figure.lagging) for figure in figures},
        )
        changed = self._changes(figures, files, last)
        files[NAME] = descriptor(facts, files)
        files["build.json"] = self._build(described, changed, is_rendered)
        return files

    def number(self, figure: Figure) -> int:
        """The figure's number in the study."""
        return int(getattr(self.study.figure, figure.name).number)

    def _rows(self, figure: Figure) -> pa.Table:
        return release_rows(self.connection, contracts()[figure.table], self.study.study, self.session, self.revision)

    def figure_files(self, figure: Figure, is_rendered: bool) -> dict[str, bytes]:
        """The files of one figure: tables, and pictures where asked."""
        name, rows = f"fig{self.number(figure)}", self._rows(figure)
        files = {f"{name}.parquet": as_parquet(rows), f"{name}.csv": as_csv(rows)}
        if is_rendered:
            drawing = Drawing(
                study=self.study,
                figure=figure.name,
                number=self.number(figure),
                as_of=_as_of(rows),
                rows=headline_rows(rows),
                parts=parts_of(self.connection, figure.name, self.study.study, self.session),
                vendors=sorted({payload["vendor"] for payload in self._payloads(figure)}),
                is_sample=self.settings.read_profile().is_sample,
            )
            files |= picture_files(drawing, load_style())
        return files

    def _described(self, figure: Figure, rows: pa.Table) -> Described:
        return Described(contracts()[figure.table], self.number(figure), _as_of(rows), self._payloads(figure))

    def _payloads(self, figure: Figure) -> list[dict[str, Any]]:
        return payloads_behind(self.connection, figure.name, self.study.study, self.session, self.known_at)

    def _checks(self, figures: list[Figure]) -> list[dict[str, Any]]:
        tables = [f"{layer}.{d}" for f in figures for d in f.datasets for layer in ("landing", "core")]
        return rows_as_dicts(
            self.connection,
            """
            SELECT c.check_name, c.table_name, c.severity, c.passed, c.blocking, c.observed, c.expected
            FROM meta.check_result AS c
            JOIN meta.materialization AS m USING (study, session, table_name, run_id)
            WHERE c.study = ? AND c.session = ? AND list_contains(?, c.table_name)
            ORDER BY c.table_name, c.check_name
            """,
            self.study.study,
            self.session,
            [*tables, *(figure.table for figure in figures)],
        )

    def _changes(self, figures: list[Figure], files: dict[str, bytes], last: Release | None) -> list[dict[str, Any]]:
        tables = {f"fig{self.number(figure)}.parquet": contracts()[figure.table] for figure in figures}
        if last is None:
            return [first_change(contract) for contract in tables.values()]
        cause = self._cause(last)
        found: list[dict[str, Any]] = []
        for name, contract in tables.items():
            before = last.folder / name
            if not before.exists():
                found.append(first_change(contract))
                continue
            with tempfile.NamedTemporaryFile(suffix=".parquet") as after:
                after.write(files[name])
                after.flush()
                found += changes(self.connection, contract, before, Path(after.name), cause)
        return found

    def _cause(self, last: Release) -> Any:
        said = last.descriptor()["zuhyo"]
        if (said["study_version"], said["method_version"]) != (self.study.version, METHOD_VERSION):
            return "method"
        restated = self.connection.execute(
            "SELECT coalesce(sum(rows_restated + rows_withdrawn), 0) FROM meta.load WHERE known_at > ?",
            [datetime.fromisoformat(last.build()["known_at"])],
        ).fetchall()[0][0]
        return "restated" if restated else "new_data"

    def _build(self, figures: list[Described], changed: list[dict[str, Any]], is_rendered: bool) -> bytes:
        payloads = {p["sha256"]: p for figure in figures for p in figure.payloads}
        content = {
            "run_id": self.run_id,
            "git_sha": self.settings.git_sha or None,
            "published_at": datetime.now(UTC).isoformat(),
            "known_at": self.known_at.isoformat(),
            "rendered": is_rendered,
            "python": platform.python_version(),
            "packages": {
                name: importlib.metadata.version(name)
                for name in ("dagster", "duckdb", "pandas", "pyarrow", "vl-convert-python")
            },
            "payloads": [payload for _, payload in sorted(payloads.items())],
            "changes": changed,
        }
        return (json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n").encode()


def _as_of(rows: pa.Table) -> date:
    found: date = rows.column("as_of")[0].as_py()
    return found


def _told(result: SessionResult) -> str:
    reasons = [f"{one.figure} {one.kind}: {one.reason}" for one in result.withheld]
    nothing = [] if result.release else ["nothing could be published"]
    return f"{result.study} {result.session}: " + "; ".join([*nothing, *reasons])


def _metadata(results: list[SessionResult]) -> dict[str, Any]:
    newest = results[-1]
    metadata: dict[str, Any] = {
        "releases": sum(result.is_new for result in results),
        "unchanged": sum(result.release is not None and not result.is_new for result in results),
    }
    if newest.folder:
        metadata["folder"] = dg.MetadataValue.path(newest.folder)
        for spec in sorted(Path(newest.folder).glob("fig*.vl.json")):
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
