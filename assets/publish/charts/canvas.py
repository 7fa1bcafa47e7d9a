"""The canvas of every picture: how wide text is and where it breaks, marks at fixed pixels, the frame around a plot.

Belongs here: what a picture is made of, whatever it shows. Does not belong here: plots and their axes (panels.py),
bytes of pictures (render.py), what a figure shows (its own module), how the house looks (style.py).

A spec is a Vega-Lite spec as a plain dict, a layer one of the dicts in its list `layer`. Everything around the plot
(title, footer, labels at line ends) stands at pixels worked out here, because Vega-Lite neither wraps text nor keeps
labels apart; `autosize: none` keeps the picture at exactly the size that was worked out. All lengths are logical
pixels, x to the right and y down from the plot's upper left corner; a font size is in pixels, too.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.publish.charts.font import outline
from assets.publish.charts.style import HouseStyle
from assets.study import Language

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

LINE = 1.4
"""Distance of two lines of text, in font sizes."""


@dataclass(frozen=True)
class ChartText:
    """Everything that a picture prints, in one language.

    ``labels`` maps index_id to the index's name, ``periods`` (figure 1 only) a period code to its name;
    ``footer`` holds finished lines, which are wrapped here; ``sample_mark`` is printed across the picture
    when the data is invented; ``alt`` is the description for screen readers.
    """

    language: Language
    title: str
    subtitle: str
    unit: str
    labels: Mapping[str, str]
    periods: Mapping[str, str]
    footer: tuple[str, ...]
    sample_mark: str | None
    alt: str


# --- Text: how wide it is, where it breaks ------------------------------------------------------------------


NARROW = frozenset("iIjltfr.,:;|!'()[]{}- ")
BROAD = frozenset("mwMW@%")
NOT_FIRST = frozenset("、。，．・：；！？）」』】〕％〜～ー々")
NOT_LAST = frozenset({"（", "「", "『", "【", "〔"})
PIECE = re.compile(r" *[!-~]+| +|[^ !-~]")


def _character_width(character: str) -> float:
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
    return sum(_character_width(character) for character in text) * size


def unbreakable_pieces(text: str) -> list[str]:
    """Split where a line may end: at a space or beside a Japanese character, by the rules of JIS X 4051."""
    pieces: list[str] = []
    for piece in PIECE.findall(text):
        if pieces and (piece[0] in NOT_FIRST or pieces[-1][-1] in NOT_LAST):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def fill_lines(pieces: Sequence[str], width: float, size: float) -> list[str]:
    """Fill lines of ``width`` pixels with pieces that stay whole unless one alone is wider than a line."""
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
    return fill_lines(unbreakable_pieces(text), width, size)


def balance_lines(text: str, width: float, size: float) -> list[str]:
    """Wrap into as few lines as the width allows, of about the same length: no word is left alone at the end."""
    lines = wrap(text, width, size)
    narrow, whole = width, max(text_width(piece.lstrip(), size) for piece in unbreakable_pieces(text))
    while narrow - 4 >= whole and len(wrap(text, narrow - 4, size)) == len(lines):
        narrow -= 4
        lines = wrap(text, narrow, size)
    return lines


# --- Marks at fixed pixels ----------------------------------------------------------------------------------


def fixed_mark(mark: Spec, **places: float) -> Spec:
    """A layer that draws one mark at pixels of the plot, whatever the data; ``places`` are x, y, x2, y2."""
    encoding = {channel: {"value": round(pixels, 2)} for channel, pixels in places.items()}
    return {"data": {"values": [{}]}, "mark": mark, "encoding": encoding}


def text_layer(text: str | list[str], x: float, y: float, size: float, colour: str, **more: Any) -> Spec:
    """A layer that prints text, a list as one line below the other; y is the baseline of the first line."""
    only = text if isinstance(text, str) else text[0] if len(text) == 1 else ""
    if only[:1] in NOT_LAST and more.get("align", "left") == "left":
        x -= size * 0.45  # an opening bracket stands in the right half of its square
    mark = {"type": "text", "text": text, "fontSize": size, "fill": colour, "align": "left"}
    mark |= {"baseline": "alphabetic", "lineHeight": round(size * LINE, 2)}
    return fixed_mark(mark | more, x=x, y=y)


def rule_layer(x: float, y: float, x2: float, y2: float, colour: str, **more: Any) -> Spec:
    """A layer that draws one straight line at a fixed place."""
    return fixed_mark({"type": "rule", "color": colour} | more, x=x, y=y, x2=x2, y2=y2)


# --- The frame around a plot --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Frame:
    """Pixels of the plot and the space around it; the plot's upper left corner is (0, 0)."""

    width: float
    height: float
    left: float
    right: float
    top: float

    @property
    def full_width(self) -> float:
        """Width of the whole picture."""
        return self.left + self.width + self.right


