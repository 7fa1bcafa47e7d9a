"""Figures 1 and 2 as pictures: Vega-Lite specs with their data inside, SVG and PNG from them, alt texts.

Belongs here: where things stand in a picture and how a number is written in it. Does not belong here: which
rows are drawn and what they mean (assets/figures), composing titles and source lines (the caller), the page.

The specs are plain dicts. Everything around the plot (title, footer, labels at line ends) stands at pixels
worked out here, because Vega-Lite neither wraps text nor keeps labels apart; `autosize: none` keeps the
picture at exactly the size that was worked out.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from xml.sax.saxutils import quoteattr

import pandas as pd

from assets.publish.charts.font import font_folder, outline, svg_with_font
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import in_percent, signed
from warehouse.rounding import Number

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
SIZES = ("small", "large")
"""The order of bars, legends and labels everywhere."""

AXIS_WIDTH = 36.0
"""Pixels for the numbers left of the plot."""

DASH = "–"
"""Printed where there is no value; a missing value is never drawn as 0."""

LINE = 1.4
"""Distance of two lines of text, in font sizes."""


@dataclass(frozen=True)
class ChartText:
    """Everything that a picture prints, in one language.

    ``labels`` maps index_id to the index's name, ``periods`` (figure 1 only) a period code to its name;
    ``footer`` holds finished lines, which are wrapped here; ``sample_mark`` is printed across the picture
    when the data is invented; ``alt`` is the description for screen readers.
    """

    language: str
    title: str
    subtitle: str
    unit: str
    labels: Mapping[str, str]
    periods: Mapping[str, str]
    footer: tuple[str, ...]
    sample_mark: str | None
    alt: str


@dataclass(frozen=True)
class EventMark:
    """A date, or a range of dates when ``end`` is given, that figure 2 marks; ``label`` as it is printed."""

    start: date
    end: date | None
    label: str


# --- Text: how wide it is, where it breaks ------------------------------------------------------------------

NARROW = frozenset("iIjltfr.,:;|!'()[]{}- ")
BROAD = frozenset("mwMW@%")
NOT_FIRST = frozenset("、。，．・：；！？）」』】〕％〜～ー々")
NOT_LAST = frozenset({"（", "「", "『", "【", "〔"})
PIECE = re.compile(r" *[!-~]+| +|[^ !-~]")


def _em(character: str) -> float:
    """Width of a character in font sizes, on the wide side, since a font may be missing elsewhere."""
    if unicodedata.east_asian_width(character) in "WFA":
        return 1.0
    if character in NARROW:
        return 0.37
    if character in BROAD:
        return 0.9
    if character.isupper():
        return 0.75
    return 0.63 if character.isdigit() else 0.6


def text_width(text: str, size: float) -> float:
    """Estimated width in pixels of one line of text at a font size."""
    return sum(_em(character) for character in text) * size


def _unbreakable(text: str) -> list[str]:
    """Split where a line may end: at a space or beside a Japanese character, by the rules of typesetting."""
    pieces: list[str] = []
    for piece in PIECE.findall(text):
        if pieces and (piece[0] in NOT_FIRST or pieces[-1][-1] in NOT_LAST):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _flow(pieces: Sequence[str], width: float, size: float) -> list[str]:
    """Fill lines with pieces that stay whole unless one alone is wider than a line."""
    lines = [""]
    for piece in pieces:
        if text_width(lines[-1] + piece, size) <= width:
            lines[-1] += piece
            continue
        lines.append("")
        for character in piece.lstrip():
            if text_width(lines[-1] + character, size) > width:
                lines.append("")
            lines[-1] += character
    return [line.strip() for line in lines if line.strip()]


def wrap(text: str, width: float, size: float) -> list[str]:
    """Lines of at most ``width`` pixels at a font size; Japanese breaks between characters."""
    return _flow(_unbreakable(text), width, size)


# --- The frame that both figures share ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Frame:
    """Pixels of the plot and the space around it; the plot's upper left corner is (0, 0)."""

    width: float
    height: float
    left: float
    right: float
    top: float

    @property
    def full_width(self) -> float:
        return self.left + self.width + self.right


