"""Running a night inside the test, and reading what it left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from assets.settings import Settings
from checks import expectations
from pipelines import definitions
from pipelines.commands import report
from pipelines.partitions import build_session_partitions

REPOSITORY = Path(__file__).parents[2]
STUDY = "two_sizes"
FIRST = date(2024, 3, 13)
"""The session that the shared place has published; the drop folder ends there."""
NEXT = date(2024, 3, 14)


@dataclass(frozen=True)
class Place:
    """A folder with a home, a drop folder and studies, that a test may change as it likes."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def drop(self) -> Path:
        return self.folder / "drop"

    @property
    def studies(self) -> Path:
        return self.folder / "studies"

    @property
    def published(self) -> Path:
        return self.home / "published" / STUDY

    @property
    def readers_database(self) -> Path:
        return self.home / "published" / "zuhyo.duckdb"

    @property
    def landing(self) -> Path:
        return self.home / "landing" / "files" / "index_level"

    def settings(self, **changed: str) -> Settings:
        stated = {
            "home": str(self.home),
            "profile": "files",
            "drop": str(self.drop),
            "studies": str(self.studies),
            "profiles": str(REPOSITORY / "pipelines" / "profiles"),
        }
        return Settings(**(stated | changed))


@dataclass(frozen=True)
class Night:
    """One run: Dagster's result, the exit status of the command, and the run record."""

    result: dg.ExecuteInProcessResult
    status: int
    record: dict[str, Any]

    def said(self, session: date, study: str = STUDY) -> dict[str, Any]:
        """What the record says of a session: release, is_new, withheld."""
        said: dict[str, Any] = self.record["sessions"][session.isoformat()]["studies"][study]
        return said

    def withheld(self, session: date) -> dict[str, dict[str, Any]]:
        """The withheld figures of a session by name."""
        return {one["figure"]: one for one in self.said(session)["withheld"]}

    def checks(self) -> dict[str, bool]:
        """Whether each check of Dagster passed, on every asset that has it."""
        found: dict[str, bool] = {}
        for one in self.result.get_asset_check_evaluations():
            found[one.check_name] = found.get(one.check_name, True) and one.passed
        return found

    def check(self, name: str) -> dict[str, Any]:
        """The recorded result of a check."""
        [found] = [
            one
            for one in self.record["checks"]
            if one["check_name"] == name and "index_level" in one["table_name"] + name
        ]
        return found


@cache
def partitions_since(first: date) -> dg.DailyPartitionsDefinition:
    """The sessions since a day: Dagster copies its partitions, holidays and all, into every event of a run."""
    return build_session_partitions(first)


def run_night(
    settings: Settings,
    first: date,
    last: date | None = None,
    *,
    selection: Sequence[str] = (),
    is_rendered: bool = False,
    has_expectations: bool = False,
    partitions_from: date = date(2024, 1, 2),
) -> Night:
    """Runs the job `nightly`, or the selected assets of it, in this process.

    Great Expectations takes half of such a short night; where a test is about other things it stays out, and
    its checks are recorded as held.
    """
    settings = Settings(**settings.model_dump() | {"render": "always" if is_rendered else "never"})
    tags = {}
    if last is not None:
        tags["dagster/asset_partition_range_start"] = first.isoformat()
        tags["dagster/asset_partition_range_end"] = last.isoformat()
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        if not has_expectations:
            patch.setattr(expectations, "_validate", lambda *rows: [])
        result = (
            definitions.build_defs(settings, partitions=partitions_since(partitions_from))
            .resolve_job_def("nightly")
            .execute_in_process(
                partition_key=first.isoformat() if last is None else None,
                tags=tags,
                instance=instance,
                raise_on_error=False,
                asset_selection=[dg.AssetKey(name.split("/")) for name in selection] or None,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        )
    path = Path(settings.home) / "runs" / f"{result.run_id}.json"
    if not path.exists():
        return Night(result, 1, {})
    return Night(result, report.print_report(settings.home_folder(), result), json.loads(path.read_bytes()))


def everything_below(folder: Path) -> dict[str, bytes | str]:
    """Every file below a folder with its bytes, every link with its target."""
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A plain read-only connection."""
    connection = duckdb.connect(str(path), read_only=True)
    try:
        yield connection
    finally:
        connection.close()


def ask(path: Path, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a query on a database file."""
    with reading(path) as connection:
        return connection.execute(query, list(parameters)).fetchall()
