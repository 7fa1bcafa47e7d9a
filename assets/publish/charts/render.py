"""Bytes of pictures from specs: SVG and PNG.

Belongs here: the converter with its font. Does not belong here: what is in a spec (canvas.py, one module a figure).
"""

from __future__ import annotations

from functools import cache
from typing import Any
from xml.sax.saxutils import quoteattr

from assets.publish.charts.canvas import Spec
from assets.publish.charts.font import font_folder, svg_with_font, svg_without_font


@cache
def converter() -> Any:
    """The converter with the Japanese font registered; loaded at the first picture, for it is slow."""
    import vl_convert

    vl_convert.register_font_directory(str(font_folder()))
    return vl_convert


def render_svg(spec: Spec) -> bytes:
    """The picture as SVG, UTF-8, with the font for its text, which stays text. The same spec gives the same bytes.

    Raises ``ValueError`` when the spec can't be drawn.
    """
    svg: str = converter().vegalite_to_svg(spec, allowed_base_urls=[])
    described = f'class="marks" role="img" aria-label={quoteattr(spec.get("description", ""))}'
    svg = svg.replace('class="marks"', described, 1)  # Vega leaves the description out
    return svg_with_font(svg).encode()


def render_png(svg: bytes, scale: float = 2) -> bytes:
    """A picture of :func:`render_svg` as PNG with ``scale`` dots to a logical pixel. The same picture gives the same
    bytes.
    """
    png: bytes = converter().svg_to_png(svg_without_font(svg.decode()), scale=scale)
    return png
