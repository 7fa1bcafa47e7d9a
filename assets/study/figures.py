"""What each figure asks: the tables ``[figure.<name>]`` of a study file.

Belongs here: their model, one class a figure that has settings of its own. Does not belong here: how a figure is made
(assets/figures, warehouse/sql).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

import pydantic

from assets.profile import check_length
from assets.study.series import Size, Text, refuse_other_sides
from warehouse.database import has_sql
from warehouse.toml_file import Strict

BaseRule = Literal["prev", "next", "month_end"]
Period = Literal["1D", "1W", "1M", "3M", "6M", "YTD", "1Y", "3Y", "5Y", "10Y", "20Y", "30Y"]
PERIODS: tuple[Period, ...] = get_args(Period)
"""In the order in which they are shown."""

AsOfRule = Literal["session", "previous_session", "last_complete_month"]


class NumberedFigure(Strict):
    """A figure of the note: its number, title and unit as they are printed, and how it is made in a few words."""

    number: int
    title: Text
    unit: Text
    how: Text | None = None


class PlainFigure(NumberedFigure):
    """A figure without settings of its own: it needs no class and no line here (docs/adding-a-figure.md)."""

    as_of: AsOfRule = "session"


class SizeReturn(NumberedFigure):
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


class LongRun(NumberedFigure):
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


class ConstituentSide(Strict):
    """One index of figure 4: its lists of members in order of preference.

    ``rest`` names the stand-in where no list has members on the day: every other security with a level. ``members``
    may then be empty. ``band``: the number of members that is expected.
    """

    index: str
    members: tuple[MemberList, ...] = ()
    rest: Text | None = None
    band: tuple[int, int] | None = None


class ConstituentReturn(NumberedFigure):
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
    side: tuple[ConstituentSide, ...] = pydantic.Field(min_length=2)


class RevenueSide(Strict):
    """One index of figure 3: its lists of members (core.holding) in order of preference.

    ``band``: the number of companies that is expected.
    """

    index: str
    size: Size
    label: Text
    members: tuple[MemberList, ...] = pydantic.Field(min_length=1)
    band: tuple[int, int] | None = None


class DomesticRevenueShare(NumberedFigure):
    """Figure 3: the share of US revenue at or above which a company counts as domestic.

    ``thresholds`` are all that are made, ``threshold`` the one that is drawn. ``revenue_source`` is what the source
    line calls the figures of revenue. ``min_coverage``: below this share of the members with a figure there is no
    share. ``members_within``: how old a list of members may be at most. ``fiscal_years_back``: a fiscal year counts
    that ends in the session's year or at most so many years before it.
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


class FundRanking(NumberedFigure):
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
    """The figures that the study has; one that is absent is not made. Others than these are plain figures."""

    model_config = pydantic.ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, PlainFigure]

    size_return: SizeReturn | None = None
    long_run: LongRun | None = None
    domestic_revenue_share: DomesticRevenueShare | None = None
    constituent_return: ConstituentReturn | None = None
    fund_ranking: FundRanking | None = None
    event_return: EventReturn | None = None
    eps_growth: EpsGrowth | None = None

    @property
    def names(self) -> list[str]:
        """The figures that the study has, in their order."""
        return [name for name in (*Figures.model_fields, *self.__pydantic_extra__) if getattr(self, name) is not None]

    @pydantic.model_validator(mode="before")
    @classmethod
    def _figures_are_known(cls, figures: Any) -> Any:
        """A figure is known by the SQL that every one has, the reasons why it can't be made."""
        names = figures if isinstance(figures, dict) else {}
        unknown = [name for name in names if name not in cls.model_fields and not has_sql(f"{name}_coverage")]
        if unknown:
            raise ValueError(
                f"there is no figure {', '.join(unknown)}: a figure is one of {', '.join(cls.model_fields)}, "
                "or has warehouse/sql/<figure>_coverage.sql"
            )
        return figures

    @pydantic.model_validator(mode="after")
    def _numbers_are_unique(self) -> Figures:
        figures = [getattr(self, name) for name in self.names]
        numbers = [figure.number for figure in figures if isinstance(figure, NumberedFigure)]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"two figures have the same number: {', '.join(map(str, numbers))}")
        return self