def head_height(text: ChartText, style: HouseStyle, width: float) -> float:
    """Height of title and subtitle together."""
    sizes = style.sizes
    lines = len(wrap(text.title, width, sizes.title)) * sizes.title
    return (lines + len(wrap(text.subtitle, width, sizes.subtitle)) * sizes.subtitle) * LINE


def _head_layers(text: ChartText, style: HouseStyle, frame: Frame) -> list[Spec]:
    """Title and subtitle, left above. Text marks: Vega moves its own titles by what stands below them."""
    sizes, colours = style.sizes, style.colours
    x, width = sizes.margin - frame.left, frame.full_width - 2 * sizes.margin
    title = wrap(text.title, width, sizes.title)
    y = sizes.margin - frame.top + sizes.title * 0.88
    # IPAexGothic has no bold: a thin outline in the letters' own colour looks the same with every font
    bold = {"stroke": colours.text, "strokeWidth": 0.5}
    layers = [text_layer(title, x, y, sizes.title, colours.text, **bold)]
    subtitle = wrap(text.subtitle, width, sizes.subtitle)
    if subtitle:
        y += (len(title) - 1) * sizes.title * LINE + sizes.subtitle * LINE + 5
        layers.append(text_layer(subtitle, x, y, sizes.subtitle, colours.muted))
    return layers


def _sample_layers(text: ChartText, style: HouseStyle, frame: Frame) -> list[Spec]:
    """The words across invented data: over the marks, which must not hide them, and pale.

    They are drawn and not set: a program that lacks the font, or drops text, must not lose them.
    """
    if not text.sample_mark:
        return []
    shape, ems = outline(text.sample_mark)
    width = min(52.0 * ems, 0.8 * frame.width)
    mark: Spec = {"type": "point", "shape": shape, "size": round(width * width, 1), "filled": True, "strokeWidth": 0}
    mark |= {"color": style.colours.sample, "opacity": 0.3, "angle": 346, "aria": True, "description": text.sample_mark}
    return [fixed_mark(mark, x=frame.width / 2, y=frame.height / 2)]


def picture(text: ChartText, style: HouseStyle, frame: Frame, layers: list[Spec], notes: Sequence[str] = ()) -> Spec:
    """A whole spec: the layers with title above, notes, footer and broker below, sample mark on top.

    ``notes`` are finished lines, as wide as they may be; the footer is wrapped here. The data is the caller's to add.
    """
    sizes, colours = style.sizes, style.colours
    width = frame.full_width - 2 * sizes.margin
    x, y, step = sizes.margin - frame.left, frame.height + sizes.axis + 32, sizes.footer * LINE
    below = []
    footer = [*text.footer, style.broker]
    for lines in (notes, [line for part in footer for line in wrap(part, width, sizes.footer)]):
        if lines:
            below.append(text_layer(list(lines), x, y, sizes.footer, colours.muted))
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
        "layer": [*_head_layers(text, style, frame), *layers, *below, *_sample_layers(text, style, frame)],
        "config": {
            "font": style.fonts.family(text.language),
            "view": {"stroke": None},
            "axis": axis,
            "aria": False,
        },
    }
