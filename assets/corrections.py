"""What people state of the data that the data can't say of itself, in TOML files, and what follows for the calendar.

Belongs here: the schema of these files, where they are, reading them, and the days on which the exchange stayed closed
although its calendar has a session. Does not belong here: loading them (ingest/vendors/corrections.py), applying what
they say (the macros of warehouse/contract.py), whether it still matches the data (checks/sql/correction_*.sql).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
import pydantic
from pydantic import Field

from assets.calendar import Closed
from assets.drop import DropError
from warehouse.contract import contracts
from warehouse.corrections import PRICES, VALUES
from warehouse.corrections import number_columns as columns_of_numbers
from warehouse.toml_file import Strict

DROP_FILE = "corrections.toml"
"""In the drop folder, beside drop.toml."""

PROJECT_FOLDER = "pipelines/corrections"
"""Those for every profile; a place in the project is named alike wherever the project stands."""

Day = Annotated[date, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]

STATED = ("dataset", "subject", "until", "column", "found", "value", "factor")
"""The keys that only some kinds have."""

NEEDS: dict[str, tuple[str, ...]] = {
    "real_move": ("dataset", "subject"),
    "split": ("dataset", "subject", "factor"),
    "closure": (),
    "wrong_value": ("dataset", "subject", "column", "found", "value"),
    "restatement": ("dataset", "subject"),
}
MAY_HAVE: dict[str, tuple[str, ...]] = {
    "real_move": ("until",),
    "split": (),
    "closure": ("until",),
    "wrong_value": (),
    "restatement": ("until",),
}
LONGEST = {"closure": 31, "real_move": 31}
"""Days that one statement may span: a slip in a year must not take the calendar away (the longest closure since 1914
was of nine days, in March 1933), nor switch the checks of jumps off for good.
"""

SEEN = ("real_move", "restatement", "wrong_value")
"""Kinds that speak of what the data shows, and so of no day to come."""

SPLITS = tuple(table.removeprefix("core.") for table in PRICES)
"""The datasets of which a split can be stated: those of prices a unit."""


class Correction(Strict):
    """One ``[[correction]]``: what is stated, why, where that can be read, who says so and since when.

    ``found``: the wrong value as core has it. ``factor``: units after a split for each one before.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    kind: Literal["real_move", "split", "closure", "wrong_value", "restatement"]
    dataset: str | None = None
    subject: Text | None = None
    date: Day
    until: Day | None = None
    column: Text | None = None
    found: Number | None = None
    value: Number | None = None
    factor: Annotated[Number, Field(gt=0)] | None = None
    reason: Text
    source: Text
    by: Text
    since: Day

    @pydantic.field_validator("dataset")
    @classmethod
    def _dataset_is_known(cls, dataset: str | None) -> str | None:
        known = correctable_datasets()
        if dataset is not None and dataset not in known:
            raise ValueError(f"must be one of {', '.join(known)} (found {dataset!r})")
        return dataset

    @pydantic.model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Correction:
        needed, possible = NEEDS[self.kind], (*NEEDS[self.kind], *MAY_HAVE[self.kind])
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a {self.kind} needs {', '.join(needed)} (missing: {', '.join(missing)})")
        foreign = [name for name in STATED if name not in possible and getattr(self, name) is not None]
        if foreign:
            stated = ", ".join(f"{name} = {getattr(self, name)}" for name in foreign)
            raise ValueError(f"a {self.kind} has none of {', '.join(foreign)} (found {stated})")
        if self.until is not None and self.until < self.date:
            raise ValueError(f"until lies before date (found {self.until}, date is {self.date})")
        last = self.until or self.date
        if self.kind in LONGEST and (last - self.date).days >= LONGEST[self.kind]:
            raise ValueError(
                f"a {self.kind} is of at most {LONGEST[self.kind]} days (found {self.date} to {self.until}); "
                "state each by itself"
            )
        if self.kind in SEEN and last > self.since:
            raise ValueError(f"nobody can know of {last} on {self.since}, the day of since: end it there")
        if self.kind == "split":
            self._check_split()
        if self.kind == "wrong_value":
            self._check_wrong_value()
        return self

    def _check_split(self) -> None:
        if self.dataset not in SPLITS:
            raise ValueError(f"a split is of {', '.join(SPLITS)} (found dataset = {self.dataset})")
        if self.factor == 1:
            raise ValueError("factor is 1: that is no split")

    def _check_wrong_value(self) -> None:
        known = number_columns(str(self.dataset))
        if not known:
            named = ", ".join(table.removeprefix("core.") for table in VALUES)
            raise ValueError(f"a wrong_value is of {named}; else correct the file (found dataset = {self.dataset})")
        if self.column not in known:
            raise ValueError(f"column must be one of {', '.join(known)} for {self.dataset} (found {self.column})")
        if self.found == self.value:
            raise ValueError(f"found and value are the same (found {self.value})")

    def as_row(self, stated_in: str) -> dict[str, Any]:
        """The row of core.correction."""
        entry = self.model_dump()
        renamed = {"id": "correction_id", "column": "column_name", "by": "stated_by", "since": "stated_on"}
        return {"stated_in": stated_in} | {renamed.get(name, name): value for name, value in entry.items()}


