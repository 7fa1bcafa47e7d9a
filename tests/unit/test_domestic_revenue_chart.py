"""The picture of figure 3: what it draws equals the rows, what is unknown stays visible, and texts stay apart."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from typing import Any
from unittest import mock

import altair
import pandas as pd
import pytest

from assets.publish.charts import render
from assets.publish.charts.canvas import ChartText
from assets.publish.charts.domestic_revenue_share import domestic_revenue_alt, domestic_revenue_chart
from assets.publish.charts.domestic_revenue_sides import METHODS, WORDS, DomesticRevenueWords
from tests.support.charts import LARGE, SAMPLE, SMALL, STYLE, assert_tidy, svg_outlines, svg_texts, text, text_boxes

JA, EN = WORDS["ja"], WORDS["en"]
NAMES = {
    "ja": {"SP600": "米国小型株（S&P SmallCap 600）", "SP500": "米国大型株（S&P 500）"},
    "en": {"SP600": "US small caps (S&P SmallCap 600)", "SP500": "US large caps (S&P 500)"},
}
TITLES = {
    "ja": "【図表3】売上高の8割以上を米国で得る会社の割合",
    "en": "Figure 3: Companies that earn most of their revenue in the US",
}
UNITS = {"ja": "会社数の割合（%）", "en": "Share of companies (%)"}
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@dataclasses.dataclass(frozen=True)
class Count:
    """Companies of one index by what is known of them."""

    members: int
    reported: int
    above: int
    implied: int = 0
    region: int = 0
    invalid: int = 0


def invented(small: Count, large: Count, method: str = "reported", threshold: float = 0.8) -> pd.DataFrame:
    """Headline rows; large first: order in the data must not matter. Below 30 % coverage there is no share."""
    rows = []
    for index_id, size, count in (("SP500", "large", large), ("SP600", "small", small)):
        implied = count.implied if method == "reported_or_implied" else 0
        available, above = count.reported + implied, count.above + implied
        unknown = count.members - count.reported
        common = {
            "index_id": index_id,
            "size": size,
            "threshold": threshold,
            "n_members": count.members,
            "n_reported": count.reported,
            "n_domicile_tag": 0,
            "n_implied_domestic": count.implied,
            "n_region_only": count.region,
            "n_missing": unknown - count.implied - count.region - count.invalid,
            "n_invalid": count.invalid,
            "members_source": "invented",
            "members_date": pd.Timestamp("2026-03-09"),
            "is_stand_in": size == "small",
            "reason": None,
        }
        for kind, with_figure, counted in (
            (method, available, above),
            ("lower_bound", count.reported, count.above),
            ("upper_bound", count.reported, count.above + unknown),
        ):
            few = kind == method and with_figure < 0.3 * count.members
            divisor = with_figure if kind == method else count.members
            rows.append(
                common
                | {"method": kind, "n_available": with_figure, "n_at_or_above": counted}
                | {"share": None if few else counted / divisor, "coverage": with_figure / count.members}
            )
    return pd.DataFrame(rows)


def at_all_thresholds(rows: pd.DataFrame, slope: float = 0.9) -> pd.DataFrame:
    """The study's method at every threshold; the share falls as the threshold rises."""

    def moved(row: dict[Any, Any], threshold: float) -> float | None:
        share = row["share"] + slope * (row["threshold"] - threshold)
        return None if pd.isna(share) else min(1.0, max(0.0, share))

    made = [
        row | {"threshold": threshold, "share": moved(row, threshold)}
        for row in rows[rows["method"].isin(METHODS)].to_dict("records")
        for threshold in THRESHOLDS
    ]
    return pd.DataFrame(made)


KNOWN = Count(603, 412, 235, implied=90, region=60, invalid=3), Count(500, 430, 159, implied=20, region=40, invalid=1)
FEW = Count(604, 2, 1), Count(500, 1, 1)
CASES = {
    "plain": invented(*KNOWN),
    "too few": invented(*FEW),
    "one too few": invented(FEW[0], KNOWN[1]),
    "none": invented(Count(603, 412, 0), Count(500, 430, 0)),
    "all": invented(Count(603, 603, 603), Count(500, 430, 430)),
    "implied": invented(*KNOWN, method="reported_or_implied"),
    "a thousand": invented(Count(2604, 2604, 1302), Count(1000, 990, 495)),
}


def words_text(language: str = "ja", **changes: Any) -> ChartText:
    filled = {"title": TITLES[language], "unit": UNITS[language], "labels": NAMES[language], "periods": {}}
    return text(language, **filled | changes)


