"""A profile: which vendor serves which dataset, read from one TOML file; how far a dataset may lag, how much a
payload's size may change, and how often late data is asked for again.

Belongs here: the model of the file. Does not belong here: fetching (ingest/), comparing sizes (ingest/guards.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pydantic

from warehouse.toml_file import Strict, TomlFileError, read_toml

Dataset = Literal[
    "index_level", "holding", "membership", "security", "security_level", "revenue_geography",
    "fund", "fund_nav", "eps_estimate", "company", "policy_rate",
]  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One entry of a profile: which vendor serves which dataset, in which format, with which options."""

    vendor: str
    dataset: str
    format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    may_publish: bool = False
    optional: bool = False
    """Whether the vendor may say that it has no such thing: another source stands in, and nothing has failed."""
    awaits_session: bool = False
    """Whether its newest date is that of the newest session, so that the run asks again where it isn't yet."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """``keeps_at_least`` and ``grows_at_most``, as far as the profile states them (ingest/guards.py)."""

    @property
    def is_live(self) -> bool:
        """Whether a vendor is asked: ``files``, ``corrections`` and ``sample`` give what is there."""
        return self.vendor not in ("files", "corrections", "sample")


class SizeLimits(pydantic.BaseModel):
    """Shares of the size before, in rows and in bytes, between which a payload is taken (ingest/guards.py); 0 and
    ``inf`` take every size.
    """

    keeps_at_least: float | None = pydantic.Field(default=None, ge=0, le=1)
    grows_at_most: float | None = pydantic.Field(default=None, ge=1)
    withdraws_at_most: float | None = pydantic.Field(default=None, ge=0, le=1)

    def limits(self) -> dict[str, float]:
        """The shares that are stated, by name."""
        stated = {
            "keeps_at_least": self.keeps_at_least,
            "grows_at_most": self.grows_at_most,
            "withdraws_at_most": self.withdraws_at_most,
        }
        return {name: share for name, share in stated.items() if share is not None}


class Completeness(pydantic.BaseModel):
    """What an entry says of how much its payloads are the whole truth of (assets/ingest/payload.py)."""

    complete: bool | None = pydantic.Field(default=None, strict=True)

    @pydantic.model_validator(mode="after")
    def _complete_can_be(self) -> Completeness:
        said = {**(self.model_extra or {}), "keeps_at_least": getattr(self, "keeps_at_least", None)}
        if self.complete and said.get("page_of") is True:
            raise ValueError("complete = true and page_of = true exclude each other: one page of several is a part")
        if self.complete and said["keeps_at_least"] == 0:
            raise ValueError(
                "complete = true and keeps_at_least = 0 exclude each other: what a vendor of news leaves out "
                "still holds; leave one of them out"
            )
        return self

    def completeness(self) -> dict[str, bool]:
        """What it says, as an option of its payloads."""
        return {} if self.complete is None else {"complete": self.complete}


class DatasetLimits(SizeLimits, Strict):
    """One [limits.<dataset>]: what holds for its sources that state nothing themselves."""


class Late(Strict):
    """How often a source with ``awaits`` is asked again in one run, and after how long.

    A run ends within an hour, and the next tick tries again: both numbers are small.
    """

    tries: int = pydantic.Field(default=2, ge=0, le=4)
    wait_minutes: float = pydantic.Field(default=5, ge=0, le=10)


class SourceEntry(SizeLimits, Completeness):
    """One [[source]]: a vendor, a dataset, and options; keys not named here go to the vendor as they are.

    ``optional``: the vendor may say that it has no such thing; another source or series stands in then.
    ``awaits = "session"``: its newest date is the newest session's, and it is asked again while it isn't.
    """

    model_config = pydantic.ConfigDict(extra="allow", frozen=True)

    vendor: str
    dataset: Dataset
    format: str | None = None
    licence: str = ""
    may_publish: bool = False
    optional: bool = False
    awaits: Literal["session"] | None = None

    @pydantic.model_validator(mode="after")
    def _awaits_what_has_sessions(self) -> SourceEntry:
        if self.awaits and self.dataset != "index_level":
            raise ValueError(f"only index_level is dated by session: {self.dataset} can't be awaited")
        return self

    def as_source(self, limits: DatasetLimits) -> Source:
        """The entry in the words of the vendors; ``limits`` are those of its dataset."""
        return Source(
            vendor=self.vendor,
            dataset=self.dataset,
            format=self.format,
            options={**(self.model_extra or {}), **self.completeness()},
            licence=self.licence,
            may_publish=self.may_publish,
            optional=self.optional,
            awaits_session=self.awaits == "session",
            limits=limits.limits() | self.limits(),
        )


class Profile(Strict):
    """Which vendor serves which dataset. ``lag``: how far behind the as-of date a dataset's newest date may be;
    ``limits``: how much a payload's size may change; ``late``: how often data is asked for again.
    """

    profile: str
    description: str
    is_sample: bool = False
    lag: dict[Dataset, str] = pydantic.Field(default_factory=dict)
    limits: dict[Dataset, DatasetLimits] = pydantic.Field(default_factory=dict)
    late: Late = Late()
    source: tuple[SourceEntry, ...] = pydantic.Field(min_length=1)

    @pydantic.field_validator("lag")
    @classmethod
    def _lags_are_lengths(cls, lag: dict[str, Any]) -> dict[str, Any]:
        for length in lag.values():
            check_length(length)
        return lag

    def sources(self, dataset: str) -> list[Source]:
        """The sources of one dataset, in the order of the file."""
        entries = [entry for entry in self.source if entry.dataset == dataset]
        return [entry.as_source(self.limits.get(entry.dataset, DatasetLimits())) for entry in entries]

    @property
    def needs_drop(self) -> bool:
        """Whether a drop folder has to be named."""
        return any(entry.vendor == "files" for entry in self.source)


def check_length(length: str) -> None:
    """A length of time as `3 days`, `6 months`; raises ValueError."""
    number, _, unit = length.partition(" ")
    if not number.isdigit() or unit.rstrip("s") not in ("day", "month", "year"):
        raise ValueError(f"a lag is a number of days, months or years, like '6 months' (found {length!r})")


def read_profile(folder: Path, name: str) -> Profile:
    """The profile of that name. Raises TomlFileError, which names the ones that exist."""
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml")))
        raise TomlFileError(f"{path}: no such profile; there are: {known}")
    profile = read_toml(path, Profile)
    if profile.profile != name:
        raise TomlFileError(f"{path}: profile: must be the file's name, {name!r} (found {profile.profile!r})")
    return profile
