"""Figure 3's rows as its picture needs them: one side an index, checked, and what can be said of it.

Belongs here: reading and checking the rows, the numbers and words of a side. Does not belong here: drawing
(domestic_revenue_share.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from assets.publish.charts.panels import SIZES, index_by_size
from assets.publish.numbers import in_percent, signed
from assets.publish.words import words_of
from warehouse.rounding import round_half_up
from warehouse.toml_file import Strict

METHODS = ("reported", "reported_or_implied")
"""What a bar can be; one of them is the study's."""

LOWER, UPPER = "lower_bound", "upper_bound"

ROUNDING = 1e-5
"""Shares are stored with six decimals."""


class DomesticRevenueWords(Strict):
    """The printed words of one language.

    ``kind``, ``bar_key``, ``counted``, ``others`` and ``alt_start`` go by method. In braces stand ``{threshold}``
    and the keys of :func:`facts_of`. ``unknown_implied`` names the unknown companies where those with an implied
    figure are among them although the bar counts them.
    """

    subtitle: str
    panel_share: str
    panel_sensitivity: str
    threshold_axis: str
    too_few: str
    left_out: str
    kind: Mapping[str, str]
    coverage: str
    bar_key: Mapping[str, str]
    range_key: str
    unknown: str
    unknown_implied: str
    counted: Mapping[str, str]
    others: Mapping[str, str]
    alt_start: Mapping[str, str]
    stand_in: str
    alt_share: str
    alt_index: str


WORDS = words_of("domestic_revenue_share", DomesticRevenueWords)


