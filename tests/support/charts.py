"""What tests of charts share: a style, labels, and what a finished picture says and where its texts and outlines are.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from typing import Any

from assets.publish.charts import render
from assets.publish.charts.canvas import ChartText, text_width
from assets.publish.charts.style import load_style

STYLE = load_style()
SMALL, LARGE = "#D55E00", "#003F72"
LABELS = {
    "ja": {"R2000": "米国小型株（ラッセル2000）", "R1000": "米国大型株（ラッセル1000）"},
    "en": {"R2000": "US small caps (Russell 2000)", "R1000": "US large caps (Russell 1000)"},
}
CODES = ("1D", "1W", "1M", "3M", "6M", "YTD", "1Y", "3Y", "5Y", "10Y", "20Y", "30Y")
UNITS = {"D": "日", "W": "週間", "M": "カ月", "Y": "年"}
PERIODS = {
    "ja": {code: "年初来" if code == "YTD" else code[:-1] + UNITS[code[-1]] for code in CODES},
    "en": {code: "Year to date" if code == "YTD" else code for code in CODES},
}
TITLES = {
    "ja": "【図表1】米国小型株と大型株の期間別リターン",
    "en": "Figure 1: Returns of US small and large caps",
}
FOOTERS = {
    "ja": (
        "出所：架空の会社のデータ（iシェアーズ・ラッセル2000 ETFの配当調整後終値、"
        "iシェアーズ・ラッセル1000 ETFの配当調整後終値、各指数の水準）を基に作成",
        "2026年3月11日時点。",
    ),
    "en": (
        "Source: made from invented dividend-adjusted closes of the funds that stand in for the Russell 2000 "
        "and the Russell 1000, and from invented index levels.",
        "As of 2026-03-11.",
    ),
}
SAMPLE = {"ja": "サンプルデータ（架空）", "en": "SAMPLE DATA (invented)"}


def text(language: str = "ja", **changes: Any) -> ChartText:
    filled = ChartText(
        language=language,
        title=TITLES[language],
        subtitle="（%、トータルリターン、米ドル）" if language == "ja" else "(%, total return, US dollars)",
        unit="（%）" if language == "ja" else "(%)",
        labels=LABELS[language],
        periods=PERIODS[language],
        footer=FOOTERS[language],
        sample_mark=None,
        alt="図の説明 <&> \"'" if language == "ja" else "What the picture shows",
    )
    return replace(filled, **changes)


def svg_texts(svg: bytes) -> list[str]:
    root = ET.fromstring(svg)
    return [" ".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


def svg_outlines(svg: bytes) -> dict[str, str]:
    """Words that are drawn as a path, with the path."""
    paths = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")
    return {path.attrib["aria-label"]: path.attrib["d"] for path in paths if "aria-label" in path.attrib}


@dataclass(frozen=True)
class Box:
    text: str
    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: Box) -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


def text_boxes(spec: dict[str, Any]) -> tuple[list[Box], float, float]:
    """Where every line of text stands once Vega has laid the picture out, and the picture's size."""
    scene = render.converter().vegalite_to_scenegraph(spec)
    boxes: list[Box] = []

    def line_boxes(item: dict[str, Any], x: float, y: float) -> None:
        size = item["fontSize"]
        lines = item["text"] if isinstance(item["text"], list) else [item["text"]]
        for number, line in enumerate(lines):
            width = text_width(line, size)
            left = x - {"center": width / 2, "right": width}.get(item.get("align", "left"), 0)
            top = y + item.get("dy", 0) + number * item.get("lineHeight", 0)
            top -= {"top": 0, "middle": 0.5}.get(item.get("baseline", "alphabetic"), 0.85) * size
            boxes.append(Box(line, left, left + width, top, top + size * 0.95))

    def visit(node: dict[str, Any], x: float, y: float) -> None:
        for item in node.get("items", []):
            item_x, item_y = x + item.get("x", 0), y + item.get("y", 0)
            if node.get("marktype") == "text" and "angle" not in item:
                line_boxes(item, item_x, item_y)
            elif node.get("marktype") == "group":
                for child in item.get("items", []):
                    visit(child, item_x, item_y)

    visit(scene["scenegraph"], *scene["origin"])
    return boxes, scene["width"], scene["height"]


def assert_tidy(spec: dict[str, Any]) -> None:
    boxes, width, height = text_boxes(spec)
    assert len(boxes) > 5
    clipped = [box for box in boxes if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height]
    assert not clipped
    overlapping = [(one.text, other.text) for one, other in itertools.combinations(boxes, 2) if one.meets(other)]
    assert not overlapping
