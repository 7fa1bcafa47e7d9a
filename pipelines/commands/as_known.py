"""`make run KNOWN_AT=…`: sessions made again as known at a time of the past. Nothing is fetched or published.

Belongs here: making the figures in a copy of the warehouse, comparing them with what was published, and putting
down what equals nothing published. Does not belong here: the night (the job `nightly`), or any verdict on the
data: that of the night which published a release is taken from the release.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import duckdb

from assets.figures.figure import Figure, make_rows
from assets.figures.registry import FIGURES
from assets.files import write_atomically
from assets.home import Home
from assets.publish.claims import CLAIMS, make_claims
from assets.publish.content import Making, method_changes
from assets.publish.folder import Release, releases
from assets.publish.identity import release_identity, rows_digest
from assets.settings import Settings
from assets.study import Study
from warehouse.contract import ContractError, contracts
from warehouse.database import open_warehouse
from warehouse.earlier_versions import released_columns

Lag = dict[str, str | None]

Comparison = Literal["equal", "different", "no release then"]
"""What a session made again is beside what was published of it."""


@dataclass
class Remaking:
    """One session of a study in the making, as known at ``known_at`` (naive UTC)."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    study: Study
    session: date
    known_at: datetime
    made_with: Lag | None = field(default=None, init=False)
    """The lags that the rows in the warehouse were made with."""

    def equals(self, release: Release) -> bool:
        """Whether the session made again is this release: equal rows, of equal study and method.

        What was withheld is taken from the release: it rests on the checks of that night, which are not run again.
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

    def files(self, revision: int, lag: Lag | None = None) -> dict[str, bytes]:
        """The files of every figure that has rows, as those of ``revision``; lags as in the settings by default."""
        self.make(self._own_lag() if lag is None else lag)
        made = Making(
            self.connection, self.study, self.session, revision, self.settings, run_id="", known_at=self.known_at
        )
        is_rendered = self.settings.render == "always"
        figures = [one for one in self._figures() if self._has_rows(one)]
        return {name: content for one in figures for name, content in made.figure_files(one, is_rendered).items()}

    def missing(self) -> dict[str, str]:
        """Why a figure of the study has no rows, by figure."""
        reasons = self.connection.execute(
            "SELECT figure, string_agg(reason, '; ' ORDER BY reason) FROM meta.coverage "
            "WHERE study = ? AND session = ? AND subject IS NULL GROUP BY figure",
            [self.study.study, self.session],
        ).fetchall()
        stated = dict(reasons)
        return {one.name: stated.get(one.name, "no rows") for one in self._figures() if not self._has_rows(one)}

    def make(self, lag: Lag) -> None:
        """Computes every figure of the study with these lags, unless the rows are there already."""
        if lag == self.made_with:
            return
        for figure in self._figures():
            own = lag.get(figure.lag_dataset)
            figure.fill_tables(self.connection, self.study, [self.session], self.known_at, own, figure.name)
            make_rows(self.connection, figure, self.study, [self.session])
        self.made_with = lag

    def _figures(self) -> list[Figure]:
        return [figure for figure in FIGURES if figure.name in self.study.figure_names()]

    def _own_lag(self) -> Lag:
        return {figure.lag_dataset: self.settings.read_lag(figure.lag_dataset) for figure in self._figures()}

    def _digests(self, release: Release, figures: dict[str, str]) -> dict[str, str]:
        """Digests of the rows by their table's name, with the columns that the release has. Raises ContractError."""
        digests = {}
        for stem, table in figures.items():
            contract, columns = contracts()[table], released_columns(release.folder / f"{stem}.parquet")
            digests[contract.name] = rows_digest(self.connection, contract, self.study.study, self.session, columns)
        return digests

    def _has_rows(self, figure: Figure) -> bool:
        found = self.connection.execute(
            f"SELECT 1 FROM {figure.table} WHERE study = ? AND session = ? LIMIT 1", [self.study.study, self.session]
        ).fetchall()
        return bool(found)


def run_as_known(settings: Settings, sessions: Sequence[date]) -> int:
    """Makes the sessions again as known at the settings' ``known_at`` and says which revision each one equals.

    Where it equals none, its files are put below `as_known/` in the home folder, for inspection. Returns 0 where each
    session of each study that had a release then equals a revision, and there is one; else 1. Raises ValueError.
    """
    home, known_at = settings.home_folder(), settings.cut_off()
    with warehouse_copy(home) as connection:
        found = [
            _compare(home, Remaking(connection, settings, study, session, known_at))
            for study in settings.read_studies()
            for session in sessions
        ]
    faults = settings.study_faults()
    for fault in faults.values():
        print(f"a study can't be read: {fault}")
    return 0 if "equal" in found and "different" not in found and not faults else 1


@contextmanager
def warehouse_copy(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the writer's database, thrown away afterwards. Raises ValueError where there is none."""
    if not home.warehouse.exists():
        raise ValueError(f"nothing is known in {home.folder}: it has no warehouse")
    home.lock()
    with tempfile.TemporaryDirectory(dir=home.folder, prefix=".as_known.") as folder:
        for path in (home.warehouse, home.warehouse.with_name(home.warehouse.name + ".wal")):
            if path.exists():
                shutil.copyfile(path, Path(folder) / path.name)
        with open_warehouse(Path(folder) / home.warehouse.name) as connection:
            yield connection


def _compare(home: Home, made: Remaking) -> Comparison:
    """Compares the session with its revisions and prints what was found."""
    what = f"{made.study.study} {made.session} as known at {made.known_at:%Y-%m-%dT%H:%M:%SZ}"
    published = list(releases(home.published, made.study.study, made.session))
    equal = [release for release in published if made.equals(release)]
    if equal:
        print(f"{what}: equals {', '.join(map(_published, equal))}; nothing was written")
        return "equal"
    if not any(_known_at(release) <= made.known_at for release in published):
        later = f"the first, {published[0].folder.name}, is of data known later" if published else "it has none today"
        print(f"{what}: had no release then ({later})")
        result: Comparison = "no release then"
    else:
        result = "different"
    files = made.files(revision=0)
    if not files:
        reasons = "; ".join(f"{figure}: {reason}" for figure, reason in made.missing().items())
        print(f"{what}: no figure can be made ({reasons}); nothing was written")
        return result
    folder = _put_down(home, made, files)
    against = (
        f"none of {', '.join(r.folder.name for r in published)}" if published else "nothing, for none is published"
    )
    print(f"{what}: equals {against}; for inspection, not checked and not published: {folder}")
    for figure, reason in made.missing().items():
        print(f"  without {figure}: {reason}")
    for reason in _versions_that_differ(made.study, published[-1] if published else None):
        print(f"  {reason}")
    return result


def _known_at(release: Release) -> datetime:
    """When the data of a release was known, naive UTC."""
    return release.build().known_at.replace(tzinfo=None)


def _published(release: Release) -> str:
    return f"{release.folder.name} (published {release.build().published_at:%Y-%m-%dT%H:%M}Z)"


def _versions_that_differ(study: Study, newest: Release | None) -> list[str]:
    if newest is None:
        return []
    return [
        f"{change['column_name']} is {change['new']} now and was {change['old']} in {newest.folder.name}: "
        "equal rows are no equal release then"
        for change in method_changes(newest.record(), study)
    ]


def _put_down(home: Home, made: Remaking, files: dict[str, bytes]) -> Path:
    known_at = made.known_at.replace(tzinfo=UTC)
    folder = home.folder / "as_known" / made.study.study / made.session.isoformat() / f"{known_at:%Y%m%dT%H%M%SZ}"
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        write_atomically(folder / name, content)
    return folder