def _fixed(mark: Spec, **places: float) -> Spec:
    """A layer that draws one mark at pixels of the plot, whatever the data."""
    encoding = {channel: {"value": round(pixels, 2)} for channel, pixels in places.items()}
    return {"data": {"values": [{}]}, "mark": mark, "encoding": encoding}


def _printed(text: str | list[str], x: float, y: float, size: float, colour: str, **more: Any) -> Spec:
    """A layer that prints text at a fixed place."""
    only = text if isinstance(text, str) else text[0] if len(text) == 1 else ""
    if only[:1] in NOT_LAST and more.get("align", "left") == "left":
        x -= size * 0.45  # an opening bracket stands in the right half of its square
    mark = {"type": "text", "text": text, "fontSize": size, "fill": colour, "align": "left"}
    mark |= {"baseline": "alphabetic", "lineHeight": round(size * LINE, 2)}
    return _fixed(mark | more, x=x, y=y)


def _ruled(x: float, y: float, x2: float, y2: float, colour: str, **more: Any) -> Spec:
    """A layer that draws one straight line at a fixed place."""
    return _fixed({"type": "rule", "color": colour} | more, x=x, y=y, x2=x2, y2=y2)


def _head_height(text: ChartText, style: HouseStyle, width: float) -> float:
    """Height of title and subtitle together."""
    sizes = style.sizes
    lines = len(wrap(text.title, width, sizes.title)) * sizes.title
    return (lines + len(wrap(text.subtitle, width, sizes.subtitle)) * sizes.subtitle) * LINE


def _head(text: ChartText, style: HouseStyle, frame: _Frame) -> list[Spec]:
    """Title and subtitle, left above. Text marks: Vega moves its own titles by what stands below them."""
    sizes, colours = style.sizes, style.colours
    x, width = sizes.margin - frame.left, frame.full_width - 2 * sizes.margin
    title = wrap(text.title, width, sizes.title)
    y = sizes.margin - frame.top + sizes.title * 0.88
    # IPAexGothic has no bold: a thin outline in the letters' own colour looks the same with every font
    bold = {"stroke": colours.text, "strokeWidth": 0.5}
    layers = [_printed(title, x, y, sizes.title, colours.text, **bold)]
    subtitle = wrap(text.subtitle, width, sizes.subtitle)
    if subtitle:
        y += (len(title) - 1) * sizes.title * LINE + sizes.subtitle * LINE + 5
        layers.append(_printed(subtitle, x, y, sizes.subtitle, colours.muted))
    return layers


def _sample(text: ChartText, style: HouseStyle, frame: _Frame) -> list[Spec]:
    """The words across invented data: over the marks, which must not hide them, and pale.

    They are drawn and not set: a program that lacks the font, or drops text, must not lose them.
    """
    if not text.sample_mark:
        return []
    shape, ems = outline(text.sample_mark)
    width = min(52.0 * ems, 0.8 * frame.width)
    mark: Spec = {"type": "point", "shape": shape, "size": round(width * width, 1), "filled": True, "strokeWidth": 0}
    mark |= {"color": style.colours.sample, "opacity": 0.3, "angle": 346, "aria": True, "description": text.sample_mark}
    return [_fixed(mark, x=frame.width / 2, y=frame.height / 2)]


