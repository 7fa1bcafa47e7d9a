"""Plots on the canvas: panels with axes of their own, bars, labels that keep apart.

Belongs here: what more than one figure draws inside its frame. Does not belong here: text and frame (canvas.py), what
one figure alone draws (its module).

Several panels with axes of their own share one Vega-Lite view. Hence every mark's place is worked out here: the data
carry values and pixels side by side, and the scales are off. The objects of a spec's data are called values, one a
mark.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from assets.publish.charts.canvas import LINE, Spec, fixed_mark, rule_layer, text_layer, text_width, wrap
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import signed
from assets.publish.words import COMMON
from assets.study import Language
from warehouse.rounding import Number

SIZES = ("small", "large")
"""The order of bars, legends and labels everywhere."""

AXIS_WIDTH = 36.0
"""Pixels for the numbers left of the plot."""

Cell = tuple[str | list[str], float, float, str]
"""Text of a row: what is printed (lines, where it must not be wrapped), x of its middle, width, colour."""

SMALLEST_LABEL = 9
"""Smallest font size of a bar's label, in pixels."""


def index_by_size(rows: pd.DataFrame) -> dict[str, str]:
    """Size -> index_id of the rows (columns size, index_id), small first. Raises ``ValueError`` without rows."""
    pairs = {str(size): str(index_id) for size, index_id in zip(rows["size"], rows["index_id"], strict=True)}
    if not pairs:
        raise ValueError("a chart needs at least one row")
    return {size: pairs[size] for size in SIZES if size in pairs}


def spoken_number(number: Number, decimals: int, language: Language) -> str:
    """A number as it is read aloud: a sign is easily skipped, a word is not."""
    return signed(number, decimals, COMMON[language].minus)


