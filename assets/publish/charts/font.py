"""IPAexGothic: where the file of the font is, and the part of it that a page or a picture carries inside.

Belongs here: the file, its subset, the CSS that names it, text as outlines. Does not belong here: which fonts are named
in which order (house_style.toml).
"""

from __future__ import annotations

import base64
import importlib.util
import io
import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from assets.publish.words import WORD_FILES

FAMILY = "IPAexGothic"
SVG_STYLE = re.compile(r"<defs><style>@font-face.*?</style></defs>", re.DOTALL)


@cache
def font_folder() -> Path:
    """The folder with the font's file. Raises RuntimeError where it is not installed."""
    found = importlib.util.find_spec("matplotlib_fontja")  # only its font file: matplotlib stays out
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(f"matplotlib-fontja, which carries {FAMILY}, is not installed")
    return Path(found.submodule_search_locations[0]) / "fonts"


def read_font(text: str) -> None:
    """Reads what a text prints from the font's file, in which it takes long to find: the fonts of its parts are then
    made in memory.
    """
    _font_with(frozenset(text))


def font_face(text: str) -> str:
    """The CSS rule that brings the font with the characters of a text, for a machine without it."""
    data = base64.b64encode(_font_with(frozenset(text))).decode()
    return f'@font-face {{ font-family: "{FAMILY}"; src: url("data:font/woff;base64,{data}") format("woff"); }}'


@cache
def outline(text: str) -> tuple[str, float]:
    """A line of text as an SVG path, for what must not depend on fonts; and its width in font sizes.

    The path has the width of the square from -1 to 1 and its middle in the middle of that, as Vega wants a shape.
    """
    from fontTools.pens.svgPathPen import SVGPathPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.ttLib import TTFont

    with TTFont(font_folder() / "ipaexg.ttf") as font:
        glyphs, names, units = font.getGlyphSet(), font.getBestCmap(), font["head"].unitsPerEm
        chosen = [names.get(ord(character), ".notdef") for character in text]
        widths = [glyphs[name].width for name in chosen]
        scale, middle = 2 / sum(widths), font["OS/2"].sCapHeight / 2 or units * 0.38
        pen = SVGPathPen(glyphs, ntos=lambda number: f"{number:.4f}".rstrip("0").rstrip("."))
        at = -sum(widths) / 2
        for name, width in zip(chosen, widths, strict=True):
            glyphs[name].draw(TransformPen(pen, (scale, 0, 0, -scale, at * scale, middle * scale)))
            at += width
        return pen.getCommands(), sum(widths) / units


def svg_with_font(svg: str) -> str:
    """The picture with the characters that it prints. It looks the same wherever it is opened, its text stays text."""
    printed = "".join(ElementTree.fromstring(svg).itertext())
    start = svg.index(">") + 1
    return f"{svg[:start]}<defs><style>{font_face(printed)}</style></defs>{svg[start:]}"


def svg_without_font(svg: str) -> str:
    """The picture as part of a page that brings the font itself."""
    return SVG_STYLE.sub("", svg, count=1)


@cache
def _font_with(characters: frozenset[str]) -> bytes:
    """The font as WOFF. Equal characters give equal bytes."""
    global _read
    if not characters <= _read[0]:
        wanted = characters | _read[0] | set("".join(path.read_text(encoding="utf-8") for path in WORD_FILES))
        _read = wanted, _subset(font_folder() / "ipaexg.ttf", wanted, None)
    return _subset(io.BytesIO(_read[1]), characters, "woff")


_read: tuple[frozenset[str], bytes] = frozenset(), b""
"""What was read of the font's file so far: of a font of twelve thousand characters a picture prints a hundred."""


def _subset(font_file: Path | io.BytesIO, characters: frozenset[str], flavor: str | None) -> bytes:
    from fontTools import subset  # at the first picture: a run with nothing new prints nothing
    from fontTools.ttLib import TTFont

    options = subset.Options(layout_features=[], hinting=False, flavor=flavor)
    with TTFont(font_file, recalcTimestamp=False) as font:  # today's time would make other bytes
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[ord(character) for character in characters])
        subsetter.subset(font)
        font.flavor = flavor
        written = io.BytesIO()
        font.save(written)
    return written.getvalue()
