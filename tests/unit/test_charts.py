"""The pictures of figures 1 and 2: what they print, in which order and place, and that bytes repeat."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path
from typing import Any

import altair
import numpy as np
import pandas as pd
import pytest

from assets.publish.charts import render
from assets.publish.charts.canvas import NOT_FIRST, NOT_LAST, text_width, wrap
from assets.publish.charts.font import font_folder
from assets.publish.charts.long_run import EventMark, long_run_alt, long_run_chart
from assets.publish.charts.size_return import size_return_alt, size_return_chart
from assets.publish.charts.style import HOUSE_STYLE, load_style
from tests.support.charts import (
    CODES,
    FOOTERS,
    LABELS,
    LARGE,
    PERIODS,
    SAMPLE,
    SMALL,
    STYLE,
    TITLES,
    assert_tidy,
    svg_outlines,
    svg_texts,
    text,
    text_boxes,
)
from warehouse.toml_file import TomlFileError

BASE = {"ja": "1996年3月11日＝100", "en": "1996-03-11 = 100"}
EVENTS = (
    EventMark(date(1990, 1, 1), None, "before the first day"),
    EventMark(date(2020, 2, 19), date(2020, 3, 23), "COVID shock"),
    EventMark(date(2022, 3, 16), date(2023, 7, 26), "Rate rises"),
    EventMark(date(2022, 11, 30), None, "A release"),
    EventMark(date(2022, 12, 1), None, "A day later"),
    EventMark(date(2026, 2, 28), None, "Nearly the last day"),
    EventMark(date(2026, 3, 17), date(2026, 3, 18), "scheduled"),
)
# Large first and out of period order on purpose: the picture must not depend on the order of the rows.
RETURNS = {"3Y": (0.8083, 0.4903), "YTD": (-0.0081, 0.0272), "1M": (-0.0214, None), "5Y": (0.7421, -0.0004)}
EXTREME = dict(zip(CODES, [(-0.0012, -0.0049), (0.3, None)] * 5 + [(6.1, -0.9), (17.24, 10.705)], strict=True))


def returns(values: dict[str, tuple[float | None, float | None]]) -> pd.DataFrame:
    records = [
        (index_id, size, period, CODES.index(period), value)
        for period, pair in values.items()
        for (index_id, size), value in zip([("R1000", "large"), ("R2000", "small")], pair, strict=True)
    ]
    return pd.DataFrame(records, columns=["index_id", "size", "period", "period_order", "return_cum"])


def walk(small_end: float, large_end: float, first: str = "1996-03-11", step: str = "W-WED") -> pd.DataFrame:
    """Random walks from 100 to given values; weekly, which keeps the tests quick."""
    days = pd.date_range(first, "2026-03-11", freq=step).insert(0, pd.Timestamp(first)).unique()
    random = np.random.default_rng(7)
    parts = []
    for index_id, size, end in (("R1000", "large", large_end), ("R2000", "small", small_end)):
        path = random.normal(0, 0.03, len(days)).cumsum()
        path -= path[0]
        path += (np.log(end / 100) - path[-1]) * np.linspace(0, 1, len(days))
        rebased = np.round(100 * np.exp(path), 4)
        parts.append(pd.DataFrame({"index_id": index_id, "size": size, "date": days.date, "rebased": rebased}))
    return pd.concat(parts, ignore_index=True)


def bars(spec: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(value["period"], value["index"]): value for value in spec["data"]["values"]}


LONG_RUNS = {
    "growth": walk(1170, 1824),
    "near tie": walk(1170.2, 1171.4),
    "both at the bottom": walk(3, 4),
    "short": walk(70, 104, first="2024-05-01"),
}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("values", [RETURNS, EXTREME, {"1Y": (None, None)}, {"1Y": (-0.2, -0.1)}])
def test_size_return_chart_is_valid_and_tidy(values: dict[str, Any], language: str) -> None:
    spec = size_return_chart(returns(values), text(language, sample_mark=SAMPLE[language]), STYLE)
    altair.Chart.from_dict(spec, validate=True)
    assert_tidy(spec)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("case", LONG_RUNS)
def test_long_run_chart_is_valid_and_tidy(case: str, log: bool, language: str) -> None:
    words = text(language, sample_mark=SAMPLE[language])
    spec = long_run_chart(LONG_RUNS[case], words, STYLE, BASE[language], EVENTS, log=log)
    altair.Chart.from_dict(spec, validate=True)
    assert_tidy(spec)


def test_long_texts_are_wrapped_not_clipped() -> None:
    wordy = text(
        title=TITLES["ja"] * 3,
        subtitle="（非常に長い単位の説明）" * 10,
        footer=("x" * 300, *FOOTERS["ja"]),
        labels={"R2000": "米国小型株" * 5, "R1000": "米国大型株" * 5},
    )
    assert_tidy(size_return_chart(returns(RETURNS), wordy, STYLE))
    assert_tidy(long_run_chart(LONG_RUNS["growth"], wordy, STYLE, BASE["ja"]))


def test_japanese_lines_neither_start_nor_end_with_the_wrong_mark() -> None:
    lines = wrap("架空（指数）、架空（指数）。架空「基準」・架空ー。" * 6, 100, 10)
    assert "".join(lines) == "架空（指数）、架空（指数）。架空「基準」・架空ー。" * 6
    assert not [line for line in lines if line[0] in NOT_FIRST or line[-1] in NOT_LAST]
    assert max(text_width(line, 10) for line in lines) <= 100


def test_small_comes_before_large_in_the_house_colours() -> None:
    spec = size_return_chart(returns(RETURNS), text(), STYLE)
    encoding = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "bar")["encoding"]
    names = list(LABELS["ja"].values())
    assert encoding["color"]["scale"] == {"domain": names, "range": [SMALL, LARGE]}
    assert encoding["xOffset"]["sort"] == names
    assert encoding["x"]["sort"] == ["1カ月", "年初来", "3年", "5年"]
    assert [value["index"] for value in spec["data"]["values"]] == [names[0]] * 4 + [names[1]] * 4


def test_bars_are_drawn_in_period_order_small_first() -> None:
    scene = render.converter().vegalite_to_scenegraph(size_return_chart(returns(RETURNS), text(), STYLE))
    marks = scene["scenegraph"]["items"][0]["items"]
    drawn = next(mark for mark in marks if mark["marktype"] == "rect")["items"]
    ordered = [item["fill"] for item in sorted(drawn, key=lambda item: item["x"])]
    assert ordered == [LARGE, SMALL, LARGE, SMALL, LARGE, SMALL, LARGE]  # 1M has no small bar


def test_null_is_a_dash_and_never_zero() -> None:
    spec = size_return_chart(returns(RETURNS), text(), STYLE)
    missing = bars(spec)["1カ月", LABELS["ja"]["R2000"]]
    assert missing["percent"] is None
    assert missing["label"] == "–"
    assert sum(value["label"] == "–" for value in spec["data"]["values"]) == 1
    assert "–" in svg_texts(render.render_svg(spec))


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_every_kind_of_null_is_a_dash(nothing: object) -> None:
    rows = returns({"1Y": (0.1, 0.2)}).astype({"return_cum": object})
    rows.loc[rows["size"] == "small", "return_cum"] = nothing
    assert [v["label"] for v in size_return_chart(rows, text(), STYLE)["data"]["values"]] == ["–", "10.0"]


@pytest.mark.parametrize("sign", ["-", "▲"])
def test_negative_sign_is_the_houses(sign: str) -> None:
    style = STYLE.model_copy(update={"negative_sign": sign})
    spec = size_return_chart(returns({"YTD": (-0.2081, 0.0272)}), text(), style)
    assert bars(spec)["年初来", LABELS["ja"]["R1000"]]["label"] == f"{sign}20.8"
    printed = svg_texts(render.render_svg(spec))
    assert f"{sign}20.8" in printed
    assert f"{sign}10" in printed or f"{sign}15" in printed  # the axis too
    assert not any("−" in line for line in printed)


def test_what_rounds_to_zero_has_no_sign_and_large_numbers_have_separators() -> None:
    labels = {key: value["label"] for key, value in bars(size_return_chart(returns(EXTREME), text(), STYLE)).items()}
    assert labels["30年", LABELS["ja"]["R2000"]] == "1,070.5"
    assert labels["30年", LABELS["ja"]["R1000"]] == "1,724.0"
    spec = size_return_chart(returns(RETURNS), text(), STYLE)
    assert bars(spec)["5年", LABELS["ja"]["R2000"]]["label"] == "0.0"


def test_both_line_ends_are_labelled_with_the_last_value_in_line_order() -> None:
    spec = long_run_chart(LONG_RUNS["near tie"], text("en"), STYLE, BASE["en"])
    boxes, width, _ = text_boxes(spec)
    names = {"US large caps", "(Russell 1000)", "1,171", "US small caps", "(Russell 2000)", "1,170"}
    ends = sorted((box for box in boxes if box.text in names), key=lambda box: box.top)
    assert [box.text for box in ends] == [
        *("US large caps", "(Russell 1000)", "1,171"),
        *("US small caps", "(Russell 2000)", "1,170"),
    ]
    assert all(box.left > width / 2 for box in ends)


def test_one_of_the_two_lines_is_dashed() -> None:
    spec = long_run_chart(LONG_RUNS["growth"], text(), STYLE, BASE["ja"])
    lines = [layer["mark"] for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert {line["color"]: "strokeDash" in line for line in lines} == {SMALL: False, LARGE: True}


def test_the_y_axis_starts_at_zero_unless_it_is_logarithmic() -> None:
    def scale(log: bool) -> dict[str, Any]:
        spec = long_run_chart(LONG_RUNS["growth"], text(), STYLE, BASE["ja"], log=log)
        lines = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
        chosen: dict[str, Any] = lines[0]["encoding"]["y"]["scale"]
        return chosen

    assert scale(log=False)["type"] == "linear"
    assert scale(log=False)["domain"][0] == 0
    assert scale(log=True)["type"] == "log"
    assert scale(log=True)["domain"][0] > 0


def test_the_base_is_marked_and_data_are_plain_days() -> None:
    spec = long_run_chart(LONG_RUNS["growth"], text(), STYLE, BASE["ja"])
    assert BASE["ja"] in svg_texts(render.render_svg(spec))
    lines = spec["data"]["values"].splitlines()
    assert lines[0] == "date,small,large"
    assert lines[1] == "1996-03-11,100.0,100.0"
    assert lines[-1] == "2026-03-11,1170.0,1824.0"


def test_events_after_the_last_day_are_not_drawn() -> None:
    printed = " ".join(
        svg_texts(render.render_svg(long_run_chart(LONG_RUNS["growth"], text("en"), STYLE, BASE["en"], EVENTS)))
    )
    assert "① COVID shock" in printed
    assert "⑤ Nearly the last day" in printed
    assert "scheduled" not in printed
    assert "before the first day" not in printed


@pytest.mark.parametrize("language", ["ja", "en"])
def test_sample_mark_only_when_given(language: str) -> None:
    for given in (None, SAMPLE[language]):
        words = text(language, sample_mark=given)
        for spec in (
            size_return_chart(returns(RETURNS), words, STYLE),
            long_run_chart(LONG_RUNS["short"], words, STYLE, BASE[language]),
        ):
            svg = render.render_svg(spec)
            assert list(svg_outlines(svg)) == ([] if given is None else [given])
            assert SAMPLE[language] not in svg_texts(svg)  # a program without the font would lose it


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_sample_mark_is_drawn_letter_by_letter(language: str) -> None:
    spec = size_return_chart(returns(RETURNS), text(language, sample_mark=SAMPLE[language]), STYLE)
    path = svg_outlines(render.render_svg(spec))[SAMPLE[language]]
    assert path.count("M") >= len(SAMPLE[language].replace(" ", ""))
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]
    assert 200 < max(numbers) < spec["width"] / 2


def test_description_is_in_the_spec_and_in_the_svg() -> None:
    spec = size_return_chart(returns(RETURNS), text(), STYLE)
    assert spec["description"] == text().alt
    root = ET.fromstring(render.render_svg(spec))
    assert root.get("role") == "img"
    assert root.get("aria-label") == text().alt


def test_svg_keeps_text_as_text_with_fallback_fonts() -> None:
    svg = render.render_svg(size_return_chart(returns(RETURNS), text(), STYLE))
    assert TITLES["ja"] in svg_texts(svg)
    assert svg.count(b"@font-face") == 1
    assert "font-family=\"IPAexGothic, 'Hiragino Sans'" in svg.decode()
    assert "sans-serif" in svg.decode()


def test_alt_texts_tell_the_data() -> None:
    rows = returns({"YTD": (-0.0081, 0.0272), "1M": (0.1, None)})
    ja = size_return_alt(rows, LABELS["ja"], PERIODS["ja"], "ja")
    assert ja == (
        "米国小型株（ラッセル2000）と米国大型株（ラッセル1000）の期間別リターンの棒グラフ。"
        "1カ月：米国小型株（ラッセル2000）データなし、米国大型株（ラッセル1000）10.0%。"
        "年初来：米国小型株（ラッセル2000）2.7%、米国大型株（ラッセル1000）マイナス0.8%。"
    )
    en = size_return_alt(rows, LABELS["en"], PERIODS["en"], "en")
    assert "Year to date: US small caps (Russell 2000) 2.7%, US large caps (Russell 1000) minus 0.8%." in en
    assert "1M: US small caps (Russell 2000) no data" in en
    long_ja = long_run_alt(LONG_RUNS["growth"], LABELS["ja"], "ja")
    assert "1996年3月11日を100として、2026年3月11日は米国小型株（ラッセル2000）1,170" in long_ja
    long_en = long_run_alt(LONG_RUNS["growth"], LABELS["en"], "en")
    assert long_en.endswith(
        "1996-03-11 = 100. On 2026-03-11: US small caps (Russell 2000) 1,170, US large caps (Russell 1000) 1,824."
    )


def test_one_size_alone_can_be_drawn() -> None:
    rows = returns(RETURNS)
    spec = size_return_chart(rows[rows["size"] == "large"], text(), STYLE)
    assert spec["layer"]
    assert_tidy(spec)
    growth = LONG_RUNS["growth"]
    assert_tidy(long_run_chart(growth[growth["size"] == "small"], text(), STYLE, BASE["ja"]))


def test_no_rows_and_unknown_names_are_errors() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        size_return_chart(returns(RETURNS).head(0), text(), STYLE)
    with pytest.raises(ValueError, match="two days"):
        long_run_chart(LONG_RUNS["growth"].head(1), text(), STYLE, BASE["ja"])
    with pytest.raises(KeyError):
        size_return_chart(returns(RETURNS), text(labels={}), STYLE)


def test_the_same_chart_is_the_same_bytes() -> None:
    spec = long_run_chart(LONG_RUNS["growth"], text(), STYLE, BASE["ja"], EVENTS)
    assert render.render_svg(spec) == render.render_svg(spec)
    svg = render.render_svg(spec)
    assert render.render_png(svg) == render.render_png(svg)


def test_png_has_the_size_of_the_style() -> None:
    png = render.render_png(render.render_svg(size_return_chart(returns(RETURNS), text(), STYLE)), scale=2)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 2 * STYLE.sizes.width


def test_the_japanese_font_has_every_printed_character() -> None:
    font_tools = pytest.importorskip("fontTools.ttLib")
    with font_tools.TTFont(font_folder() / "ipaexg.ttf") as font:
        known = set(font.getBestCmap())
    printed = "".join(
        line
        for language in ("ja", "en")
        for spec in (
            size_return_chart(returns(EXTREME), text(language, sample_mark=SAMPLE[language]), STYLE),
            long_run_chart(LONG_RUNS["growth"], text(language), STYLE, BASE[language], EVENTS),
        )
        for line in svg_texts(render.render_svg(spec))
    )
    everything = printed + "▲-" + STYLE.disclaimer.ja + STYLE.disclaimer.en
    assert not {character for character in everything if ord(character) not in known}


def test_the_house_style_is_the_methods_and_anonymous() -> None:
    assert (STYLE.colours.small, STYLE.colours.large) == (SMALL, LARGE)
    assert STYLE.broker == ""
    assert STYLE.negative_sign == "-"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"#D55E00"', '"orange"'),
        ('negative_sign = "-"', 'negative_sign = "~"'),
        ("broker =", "brokr ="),
        ("720", "0"),
    ],
)
def test_a_wrong_style_is_refused(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "style.toml"
    file.write_text(HOUSE_STYLE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TomlFileError):
        load_style(file)


def relative_luminance(colour: str) -> float:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("name", ["text", "muted", "small_text", "large_text", "sample", "holds", "fails"])
def test_text_colours_stand_out_from_the_background(name: str) -> None:
    background = relative_luminance(STYLE.colours.background)
    contrast = (background + 0.05) / (relative_luminance(getattr(STYLE.colours, name)) + 0.05)
    assert contrast >= 4.5
