"""Figure 4 as a picture: averages of the names of decades ago, and how far apart the names ended.

Belongs here: the two panels, the words that they print and the alt text. Does not belong here: which names are
averaged and how (assets/figures), composing titles and source lines (the caller), the frame (charts/canvas.py).

Two panels with axes of their own share one Vega-Lite view, hence every mark's place is worked out here: the
data carry values and pixels side by side, and the scales are off.
"""

from __future__ import annotations

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
    SMALLEST_LABEL,
    Cell,
    Panel,
    axis_layers,
    bar_domain,
    bar_label_layers,
    box_pixels,
    halo,
    index_by_size,
    label_lines,
    panel_title_layers,
    rectangle_layer,
    spoken_number,
    spread,
    text_row,
    tint,
    zero_line,
)
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import in_percent, signed
from warehouse.rounding import Number, as_decimal, round_half_up


@dataclass(frozen=True)
class ConstituentWords:
    """The printed words of one language.

    ``panel_average`` and ``axis`` go by measure, ``groups`` by grouping. In braces stand ``{unit}``,
    ``{percentile}``, ``{points}`` and, in ``counts`` and ``alt_index``, the names of what they tell.
    """

    mean: str
    upper: str
    lower: str
    median: str
    percentile: str
    gap: str
    panel_average: Mapping[str, str]
    panel_spread: str
    axis: Mapping[str, str]
    groups: Mapping[str, str]
    spread_key: str
    counts: str
    stand_in: str
    joint: str
    alt_kind: Mapping[str, str]
    alt_start: str
    alt_index: str


JA = ConstituentWords(
    mean="平均",
    upper="上位平均",
    lower="下位平均",
    median="中央値",
    percentile="{percentile}%点",
    gap="10～90%点の差 {points}ポイント",
    panel_average={"cumulative": "銘柄の累積リターンの平均", "annualised": "銘柄の年率リターンの平均"},
    panel_spread="銘柄ごとの年率リターンの分布",
    axis={"cumulative": "累積{unit}", "annualised": "年率{unit}"},
    groups={
        "half": "上位平均・下位平均は、除外後の銘柄をリターン順に並べた上半分・下半分の平均。",
        "mean_split": "上位平均・下位平均は、除外後の銘柄のうち平均を上回る銘柄・下回る銘柄の平均。",
        "tercile": "上位平均・下位平均は、除外後の銘柄をリターン順に並べた上位・下位3分の1の平均。",
        "quartile": "上位平均・下位平均は、除外後の銘柄をリターン順に並べた上位・下位4分の1の平均。",
        "quintile": "上位平均・下位平均は、除外後の銘柄をリターン順に並べた上位・下位5分の1の平均。",
        "decile": "上位平均・下位平均は、除外後の銘柄をリターン順に並べた上位・下位10分の1の平均。",
    },
    spread_key="分布は除外後の銘柄。濃い帯は25～75%点、薄い帯は10～90%点、太線は中央値。90%点は銘柄の90%がそれ以下となる水準。",
    counts="{name}：構成{members}銘柄のうち、リターンのある{available}銘柄から上下各{trimmed}銘柄を除いた{used}銘柄。",
    stand_in="（代用リスト）",
    joint="と",
    alt_kind={"cumulative": "累積", "annualised": "年率"},
    alt_start="{names}の構成銘柄の{kind}リターンの平均の棒グラフと、年率リターンの分布。",
    alt_index="{name}：平均{mean}%、上位平均{upper}%、下位平均{lower}%、中央値{median}%。"
    "構成{members}銘柄、リターンのある{available}銘柄、上下各{trimmed}銘柄を除いた{used}銘柄。",
)

