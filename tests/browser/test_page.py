"""Page and pictures of the example release in a browser: charts, font, switch, keyboard, phone, print, no network."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

from assets.publish.charts.font import font_folder
from assets.publish.charts.pictures import chart_spec
from assets.publish.charts.render import render_svg
from assets.publish.charts.style import load_style
from assets.publish.page.release_list import ListedRelease, release_list
from assets.study import Study, Text
from tests.support.example_page import ROOT, example_input
from warehouse.toml_file import read_toml

Watch = Callable[..., Any]

VISIBLE = "[...document.querySelectorAll('.picture')].filter(p => p.offsetParent)"
LANGUAGES = ("ja", "en")


def live(tab: Any) -> list[str]:
    """The charts that are seen and drawn by the script."""
    found: list[str] = tab.evaluate(f"{VISIBLE}.filter(p => p.querySelector('.live svg')).map(p => p.dataset.spec)")
    return found


def state(tab: Any) -> tuple[str, str, str]:
    return tab.evaluate("document.documentElement.lang"), tab.evaluate("location.hash"), tab.title()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_is_drawn_without_network_and_complaint(watch: Watch, language: str) -> None:
    seen = watch(path=f"#{language}")
    assert live(seen.tab) == [f"spec-fig{number}-{language}" for number in (1, 2, 3, 4)]
    drawn = seen.tab.evaluate(f"{VISIBLE}.map(p => p.querySelectorAll('.live svg path').length)")
    assert all(marks > 3 for marks in drawn), drawn
    assert seen.requests == []
    assert seen.errors == []


def test_a_live_chart_has_the_place_of_the_drawn_one(watch: Watch) -> None:
    sizes = "[...document.querySelectorAll('.picture.ja svg')].map(s => s.getAttribute('viewBox'))"
    assert watch().tab.evaluate(sizes) == watch(javascript=False).tab.evaluate(sizes)


def test_the_long_lines_reach_their_last_value(watch: Watch) -> None:
    paths = "[...document.querySelectorAll('#fig2 .picture.ja svg path')].map(p => (p.getAttribute('d') || '').length)"
    alive, drawn = (sorted(watch(javascript=on).tab.evaluate(paths))[-2:] for on in (True, False))
    assert min(alive) > 50_000
    assert alive == pytest.approx(drawn, rel=0.05)


@pytest.mark.parametrize(("path", "language"), [("", "ja"), ("#en", "en"), ("?lang=en", "en"), ("?lang=en#ja", "ja")])
def test_the_address_says_the_language(watch: Watch, path: str, language: str) -> None:
    tab = watch(path=path).tab
    assert state(tab)[0] == language
    for other in LANGUAGES:
        assert tab.locator(f"h1 .{other}").is_visible() is (other == language)
        pressed = tab.locator(f"button[data-language={other}]").get_attribute("aria-pressed")
        assert pressed == str(other == language).lower()


def test_the_switch_works_by_mouse(watch: Watch) -> None:
    seen = watch()
    for name, language, title in (("English", "en", "US small caps"), ("日本語", "ja", "米国小型株")):
        seen.tab.get_by_role("button", name=name).click()
        seen.tab.wait_for_function(f"() => {VISIBLE}.every(p => p.dataset.live === 'yes')")
        found = state(seen.tab)
        assert found[:2] == (language, f"#{language}")
        assert title in found[2]
        assert live(seen.tab) == [f"spec-fig{number}-{language}" for number in (1, 2, 3, 4)]
    assert seen.errors == []


def test_the_switch_works_by_keyboard_and_its_focus_is_seen(watch: Watch) -> None:
    tab = watch().tab
    focused = "document.activeElement.dataset.language || document.activeElement.className"
    tab.keyboard.press("Tab")
    assert tab.evaluate(focused) == "skip"
    assert tab.locator(".skip").bounding_box()["x"] >= 0
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    assert tab.evaluate(focused) == "en"
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    assert state(tab)[0] == "en"


def test_the_skip_link_leads_to_the_content_and_keeps_the_language(watch: Watch) -> None:
    tab = watch(path="#en").tab
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    assert state(tab)[:2] == ("en", "#en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [390, 640, 1200])
def test_the_page_never_scrolls_sideways(watch: Watch, width: int, language: str) -> None:
    tab = watch(width=width, path=f"#{language}").tab
    tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    boxes = tab.evaluate(
        f"{VISIBLE}.map(p => p.querySelector('svg').getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert len(boxes) == 4
    assert all(left >= 0 and right <= width for left, right in boxes)


def test_a_chart_can_be_enlarged_on_a_phone(watch: Watch) -> None:
    tab = watch(width=390).tab
    button = tab.locator("#fig1 .zoom")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert tab.locator("#fig1 .picture.ja svg").bounding_box()["width"] == 720
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_the_font_of_the_page_is_loaded_and_used(watch: Watch) -> None:
    """The embedded font has all that is printed (tests/unit); here it must be the one that draws Japanese."""
    tab = watch().tab
    assert tab.evaluate("[...document.fonts].map(f => [f.family.replaceAll('\"', ''), f.status])") == [
        ["IPAexGothic", "loaded"]
    ]
    width = """() => {
      const pen = document.createElement('canvas').getContext('2d');
      pen.font = '100px "IPAexGothic"';
      return pen.measureText('図表リターン').width;
    }"""
    assert tab.evaluate(width) == 600


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_picture_brings_its_own_font(watch: Watch, tmp_path: Path, number: int, language: str) -> None:
    """A line of text is as wide as in the font that the picture carries, whatever the machine has."""
    study = read_toml(ROOT / "pipelines" / "studies" / "us_small_caps.toml", Study)
    name = next(name for name in study.figure_names() if getattr(getattr(study.figure, name), "number", 0) == number)
    file = tmp_path / f"fig{number}.{language}.svg"
    spec = chart_spec(example_input(study, name), load_style(), language)
    assert spec
    file.write_bytes(render_svg(spec))
    watched = watch(file=file)
    assert watched.tab.evaluate(
        "document.fonts.ready.then(() => [...document.fonts].map(f => [f.family.replaceAll('\"', ''), f.status]))"
    ) == [["IPAexGothic", "loaded"]]
    drawn = watched.tab.evaluate(
        "[...document.querySelectorAll('text')].map(t => [t.textContent, parseFloat(getComputedStyle(t).fontSize), "
        "t.getComputedTextLength()])"
    )
    with TTFont(font_folder() / "ipaexg.ttf") as font:
        glyphs, advances, em = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    plain = [one for one in drawn if "  " not in one[0]]
    assert len(plain) > 20
    for text, size, width in plain:
        expected = sum(advances[glyphs[ord(character)]][0] for character in text) * size / em
        assert width == pytest.approx(expected, rel=0.02, abs=0.5), text
    assert watched.requests == []
    assert watched.errors == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_prints_on_a4_in_one_language_with_all_open(watch: Watch, language: str) -> None:
    tab = watch(path=f"#{language}").tab
    tab.evaluate(
        "addEventListener('beforeprint', () => { window.open_ = document.querySelectorAll('details[open]').length; })"
    )
    made = tab.pdf(prefer_css_page_size=True)
    assert made.startswith(b"%PDF-")
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]", made)
    assert len(re.findall(rb"/Type\s*/Page\b", made)) > 5
    assert tab.evaluate("window.open_") == tab.locator("details").count()
    assert tab.locator("details[open]").count() < 3, "closed again"
    tab.emulate_media(media="print")
    assert not tab.locator(".switch").is_visible()
    assert not tab.locator("nav").is_visible()
    other = "en" if language == "ja" else "ja"
    assert not tab.locator(f"h1 .{other}").is_visible()
    assert tab.locator(f"h1 .{language}").is_visible()


def test_claims_are_a_table_with_verdicts(watch: Watch) -> None:
    tab = watch(path="#en").tab
    verdicts = tab.locator("table.claims tbody .verdict").all_inner_texts()
    assert [text.split(" ", 1)[1] for text in verdicts] == ["holds", "does not hold", "not testable"]
    assert tab.locator("#turned").is_visible()


def test_without_javascript_both_languages_pictures_and_tables_are_there(watch: Watch) -> None:
    seen = watch(javascript=False)
    assert not seen.tab.locator(".switch").is_visible()
    for language in LANGUAGES:
        for number in (1, 2, 3, 4):
            assert seen.tab.locator(f"#fig{number} .picture.{language} svg").is_visible()
        seen.tab.locator("#fig1 summary").first.click() if language == "ja" else None
        assert seen.tab.locator(f"#fig1 details div.{language} table").is_visible()
    assert seen.requests == []


def test_letters_stand_out_from_their_ground(watch: Watch) -> None:
    """WCAG AA for every text outside the pictures: 4.5 to 1."""
    tab = watch().tab
    assert tab.evaluate(CONTRAST) == []


CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const found = parts(getComputedStyle(e).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *:not(svg *)')]
    .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => {
      const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
      return [e.textContent.slice(0, 30), Math.round((a + 0.05) / (b + 0.05) * 10) / 10];
    })
    .filter(([, ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("width", [390, 1200])
def test_the_list_of_releases(watch: Watch, tmp_path: Path, width: int) -> None:
    releases = [
        ListedRelease(
            date(2026, 3, 11), revision, True, ("1", "2", "3", "4", "5"), (), f"2026-03-11/r{revision}/index.html"
        )
        for revision in (1, 2)
    ]
    file = tmp_path / "index.html"
    file.write_bytes(release_list(Text(ja="米国小型株の見方", en="US small caps"), releases, load_style()))
    seen = watch(width=width, file=file)
    seen.tab.get_by_role("button", name="English").click()
    assert state(seen.tab)[0] == "en"
    assert seen.tab.get_by_role("link", name="2026-03-11").count() == 2
    assert seen.tab.evaluate("document.documentElement.scrollWidth") == width
    assert (seen.requests, seen.errors) == ([], [])
