"""The table of figure 5: what it prints equals the rows, in their order, whole, and texts stay apart."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import altair
import pandas as pd
import pytest

from assets.publish.charts import render
from assets.publish.charts.canvas import ChartText
from assets.publish.charts.fund_ranking import WORDS, FundTable, fund_table, fund_table_alt, fund_table_chart
from assets.publish.page.page import TEMPLATES, environment
from tests.support.charts import SAMPLE, STYLE, assert_tidy, svg_outlines, svg_texts, text, text_boxes

JA, EN = WORDS["ja"], WORDS["en"]
TABLE_CSS = (TEMPLATES / "fund_table.css").read_text(encoding="utf-8")
NUMBERS = ["net_assets_jpy", "nav_jpy", "expense_ratio", "return_1y", "return_3y"]
NAMES = [
    "架空米国小型成長株ファンド　Ａコース（為替ヘッジあり）",
    "見本・米国中小型バリュー株式オープン",
    "架空－米国スモールキャップ・アクティブ～髙成長①",
    "US Small Cap <Select> & Growth",
]
LONG = "架空ＵＳスモールキャップ・グロース・エクイティ・セレクト・ファンド（毎月決算型・為替ヘッジなし）"
DUE = "2026-03-11"


def invented(count: int, **changes: Any) -> pd.DataFrame:
    """Funds of falling size; ``changes`` sets a column of all rows."""
    rows = [
        {
            "rank": number + 1,
            "fund_id": f"JP90S{number:07d}",
            "association_code": None,
            "name": NAMES[number % len(NAMES)],
            "manager": "見本アセットマネジメント" if number % 3 else "架空投信",
            "is_hedged": number % len(NAMES) == 0,
            "net_assets_jpy": 60_049_999_999 - 2_050_000_000 * number,
            "nav_jpy": 39_999.0 - 1_234 * number,
            "expense_ratio": 0.01463 if number % 2 else 0.0187,
            "return_1y": round(0.2049 - 0.0317 * number, 6),
            "return_3y": round(1.2345 - 0.0911 * number, 6),
            "return_rule": "month_end",
            "valuation_date": pd.Timestamp(DUE),
            "due_date": pd.Timestamp(DUE),
        }
        | changes
        for number in range(count)
    ]
    return pd.DataFrame(rows).astype(dict.fromkeys((*NUMBERS, "manager"), object))


def changed(rows: pd.DataFrame, at: int, **values: Any) -> pd.DataFrame:
    """The rows with some values of one fund replaced."""
    rows, here = rows.copy(), rows["rank"] == at
    for column, value in values.items():
        rows.loc[here, column] = value
    return rows


NOTHING = dict.fromkeys(NUMBERS)
EARLY = {"valuation_date": pd.Timestamp("2026-03-10")}
GAPS = changed(changed(changed(invented(10), 10, **NOTHING), 2, return_3y=None), 1, manager=None)
CASES = {
    "one": invented(1),
    "three": invented(3),
    "ten with gaps, days and rules": changed(changed(GAPS, 4, **EARLY), 3, return_rule="printed"),
    "twenty-five": invented(25, return_rule="prev"),
    "long names": changed(invented(8, name=LONG, manager=LONG, return_rule="printed", is_hedged=True), 5, **EARLY),
    "late": invented(3, **EARLY),
    "ties": invented(3, net_assets_jpy=1_250_000_000),
    "huge": invented(2, net_assets_jpy=98_765_432_100_000_000, nav_jpy=1_234_567.0, return_3y=99.99, return_1y=-0.9999),
}


def table_text(language: str = "ja", **changes: Any) -> ChartText:
    titles = {"ja": "【図表5】米国小型株アクティブファンド", "en": "Figure 5: US small-cap active funds"}
    filled = {"title": titles[language], "labels": {}, "periods": {}, "unit": "（億円）"}
    return text(language, **filled | changes)


def drawn(rows: pd.DataFrame, language: str = "ja", style: Any = STYLE, **changes: Any) -> dict[str, Any]:
    return fund_table_chart(rows, table_text(language, **changes), style)


def html(rows: pd.DataFrame, language: str = "ja", **more: Any) -> str:
    table = fund_table(rows, language, "架空の表", **more)  # type: ignore[arg-type]
    return as_html(table)


def as_html(table: FundTable) -> str:
    """The table as the page prints it."""
    macros: Any = environment(STYLE).get_template("fund_table.html.jinja").module
    return str(macros.fund_table(table))


def cells(spec: dict[str, Any], column: str) -> list[str]:
    """What stands in a column's cells, by rank; the lines of one cell joined."""
    found: dict[int, str] = {}
    for value in spec["data"]["values"]:
        if value["column"] == column and value["kind"] != "mark":
            found[value["rank"]] = found.get(value["rank"], "") + value["text"]
    return [found[rank] for rank in sorted(found)]