def _picture(text: ChartText, style: HouseStyle, frame: _Frame, layers: list[Spec], notes: Sequence[str] = ()) -> Spec:
    """Put the frame around the layers: title above, notes, footer and broker below, sample mark on top."""
    sizes, colours = style.sizes, style.colours
    width = frame.full_width - 2 * sizes.margin
    x, y, step = sizes.margin - frame.left, frame.height + sizes.axis + 32, sizes.footer * LINE
    below = []
    footer = [*text.footer, style.broker]
    for lines in (notes, [line for part in footer for line in wrap(part, width, sizes.footer)]):
        if lines:
            below.append(_printed(list(lines), x, y, sizes.footer, colours.muted))
            y += len(lines) * step + 4
    bottom = math.ceil(y - step - frame.height + sizes.margin)
    axis = {
        "labelFontSize": sizes.axis,
        "labelColor": colours.muted,
        "labelLimit": 0,
        "gridColor": colours.grid,
    }
    axis |= {"domain": False, "ticks": False, "labelPadding": 6}
    return {
        "$schema": SCHEMA,
        "description": text.alt,
        "width": round(frame.width, 2),
        "height": round(frame.height, 2),
        "autosize": {"type": "none"},
        "padding": {
            "left": round(frame.left, 2),
            "right": round(frame.right, 2),
            "top": round(frame.top, 2),
            "bottom": bottom,
        },
        "background": colours.background,
        "layer": [*_head(text, style, frame), *layers, *below, *_sample(text, style, frame)],
        "config": {
            "font": style.fonts.family(text.language),
            "view": {"stroke": None},
            "axis": axis,
            "aria": False,
        },
    }


def _present(rows: pd.DataFrame) -> dict[str, str]:
    """Size -> index_id of what the rows hold, small first."""
    pairs = {str(size): str(index_id) for size, index_id in zip(rows["size"], rows["index_id"], strict=True)}
    if not pairs:
        raise ValueError("a chart needs at least one row")
    return {size: pairs[size] for size in SIZES if size in pairs}


def _tick_label(sign: str) -> str:
    """Vega expression of an axis label: Vega's own format would write a minus sign of its choice."""
    return f"(datum.value < 0 ? '{sign}' : '') + format(abs(datum.value), ',')"


# --- Figure 1 -----------------------------------------------------------------------------------------------

BAR_SHARE = 0.76
WIDEST_BAR_SHARE = 0.9
"""Share of a period's width that its two bars take, and the most that they may take."""

LEGEND_ROW = 16
"""Height of a row of the legend, in pixels."""

SMALLEST_LABEL = 9
"""Smallest font size of a bar's label, in pixels."""


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


def _bar_domain(values: list[Spec], height: float, room: float) -> tuple[float, float]:
    """The y axis in percent: zero inside, and ``room`` pixels beyond the bars for their labels."""
    edges = [0.0, *(value["edge"] for value in values)]
    low, high = min(edges), max(edges)
    if low == high:
        return 0.0, 1.0
    share = room / height
    under, over = (share * any(value["below"] is side for value in values) for side in (True, False))
    span = (high - low) / (1 - under - over)
    return low - span * under, high + span * over


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
        "axis": {"tickCount": 6, "labelExpr": _tick_label(style.negative_sign)},
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
    present = _present(rows)
    names = [text.labels[index_id] for index_id in present.values()]
    periods = [text.periods[code] for code in rows.sort_values("period_order")["period"].unique()]
    values = _bar_values(rows, text, style)

    left, right = sizes.margin + AXIS_WIDTH, float(sizes.margin)
    label_size, share, width = _bar_sizes(values, len(periods), sizes.width - left - right, sizes.label)
    legend_start = max(0.0, text_width(text.unit, sizes.axis) - AXIS_WIDTH + 14)  # beside the unit
    one_row = legend_start + sum(text_width(name, sizes.label) + 32 for name in names) <= width
    legend_rows = 1 if one_row else len(names)
    head = _head_height(text, style, width + AXIS_WIDTH)
    top = math.ceil(sizes.margin + head + 28 + LEGEND_ROW * legend_rows)
    frame = _Frame(width, sizes.plot_height, left, right, top)

    low, high = _bar_domain(values, frame.height, label_size * 1.6)
    zero = frame.height * high / (high - low)
    colour: Spec = {
        "field": "index",
        "type": "nominal",
        "scale": {"domain": names, "range": [getattr(colours, size) for size in present]},
        "legend": _legend(names, legend_start, legend_rows, style),
    }
    layers = [
        *_bar_layers(_period_axis(periods, share, style), _percent_axis(low, high, style), colour, label_size, style),
        _ruled(0, zero, frame.width, zero, colours.zero),
        _printed(text.unit, -AXIS_WIDTH, -14, sizes.axis, colours.muted),
    ]
    return {**_picture(text, style, frame, layers), "data": {"values": values}}


