"""Figure 3 as a picture: the share of companies that earn at home, and how far unknown companies could move it.

Belongs here: the bars, the range of the unknown, the panel of other thresholds, their words and the alt text.
Does not belong here: which company counts and why (assets/figures), composing titles and source lines (the
caller), the frame (charts/canvas.py).

As in figure 4 two panels share one Vega-Lite view, hence every mark's place is worked out here: the data carry
values and pixels side by side, and the scales are off.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from assets.publish.charts.canvas import (
    LINE,
    ChartText,
    Frame,
    Spec,
    balance_lines,
    fixed_mark,
    head_height,
    picture,
    rule_layer,
    text_layer,
    text_width,
    wrap,
)
from assets.publish.charts.panels import (
    AXIS_WIDTH,
    SIZES,
    Cell,
    Panel,
    axis_layers,
    bar_label_layers,
    box_pixels,
    halo,
    index_by_size,
    label_lines,
    panel_title_layers,
    rectangle_layer,
    spread,
    text_row,
    tint,
    zero_line,
)
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import in_percent, signed
from warehouse.rounding import round_half_up


@dataclass(frozen=True)
class DomesticRevenueWords:
    """The printed words of one language.

    ``kind``, ``bar_key``, ``counted``, ``others`` and ``alt_start`` go by method. In braces stand ``{threshold}``
    and the names of what they tell. ``unknown_implied`` names the unknown companies where those with an implied
    figure are among them although the bar counts them.
    """

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
    stand_in: str
    joint: str
    alt_start: Mapping[str, str]
    alt_share: str
    alt_index: str


JA = DomesticRevenueWords(
    panel_share="米国売上高比率が{threshold}%以上の会社の割合",
    panel_sensitivity="基準を変えた場合の割合",
    threshold_axis="基準とする米国売上高比率（%以上）",
    too_few="算出不可（開示企業が少ない）",
    left_out="{name}：{reason}",
    kind={"reported": "開示", "reported_or_implied": "開示または推定"},
    coverage="構成{members}社のうち{kind}{available}社（{coverage}%）、うち{threshold}%以上{above}社",
    bar_key={"reported": "開示企業に占める割合", "reported_or_implied": "開示企業と推定できる企業に占める割合"},
    range_key="{unknown}をすべて{threshold}%未満／以上とした場合の幅",
    unknown="金額不明の会社",
    unknown_implied="金額不明の会社（推定を含む）",
    counted={
        "reported": "米国売上高が総売上高の{threshold}%以上（ちょうど{threshold}%を含む）の会社を数え、"
        "米国売上高を開示する会社数で割った割合。",
        "reported_or_implied": "米国売上高が総売上高の{threshold}%以上（ちょうど{threshold}%を含む）の会社を数え、"
        "米国売上高を開示する会社と、国内のみと推定できる会社の合計数で割った割合。",
    },
    others={
        "reported": "{name}のその他の会社：国内のみと推定{implied}社、地域のみ開示{region}社、不明{missing}社、"
        "数値不整合{invalid}社。",
        "reported_or_implied": "{name}：国内のみと推定{implied}社を含む。その他は地域のみ開示{region}社、"
        "不明{missing}社、数値不整合{invalid}社。",
    },
    stand_in="（代用リスト）",
    joint="と",
    alt_start={
        "reported": "{names}のうち、米国売上高が総売上高の{threshold}%以上の会社の割合の棒グラフ。"
        "開示企業に占める割合。",
        "reported_or_implied": "{names}のうち、米国売上高が総売上高の{threshold}%以上の会社の割合の棒グラフ。"
        "開示企業と国内のみと推定できる企業に占める割合。",
    },
    alt_share="{share}%",
    alt_index="{name}：{share}。構成{members}社のうち{kind}{available}社（{coverage}%）、うち{threshold}%以上{above}社。"
    "{unknown}をすべて{threshold}%未満とすると{lower}%、すべて{threshold}%以上とすると{upper}%。",
)

EN = DomesticRevenueWords(
    panel_share="Companies with {threshold}% or more of revenue from the US",
    panel_sensitivity="The share at other thresholds",
    threshold_axis="Threshold: US share of revenue (% or more)",
    too_few="not shown: too few companies with a figure",
    left_out="{name} {reason}",
    kind={"reported": "with a figure", "reported_or_implied": "with a reported or implied figure"},
    coverage="{members} companies, {available} {kind} ({coverage}%), {above} of them at {threshold}% or more",
    bar_key={
        "reported": "Share of companies with a figure",
        "reported_or_implied": "Share of companies with a reported or implied figure",
    },
    range_key="Range if all {unknown} were below / at or above {threshold}%",
    unknown="companies without a figure",
    unknown_implied="companies without a reported figure",
    counted={
        "reported": "Counted: US revenue is {threshold}% of all revenue or more (exactly {threshold}% included), "
        "as a share of the companies that report US revenue.",
        "reported_or_implied": "Counted: US revenue is {threshold}% of all revenue or more (exactly {threshold}% "
        "included), as a share of the companies that report US revenue or imply that all of it is domestic.",
    },
    others={
        "reported": "{name}, the other companies: {implied} implied domestic, {region} region only, "
        "{missing} missing, {invalid} invalid.",
        "reported_or_implied": "{name}: {implied} implied domestic included; the others: {region} region only, "
        "{missing} missing, {invalid} invalid.",
    },
    stand_in=" (stand-in list)",
    joint=" and ",
    alt_start={
        "reported": "Bar chart of the share of companies whose US revenue is {threshold}% of all revenue or more, "
        "{names}; of the companies with a figure. ",
        "reported_or_implied": "Bar chart of the share of companies whose US revenue is {threshold}% of all revenue "
        "or more, {names}; of the companies with a reported or implied figure. ",
    },
    alt_share="{share}%",
    alt_index="{name}: {share}; {members} companies, {available} {kind} ({coverage}%), {above} of them at {threshold}% "
    "or more; {lower}% if all {unknown} were below {threshold}%, {upper}% if all were at or above it. ",
)

METHODS = ("reported", "reported_or_implied")
"""What a bar can be; one of them is the study's."""