def marked(spec: dict[str, Any]) -> dict[tuple[int, str], str]:
    return {(one["rank"], one["column"]): one["text"] for one in spec["data"]["values"] if one["kind"] == "mark"}


def bare(told: str) -> str:
    return re.sub(r"\s", "", told)


def texts(spec: dict[str, Any]) -> list[str]:
    """All lines of text in the spec; that these are drawn is a test of its own, since drawing is slow."""
    fixed = [layer["mark"]["text"] for layer in spec["layer"] if "text" in layer["mark"]]
    lines = [line for one in fixed for line in ([one] if isinstance(one, str) else one)]
    return [*lines, *(value["text"] for value in spec["data"]["values"])]


def everything(spec: dict[str, Any]) -> str:
    """All that the picture prints, without the blanks at which lines break."""
    return bare("".join(texts(spec)))


def body(table: str) -> list[list[ET.Element]]:
    """The cells of each row of the HTML's body."""
    return [list(row) for row in ET.fromstring(table).findall("tbody/tr")]


def told(cell: ET.Element) -> str:
    return "".join(cell.itertext())


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("case", CASES)
def test_table_is_tidy(case: str, language: str) -> None:
    spec = drawn(CASES[case], language, sample_mark=SAMPLE[language])
    assert_tidy(spec)
    assert text_boxes(spec)[1] == STYLE.sizes.width


def test_table_is_valid_and_of_texts_and_lines_only() -> None:
    spec = drawn(CASES["ten with gaps, days and rules"])
    altair.Chart.from_dict(spec, validate=True)
    assert {layer["mark"]["type"] for layer in spec["layer"]} == {"text", "rule"}


def test_all_texts_are_drawn() -> None:
    spec = drawn(CASES["ten with gaps, days and rules"], sample_mark=SAMPLE["ja"])
    shown = "".join(svg_texts(render.render_svg(spec)))
    assert sorted(bare(shown)) == sorted(everything(spec))


def test_long_texts_are_wrapped_not_clipped() -> None:
    spec = drawn(
        changed(invented(4, name=LONG * 3), 2, name="x" * 200, manager="y" * 200),
        title="【図表5】米国小型株アクティブファンド" * 3,
        subtitle="（非常に長い単位の説明）" * 10,
        footer=("x" * 300, "架空の会社のデータを基に作成。" * 12),
    )
    assert_tidy(spec)


@pytest.mark.parametrize("case", CASES)
def test_names_and_managers_stay_whole_and_in_order(case: str) -> None:
    rows = CASES[case]
    spec = drawn(rows)
    assert [bare(name) for name in cells(spec, "name")] == [bare(name) for name in rows["name"]]
    below = "".join(cells(spec, "below"))
    assert all(manager in below for manager in rows["manager"].dropna())
    found = [told(row[1].find("span[@class='name']")) for row in body(html(rows))]  # type: ignore[arg-type]
    assert found == list(rows["name"])


def test_names_break_in_good_places() -> None:
    for length in range(20, 46):
        for name in ((LONG * 2)[:length], ("ファンド" * 12)[:length], ("アクティブ・" * 9)[:length]):
            values = drawn(invented(1, name=name))["data"]["values"]
            lines = [value["text"] for value in values if value["kind"] == "name"]
            assert "".join(lines) == name
            assert not [line for line in lines[1:] if line[0] in "ァィゥェォッャュョ"]
            assert len(lines) == 1 or len(lines[-1]) >= 4


@pytest.mark.parametrize("language", ["ja", "en"])
def test_numbers_are_the_rows(language: str) -> None:
    rows = pd.concat([invented(2), invented(1).assign(rank=3, net_assets_jpy=1_049_999_999)])
    spec = drawn(rows, language)
    expected = {
        "rank": ["1", "2", "3"],
        "net_assets_jpy": ["600", "580", "10"],
        "nav_jpy": ["39,999", "38,765", "39,999"],
        "expense_ratio": ["1.87", "1.46", "1.87"],
        "return_1y": ["20.5", "17.3", "20.5"],
        "return_3y": ["123.5", "114.3", "123.5"],
    }
    assert {column: cells(spec, column) for column in expected} == expected
    table = body(html(rows, language))
    shown = [[told(cell) for cell in row if cell.tag == "td"] for row in table]
    assert [list(column) for column in zip(*shown, strict=True)] == list(expected.values())
    printed = svg_texts(render.render_svg(spec))
    assert all(printed.count(number) >= numbers.count(number) for numbers in expected.values() for number in numbers)


