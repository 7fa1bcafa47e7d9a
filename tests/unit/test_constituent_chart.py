"""The picture of figure 4: what it prints, that both panels tell the data, and that bytes repeat."""

from __future__ import annotations

import importlib.util
import itertools
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from unittest import mock

import altair
import numpy as np
import pandas as pd
import pytest

from assets.publish.charts import render
from assets.publish.charts.canvas import ChartText
from assets.publish.charts.constituent_return import (
    BAND_WIDTH,
    WORDS,
    ConstituentWords,
    constituent_alt,
    constituent_chart,
)
from assets.publish.charts.style import HouseStyle
from tests.support.charts import (
    LABELS,
    LARGE,
    SAMPLE,
    SMALL,
    STYLE,
    assert_tidy,
    svg_outlines,
    svg_texts,
    text,
    text_boxes,
)

JA, EN = WORDS["ja"], WORDS["en"]
MEMBERS = {"R2000": 2000, "R1000": 1000}
TITLES = {
    "ja": "【図表4】30年前の指数構成銘柄のリターン",
    "en": "Figure 4: Returns of the constituents of 30 years ago",
}
Frames = tuple[pd.DataFrame, pd.DataFrame]
Names = dict[str, list[float]]


def invented(names: Names, trim: int = 0, measure: str = "cumulative", years: float = 30.0) -> Frames:
    """Summary and names from returns a year by index; large first: order in the data must not matter."""
    summary, rows = [], []
    for index_id, size in (("R1000", "large"), ("R2000", "small")):
        annual = np.sort(np.array(names[index_id]))
        kept = annual[trim : len(annual) - trim]
        cumulative = (1 + annual) ** years - 1
        tails = ["low"] * trim + [None] * len(kept) + ["high"] * trim
        rows.append(
            pd.DataFrame({"index_id": index_id, "return_cum": cumulative, "return_ann": annual, "trimmed": tails})
        )
        averaged = (1 + kept) ** years - 1 if measure == "cumulative" else kept
        half = len(kept) // 2
        summary.append(
            {
                "index_id": index_id,
                "size": size,
                "mean": averaged.mean(),
                "mean_top": averaged[len(kept) - half :].mean(),
                "mean_bottom": averaged[:half].mean(),
                "median": float(np.median(averaged)),
                "n_members": MEMBERS[index_id],
                "n_available": len(annual),
                "n_used": len(kept),
                "n_trim_per_tail": trim,
                "measure": measure,
                "grouping": "half",
                "is_stand_in": size == "small",
            }
        )
    return pd.DataFrame(summary), pd.concat(rows, ignore_index=True)


def drawn_names(small: tuple[float, float], large: tuple[float, float]) -> Names:
    """Names whose returns a year are normal: (mean, standard deviation) of each side."""
    random = np.random.default_rng(7)
    sides = {"R1000": (large, 194), "R2000": (small, 1219)}
    return {
        index_id: list(np.maximum(random.normal(*shape, count), -0.99)) for index_id, (shape, count) in sides.items()
    }


PLAIN: Names = {
    "R2000": [-0.30, -0.05, 0.00, 0.05, 0.10, 0.15, 0.40],
    "R1000": [-0.20, 0.04, 0.06, 0.08, 0.10, 0.12, 0.30],
}
CASES = {
    "wide and narrow": invented(drawn_names((0.085, 0.06), (0.095, 0.035)), 1),
    "negative": invented(drawn_names((-0.06, 0.06), (0.02, 0.03)), 1),
    "a year": invented(drawn_names((0.085, 0.06), (0.095, 0.035)), 1, measure="annualised"),
    "names almost alike": invented(drawn_names((0.09, 0.08), (0.09, 0.001)), 1),
    "all alike": invented({"R2000": [0.0] * 9, "R1000": [0.0] * 9}, 1),
    "huge": invented(drawn_names((0.2, 0.05), (0.2, 0.02)), 1),
    "plain": invented(PLAIN, 1),
}


def words_text(language: str = "ja", **changes: Any) -> ChartText:
    title = {
        "ja": "【図表4】30年前の指数構成銘柄のリターン",
        "en": "Figure 4: Returns of the constituents of 30 years ago",
    }
    return text(language, **{"title": title[language], "periods": {}} | changes)


