"""Figure 4 as a picture: averages of the names of decades ago, and how far apart the names ended.

Belongs here: the two panels, alt text, footer, the columns of the page's table. Does not belong here: which names are
averaged and how (assets/figures), the frame (canvas.py), what panels share (panels.py), the words (publish/words).
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
from assets.publish.charts.caption import (
    as_of_month_line,
    basis_name,
    basis_sentence,
    chart_text,
    index_names,
    source_line,
)
from assets.publish.charts.figure_chart import ChartInput, FigureChart, TableLayout
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
from assets.publish.words import COMMON, day_text, words_of
from assets.study import ConstituentReturn, ConstituentSide, Language
from warehouse.rounding import Number, as_decimal, round_half_up
from warehouse.toml_file import Strict


class ConstituentWords(Strict):
    """The printed words of one language.

    ``panel_average`` and ``axis`` go by measure, ``groups`` by grouping. In braces stand ``{unit}``,
    ``{percentile}``, ``{points}`` and, in ``counts`` and ``alt_index``, the keys of :func:`_counts`.
    """

    subtitle: str
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
    alt_kind: Mapping[str, str]
    alt_start: str
    alt_index: str


WORDS = words_of("constituent_return", ConstituentWords)

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


def _rows_by_size(summary: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Size -> the index's row, small first. Raises ``ValueError`` unless both are there with all averages."""
    index_by_size(summary)
    records: list[dict[str, Any]] = [{str(key): row[key] for key in row} for row in summary.to_dict("records")]
    by_size = {size: [row for row in records if row["size"] == size] for size in SIZES}
    for size, rows in by_size.items():
        if len(rows) != 1:
            raise ValueError(f"one row for the {size} index is needed, there are {len(rows)}")
        empty = [column for column in (*GROUPS, "median") if pd.isna(rows[0][column])]
        if empty:
            raise ValueError(f"{rows[0]['index_id']} has no {', '.join(empty)}")
    if len({(row["measure"], row["grouping"]) for row in records}) != 1:
        raise ValueError("both indices need the same measure and grouping")
    return {size: rows[0] for size, rows in by_size.items()}


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


@dataclass(frozen=True)
class _Plot:
    """Both panels with their marks, before there is a frame around them; ``labels`` are those of the percentiles."""

    average: Panel
    spread: Panel
    bars: list[Spec]
    bands: list[Spec]
    starts: Mapping[str, float]
    labels: Mapping[str, Mapping[int, str]]
    label_size: float


def _plot(
    indices: Mapping[str, Mapping[str, Any]],
    quantiles: Mapping[str, Mapping[int, float]],
    words: ConstituentWords,
    style: HouseStyle,
) -> _Plot:
    """Panels as wide as their labels need, and every bar and band at its pixels."""
    sizes, sign = style.sizes, style.negative_sign
    height, between = float(sizes.plot_height), PANEL_GAP + AXIS_WIDTH
    wanted = sizes.width - (sizes.margin + AXIS_WIDTH) - float(sizes.margin) - between - SPREAD_WIDTH
    values = _bars(indices, sign)
    label_size, pitch = _bar_room(values, style, wanted / len(SIZES) * 0.92 / len(GROUPS))
    average_width = max(wanted, pitch * len(GROUPS) / 0.92 * len(SIZES))
    average = Panel(0, average_width, *bar_domain(values, height, label_size * 1.6), height)
    ends = [0.0, *(percent for percents in quantiles.values() for percent in percents.values())]
    room = (max(ends) - min(ends)) * 0.05 or 1.0
    spread = Panel(average_width + between, SPREAD_WIDTH, min(ends) - room, max(ends) + room, height)
    labels = {size: _percentile_names(percents, words, sign) for size, percents in quantiles.items()}
    widest = {size: max(text_width(label, sizes.axis) for label in own.values()) for size, own in labels.items()}
    slot = spread.width / len(SIZES)
    starts = {
        size: spread.slot(number, len(SIZES)) + max(0.0, slot - BAND_WIDTH - 9 - widest[size]) / 2
        for number, size in enumerate(indices)
    }
    bars = _placed_bars(values, average, pitch, style)
    bands = _placed_bands(_bands(indices, quantiles), spread, starts, style)
    return _Plot(average, spread, bars, bands, starts, labels, label_size)


