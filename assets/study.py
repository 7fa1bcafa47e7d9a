"""A study: one research note kept alive, read from one TOML file.

Belongs here: the model of the file and plain look-ups on it. Does not belong here: any computation of a
figure, and any knowledge of a particular study.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import pydantic

from assets.profile import check_length
from warehouse.toml_file import Strict, TomlFileError, read_toml

Size = Literal["small", "large"]
Language = Literal["ja", "en"]
BaseRule = Literal["prev", "next", "month_end"]
ReturnBasis = Literal["gross", "net", "price", "adjusted_close"]
Period = Literal["1D", "1W", "1M", "3M", "6M", "YTD", "1Y", "3Y", "5Y", "10Y", "20Y", "30Y"]
AsOfRule = Literal["session", "previous_session", "last_complete_month"]


def refuse_other_sides(where: str, sides: Sequence[tuple[str, Size]]) -> None:
    """Raises ValueError unless the (index, size) pairs are one small and one large: that is what a study compares, and
    what its figures draw.
    """
    if sorted(size for _, size in sides) != ["large", "small"]:
        found = ", ".join(f"{index} ({size})" for index, size in sides)
        raise ValueError(f"{where}: a study compares one small and one large index (found {found})")


class Text(Strict):
    """A text in both languages."""

    ja: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.ja if language == "ja" else self.en


TOTAL_RETURN_WORDS = ("total return", "トータルリターン", "総収益", "配当込み")


class Series(Strict):
    """A series that may be used for an index; ``label`` names it in the source line.

    ``monthly``: one level a month, dated by the month's last session; all series of a study are, or none.
    """

    id: str
    label: Text
    provider: str
    return_basis: ReturnBasis
    currency: str
    is_proxy: bool = False
    frequency: Literal["daily", "monthly"] = "daily"

    @pydantic.model_validator(mode="after")
    def _label_says_what_it_is(self) -> Series:
        said = f"{self.label.ja} {self.label.en}".lower()
        words = next((words for words in TOTAL_RETURN_WORDS if words in said), None)
        if self.return_basis == "price" and words:
            raise ValueError(f"series {self.id} has return_basis price, and its label says {words!r}")
        return self


class Index(Strict):
    """An index that is compared, with its series in the order in which they are preferred and spliced."""

    id: str
    size: Size
    label: Text
    series: tuple[Series, ...] = pydantic.Field(min_length=1)


class Numbered(Strict):
    """A figure of the note: its number, title and unit as they are printed, and how it is made in a few words."""

    number: int
    title: Text
    unit: Text
    how: Text | None = None


class SizeReturn(Numbered):
    """Figure 1: which windows are made, and which of them are drawn."""

    as_of: AsOfRule = "session"
    base_rule: BaseRule = "prev"
    periods: tuple[Period, ...]
    headline_periods: tuple[Period, ...]

    @pydantic.model_validator(mode="after")
    def _headline_is_made(self) -> SizeReturn:
        unknown = [period for period in self.headline_periods if period not in self.periods]
        if unknown:
            raise ValueError(f"headline_periods has periods that are not in periods: {', '.join(unknown)}")
        return self


class LongRun(Numbered):
    """Figure 2: how many years the lines go back.

    ``ratio_until``: small against large is followed from the base to that day; to the end where it is absent.
    """

    as_of: AsOfRule = "session"
    years: int = pydantic.Field(ge=1, le=90)
    ratio_until: date | None = None


class EventReturn(Strict):
    """Returns since the study's events: numbers beside figure 2."""

    title: Text = Text(ja="出来事の前後のリターン", en="Returns since events")
    how: Text | None = None
    as_of: AsOfRule = "session"


class MemberList(Strict):
    """A list of an index's members (core.membership): the index's own, or one that stands in for it."""

    series_id: str
    label: Text
    is_stand_in: bool = False


class Side(Strict):
    """One index of figure 4: its lists of members in order of preference.

    ``rest`` names the stand-in where no list has members on the day: every other security with a level. ``members``
    may then be empty. ``band``: the number of members that is expected.
    """

    index: str
    members: tuple[MemberList, ...] = ()
    rest: Text | None = None
    band: tuple[int, int] | None = None


class ConstituentReturn(Numbered):
    """Figure 4: how the members of long ago are followed, and which definition is drawn. ``min_members``: below this
    share of a list's members with a level on the first day there is no figure. ``return_basis``: what the levels must
    contain, and what the picture then says: total return (gross, net or a dividend-adjusted close), or price alone.
    """

    as_of: AsOfRule = "last_complete_month"
    years: int = pydantic.Field(default=30, ge=1, le=90)
    trim_share: float = pydantic.Field(default=0.01, ge=0, lt=0.5)
    min_coverage: float = pydantic.Field(default=0.8, gt=0, le=1)
    min_members: float = pydantic.Field(default=0, ge=0, le=1)
    cash_rate: float = pydantic.Field(default=0.0, gt=-1)
    availability: Literal["survivors", "terminal_cash", "acquirer_chain"] = "survivors"
    grouping: Literal["half", "mean_split", "tercile", "quartile", "quintile", "decile"] = "half"
    measure: Literal["cumulative", "annualised"] = "cumulative"
    rounding: Literal["floor", "half_up", "ceil"] = "floor"
    return_basis: Literal["total", "price"] = "total"
    survivors_note: Text
    side: tuple[Side, ...] = pydantic.Field(min_length=2)


