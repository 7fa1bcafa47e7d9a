"""A profile: which vendor serves which dataset, read from one TOML file; and how far a dataset may lag.

Belongs here: the model of the file, and the lags. Does not belong here: fetching (ingest/).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pydantic

from assets.ingest.payload import Source
from warehouse.toml_file import Strict, TomlFileError, read_toml

Dataset = Literal[
    "index_level", "holding", "membership", "security", "security_level", "revenue_geography",
    "fund", "fund_nav", "eps_estimate", "company", "policy_rate",
]  # fmt: skip


class SourceEntry(pydantic.BaseModel):
    """One [[source]]: a vendor, a dataset, and options; keys not named here go to the vendor as they are.

    ``optional``: the vendor may say that it has no such thing; another source or series stands in then.
    """

    model_config = pydantic.ConfigDict(extra="allow", frozen=True)

    vendor: str
    dataset: Dataset
    format: str | None = None
    licence: str = ""
    may_publish: bool = False
    optional: bool = False

    def as_source(self) -> Source:
        """The entry in the words of the vendors."""
        return Source(
            vendor=self.vendor,
            dataset=self.dataset,
            format=self.format,
            options=dict(self.model_extra or {}),
            licence=self.licence,
            may_publish=self.may_publish,
            optional=self.optional,
        )


class Profile(Strict):
    """Which vendor serves which dataset. ``lag``: how far behind the as-of date a dataset's newest date may be."""

    profile: str
    description: str
    is_sample: bool = False
    lag: dict[Dataset, str] = pydantic.Field(default_factory=dict)
    source: tuple[SourceEntry, ...] = pydantic.Field(min_length=1)

    @pydantic.field_validator("lag")
    @classmethod
    def _lags_are_lengths(cls, lag: dict[str, Any]) -> dict[str, Any]:
        for length in lag.values():
            check_length(length)
        return lag

    def sources(self, dataset: str) -> list[Source]:
        """The sources of one dataset, in the order of the file."""
        return [entry.as_source() for entry in self.source if entry.dataset == dataset]

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