def drawn(
    rows: pd.DataFrame,
    language: str = "ja",
    sensitivity: pd.DataFrame | None = None,
    words: DomesticRevenueWords | None = None,
    **changes: Any,
) -> dict[str, Any]:
    with mock.patch.dict(WORDS, {language: words} if words else {}):
        return domestic_revenue_chart(rows, words_text(language, **changes), STYLE, sensitivity)


def values(spec: dict[str, Any], panel: str) -> list[dict[str, Any]]:
    return [value for value in spec["data"]["values"] if value["panel"] == panel]


def printed(spec: dict[str, Any]) -> list[str]:
    return svg_texts(render.render_svg(spec))


def joined(spec: dict[str, Any]) -> str:
    """All that is printed, without the blanks at which lines break."""
    return "".join(printed(spec)).replace(" ", "")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("with_lines", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_chart_is_tidy(case: str, with_lines: bool, language: str) -> None:
    rows = CASES[case]
    sensitivity = at_all_thresholds(rows) if with_lines else None
    spec = drawn(rows, language, sensitivity, sample_mark=SAMPLE[language])
    assert_tidy(spec)
    assert text_boxes(spec)[1] == STYLE.sizes.width


@pytest.mark.parametrize("case", CASES)
def test_words_stay_whole(case: str) -> None:
    rows = CASES[case]
    spec = drawn(rows, "en", at_all_thresholds(rows))
    known = " ".join(
        [
            *(str(told) for told in EN.model_dump().values()),
            *NAMES["en"].values(),
            TITLES["en"],
            *words_text("en").footer,
        ]
    )
    letters = set(re.findall(r"[A-Za-z]+", f"{known} {UNITS['en']} {words_text('en').subtitle}"))
    assert set(re.findall(r"[A-Za-z]+", " ".join(printed(spec)))) <= letters


@pytest.mark.parametrize("case", ["plain", "one too few"])  # all marks that there are; validating is slow
def test_chart_is_valid(case: str) -> None:
    altair.Chart.from_dict(drawn(CASES[case], sensitivity=at_all_thresholds(CASES[case])), validate=True)


def test_labels_keep_apart_whatever_the_range() -> None:
    for above in (0, 1, 10, 440, 450):
        for reported in (450, 490, 500):
            count = Count(500, reported, above)
            rows = invented(count, count)
            assert_tidy(drawn(rows, sensitivity=at_all_thresholds(rows, slope=0.0)))


def test_long_texts_are_wrapped_not_clipped() -> None:
    spec = drawn(
        CASES["one too few"],
        sensitivity=at_all_thresholds(CASES["one too few"]),
        title=TITLES["ja"] * 3,
        subtitle="（非常に長い単位の説明）" * 10,
        footer=("x" * 300, "架空の会社のデータを基に作成。" * 12),
        labels={"SP600": "米国小型株" * 5, "SP500": "米国大型株" * 5},
        words=JA.model_copy(update={"panel_sensitivity": JA.panel_sensitivity * 3, "range_key": JA.range_key * 3}),
    )
    assert_tidy(spec)


def test_bars_are_the_shares_small_first_in_the_house_colours() -> None:
    spec = drawn(CASES["plain"])
    bars = values(spec, "share")
    assert [(bar["index"], bar["fill"], bar["label"]) for bar in bars] == [
        ("SP600", SMALL, "57.0%"),
        ("SP500", LARGE, "37.0%"),
    ]
    assert [bar["percent"] for bar in bars] == [pytest.approx(23500 / 412), pytest.approx(15900 / 430)]
    assert bars[0]["x2"] < bars[1]["x"]
    assert {bar["y2"] for bar in bars} == {STYLE.sizes.plot_height}
    heights = [(bar["y2"] - bar["y"]) / bar["percent"] for bar in bars]
    assert heights[0] == pytest.approx(heights[1], rel=1e-3)
    assert {"57.0%", "37.0%"} <= set(printed(spec))


def test_ranges_go_from_bound_to_bound_beside_the_bar() -> None:
    spec = drawn(CASES["plain"])
    bars, bands = values(spec, "share"), values(spec, "range")
    assert [(band["index"], band["percent"], band["percent2"]) for band in bands] == [
        ("SP600", pytest.approx(23500 / 603, abs=1e-5), pytest.approx(42600 / 603, abs=1e-5)),
        ("SP500", pytest.approx(31.8), pytest.approx(45.8)),
    ]
    for bar, band in zip(bars, bands, strict=True):
        assert bar["x2"] < band["x"]
        assert band["fill"] != bar["fill"]
        scale = (bar["y2"] - bar["y"]) / bar["percent"]
        assert STYLE.sizes.plot_height - band["y"] == pytest.approx(band["percent2"] * scale, abs=0.02)
        assert STYLE.sizes.plot_height - band["y2"] == pytest.approx(band["percent"] * scale, abs=0.02)
    assert {"39.0%", "70.6%", "31.8%", "45.8%"} <= set(printed(spec))


def test_rectangles_are_drawn_where_the_data_say() -> None:
    spec = drawn(CASES["plain"], sensitivity=at_all_thresholds(CASES["plain"]))
    marks = render.converter().vegalite_to_scenegraph(spec)["scenegraph"]["items"][0]["items"]
    found = {
        (item["fill"], round(item["x"], 2), round(item["y"], 2), round(item["height"], 2))
        for mark in marks
        if mark["marktype"] == "rect"
        for item in mark["items"]
    }
    boxes = [*values(spec, "share"), *values(spec, "range")]
    assert {(box["fill"], box["x"], box["y"], round(box["y2"] - box["y"], 2)) for box in boxes} <= found


@pytest.mark.parametrize("case", CASES)
def test_the_axis_is_from_0_to_100(case: str) -> None:
    spec = drawn(CASES[case])
    ticks = [line for line in printed(spec) if line.isdigit()]
    assert ticks == ["0", "20", "40", "60", "80", "100"]
    for box in [*values(spec, "share"), *values(spec, "range")]:
        assert 0 < box["y"] <= box["y2"] <= STYLE.sizes.plot_height


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_without_a_share_there_is_no_bar_and_the_picture_says_so(nothing: Any) -> None:
    rows = CASES["one too few"].astype({"share": object})
    rows.loc[(rows["size"] == "small") & (rows["method"] == "reported"), "share"] = nothing
    for language, told in (("ja", "算出不可（開示企業が少ない）"), ("en", "notshown:toofewcompanieswithafigure")):
        spec = drawn(rows, language)
        assert [bar["index"] for bar in values(spec, "share")] == ["SP500"]
        assert [band["index"] for band in values(spec, "range")] == ["SP600", "SP500"]
        assert joined(spec).count(told) == 1
        assert {"0.2%", "99.8%"} <= set(printed(spec))
        assert told not in joined(drawn(CASES["plain"], language))


def test_a_share_of_nothing_is_not_the_absence_of_a_share() -> None:
    spec = drawn(CASES["none"])
    assert [bar["label"] for bar in values(spec, "share")] == ["0.0%", "0.0%"]
    assert "算出不可" not in joined(spec)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_coverage_definition_and_the_others_are_on_the_picture(language: str) -> None:
    expected = {
        "ja": [
            "構成603社のうち開示412社（68.3%）、うち80%以上235社",
            "構成500社のうち開示430社（86.0%）、うち80%以上159社",
            "金額不明の会社をすべて80%未満／以上とした場合の幅",
            "ちょうど80%を含む",
            "（代用リスト）のその他の会社：国内のみと推定90社、地域のみ開示60社、不明38社、数値不整合3社。",
        ],
        "en": [
            "603 companies, 412 with a figure (68.3%), 235 of them at 80% or more",
            "500 companies, 430 with a figure (86.0%), 159 of them at 80% or more",
            "Range if all companies without a figure were below / at or above 80%",
            "exactly 80% included",
            "(stand-in list), the other companies: 90 implied domestic, 60 region only, 38 missing, 3 invalid.",
        ],
    }
    for sensitivity in (None, at_all_thresholds(CASES["plain"])):
        everything = joined(drawn(CASES["plain"], language, sensitivity))
        for line in expected[language]:
            assert line.replace(" ", "") in everything
        assert everything.count(WORDS[language].stand_in.replace(" ", "")) == 1  # the large list is the index's own


def test_the_others_fit_on_a_line_each() -> None:
    for language, start in (
        ("ja", "米国小型株（S&P SmallCap 600）（代用"),
        ("en", "US small caps (S&P SmallCap 600) ("),
    ):
        boxes, _, _ = text_boxes(drawn(CASES["plain"], language))
        found = [box.text for box in boxes if box.text.startswith(start)]
        assert len(found) == 1
        assert found[0].endswith(("3社。", "3 invalid."))


@pytest.mark.parametrize(("threshold", "shown"), [(0.5, "50"), (0.825, "82.5"), (1.0, "100"), (2 / 3, "66.67")])
def test_the_threshold_is_the_rows(threshold: float, shown: str) -> None:
    rows = invented(*KNOWN, threshold=threshold)
    for language in ("ja", "en"):
        everything = joined(drawn(rows, language)) + domestic_revenue_alt(rows, NAMES[language], language)
        assert f"{shown}%" in everything
        assert not re.search(r"\b80%", everything)


def test_an_implied_figure_is_named_as_such() -> None:
    spec = drawn(CASES["implied"])
    assert [bar["label"] for bar in values(spec, "share")] == ["64.7%", "39.8%"]
    everything = joined(spec)
    assert "構成603社のうち開示または推定502社（83.3%）、うち80%以上325社" in everything
    assert "金額不明の会社（推定を含む）をすべて80%未満／以上とした場合の幅" in everything
    assert "国内のみと推定90社を含む。その他は地域のみ開示60社、不明38社、数値不整合3社。" in everything
    assert "implied figure" in " ".join(printed(drawn(CASES["implied"], "en")))
    assert "または推定" not in joined(drawn(CASES["plain"]))
    # bounds that take an implied figure for known say nothing of it
    rows = CASES["implied"].copy()
    for size, implied, members in (("small", 90, 603), ("large", 20, 500)):
        here = (rows["size"] == size) & (rows["method"] == "lower_bound")
        rows.loc[here, "n_at_or_above"] += implied
        rows.loc[here, "share"] += implied / members
    assert "（推定を含む）" not in joined(drawn(rows))


def test_lines_are_the_share_by_threshold() -> None:
    rows = CASES["plain"]
    sensitivity = at_all_thresholds(rows)
    spec = drawn(rows, "en", sensitivity)
    points = values(spec, "sensitivity")
    told = {(row["size"], row["threshold"]): row["share"] * 100 for row in sensitivity.to_dict("records")}
    assert {(point["size"], point["threshold"]): point["percent"] for point in points} == pytest.approx(told, abs=1e-5)
    small = [point["x"] for point in points if point["size"] == "small"]
    assert small == sorted(small)
    lines = [layer["mark"] for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert {line["color"]: "strokeDash" in line for line in lines} == {SMALL: False, LARGE: True}
    bars = {bar["index"]: bar["y"] for bar in values(spec, "share")}
    assert {point["index"]: point["y"] for point in points if point["threshold"] == 0.8} == bars
    assert {"50", "75", "95", "US small caps", "US large caps", EN.panel_sensitivity} <= set(printed(spec))


def test_the_drawn_threshold_is_marked() -> None:
    spec = drawn(CASES["plain"], sensitivity=at_all_thresholds(CASES["plain"]))
    marked = [layer for layer in spec["layer"] if layer["mark"].get("strokeDash") == [2, 2]]
    at = {point["x"] for point in values(spec, "sensitivity") if point["threshold"] == 0.8}
    assert [{layer["encoding"][end]["value"] for end in ("x", "x2")} for layer in marked] == [at]


def test_lines_are_drawn_through_the_points_in_order() -> None:
    spec = drawn(CASES["plain"], sensitivity=at_all_thresholds(CASES["plain"])[::-1])
    marks = render.converter().vegalite_to_scenegraph(spec)["scenegraph"]["items"][0]["items"]
    paths = [[(item["x"], item["y"]) for item in mark["items"]] for mark in marks if mark["marktype"] == "line"]
    wanted = [
        [(point["x"], point["y"]) for point in values(spec, "sensitivity") if point["size"] == size]
        for size in ("large", "small")
    ]
    assert paths == wanted


def test_an_index_without_shares_has_no_line_and_its_reason() -> None:
    rows = CASES["one too few"]
    spec = drawn(rows, sensitivity=at_all_thresholds(rows))
    assert {point["size"] for point in values(spec, "sensitivity")} == {"large"}
    assert "米国小型株：算出不可（開示企業が少ない）" in joined(spec)
    assert drawn(CASES["too few"], sensitivity=at_all_thresholds(CASES["too few"])) == drawn(CASES["too few"])


@pytest.mark.parametrize("language", ["ja", "en"])
def test_sample_mark_only_when_given(language: str) -> None:
    for given in (None, SAMPLE[language]):
        svg = render.render_svg(drawn(CASES["plain"], language, sample_mark=given))
        assert list(svg_outlines(svg)) == ([] if given is None else [given])


def test_description_is_in_the_spec_and_in_the_svg() -> None:
    spec = drawn(CASES["plain"])
    assert spec["description"] == ET.fromstring(render.render_svg(spec)).get("aria-label") == words_text().alt


def test_alt_texts_tell_the_data() -> None:
    ja = domestic_revenue_alt(CASES["plain"], NAMES["ja"], "ja")
    assert ja.startswith("米国小型株（S&P SmallCap 600）と米国大型株（S&P 500）のうち、米国売上高が総売上高の80%以上")
    assert (
        "米国小型株（S&P SmallCap 600）（代用リスト）：57.0%。構成603社のうち開示412社（68.3%）、うち80%以上235社。"
        "金額不明の会社をすべて80%未満とすると39.0%、すべて80%以上とすると70.6%。" in ja
    )
    en = domestic_revenue_alt(CASES["one too few"], NAMES["en"], "en")
    assert "(stand-in list): not shown: too few companies with a figure; 604 companies, 2 with a figure (0.3%)" in en
    assert en.endswith(
        "US large caps (S&P 500): 37.0%; 500 companies, 430 with a figure (86.0%), 159 of them at 80% or more; "
        "31.8% if all companies without a figure were below 80%, 45.8% if all were at or above it."
    )
    assert "2,604 companies" in domestic_revenue_alt(CASES["a thousand"], NAMES["en"], "en")


def changed(column: str, value: Any, size: str = "small", method: str = "reported") -> pd.DataFrame:
    rows = CASES["plain"].astype({column: object})
    rows.loc[(rows["size"] == size) & (rows["method"] == method), column] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (CASES["plain"].head(0), "at least one row"),
        (CASES["plain"].query("size == 'large'"), "for the small index is needed, there are 0"),
        (CASES["plain"].query("method != 'upper_bound'"), "upper_bound for the small index is needed"),
        (pd.concat([CASES["plain"], CASES["implied"].query("method == 'reported_or_implied'")]), "there are 2"),
        (changed("method", "guessed"), "unknown method: guessed"),
        (changed("method", "reported_or_implied"), "same method"),
        (changed("threshold", 0.9), "same threshold"),
        (changed("index_id", "R2000", method="lower_bound"), "bounds of small are not those of SP600"),
        (changed("share", 0.6), "share 0.6 is not 235 of 412"),
        (changed("share", None, method="lower_bound"), "SP600 lacks a bound"),
        (changed("share", 0.9, method="lower_bound"), "out of order"),
        (changed("share", 0.1, method="upper_bound"), "out of order"),
        (changed("share", 57.0), "out of order"),
        (changed("n_at_or_above", 413), "413 of 412 of 603 companies can't be"),
        (changed("n_members", 0), "can't be"),
        (changed("n_missing", 39), "do not add up"),
        (changed("coverage", 0.7), "coverage 0.7 is not 412 of 603"),
    ],
)
def test_rows_that_do_not_belong_together_are_errors(rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        drawn(rows)
    with pytest.raises(ValueError, match=message):
        domestic_revenue_alt(rows, NAMES["ja"], "ja")


def test_thresholds_that_tell_another_story_are_errors() -> None:
    rows = CASES["plain"]
    sensitivity = at_all_thresholds(rows)
    with pytest.raises(ValueError, match="SP600 has another share"):
        drawn(rows, sensitivity=sensitivity.assign(share=sensitivity["share"] + 0.01))
    with pytest.raises(ValueError, match="SP600 has another share"):
        drawn(rows, sensitivity=sensitivity[sensitivity["threshold"] != 0.8])
    with pytest.raises(ValueError, match="one row a threshold of SP500"):
        drawn(rows, sensitivity=sensitivity[sensitivity["size"] == "small"])
    with pytest.raises(ValueError, match="one row a threshold of SP600"):
        drawn(rows, sensitivity=pd.concat([sensitivity, sensitivity]))


def test_one_threshold_makes_no_second_panel() -> None:
    sensitivity = at_all_thresholds(CASES["plain"]).query("threshold == 0.8")
    assert drawn(CASES["plain"], sensitivity=sensitivity) == drawn(CASES["plain"])


def test_an_index_without_a_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        drawn(CASES["plain"], labels={})


def test_the_order_of_rows_does_not_matter() -> None:
    rows, sensitivity = CASES["plain"], at_all_thresholds(CASES["plain"])
    assert json.dumps(drawn(rows[::-1], "ja", sensitivity[::-1])) == json.dumps(drawn(rows, "ja", sensitivity))


def test_every_method_has_its_words() -> None:
    for words in (JA.kind, JA.bar_key, JA.counted, JA.others, JA.alt_start):
        assert set(words) == set(METHODS)