def test_columns_stand_in_the_order_of_their_heads() -> None:
    spec = drawn(CASES["three"])
    first = {one["column"]: one["x"] for one in spec["data"]["values"] if one["rank"] == 1}
    order = sorted(first, key=lambda column: (first[column], column))
    assert order == ["rank", "below", "name", *NUMBERS]
    boxes = {box.text: box.right for box in text_boxes(spec)[0]}
    for column, lines in JA.heads.items():
        right = first[column] + STYLE.sizes.margin
        assert boxes[lines[-1]] == pytest.approx(right, abs=STYLE.sizes.footer * 0.5)


@pytest.mark.parametrize(
    ("yen", "shown"),
    [
        (150_000_000, "2"),
        (149_999_999, "1"),
        (50_000_000, "1"),
        (49_999_999, "0"),
        (0, "0"),
        (250_000_000, "3"),
        (350_000_000, "4"),
        (123_450_000_000.0, "1,235"),
        (123_449_999_999.0, "1,234"),
    ],
)
def test_net_assets_are_rounded_half_up(yen: float, shown: str) -> None:
    rows = invented(1, net_assets_jpy=yen)
    assert cells(drawn(rows), "net_assets_jpy") == [shown]
    assert f"純資産総額は{shown}億円" in fund_table_alt(rows, "ja")


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0.0125, "1.3"),
        (0.1235, "12.4"),
        (0.0005, "0.1"),
        (0.000499, "0.0"),
        (-0.0125, "-1.3"),
        (-0.000499, "0.0"),
        (0.0, "0.0"),
        (-1.0, "-100.0"),
        (12.3456, "1,234.6"),
    ],
)
def test_returns_are_rounded_as_they_are_written(fraction: float, shown: str) -> None:
    rows = invented(1, return_1y=fraction)
    assert cells(drawn(rows), "return_1y") == [shown]
    assert told(body(html(rows))[0][5]) == shown


@pytest.mark.parametrize(("fraction", "shown"), [(0.01595, "1.60"), (0.01463, "1.46"), (0.0, "0.00"), (0.011, "1.10")])
def test_expense_ratios_have_two_decimals(fraction: float, shown: str) -> None:
    assert cells(drawn(invented(1, expense_ratio=fraction)), "expense_ratio") == [shown]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_nothing_is_a_dash_never_zero(nothing: Any, language: str) -> None:
    rows = changed(invented(3), 3, **dict.fromkeys(NUMBERS, nothing))
    words = WORDS[language]
    spec = drawn(rows, language)
    assert all(cells(spec, column)[2] == words.dash for column in NUMBERS)
    missing = [cell for cell in body(html(rows, language))[2] if cell.get("class") == "number missing"]
    assert [told(cell) for cell in missing] == [words.dash] * 5
    assert [cell[0].get("title") for cell in missing] == [words.no_value] * 5
    for note in (words.missing, words.unranked):
        assert bare(note) in everything(spec)
        assert bare(note) not in everything(drawn(invented(3), language))
    assert fund_table_alt(rows, language).count(words.no_value) == 5


def test_dashes_are_the_languages() -> None:
    assert (JA.dash, EN.dash) == ("―", "–")