LOWER, UPPER = "lower_bound", "upper_bound"

BAR_SHARE = 0.37
"""A bar's share of its index's half of the panel."""

WIDEST_BAR = 110.0
RANGE_WIDTH = 16.0
RANGE_GAP = 6.0
"""Pixels: the widest bar, the band of the unknown beside it, and between the two."""

SENSITIVITY_WIDTH = 174.0
NAME_WIDTH = 96.0
PANEL_GAP = 18.0
KEY_GAP = 14.0
"""Pixels: the lines of the right panel, the names at their ends, between the panels, and over the key."""

RANGE_TINT = 0.15
"""Share of the house colour in the fill of the band."""

ROUNDING = 1e-5
"""Shares are stored with six decimals."""


@dataclass(frozen=True)
class _Side:
    """The three rows of one index: the study's method and both bounds."""

    size: str
    row: Mapping[str, Any]
    lower: Mapping[str, Any]
    upper: Mapping[str, Any]

    @property
    def index_id(self) -> str:
        return str(self.row["index_id"])

    @property
    def percent(self) -> float | None:
        return None if pd.isna(self.row["share"]) else _percent(self.row["share"])

    @property
    def bounds(self) -> tuple[float, float]:
        return _percent(self.lower["share"]), _percent(self.upper["share"])


# --- Reading and checking the rows --------------------------------------------------------------------------


def _percent(share: Any) -> float:
    return float(in_percent(share))


def _threshold_text(threshold: Any) -> str:
    """A threshold in percent, without needless decimals."""
    return f"{round_half_up(in_percent(threshold), 2).normalize():f}"


def _share_label(percent: float) -> str:
    return signed(percent, 1) + "%"


def _one(records: Sequence[Mapping[str, Any]], size: str, methods: Sequence[str]) -> Mapping[str, Any]:
    found = [row for row in records if row["size"] == size and row["method"] in methods]
    if len(found) != 1:
        raise ValueError(f"one row {' or '.join(methods)} for the {size} index is needed, there are {len(found)}")
    return found[0]