EN = ConstituentWords(
    mean="Mean",
    upper="Upper average",
    lower="Lower average",
    median="Median",
    percentile="{percentile}th",
    gap="10th to 90th: {points} points",
    panel_average={"cumulative": "Average cumulative return of the names", "annualised": "Average return a year"},
    panel_spread="Distribution of the names' returns a year",
    axis={"cumulative": "Cumulative {unit}", "annualised": "Annualised {unit}"},
    groups={
        "half": "Upper and lower average: upper and lower half of the names left, ranked by return.",
        "mean_split": "Upper and lower average: the names left that are above and below their mean.",
        "tercile": "Upper and lower average: upper and lower third of the names left, ranked by return.",
        "quartile": "Upper and lower average: upper and lower quarter of the names left, ranked by return.",
        "quintile": "Upper and lower average: upper and lower fifth of the names left, ranked by return.",
        "decile": "Upper and lower average: upper and lower tenth of the names left, ranked by return.",
    },
    spread_key="Distribution of the names left. Dark band: 25th to 75th percentile; pale band: 10th to 90th; "
    "thick line: median.",
    counts="{name}: {members} members, {available} with a return, {trimmed} removed from each tail, {used} used.",
    stand_in=" (stand-in list)",
    joint=" and ",
    alt_kind={"cumulative": "cumulative returns", "annualised": "returns a year"},
    alt_start="Bar chart of average {kind} of the constituents of {names}, and distribution of their returns a year. ",
    alt_index="{name}: mean {mean}%, upper average {upper}%, lower average {lower}%, median {median}%; "
    "{members} members, {available} with a return, {trimmed} removed from each tail, {used} used. ",
)

GROUPS = ("mean", "mean_top", "mean_bottom")
"""The bars of an index from left to right."""

TINTS = {"mean": 1.0, "mean_top": 0.5, "mean_bottom": 0.12}
"""Share of the house colour in a bar's fill; every bar is outlined in the full colour."""

BANDS = ((10, 90, 0.15), (25, 75, 0.5))
"""Lower and upper percentile of a band and the share of the house colour in its fill, the widest band first."""

PERCENTILES = (90, 75, 50, 25, 10)
"""The labelled ones, from the top."""

SPREAD_WIDTH = 296.0
PANEL_GAP = 18.0
BAR_GAP = 5.0
BAND_WIDTH = 34.0
"""Pixels: the right panel, between the panels, between bars, a band."""


def _percent_decimals(percent: Number) -> int:
    """One decimal below 100 %, none from there on: averages of decades run to thousands."""
    return 0 if abs(round_half_up(percent, 1)) >= 100 else 1


def _percent_label(percent: Number, sign: str) -> str:
    return signed(percent, _percent_decimals(percent), sign) + "%"


