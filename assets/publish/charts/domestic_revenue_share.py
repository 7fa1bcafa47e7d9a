"""Figure 3 as a picture: the share of companies with enough revenue in the US, and how far unknown ones could move it.

Belongs here: the bars, the range of the unknown, the panel of other thresholds, alt text, footer, the columns of the
page's table. Does not belong here: which company counts and why (assets/figures), the frame (canvas.py), what panels
share (panels.py), the words (publish/words).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from assets.publish.charts.caption import as_of_line, chart_text, dated_name, index_names, source_line
from assets.publish.charts.domestic_revenue_sides import (
    WORDS,
    DomesticRevenueWords,
    SideRows,
    facts_of,
    read_curves,
    read_sides,
    share_label,
    takes_implied_for_unknown,
    threshold_text,
)
from assets.publish.charts.figure_chart import ChartInput, FigureChart, TableLayout
from assets.publish.charts.panels import (
    AXIS_WIDTH,
    SIZES,
    Cell,
    Panel,
    axis_layers,
    bar_label_layers,
    box_pixels,
    halo,
    label_lines,
    panel_title_layers,
    rectangle_layer,
    spread,
    text_row,
    tint,
    zero_line,
)
from assets.publish.charts.style import HouseStyle
from assets.publish.words import COMMON
from assets.study import DomesticRevenueShare, Language

BAR_SHARE = 0.37
"""A bar's share of its index's half of the panel."""

WIDEST_BAR = 110.0
RANGE_WIDTH = 16.0
RANGE_GAP = 6.0
"""Pixels: the widest bar, the range of the unknown beside it, and between the two."""

SENSITIVITY_WIDTH = 174.0
NAME_WIDTH = 96.0
PANEL_GAP = 18.0
KEY_GAP = 14.0
"""Pixels: the lines of the right panel, the names at their ends, between the panels, and over the key."""

RANGE_TINT = 0.15
"""Share of the house colour in the fill of a range."""


# --- Left: a bar and the range of the unknown -----------------------------------------------------------------


def _places(panel: Panel, letters: float) -> list[tuple[float, float]]:
    """Left edge and width of each bar: bar, range and the range's labels stand in the middle of their half."""
    slot = panel.width / len(SIZES)
    wide = min(WIDEST_BAR, slot * BAR_SHARE)
    together = wide + RANGE_GAP + RANGE_WIDTH + 9 + text_width("100.0%", letters)
    return [(panel.slot(number, len(SIZES)) + (slot - together) / 2, wide) for number in range(len(SIZES))]


def _share_bar(side: SideRows, place: tuple[float, float], panel: Panel, style: HouseStyle) -> list[Spec]:
    """The bar with its pixels and colours; none where there is no share."""
    percent, colour = side.percent, getattr(style.colours, side.size)
    if percent is None:
        return []
    value = {"panel": "share", "size": side.size, "index": side.index_id, "percent": percent}
    box = box_pixels(*place, panel.pixel(percent), panel.pixel(0))
    return [value | box | {"label": share_label(percent), "below": False, "fill": colour, "stroke": colour}]


def _range_box(side: SideRows, place: tuple[float, float], panel: Panel, style: HouseStyle) -> Spec:
    """The box from the lower to the upper bound, beside the bar."""
    (low, high), colour = side.bounds, getattr(style.colours, side.size)
    value = {"panel": "range", "size": side.size, "index": side.index_id, "percent": low, "percent2": high}
    box = box_pixels(sum(place) + RANGE_GAP, RANGE_WIDTH, panel.pixel(high), panel.pixel(low))
    return value | box | {"fill": tint(colour, style.colours.background, RANGE_TINT), "stroke": colour}


def _range_labels(range_box: Spec, panel: Panel, style: HouseStyle) -> list[Spec]:
    """Both ends of a range, right of it and moved apart where they are close; one label where they are alike."""
    letters, colour = style.sizes.axis, getattr(style.colours, f"{range_box['size']}_text")
    ends = {share_label(range_box[end]): panel.pixel(range_box[end]) for end in ("percent2", "percent")}
    places = spread(list(ends.values()), letters * LINE, 0, panel.height - letters / 2 - 2)
    layers = []
    for (label, edge), place in zip(ends.items(), places, strict=True):
        layers.append(rule_layer(range_box["x2"] + 1, edge, range_box["x2"] + 7, place, colour, strokeWidth=0.8))
        layers.append(halo(range_box["x2"] + 8, place, text_width(label, letters) + 2, letters, style))
        layers.append(text_layer(label, range_box["x2"] + 9, place, letters, colour, baseline="middle"))
    return layers