def _sides(rows: pd.DataFrame) -> dict[str, _Side]:
    """Size -> the rows of its index, small first. Raises ``ValueError`` unless they belong together."""
    index_by_size(rows)
    records: list[dict[str, Any]] = [{str(key): row[key] for key in row} for row in rows.to_dict("records")]
    strange = {str(row["method"]) for row in records} - {*METHODS, LOWER, UPPER}
    if strange:
        raise ValueError(f"unknown method: {', '.join(sorted(strange))}")
    sides = {
        size: _Side(size, _one(records, size, METHODS), _one(records, size, (LOWER,)), _one(records, size, (UPPER,)))
        for size in SIZES
    }
    if len({row["threshold"] for row in records}) != 1:
        raise ValueError("all rows need the same threshold")
    if len({side.row["method"] for side in sides.values()}) != 1:
        raise ValueError("both indices need the same method")
    for side in sides.values():
        _check_side(side)
    return sides


def _check_side(side: _Side) -> None:
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


def _implied_unknown(side: _Side) -> bool:
    """Whether the range takes companies for unknown that the bar counts by what they imply."""
    unknown = int(side.upper["n_at_or_above"]) - int(side.lower["n_at_or_above"])
    return unknown > int(side.row["n_members"]) - int(side.row["n_available"])


def _curves(sensitivity: pd.DataFrame | None, sides: Mapping[str, _Side]) -> dict[str, list[tuple[float, float]]]:
    """Size -> (threshold, percent) in order; an index without shares has none. Raises ``ValueError``."""
    if sensitivity is None:
        return {}
    curves = {}
    for size, side in sides.items():
        mine = sensitivity[(sensitivity["size"] == size) & (sensitivity["method"] == side.row["method"])]
        if mine.empty or mine["threshold"].duplicated().any() or set(mine["index_id"].astype(str)) != {side.index_id}:
            raise ValueError(f"one row a threshold of {side.index_id}, {side.row['method']}, is needed")
        told = {float(row["threshold"]): row["share"] for row in mine.to_dict("records")}
        curve = [(threshold, _percent(told[threshold])) for threshold in sorted(told) if not pd.isna(told[threshold])]
        if side.percent is not None and dict(curve).get(float(side.row["threshold"])) != side.percent:
            raise ValueError(f"{side.index_id} has another share in the rows of all thresholds")
        curves[size] = curve if len(curve) > 1 else []
    return curves if any(curves.values()) else {}


# --- Left: a bar and the range of the unknown -----------------------------------------------------------------


def _places(panel: Panel, letters: float) -> list[tuple[float, float]]:
    """Left edge and width of each bar: bar, range and the range's labels stand in the middle of their half."""
    slot = panel.width / len(SIZES)
    wide = min(WIDEST_BAR, slot * BAR_SHARE)
    together = wide + RANGE_GAP + RANGE_WIDTH + 9 + text_width("100.0%", letters)
    return [(panel.slot(number, len(SIZES)) + (slot - together) / 2, wide) for number in range(len(SIZES))]


def _share_bar(side: _Side, place: tuple[float, float], panel: Panel, style: HouseStyle) -> list[Spec]:
    """The bar with its pixels and colours; none where there is no share."""
    percent, colour = side.percent, getattr(style.colours, side.size)
    if percent is None:
        return []
    value = {"panel": "share", "size": side.size, "index": side.index_id, "percent": percent}
    box = box_pixels(*place, panel.pixel(percent), panel.pixel(0))
    return [value | box | {"label": _share_label(percent), "below": False, "fill": colour, "stroke": colour}]


def _range(side: _Side, place: tuple[float, float], panel: Panel, style: HouseStyle) -> Spec:
    """The band from the lower to the upper bound, beside the bar."""
    (low, high), colour = side.bounds, getattr(style.colours, side.size)
    value = {"panel": "range", "size": side.size, "index": side.index_id, "percent": low, "percent2": high}
    box = box_pixels(sum(place) + RANGE_GAP, RANGE_WIDTH, panel.pixel(high), panel.pixel(low))
    return value | box | {"fill": tint(colour, style.colours.background, RANGE_TINT), "stroke": colour}