class RevenueSide(Strict):
    """One index of figure 3: its lists of members (core.holding) in order of preference.

    ``band``: the number of companies that is expected.
    """

    index: str
    size: Size
    label: Text
    members: tuple[MemberList, ...] = pydantic.Field(min_length=1)
    band: tuple[int, int] | None = None


class DomesticRevenueShare(Numbered):
    """Figure 3: from which share of its revenue on a company counts as one that earns at home.

    ``thresholds`` are all that are made, ``threshold`` the one that is drawn. ``revenue_source`` is what the source
    line calls the figures of revenue. ``min_coverage``: below this share of
    the members with a figure there is no share. ``members_within``: how old a list of members may be at most.
    ``fiscal_years_back``: a fiscal year counts that ends in the session's year or so many before it.
    """

    as_of: AsOfRule = "previous_session"
    revenue_source: Text
    threshold: Decimal = pydantic.Field(default=Decimal("0.8"), ge=0, le=1)
    thresholds: tuple[Decimal, ...]
    method: Literal["reported", "reported_or_implied"] = "reported"
    min_coverage: Decimal = pydantic.Field(default=Decimal("0.3"), ge=0, le=1)
    members_within: str = "6 months"
    fiscal_years_back: int = pydantic.Field(default=1, ge=0)
    side: tuple[RevenueSide, ...] = pydantic.Field(min_length=2)

    @pydantic.field_validator("members_within")
    @classmethod
    def _is_a_length(cls, length: str) -> str:
        check_length(length)
        return length

    @pydantic.model_validator(mode="after")
    def _one_index_a_side(self) -> DomesticRevenueShare:
        refuse_other_sides("figure.domestic_revenue_share.side", [(side.index, side.size) for side in self.side])
        return self

    @pydantic.model_validator(mode="after")
    def _threshold_is_made(self) -> DomesticRevenueShare:
        if self.threshold not in self.thresholds:
            raise ValueError(f"threshold {self.threshold} is not in thresholds: {', '.join(map(str, self.thresholds))}")
        if any(not 0 <= threshold <= 1 for threshold in self.thresholds):
            raise ValueError("thresholds are fractions from 0 to 1")
        return self


class Fund(Strict):
    """A fund of figure 5's reviewed list.

    ``sold_since``: the first day on which the house sells it, absent for one that was reviewed and is not sold;
    ``sold_until``: the first day on which it no longer does. ``is_sample``: of the sample data, and of no other.
    """

    isin: str = pydantic.Field(pattern=r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$")
    name: str
    association_code: str | None = None
    style: Literal["active", "index"]
    hedged: bool = False
    sold_since: date | None = None
    sold_until: date | None = None
    is_sample: bool = False


class FundRanking(Numbered):
    """Figure 5: the reviewed list of funds, and how their returns are counted.

    ``return_rule`` is the one that is shown, ``printed_rule`` the one that the vendor follows. A fund whose name has
    all words of one of ``keywords`` has to be in the list; ``index_words`` tell funds that follow an index.
    """

    as_of: AsOfRule = "session"
    return_rule: Literal["prev", "month_end"] = "month_end"
    printed_rule: Literal["prev", "month_end"] = "month_end"
    source: Text
    keywords: tuple[tuple[str, ...], ...] = ()
    index_words: tuple[str, ...] = ()
    fund: tuple[Fund, ...] = pydantic.Field(min_length=1)

    @property
    def shown(self) -> list[Fund]:
        """The funds that the figure shows, whatever the day."""
        return [fund for fund in self.fund if fund.style == "active" and fund.sold_since]

    @pydantic.model_validator(mode="after")
    def _each_fund_once(self) -> FundRanking:
        isins = [fund.isin for fund in self.fund]
        if len(set(isins)) < len(isins):
            raise ValueError(f"funds are named twice: {', '.join(sorted({i for i in isins if isins.count(i) > 1}))}")
        return self


class EpsGrowth(Strict):
    """Growth of this year's earnings per share: a number of the text, without a chart.

    ``methods``: the first of them that an index has is the headline.
    """

    title: Text = Text(ja="1株当たり利益の成長率の見通し", en="Expected growth of earnings per share")
    how: Text | None = None
    as_of: AsOfRule = "session"
    methods: tuple[Literal["vendor_index", "ratio_of_sums", "profit_both_years", "median_growth"], ...] = (
        "vendor_index",
        "ratio_of_sums",
    )


class Figures(Strict):
    """The figures that the study has; one that is absent is not made."""

    size_return: SizeReturn | None = None
    long_run: LongRun | None = None
    domestic_revenue_share: DomesticRevenueShare | None = None
    constituent_return: ConstituentReturn | None = None
    fund_ranking: FundRanking | None = None
    event_return: EventReturn | None = None
    eps_growth: EpsGrowth | None = None

    @pydantic.model_validator(mode="after")
    def _numbers_are_unique(self) -> Figures:
        made = [getattr(self, name) for name in Figures.model_fields]
        numbers = [figure.number for figure in made if isinstance(figure, Numbered)]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"two figures have the same number: {', '.join(map(str, numbers))}")
        return self


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