def _one_an_index(summary: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Size -> the index's row, small first. Raises ``ValueError`` unless both are there with all averages."""
    index_by_size(summary)
    records: list[dict[str, Any]] = [{str(key): row[key] for key in row} for row in summary.to_dict("records")]
    found = {size: [row for row in records if row["size"] == size] for size in SIZES}
    for size, rows in found.items():
        if len(rows) != 1:
            raise ValueError(f"one row for the {size} index is needed, there are {len(rows)}")
        empty = [column for column in (*GROUPS, "median") if pd.isna(rows[0][column])]
        if empty:
            raise ValueError(f"{rows[0]['index_id']} has no {', '.join(empty)}")
    if len({(row["measure"], row["grouping"]) for row in records}) != 1:
        raise ValueError("both indices need the same measure and grouping")
    return {size: rows[0] for size, rows in found.items()}


def _quantiles(rows: pd.DataFrame, row: Mapping[str, Any]) -> dict[int, float]:
    """Percentile -> return a year in percent, of the names that the averages are made of."""
    mine = rows[(rows["index_id"] == row["index_id"]) & rows["trimmed"].isna()]
    kept = mine["return_ann"].dropna().astype(float)
    if kept.empty:
        raise ValueError(f"no names behind {row['index_id']}")
    if len(kept) != row["n_used"]:
        raise ValueError(f"{len(kept)} names behind {row['index_id']}, its averages are of {row['n_used']}")
    return {
        percentile: float(round_half_up(in_percent(kept.quantile(percentile / 100)), 6)) for percentile in PERCENTILES
    }


def _bars(indices: Mapping[str, Mapping[str, Any]], sign: str) -> list[Spec]:
    """One object a bar, small ones first, before it has a place."""
    values = []
    for size, row in indices.items():
        for group in GROUPS:
            percent = float(in_percent(row[group]))
            label = _percent_label(percent, sign)
            value = {"panel": "average", "size": size, "index": row["index_id"], "part": group, "percent": percent}
            values.append(value | {"label": label, "edge": percent, "below": label.startswith(sign)})
    return values


def _bands(indices: Mapping[str, Mapping[str, Any]], quantiles: Mapping[str, Mapping[int, float]]) -> list[Spec]:
    """One object a band, the wide one of an index first, before it has a place."""
    return [
        {"panel": "spread", "size": size, "index": row["index_id"], "part": f"{low}-{high}"}
        | {"percent": quantiles[size][low], "percent2": quantiles[size][high]}
        for size, row in indices.items()
        for low, high, _ in BANDS
    ]


def _placed_bars(values: Sequence[Spec], panel: Panel, pitch: float, style: HouseStyle) -> list[Spec]:
    """The bars with their pixels and colours."""
    placed = []
    for number, value in enumerate(values):
        slot, place = divmod(number, len(GROUPS))
        start = panel.slot(slot, len(SIZES)) + panel.width / len(SIZES) / 2 + (place - len(GROUPS) / 2) * pitch
        edges = sorted([panel.pixel(value["percent"]), panel.pixel(0)])
        colour = getattr(style.colours, value["size"])
        fill = tint(colour, style.colours.background, TINTS[value["part"]])
        box = box_pixels(start + BAR_GAP / 2, pitch - BAR_GAP, *edges)
        placed.append(value | box | {"fill": fill, "stroke": colour})
    return placed


def _placed_bands(values: Sequence[Spec], panel: Panel, starts: Mapping[str, float], style: HouseStyle) -> list[Spec]:
    """The bands with their pixels and colours."""
    tints = {f"{low}-{high}": share for low, high, share in BANDS}
    placed = []
    for value in values:
        colour = getattr(style.colours, value["size"])
        fill = tint(colour, style.colours.background, tints[value["part"]])
        box = box_pixels(
            starts[value["size"]], BAND_WIDTH, panel.pixel(value["percent2"]), panel.pixel(value["percent"])
        )
        placed.append(value | box | {"fill": fill, "stroke": colour})
    return placed


def _percentile_names(quantiles: Mapping[int, float], words: ConstituentWords, sign: str) -> dict[int, str]:
    """What stands beside a band at each percentile."""
    names = {percentile: words.percentile.format(percentile=percentile) for percentile in PERCENTILES}
    names[50] = words.median
    return {percentile: f"{names[percentile]} {_percent_label(quantiles[percentile], sign)}" for percentile in names}


def _band_labels(
    size: str, start: float, quantiles: Mapping[int, float], labels: Mapping[int, str], panel: Panel, style: HouseStyle
) -> list[Spec]:
    """The median's line, and every percentile's name and value right of the bands, moved apart where needed."""
    letters, colour = style.sizes.axis, getattr(style.colours, f"{size}_text")
    end = start + BAND_WIDTH
    wanted = [panel.pixel(quantiles[percentile]) for percentile in PERCENTILES]
    places = spread(wanted, letters * LINE, letters / 2, panel.height - letters / 2)
    middle = wanted[PERCENTILES.index(50)]
    layers = [rule_layer(start, middle, end, middle, getattr(style.colours, size), strokeWidth=3)]
    for percentile, edge, place in zip(PERCENTILES, wanted, places, strict=True):
        bold = {"stroke": colour, "strokeWidth": 0.4} if percentile == 50 else {}
        layers.append(rule_layer(end + 1, edge, end + 7, place, colour, strokeWidth=0.8))
        layers.append(halo(end + 8, place, text_width(labels[percentile], letters) + 2, letters, style))
        layers.append(text_layer(labels[percentile], end + 9, place, letters, colour, baseline="middle", **bold))
    return layers


def _bar_room(values: Sequence[Spec], style: HouseStyle, pitch: float) -> tuple[float, float]:
    """Font size of the bars' values and the distance of bars: letters get smaller first, then bars wider."""
    widest = max(text_width(value["label"], 1) for value in values)
    size = style.sizes.label
    while size > SMALLEST_LABEL and widest * size + 3 > pitch:
        size -= 0.5
    return size, max(pitch, widest * size + 3)


def _notes(indices: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str], words: ConstituentWords) -> list[str]:
    """The counts of each index, how the groups are cut, how the bands are read."""
    counts = [words.counts.format(**_counts(row, labels, words)) for row in indices.values()]
    return [*counts, words.groups[str(next(iter(indices.values()))["grouping"])], words.spread_key]