def _range_labels(band: Spec, panel: Panel, style: HouseStyle) -> list[Spec]:
    """Both ends of a range, right of it and moved apart where they are close; one label where they are alike."""
    letters, colour = style.sizes.axis, getattr(style.colours, f"{band['size']}_text")
    ends = {_share_label(band[end]): panel.pixel(band[end]) for end in ("percent2", "percent")}
    places = spread(list(ends.values()), letters * LINE, 0, panel.height - letters / 2 - 2)
    layers = []
    for (label, edge), place in zip(ends.items(), places, strict=True):
        layers.append(rule_layer(band["x2"] + 1, edge, band["x2"] + 7, place, colour, strokeWidth=0.8))
        layers.append(halo(band["x2"] + 8, place, text_width(label, letters) + 2, letters, style))
        layers.append(text_layer(label, band["x2"] + 9, place, letters, colour, baseline="middle"))
    return layers


def _absent(
    side: _Side, place: tuple[float, float], panel: Panel, words: DomesticRevenueWords, style: HouseStyle
) -> list[Spec]:
    """Why there is no bar, at the bar's place."""
    if side.percent is not None:
        return []
    size, (start, width) = style.sizes.footer, place
    lines = [line for part in label_lines(words.too_few, size) for line in balance_lines(part, width, size)]
    middle, first = start + width / 2, panel.height - 8 - (len(lines) - 1) * size * LINE
    widest = max(text_width(line, size) for line in lines)
    tall = len(lines) * size * LINE
    box = {"x": middle - widest / 2, "x2": middle + widest / 2, "y": first - size, "y2": first - size + tall}
    return [
        fixed_mark({"type": "rect", "color": style.colours.background}, **box),
        text_layer(lines, middle, first, size, style.colours.muted, align="center"),
    ]


# --- Right: the share at other thresholds -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Thresholds:
    """The x axis of the right panel."""

    panel: Panel
    low: float
    high: float

    def pixel(self, threshold: float) -> float:
        inside = self.panel.width - 16
        return self.panel.left + 8 + inside * (threshold - self.low) / (self.high - self.low)


def _points(
    curves: Mapping[str, list[tuple[float, float]]], axis: _Thresholds, sides: Mapping[str, _Side]
) -> list[Spec]:
    """The lines' data, with pixels; small first."""
    return [
        {"panel": "sensitivity", "size": size, "index": sides[size].index_id}
        | {"threshold": threshold, "percent": percent}
        | {"x": round(axis.pixel(threshold), 2), "y": round(axis.panel.pixel(percent), 2)}
        for size, curve in curves.items()
        for threshold, percent in curve
    ]


def _curve_layers(size: str, style: HouseStyle) -> list[Spec]:
    """One line and its points; the large one is dashed so that the two differ without colour."""
    colour = getattr(style.colours, size)
    encoding: Spec = {
        channel: {"field": channel, "type": "quantitative", "scale": None, "axis": None} for channel in ("x", "y")
    }
    chosen = {"transform": [{"filter": f"datum.panel == 'sensitivity' && datum.size == '{size}'"}]}
    dash = {"strokeDash": [6, 2]} if size == "large" else {}
    line = {"type": "line", "color": colour, "strokeWidth": 1.6} | dash
    return [
        chosen | {"mark": line, "encoding": encoding},
        chosen
        | {"mark": {"type": "point", "filled": True, "size": 22, "opacity": 1, "color": colour}}
        | {"encoding": encoding},
    ]


def _threshold_axis(
    thresholds: Sequence[float], chosen: float, axis: _Thresholds, words: DomesticRevenueWords, style: HouseStyle
) -> tuple[list[Spec], float]:
    """The drawn threshold as a vertical line, the numbers under the panel and what they are; layers, height."""
    size, colours = style.sizes.axis, style.colours
    y = axis.panel.height + 8 + size
    mark = axis.pixel(chosen)
    layers = [
        rule_layer(
            mark, axis.panel.pixel(100), mark, axis.panel.height, colours.muted, strokeDash=[2, 2], strokeWidth=1
        )
    ]
    taken: list[tuple[float, float]] = []
    for threshold in sorted(thresholds, key=lambda threshold: (threshold != chosen, threshold)):
        x, label = axis.pixel(threshold), _threshold_text(threshold)
        half = text_width(label, size) / 2 + 2
        if any(abs(x - other) < half + width for other, width in taken):
            continue
        taken.append((x, half))
        bold = {"stroke": colours.text, "strokeWidth": 0.35} if threshold == chosen else {}
        colour = colours.text if threshold == chosen else colours.muted
        layers.append(text_layer(label, x, y, size, colour, align="center", **bold))
    lines = wrap(words.threshold_axis, axis.panel.width + NAME_WIDTH, size)
    y += size * LINE + 2
    layers.append(text_layer(lines, axis.panel.left, y, size, colours.muted))
    return layers, 10 + size + (len(lines) + 0.4) * size * LINE


