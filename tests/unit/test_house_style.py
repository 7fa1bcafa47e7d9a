"""One file says how the house prints: pictures, page and note follow another one in everything."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assets.figures import registry
from assets.publish.charts.pictures import chart_spec, figure_chart
from assets.publish.charts.render import render_svg
from assets.publish.charts.style import HOUSE_STYLE, HouseStyle, load_style
from assets.publish.note import note
from assets.publish.page.content import PageContext, _claims
from assets.publish.page.page import page
from assets.publish.page.release_list import release_list
from assets.settings import Settings
from assets.study import Language, Study, Text, read_studies
from pipelines.resources import settings_from_environment
from tests.support.charts import svg_texts
from tests.support.example_page import FIGURES, ROOT, example_content, example_input
from tests.support.note import FACTS, claim_row
from warehouse.toml_file import TomlFileError

OWN = {
    'broker = ""': 'broker = "例証券"',
    'negative_sign = "-"': 'negative_sign = "▲"',
    '"IPAexGothic", "Hiragino Sans", "Yu Gothic", "Meiryo", "Noto Sans CJK JP", "sans-serif"]': '"Own Picture"]',
    '"Noto Sans JP", "IPAexGothic", "sans-serif"]': '"Own Page"]',
    '"過去の実績は': '"当社の注意書き。過去の実績は',
}
DRAWN = [figure.name for figure in registry.FIGURES if figure_chart(figure.name).draw]
OTHER_COLOURS = [f"#{number:02X}{number:02X}{number:02X}" for number in range(1, 20)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A broker's own style file: every colour is another one."""
    text = HOUSE_STYLE.read_text(encoding="utf-8")
    for old, new in OWN.items():
        assert old in text
        text = text.replace(old, new, 1)
    colours = iter(OTHER_COLOURS)
    text = re.sub(r'"#[0-9A-F]{6}"', lambda _: f'"{next(colours)}"', text)
    path = tmp_path_factory.mktemp("style") / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def style(file: Path) -> HouseStyle:
    return load_style(file)


@pytest.fixture(scope="module")
def study() -> Study:
    return next(one for one in read_studies(ROOT / "pipelines" / "studies") if one.study == "us_small_caps")


@pytest.fixture(scope="module")
def pictures(study: Study, style: HouseStyle) -> dict[str, str]:
    """The Japanese SVG of every figure of the example, in the broker's style."""
    drawn = {name: chart_spec(example_input(study, name), style, "ja") for name in DRAWN}
    return {name: render_svg(spec).decode() for name, spec in drawn.items() if spec}


def test_every_figure_is_drawn(pictures: dict[str, str]) -> None:
    assert set(FIGURES) <= pictures.keys()


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_names_the_broker_last(pictures: dict[str, str], name: str) -> None:
    texts = [text for text in svg_texts(pictures[name].encode()) if not text.startswith("サンプル")]
    assert any(text.endswith("例証券") for text in texts)


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_has_no_other_colour_sign_or_font(pictures: dict[str, str], style: HouseStyle, name: str) -> None:
    svg = pictures[name]
    before = {colour.upper() for colour in load_style().colours.model_dump().values()}
    assert not before & {found.upper() for found in re.findall(r"#[0-9A-Fa-f]{6}\b", svg)}
    assert not [text for text in svg_texts(svg.encode()) if re.search(r"(?<![\w-])[-−]\d", text)]
    assert set(re.findall(r'font-family="([^"]+)"', svg)) == {"'Own Picture'"}


def test_some_picture_has_a_negative_number(pictures: dict[str, str]) -> None:
    assert any(re.search(r"▲\d", text) for svg in pictures.values() for text in svg_texts(svg.encode()))


def test_the_page_follows(study: Study, style: HouseStyle) -> None:
    fallen = claim_row("large_ytd_negative", True, value=-0.0081, threshold=None)
    fallen |= {"text_ja": "2026-03-11に-0.8%", "text_en": "-0.8% on 2026-03-11"}
    claims = _claims(study, date(2026, 3, 11), PageContext([], [fallen], [], [], [], []), style)
    specs: dict[Language, dict[str, object]] = {"ja": {"mark": "bar"}, "en": {"mark": "bar"}}
    content = example_content()
    figures = [replace(one, specs=specs, svg=None) for one in content.figures]
    html = page(replace(content, claims=claims, figures=figures), style, "").decode()
    assert html.count('<p class="broker">例証券</p>') == 2
    assert "2026-03-11に▲0.8%" in html
    assert "▲0.81%" in html
    assert "当社の注意書き。" in html
    assert "'Own Page'" in html
    css = html[: html.index("</style>")]
    assert set(re.findall(r"#[0-9A-Fa-f]{3,8}\b", css)) == set(style.colours.model_dump().values())


def test_the_list_of_releases_follows(style: HouseStyle) -> None:
    html = release_list(Text(ja="題", en="title"), [], style).decode()
    assert '<p class="broker">例証券</p>' in html
    assert "当社の注意書き。" in html


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_note_follows(study: Study, style: HouseStyle, language: Language) -> None:
    template = '{{ claim("large_ytd_negative") }}\n\n{{ disclaimer }}\n\n{{ broker }}'
    fallen = claim_row("large_ytd_negative", True, text_ja="-0.8%", text_en="-0.8%")
    facts = replace(FACTS, claims=[fallen], style=style)
    written = note(study.model_copy(update={"note": {language: template}}), language, facts).decode()
    assert written.split("\n\n") == ["▲0.8%", getattr(style.disclaimer, language), "例証券\n"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_study_s_own_note_is_signed_and_has_the_disclaimer(study: Study, language: Language) -> None:
    assert {"{{ broker }}", "{{ disclaimer }}"} <= set(study.note[language].splitlines())


@pytest.mark.parametrize(
    ("sentence", "printed"),
    [
        ("（-0.8%）", "（▲0.8%）"),
        ("は-1.5%で", "は▲1.5%で"),
        ("from -1 to -.5", "from ▲1 to ▲.5"),
        ("2026-03-11、2021-2023、S&P-500、A-1", "2026-03-11、2021-2023、S&P-500、A-1"),
        ("+2.7%", "+2.7%"),
    ],
)
def test_only_the_sign_of_a_number_is_another_one(style: HouseStyle, sentence: str, printed: str) -> None:
    assert style.printed(sentence) == printed
    assert load_style().printed(sentence) == sentence


def test_a_run_is_told_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def settings(**changed: str) -> Settings:
        return Settings(home="", profile="sample", studies="", profiles="", **changed)

    assert load_style(settings().style) == load_style()
    monkeypatch.setenv("ZUHYO_STYLE", str(file))
    assert load_style(settings_from_environment().style).broker == "例証券"
    with pytest.raises(TomlFileError):
        load_style(settings(style=str(file.with_name("none.toml"))).style)


def test_a_font_s_name_cannot_leave_the_stylesheet(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "evil.toml"
    path.write_text(file.read_text(encoding="utf-8").replace("Own Page", "x; } </style>"), encoding="utf-8")
    with pytest.raises(TomlFileError):
        load_style(path)