def _counts(row: Mapping[str, Any], labels: Mapping[str, str], words: ConstituentWords) -> dict[str, str]:
    numbers = {"members": "n_members", "available": "n_available", "trimmed": "n_trim_per_tail", "used": "n_used"}
    name = labels[row["index_id"]] + (words.stand_in if row["is_stand_in"] else "")
    return {"name": name, **{key: f"{int(row[column]):,}" for key, column in numbers.items()}}


def constituent_chart(
    summary: pd.DataFrame, rows: pd.DataFrame, text: ChartText, style: HouseStyle, words: ConstituentWords
) -> Spec:
    """Figure 4 as a Vega-Lite spec: averages by index on the left, returns a year of the names on the right.

    ``summary`` has one row an index (size, averages and counts, as in figure.constituent_return_summary),
    ``rows`` the names of the same availability (index_id, return_ann, trimmed). The picture is
    ``style.sizes.width`` wide unless the bars' values need more. Raises ``ValueError`` unless both sizes are
    there with names behind them, as many as the averages are made of, and ``KeyError`` when ``text`` has no
    name for an index.
    """
    sizes, sign = style.sizes, style.negative_sign
    indices = _one_an_index(summary)
    measure = str(next(iter(indices.values()))["measure"])
    quantiles = {size: _quantiles(rows, row) for size, row in indices.items()}
    values = _bars(indices, sign)

    left, right, height = sizes.margin + AXIS_WIDTH, float(sizes.margin), float(sizes.plot_height)
    between = PANEL_GAP + AXIS_WIDTH
    wanted = sizes.width - left - right - between - SPREAD_WIDTH
    label_size, pitch = _bar_room(values, style, wanted / len(SIZES) * 0.92 / len(GROUPS))
    average_width = max(wanted, pitch * len(GROUPS) / 0.92 * len(SIZES))
    average = Panel(0, average_width, *bar_domain(values, height, label_size * 1.6), height)
    ends = [0.0, *(percent for found in quantiles.values() for percent in found.values())]
    room = (max(ends) - min(ends)) * 0.05 or 1.0
    spread = Panel(average_width + between, SPREAD_WIDTH, min(ends) - room, max(ends) + room, height)

    names = {size: _percentile_names(found, words, sign) for size, found in quantiles.items()}
    labelled = {size: max(text_width(name, sizes.axis) for name in found.values()) for size, found in names.items()}
    slot = spread.width / len(SIZES)
    starts = {
        size: spread.slot(number, len(SIZES)) + max(0.0, slot - BAND_WIDTH - 9 - labelled[size]) / 2
        for number, size in enumerate(indices)
    }
    bars = _placed_bars(values, average, pitch, style)
    bands = _placed_bands(_bands(indices, quantiles), spread, starts, style)

    below, under = _names_below(indices, quantiles, (average, spread), bars, text, words, style)
    title_layers, titles = panel_title_layers(
        [(words.panel_average[measure], average), (words.panel_spread, spread)], -14 - sizes.axis - 8, style
    )
    width = spread.left + spread.width
    head = head_height(text, style, left + width + right - 2 * sizes.margin)
    top = math.ceil(sizes.margin + head + 34 + sizes.axis + titles)
    # the frame leaves room for one line below itself, which the last line of names takes
    frame = Frame(width, height + under - sizes.label * LINE, left, right, top)
    layers = [
        *title_layers,
        *axis_layers(average, words.axis[measure].format(unit=text.unit), style),
        *axis_layers(spread, words.axis["annualised"].format(unit=text.unit), style),
        rectangle_layer("average"),
        zero_line(average, style),
        zero_line(spread, style),
        rectangle_layer("spread"),
        *bar_label_layers(bars, label_size, style),
        *(
            layer
            for size in indices
            for layer in _band_labels(size, starts[size], quantiles[size], names[size], spread, style)
        ),
        *below,
    ]
    full = frame.full_width - 2 * sizes.margin
    notes = [line for note in _notes(indices, text.labels, words) for line in wrap(note, full, sizes.footer)]
    return {**picture(text, style, frame, layers, notes), "data": {"values": [*bars, *bands]}}