# --- Figure 2 -----------------------------------------------------------------------------------------------


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a day, one column a size, small first."""
    table = rows.assign(date=pd.to_datetime(rows["date"])).pivot(index="date", columns="size", values="rebased")
    return table[[size for size in SIZES if size in table.columns]].astype(float).sort_index()


def _compact_csv(table: pd.DataFrame) -> str:
    """The lines as CSV inside the spec: a fifth of the same data as objects."""
    return table.round(4).to_csv(date_format="%Y-%m-%d", lineterminator="\n")


MOST_EVENTS = 20
"""As many as there are circled numbers."""


@dataclass(frozen=True)
class _Scale:
    """The y axis of figure 2, worked out here because labels must know where the lines end."""

    low: float
    high: float
    height: float
    log: bool

    def pixel(self, value: float) -> float:
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.height * (1 - share)

    def ticks(self) -> list[float]:
        """Round values inside the axis: 1, 2, 5 for a log axis, some five equal steps otherwise."""
        if self.log:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            round_values = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
            return [value for value in round_values if self.low <= value <= self.high]
        rough = (self.high - self.low) / 6
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(digit * power for digit in (1, 2, 2.5, 5, 10) if digit * power >= rough)
        return [step * count for count in range(math.floor(self.high / step) + 1)]


def _long_run_scale(table: pd.DataFrame, height: float, log: bool) -> _Scale:
    low, high = min(100.0, float(table.min().min())), max(100.0, float(table.max().max()))
    if log:
        return _Scale(low / 1.15, high * 1.1, height, log)
    return _Scale(0.0, high * 1.06, height, log)


def _apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move sorted positions as little as needed so that neighbours are ``gap`` apart, within low..high."""
    places = list(wanted)
    for number in range(1, len(places)):
        overlap = places[number - 1] + gap - places[number]
        if overlap > 0:  # share the push: both labels stay near their lines
            places[number - 1] -= overlap / 2
            places[number] += overlap / 2
    places[0] = max(places[0], low)
    for number in range(1, len(places)):
        places[number] = max(places[number], places[number - 1] + gap)
    places[-1] = min(places[-1], high)
    for number in range(len(places) - 2, -1, -1):
        places[number] = min(places[number], places[number + 1] - gap)
    return places


def _year_axis(first: pd.Timestamp, last: pd.Timestamp) -> Spec:
    """Ticks on whole years, or on months while the history is short."""
    years = (last - first).days / 365.25
    if years < 3:
        return {"format": "%Y/%m", "tickCount": 6, "labelOverlap": True}
    step = next((step for step in (1, 2, 5, 10) if years / step <= 9), 20)
    return {"format": "%Y", "tickCount": {"interval": "year", "step": step}}


def _long_run_axes(table: pd.DataFrame, scale: _Scale, style: HouseStyle) -> tuple[Spec, Spec]:
    """The x and y channels of the lines; y still lacks its field."""
    first, last = table.index[0], table.index[-1]
    x = {
        "field": "date",
        "type": "temporal",
        "title": None,
        "scale": {"type": "utc", "domain": [_utc_day(first), _utc_day(last)], "nice": False},
        "axis": {"grid": False, "ticks": True, "tickColor": style.colours.muted, **_year_axis(first, last)},
    }
    y = {
        "type": "quantitative",
        "title": None,
        "scale": {
            "type": "log" if scale.log else "linear",
            "domain": [round(scale.low, 4), round(scale.high, 4)],
            "nice": False,
            "zero": False,
        },
        "axis": {"values": scale.ticks(), "labelExpr": _tick_label(style.negative_sign)},
    }
    return x, y


