"""The drop folder: its drop.toml says what each file is, and which dataset it answers.

Belongs here: the schema of drop.toml, which file answers which dataset. Does not belong here: reading a file's bytes
(ingest/vendors/files.py), parsing (each format's module), what people state in corrections.toml (corrections.py).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from assets.profile import Completeness, Dataset, Profile, SizeLimits, check_length
from warehouse.toml_file import Strict, TomlFileError, read_toml


class DropError(ValueError):
    """A drop folder that can't be used: which file, and what to do."""


DROP_FILE = "drop.toml"
OWN_FILES = (DROP_FILE, "corrections.toml")
"""Files of the folder that are no data: no entry names them (corrections.py reads the second)."""


def _inside(pattern: str) -> str:
    parts = PurePosixPath(pattern).parts
    if not parts or pattern.startswith(("/", "~")) or ".." in parts or "\\" in pattern or ":" in parts[0]:
        raise ValueError(f"{pattern!r} must be a path inside the drop folder, with / between its parts")
    return pattern


def _length(text: str) -> str:
    check_length(text)
    return text


Glob = Annotated[str, AfterValidator(_inside)]
Lag = Annotated[str, AfterValidator(_length)]


class Entry(SizeLimits, Completeness):
    """One ``[[file]]``: what the files of a glob are. Keys not named here go to the parser as options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    path: Glob
    dataset: Dataset
    format: str = Field(min_length=1)
    vendor: str = Field(default="files", pattern=r"^[a-z][a-z0-9_]*$")
    licence: str = ""
    may_publish: bool = False
    as_of: date | None = None
    series_id: str | None = Field(default=None, min_length=1)
    series_from: Literal["filename", "columns"] | None = None

    @model_validator(mode="after")
    def _one_series_id(self) -> Entry:
        if self.series_id and self.series_from:
            raise ValueError("series_id and series_from exclude each other")
        return self

    def options_for(self, file: Path) -> dict[str, Any]:
        """What the parser needs to know of one file; plain JSON values only."""
        options = {key: _as_json(value) for key, value in (self.model_extra or {}).items()}
        options |= {"dataset": self.dataset, "file_name": file.name, **self.limits(), **self.completeness()}
        if self.as_of:
            options["as_of"] = self.as_of.isoformat()
        series_id = file.stem if self.series_from == "filename" else self.series_id
        return options | ({"series_id": series_id} if series_id else {})


class Drop(Strict):
    """The whole drop.toml. ``lag``: how far a dataset may end before the as-of date, as "6 months"."""

    ignore: tuple[Glob, ...] = ()
    lag: dict[Dataset, Lag] = Field(default_factory=dict)
    file: tuple[Entry, ...] = ()


def read_drop(folder: Path) -> Drop:
    """The drop.toml of a folder. Raises DropError that names the file, the key and the reason."""
    path = folder / DROP_FILE
    if not folder.is_dir():
        raise DropError(f"drop folder {folder} does not exist; create it or name another one")
    if not path.is_file():
        raise DropError(f"{path} does not exist; write one [[file]] entry for each kind of file in the folder")
    try:
        return read_toml(path, Drop)
    except TomlFileError as error:
        raise DropError(str(error)) from error


def served_datasets(folder: Path, drop: Drop) -> set[str]:
    """The datasets that at least one file answers. Raises DropError for a link out of the folder."""
    ignored = _ignored(folder, drop)
    return {entry.dataset for entry in drop.file if _files(folder, entry.path) - ignored}


def lags(profile: Profile, folder: Path | None) -> dict[str, str]:
    """How far each dataset may lag behind the as-of date, like `6 months`; what the drop folder says comes first.

    A drop folder that can't be read says nothing here; ingest reports it.
    """
    stated: dict[str, str] = dict(profile.lag.items())
    if profile.needs_drop and folder:
        with suppress(DropError):
            stated.update(read_drop(folder).lag.items())
    return stated


def served_by(profile: Profile, folder: Path | None) -> set[str]:
    """The datasets that the profile, or for `files` the drop folder, has a source for.

    A folder that can't be read has failed: its datasets are not unserved.
    """
    served: set[str] = {entry.dataset for entry in profile.source if entry.vendor != "files"}
    dropped: set[str] = {entry.dataset for entry in profile.source if entry.vendor == "files"}
    if dropped and folder:
        with suppress(DropError):
            dropped &= served_datasets(folder, read_drop(folder))
    return served | dropped


def unclaimed_files(folder: Path, drop: Drop) -> list[str]:
    """Files that no entry names and no glob ignores: paths inside the folder, sorted; not drop.toml and
    corrections.toml.
    """
    known = {folder / name for name in OWN_FILES} | _ignored(folder, drop)
    known |= {file for entry in drop.file for file in _matches(folder, entry.path)}
    present = {path for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
    return sorted(path.relative_to(folder).as_posix() for path in present - known)


def files_of(folder: Path, drop: Drop, dataset: str) -> list[tuple[Entry, Path]]:
    """The files of a dataset, each with its entry, in the order of the entries. Raises DropError for a file that two
    entries claim, and for a link out of the folder.
    """
    ignored = _ignored(folder, drop)
    owner: dict[Path, Entry] = {}
    for entry in drop.file:
        if entry.dataset != dataset:
            continue
        for file in sorted(_files(folder, entry.path) - ignored):
            if file in owner:
                raise DropError(
                    f"{folder / DROP_FILE}: {file.relative_to(folder).as_posix()} is claimed twice "
                    f"for {dataset}: by path {owner[file].path!r} and by path {entry.path!r}"
                )
            owner[file] = entry
    return [(entry, file) for file, entry in owner.items()]


def _ignored(folder: Path, drop: Drop) -> set[Path]:
    return {file for pattern in drop.ignore for file in _matches(folder, pattern)}


def _matches(folder: Path, pattern: str) -> set[Path]:
    return {path for path in folder.glob(pattern) if path.is_symlink() or path.is_file()}


def _files(folder: Path, pattern: str) -> set[Path]:
    """Files of a glob; a link out of the folder is refused, so that a drop can't publish other files."""
    home = folder.resolve()
    files = _matches(folder, pattern) - {folder / name for name in OWN_FILES}
    for file in files:
        if not file.resolve().is_relative_to(home):
            raise DropError(f"{file} leads out of the drop folder; put a copy into the folder instead")
        if not file.is_file():
            raise DropError(f"{file} leads to no file")
    return files


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | datetime | time) else value