class PriceGuard(Strict):
    """Total return less price return of a calendar year, in points: the usual band, and the floor that blocks."""

    total_return: str
    price: str
    band: tuple[float, float]
    floor: float
    years: tuple[int, int]


class FundPair(Strict):
    """A fund that follows an index: calendar years within ``within`` points, ``blocking_beyond`` fails.

    So does a mean of three years in a row beyond ``drift_beyond``: dividends are missing on one side.
    """

    fund: str
    index: str
    within: float = 0.5
    blocking_beyond: float = 3.0
    drift_beyond: float = 0.7


class PublishedReturn(Strict):
    """Calendar-year total returns of an index as its provider published them, in percent, by year."""

    index: str
    returns: dict[int, float]


class DailyDifference(Strict):
    """How far the moves of one day may lie apart, as fractions.

    ``sides``: small and large on a quiet day; ``per_unrest`` adds so much of the largest move of the last six days that
    every series made. ``same_index``: two series of one index.
    """

    sides: float = pydantic.Field(default=0.08, gt=0)
    per_unrest: float = pydantic.Field(default=0.8, ge=0)
    same_index: float = pydantic.Field(default=0.03, gt=0)


class WholeMarket(Strict):
    """An index of the whole market as a weighted sum of small and large."""

    whole: str
    small: str
    large: str
    weight_of_small: tuple[float, float]


class SizePremium(Strict):
    """Academic portfolios whose small less large should agree in sign in most calendar years."""

    small: str
    large: str
    academic_small: str
    academic_large: str


class PolicyRate(Strict):
    """What is known of a series of policy rates, as fractions: every rate is a multiple of ``step`` inside ``band``,
    and none is more than ``most`` from the one before.
    """

    series_id: str
    step: float = pydantic.Field(gt=0)
    band: tuple[float, float]
    most: float = pydantic.Field(gt=0)


class CrossChecks(Strict):
    """What other data says of the study's series; each applies where the data is there."""

    price_guard: tuple[PriceGuard, ...] = ()
    fund_pair: tuple[FundPair, ...] = ()
    whole_market: tuple[WholeMarket, ...] = ()
    size_premium: tuple[SizePremium, ...] = ()
    policy_rate: tuple[PolicyRate, ...] = ()
    published_return: tuple[PublishedReturn, ...] = ()
    daily_difference: DailyDifference = DailyDifference()


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
            keys = [(one.id, getattr(one, "variant", "")) for one in named]
            if len(set(keys)) < len(keys):
                raise ValueError(f"{what} are not unique: {', '.join(' '.join(key).strip() for key in keys)}")
        taken: dict[str, str] = {}
        for index in self.index:
            series = [one.id for one in index.series]
            if len(set(series)) < len(series):
                raise ValueError(f"series of {index.id} are not unique: {', '.join(series)}")
            for one in series:
                if one in taken:
                    raise ValueError(f"series {one} serves both {taken[one]} and {index.id}")
                taken[one] = index.id
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
        found = {series.frequency for index in self.index for series in index.series}
        if len(found) > 1:
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
        asked = self.figure.fund_ranking
        if asked is None:
            return self
        funds = tuple(fund for fund in asked.fund if fund.is_sample == is_sample)
        figure = self.figure.model_copy(update={"fund_ranking": asked.model_copy(update={"fund": funds})})
        return self.model_copy(update={"figure": figure})

    def figure_names(self) -> list[str]:
        """The figures of the study, in their order."""
        return [name for name in Figures.model_fields if getattr(self.figure, name) is not None]

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
    found = StudyFolder([], {})
    for path in sorted(folder.glob("*.toml")):
        try:
            found.studies.append(_read_study(path))
        except TomlFileError as error:
            found.faults[path.stem] = str(error)
    if not found.studies:
        raise TomlFileError("\n".join(found.faults.values()) or f"{folder}: no study (*.toml) in this folder")
    return found


def _read_study(path: Path) -> Study:
    study = read_toml(path, Study)
    if study.study != path.stem:
        raise TomlFileError(f"{path}: study: must be the file's name, {path.stem!r} (found {study.study!r})")
    return study.model_copy(update={"note": _templates(path, study)}) if study.note else study


def _templates(path: Path, study: Study) -> dict[Language, str]:
    found: dict[Language, str] = {}
    for language, name in study.note.items():
        if language not in study.languages:
            raise TomlFileError(f"{path}: note.{language}: the study is not told in this language")
        try:
            found[language] = (path.parent / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TomlFileError(f"{path}: note.{language}: {name!r} can't be read: {error}") from None
    return found