@pytest.mark.parametrize("sign", ["-", "▲"])
def test_the_negative_sign_is_the_houses(sign: str) -> None:
    rows = invented(1, return_1y=-0.1234)
    style = STYLE.model_copy(update={"negative_sign": sign})
    assert cells(drawn(rows, style=style), "return_1y") == [f"{sign}12.3"]
    assert f">{sign}12.3<" in html(rows, negative_sign=sign)
    assert "マイナス12.3%" in fund_table_alt(rows, "ja")
    assert "minus 12.3%" in fund_table_alt(rows, "en")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_one_day_for_all_is_a_note_and_no_column(language: str) -> None:
    words = WORDS[language]
    spec = drawn(CASES["three"], language)
    assert cells(spec, "day") == []
    day = {"ja": "2026年3月11日", "en": "2026-03-11"}[language]
    assert bare(words.same_day.format(due=day)) in everything(spec)
    assert words.same_day.format(due=day) in html(CASES["three"], language)
    assert f">{words.date_head}<" not in html(CASES["three"], language)
    late = words.late_day.format(n=3, due=day, day=day.replace("11", "10"))
    assert bare(late) in everything(drawn(CASES["late"], language))
    assert cells(drawn(CASES["late"], language), "day") == []
    assert late in html(CASES["late"], language)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_mixed_days_are_shown_and_counted(language: str) -> None:
    words = WORDS[language]
    rows = changed(changed(invented(4), 2, **EARLY), 3, valuation_date=pd.Timestamp("2026-03-09"))
    spec = drawn(rows, language)
    day = {"ja": "2026年3月{}日", "en": "2026-03-{:02d}"}[language]
    days = [day.format(number) for number in (11, 10, 9, 11)]
    assert cells(spec, "day") == days
    bold = [one["rank"] for one in spec["data"]["values"] if one["kind"] == "other day"]
    assert bold == [2, 3]
    note = words.other_days.format(due=days[0], n=4, n_other=2)
    assert bare(note) in everything(spec)
    assert note in html(rows, language)
    last = [row[-1] for row in body(html(rows, language))]
    assert [told(cell) for cell in last] == days
    assert [cell.get("class") for cell in last] == ["day", "day other-day", "day other-day", "day"]
    spoken = fund_table_alt(rows, language)
    assert days[1] in spoken
    assert days[0] not in spoken


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_rule_of_the_returns_is_told_and_printed_ones_are_marked(language: str) -> None:
    words = WORDS[language]
    for rule in ("prev", "month_end"):
        spec = drawn(invented(3, return_rule=rule), language)
        assert marked(spec) == {}
        for other, note in words.rules.items():
            assert (bare(note) in everything(spec)) == (other == rule)
        assert bare(words.returns) in everything(spec)
    rows = changed(changed(invented(3), 2, return_rule="printed", return_3y=None), 3, return_rule="prev")
    spec = drawn(rows, language)
    assert marked(spec) == {(2, "return_1y"): "*", (1, "return_1y"): "†", (1, "return_3y"): "†"}
    printed = everything(spec)
    assert bare(f"* {words.rules['printed']}") in printed
    assert bare(f"† {words.rules['month_end']}") in printed
    assert bare(words.rules["prev"]) in printed
    assert html(rows, language).count('<span class="mark">') == 3
    assert len(marked(drawn(invented(2, return_rule="printed"), language))) == 4


@pytest.mark.parametrize("language", ["ja", "en"])
def test_hedged_funds_are_marked(language: str) -> None:
    words = WORDS[language]
    rows = changed(invented(3, is_hedged=False, name="架空ファンド"), 2, is_hedged=True, manager=None)
    below = cells(drawn(rows, language), "below")
    assert below == ["架空投信", words.hedged, "見本アセットマネジメント"]
    assert html(rows, language).count(words.hedged) == 1
    assert fund_table_alt(rows, language).count(words.hedged) == 1


def test_a_fund_without_a_manager_has_nothing_beneath() -> None:
    rows = invented(2, manager=None, is_hedged=False)
    assert cells(drawn(rows), "below") == []
    assert 'class="manager"' not in html(rows)


def test_html_is_safe_whatever_the_texts() -> None:
    bad = "<script>alert(\"x\")</script> & 'y'"
    rows = changed(invented(3, name=bad, manager=bad), 2, **EARLY)
    words = JA.model_copy(
        update={"hedged": bad, "dash": bad, "no_value": bad, "rank": bad, "date_head": bad, "units": bad}
    )
    made = fund_table(changed(rows, 3, **NOTHING), "ja", bad, sample_mark=bad)
    table = as_html(dataclasses.replace(made, language='"><script>', words=words, notes=[bad]))  # type: ignore[arg-type]
    assert "<script" not in table
    root = ET.fromstring(table)
    assert root.get("lang") == '"><script>'
    assert [told(row[1][0]) for row in body(table)] == [bad] * 3
    assert "style=" not in table


def test_html_is_a_table_with_scopes_and_labels() -> None:
    root = ET.fromstring(html(CASES["ten with gaps, days and rules"], sample_mark="架空の見本"))
    assert [child.tag for child in root] == ["caption", "thead", "tbody", "tfoot"]
    heads = root.findall("thead/tr/th")
    assert {head.get("scope") for head in heads} == {"col"}
    for row in root.findall("tbody/tr"):
        assert [cell.tag for cell in row] == ["td", "th", *["td"] * 6]
        assert row[1].get("scope") == "row"
        labels = [cell.get("data-label") for cell in row if cell.tag == "td"]
        assert labels == [told(head) for head in (heads[0], *heads[2:])]
        assert all("number" in str(cell.get("class")) for cell in (row[0], *row[2:-1]))
    foot = root.find("tfoot/tr/td")
    assert foot is not None
    assert foot.get("colspan") == str(len(heads))
    assert told(root[0]) == "架空の表 架空の見本"


