"""A study: one research note kept alive, read from one TOML file.

Belongs here: the study as a whole, its events and claims, plain look-ups, and reading a folder of studies. Does not
belong here: any computation of a figure, and any knowledge of a particular study.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import pydantic

from assets.study.figures import Figures, Period
from assets.study.series import CrossChecks, Index, Language, Text, refuse_other_sides
from warehouse.toml_file import Strict, TomlFileError, read_toml

EVENT_AHEAD_DAYS = 92
"""How far ahead a scheduled event is named: authorities publish the dates of a quarter, and a note of long ago must not
tell of a meeting years later.
"""


class Event(Strict):
    """Something that happened, or is due to: a day, or a range of days. ``scheduled``: known before it happens."""

    id: str
    start: date
    end: date | None = None
    label: Text
    source: str
    scheduled: bool = False

    @pydantic.model_validator(mode="after")
    def _ends_after_its_start(self) -> Event:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"event {self.id} ends on {self.end}, before it starts on {self.start}")
        return self


class Claim(Strict):
    """A sentence of the note that data can test.

    ``evidence`` is SQL on the readers' database whose last column is the value; in braces stand ``{here}`` (study,
    session and revision as a condition), ``{session}`` as a date, and the words of ``each``. ``holds`` is a condition
    on the evidence's columns and ``threshold``. ``figures`` have to be published for it. ``text`` has the evidence's
    columns in braces, with Python's formats: ``{value:+.1%}`` prints a fraction in percent, ``{value:+.1p}`` a
    difference of fractions in points. ``each`` makes a variant for every combination. ``untestable`` says why there is
    no evidence.
    ``since``: the first day of which the sentence can speak; before it the claim has no verdict, and nobody is told.
    ``unit``: of value and threshold, as the page prints them. ``datasets``: those that the evidence reads itself,
    beside its figures.
    """

    id: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    variant: str = ""
    figures: tuple[str, ...] = ()
    text: Text
    evidence: str | None = None
    holds: str = "value > threshold"
    threshold: float | None = None
    unit: Literal["percent", "points", "number"] = "number"
    each: dict[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)
    untestable: Text | None = None
    since: date | None = None
    datasets: tuple[str, ...] = ()

    @pydantic.model_validator(mode="after")
    def _has_evidence_or_a_reason(self) -> Claim:
        if (self.evidence is None) == (self.untestable is None):
            raise ValueError(f"claim {self.id} needs either evidence or untestable, the reason why there is none")
        return self

    @pydantic.model_validator(mode="after")
    def _prints_no_difference_in_percent(self) -> Claim:
        percent = re.search(r"\{value:[^}]*%\}", f"{self.text.ja} {self.text.en}")
        if percent and self.unit == "points":
            raise ValueError(
                f"claim {self.id} is in points and prints its value as a percentage ({percent[0]}): {{value:+.1p}}"
            )
        return self

    def is_due(self, session: date) -> bool:
        """Whether the sentence speaks of nothing that comes after the session."""
        return self.since is None or self.since <= session


class Study(Strict):
    """One research note kept alive."""

    study: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    languages: tuple[Language, ...] = ("ja", "en")
    release_policy: Literal["each", "all"] = "each"
    index: tuple[Index, ...] = pydantic.Field(min_length=2)
    period_label: dict[Period, Text] = pydantic.Field(default_factory=dict)
    figure: Figures
    event: tuple[Event, ...] = ()
    claim: tuple[Claim, ...] = ()
    cross_check: CrossChecks = CrossChecks()
    note: dict[Language, str] = pydantic.Field(default_factory=dict)
    """The desk's copy, a template a language. The file names templates beside it; ``read_studies`` puts their text
    here, so that it is part of the version.
    """

    @pydantic.model_validator(mode="after")
    def _ids_are_unique(self) -> Study:
        ids = [index.id for index in self.index]
        if len(set(ids)) < len(ids):
            raise ValueError(f"index ids are not unique: {', '.join(ids)}")
        for what, named in (("events", self.event), ("claims", self.claim)):
            keys = [(item.id, getattr(item, "variant", "")) for item in named]
            if len(set(keys)) < len(keys):
                raise ValueError(f"{what} are not unique: {', '.join(' '.join(key).strip() for key in keys)}")
        index_of: dict[str, str] = {}
        for index in self.index:
            series_ids = [series.id for series in index.series]
            if len(set(series_ids)) < len(series_ids):
                raise ValueError(f"series of {index.id} are not unique: {', '.join(series_ids)}")
            for series_id in series_ids:
                if series_id in index_of:
                    raise ValueError(f"series {series_id} serves both {index_of[series_id]} and {index.id}")
                index_of[series_id] = index.id
        return self

    def next_event(self, session: date) -> Event | None:
        """The next scheduled event after the session, if it is near enough to be named."""
        near = session + timedelta(days=EVENT_AHEAD_DAYS)
        coming = [event for event in self.event if event.scheduled and session < event.start <= near]
        return min(coming, key=lambda event: event.start, default=None)

    @pydantic.model_validator(mode="after")
    def _one_index_a_side(self) -> Study:
        refuse_other_sides("index", [(index.id, index.size) for index in self.index])
        return self

    @pydantic.model_validator(mode="after")
    def _one_frequency(self) -> Study:
        frequencies = {series.frequency for index in self.index for series in index.series}
        if len(frequencies) > 1:
            raise ValueError("series of one study are compared day by day: all of them daily, or all of them monthly")
        periods = self.figure.size_return.periods if self.figure.size_return else ()
        short = [period for period in periods if period in ("1D", "1W")]
        if self.is_monthly and short:
            raise ValueError(f"monthly series have no periods below a month: {', '.join(short)}")
        return self

    @pydantic.model_validator(mode="after")
    def _sides_are_indices(self) -> Study:
        sides = self.figure.constituent_return.side if self.figure.constituent_return else ()
        unknown = [side.index for side in sides if side.index not in {index.id for index in self.index}]
        if unknown:
            raise ValueError(f"figure.constituent_return.side names indices that do not exist: {', '.join(unknown)}")
        if sides:
            sizes = {index.id: index.size for index in self.index}
            refuse_other_sides("figure.constituent_return.side", [(side.index, sizes[side.index]) for side in sides])
        return self

    @pydantic.model_validator(mode="after")
    def _claims_stand_on_its_figures(self) -> Study:
        for claim in self.claim:
            unknown = [name for name in claim.figures if name not in self.figure_names()]
            if unknown:
                raise ValueError(f"claim {claim.id} needs figures that the study has not: {', '.join(unknown)}")
        return self

    @pydantic.model_validator(mode="after")
    def _drawn_periods_are_named(self) -> Study:
        drawn = self.figure.size_return.headline_periods if self.figure.size_return else ()
        unnamed = [period for period in drawn if period not in self.period_label]
        if unnamed:
            raise ValueError(f"period_label lacks a name for the headline periods {', '.join(unnamed)}")
        return self

    @cached_property
    def version(self) -> str:
        """A digest of everything the file says: it changes when the study does, and with nothing else."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    @property
    def is_monthly(self) -> bool:
        """Whether its series have one level a month, dated by the month's last session."""
        return any(series.frequency == "monthly" for index in self.index for series in index.series)

    def on_data(self, *, is_sample: bool) -> Study:
        """The study with the funds that its data has: invented ones on sample data, real ones on real data."""
        ranking = self.figure.fund_ranking
        if ranking is None:
            return self
        funds = tuple(fund for fund in ranking.fund if fund.is_sample == is_sample)
        figure = self.figure.model_copy(update={"fund_ranking": ranking.model_copy(update={"fund": funds})})
        return self.model_copy(update={"figure": figure})

    def figure_names(self) -> list[str]:
        """The figures of the study, in their order."""
        return self.figure.names

    def subject_name(self, subject: str) -> str:
        """How a reader knows a fund of the reviewed list; the id itself for anything else."""
        funds = self.figure.fund_ranking.fund if self.figure.fund_ranking else ()
        return next((f"{fund.name} ({fund.isin})" for fund in funds if fund.isin == subject), subject)

    def series_label(self, series_id: str, language: Language) -> str:
        """How a source line names a series."""
        for index in self.index:
            for series in index.series:
                if series.id == series_id:
                    return series.label[language]
        return series_id


