"""Figure 1 as a picture: a pair of bars a period, returns of small beside large.

Belongs here: bars, legend, alt text, the columns of the page's table. Does not belong here: which periods are drawn
(assets/figures), the frame (canvas.py), the words (publish/words).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from assets.publish.charts.canvas import (
    ChartText,
    Frame,
    Spec,
    head_height,
    picture,
    rule_layer,
    text_layer,
    text_width,
)
from assets.publish.charts.caption import basis_alt, basis_line, chart_text, index_names, levels_footer
from assets.publish.charts.figure_chart import ChartInput, FigureChart, TableLayout
from assets.publish.charts.panels import (
    AXIS_WIDTH,
    SIZES,
    SMALLEST_LABEL,
    bar_domain,
    index_by_size,
    spoken_number,
    tick_label,
)
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import in_percent, signed
from assets.publish.words import COMMON, words_of
from assets.study import Language
from warehouse.toml_file import Strict

DASH = "–"
"""Printed where there is no value; a missing value is never drawn as 0."""

BAR_SHARE = 0.76
WIDEST_BAR_SHARE = 0.9
"""Share of a period's width that its two bars take, and the most that they may take."""

LEGEND_ROW = 16
"""Height of a row of the legend, in pixels."""


class SizeReturnWords(Strict):
    """The printed words of one language: the alt text and its parts, one a period and one an index."""

    alt: str
    alt_period: str
    alt_period_joint: str
    alt_value: str
    alt_no_value: str


WORDS = words_of("size_return", SizeReturnWords)


def _bar(percent: float | None, sign: str) -> Spec:
    """Height and label of one bar; a missing one keeps its place with a dash on the zero line."""
    if percent is None:
        return {"percent": None, "label": DASH, "edge": 0, "below": False}
    label = signed(percent, 1, sign)
    return {"percent": percent, "label": label, "edge": percent, "below": label.startswith(sign)}


def _bar_values(rows: pd.DataFrame, text: ChartText, style: HouseStyle) -> list[Spec]:
    """One object a bar, small ones first, with the names that the picture prints."""
    values = []
    for size in SIZES:
        for row in rows[rows["size"] == size].sort_values("period_order").to_dict("records"):
            value = row["return_cum"]
            percent = None if pd.isna(value) else float(in_percent(value))
            names = {"period": text.periods[row["period"]], "index": text.labels[row["index_id"]]}
            values.append(names | _bar(percent, style.negative_sign))
    return values


def _bar_sizes(values: list[Spec], periods: int, width: float, largest: float) -> tuple[float, float, float]:
    """Font size of the bars' labels, the bars' share of a period, the plot's width.

    A label must not be wider than its bar: letters get smaller first, then bars wider, then the picture.
    """
    widest = max(text_width(value["label"], 1) for value in values)
    slot, size = width / periods, largest
    while size > SMALLEST_LABEL and (widest * size + 2) * 2 > slot * BAR_SHARE:
        size -= 0.5
    pair = (widest * size + 2) * 2
    share = min(max(BAR_SHARE, pair / slot), WIDEST_BAR_SHARE)
    return size, share, max(width, pair / share * periods)


def _legend(names: list[str], start: float, rows: int, style: HouseStyle) -> Spec:
    """A compact legend above the plot, ``start`` pixels from its left edge."""
    sizes, colours = style.sizes, style.colours
    return {
        "orient": "none",
        "legendX": round(start, 2),
        "legendY": -7 - LEGEND_ROW * rows,
        "direction": "horizontal",
        "columns": math.ceil(len(names) / rows),
        "columnPadding": 18,
        "title": None,
        "labelFontSize": sizes.label,
        "labelColor": colours.text,
        "labelLimit": 0,
        "symbolType": "square",
        "symbolSize": 110,
    }


def _period_axis(periods: list[str], share: float, style: HouseStyle) -> Spec:
    """The x channel: periods in their order, each with ``share`` of its width for bars."""
    return {
        "field": "period",
        "type": "nominal",
        "sort": periods,
        "title": None,
        "scale": {"paddingInner": round(1 - share, 4), "paddingOuter": round((1 - share) / 2, 4)},
        "axis": {"labelAngle": 0, "grid": False, "labelColor": style.colours.text, "labelPadding": 8},
    }


def _percent_axis(low: float, high: float, style: HouseStyle) -> Spec:
    """The y channel of the bars."""
    return {
        "field": "percent",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [round(low, 4), round(high, 4)], "nice": False, "zero": False},
        "axis": {"tickCount": 6, "labelExpr": tick_label(style.negative_sign)},
    }