def correctable_datasets() -> list[str]:
    """The datasets that a correction may speak of: every one with a core table but its own."""
    return sorted(contract.name for contract in contracts().values() if contract.is_correctable)


def number_columns(dataset: str) -> list[str]:
    """The columns of a dataset whose values can be put right: its numbers, where figures read them one by one."""
    return columns_of_numbers(contracts()[f"core.{dataset}"])


class CorrectionsError(ValueError):
    """A file of corrections that can't be used: file, entry, key, value."""


def correction_files(project: Path | None, drop: Path | None) -> dict[str, Path]:
    """The files by the name under which they state things. Raises DropError for a drop folder that is not there."""
    files: dict[str, Path] = {}
    if project is not None:
        files |= {f"{PROJECT_FOLDER}/{path.name}": path for path in sorted(project.glob("*.toml"))}
    if drop is not None:
        if not drop.is_dir():
            raise DropError(f"drop folder {drop} does not exist; create it or name another one")
        path = drop / DROP_FILE
        if path.exists() or path.is_symlink():
            files[DROP_FILE] = path
    return files


def read_entries(content: bytes, name: str) -> list[Correction]:
    """The entries of a file. Raises CorrectionsError, which names the file, each entry at fault, key and value."""
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorrectionsError(f"{name}: not TOML in UTF-8: {error}") from None
    stated = document.pop("correction", [])
    if document:
        raise CorrectionsError(f"{name}: has only [[correction]] entries (found {', '.join(document)})")
    if not isinstance(stated, list) or not all(isinstance(entry, dict) for entry in stated):
        raise CorrectionsError(f"{name}: begin each entry with [[correction]], in two pairs of brackets")
    entries, faults = [], []
    for number, entry in enumerate(stated, 1):
        try:
            entries.append(Correction.model_validate(entry))
        except pydantic.ValidationError as error:
            faults += [f"{name}: entry {number} ({entry.get('id', 'no id')}): {fault}" for fault in _faults(error)]
    faults += _stated_twice(name, entries)
    if faults:
        raise CorrectionsError("; ".join(faults))
    return entries


def _faults(error: pydantic.ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        what = fault["msg"].removeprefix("Value error, ")
        value = "" if fault["type"] in ("missing", "value_error") else f" (found {fault['input']!r})"
        yield f"{key}: {what}{value}" if key else what


def _stated_twice(name: str, entries: list[Correction]) -> list[str]:
    """Two entries of one name, or two right values or factors for one day."""
    faults: list[str] = []
    by_id: set[str] = set()
    by_target: dict[tuple[Any, ...], str] = {}
    for entry in entries:
        if entry.id in by_id:
            faults.append(f"{name}: two entries have the id {entry.id}")
        by_id.add(entry.id)
        target = (entry.kind, entry.dataset, entry.subject, entry.date, entry.column)
        if entry.kind in ("wrong_value", "split") and target in by_target:
            faults.append(f"{name}: {by_target[target]} and {entry.id} state the same {entry.kind} of {entry.date}")
        by_target[target] = entry.id
    return faults


def known_closed_days(connection: duckdb.DuckDBPyConnection, known_at: datetime) -> Closed:
    """The days that were stated by a time (naive UTC): what figures and checks reckon with."""
    stated = connection.execute(
        "SELECT date, until FROM core.correction_as_known(?) WHERE kind = 'closure'", [known_at]
    ).fetchall()
    return _days(stated)


def stated_closed_days(project: Path | None, drop: Path | None) -> Closed:
    """The days that the files state now: for what is decided before a run has read them. A file that can't be read says
    nothing here; the run refuses it.
    """
    return _days((entry.date, entry.until) for entry in _entries(project, drop) if entry.kind == "closure")


def _entries(project: Path | None, drop: Path | None) -> Iterator[Correction]:
    try:
        files = correction_files(project, drop)
    except DropError:
        return
    for name, path in files.items():
        try:
            yield from read_entries(path.read_bytes(), name)
        except (OSError, CorrectionsError):
            continue


def _days(spans: Iterable[tuple[date, date | None]]) -> Closed:
    return frozenset(
        first + timedelta(days=offset) for first, last in spans for offset in range(((last or first) - first).days + 1)
    )