def constituent_chart(summary: pd.DataFrame, rows: pd.DataFrame, text: ChartText, style: HouseStyle) -> Spec:
    """Figure 4 as a Vega-Lite spec: averages by index on the left, returns a year of the names on the right.

    ``summary`` has one row an index (size, averages and counts, as in figure.constituent_return_summary),
    ``rows`` the names of the same availability (index_id, return_ann, trimmed). The picture is
    ``style.sizes.width`` wide unless the bars' values need more. Raises ``ValueError`` unless both sizes are
    there with names behind them, as many as the averages are made of, and ``KeyError`` when ``text`` has no
    name for an index.
    """
    sizes, words = style.sizes, WORDS[text.language]
    indices = _rows_by_size(summary)
    measure = str(next(iter(indices.values()))["measure"])
    quantiles = {size: _quantiles(rows, row) for size, row in indices.items()}
    plot = _plot(indices, quantiles, words, style)
    average, spread = plot.average, plot.spread
    below, under = _names_below(indices, quantiles, plot, text, words, style)
    title_layers, titles = panel_title_layers(
        [(words.panel_average[measure], average), (words.panel_spread, spread)], -14 - sizes.axis - 8, style
    )
    left, right = sizes.margin + AXIS_WIDTH, float(sizes.margin)
    width = spread.left + spread.width
    head = head_height(text, style, left + width + right - 2 * sizes.margin)
    top = math.ceil(sizes.margin + head + 34 + sizes.axis + titles)
    # the frame leaves room for one line below itself, which the last line of names takes
    frame = Frame(width, average.height + under - sizes.label * LINE, left, right, top)
    layers = [
        *title_layers,
        *axis_layers(average, words.axis[measure].format(unit=text.unit), style),
        *axis_layers(spread, words.axis["annualised"].format(unit=text.unit), style),
        rectangle_layer("average"),
        zero_line(average, style),
        zero_line(spread, style),
        rectangle_layer("spread"),
        *bar_label_layers(plot.bars, plot.label_size, style),
        *(
            layer
            for size in indices
            for layer in _band_labels(size, plot.starts[size], quantiles[size], plot.labels[size], spread, style)
        ),
        *below,
    ]
    full = frame.full_width - 2 * sizes.margin
    notes = [line for note in _notes(indices, text.labels, words) for line in wrap(note, full, sizes.footer)]
    return {**picture(text, style, frame, layers, notes), "data": {"values": [*plot.bars, *plot.bands]}}


def _names_below(
    indices: Mapping[str, Mapping[str, Any]],
    quantiles: Mapping[str, Mapping[int, float]],
    plot: _Plot,
    text: ChartText,
    words: ConstituentWords,
    style: HouseStyle,
) -> tuple[list[Spec], float]:
    """Under the panels: what each bar is and how far apart the names are, then the indices' names."""
    sizes, bars, average, spread = style.sizes, plot.bars, plot.average, plot.spread
    printed = dict(zip(GROUPS, (words.mean, words.upper, words.lower), strict=True))
    pitch = bars[1]["x"] - bars[0]["x"]
    cells: list[Cell] = [
        (printed[bar["part"]], (bar["x"] + bar["x2"]) / 2, pitch - 1, style.colours.text) for bar in bars
    ]
    named: list[Cell] = []
    for number, (size, row) in enumerate(indices.items()):
        colour = getattr(style.colours, f"{size}_text")
        gap = signed(as_decimal(quantiles[size][90]) - as_decimal(quantiles[size][10]), 1, style.negative_sign)
        for panel in (average, spread):
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


def constituent_alt(summary: pd.DataFrame, labels: Mapping[str, str], language: Language) -> str:
    """Averages, median and counts of figure 4 in words; ``summary`` as for :func:`constituent_chart`."""
    words, indices = WORDS[language], _rows_by_size(summary)
    sentences = []
    for row in indices.values():
        columns = {"mean": "mean", "upper": "mean_top", "lower": "mean_bottom", "median": "median"}
        numbers = {}
        for word, column in columns.items():
            percent = in_percent(row[column])
            numbers[word] = spoken_number(percent, _percent_decimals(percent), language)
        sentences.append(words.alt_index.format(**numbers, **_counts(row, labels, words)))
    names = COMMON[language].joint.join(labels[row["index_id"]] for row in indices.values())
    kind = words.alt_kind[str(next(iter(indices.values()))["measure"])]
    return (words.alt_start.format(names=names, kind=kind) + "".join(sentences)).strip()


def _footer(chart_input: ChartInput, language: Language) -> tuple[str, ...]:
    """The lists of members by name, stand-ins as such; the bias of counting survivors; the as-of month."""
    settings = chart_input.settings(ConstituentReturn)
    used = dict(zip(chart_input.rows["index_id"], chart_input.rows["members_source"].astype(str), strict=True))
    lists = [_members_label(side, used[side.index], language) for side in settings.side if side.index in used]
    note = (settings.survivors_note[language],) if settings.availability == "survivors" else ()
    return (source_line(lists, language), *note, as_of_month_line(chart_input, language))


def _members_label(side: ConstituentSide, members_source: str, language: Language) -> str:
    """How the source line names the list of members that was used for one side."""
    for members in side.members:
        if members.series_id == members_source:
            return members.label[language]
    return side.rest[language] if side.rest else members_source


def _draw(chart_input: ChartInput, style: HouseStyle, language: Language) -> Spec:
    rows, names = chart_input.rows, chart_input.detail_rows
    basis = chart_input.settings(ConstituentReturn).return_basis
    alt = constituent_alt(rows, index_names(chart_input.study, language), language)
    if basis != "total":
        alt += basis_sentence(basis_name(basis, language), language)
    start, end = (day_text(rows.iloc[0][column].date(), language) for column in ("members_date", "end_date"))
    subtitle = WORDS[language].subtitle.format(basis=basis_name(basis, language), start=start, end=end)
    text = chart_text(chart_input, language, alt=alt, subtitle=subtitle, footer=_footer(chart_input, language))
    return constituent_chart(rows, pd.DataFrame() if names is None else names, text, style)


CHART = FigureChart(
    _footer,
    draw=_draw,
    table=TableLayout(
        (
            "index_id", "mean", "mean_top", "mean_bottom", "median", "mean_untrimmed", "n_members", "n_available",
            "n_trim_per_tail", "n_used", "members_date", "end_date",
        )
    ),
)  # fmt: skip