def _bar_layers(x: Spec, y: Spec, colour: Spec, label_size: float, style: HouseStyle) -> list[Spec]:
    """Bars, and their labels over positive and under negative ones."""
    place = {"x": x, "xOffset": {"field": "index", "sort": colour["scale"]["domain"]}}
    labelled = place | {"y": {"field": "edge", "type": "quantitative"}, "text": {"field": "label"}}
    above = {
        "type": "text",
        "fontSize": label_size,
        "fill": style.colours.text,
        "baseline": "bottom",
        "dy": -2,
    }
    below = above | {"baseline": "top", "dy": 3}
    bars = {"mark": {"type": "bar"}, "encoding": place | {"y": y, "color": colour}}
    return [
        {"transform": [{"filter": "isValid(datum.percent)"}], **bars},
        {"transform": [{"filter": "!datum.below"}], "mark": above, "encoding": labelled},
        {"transform": [{"filter": "datum.below"}], "mark": below, "encoding": labelled},
    ]


def size_return_chart(rows: pd.DataFrame, text: ChartText, style: HouseStyle) -> Spec:
    """Figure 1 as a Vega-Lite spec: a pair of bars a period, small before large, in percent.

    ``rows`` has index_id, size, period, period_order and return_cum (a fraction; NULL draws a dash). The
    picture is ``style.sizes.width`` wide unless the labels of many periods need more. Raises ``ValueError``
    without rows and ``KeyError`` when ``text`` has no name for an index or a period.
    """
    sizes, colours = style.sizes, style.colours
    present = index_by_size(rows)
    names = [text.labels[index_id] for index_id in present.values()]
    periods = [text.periods[code] for code in rows.sort_values("period_order")["period"].unique()]
    values = _bar_values(rows, text, style)

    left, right = sizes.margin + AXIS_WIDTH, float(sizes.margin)
    label_size, share, width = _bar_sizes(values, len(periods), sizes.width - left - right, sizes.label)
    legend_start = max(0.0, text_width(text.unit, sizes.axis) - AXIS_WIDTH + 14)  # beside the unit
    one_row = legend_start + sum(text_width(name, sizes.label) + 32 for name in names) <= width
    legend_rows = 1 if one_row else len(names)
    head = head_height(text, style, width + AXIS_WIDTH)
    top = math.ceil(sizes.margin + head + 28 + LEGEND_ROW * legend_rows)
    frame = Frame(width, sizes.plot_height, left, right, top)

    low, high = bar_domain(values, frame.height, label_size * 1.6)
    zero = frame.height * high / (high - low)
    colour: Spec = {
        "field": "index",
        "type": "nominal",
        "scale": {"domain": names, "range": [getattr(colours, size) for size in present]},
        "legend": _legend(names, legend_start, legend_rows, style),
    }
    layers = [
        *_bar_layers(_period_axis(periods, share, style), _percent_axis(low, high, style), colour, label_size, style),
        rule_layer(0, zero, frame.width, zero, colours.zero),
        text_layer(text.unit, -AXIS_WIDTH, -14, sizes.axis, colours.muted),
    ]
    return {**picture(text, style, frame, layers), "data": {"values": values}}


def size_return_alt(
    rows: pd.DataFrame, labels: Mapping[str, str], periods: Mapping[str, str], language: Language
) -> str:
    """Every value of figure 1 in words, period by period; ``rows`` as for :func:`size_return_chart`."""
    words, common = WORDS[language], COMMON[language]
    present = index_by_size(rows)
    names = [labels[index_id] for index_id in present.values()]
    sentences = []
    for code, group in rows.sort_values("period_order").groupby("period", sort=False):
        returns = group.set_index("size")["return_cum"]
        values = []
        for size, name in zip(present, names, strict=True):
            value = returns.get(size)
            if pd.isna(value):
                values.append(words.alt_no_value.format(name=name))
            else:
                number = spoken_number(in_percent(value), 1, language)
                values.append(words.alt_value.format(name=name, value=number))
        sentences.append(words.alt_period.format(period=periods[str(code)], values=common.comma.join(values)))
    return words.alt.format(names=common.joint.join(names), periods=words.alt_period_joint.join(sentences))


def _draw(chart_input: ChartInput, style: HouseStyle, language: Language) -> Spec:
    rows, study = chart_input.rows, chart_input.study
    periods: dict[str, str] = {code: label[language] for code, label in study.period_label.items()}
    alt = size_return_alt(rows, index_names(study, language), periods, language) + basis_alt(chart_input, language)
    text = chart_text(
        chart_input,
        language,
        alt=alt,
        subtitle=basis_line(chart_input, language),
        footer=levels_footer(chart_input, language),
        periods=periods,
    )
    return size_return_chart(rows, text, style)


CHART = FigureChart(
    levels_footer,
    draw=_draw,
    table=TableLayout(("period", "base_date", "end_date"), value="return_cum", order="period_order"),
)