def _short_names(sides: Mapping[str, _Side], labels: Mapping[str, str], style: HouseStyle) -> dict[str, str]:
    """What stands at a line's end: the name before its brackets, or all of it where that does not tell them apart."""
    names = {size: labels[side.index_id] for size, side in sides.items()}
    first = {size: label_lines(name, style.sizes.label)[0] for size, name in names.items()}
    return first if len(set(first.values())) == len(first) else names


def _end_names(points: Sequence[Spec], names: Mapping[str, str], panel: Panel, style: HouseStyle) -> list[Spec]:
    """The names beside the lines' ends, moved apart where the lines end close together."""
    letters, x = style.sizes.label, panel.left + panel.width
    lines = {size: wrap(name, NAME_WIDTH - 10, letters) for size, name in names.items()}
    ends = {point["size"]: point for point in points}
    order = sorted(ends, key=lambda size: ends[size]["y"])
    tall = max(len(lines[size]) for size in order) * letters * LINE
    places = spread([ends[size]["y"] for size in order], tall + 2, tall / 2, panel.height - tall / 2)
    layers = []
    for size, place in zip(order, places, strict=True):
        colour, end = getattr(style.colours, f"{size}_text"), ends[size]
        layers.append(rule_layer(end["x"] + 4, end["y"], x + 4, place, colour, strokeWidth=0.8))
        y = place - (len(lines[size]) - 1) * letters * LINE / 2 + letters * 0.36
        layers.append(text_layer(lines[size], x + 7, y, letters, colour))
    return layers


def _left_out(
    names: Mapping[str, str], axis: _Thresholds, y: float, words: DomesticRevenueWords, style: HouseStyle
) -> tuple[list[Spec], float]:
    """Which of the named indices has no line and why, under the right panel; the layers and their height."""
    letters, tall = style.sizes.footer, 0.0
    layers = []
    for size, name in names.items():
        told = words.left_out.format(name=name, reason=words.too_few)
        lines = balance_lines(told, axis.panel.width + NAME_WIDTH, letters)
        colour = getattr(style.colours, f"{size}_text")
        layers.append(text_layer(lines, axis.panel.left, y + letters + tall, letters, colour))
        tall += len(lines) * letters * LINE
    return layers, tall


# --- Words below ----------------------------------------------------------------------------------------------


def _told(side: _Side, labels: Mapping[str, str], words: DomesticRevenueWords) -> dict[str, str]:
    """Everything about one index that a sentence can tell."""
    row, (low, high) = side.row, side.bounds
    counts = {"members": row["n_members"], "available": row["n_available"], "above": row["n_at_or_above"]}
    numbers = {word: f"{int(count):,}" for word, count in (counts | _others(row)).items()}
    share = words.too_few if side.percent is None else words.alt_share.format(share=signed(side.percent, 1))
    return numbers | {
        "name": labels[side.index_id] + (words.stand_in if row["is_stand_in"] else ""),
        "kind": words.kind[row["method"]],
        "coverage": signed(in_percent(row["coverage"]), 1),
        "threshold": _threshold_text(row["threshold"]),
        "share": share,
        "unknown": words.unknown_implied if _implied_unknown(side) else words.unknown,
        "lower": signed(low, 1),
        "upper": signed(high, 1),
    }