def _lines(sizes: Sequence[str], x: Spec, y: Spec, style: HouseStyle) -> list[Spec]:
    """The lines, small on top; the large one is dashed so that the two differ without colour."""
    layers = []
    for size in reversed(sizes):
        mark = {
            "type": "line",
            "color": getattr(style.colours, size),
            "strokeWidth": 1.6,
            "strokeJoin": "round",
        }
        dash = {"strokeDash": [6, 2]} if size == "large" else {}
        layers.append({"mark": mark | dash, "encoding": {"x": x, "y": y | {"field": size}}})
    return layers


def _label_lines(label: str, size: float) -> list[str]:
    """A name beside a line: what stands in brackets goes to its own line."""
    return [line for part in re.split(r" ?(?=[（(])", label) for line in wrap(part, 132, size)]


def _end_labels(
    table: pd.DataFrame, names: Mapping[str, list[str]], scale: _Scale, style: HouseStyle, x: float
) -> list[Spec]:
    """Name and last value beside each line's end, moved apart where the lines end close together."""
    size = style.sizes.label
    ends = {column: float(table[column].dropna().iloc[-1]) for column in table.columns}
    order = sorted(ends, key=lambda column: -ends[column])
    tall = max(len(names[column]) + 1 for column in order) * size * LINE
    wanted = [scale.pixel(ends[column]) for column in order]
    layers = []
    for column, end, place in zip(
        order, wanted, _apart(wanted, tall + 2, tall / 2, scale.height - tall / 2), strict=True
    ):
        if abs(end - place) > 3:
            layers.append(_ruled(x + 2, end, x + 8, place, getattr(style.colours, column), strokeWidth=1))
        lines = [*names[column], signed(ends[column], 0, style.negative_sign)]
        y = place - (len(lines) - 1) * size * LINE / 2 + size * 0.36
        for line in lines:
            layers.append(_printed(line, x + 11, y, size, getattr(style.colours, f"{column}_text")))
            y += size * LINE
    return layers


def _base_place(
    wide: float, size: float, table: pd.DataFrame, scale: _Scale, width: float, busy: Sequence[float]
) -> tuple[float, float]:
    """Where ``wide`` pixels beside the line of 100 meet neither a line nor an event, from the right."""
    y = scale.pixel(100.0)
    over, under = (extreme.map(scale.pixel) for extreme in (table.max(axis=1), table.min(axis=1)))
    for right in range(int(width) - 4, int(wide), -8):
        if any(right - wide - 3 < x < right + 3 for x in busy):
            continue
        days = slice(int((right - wide) / width * len(table)), int(right / width * len(table)) + 1)
        for baseline in (y - 4, y + size + 1):
            top, bottom = baseline - size - 1, baseline + 2
            clear = over.iloc[days].min() > bottom or under.iloc[days].max() < top
            if clear and bottom <= scale.height:
                return right - wide, baseline
    return 4.0, y - 4


def _base_mark(
    label: str, table: pd.DataFrame, scale: _Scale, style: HouseStyle, width: float, busy: Sequence[float]
) -> list[Spec]:
    """A thin line at 100 and its label."""
    size, y = style.sizes.footer, scale.pixel(100.0)
    place = _base_place(text_width(label, size), size, table, scale, width, busy)
    return [
        _ruled(0, y, width, y, style.colours.zero, strokeDash=[2, 2], strokeWidth=1),
        _printed(label, *place, size, style.colours.muted),
    ]


def _event_pixels(
    events: Sequence[EventMark], first: pd.Timestamp, last: pd.Timestamp, width: float
) -> list[tuple[float, float]]:
    """Start and end of each event on the x axis; what goes on after the last day ends there."""

    def pixel(day: date) -> float:
        return width * (min(pd.Timestamp(day), last) - first).days / (last - first).days

    return [(pixel(event.start), pixel(event.end or event.start)) for event in events]


