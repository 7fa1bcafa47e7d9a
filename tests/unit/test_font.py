"""The font inside pictures: exactly the printed characters, text stays text, equal bytes, a size that can be mailed."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

from assets.publish.charts import font
from assets.publish.charts.font import font_face, svg_with_font, svg_without_font

PLAIN = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/>'
    "<text>小型株 +2.7% &amp; more</text></svg>"
)
EXAMPLE = Path(__file__).parents[2] / "docs" / "example" / "us_small_caps" / "2026-03-11" / "r1"


def characters_of(css: str) -> set[str]:
    [data] = re.findall(r'url\("data:font/woff;base64,([^"]+)"\)', css)
    return {chr(code) for code in TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()}


def test_a_picture_carries_the_characters_that_it_prints_and_no_others() -> None:
    assert characters_of(svg_with_font(PLAIN)) == set("小型株 +2.7% & more")


def test_text_stays_text_and_everything_else_stays_as_it_is() -> None:
    drawn = svg_with_font(PLAIN)
    [text] = ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")
    assert text.text == "小型株 +2.7% & more"
    assert svg_without_font(drawn) == PLAIN


def test_equal_characters_give_equal_bytes_when_the_font_is_made_again() -> None:
    before = font_face("小型株小型")
    font._font_with.cache_clear()
    assert font_face("株小型") == before


def test_a_part_of_what_was_read_before_is_the_same_as_one_of_the_file() -> None:
    font.read_font("米国の小型株と大型株 0123456789 +-.% abc")
    for characters in ("小型株 +2.7%", "a", "a character that the font lacks: 😀"):
        expected = font._subset(font.font_folder() / "ipaexg.ttf", frozenset(characters), "woff")
        font._font_with.cache_clear()
        assert base64.b64encode(expected).decode() in font_face(characters)


def test_a_style_of_the_picture_itself_is_left_alone() -> None:
    own = PLAIN.replace("<rect", "<style>text { fill: red; }</style><rect")
    assert svg_without_font(own) == own


@pytest.mark.parametrize("picture", sorted(EXAMPLE.glob("fig*.svg")), ids=lambda path: path.name)
def test_the_font_adds_at_most_60_kb_to_a_picture_of_the_example(picture: Path) -> None:
    plain = svg_without_font(picture.read_text(encoding="utf-8"))
    assert len(svg_with_font(plain).encode()) - len(plain.encode()) < 60_000
