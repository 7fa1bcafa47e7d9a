"""The page of a release and the list of releases, as HTML; how they look is for tests/browser."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import lxml.html
import pandas as pd
import pytest
import vl_convert
from fontTools.ttLib import TTFont

from assets.publish.charts import font as font_module
from assets.publish.charts.fund_ranking import WORDS as FUND_WORDS
from assets.publish.charts.fund_ranking import FundTable
from assets.publish.charts.pictures import figure_chart
from assets.publish.charts.style import load_style
from assets.publish.page.page import (
    PageChanges,
    PageClaim,
    PageContent,
    PageEvent,
    PageFigure,
    PageWithheld,
    javascript_bundle,
    json_for_script,
    page,
    script_text,
)
from assets.publish.page.release_list import ListedRelease, release_list
from assets.publish.page.table import Table, TableColumn, headline_table
from assets.publish.words import WORDS
from assets.study import Text
from warehouse.contract import contracts

SESSION = date(2026, 3, 11)
EVIL = "</script><script>alert('x')</script> & <img src=x onerror=alert(1)>"
BUNDLE = "window.made = '</script>';\r\nlet a = 1;"
STYLE = load_style()


def both(text: str) -> Text:
    return Text(ja=f"{text}（日本語）", en=f"{text} (English)")


def figure(number: int = 1, **changes: Any) -> PageFigure:
    rows = ((both("row"), Text(ja="-1.5%", en="-1.5%")),)
    made = PageFigure(
        name="size_return",
        number=number,
        title=both("title"),
        as_of=SESSION,
        alt={"ja": "棒グラフの要約", "en": "a bar chart in words"},
        table=Table((TableColumn(both("head")), TableColumn(both("value"), is_number=True)), rows),
        source={"ja": ("出所：甲", "乙"), "en": ("Source: A", "B")},
        method={"ja": "方法", "en": "how"},
        specs={"ja": {"mark": "bar", "title": "図"}, "en": {"mark": "bar", "title": "chart"}},
        svg={"ja": '<?xml version="1.0"?><svg id="a"><use href="#a"/></svg>', "en": '<svg id="a"></svg>'},
        downloads=(f"fig{number}.csv", f"fig{number}.en.svg"),
    )
    return replace(made, **changes)


def claim(claim_id: str, holds: bool | None, **changes: Any) -> PageClaim:
    return replace(
        PageClaim(claim_id, "v1", holds, 0.5, 0.1, both("why"), f"{claim_id}の文", f"text of {claim_id}"), **changes
    )


def check(name: str, passed: bool, blocking: bool = True) -> dict[str, Any]:
    return {
        "check_name": name, "table_name": "figure.size_return", "passed": passed, "severity": "error",
        "blocking": blocking, "observed": "2 rows", "expected": "none",
    }  # fmt: skip


def change(number: int) -> dict[str, Any]:
    return {
        "table_name": "figure.size_return", "key": f"row {number}", "column_name": "return_cum",
        "old": "0.1", "new": None, "cause": "restated",
    }  # fmt: skip


def content(**changes: Any) -> PageContent:
    made = PageContent(
        study="small_study",
        title=both("study"),
        session=SESSION,
        revision=2,
        is_sample=True,
        profile="sample",
        figures=[figure(1), figure(2, as_of=date(2026, 3, 10))],
        withheld=[
            PageWithheld(both("other"), 5, "failed", both("a check failed"), date(2026, 3, 9), "../../x/index.html")
        ],
        claims=[claim("a", True), claim("b", False, turned=True, before=True), claim("c", None, value=None)],
        changes=[PageChanges("before", "r1", [change(n) for n in range(53)]), PageChanges("approved", None)],
        checks=[check("held", True), check("warned", False, blocking=False), check("broke", False)],
        event=PageEvent(both("FOMC"), date(2026, 3, 17), date(2026, 3, 18)),
        dictionary=[contracts()["figure.size_return"]],
    )
    return replace(made, **changes)


def parsed(**changes: Any) -> Any:
    return lxml.html.document_fromstring(page(content(**changes), STYLE, BUNDLE).decode())


@pytest.fixture(scope="module")
def tree() -> Any:
    return parsed()


def found(tree: Any, path: str) -> list[Any]:
    return list(tree.xpath(path))


def said(element: Any) -> str:
    return " ".join(element.text_content().split())


def of_class(name: str) -> str:
    return f"contains(concat(' ', @class, ' '), ' {name} ')"


# What stands where


def test_equal_content_gives_equal_bytes() -> None:
    assert page(content(), STYLE, BUNDLE) == page(content(), STYLE, BUNDLE)


def test_equal_bytes_when_the_font_is_made_again() -> None:
    before = page(content(), STYLE, BUNDLE)
    font_module._font_with.cache_clear()
    assert page(content(), STYLE, BUNDLE) == before


def test_sections_stand_in_their_order(tree: Any) -> None:
    ids = [one.get("id") for one in found(tree, "//main/section")]
    assert ids == ["turned", "figures", "claims", "withheld", "changes", "checks", "dictionary"]


def test_every_id_is_there_once_and_every_reference_leads_to_one(tree: Any) -> None:
    ids = found(tree, "//@id")
    assert len(ids) == len(set(ids))
    wanted = {
        name
        for attribute in ("aria-describedby", "aria-labelledby", "data-spec")
        for value in found(tree, f"//@{attribute}")
        for name in value.split()
    } | {link[1:] for link in found(tree, "//@href") if link.startswith("#")}
    assert wanted <= set(ids)
    assert {"fig1", "fig2", "fig1-alt-ja", "spec-fig2-en", "fig1-ja-a", "fig1-en-a"} <= set(ids)


def test_the_header_tells_what_the_release_is(tree: Any) -> None:
    header = said(found(tree, "//header")[0])
    for told in (
        "study（日本語）",
        "2026年3月11日",
        "2026年3月10日",
        "（図表2）",
        "r2",
        "FOMC (English)",
        "2026年3月17日～2026年3月18日",
    ):
        assert told in header
    assert WORDS["sample"].ja in said(found(tree, f"//p[{of_class('sample')}]")[0])


def test_real_data_carries_no_sample_mark() -> None:
    assert not found(parsed(is_sample=False), f"//p[{of_class('sample')}]")


def test_both_languages_are_marked_and_japanese_is_the_first(tree: Any) -> None:
    assert tree.get("lang") == "ja"
    for language, name in (("ja", "日本語"), ("en", "English")):
        assert all(one.get("lang") == language for one in found(tree, f"//*[{of_class(language)}]"))
        assert len(found(tree, f"//*[{of_class(language)}]")) > 50
        button = found(tree, f"//button[@data-language='{language}']")[0]
        assert (said(button), button.get("lang")) == (name, language)
    assert [one.get("aria-pressed") for one in found(tree, "//button[@data-language]")] == ["true", "false"]


def test_a_study_in_one_language_has_no_switch() -> None:
    tree = parsed(languages=("en",))
    assert tree.get("lang") == "en"
    assert not found(tree, "//button[@data-language]")
    assert not found(tree, f"//*[{of_class('ja')}]")


def test_a_figure_has_picture_summary_table_source_method_and_downloads(tree: Any) -> None:
    one = found(tree, "//figure[@id='fig2']")[0]
    for language in ("ja", "en"):
        picture = found(one, f".//div[@role='img' and @lang='{language}']")[0]
        assert picture.get("aria-describedby") == f"fig2-alt-{language}"
        assert picture.get("data-spec") == f"spec-fig2-{language}"
        assert found(picture, "./svg")
    told = said(one)
    for text in (
        "棒グラフの要約",
        "a bar chart in words",
        "出所：甲 乙",
        "Source: A B",
        "方法",
        "how",
        "基準日：2026年3月10日",
    ):
        assert text in told
    assert found(one, f".//p[{of_class('downloads')}]/a/@href") == ["fig2.csv", "fig2.en.svg"]


def test_every_table_has_a_caption_and_its_heads_a_scope(tree: Any) -> None:
    tables = found(tree, "//table")
    assert len(tables) == 10
    for table in tables:
        assert said(found(table, "./caption")[0])
        assert found(table, ".//th")
        assert all(one.get("scope") in ("col", "row") for one in found(table, ".//th"))
        assert len({len(found(row, "./*")) for row in found(table, ".//tr")}) == 1


def test_a_figure_that_is_a_table_shows_it_at_once() -> None:
    tables = {
        language: FundTable(language, FUND_WORDS[language], EVIL, None, (), (), False) for language in ("ja", "en")
    }
    tree = parsed(figures=[figure(5, specs=None, svg=None, table=tables)])
    assert len(found(tree, "//figure/div/table")) == 2
    assert not found(tree, "//figure//details//table")
    assert not found(tree, "//figure//*[@role='img']")


# Verdicts, what is missing, what changed, checks


def test_verdicts_are_plain_words(tree: Any) -> None:
    rows = [said(row) for row in found(tree, f"//table[{of_class('claims')}]/tbody/tr")]
    for row, ja, en in zip(
        rows, ("○ 成り立つ", "× 成り立たない", "－ 判定不可"), ("holds", "does not hold", "not testable"), strict=True
    ):
        assert f"{ja}{en}" in row
    assert "why" in rows[0]
    assert "–" in rows[2]


def test_verdicts_that_turned_come_first(tree: Any) -> None:
    listed = [said(one) for one in found(tree, "//section[@id='turned']//li")]
    assert len(listed) == 1
    assert listed[0].index("成り立つ") < listed[0].index("成り立たない")
    assert not found(parsed(claims=[claim("a", True)]), "//section[@id='turned']")


def test_what_is_withheld_is_named_with_its_reason_and_last_good_release(tree: Any) -> None:
    row = found(tree, "//section[@id='withheld']//tbody/tr")[0]
    for text in ("【図表5】other（日本語）", "検査に不合格", "a check failed", "2026年3月9日"):
        assert text in said(row)
    assert [said(one) for one in found(row, "td[2]/span")] == ["a check failed（日本語）", "a check failed (English)"]
    assert found(row, ".//a/@href") == ["../../x/index.html"]
    assert WORDS["nothing_withheld"].en in said(found(parsed(withheld=[]), "//section[@id='withheld']")[0])


def test_changes_are_cut_at_fifty_and_counted(tree: Any) -> None:
    section = found(tree, "//section[@id='changes']")[0]
    assert len(found(section, ".//tbody/tr")) == 50
    assert "変更は53件です（はじめの50件を表示）" in said(section)
    assert "53 changes; the first 50 are shown" in said(section)
    assert WORDS["no_release_before"].ja in said(section)


def test_failed_checks_come_first_and_blocking_ones_before_warnings(tree: Any) -> None:
    rows = found(tree, f"//table[{of_class('checks')}]/tbody/tr")
    assert [said(found(row, "./th")[0]) for row in rows] == ["broke", "warned", "held"]
    assert "1 of 3 checks passed, 2 failed." in said(found(tree, "//section[@id='checks']")[0])


def test_the_dictionary_has_every_column(tree: Any) -> None:
    named = [said(one) for one in found(tree, "//section[@id='dictionary']//tbody/tr/th")]
    assert named == contracts()["figure.size_return"].column_names


def test_the_disclaimer_is_printed_and_the_broker_only_where_named(tree: Any) -> None:
    assert STYLE.disclaimer.ja in said(found(tree, "//footer")[0])
    assert STYLE.disclaimer.en in said(found(tree, "//footer")[0])
    assert not found(tree, f"//p[{of_class('broker')}]")
    named = page(content(), STYLE.model_copy(update={"broker": "Some House"}), BUNDLE)
    assert "Some House" in named.decode()


# Safety


def test_no_text_becomes_markup() -> None:
    evil = Text(ja=EVIL, en=EVIL)
    row = dict.fromkeys(("table_name", "key", "column_name", "old", "new"), EVIL) | {"cause": "restated"}
    bad = figure(
        title=evil,
        alt={"ja": EVIL, "en": EVIL},
        source={"ja": (EVIL,), "en": (EVIL,)},
        method={"ja": EVIL, "en": EVIL},
        specs={"ja": {"title": EVIL}, "en": {"title": EVIL}},
        table=Table((TableColumn(evil),), ((evil,),), evil),
        downloads=(EVIL,),
    )
    tree = parsed(
        title=evil,
        profile=EVIL,
        figures=[bad],
        withheld=[PageWithheld(evil, 2, "failed", Text(ja=EVIL, en=EVIL), SESSION, EVIL)],
        claims=[
            claim(EVIL, False, reason=Text(ja=EVIL, en=EVIL), text_ja=EVIL, text_en=EVIL, variant=EVIL, turned=True)
        ],
        changes=[PageChanges("before", EVIL, [row])],
        checks=[check(EVIL, False) | {"observed": EVIL, "expected": EVIL, "table_name": EVIL}],
        event=PageEvent(evil, SESSION),
    )
    assert len(found(tree, "//script")) == 4, "two specs, the bundle, the page's own"
    assert not found(tree, "//img | //@onerror")
    assert json.loads(found(tree, "//script[@id='spec-fig1-ja']")[0].text)["title"] == EVIL


def test_a_picture_with_a_script_is_refused() -> None:
    markup = {"ja": "<svg><SCRIPT>x</SCRIPT></svg>", "en": "<svg></svg>"}
    with pytest.raises(ValueError, match="script"):
        page(content(figures=[figure(svg=markup)]), STYLE, BUNDLE)


def test_json_cannot_end_its_script() -> None:
    text = {"a": EVIL + "\u2028<!--"}
    assert not set("<>&\u2028") & set(json_for_script(text))
    assert json.loads(json_for_script(text)) == text


def test_a_script_cannot_end_early() -> None:
    assert script_text("a('</SCRIPT>', '<!--')\r\nb") == "a('\\x3c/SCRIPT>', '\\x3c!--')\nb"


def test_only_the_pages_own_scripts_may_run_and_nothing_may_be_loaded(tree: Any) -> None:
    policy = found(tree, "//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    running = [one.text for one in found(tree, "//script[not(@type)]")]
    assert len(running) == 2
    for script in running:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in policy
    outside = [one for one in found(tree, "//@src | //link/@href") if not one.startswith("data:")]
    assert outside == []


# The font


def test_the_font_has_every_character_that_is_printed() -> None:
    html = page(content(), STYLE, BUNDLE).decode()
    data = re.search(r'data:font/woff;base64,([^"]+)', html)
    assert data
    font = TTFont(io.BytesIO(base64.b64decode(data[1])))
    printed = {one for one in lxml.html.document_fromstring(html).text_content() if one.isprintable()}
    assert {chr(code) for code in font.getBestCmap()} >= printed
    assert len(data[1]) < 200_000


# The bundle


def test_the_bundle_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda snippet: made.append(1) or "code")
    assert [javascript_bundle(tmp_path / "cache"), javascript_bundle(tmp_path / "cache")] == ["code", "code"]
    assert len(made) == 1
    assert [one.suffix for one in (tmp_path / "cache").iterdir()] == [".js"]


def test_without_a_bundle_the_drawn_pictures_stay() -> None:
    tree = lxml.html.document_fromstring(page(content(), STYLE, "").decode())
    assert len(found(tree, "//script[not(@type)]")) == 1
    assert len(found(tree, "//div[@role='img']/svg")) == 4


# Tables that a person reads


LABELS = {"R2000": both("small"), "R1000": both("large"), "1Y": both("1Y"), "YTD": both("YTD")}


def test_returns_stand_side_by_side_small_first() -> None:
    rows = pd.DataFrame(
        [
            {"index_id": index, "size": size, "period": period, "period_order": order, "return_cum": value}
            | {"base_date": pd.Timestamp(base), "end_date": pd.Timestamp("2026-03-11")}
            for index, size, value in (("R1000", "large", -0.0081), ("R2000", "small", None))
            for period, order, base in (("1Y", 2, "2025-03-11"), ("YTD", 1, "2025-12-31"))
        ]
    )
    made = headline_table(contracts()["figure.size_return"], figure_chart("size_return").table, rows, LABELS, "▲")
    assert [one.heading.en for one in made.columns] == ["Period", "Base date", "small (English)", "large (English)"]
    assert [[cell.en for cell in row] for row in made.rows] == [
        ["YTD (English)", "2025-12-31", "–", "▲0.8%"],
        ["1Y (English)", "2025-03-11", "–", "▲0.8%"],
    ]
    assert made.rows[0][1].ja == "2025年12月31日"
    assert made.note == Text(ja="終点：2026年3月11日", en="End date: 2026-03-11")


def test_a_long_run_is_thinned_to_the_last_day_of_each_year() -> None:
    days = pd.bdate_range("2023-03-10", "2026-03-11")
    rows = pd.concat(
        pd.DataFrame({"index_id": index, "size": size, "date": days, "rebased": range(100, 100 + len(days))})
        for index, size in (("R1000", "large"), ("R2000", "small"))
    )
    made = headline_table(contracts()["figure.long_run"], figure_chart("long_run").table, rows, LABELS)
    assert [row[0].en for row in made.rows] == ["2023-03-10", "2023-12-29", "2024-12-31", "2025-12-31", "2026-03-11"]
    assert made.rows[0][1].en == "100.0"


def test_what_is_equal_in_all_rows_is_said_once() -> None:
    rows = pd.DataFrame(
        [
            {"index_id": index, "size": size, "method": "reported", "n_members": 600, "n_available": 500}
            | {"n_at_or_above": 100, "share": 0.2, "threshold": 0.8, "members_date": pd.Timestamp("2026-03-10")}
            for index, size in (("R1000", "large"), ("R2000", "small"))
        ]
    )
    made = headline_table(
        contracts()["figure.domestic_revenue_share"], figure_chart("domestic_revenue_share").table, rows, LABELS
    )
    assert [one.heading.en for one in made.columns] == [
        "Index", "Members", "With data", "At or above the threshold", "Share",
    ]  # fmt: skip
    assert made.note
    assert made.note.en == "Method: reported; Threshold: 80.0%; Day of the members: 2026-03-10"
    assert [cell.en for cell in made.rows[0]] == ["small (English)", "600", "500", "100", "20.0%"]


# The list of releases


def listed(session: str, revision: int, **changes: Any) -> ListedRelease:
    made = ListedRelease(
        date.fromisoformat(session), revision, False, ("1", "2"), ("5",), f"{session}/r{revision}/index.html"
    )
    return replace(made, **changes)


def test_the_newest_release_is_the_first_of_the_list() -> None:
    releases = [
        listed("2026-03-10", 1),
        listed("2026-03-11", 1),
        listed("2026-03-11", 10, approved_by=EVIL, approved_at=datetime(2026, 3, 12, 1, 5)),
        listed("2026-03-11", 9, is_sample=True),
    ]
    made = release_list(both("study"), releases, STYLE)
    assert made == release_list(both("study"), releases[::-1], STYLE)
    tree = lxml.html.document_fromstring(made.decode())
    rows = found(tree, "//tbody/tr")
    assert found(tree, "//tbody//a/@href") == [
        "2026-03-11/r10/index.html", "2026-03-11/r9/index.html", "2026-03-11/r1/index.html", "2026-03-10/r1/index.html",
    ]  # fmt: skip
    assert [WORDS["superseded"].en in said(row) for row in rows] == [False, True, True, False]
    assert [WORDS["newest"].en in said(row) for row in rows] == [True, False, False, False]
    assert [WORDS["sample_short"].en in said(row) for row in rows] == [False, True, False, False]
    assert EVIL in said(rows[0])
    assert "2026-03-12 01:05 UTC" in said(rows[0])
    assert WORDS["not_approved"].ja in said(rows[1])
    assert len(found(tree, "//script")) == 1


def test_a_list_of_nothing_says_so() -> None:
    assert WORDS["no_releases"].ja in release_list(both("study"), [], STYLE).decode()


def test_known_corrections_are_listed_with_who_says_so() -> None:
    split = {
        "correction_id": "units", "stated_in": "corrections.toml", "kind": "split", "dataset": "fund_nav",
        "subject": "JP90C0000001", "date": date(2026, 3, 2), "until": None, "column_name": None, "found": None,
        "value": None, "factor": 10.0, "reason": "1 to 10 <units>", "source": "notice", "stated_by": "M. Sato",
        "stated_on": date(2026, 3, 3), "state": "applied",
    }  # fmt: skip
    text = said(parsed(corrections=[split]))
    for part in (
        "Known corrections",
        "split units",
        "fund_nav JP90C0000001 2026-03-02: 10.0",
        "1 to 10 <units> (notice)",
    ):
        assert part in text
    assert "M. Sato, 2026-03-03" in text
    assert "Known corrections" not in said(parsed())
