"""The settings of a run: home folder, profile, drop folder, studies.

Belongs here: the Dagster resource with these values, and what the files that they name say. Does not belong here: where
the settings come from (pipelines/resources.py), what layers above make of them (ingest/fetching.py's context,
publish/charts/style.py's house style).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pydantic

from assets.calendar import Closed
from assets.corrections import stated_closed_days
from assets.drop import lags, served_by
from assets.home import Home, HomeError
from assets.profile import Profile, read_profile
from assets.study import Study, read_study_folder
from warehouse.database import open_warehouse


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
    _closed_days: Closed | None = pydantic.PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Reads what holds for a whole run, of which these settings are a copy."""
        self._closed_days = self.closed_days()

    def home_folder(self) -> Home:
        """The home folder, bound to the profile's kind of data. Raises HomeError."""
        home = Home(Path(self.home))
        profile = self.read_profile()
        home.assign_profile(profile.profile, is_sample=profile.is_sample)
        return home

    def read_profile(self) -> Profile:
        """The profile. Raises TomlFileError."""
        return read_profile(Path(self.profiles), self.profile)

    def read_studies(self) -> list[Study]:
        """Every study that can be read, as it is on the profile's kind of data. Raises TomlFileError where none can."""
        is_sample = self.read_profile().is_sample
        return [study.on_data(is_sample=is_sample) for study in read_study_folder(Path(self.studies)).studies]

    def study_faults(self) -> dict[str, str]:
        """Why a study can't be read, by its file's name. Raises TomlFileError where none can be."""
        return read_study_folder(Path(self.studies)).faults

    def closed_days(self) -> Closed:
        """The days on which the exchange stayed closed, as the files of corrections state now; within a run as they
        stated when it began, so that all of its assets have the same sessions.
        """
        if self._closed_days is not None:
            return self._closed_days
        return stated_closed_days(Path(self.corrections) if self.corrections else None, self.drop_folder)

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