def test_english_heads_say_the_unit() -> None:
    assert 'data-label="Net assets (¥100mn)"' in html(CASES["three"], "en")
    assert {"Net assets", "(¥100mn)"} <= set(texts(drawn(CASES["three"], "en")))


def test_every_class_of_the_stylesheet_is_in_the_table() -> None:
    rows = changed(CASES["ten with gaps, days and rules"], 2, **EARLY)
    table = html(rows, sample_mark="架空")
    there = {name for classes in re.findall(r'class="([^"]+)"', table) for name in classes.split()}
    assert set(re.findall(r"\.([a-z][a-z-]*)", TABLE_CSS)) <= there
    assert TABLE_CSS.count("{") == TABLE_CSS.count("}")


def test_a_label_replaces_the_vendors_name() -> None:
    rows = CASES["three"]
    labels = {rows["fund_id"][1]: "Invented Value Fund"}
    assert cells(drawn(rows, "en", labels=labels), "name")[1] == "Invented Value Fund"
    assert "2. Invented Value Fund (" in fund_table_alt(rows, "en", labels)
    assert bare(cells(drawn(rows, "en", labels=labels), "name")[0]) == bare(NAMES[0])


def test_alt_text_tells_every_fund() -> None:
    rows = changed(invented(2), 2, return_3y=None)
    assert fund_table_alt(rows, "ja") == (
        "ファンド2本を純資産総額の大きい順に並べた表。"
        f"1位、{NAMES[0]}（架空投信、為替ヘッジあり）：純資産総額は600億円、基準価額は39,999円、信託報酬は年率1.87%、"
        "1年のリターンは20.5%、3年の累積リターンは123.5%。"
        f"2位、{NAMES[1]}（見本アセットマネジメント）：純資産総額は580億円、基準価額は38,765円、信託報酬は年率1.46%、"
        "1年のリターンは17.3%、3年の累積リターンはデータなし。"
    )
    assert fund_table_alt(rows, "en").endswith("1-year return 17.3%, 3-year cumulative return no data.")


def test_description_is_in_the_svg_and_bytes_repeat() -> None:
    spec = drawn(CASES["three"])
    svg = render.render_svg(spec)
    assert ET.fromstring(svg).get("aria-label") == table_text().alt
    assert svg == render.render_svg(drawn(CASES["three"]))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_sample_mark_only_when_given(language: str) -> None:
    for given in (None, SAMPLE[language]):
        svg = render.render_svg(drawn(CASES["one"], language, sample_mark=given))
        assert list(svg_outlines(svg)) == ([] if given is None else [given])
        assert (SAMPLE[language] in html(CASES["one"], language, sample_mark=given)) == (given is not None)


def test_text_is_large_enough_on_paper() -> None:
    """The picture 180 mm wide: no text below 6 points."""
    point = 180 / 25.4 * 72 / STYLE.sizes.width
    svg = render.render_svg(drawn(CASES["long names"])).decode()
    sizes = [float(size) for size in re.findall(r'font-size="([0-9.]+)px"', svg)]
    assert min(sizes) * point > 6


def test_twenty_five_funds_fit_on_a_page() -> None:
    _, width, height = text_boxes(drawn(CASES["twenty-five"]))
    assert height * 180 / width < 297 - 20


def test_the_order_of_rows_does_not_matter() -> None:
    rows = CASES["ten with gaps, days and rules"]
    assert json.dumps(drawn(rows[::-1])) == json.dumps(drawn(rows))
    assert html(rows[::-1]) == html(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (invented(3).head(0), "at least one fund"),
        (pd.DataFrame(), "at least one fund"),
        (changed(invented(3), 3, rank=4), "without a gap"),
        (changed(invented(3), 3, rank=2), "without a gap"),
        (changed(invented(3), 2, net_assets_jpy=None), "follow the net assets"),
        (changed(invented(3), 1, net_assets_jpy=1), "follow the net assets"),
        (changed(invented(3), 1, return_rule="guessed"), "unknown return rule: guessed"),
        (changed(invented(3), 1, valuation_date=pd.NaT), "day of its valuation"),
        (changed(invented(3), 1, due_date=pd.Timestamp("2026-03-10")), "same day that is due"),
        (changed(invented(3), 1, name=" "), "needs a name"),
    ],
)
def test_rows_that_do_not_belong_together_are_errors(rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        drawn(rows)
    with pytest.raises(ValueError, match=message):
        html(rows)
    with pytest.raises(ValueError, match=message):
        fund_table_alt(rows, "ja")


def test_the_heads_are_those_of_the_numbers() -> None:
    assert list(JA.heads) == NUMBERS
