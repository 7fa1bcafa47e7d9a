"""The settings of a run: home folder, profile, drop folder, studies.

Belongs here: the Dagster resource with these values, and what the files that they name say. Does not belong here: where
the settings come from (pipelines/resources.py), what layers above make of them (ingest/fetching.py's context,
publish/charts/style.py's house style).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg
import duckdb
import pydantic

from assets.calendar import Closed
from assets.corrections import stated_closed_days
from assets.drop import lags, served_by
from assets.home import Home, HomeError
from assets.profile import Profile, read_profile
from assets.study import Study, StudyFolder, read_study_folder
from warehouse.database import open_warehouse

T = TypeVar("T")


class Settings(dg.ConfigurableResource):
    """Settings of a run.

    home: folder of data and releases; profile: name of a file in profiles; drop: folder that the `files`
    profile reads; studies, profiles, corrections: folders of TOML files; style: a house style file
    instead of the project's; render: `always`, `never`, or `single` for pictures only when the run makes one session;
    git_sha: commit of the code, where it is known; known_at: a time of the past with its zone, where figures are made
    again as known then, or nothing; contact: who asks vendors over HTTP, a name and an e-mail address.
    """

    home: str
    profile: str
    studies: str
    profiles: str
    corrections: str = ""
    drop: str = ""
    style: str = ""
    render: str = "single"
    git_sha: str = ""
    known_at: str = ""
    contact: str = ""
    _files: dict[str, Any] | None = pydantic.PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """For a run, of which these settings are a copy: each file counts for all of it as its first step reads it."""
        self._files = {}

    def home_folder(self) -> Home:
        """The home folder, bound to the profile's kind of data. Raises HomeError."""
        home = Home(Path(self.home))
        profile = self.read_profile()
        home.assign_profile(profile.profile, is_sample=profile.is_sample)
        return home

    def read_profile(self) -> Profile:
        """The profile. Raises TomlFileError."""
        return self._read("profile", lambda: read_profile(Path(self.profiles), self.profile))

    def read_studies(self) -> list[Study]:
        """Every study that can be read, as it is on the profile's kind of data. Raises TomlFileError where none can."""
        is_sample = self.read_profile().is_sample
        return [study.on_data(is_sample=is_sample) for study in self._study_folder().studies]

    def study_faults(self) -> dict[str, str]:
        """Why a study can't be read, by its file's name. Raises TomlFileError where none can be."""
        return self._study_folder().faults

    def closed_days(self) -> Closed:
        """The days on which the exchange stayed closed, as the files of corrections state now; within a run as they
        stated when it began, so that all of its assets have the same sessions.
        """
        corrections = Path(self.corrections) if self.corrections else None
        return self._read("closed", lambda: stated_closed_days(corrections, self.drop_folder))

    @property
    def drop_folder(self) -> Path | None:
        """The drop folder, where one is named."""
        return Path(self.drop) if self.drop else None

    def read_lag(self, dataset: str) -> str | None:
        """How far the dataset may lag behind the as-of date, like `6 months` (drop.lags)."""
        return lags(self.read_profile(), self.drop_folder).get(dataset)

    def served_datasets(self) -> set[str]:
        """The datasets that the profile, or for `files` the drop folder, has a source for (drop.served_by)."""
        return served_by(self.read_profile(), self.drop_folder)

    def renders(self, sessions: int) -> bool:
        """Whether a run of so many sessions draws pictures."""
        return self.render == "always" or (self.render == "single" and sessions == 1)

    def cut_off(self) -> datetime:
        """The time up to which knowledge counts, naive UTC: now, or ``known_at``. Raises ValueError."""
        now = datetime.now(UTC)
        return (_moment(self.known_at, now) if self.known_at else now).replace(tzinfo=None)

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The writer's database, open for the length of the block. Raises HomeError where ``known_at`` is set: figures
        as known in the past are made in a copy, and no job may put them into the warehouse or publish them.
        """
        if self.known_at:
            raise HomeError(
                f"as known at {self.known_at} nothing is fetched, stored or published; unset ZUHYO_KNOWN_AT"
            )
        home = self.home_folder()
        home.lock()
        with open_warehouse(home.warehouse) as connection:
            yield connection

    def _study_folder(self) -> StudyFolder:
        return self._read("studies", lambda: read_study_folder(Path(self.studies)))

    def _read(self, what: str, read: Callable[[], T]) -> T:
        """What a file says: in a run as it was read first, otherwise as it is now."""
        if self._files is None:
            return read()
        if what not in self._files:
            self._files[what] = read()
        content: T = self._files[what]
        return content


def _moment(text: str, now: datetime) -> datetime:
    """The time that a text like 2026-03-12T00:00:00Z states, in UTC. Raises ValueError."""
    try:
        stated = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"KNOWN_AT is a time like 2026-03-12T00:00:00Z (found {text!r})") from None
    if stated.tzinfo is None:
        raise ValueError(f"KNOWN_AT needs its zone, like 2026-03-12T00:00:00Z (found {text!r})")
    if stated > now:
        raise ValueError(f"KNOWN_AT lies in the future: {text} (now is {now:%Y-%m-%dT%H:%M:%SZ})")
    return stated.astimezone(UTC)