def drawn(
    case: Frames, language: str = "ja", style: HouseStyle = STYLE, words: ConstituentWords | None = None, **changes: Any
) -> dict[str, Any]:
    with mock.patch.dict(WORDS, {language: words} if words else {}):
        return constituent_chart(*case, words_text(language, **changes), style)


def averages(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [value for value in spec["data"]["values"] if value["panel"] == "average"]


def bands(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [value for value in spec["data"]["values"] if value["panel"] == "spread"]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("case", CASES)
def test_chart_is_valid_and_tidy(case: str, language: str) -> None:
    spec = drawn(CASES[case], language, sample_mark=SAMPLE[language])
    altair.Chart.from_dict(spec, validate=True)
    assert_tidy(spec)


@pytest.mark.parametrize("case", CASES)
def test_marks_stay_inside_their_panel(case: str) -> None:
    spec = drawn(CASES[case])
    for value in spec["data"]["values"]:
        assert 0 <= value["y"] <= value["y2"] <= STYLE.sizes.plot_height
        assert 0 <= value["x"] < value["x2"] <= spec["width"]
    assert max(value["x2"] for value in averages(spec)) < min(value["x"] for value in bands(spec))
    bars = averages(spec)
    assert all(one["x2"] < other["x"] for one, other in itertools.pairwise(bars))


def test_long_texts_are_wrapped_not_clipped() -> None:
    spec = drawn(
        CASES["plain"],
        title=TITLES["ja"] * 3,
        subtitle="（非常に長い単位の説明）" * 10,
        footer=("x" * 300, "架空の会社のデータを基に作成。" * 12),
        labels={"R2000": "米国小型株" * 5, "R1000": "米国大型株" * 5},
        words=JA.model_copy(update={"panel_spread": JA.panel_spread * 3, "upper": JA.upper * 2, "gap": JA.gap * 2}),
    )
    assert_tidy(spec)
    boxes, _, _ = text_boxes(spec)
    assert "".join(box.text for box in boxes).count("銘柄ごとの年率リターンの分布") >= 2


def test_small_comes_before_large_in_the_house_colours() -> None:
    spec = drawn(CASES["plain"])
    bars = averages(spec)
    assert [(bar["index"], bar["part"]) for bar in bars] == [
        (index_id, part) for index_id in ("R2000", "R1000") for part in ("mean", "mean_top", "mean_bottom")
    ]
    assert [bar["x"] for bar in bars] == sorted(bar["x"] for bar in bars)
    assert [bar["stroke"] for bar in bars] == [SMALL] * 3 + [LARGE] * 3
    assert (bars[0]["fill"], bars[3]["fill"]) == (SMALL, LARGE)
    assert len({bar["fill"] for bar in bars}) == 6
    assert [band["stroke"] for band in bands(spec)] == [SMALL] * 2 + [LARGE] * 2
    assert bands(spec)[0]["x"] < bands(spec)[2]["x"]


def test_rectangles_are_drawn_where_the_data_say() -> None:
    spec = drawn(CASES["negative"])
    marks = render.converter().vegalite_to_scenegraph(spec)["scenegraph"]["items"][0]["items"]
    found = {
        (item["fill"], round(item["x"], 2), round(item["y"], 2), round(item["height"], 2))
        for mark in marks
        if mark["marktype"] == "rect"
        for item in mark["items"]
    }
    wanted = {(v["fill"], v["x"], v["y"], round(v["y2"] - v["y"], 2)) for v in spec["data"]["values"]}
    assert wanted <= found


def test_bars_stand_on_the_zero_line_in_proportion() -> None:
    for case in ("wide and narrow", "negative"):
        bars = averages(drawn(CASES[case]))
        zero = {bar["y2"] if bar["percent"] > 0 else bar["y"] for bar in bars}
        assert len(zero) == 1
        heights = [(bar["y2"] - bar["y"]) / abs(bar["percent"]) for bar in bars if bar["y2"] - bar["y"] > 20]
        assert max(heights) / min(heights) == pytest.approx(1, rel=1e-3)
    assert any(bar["percent"] < 0 for bar in averages(drawn(CASES["negative"])))


def test_values_are_in_percent_without_decimals_from_100_on() -> None:
    summary, rows = CASES["plain"]
    told = summary.copy()
    told.loc[told["size"] == "small", ["mean", "mean_top", "mean_bottom"]] = [21.044, 42.1751, -0.0871]
    told.loc[told["size"] == "large", ["mean", "mean_top", "mean_bottom"]] = [18.236, 0.99951, -0.0004]
    spec = drawn((told, rows))
    labels = ["2,104%", "4,218%", "-8.7%", "1,824%", "100%", "0.0%"]
    assert [bar["label"] for bar in averages(spec)] == labels
    assert set(labels) <= set(svg_texts(render.render_svg(spec)))


def test_axis_numbers_have_the_decimals_of_their_step() -> None:
    close: Names = {"R2000": [0.0, 0.004, 0.008, 0.011, 0.014], "R1000": [0.001] * 5}
    boxes, _, _ = text_boxes(drawn(invented(close, measure="annualised")))
    found = {box.text for box in boxes}
    assert {"0.25", "0.50", "0.75"} <= found
    boxes, _, _ = text_boxes(drawn(CASES["wide and narrow"]))
    assert {"0", "5", "10", "15"} <= {box.text for box in boxes}


@pytest.mark.parametrize("sign", ["-", "▲"])
def test_negative_sign_is_the_houses(sign: str) -> None:
    printed = svg_texts(
        render.render_svg(drawn(CASES["negative"], style=STYLE.model_copy(update={"negative_sign": sign})))
    )
    negatives = [line for line in printed if sign in line and line[-1] == "%"]
    assert any(line.startswith(sign) for line in negatives)  # a bar
    assert any(line.startswith(f"中央値 {sign}") for line in negatives)
    assert f"{sign}5" in printed  # an axis
    assert not any("−" in line for line in printed)


def test_the_bands_are_percentiles_of_the_names_left_after_trimming() -> None:
    spec = drawn(CASES["plain"], "en")
    small = [(band["part"], band["percent"], band["percent2"]) for band in bands(spec)[:2]]
    assert small == [("10-90", pytest.approx(-3), pytest.approx(13)), ("25-75", pytest.approx(0), pytest.approx(10))]
    printed = svg_texts(render.render_svg(spec))
    for label in ("90th 13.0%", "75th 10.0%", "Median 5.0%", "25th 0.0%", "10th -3.0%", "Median 8.0%"):
        assert label in printed
    assert "10th to 90th: 16.0 points" in printed
    assert "10th to 90th: 6.4 points" in printed


def test_the_median_is_marked_on_its_band() -> None:
    spec = drawn(CASES["plain"])
    lines = [layer for layer in spec["layer"] if layer["mark"].get("strokeWidth") == 3]
    assert [line["mark"]["color"] for line in lines] == [SMALL, LARGE]
    for line, band in zip(lines, bands(spec)[1::2], strict=True):
        place = {channel: value["value"] for channel, value in line["encoding"].items()}
        assert (place["x"], place["x2"]) == (band["x"], band["x"] + BAND_WIDTH)
        assert place["y"] == pytest.approx((band["y"] + band["y2"]) / 2, abs=0.02)  # these names are symmetric


@pytest.mark.parametrize("language", ["ja", "en"])
def test_bars_indices_panels_and_counts_are_named(language: str) -> None:
    spec = drawn(CASES["wide and narrow"], language)
    printed = svg_texts(render.render_svg(spec))
    words = WORDS[language]
    assert printed.count(words.mean) == 2
    assert {words.panel_average["cumulative"], words.panel_spread} <= set(printed)
    counts = {
        "ja": "米国小型株（ラッセル2000）（代用リスト）："
        "構成2,000銘柄のうち、リターンのある1,219銘柄から上下各1銘柄を除いた1,217銘柄。",
        "en": "US large caps (Russell 1000): 1,000 members, 194 with a return, 1 removed from each tail, 192 used.",
    }
    assert counts[language] in "".join(printed)
    assert words.groups["half"] in "".join(printed)
    name = {"ja": "米国小型株", "en": "US small caps"}[language]
    assert printed.count(name) == 2  # under each panel


def test_the_measure_is_printed() -> None:
    for case, kind in (("wide and narrow", "累積"), ("a year", "年率")):
        printed = svg_texts(render.render_svg(drawn(CASES[case])))
        assert f"{kind}（%）" in printed
        assert f"銘柄の{kind}リターンの平均" in printed


@pytest.mark.parametrize("language", ["ja", "en"])
def test_sample_mark_only_when_given(language: str) -> None:
    for given in (None, SAMPLE[language]):
        svg = render.render_svg(drawn(CASES["plain"], language, sample_mark=given))
        assert list(svg_outlines(svg)) == ([] if given is None else [given])


def test_description_is_in_the_spec_and_in_the_svg() -> None:
    spec = drawn(CASES["plain"])
    root = ET.fromstring(render.render_svg(spec))
    assert spec["description"] == root.get("aria-label") == words_text().alt


def test_alt_texts_tell_the_data() -> None:
    summary, _ = CASES["plain"]
    told = summary.copy()
    told.loc[told["size"] == "small", ["mean", "mean_top", "mean_bottom", "median"]] = [21.044, 42.1, -0.0871, 6.2]
    ja = constituent_alt(told, LABELS["ja"], "ja")
    assert ja.startswith(
        "米国小型株（ラッセル2000）と米国大型株（ラッセル1000）の構成銘柄の累積リターンの平均の棒グラフ"
    )
    assert (
        "米国小型株（ラッセル2000）（代用リスト）：平均2,104%、上位平均4,210%、下位平均マイナス8.7%、中央値620%。"
        "構成2,000銘柄、リターンのある7銘柄、上下各1銘柄を除いた5銘柄。" in ja
    )
    en = constituent_alt(told, LABELS["en"], "en")
    assert "(stand-in list): mean 2,104%, upper average 4,210%, lower average minus 8.7%, median 620%; 2,000" in en
    assert en.endswith("1,000 members, 7 with a return, 1 removed from each tail, 5 used.")
    assert "returns a year of the constituents" in constituent_alt(CASES["a year"][0], LABELS["en"], "en")


def test_an_empty_side_is_an_error() -> None:
    summary, rows = CASES["plain"]
    with pytest.raises(ValueError, match="small index"):
        drawn((summary[summary["size"] == "large"], rows))
    with pytest.raises(ValueError, match="at least one row"):
        drawn((summary.head(0), rows))
    with pytest.raises(ValueError, match="no names behind R2000"):
        drawn((summary, rows[rows["index_id"] == "R1000"]))
    with pytest.raises(ValueError, match="no names behind R1000"):
        drawn((summary, rows.assign(return_ann=rows["return_ann"].where(rows["index_id"] == "R2000"))))
    with pytest.raises(ValueError, match="R1000 has no mean_top"):
        drawn((summary.assign(mean_top=summary["mean_top"].where(summary["size"] == "small")), rows))


def test_rows_that_do_not_belong_together_are_errors() -> None:
    summary, rows = CASES["plain"]
    with pytest.raises(ValueError, match="7 names behind R2000, its averages are of 5"):
        drawn((summary, rows.assign(trimmed=None)))
    with pytest.raises(ValueError, match="there are 2"):
        drawn((pd.concat([summary, summary[summary["size"] == "small"]]), rows))
    with pytest.raises(ValueError, match="same measure"):
        drawn((summary.assign(measure=["cumulative", "annualised"]), rows))
    with pytest.raises(KeyError):
        drawn((summary, rows), labels={})


def test_names_without_a_return_are_not_drawn() -> None:
    summary, rows = CASES["plain"]
    ended = pd.DataFrame({"index_id": ["R2000"] * 3, "return_cum": None, "return_ann": None, "trimmed": None})
    more = pd.concat([rows.astype(object), ended], ignore_index=True)
    assert drawn((summary, more)) == drawn((summary, rows))


def test_the_order_of_rows_does_not_matter() -> None:
    summary, rows = CASES["wide and narrow"]
    assert json.dumps(drawn((summary[::-1], rows[::-1]))) == json.dumps(drawn((summary, rows)))


def test_png_has_the_size_of_the_style() -> None:
    png = render.render_png(render.render_svg(drawn(CASES["wide and narrow"])), scale=2)
    assert int.from_bytes(png[16:20], "big") == 2 * STYLE.sizes.width


def test_the_japanese_font_has_every_printed_character() -> None:
    font_tools = pytest.importorskip("fontTools.ttLib")
    found = importlib.util.find_spec("matplotlib_fontja")
    assert found is not None
    assert found.submodule_search_locations
    with font_tools.TTFont(Path(found.submodule_search_locations[0]) / "fonts" / "ipaexg.ttf") as font:
        known = set(font.getBestCmap())
    everything = "".join(line for words in (JA, EN) for line in map(str, words.model_dump().values()))
    for language in ("ja", "en"):
        everything += "".join(svg_texts(render.render_svg(drawn(CASES["negative"], language))))
    assert not {character for character in everything if ord(character) not in known}
