"""What a study compares: indices of two sizes and their series, and what other data says of them.

Belongs here: the model of these parts of a study file. Does not belong here: what a figure asks (figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pydantic

from warehouse.toml_file import Strict

Size = Literal["small", "large"]
Language = Literal["ja", "en"]
ReturnBasis = Literal["gross", "net", "price", "adjusted_close"]


def refuse_other_sides(where: str, sides: Sequence[tuple[str, Size]]) -> None:
    """Raises ValueError unless the (index, size) pairs are one small and one large: two of one size would be drawn over
    each other.
    """
    if sorted(size for _, size in sides) != ["large", "small"]:
        pairs = ", ".join(f"{index} ({size})" for index, size in sides)
        raise ValueError(f"{where}: a study compares one small and one large index (found {pairs})")


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
    def _label_agrees_with_the_basis(self) -> Series:
        label = f"{self.label.ja} {self.label.en}".lower()
        words = next((words for words in TOTAL_RETURN_WORDS if words in label), None)
        if self.return_basis == "price" and words:
            raise ValueError(f"series {self.id} has return_basis price, and its label says {words!r}")
        return self


class Index(Strict):
    """An index that is compared, with its series in the order in which they are preferred and spliced."""

    id: str
    size: Size
    label: Text
    series: tuple[Series, ...] = pydantic.Field(min_length=1)


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