def _names_below(
    indices: Mapping[str, Mapping[str, Any]],
    quantiles: Mapping[str, Mapping[int, float]],
    panels: tuple[Panel, Panel],
    bars: Sequence[Spec],
    text: ChartText,
    words: ConstituentWords,
    style: HouseStyle,
) -> tuple[list[Spec], float]:
    """Under the panels: what each bar is and how far apart the names are, then the indices' names."""
    average, spread = panels
    sizes = style.sizes
    printed = dict(zip(GROUPS, (words.mean, words.upper, words.lower), strict=True))
    pitch = bars[1]["x"] - bars[0]["x"]
    cells: list[Cell] = [
        (printed[bar["part"]], (bar["x"] + bar["x2"]) / 2, pitch - 1, style.colours.text) for bar in bars
    ]
    named: list[Cell] = []
    for number, (size, row) in enumerate(indices.items()):
        colour = getattr(style.colours, f"{size}_text")
        gap = signed(as_decimal(quantiles[size][90]) - as_decimal(quantiles[size][10]), 1, style.negative_sign)
        for panel in panels:
            width = panel.width / len(SIZES)
            middle = panel.slot(number, len(SIZES)) + width / 2
            if panel is spread:
                cells.append((words.gap.format(points=gap), middle, width - 4, style.colours.text))
            lines = [
                line
                for part in label_lines(text.labels[row["index_id"]], sizes.label)
                for line in wrap(part, width - 4, sizes.label)
            ]
            named.append((lines, middle, width, colour))
    first, tall = text_row(cells, average.height + 8 + sizes.footer, sizes.footer)
    second, taller = text_row(named, average.height + 12 + sizes.label + tall, sizes.label)
    return [*first, *second], 12 + tall + taller


def constituent_alt(summary: pd.DataFrame, labels: Mapping[str, str], words: ConstituentWords, language: str) -> str:
    """Averages, median and counts of figure 4 in words; ``summary`` as for :func:`constituent_chart`."""
    indices = _one_an_index(summary)
    told = []
    for row in indices.values():
        columns = {"mean": "mean", "upper": "mean_top", "lower": "mean_bottom", "median": "median"}
        numbers = {}
        for word, column in columns.items():
            percent = in_percent(row[column])
            numbers[word] = spoken_number(percent, _percent_decimals(percent), language)
        told.append(words.alt_index.format(**numbers, **_counts(row, labels, words)))
    names = words.joint.join(labels[row["index_id"]] for row in indices.values())
    kind = words.alt_kind[str(next(iter(indices.values()))["measure"])]
    return (words.alt_start.format(names=names, kind=kind) + "".join(told)).strip()