def _event_layers(pixels: Sequence[tuple[float, float]], height: float, width: float, style: HouseStyle) -> list[Spec]:
    """Shaded ranges and marked dates, to stand behind the lines, each with its number above the plot."""
    layers: list[Spec] = []
    for start, end in pixels:
        if end > start:
            area = {"x": start, "x2": max(end, start + 2), "y": 0.0, "y2": height}
            layers.append(_fixed({"type": "rect", "color": style.colours.event, "opacity": 0.6}, **area))
        else:
            layers.append(_ruled(start, 0, start, height, style.colours.event, strokeWidth=1.2))
    order = sorted(range(len(pixels)), key=lambda number: pixels[number])
    middle = {"align": "center", "baseline": "middle"}
    places = _apart([pixels[number][0] for number in order], 15, 0, width) if pixels else []
    for number, place in zip(order, places, strict=True):
        layers.append(_ruled(place, -5, pixels[number][0], 0, style.colours.muted, strokeWidth=0.7))
        layers.append(_printed(_circled(number), place, -11, style.sizes.label, style.colours.muted, **middle))
    return layers


def _utc_day(day: pd.Timestamp) -> Spec:
    """A day for a Vega-Lite domain; UTC, or the picture would depend on the machine's time zone."""
    return {"year": day.year, "month": day.month, "date": day.day, "utc": True}


def _circled(number: int) -> str:
    return chr(ord("①") + number)


def long_run_chart(
    rows: pd.DataFrame,
    text: ChartText,
    style: HouseStyle,
    base_label: str,
    events: Sequence[EventMark] = (),
    log: bool = False,
) -> Spec:
    """Figure 2 as a Vega-Lite spec: two rebased lines, the large one dashed, labelled at their ends.

    ``rows`` has index_id, size, date and rebased (base session = 100). ``base_label`` names the base at the
    line of 100, as "1996年3月11日＝100". Events outside the drawn dates are left out, and those beyond
    ``MOST_EVENTS``.
    The y axis is linear from 0; ``log`` makes it logarithmic, for positive values. Raises ``ValueError``
    without rows or with fewer than two days and ``KeyError`` when ``text`` has no name for an index.
    """
    sizes, colours = style.sizes, style.colours
    present = _present(rows)
    table = _wide(rows)
    if len(table) < 2:
        raise ValueError("a line needs at least two days")

    names = {size: _label_lines(text.labels[index_id], sizes.label) for size, index_id in present.items()}
    widest = max(text_width(line, sizes.label) for lines in names.values() for line in lines)
    left, right = sizes.margin + AXIS_WIDTH, math.ceil(widest + 11 + sizes.margin)
    head = _head_height(text, style, sizes.width - 2 * sizes.margin)
    top = math.ceil(sizes.margin + head + 40)
    frame = _Frame(sizes.width - left - right, sizes.plot_height, left, right, top)
    scale = _long_run_scale(table, frame.height, log)

    first, last = table.index[0], table.index[-1]
    drawn = [event for event in events if first <= pd.Timestamp(event.start) <= last][:MOST_EVENTS]
    pixels = _event_pixels(drawn, first, last, frame.width)
    busy = [x for pair in pixels for x in pair]
    floor = [] if log else [_ruled(0, frame.height, frame.width, frame.height, colours.zero)]
    layers = [
        *_event_layers(pixels, frame.height, frame.width, style),
        *floor,
        *_base_mark(base_label, table, scale, style, frame.width, busy),
        *_lines(list(present), *_long_run_axes(table, scale, style), style),
        *_end_labels(table, names, scale, style, frame.width),
        _printed(text.unit, -AXIS_WIDTH, -14, sizes.axis, colours.muted),
    ]
    key = [f"{_circled(number)} {event.label}　" for number, event in enumerate(drawn)]
    notes = _flow(key, sizes.width - 2 * sizes.margin, sizes.footer) if key else []
    parse = {"date": "utc:'%Y-%m-%d'", **dict.fromkeys(present, "number")}
    data = {"values": _compact_csv(table), "format": {"type": "csv", "parse": parse}}
    return {**_picture(text, style, frame, layers, notes), "data": data}


