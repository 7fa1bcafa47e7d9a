"""A session made again as it was known: for `make rebuild`, `make render` and `make run KNOWN_AT=…`.

Belongs here: making the rows and files of a session in a warehouse, and comparing them with a release. Does not belong
here: what is said of the outcome (pipelines/commands), or any verdict on the data: that of the run which published a
release is taken from the release.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Self

import duckdb

from assets.core.recovery import repair_home
from assets.figures.figure import Figure, make_rows
from assets.figures.registry import FIGURES
from assets.home import Home
from assets.publish.changes import changes
from assets.publish.claims import CLAIMS, make_claims
from assets.publish.content import ReleaseContent
from assets.publish.folder import Release
from assets.publish.identity import release_identity, rows_digest
from assets.publish.session_batch import SessionBatch
from assets.settings import Settings
from assets.study import Study
from warehouse.contract import ContractError, contracts
from warehouse.database import open_warehouse
from warehouse.earlier_versions import released_columns

Lag = dict[str, str | None]
"""How old a dataset may be, by its name, like `6 months`."""


@dataclass
class Recomputation:
    """One session of a study made again, as known at ``known_at`` (naive UTC)."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    study: Study
    session: date
    known_at: datetime
    made_with: Lag | None = field(default=None, init=False)
    """The lags that the rows in the warehouse were made with."""

    @classmethod
    def of_release(
        cls, connection: duckdb.DuckDBPyConnection, settings: Settings, study: Study, release: Release
    ) -> Self:
        """A release's session as known when it was made, under its profile."""
        as_then = settings.model_copy(update={"profile": release.record().profile})
        return cls(connection, as_then, study, release.session, release.build().known_at.replace(tzinfo=None))

    def make(self, lag: Lag) -> None:
        """Computes every figure of the study with these lags, unless the rows are there already."""
        if lag == self.made_with:
            return
        for figure in self._figures():
            own = lag.get(figure.lag_dataset)
            figure.fill_tables(self.connection, self.study, [self.session], self.known_at, own, figure.name)
            make_rows(self.connection, figure, self.study, [self.session])
        self.made_with = lag

    def equals(self, release: Release) -> bool:
        """Whether the session made again is this release: equal rows, of equal study and method.

        What was withheld is taken from the release: it rests on the checks of that run, which are not run again.
        """
        said = release.record()
        tables = sorted(said.figures.values())
        if not contracts().keys() >= set(tables):
            return False  # a table of it is not made any more
        self.make(said.lag)
        if CLAIMS.table in tables:
            make_claims(self.connection, self.study, {self.session: said.withheld})
        try:
            digests = self._digests(release, said.figures)
        except ContractError:
            return False  # a column of it is not made any more
        return release_identity(self.study, self.session, digests, said.withheld) == said.identity

    def differences(self, release: Release) -> list[Path]:
        """The files of a release's figures that come out different.

        Where another version of the code made the release, its tables are compared by their rows alone: pictures, and
        the descriptions in a file, are of that version.
        """
        said, build = release.record(), release.build()
        self.make(said.lag)
        content = self._content(release.revision)
        figures = [figure for figure in self._figures() if figure.table in said.figures.values()]
        if (build.git_sha or "") != self.settings.git_sha:
            return [path for figure in figures for path in self._other_rows(release, content, figure)]
        return [
            release.folder / name
            for figure in figures
            for name, data in content.figure_files(figure, build.rendered).items()
            if (release.folder / name).read_bytes() != data
        ]

    def _other_rows(self, release: Release, content: ReleaseContent, figure: Figure) -> list[Path]:
        """The tables of a released figure whose rows come out different, in the columns that the release has."""
        files = content.figure_files(figure, is_rendered=False)
        different = []
        for stem, contract in content.tables(figure).items():
            released = release.folder / f"{stem}.parquet"
            if not released.exists():
                continue
            with tempfile.NamedTemporaryFile(suffix=".parquet") as again:
                again.write(files[released.name])
                again.flush()
                rows = changes(self.connection, contract, released, Path(again.name), "restated")
            if any(change["key"] for change in rows):  # a change of a whole column has no key
                different.append(released)
        return different

    def figure_files(self, revision: int) -> dict[str, bytes]:
        """The files of every figure that has rows, as those of ``revision``, with the lags of the settings."""
        self.make({figure.lag_dataset: self.settings.read_lag(figure.lag_dataset) for figure in self._figures()})
        content = self._content(revision)
        is_rendered = self.settings.render == "always"
        return {
            name: data
            for figure in self._figures()
            if self._has_rows(figure)
            for name, data in content.figure_files(figure, is_rendered).items()
        }

    def rendered_files(self, release: Release) -> dict[str, bytes]:
        """The files of a release that this session equals, with pictures, note and page, as its next revision. Raises
        NoteError.
        """
        said = release.record()
        content = self._content(release.revision + 1, run_id=release.build().run_id, rendered_from=release)
        tables = set(said.figures.values())
        figures = [figure for figure in (*FIGURES, CLAIMS) if figure.table in tables]
        notes = content.notes(figures, said.withheld) if self.study.note else {}
        return content.files(figures, said.withheld, said.identity, release, True, notes)

    def missing(self) -> dict[str, str]:
        """Why a figure of the study has no rows, by figure."""
        reasons = self.connection.execute(
            "SELECT figure, string_agg(reason, '; ' ORDER BY reason) FROM meta.coverage "
            "WHERE study = ? AND session = ? AND subject IS NULL GROUP BY figure",
            [self.study.study, self.session],
        ).fetchall()
        stated = dict(reasons)
        return {f.name: stated.get(f.name, "no rows") for f in self._figures() if not self._has_rows(f)}

    def _figures(self) -> list[Figure]:
        return [figure for figure in FIGURES if figure.name in self.study.figure_names()]

    def _content(self, revision: int, run_id: str = "", rendered_from: Release | None = None) -> ReleaseContent:
        return ReleaseContent(self._batch(), self.session, revision, run_id, self.known_at, rendered_from=rendered_from)

    def _batch(self) -> SessionBatch:
        """The session as its rows are now."""
        return SessionBatch(self.connection, self.study, [self.session], self.settings)

    def _digests(self, release: Release, figures: dict[str, str]) -> dict[str, str]:
        """Digests of the rows by their table's name, with the columns that the release has. Raises ContractError."""
        digests, batch = {}, self._batch()
        for stem, table in figures.items():
            contract, columns = contracts()[table], released_columns(release.folder / f"{stem}.parquet")
            digests[contract.name] = rows_digest(batch.rows(contract, self.session), contract, columns)
        return digests

    def _has_rows(self, figure: Figure) -> bool:
        rows = self.connection.execute(
            f"SELECT 1 FROM {figure.table} WHERE study = ? AND session = ? LIMIT 1", [self.study.study, self.session]
        ).fetchall()
        return bool(rows)


@contextmanager
def warehouse_copy(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the writer's database, thrown away afterwards. Raises ValueError where there is none."""
    if not home.warehouse.exists():
        raise ValueError(f"nothing is known in {home.folder}: it has no warehouse")
    for done in repair_home(home):
        print(done)
    home.temp.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.temp, prefix="as_known.") as folder:
        for path in (home.warehouse, home.warehouse.with_name(home.warehouse.name + ".wal")):
            if path.exists():
                shutil.copyfile(path, Path(folder) / path.name)
        with open_warehouse(Path(folder) / home.warehouse.name, spill_to=home.temp / "as_known") as connection:
            yield connection