@dataclass(frozen=True)
class SideRows:
    """The three rows of one index: the study's method and both bounds."""

    size: str
    row: Mapping[str, Any]
    lower: Mapping[str, Any]
    upper: Mapping[str, Any]

    @property
    def index_id(self) -> str:
        """The index."""
        return str(self.row["index_id"])

    @property
    def percent(self) -> float | None:
        """The share in percent; None where too few companies have a figure."""
        return None if pd.isna(self.row["share"]) else percent_of(self.row["share"])

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper bound in percent."""
        return percent_of(self.lower["share"]), percent_of(self.upper["share"])


def percent_of(share: Any) -> float:
    """A share, which is a fraction, in percent."""
    return float(in_percent(share))


def threshold_text(threshold: Any) -> str:
    """A threshold in percent, without needless decimals."""
    return f"{round_half_up(in_percent(threshold), 2).normalize():f}"


def share_label(percent: float) -> str:
    """A percentage as the picture prints it."""
    return signed(percent, 1) + "%"


def read_sides(rows: pd.DataFrame) -> dict[str, SideRows]:
    """Size -> the rows of its index, small first. Raises ``ValueError`` unless they belong together."""
    index_by_size(rows)
    records: list[dict[str, Any]] = [{str(key): row[key] for key in row} for row in rows.to_dict("records")]
    strange = {str(row["method"]) for row in records} - {*METHODS, LOWER, UPPER}
    if strange:
        raise ValueError(f"unknown method: {', '.join(sorted(strange))}")
    sides = {
        size: SideRows(
            size,
            _only_row(records, size, METHODS),
            _only_row(records, size, (LOWER,)),
            _only_row(records, size, (UPPER,)),
        )
        for size in SIZES
    }
    if len({row["threshold"] for row in records}) != 1:
        raise ValueError("all rows need the same threshold")
    if len({side.row["method"] for side in sides.values()}) != 1:
        raise ValueError("both indices need the same method")
    for side in sides.values():
        _check_side(side)
    return sides


def _only_row(records: Sequence[Mapping[str, Any]], size: str, methods: Sequence[str]) -> Mapping[str, Any]:
    rows = [row for row in records if row["size"] == size and row["method"] in methods]
    if len(rows) != 1:
        raise ValueError(f"one row {' or '.join(methods)} for the {size} index is needed, there are {len(rows)}")
    return rows[0]


def _check_side(side: SideRows) -> None:
    """The counts and shares that are printed side by side must fit together."""
    row, name = side.row, side.index_id
    if {str(bound["index_id"]) for bound in (side.lower, side.upper)} != {name}:
        raise ValueError(f"the bounds of {side.size} are not those of {name}")
    above, available, members = (int(row[column]) for column in ("n_at_or_above", "n_available", "n_members"))
    if not 0 <= above <= available <= members or members == 0:
        raise ValueError(f"{name}: {above} of {available} of {members} companies can't be")
    if sum(_others(row).values()) != members - available + _implied_inside(row):
        raise ValueError(f"{name}: the companies without a figure do not add up to the members")
    if abs(float(row["coverage"]) - available / members) > ROUNDING:
        raise ValueError(f"{name}: coverage {row['coverage']} is not {available} of {members}")
    if any(pd.isna(bound["share"]) for bound in (side.lower, side.upper)):
        raise ValueError(f"{name} lacks a bound")
    low, high = (float(bound["share"]) for bound in (side.lower, side.upper))
    share = low if pd.isna(row["share"]) else float(row["share"])
    if not 0 <= low <= share + ROUNDING or not share <= high + ROUNDING or high > 1 or low > high:
        raise ValueError(f"{name}: share and bounds are out of order: {low}, {row['share']}, {high}")
    if not pd.isna(row["share"]) and (available == 0 or abs(share - above / available) > ROUNDING):
        raise ValueError(f"{name}: share {share} is not {above} of {available}")


def _others(row: Mapping[str, Any]) -> dict[str, int]:
    columns = {
        "implied": "n_implied_domestic",
        "region": "n_region_only",
        "missing": "n_missing",
        "invalid": "n_invalid",
    }
    return {word: int(row[column]) for word, column in columns.items()}


def _implied_inside(row: Mapping[str, Any]) -> int:
    """Companies with an implied figure among the available ones."""
    return int(row["n_implied_domestic"]) if row["method"] == "reported_or_implied" else 0


def takes_implied_for_unknown(side: SideRows) -> bool:
    """Whether the range takes companies for unknown that the bar counts by what they imply."""
    unknown = int(side.upper["n_at_or_above"]) - int(side.lower["n_at_or_above"])
    return unknown > int(side.row["n_members"]) - int(side.row["n_available"])


def read_curves(
    sensitivity: pd.DataFrame | None, sides: Mapping[str, SideRows]
) -> dict[str, list[tuple[float, float]]]:
    """The lines by size; an index without shares has an empty one, no index with shares gives none at all.

    Raises ``ValueError`` unless the rows are those of ``sides`` at all thresholds.
    """
    if sensitivity is None:
        return {}
    curves = {}
    for size, side in sides.items():
        mine = sensitivity[(sensitivity["size"] == size) & (sensitivity["method"] == side.row["method"])]
        if mine.empty or mine["threshold"].duplicated().any() or set(mine["index_id"].astype(str)) != {side.index_id}:
            raise ValueError(f"one row a threshold of {side.index_id}, {side.row['method']}, is needed")
        shares = {float(row["threshold"]): row["share"] for row in mine.to_dict("records")}
        curve = [
            (threshold, percent_of(shares[threshold])) for threshold in sorted(shares) if not pd.isna(shares[threshold])
        ]
        if side.percent is not None and dict(curve).get(float(side.row["threshold"])) != side.percent:
            raise ValueError(f"{side.index_id} has another share in the rows of all thresholds")
        curves[size] = curve if len(curve) > 1 else []
    return curves if any(curves.values()) else {}


def facts_of(side: SideRows, labels: Mapping[str, str], words: DomesticRevenueWords) -> dict[str, str]:
    """The numbers and words of a side that stand in braces in sentences about it."""
    row, (low, high) = side.row, side.bounds
    counts = {"members": row["n_members"], "available": row["n_available"], "above": row["n_at_or_above"]}
    numbers = {word: f"{int(count):,}" for word, count in (counts | _others(row)).items()}
    share = words.too_few if side.percent is None else words.alt_share.format(share=signed(side.percent, 1))
    return numbers | {
        "name": labels[side.index_id] + (words.stand_in if row["is_stand_in"] else ""),
        "kind": words.kind[row["method"]],
        "coverage": signed(in_percent(row["coverage"]), 1),
        "threshold": threshold_text(row["threshold"]),
        "share": share,
        "unknown": words.unknown_implied if takes_implied_for_unknown(side) else words.unknown,
        "lower": signed(low, 1),
        "upper": signed(high, 1),
    }