# --- Panels and their axes ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Panel:
    """One panel: its left edge and width, and its y axis in percent."""

    left: float
    width: float
    low: float
    high: float
    height: float

    def pixel(self, percent: float) -> float:
        """y of a value of the axis."""
        return self.height * (self.high - percent) / (self.high - self.low)

    def slot(self, number: int, count: int) -> float:
        """Left edge of an index's share of the panel."""
        return self.left + self.width * number / count

    def ticks(self) -> list[float]:
        """Some five round values, zero among them where the axis reaches it."""
        rough = (self.high - self.low) / 6
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(digit * power for digit in (1, 2, 2.5, 5, 10) if digit * power >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [step * count for count in range(first, last + 1)]


def tint(colour: str, background: str, share: float) -> str:
    """A colour thinned with the background; opaque, so that grid lines do not show through."""
    pairs = [(int(colour[at : at + 2], 16), int(background[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(full * share + thin * (1 - share)):02X}" for full, thin in pairs)


def box_pixels(left: float, width: float, top: float, bottom: float) -> Spec:
    """The pixels x, x2, y, y2 of a rectangle."""
    return {"x": round(left, 2), "x2": round(left + width, 2), "y": round(top, 2), "y2": round(bottom, 2)}


def rectangle_layer(panel: str) -> Spec:
    """A layer that draws the values of one panel (x, x2, y, y2, fill, stroke) as rectangles."""
    pixels = {channel: {"field": channel, "type": "quantitative", "scale": None} for channel in ("x", "y")}
    ends = {channel: {"field": channel} for channel in ("x2", "y2")}
    colours = {channel: {"field": channel, "type": "nominal", "scale": None} for channel in ("fill", "stroke")}
    return {
        "transform": [{"filter": f"datum.panel == '{panel}'"}],
        "mark": {"type": "rect", "strokeWidth": 1},
        "encoding": {**{key: {**value, "axis": None} for key, value in pixels.items()}, **ends, **colours},
    }


def axis_layers(panel: Panel, title: str, style: HouseStyle) -> list[Spec]:
    """Grid lines, their numbers and what they count, left of and over a panel."""
    size, colours = style.sizes.axis, style.colours
    layers = [text_layer(title, panel.left - AXIS_WIDTH, -14, size, colours.muted)]
    ticks = panel.ticks()
    decimals = next((digits for digits in range(4) if all(abs(tick - round(tick, digits)) < 1e-9 for tick in ticks)), 4)
    for tick in ticks:
        y = panel.pixel(tick)
        layers.append(rule_layer(panel.left, y, panel.left + panel.width, y, colours.grid))
        label = signed(tick, decimals, style.negative_sign)
        layers.append(
            text_layer(label, panel.left - 6, y, size, colours.muted, align="right", baseline="middle"),
        )
    return layers


def zero_line(panel: Panel, style: HouseStyle) -> Spec:
    """The line at 0 across a panel."""
    y = panel.pixel(0)
    return rule_layer(panel.left, y, panel.left + panel.width, y, style.colours.zero)


def tick_label(sign: str) -> str:
    """Vega expression of an axis label: Vega's own format would write a minus sign of its choice."""
    return f"(datum.value < 0 ? '{sign}' : '') + format(abs(datum.value), ',')"


def bar_domain(values: list[Spec], height: float, room: float) -> tuple[float, float]:
    """Lower and upper end of the y axis in percent: zero inside, ``room`` pixels beyond the bars for their labels.

    ``values`` are bars with ``edge`` (percent) and ``below`` (whether the label stands under the bar); the plot is
    ``height`` pixels high.
    """
    edges = [0.0, *(value["edge"] for value in values)]
    low, high = min(edges), max(edges)
    if low == high:
        return 0.0, 1.0
    share = room / height
    under, over = (share * any(value["below"] is side for value in values) for side in (True, False))
    span = (high - low) / (1 - under - over)
    return low - span * under, high + span * over


# --- Labels -------------------------------------------------------------------------------------------------


def halo(x: float, middle: float, wide: float, size: float, style: HouseStyle) -> Spec:
    """A patch of background under a label, so that no line of the grid runs through its letters."""
    box = {"x": x, "x2": x + wide, "y": middle - size / 2, "y2": middle + size / 2}
    return fixed_mark({"type": "rect", "color": style.colours.background}, **box)


def bar_label_layers(bars: Sequence[Spec], size: float, style: HouseStyle) -> list[Spec]:
    """Labels over positive and under negative bars, which are values with x, x2, y, y2, ``label`` and ``below``."""
    layers = []
    for bar in bars:
        place = ((bar["x"] + bar["x2"]) / 2, bar["y2"] + 3 if bar["below"] else bar["y"] - 3)
        baseline = "top" if bar["below"] else "alphabetic"
        middle = place[1] + size * (0.5 if bar["below"] else -0.4)
        wide = text_width(bar["label"], size)
        layers.append(halo(place[0] - wide / 2, middle, wide, size, style))
        layers.append(text_layer(bar["label"], *place, size, style.colours.text, align="center", baseline=baseline))
    return layers


def label_lines(label: str, size: float) -> list[str]:
    """A name beside a line: what stands in brackets goes to its own line."""
    return [line for part in re.split(r" ?(?=[（(])", label) for line in wrap(part, 132, size)]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
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


def text_row(cells: Sequence[Cell], y: float, size: float) -> tuple[list[Spec], float]:
    """Texts side by side; the layers and the height of the row. A cell is (text, x of its middle, width, colour)."""
    layers, tallest = [], 0
    for content, x, width, colour in cells:
        lines = wrap(content, width, size) if isinstance(content, str) else content
        tallest = max(tallest, len(lines))
        layers += [
            text_layer(line, x, y + number * size * LINE, size, colour, align="center")
            for number, line in enumerate(lines)
        ]
    return layers, tallest * size * LINE


def panel_title_layers(
    titles: Sequence[tuple[str, Panel]], bottom: float, style: HouseStyle
) -> tuple[list[Spec], float]:
    """The panels' titles, ending together at ``bottom``; the layers and their height."""
    size = style.sizes.label
    wrapped = [(wrap(title, panel.width + AXIS_WIDTH, size), panel) for title, panel in titles]
    bold = {"stroke": style.colours.text, "strokeWidth": 0.35}
    layers = [
        text_layer(lines, panel.left - AXIS_WIDTH, bottom - (len(lines) - 1) * size * LINE, size, style.colours.text)
        for lines, panel in wrapped
    ]
    for layer in layers:
        layer["mark"] |= bold
    return layers, max(len(lines) for lines, _ in wrapped) * size * LINE
