"""The pictures of a release: the chart of each figure, found by the figure's name, and its files.

Belongs here: finding and rendering. Does not belong here: what a figure shows (its module), looks (style.py).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from functools import cache

from assets.publish.charts.canvas import Spec
from assets.publish.charts.figure_chart import ChartInput, FigureChart
from assets.publish.charts.render import render_png, render_svg
from assets.publish.charts.style import HouseStyle
from assets.study import Language


@cache
def figure_chart(name: str) -> FigureChart:
    """``CHART`` of the module here that has the figure's name: a new figure needs no line in a list."""
    chart: FigureChart = importlib.import_module(f"{__package__}.{name}").CHART
    return chart


def chart_spec(chart_input: ChartInput, style: HouseStyle, language: Language) -> Spec | None:
    """The Vega-Lite spec of a figure in one language; None for numbers of the text."""
    draw = figure_chart(chart_input.figure).draw
    return draw(chart_input, style, language) if draw else None


def footer_lines(chart_input: ChartInput, language: Language) -> tuple[str, ...]:
    """What stands below a figure: sources, notes, the as-of date and whose data it is."""
    return figure_chart(chart_input.figure).footer(chart_input, language)


def picture_files(chart_input: ChartInput, specs: Mapping[Language, Spec | None]) -> dict[str, bytes]:
    """figN.<language>.svg and .png for each language of ``specs``, and figN.vl.json in the first one; a figure that is
    a table on the page has pictures only, numbers of the text have nothing.
    """
    files: dict[str, bytes] = {}
    for language, spec in specs.items():
        if spec is None:
            return {}
        svg = render_svg(spec)
        files[f"fig{chart_input.number}.{language}.svg"] = svg
        files[f"fig{chart_input.number}.{language}.png"] = render_png(svg)
        if language == next(iter(specs)) and not figure_chart(chart_input.figure).own_table:
            files[f"fig{chart_input.number}.vl.json"] = (json.dumps(spec, ensure_ascii=False) + "\n").encode()
    return files
