"""The content of a release: from the warehouse's rows to the bytes of every file.

Belongs here: which files a release has and what goes into each. Does not belong here: what may go out (clearance.py),
the order of a publication (release.py), the files' life on disk (folder.py).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from assets.figures.figure import Figure
from assets.publish import build_record
from assets.publish.approval import approval_of
from assets.publish.build_record import make_build_record
from assets.publish.changes import Cause, changes, first_change
from assets.publish.charts.canvas import Spec
from assets.publish.charts.figure_chart import ChartInput, headline_rows
from assets.publish.charts.font import read_font
from assets.publish.charts.pictures import chart_spec, footer_lines, picture_files
from assets.publish.claims import CLAIMS, verdicts_before
from assets.publish.descriptor import (
    NAME,
    FigureTable,
    ReleaseFacts,
    ReleaseRecord,
    make_descriptor,
    payloads_by_sha256,
)
from assets.publish.folder import Release, releases
from assets.publish.identity import METHOD_VERSION
from assets.publish.note import NAME as NOTE
from assets.publish.note import Caption, NoteFacts, note
from assets.publish.page.content import PageContext, RenderedFigure, page_content
from assets.publish.page.page import PageChanges, javascript_bundle, page
from assets.publish.session_batch import SessionBatch
from assets.publish.sources import source_spans
from assets.publish.tables import as_csv, as_parquet, release_rows
from assets.study import Language, NumberedFigure, Study
from checks.gate import Withheld
from warehouse.contract import Contract, contracts


@dataclass(frozen=True)
class ReleaseContent:
    """The files of one release, made from the warehouse's rows as known at ``known_at`` (naive UTC)."""

    batch: SessionBatch
    session: date
    revision: int
    run_id: str
    known_at: datetime
    chart_inputs: dict[str, ChartInput] = field(default_factory=dict)
    """What each figure's picture is made of, once put together: captions, pictures and page draw from it."""
    rendered_from: Release | None = None
    """The release of equal rows that this one adds pictures to: its checks and lags are these."""
    _released: dict[str, pa.Table] = field(default_factory=dict)
    _drawn: dict[str, dict[Language, Spec | None]] = field(default_factory=dict)

    @property
    def study(self) -> Study:
        """The study of the release."""
        return self.batch.study

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The warehouse."""
        return self.batch.connection

    def files(
        self,
        figures: list[Figure],
        withheld: list[Withheld],
        identity: str,
        last: Release | None,
        is_rendered: bool,
        notes: dict[str, bytes],
    ) -> dict[str, bytes]:
        """Every file of the release, by name; ``notes`` are those of :meth:`notes`, made before, for they can fail."""
        files: dict[str, bytes] = {}
        if is_rendered:
            read_font(self.study.model_dump_json())
        for figure in figures:
            files |= self.figure_files(figure, is_rendered)
        changed = self._changes(figures, files, last)
        files |= notes
        if is_rendered:
            files["index.html"] = self._page(figures, withheld, files, changed, last)
        tables = [table for figure in figures for table in self._figure_tables(figure)]
        facts = ReleaseFacts(
            study=self.study,
            session=self.session,
            revision=self.revision,
            identity=identity,
            profile=self.batch.settings.profile,
            is_sample=self.batch.profile.is_sample,
            tables=tables,
            withheld=withheld,
            checks=self._checks(figures),
            lag=self._lag(figures),
            corrections=self._corrections(figures),
        )
        files[NAME] = make_descriptor(facts, files).to_json()
        files[build_record.NAME] = make_build_record(
            self.run_id,
            self.batch.settings.git_sha,
            self.known_at,
            payloads_by_sha256(tables),
            changed,
            is_rendered=is_rendered,
        ).to_json()
        return files

    def notes(self, figures: list[Figure], withheld: list[Withheld]) -> dict[str, bytes]:
        """note.<language>.md, in the languages that the study has a template for. Raises NoteError."""
        contracts_of = [contract for figure in figures for contract in self.tables(figure).values()]
        tables = {contract.name: self._rows(contract).to_pylist() for contract in contracts_of}
        drawn = [figure for figure in figures if figure is not CLAIMS]
        return {
            f"{NOTE}.{language}.md": note(
                self.study,
                language,
                NoteFacts(
                    session=self.session,
                    revision=self.revision,
                    tables=tables,
                    claims=tables.get(CLAIMS.name, []),
                    captions={figure.name: self._caption(figure, language) for figure in drawn},
                    withheld=withheld,
                    is_sample=self.batch.profile.is_sample,
                    style=self.batch.style,
                ),
            )
            for language in self.study.note
        }

    def _caption(self, figure: Figure, language: Language) -> Caption:
        chart_input, spec = self._chart_input(figure), self._specs(figure)[language]
        return Caption(spec["description"] if spec else "", chart_input.as_of, footer_lines(chart_input, language))

    def _specs(self, figure: Figure) -> dict[Language, Spec | None]:
        if figure.name not in self._drawn:
            chart_input, style = self._chart_input(figure), self.batch.style
            self._drawn[figure.name] = {
                language: chart_spec(chart_input, style, language) for language in self.study.languages
            }
        return self._drawn[figure.name]

    def number(self, figure: Figure) -> int | None:
        """The figure's number in the study; None for numbers of the text, which have no picture."""
        stated = getattr(self.study.figure, figure.name, None)
        return stated.number if isinstance(stated, NumberedFigure) else None

    def tables(self, figure: Figure) -> dict[str, Contract]:
        """The contracts of a figure's tables by the name of their files: figN, and figN_rows behind it; where it has
        no number, its own name.
        """
        number = self.number(figure)
        stem = figure.file_stem or figure.name if number is None else f"fig{number}"
        return {(stem if table == figure.table else f"{stem}_rows"): contracts()[table] for table in figure.tables}

    def figure_files(self, figure: Figure, is_rendered: bool) -> dict[str, bytes]:
        """The files of one figure: tables, and pictures where asked."""
        rows = {stem: self._rows(contract) for stem, contract in self.tables(figure).items()}
        files = {f"{stem}.parquet": as_parquet(table) for stem, table in rows.items()}
        files |= {f"{stem}.csv": as_csv(table) for stem, table in rows.items()}
        if is_rendered and self.number(figure) is not None:
            files |= picture_files(self._chart_input(figure), self._specs(figure))
        return files

    def _rows(self, contract: Contract) -> pa.Table:
        if contract.table not in self._released:
            rows = self.batch.rows(contract, self.session)
            self._released[contract.table] = release_rows(rows, contract, self.revision)
        return self._released[contract.table]

    def _chart_input(self, figure: Figure) -> ChartInput:
        if figure.name not in self.chart_inputs:
            rows = [self._rows(contract) for contract in self.tables(figure).values()]
            self.chart_inputs[figure.name] = ChartInput(
                study=self.study,
                figure=figure.name,
                number=self.number(figure) or 0,
                as_of=_as_of(rows[0]),
                rows=headline_rows(rows[0]),
                detail_rows=headline_rows(rows[1]) if len(rows) > 1 else None,
                spans=source_spans(self.connection, figure.name, self.study.study, self.session),
                vendors=sorted({payload["vendor"] for payload in self._payloads(figure)}),
                is_sample=self.batch.profile.is_sample,
                left_out=self._left_out(figure),
            )
        return self.chart_inputs[figure.name]

    def _left_out(self, figure: Figure) -> tuple[str, ...]:
        """The subjects that the figure goes without."""
        rows = self.connection.execute(
            "SELECT subject FROM meta.coverage WHERE study = ? AND session = ? AND figure = ? AND subject IS NOT NULL "
            "ORDER BY subject",
            [self.study.study, self.session, figure.name],
        ).fetchall()
        return tuple(dict.fromkeys(subject for (subject,) in rows))

    def _page(
        self,
        figures: list[Figure],
        withheld: list[Withheld],
        files: dict[str, bytes],
        changed: list[dict[str, Any]],
        last: Release | None,
    ) -> bytes:
        home = self.batch.home
        earlier = [release for release in releases(home.published, self.study.study) if release.session < self.session]
        rendered = [self._rendered(figure, files) for figure in figures if figure is not CLAIMS]
        claims = self._rows(contracts()[CLAIMS.table]).to_pylist() if CLAIMS in figures else []
        page_context = PageContext(
            withheld=withheld,
            claims=claims,
            before=verdicts_before(home.published, self.study.study, self.session),
            checks=self._checks(figures),
            corrections=self._corrections(figures),
            changes=[
                PageChanges("before", last.folder.name if last else None, changed if last else []),
                self._since_approved(figures, files),
            ],
            earlier=earlier[::-1],
        )
        style, profile = self.batch.style, self.batch.settings.profile
        content = page_content(self.study, self.session, self.revision, profile, rendered, page_context, style)
        return page(content, style, javascript_bundle(home.cache))

    def _rendered(self, figure: Figure, files: dict[str, bytes]) -> RenderedFigure:
        stem, contract = next(iter(self.tables(figure).items()))
        own = {name: content for name, content in files.items() if name.startswith((f"{stem}.", f"{stem}_"))}
        return RenderedFigure(figure, self._chart_input(figure), self._rows(contract), own)

    def _since_approved(self, figures: list[Figure], files: dict[str, bytes]) -> PageChanges:
        """What differs from the newest approved revision of this session."""
        published = self.batch.home.published
        approved = [r for r in releases(published, self.study.study, self.session) if approval_of(r)]
        if not approved:
            return PageChanges("approved", None)
        return PageChanges("approved", approved[-1].folder.name, self._changes(figures, files, approved[-1]))

    def _figure_tables(self, figure: Figure) -> list[FigureTable]:
        payloads = self._payloads(figure)
        return [
            FigureTable(contract, stem, _as_of(self._rows(contract)), payloads)
            for stem, contract in self.tables(figure).items()
        ]

    def _payloads(self, figure: Figure) -> list[dict[str, Any]]:
        return self.batch.payloads(figure, self.session, self.known_at)

    def _lag(self, figures: list[Figure]) -> dict[str, str | None]:
        if self.rendered_from:
            return dict(self.rendered_from.record().lag)
        return {figure.lag_dataset: self.batch.lag(figure.lag_dataset) for figure in figures if figure.lag_dataset}

    def _corrections(self, figures: list[Figure]) -> list[dict[str, Any]]:
        return self.batch.corrections(figures, self.session, self.known_at)

    def _checks(self, figures: list[Figure]) -> list[dict[str, Any]]:
        if self.rendered_from:
            return self.rendered_from.record().checks
        return self.batch.checks(figures, self.session)

    def _changes(self, figures: list[Figure], files: dict[str, bytes], last: Release | None) -> list[dict[str, Any]]:
        tables = {f"{stem}.parquet": contract for figure in figures for stem, contract in self.tables(figure).items()}
        if last is None:
            return [first_change(contract) for contract in tables.values()]
        cause = self._cause(last)
        changed = method_changes(last.record(), self.study)
        if self.rendered_from:
            changed.append(RENDERED)
        for name, contract in tables.items():
            before = last.folder / name
            if not before.exists():
                changed.append(first_change(contract))
                continue
            with tempfile.NamedTemporaryFile(suffix=".parquet") as after:
                after.write(files[name])
                after.flush()
                changed += changes(self.connection, contract, before, Path(after.name), cause)
        return changed

    def _cause(self, last: Release) -> Cause:
        if method_changes(last.record(), self.study):
            return "method"
        restated = self.connection.execute(
            # what is stated of known data moves numbers as a vendor's own correction does
            "SELECT coalesce(sum(rows_restated + rows_withdrawn + "
            "CASE WHEN table_name = 'core.correction' THEN rows_new ELSE 0 END), 0) FROM meta.load WHERE known_at > ?",
            [last.build().known_at],
        ).fetchall()[0][0]
        return "restated" if restated else "new_data"


RENDERED = {
    "table_name": "release",
    "key": "",
    "column_name": "rendered",
    "old": "false",
    "new": "true",
    "cause": "method",
}
"""The one change of a revision that adds pictures to the one before."""


def method_changes(before: ReleaseRecord, study: Study) -> list[dict[str, Any]]:
    """A change for the study file and for the method's version where they differ: no row needs to."""
    versions = [
        ("study_version", before.study_version, study.version),
        ("method_version", before.method_version, METHOD_VERSION),
    ]
    return [
        {"table_name": "study", "key": "", "column_name": name, "old": old, "new": new, "cause": "method"}
        for name, old, new in versions
        if old != new
    ]


def _as_of(rows: pa.Table) -> date:
    first: date = rows.column("as_of")[0].as_py()
    return first