class StudyFolder(NamedTuple):
    """The studies of a folder that can be read, and for each of the others, by its file's name, why it can't be."""

    studies: list[Study]
    faults: dict[str, str]


def read_studies(folder: Path) -> list[Study]:
    """Every study of a folder that can be read, by file name: a fault in one does not touch the others.

    Raises TomlFileError where there is none.
    """
    return read_study_folder(folder).studies


def read_study_folder(folder: Path) -> StudyFolder:
    """Every study of a folder, and why the others can't be read. Raises TomlFileError where no study can."""
    read = StudyFolder([], {})
    for path in sorted(folder.glob("*.toml")):
        try:
            read.studies.append(_read_study(path))
        except TomlFileError as error:
            read.faults[path.stem] = str(error)
    if not read.studies:
        raise TomlFileError("\n".join(read.faults.values()) or f"{folder}: no study (*.toml) in this folder")
    return read


def _read_study(path: Path) -> Study:
    study = read_toml(path, Study)
    if study.study != path.stem:
        raise TomlFileError(f"{path}: study: must be the file's name, {path.stem!r} (found {study.study!r})")
    return study.model_copy(update={"note": _templates(path, study)}) if study.note else study


def _templates(path: Path, study: Study) -> dict[Language, str]:
    templates: dict[Language, str] = {}
    for language, name in study.note.items():
        if language not in study.languages:
            raise TomlFileError(f"{path}: note.{language}: the study is not told in this language")
        try:
            templates[language] = (path.parent / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TomlFileError(f"{path}: note.{language}: {name!r} can't be read: {error}") from None
    return templates
