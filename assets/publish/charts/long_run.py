"""Figure 2 as a picture: two rebased lines, labelled at their ends, with the events of the study.

Belongs here: lines, their axes, events, alt text, the columns of the page's table. Does not belong here: which days are
drawn (assets/figures), the frame (canvas.py), the words (publish/words).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from assets.publish.charts.canvas import (
    LINE,
    ChartText,
    Frame,
    Spec,
    fill_lines,
    fixed_mark,
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
    index_by_size,
    label_lines,
    spoken_number,
    spread,
    tick_label,
)
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import signed
from assets.publish.words import COMMON, day_text, words_of
from assets.study import Language
from warehouse.toml_file import Strict

MOST_EVENTS = 20
"""As many as there are circled numbers."""


class LongRunWords(Strict):
    """The printed words of one language: the label of the line of 100, the alt text and its part, one an index."""

    base: str
    alt: str
    alt_end: str


WORDS = words_of("long_run", LongRunWords)


@dataclass(frozen=True)
class EventMark:
    """A date, or a range of dates when ``end`` is given, that figure 2 marks; ``label`` as it is printed."""

    start: date
    end: date | None
    label: str


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a day, one column a size, small first."""
    table = rows.assign(date=pd.to_datetime(rows["date"])).pivot(index="date", columns="size", values="rebased")
    return table[[size for size in SIZES if size in table.columns]].astype(float).sort_index()


def _compact_csv(table: pd.DataFrame) -> str:
    """The lines as CSV inside the spec: a fifth of the same data as objects."""
    return table.round(4).to_csv(date_format="%Y-%m-%d", lineterminator="\n")


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
        "axis": {"values": scale.ticks(), "labelExpr": tick_label(style.negative_sign)},
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
        order, wanted, spread(wanted, tall + 2, tall / 2, scale.height - tall / 2), strict=True
    ):
        if abs(end - place) > 3:
            layers.append(rule_layer(x + 2, end, x + 8, place, getattr(style.colours, column), strokeWidth=1))
        lines = [*names[column], signed(ends[column], 0, style.negative_sign)]
        y = place - (len(lines) - 1) * size * LINE / 2 + size * 0.36
        for line in lines:
            layers.append(text_layer(line, x + 11, y, size, getattr(style.colours, f"{column}_text")))
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
        rule_layer(0, y, width, y, style.colours.zero, strokeDash=[2, 2], strokeWidth=1),
        text_layer(label, *place, size, style.colours.muted),
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
            layers.append(fixed_mark({"type": "rect", "color": style.colours.event, "opacity": 0.6}, **area))
        else:
            layers.append(rule_layer(start, 0, start, height, style.colours.event, strokeWidth=1.2))
    order = sorted(range(len(pixels)), key=lambda number: pixels[number])
    middle = {"align": "center", "baseline": "middle"}
    places = spread([pixels[number][0] for number in order], 15, 0, width) if pixels else []
    for number, place in zip(order, places, strict=True):
        layers.append(rule_layer(place, -5, pixels[number][0], 0, style.colours.muted, strokeWidth=0.7))
        layers.append(text_layer(_circled(number), place, -11, style.sizes.label, style.colours.muted, **middle))
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
    present = index_by_size(rows)
    table = _wide(rows)
    if len(table) < 2:
        raise ValueError("a line needs at least two days")

    names = {size: label_lines(text.labels[index_id], sizes.label) for size, index_id in present.items()}
    widest = max(text_width(line, sizes.label) for lines in names.values() for line in lines)
    left, right = sizes.margin + AXIS_WIDTH, math.ceil(widest + 11 + sizes.margin)
    head = head_height(text, style, sizes.width - 2 * sizes.margin)
    top = math.ceil(sizes.margin + head + 40)
    frame = Frame(sizes.width - left - right, sizes.plot_height, left, right, top)
    scale = _long_run_scale(table, frame.height, log)

    first, last = table.index[0], table.index[-1]
    drawn = [event for event in events if first <= pd.Timestamp(event.start) <= last][:MOST_EVENTS]
    pixels = _event_pixels(drawn, first, last, frame.width)
    busy = [x for pair in pixels for x in pair]
    floor = [] if log else [rule_layer(0, frame.height, frame.width, frame.height, colours.zero)]
    layers = [
        *_event_layers(pixels, frame.height, frame.width, style),
        *floor,
        *_base_mark(base_label, table, scale, style, frame.width, busy),
        *_lines(list(present), *_long_run_axes(table, scale, style), style),
        *_end_labels(table, names, scale, style, frame.width),
        text_layer(text.unit, -AXIS_WIDTH, -14, sizes.axis, colours.muted),
    ]
    key = [f"{_circled(number)} {event.label}　" for number, event in enumerate(drawn)]
    notes = fill_lines(key, sizes.width - 2 * sizes.margin, sizes.footer) if key else []
    parse = {"date": "utc:'%Y-%m-%d'", **dict.fromkeys(present, "number")}
    data = {"values": _compact_csv(table), "format": {"type": "csv", "parse": parse}}
    return {**picture(text, style, frame, layers, notes), "data": data}


def long_run_alt(rows: pd.DataFrame, labels: Mapping[str, str], language: Language) -> str:
    """First day, last day and both last values of figure 2; ``rows`` as for :func:`long_run_chart`."""
    words, common = WORDS[language], COMMON[language]
    present, table = index_by_size(rows), _wide(rows)
    first, last = (day_text(stamp.date(), language) for stamp in (table.index[0], table.index[-1]))
    names = [labels[index_id] for index_id in present.values()]
    values = [spoken_number(float(table[size].dropna().iloc[-1]), 0, language) for size in present]
    ends = (words.alt_end.format(name=name, value=value) for name, value in zip(names, values, strict=True))
    return words.alt.format(names=common.joint.join(names), first=first, last=last, ends=common.comma.join(ends))


def _draw(chart_input: ChartInput, style: HouseStyle, language: Language) -> Spec:
    rows, study = chart_input.rows, chart_input.study
    alt = long_run_alt(rows, index_names(study, language), language) + basis_alt(chart_input, language)
    text = chart_text(
        chart_input,
        language,
        alt=alt,
        subtitle=basis_line(chart_input, language),
        footer=levels_footer(chart_input, language),
    )
    base = WORDS[language].base.format(day=day_text(rows["base_date"].iloc[0].date(), language))
    # nothing that comes after the as-of date is drawn
    begun = [event for event in study.event if event.start <= chart_input.as_of]
    events = [EventMark(event.start, event.end, event.label[language]) for event in begun]
    return long_run_chart(rows, text, style, base, events)


CHART = FigureChart(levels_footer, draw=_draw, table=TableLayout(("date",), value="rebased"))