def _names_below(
    sides: Mapping[str, _Side], panel: Panel, text: ChartText, words: DomesticRevenueWords, style: HouseStyle
) -> tuple[list[Spec], float]:
    """Each index's name and its coverage, under its bar; the layers and their height."""
    sizes, slot = style.sizes, panel.width / len(SIZES)
    named: list[Cell] = []
    covered: list[Cell] = []
    for number, (size, side) in enumerate(sides.items()):
        middle = panel.slot(number, len(SIZES)) + slot / 2
        parts = label_lines(text.labels[side.index_id], sizes.label)
        lines = [line for part in parts for line in wrap(part, slot - 6, sizes.label)]
        named.append((lines, middle, slot - 6, getattr(style.colours, f"{size}_text")))
        coverage = words.coverage.format(**_told(side, text.labels, words))
        covered.append((balance_lines(coverage, slot - 14, sizes.footer), middle, slot - 14, style.colours.text))
    first, tall = text_row(named, panel.height + 8 + sizes.label, sizes.label)
    second, taller = text_row(covered, panel.height + 11 + tall + sizes.footer, sizes.footer)
    return [*first, *second], 11 + tall + taller


def _key(
    sides: Mapping[str, _Side],
    labels: Mapping[str, str],
    y: float,
    width: float,
    words: DomesticRevenueWords,
    style: HouseStyle,
) -> tuple[list[Spec], float]:
    """What a bar and what a band is, side by side where both fit; the layers and their height."""
    size, colours = style.sizes.footer, style.colours
    # where the indices differ, the one whose unknown companies need more words is told
    side = max(sides.values(), key=_implied_unknown)
    pale = tint(colours.muted, colours.background, RANGE_TINT)
    drawn = any(one.percent is not None for one in sides.values())
    entries = [(colours.muted, words.bar_key[side.row["method"]])] if drawn else []
    entries += [
        (pale, words.range_key.format(**_told(side, labels, words))),
    ]
    layers: list[Spec] = []
    x, step, rows = 0.0, size * LINE + 2, 0
    for fill, told in entries:
        lines = wrap(told, width - 16, size)
        wide = 16 + max(text_width(line, size) for line in lines)
        if x and x + wide > width:
            x, rows = 0.0, rows + 1
        left, top = x - AXIS_WIDTH, y + rows * step
        box = {"x": left, "x2": left + 10, "y": top, "y2": top + 10}
        layers.append(fixed_mark({"type": "rect", "fill": fill, "stroke": colours.muted}, **box))
        layers.append(text_layer(lines, left + 16, top + size * 0.93, size, colours.text))
        rows += len(lines) - 1
        x += wide + 22
    return layers, (rows + 1) * step


def _notes(sides: Mapping[str, _Side], labels: Mapping[str, str], words: DomesticRevenueWords) -> list[str]:
    """What counts, and what is known of the companies that the bar leaves out."""
    told = [_told(side, labels, words) for side in sides.values()]
    method = next(iter(sides.values())).row["method"]
    return [words.counted[method].format(**told[0]), *(words.others[method].format(**one) for one in told)]


# --- The picture ------------------------------------------------------------------------------------------------


def _right_panel(
    sides: Mapping[str, _Side],
    curves: Mapping[str, list[tuple[float, float]]],
    panel: Panel,
    text: ChartText,
    words: DomesticRevenueWords,
    style: HouseStyle,
) -> tuple[list[Spec], list[Spec], float]:
    """Layers and data of the right panel, and how far it reaches below its plot."""
    thresholds = sorted({threshold for curve in curves.values() for threshold, _ in curve})
    chosen = float(next(iter(sides.values())).row["threshold"])
    axis = _Thresholds(panel, min(*thresholds, chosen), max(*thresholds, chosen))
    points = _points(curves, axis, sides)
    names = _short_names(sides, text.labels, style)
    numbers, tall = _threshold_axis(thresholds, chosen, axis, words, style)
    without = {size: name for size, name in names.items() if not curves[size]}
    missing, taller = _left_out(without, axis, panel.height + tall, words, style)
    layers = [
        *axis_layers(panel, text.unit, style),
        zero_line(panel, style),
        *numbers,
        *(layer for size in reversed(SIZES) if curves[size] for layer in _curve_layers(size, style)),
        *_end_names(points, names, panel, style),
        *missing,
    ]
    return layers, points, tall + taller