def _absent(
    side: SideRows, place: tuple[float, float], panel: Panel, words: DomesticRevenueWords, style: HouseStyle
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
    curves: Mapping[str, list[tuple[float, float]]], axis: _Thresholds, sides: Mapping[str, SideRows]
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
        x, label = axis.pixel(threshold), threshold_text(threshold)
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


def _short_names(sides: Mapping[str, SideRows], labels: Mapping[str, str], style: HouseStyle) -> dict[str, str]:
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
        line = words.left_out.format(name=name, reason=words.too_few)
        lines = balance_lines(line, axis.panel.width + NAME_WIDTH, letters)
        colour = getattr(style.colours, f"{size}_text")
        layers.append(text_layer(lines, axis.panel.left, y + letters + tall, letters, colour))
        tall += len(lines) * letters * LINE
    return layers, tall


# --- Words below ----------------------------------------------------------------------------------------------


def _names_below(
    sides: Mapping[str, SideRows], panel: Panel, text: ChartText, words: DomesticRevenueWords, style: HouseStyle
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
        coverage = words.coverage.format(**facts_of(side, text.labels, words))
        covered.append((balance_lines(coverage, slot - 14, sizes.footer), middle, slot - 14, style.colours.text))
    first, tall = text_row(named, panel.height + 8 + sizes.label, sizes.label)
    second, taller = text_row(covered, panel.height + 11 + tall + sizes.footer, sizes.footer)
    return [*first, *second], 11 + tall + taller


def _key(
    sides: Mapping[str, SideRows],
    labels: Mapping[str, str],
    y: float,
    width: float,
    words: DomesticRevenueWords,
    style: HouseStyle,
) -> tuple[list[Spec], float]:
    """What a bar and what a range is, side by side where both fit; the layers and their height."""
    size, colours = style.sizes.footer, style.colours
    # where the indices differ, the one whose unknown companies need more words is named
    side = max(sides.values(), key=takes_implied_for_unknown)
    pale = tint(colours.muted, colours.background, RANGE_TINT)
    drawn = any(side.percent is not None for side in sides.values())
    entries = [(colours.muted, words.bar_key[side.row["method"]])] if drawn else []
    entries += [
        (pale, words.range_key.format(**facts_of(side, labels, words))),
    ]
    layers: list[Spec] = []
    x, step, rows = 0.0, size * LINE + 2, 0
    for fill, text in entries:
        lines = wrap(text, width - 16, size)
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


def _notes(sides: Mapping[str, SideRows], labels: Mapping[str, str], words: DomesticRevenueWords) -> list[str]:
    """What counts, and what is known of the companies that the bar leaves out."""
    facts = [facts_of(side, labels, words) for side in sides.values()]
    method = next(iter(sides.values())).row["method"]
    return [words.counted[method].format(**facts[0]), *(words.others[method].format(**own) for own in facts)]


# --- The picture ------------------------------------------------------------------------------------------------


def _right_panel(
    sides: Mapping[str, SideRows],
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
    rows: pd.DataFrame, text: ChartText, style: HouseStyle, sensitivity: pd.DataFrame | None = None
) -> Spec:
    """Figure 3 as a Vega-Lite spec: a bar an index, beside it the range that unknown companies leave open.

    ``rows`` are the headline rows of figure.domestic_revenue_share: for each index the study's method and both
    bounds at one threshold. ``sensitivity`` has the study's method at all thresholds; with it a second panel
    shows the share by threshold. An index without a share has no bar and no line, and the picture says so.
    Raises ``ValueError`` unless the rows belong together and ``KeyError`` when ``text`` has no name for an index.
    """
    sizes, words = style.sizes, WORDS[text.language]
    sides = read_sides(rows)
    curves = read_curves(sensitivity, sides)

    left, right, height = sizes.margin + AXIS_WIDTH, float(sizes.margin), float(sizes.plot_height)
    beside = PANEL_GAP + AXIS_WIDTH + SENSITIVITY_WIDTH + NAME_WIDTH if curves else 0.0
    full = sizes.width - left - right
    # above 100 % there is room for a value over its bar
    top_percent = 100 / (1 - sizes.label * 1.6 / height)
    share = Panel(0, full - beside, 0, top_percent, height)
    values, share_layers, under = _share_panel(sides, share, text, words, style)
    panels: list[tuple[str, Panel]] = []
    more: list[Spec] = []
    if curves:
        lines = Panel(full - SENSITIVITY_WIDTH - NAME_WIDTH, SENSITIVITY_WIDTH, 0, top_percent, height)
        more, points, reach = _right_panel(sides, curves, lines, text, words, style)
        values, under = [*values, *points], max(under, reach)
        threshold = threshold_text(next(iter(sides.values())).row["threshold"])
        wide = dataclasses.replace(lines, width=SENSITIVITY_WIDTH + NAME_WIDTH)
        panels = [(words.panel_share.format(threshold=threshold), share), (words.panel_sensitivity, wide)]
    title_layers, titles = panel_title_layers(panels, -14 - sizes.axis - 8, style) if panels else ([], 0.0)
    key, tall = _key(sides, text.labels, height + under + KEY_GAP, full + AXIS_WIDTH, words, style)

    head = head_height(text, style, sizes.width - 2 * sizes.margin)
    top = math.ceil(sizes.margin + head + 34 + sizes.axis + titles)
    # the frame leaves room for one line below itself, which the key takes
    frame = Frame(full, height + under + KEY_GAP + tall - sizes.label * LINE - 10, left, right, top)
    plot, names = share_layers
    layers = [*title_layers, *plot, *more, *names, *key]
    notes = [line for note in _notes(sides, text.labels, words) for line in wrap(note, full + AXIS_WIDTH, sizes.footer)]
    return {**picture(text, style, frame, layers, notes), "data": {"values": values}}


def _share_panel(
    sides: Mapping[str, SideRows], panel: Panel, text: ChartText, words: DomesticRevenueWords, style: HouseStyle
) -> tuple[list[Spec], tuple[list[Spec], list[Spec]], float]:
    """The left panel: its values, the layers of its plot and those of the names below, and how far these reach."""
    places = dict(zip(sides, _places(panel, style.sizes.axis), strict=True))
    bars = [bar for size, side in sides.items() for bar in _share_bar(side, places[size], panel, style)]
    ranges = [_range_box(side, places[size], panel, style) for size, side in sides.items()]
    names, under = _names_below(sides, panel, text, words, style)
    layers = [
        *axis_layers(panel, text.unit, style),
        rectangle_layer("range"),
        rectangle_layer("share"),
        zero_line(panel, style),
        *bar_label_layers(bars, style.sizes.label, style),
        *(layer for range_box in ranges for layer in _range_labels(range_box, panel, style)),
        *(layer for size, side in sides.items() for layer in _absent(side, places[size], panel, words, style)),
    ]
    return [*bars, *ranges], (layers, names), under


def domestic_revenue_alt(rows: pd.DataFrame, labels: Mapping[str, str], language: Language) -> str:
    """Shares, counts and bounds of figure 3 in words; ``rows`` as for :func:`domestic_revenue_chart`."""
    words, sides = WORDS[language], read_sides(rows)
    names = COMMON[language].joint.join(labels[side.index_id] for side in sides.values())
    row = next(iter(sides.values())).row
    start = words.alt_start[row["method"]].format(names=names, threshold=threshold_text(row["threshold"]))
    sentences = (words.alt_index.format(**facts_of(side, labels, words)) for side in sides.values())
    return (start + "".join(sentences)).strip()


def _footer(chart_input: ChartInput, language: Language) -> tuple[str, ...]:
    """Whose figures of revenue these are, and the lists of members by name and day."""
    used = chart_input.rows.drop_duplicates("index_id").set_index("index_id")
    settings = chart_input.settings(DomesticRevenueShare)
    names = [settings.revenue_source[language]]
    for side in settings.side:
        row = used.loc[side.index]
        label = next(list_.label for list_ in side.members if list_.series_id == row["members_source"])
        names.append(dated_name(label[language], row["members_date"].date(), language))
    return (source_line(names, language), as_of_line(chart_input, language))


def _draw(chart_input: ChartInput, style: HouseStyle, language: Language) -> Spec:
    rows, settings = chart_input.rows, chart_input.settings(DomesticRevenueShare)
    alt = domestic_revenue_alt(rows, index_names(chart_input.study, language), language)
    first = min(day.year for day in rows["as_of"]) - settings.fiscal_years_back
    subtitle = WORDS[language].subtitle.format(first=first)
    text = chart_text(chart_input, language, alt=alt, subtitle=subtitle, footer=_footer(chart_input, language))
    every = chart_input.all_rows
    sensitivity = None if every is None else every[every["method"] == settings.method]
    return domestic_revenue_chart(rows, text, style, sensitivity)


CHART = FigureChart(
    _footer,
    draw=_draw,
    table=TableLayout(
        (
            "index_id", "method", "n_members", "n_available", "n_at_or_above", "share", "threshold", "members_date",
        )
    ),
)  # fmt: skip
