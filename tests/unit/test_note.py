"""The desk's copy: references, claims that turn into lines for the editor, how numbers and days are printed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assets.publish.charts.style import load_style
from assets.publish.note import NoteError, month_end, note, oku, percent, points
from assets.study import Language, Study, read_studies
from checks.gate import Withheld
from tests.support.note import FACTS, YTD, claim_row
from warehouse.toml_file import TomlFileError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study() -> Study:
    [found] = [one for one in read_studies(ROOT / "pipelines" / "studies") if one.study == "us_small_caps"]
    return found


@pytest.fixture(scope="module")
def fill(study: Study) -> Any:
    def filled(template: str, language: Language = "en", **changes: Any) -> str:
        written = study.model_copy(update={"note": {language: template}})
        return note(written, language, replace(FACTS, **changes)).decode().strip()

    return filled


# References


def test_a_reference_gives_the_value_of_its_one_row(fill: Any) -> None:
    assert fill(f"up {{{{ {YTD} | percent(1, true) }}}}") == "up +2.7%"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (YTD.replace('"prev"', '"month_end"'), "0 rows instead of one"),
        (YTD.replace(', base_rule="prev"', ""), "2 rows instead of one"),
        (YTD.replace("YTD", "30Y"), "has no value"),
        (YTD.replace("return_cum", "return_of"), "no such column"),
        (YTD.replace("base_rule", "rule"), "has no column rule"),
        (YTD.replace("size_return", "fund_ranking"), "the release has no such table"),
        ('claim("no_such")', "the study has no such claim"),
        ('claim("level_until_mid_2021")', "2 rows instead of one"),
        ('claim("level_until_mid_2021", "c")', "0 rows instead of one"),
        ('event("no_such")', "the study has no such event"),
        ('figure("no_such")', "the study has no such figure"),
        ('figure("long_run")', "neither published nor withheld"),
        ("no_such", "'no_such' is undefined"),
        ("session | no_such", "No filter named"),
        ('"a" | percent', "TypeError"),
    ],
)
def test_a_reference_that_leads_nowhere_fails_and_says_which(fill: Any, reference: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        fill(f"{{{{ {reference} }}}}")


def test_a_missing_value_can_be_asked_for(fill: Any) -> None:
    asked = "{{ " + YTD.replace("number", "known") + " }}"
    assert fill(asked) == "True"
    assert fill(asked.replace("YTD", "30Y")) == "False"
    assert fill(asked.replace("size_return", "fund_ranking")) == "False"


def test_asking_for_a_column_that_is_not_there_fails_too(fill: Any) -> None:
    with pytest.raises(NoteError):
        fill("{{ " + YTD.replace("number", "known").replace("return_cum", "return_of") + " }}")


# Claims


def test_a_claim_that_holds_gives_its_sentence(fill: Any) -> None:
    block = '{% call(c) claim("small_cap_ytd_positive") %}Up {{ c.value | percent }}.{% endcall %}'
    assert fill(block) == "Up 2.7%."
    assert fill('{% call claim("small_cap_ytd_positive") %}Up.{% endcall %}') == "Up."
    assert fill('{{ claim("small_cap_ytd_positive") }}') == "words of small_cap_ytd_positive"
    assert fill('{% call claim("level_until_mid_2021", "a") %}Level.{% endcall %}') == "Level."


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("ja", "[EDITOR: 次の記述は現在の数値では成り立ちません。large_ytd_negativeの本文]"),
        ("en", "[EDITOR: this does not hold on today's numbers: words of large_ytd_negative]"),
    ],
)
def test_a_false_claim_gives_a_line_for_the_editor(fill: Any, language: Language, line: str) -> None:
    assert fill('{% call claim("large_ytd_negative") %}Down.{% endcall %}', language) == line


def test_a_claim_that_cannot_be_tested_says_why(fill: Any) -> None:
    line = fill('{% call claim("small_earnings_weak_recently") %}Weak {{ no_such }}.{% endcall %}')
    assert line == (
        "[EDITOR: this can't be tested: words of small_earnings_weak_recently "
        "(reason: needs actual earnings of past years, which no dataset has)]"
    )


def test_a_japanese_editor_reads_the_reason_in_japanese(fill: Any) -> None:
    line = fill('{{ claim("small_earnings_weak_recently") }}', "ja")
    told = "次の記述は判定できません。small_earnings_weak_recentlyの本文。理由：過去の実績利益のデータがない"
    assert line == f"[EDITOR: {told}]"
    line = fill('{{ figure("fund_ranking") }}', "ja")
    assert "は掲載していません。理由：データの取得か検査で問題が見つかった（詳細：a check failed）]" in line


def test_without_claims_no_sentence_stands(fill: Any) -> None:
    withheld = [Withheld("claim", "failed", "its evidence can't be run")]
    block = '{% call claim("small_cap_ytd_positive") %}Up.{% endcall %}'
    line = "[EDITOR: this can't be tested: small_cap_ytd_positive (reason: its evidence can't be run)]"
    assert fill(block, claims=[], withheld=withheld) == line
    with pytest.raises(NoteError, match="0 rows"):
        fill(block, claims=[])


# Figures and days


def test_a_figure_has_title_day_picture_and_source_lines(fill: Any) -> None:
    assert fill('{{ figure("size_return") }}', "ja").splitlines()[::2] == [
        "**【図表1】米国小型株と大型株の期間別リターン**（2026年3月11日時点）",
        "![bars of returns by period](fig1.ja.png)",
        "出所：甲",
        "乙",
    ]


def test_a_month_end_is_printed_as_such(fill: Any) -> None:
    template = '{{ figure("constituent_return") }}'
    assert fill(template, "ja").splitlines()[0].endswith("**（2026年2月末時点）")
    assert fill(template, "en").splitlines()[0].endswith("** (as of the end of February 2026)")
    assert month_end(date(2026, 2, 27), "ja") == "2026年2月末"


def test_a_withheld_figure_gives_a_line_and_takes_its_sentences_with_it(fill: Any) -> None:
    assert fill('{{ figure("fund_ranking") }}') == (
        "[EDITOR: Figure 5: US small-cap active funds, by net assets is not published (reason: a check failed)]"
    )
    guarded = '{% call given("fund_ranking") %}{{ number("fund_ranking", "rank") }}{% endcall %}'
    assert fill(guarded).startswith("[EDITOR: a sentence with numbers of Figure 5")
    assert fill('{% call given("size_return") %}said{% endcall %}') == "said"


def test_days_are_printed_in_the_language(fill: Any) -> None:
    template = '{{ session | date }} {{ event("rate_rises").end | month }}'
    assert fill(template, "ja") == "2026年3月11日 2023年7月"
    assert fill(template, "en") == "2026-03-11 July 2023"


def test_the_next_event_is_the_next_scheduled_one_of_the_months_to_come(fill: Any) -> None:
    template = "{% if next_event %}{{ next_event.start | date }}{% else %}none{% endif %}"
    assert fill(template) == "2026-03-17"
    assert fill(template, session=date(2025, 12, 15)) == "2026-03-17"
    assert fill(template, session=date(2025, 12, 12)) == "none"
    assert fill(template, session=date(2026, 3, 17)) == "none"


# What comes after the session


def test_a_sentence_about_an_event_stands_from_its_day_on(fill: Any) -> None:
    block = '{% call since("chatgpt") %}Since {{ event("chatgpt").start | date }}.{% endcall %}'
    assert fill(block, session=date(2022, 11, 29)) == ""
    assert fill(block, session=date(2022, 11, 30)) == "Since 2022-11-30."
    with pytest.raises(NoteError, match="has no such event"):
        fill('{% call since("no_such") %}x{% endcall %}')


def test_an_event_to_come_cannot_slip_into_a_sentence(fill: Any) -> None:
    with pytest.raises(NoteError, match="is of 2026-02-28, after the session"):
        fill('{{ event("iran").start | date }}', session=date(2026, 2, 27))


def test_a_claim_about_a_day_to_come_is_not_mentioned(fill: Any) -> None:
    rows = [claim_row("cuts_in_2025", None, value=None)]
    block = '{% call claim("cuts_in_2025") %}Cut.{% endcall %}'
    assert fill(block, claims=rows, session=date(2024, 12, 31)) == ""
    assert fill(block, claims=rows, session=date(2025, 1, 2)).startswith("[EDITOR: this can't be tested")


def test_only_a_claim_that_was_tested_and_holds_carries_a_sentence(fill: Any) -> None:
    template = '{{ holds("%s") }}'
    assert fill(template % "small_cap_ytd_positive") == "True"
    assert fill(template % "large_ytd_negative") == "False"
    assert fill(template % "small_earnings_weak_recently") == "False"
    assert fill(template % "level_until_mid_2021") == "False"
    assert fill('{{ holds("level_until_mid_2021", "a") }}') == "True"
    assert fill(template % "small_cap_ytd_positive", claims=[]) == "False"


# Numbers as they are printed


@pytest.mark.parametrize(
    ("yen", "ja", "en"),
    [
        (58_602_000_000, "586億円", "¥58.6 billion"),
        (58_649_999_999, "586億円", "¥58.6 billion"),
        (58_650_000_000, "587億円", "¥58.7 billion"),
        (250_000_000, "3億円", "¥0.3 billion"),
        (1_234_550_000_000, "12,346億円", "¥1,234.6 billion"),
    ],
)
def test_oku_is_rounded_half_up(yen: int, ja: str, en: str) -> None:
    assert (oku(yen, "ja"), oku(yen, "en")) == (ja, en)


def test_percent_with_signs() -> None:
    assert percent(-0.0081) == "-0.8%"
    assert percent(-0.0081, negative="▲") == "▲0.8%"
    assert percent(0.513, 1, True) == "+51.3%"
    assert percent(72.642665, 0) == "7,264%"
    assert percent(-0.0001, 1, True) == "0.0%"
    assert points(0.0525) == "5.25"


def test_the_negative_sign_is_the_house_style_s(fill: Any) -> None:
    template = '{{ number("size_return", "return_cum", index_id="R1000") | percent }}'
    assert fill(template, style=load_style().model_copy(update={"negative_sign": "▲"})) == "▲0.8%"


# Paragraphs


def test_sentences_are_joined_and_lines_for_the_editor_stand_alone(fill: Any) -> None:
    template = 'One.\nTwo.\n{{ editor("look  here") }}\nThree.\n\nFour.\n## Head\nFive.'
    assert fill(template).split("\n\n") == ["One. Two.", "[EDITOR: look here]", "Three.", "Four.", "## Head", "Five."]
    assert fill("一。\n二。", "ja") == "一。二。"


# The study's own templates


def test_nothing_published_still_gives_a_note(study: Study) -> None:
    nothing = [Withheld(name, "failed", "no data") for name in study.figure_names()]
    rows = [
        claim_row(claim.id, None, variant=variant, value=None, reason="withheld")
        for claim in study.claim
        for variant in ([claim.variant or "main"] if not claim.each else ["half cumulative", "decile annualised"])
    ]
    for language in study.languages:
        facts = replace(FACTS, tables={"claim": rows}, claims=rows, captions={}, withheld=nothing)
        text = note(study, language, facts).decode()
        assert text == note(study, language, facts).decode()
        assert text.count("[EDITOR: ") >= len(study.claim) + 5
        prose = [line for line in text.splitlines() if not line.startswith("[EDITOR: ")]
        assert not any("%" in line for line in prose)


def rows_of(study: Study, session: date, holds: bool | None) -> list[dict[str, Any]]:
    """A row for each claim that is due, each with the same verdict; the others have none."""
    return [
        claim_row(claim.id, holds if claim.is_due(session) else None, variant=variant)
        for claim in study.claim
        for variant in ([claim.variant or "main"] if not claim.each else ["half cumulative", "decile annualised"])
    ]


LATE = {
    "chatgpt": ("ChatGPT", "AI"),
    "one_big_beautiful_bill": ("One Big Beautiful Bill",),
    "iran": ("Iran", "イラン", "中東"),
}
"""What nobody wrote before an event."""


@pytest.mark.parametrize("session", [date(1999, 4, 8), date(2016, 6, 24), date(2021, 8, 2), date(2025, 3, 11)])
@pytest.mark.parametrize("holds", [False, None])
def test_a_note_of_long_ago_tells_of_nothing_that_came_later(study: Study, session: date, holds: bool | None) -> None:
    nothing = [Withheld(name, "not_covered", "no data") for name in study.figure_names()]
    rows = rows_of(study, session, holds)
    for language in study.languages:
        facts = replace(FACTS, session=session, tables={"claim": rows}, claims=rows, captions={}, withheld=nothing)
        text = note(study, language, facts).decode()
        years = {
            int(year)
            for year in re.findall(
                r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])", re.sub("Russell 2000|ラッセル2000", "", text)
            )
        }
        assert all(year <= session.year for year in years), years
        for event in study.event:
            if event.start > session:
                assert not [word for word in LATE.get(event.id, ()) if word in text]


@pytest.mark.parametrize(("holds", "is_told"), [(True, True), (False, False), (None, False)])
def test_reasons_for_a_gap_stand_on_the_claim_that_there_is_one(
    study: Study, holds: bool | None, is_told: bool
) -> None:
    template = study.note["en"]
    start = template.index('{% if holds("apart_since_2021") %}')
    block = template[start : template.index("{% endif %}", start) + len("{% endif %}")]
    rows = [claim_row("apart_since_2021", holds), claim_row("hikes_2022_2023_above_4_points", True, value=0.0525)]
    written = study.model_copy(update={"note": {"en": block}})
    text = note(written, "en", replace(FACTS, claims=rows)).decode()
    assert ("Two reasons stand out." in text) is is_told
    assert ("went up by 5.25 percentage points" in text) is is_told


@pytest.mark.parametrize(
    ("verdicts", "line"),
    [
        ([None, None, None], None),
        ([True, True, None], None),
        ([True, False, None], "under 1 of 2 definitions only"),
        ([False, False, False], "under 0 of 3 definitions only"),
    ],
)
def test_definitions_that_were_not_tested_do_not_count(
    study: Study, verdicts: list[bool | None], line: str | None
) -> None:
    template = study.note["en"]
    start = template.index("{% set readings")
    block = template[start : template.index("{% endif %}", start) + len("{% endif %}")]
    rows = [
        claim_row("dispersion_small_above_large", holds, variant=f"{name} cumulative")
        for name, holds in zip(("half", "mean_split", "tercile"), verdicts, strict=True)
    ]
    text = note(study.model_copy(update={"note": {"en": block}}), "en", replace(FACTS, claims=rows)).decode()
    assert ("definitions" in text) is (line is not None)
    assert line is None or line in text


def test_the_templates_are_part_of_the_study_and_of_its_version(study: Study, tmp_path: Path) -> None:
    assert study.note.keys() == {"ja", "en"}
    assert all("{{ title }}" in text for text in study.note.values())
    for path in (ROOT / "pipelines" / "studies").glob("us_small_caps*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert read_studies(tmp_path)[0].version == study.version
    with (tmp_path / "us_small_caps.note.en.md").open("a") as file:
        file.write("more")
    assert read_studies(tmp_path)[0].version != study.version
    (tmp_path / "us_small_caps.note.en.md").unlink()
    with pytest.raises(TomlFileError, match=r"note\.en: 'us_small_caps\.note\.en\.md' can't be read"):
        read_studies(tmp_path)