def domestic_revenue_chart(
    rows: pd.DataFrame,
    text: ChartText,
    style: HouseStyle,
    words: DomesticRevenueWords,
    sensitivity: pd.DataFrame | None = None,
) -> Spec:
    """Figure 3 as a Vega-Lite spec: a bar an index, beside it the range that unknown companies leave open.

    ``rows`` are the headline rows of figure.domestic_revenue_share: for each index the study's method and both
    bounds at one threshold. ``sensitivity`` has the study's method at all thresholds; with it a second panel
    shows the share by threshold. An index without a share has no bar and no line, and the picture says so.
    Raises ``ValueError`` unless the rows belong together and ``KeyError`` when ``text`` has no name for an index.
    """
    sizes = style.sizes
    sides = _sides(rows)
    curves = _curves(sensitivity, sides)

    left, right, height = sizes.margin + AXIS_WIDTH, float(sizes.margin), float(sizes.plot_height)
    beside = PANEL_GAP + AXIS_WIDTH + SENSITIVITY_WIDTH + NAME_WIDTH if curves else 0.0
    full = sizes.width - left - right
    # above 100 % there is room for a value over its bar
    top_percent = 100 / (1 - sizes.label * 1.6 / height)
    share = Panel(0, full - beside, 0, top_percent, height)
    places = dict(zip(sides, _places(share, sizes.axis), strict=True))
    bars = [bar for size, side in sides.items() for bar in _share_bar(side, places[size], share, style)]
    bands = [_range(side, places[size], share, style) for size, side in sides.items()]
    below, under = _names_below(sides, share, text, words, style)

    panels: list[tuple[str, Panel]] = []
    more: list[Spec] = []
    points: list[Spec] = []
    if curves:
        lines = Panel(full - SENSITIVITY_WIDTH - NAME_WIDTH, SENSITIVITY_WIDTH, 0, top_percent, height)
        more, points, reach = _right_panel(sides, curves, lines, text, words, style)
        under = max(under, reach)
        threshold = _threshold_text(next(iter(sides.values())).row["threshold"])
        wide = dataclasses.replace(lines, width=SENSITIVITY_WIDTH + NAME_WIDTH)
        panels = [(words.panel_share.format(threshold=threshold), share), (words.panel_sensitivity, wide)]
    title_layers, titles = panel_title_layers(panels, -14 - sizes.axis - 8, style) if panels else ([], 0.0)
    key, tall = _key(sides, text.labels, height + under + KEY_GAP, full + AXIS_WIDTH, words, style)

    head = head_height(text, style, sizes.width - 2 * sizes.margin)
    top = math.ceil(sizes.margin + head + 34 + sizes.axis + titles)
    # the frame leaves room for one line below itself, which the key takes
    frame = Frame(full, height + under + KEY_GAP + tall - sizes.label * LINE - 10, left, right, top)
    layers = [
        *title_layers,
        *axis_layers(share, text.unit, style),
        rectangle_layer("range"),
        rectangle_layer("share"),
        zero_line(share, style),
        *bar_label_layers(bars, sizes.label, style),
        *(layer for band in bands for layer in _range_labels(band, share, style)),
        *(layer for size, side in sides.items() for layer in _absent(side, places[size], share, words, style)),
        *more,
        *below,
        *key,
    ]
    notes = [line for note in _notes(sides, text.labels, words) for line in wrap(note, full + AXIS_WIDTH, sizes.footer)]
    return {**picture(text, style, frame, layers, notes), "data": {"values": [*bars, *bands, *points]}}


def domestic_revenue_alt(
    rows: pd.DataFrame, labels: Mapping[str, str], words: DomesticRevenueWords, language: str
) -> str:
    """Shares, counts and bounds of figure 3 in words; ``rows`` as for :func:`domestic_revenue_chart`.

    ``language`` is that of ``words``, taken as the other alt texts take it.
    """
    sides = _sides(rows)
    names = words.joint.join(labels[side.index_id] for side in sides.values())
    row = next(iter(sides.values())).row
    start = words.alt_start[row["method"]].format(names=names, threshold=_threshold_text(row["threshold"]))
    return (start + "".join(words.alt_index.format(**_told(side, labels, words)) for side in sides.values())).strip()