# --- Descriptions for screen readers ------------------------------------------------------------------------


def _spoken(number: Number, decimals: int, language: str) -> str:
    """A number as it is read aloud: a sign is easily skipped, a word is not."""
    return signed(number, decimals, "マイナス" if language == "ja" else "minus ")


def _day(stamp: pd.Timestamp, language: str) -> str:
    if language == "ja":
        return f"{stamp.year}年{stamp.month}月{stamp.day}日"
    return stamp.strftime("%Y-%m-%d")


def size_return_alt(rows: pd.DataFrame, labels: Mapping[str, str], periods: Mapping[str, str], language: str) -> str:
    """Every value of figure 1 in words, period by period; ``rows`` as for :func:`size_return_chart`."""
    ja = language == "ja"
    present = _present(rows)
    names = [labels[index_id] for index_id in present.values()]
    parts = []
    for code, group in rows.sort_values("period_order").groupby("period", sort=False):
        values = group.set_index("size")["return_cum"]
        told = []
        for size, name in zip(present, names, strict=True):
            value = values.get(size)
            number = "" if pd.isna(value) else _spoken(in_percent(value), 1, language)
            if ja:
                told.append(f"{name}{number + '%' if number else 'データなし'}")
            else:
                told.append(f"{name} {number + '%' if number else 'no data'}")
        parts.append(f"{periods[str(code)]}{'：' if ja else ': '}{('、' if ja else ', ').join(told)}")
    if ja:
        return f"{'と'.join(names)}の期間別リターンの棒グラフ。{'。'.join(parts)}。"
    return f"Bar chart of returns by period, {' and '.join(names)}. {'; '.join(parts)}."


def long_run_alt(rows: pd.DataFrame, labels: Mapping[str, str], language: str) -> str:
    """First day, last day and both last values of figure 2; ``rows`` as for :func:`long_run_chart`."""
    ja = language == "ja"
    present, table = _present(rows), _wide(rows)
    first, last = (_day(stamp, language) for stamp in (table.index[0], table.index[-1]))
    names = [labels[index_id] for index_id in present.values()]
    ends = [_spoken(float(table[size].dropna().iloc[-1]), 0, language) for size in present]
    if ja:
        told = "、".join(f"{name}{end}" for name, end in zip(names, ends, strict=True))
        return f"{'と'.join(names)}の折れ線グラフ。{first}を100として、{last}は{told}。"
    told = ", ".join(f"{name} {end}" for name, end in zip(names, ends, strict=True))
    return f"Line chart of {' and '.join(names)}, {first} = 100. On {last}: {told}."


# --- Pictures -----------------------------------------------------------------------------------------------


@cache
def _converter() -> Any:
    """The converter with the Japanese font registered; loaded at the first picture, for it is slow."""
    import vl_convert

    vl_convert.register_font_directory(str(font_folder()))
    return vl_convert


def render_svg(spec: Spec) -> bytes:
    """The picture as SVG, UTF-8, with the font for its text, which stays text. The same spec gives the same bytes.

    Raises ``ValueError`` when the spec can't be drawn.
    """
    svg: str = _converter().vegalite_to_svg(spec, allowed_base_urls=[])
    described = f'class="marks" role="img" aria-label={quoteattr(spec.get("description", ""))}'
    svg = svg.replace('class="marks"', described, 1)  # Vega leaves the description out
    return svg_with_font(svg).encode()


def render_png(spec: Spec, scale: float = 2) -> bytes:
    """The picture as PNG with ``scale`` dots to a logical pixel. The same spec gives the same bytes.

    Raises ``ValueError`` when the spec can't be drawn.
    """
    png: bytes = _converter().vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
    return png
