"""One published number is printed alike in every place: chart, picture, alternative text, page, note, claim, CSV.

What is expected is worked out here with `decimal` and a sign, and nothing of the code that prints.
"""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pyarrow.parquet
import pytest

from assets.publish.charts import fund_ranking as fund_table
from assets.publish.charts.constituent_return import _percent_label as constituent_label
from assets.publish.charts.domestic_revenue_sides import percent_of as domestic_percent
from assets.publish.charts.domestic_revenue_sides import share_label as domestic_label
from assets.publish.charts.panels import spoken_number
from assets.publish.charts.pictures import figure_chart
from assets.publish.charts.size_return import _bar as bar_of_size_return
from assets.publish.claims import format_value as claim_text
from assets.publish.note import template_filters as note_filters
from assets.publish.numbers import in_percent as percent_of
from assets.publish.numbers import signed
from assets.publish.page.table import headline_table
from warehouse.contract import contracts

EXAMPLE = Path(__file__).parents[2] / "docs" / "example" / "us_small_caps" / "2026-03-11" / "r1"
LANGUAGES = ("ja", "en")
SPOKEN = {"ja": "マイナス", "en": "minus "}
TIES = (
    0.0005, -0.0005, 0.0025, 0.0035, -0.0015, 0.0145, 0.0285, 0.1005, -0.1015, 0.5745, 2.6745, -0.00049, 0.0,
    0.004999, 0.005,
)  # fmt: skip
"""Returns whose percentage with one decimal ends in 5 before it is rounded, and neighbours."""


def printed(number: Any, decimals: int, times: int = 1, negative: str = "-") -> str:
    rounded = (Decimal(repr(number)) * times).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{negative if rounded < 0 else ''}{abs(rounded):,f}"


def in_percent(fraction: float, language: str | None = None) -> str:
    return printed(fraction, 1, 100, SPOKEN[language] if language else "-")


# --- Halves, in every writer ------------------------------------------------------------------------------------


def page_cell(value: float) -> str:
    rows = pd.DataFrame(
        [
            {"index_id": size, "size": size, "period": "1M", "period_order": 1, "return_cum": value}
            | {"base_date": pd.Timestamp(2026, 2, 11), "end_date": pd.Timestamp(2026, 3, 11)}
            for size in ("small", "large")
        ]
    )
    table = headline_table(contracts()["figure.size_return"], figure_chart("size_return").table, rows, {})
    [row] = table.rows
    assert row[-1] == row[-2]
    return row[-1].en.removesuffix("%")


WRITERS: dict[str, Callable[[float], str]] = {
    "bar of figure 1": lambda value: bar_of_size_return(float(percent_of(value)), "-")["label"],
    "alternative text": lambda value: spoken_number(percent_of(value), 1, "en").replace("minus ", "-"),
    "page": page_cell,
    "table of funds": lambda value: fund_table._number("return_1y", value, "-") or "",
    "note": lambda value: note_filters("en", "-")["percent"](value).removesuffix("%"),
    "claim": lambda value: claim_text(value, ".1%").removesuffix("%"),
    "claim in points": lambda value: claim_text(value, ".1p"),
    "constituents": lambda value: constituent_label(percent_of(value), "-").removesuffix("%"),
    "share": lambda value: domestic_label(domestic_percent(value)).removesuffix("%"),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("value", TIES)
def test_every_writer_rounds_alike(writer: str, value: float) -> None:
    decimals = 0 if writer == "constituents" and abs(value) >= 1 else 1
    assert WRITERS[writer](value) == printed(value, decimals, 100)


@pytest.mark.parametrize(
    ("spec", "value", "said"),
    [
        ("+.1%", 0.00450, "+0.5%"),
        ("+.1%", -0.00450, "-0.5%"),
        ("+.1%", -0.0004, "0.0%"),
        (",.0%", 12.345, "1,235%"),
        (".3f", 0.6325, "0.633"),
        (",.1f", 1234.25, "1,234.3"),
        ("+.2p", -0.0075, "-0.75"),
        ("", "two", "two"),
        ("d", 3, "3"),
    ],
)
def test_a_claim_s_own_formats(spec: str, value: Any, said: str) -> None:
    assert claim_text(value, spec) == said


@pytest.mark.parametrize(
    ("yen", "oku"), [(58_650_000_000, "587"), (58_649_999_999, "586"), (50_000_000, "1"), (49_999_999, "0")]
)
def test_oku_is_half_up(yen: int, oku: str) -> None:
    assert fund_table._number("net_assets_jpy", yen, "-") == oku
    assert note_filters("ja", "-")["oku"](yen) == f"{oku}億円"


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert signed(-0.04, 1) == "0.0"
    assert signed(0.04, 1, positive="+") == "0.0"
    assert signed(-1234.55, 1, "−") == "−1,234.6"


# --- The committed release: the same digits in all its files ----------------------------------------------------


def rows(stem: str) -> list[dict[str, Any]]:
    return [row for row in pyarrow.parquet.read_table(EXAMPLE / f"{stem}.parquet").to_pylist() if row["is_headline"]]


def in_picture(figure: int, language: str) -> list[str]:
    root = ElementTree.parse(EXAMPLE / f"fig{figure}.{language}.svg").getroot()
    return ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]


def alternative(figure: int, language: str) -> str:
    """What a picture says to who can't see it; note and page say the same, where the page has no table instead."""
    said = ElementTree.parse(EXAMPLE / f"fig{figure}.{language}.svg").getroot().attrib["aria-label"]
    assert re.sub(r"[\[\]\s]+", " ", said) in (EXAMPLE / f"note.{language}.md").read_text(encoding="utf-8")
    assert figure == 5 or said in html.unescape((EXAMPLE / "index.html").read_text(encoding="utf-8"))
    return said


def cells(figure: int, language: str) -> list[str]:
    """The cells of a figure's table on the page."""
    page = (EXAMPLE / "index.html").read_text(encoding="utf-8")
    mark = f"【図表{figure}】" if language == "ja" else f"Figure {figure}: "
    table = next(one for one in re.findall(r"<table.*?</table>", page, re.DOTALL) if f"<caption>{mark}" in one)
    return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", table, re.DOTALL)]


def labels(figure: int) -> list[str]:
    values = json.loads((EXAMPLE / f"fig{figure}.vl.json").read_bytes())["data"]["values"]
    return [value["label"] for value in values if "label" in value]


def is_in(wanted: list[str], found: list[str]) -> None:
    """Each wanted text is one of those found, as often as it is wanted."""
    left = list(found)
    for one in wanted:
        assert one in left, (one, found)
        left.remove(one)


@pytest.mark.parametrize("path", sorted(EXAMPLE.glob("*.parquet")), ids=lambda path: path.stem)
def test_csv_has_the_digits_of_parquet(path: Path) -> None:
    table = pyarrow.parquet.read_table(path)
    with path.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    contract = contracts()[table.schema.metadata[b"table"].decode()]
    for column in (column for column in contract.column if column.decimals is not None):
        published = table.column(column.name).to_pylist()
        for value, text in zip(published, (row[column.name] for row in found), strict=True):
            assert (value is None) == (text == "")
            if value is not None:
                assert Decimal(text) == Decimal(repr(value))
                assert -Decimal(text).normalize().as_tuple().exponent <= column.decimals


@pytest.mark.parametrize("language", LANGUAGES)
def test_figure_1(language: str) -> None:
    returns = [row["return_cum"] for row in rows("fig1")]
    assert len(returns) == 14
    wanted = [in_percent(value) for value in returns]
    assert sorted(labels(1)) == sorted(wanted)
    is_in(wanted, in_picture(1, language))
    is_in([f"{one}%" for one in wanted], cells(1, language))
    said = re.findall(r"((?:マイナス|minus )?[\d,]+\.\d)%", alternative(1, language))
    assert sorted(said) == sorted(in_percent(value, language) for value in returns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figure_2(language: str) -> None:
    ends = {row["size"]: row["rebased"] for row in sorted(rows("fig2"), key=lambda row: row["date"])}
    wanted = [printed(value, 0) for value in ends.values()]
    is_in(wanted, in_picture(2, language))
    is_in([printed(value, 1) for value in ends.values()], cells(2, language))
    assert all(one in alternative(2, language) for one in wanted)
    spec = json.loads((EXAMPLE / "fig2.vl.json").read_bytes())
    is_in(wanted, [layer["mark"]["text"] for layer in spec["layer"] if isinstance(layer["mark"].get("text"), str)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_figure_3(language: str) -> None:
    wanted = [f"{in_percent(row['share'])}%" for row in rows("fig3")]
    assert len(wanted) == 6
    is_in(wanted, in_picture(3, language))
    is_in(wanted, cells(3, language))
    assert all(one in alternative(3, language).replace("％", "%") for one in wanted)
    drawn = [f"{in_percent(row['share'])}%" for row in rows("fig3") if not row["method"].endswith("bound")]
    is_in(drawn, labels(3))
    note = (EXAMPLE / f"note.{language}.md").read_text(encoding="utf-8")
    assert all(one in note for one in drawn)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figure_4(language: str) -> None:
    averages = [row[name] for row in rows("fig4") for name in ("mean", "mean_top", "mean_bottom")]
    wanted = [f"{printed(value, 0 if value >= 1 else 1, 100)}%" for value in averages]
    is_in(wanted, labels(4))
    is_in(wanted, in_picture(4, language))
    is_in([f"{in_percent(value)}%" for value in averages], cells(4, language))
    assert all(one in alternative(4, language) for one in wanted)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figure_5(language: str) -> None:
    funds = rows("fig5")
    assert len(funds) == 10
    drawn, on_page = in_picture(5, language), " ".join(cells(5, language))
    for fund in funds:
        numbers = [printed(fund["net_assets_jpy"] / 10**8, 0), printed(fund["nav_jpy"], 0)]
        numbers += [printed(fund["expense_ratio"], 2, 100)] if fund["expense_ratio"] is not None else []
        numbers += [in_percent(fund[name]) for name in ("return_1y", "return_3y") if fund[name] is not None]
        is_in(numbers, drawn)
        assert all(number in on_page for number in numbers)
    assert printed(funds[0]["net_assets_jpy"] / 10**8, 0) in alternative(5, language)
    assert f"{printed(funds[0]['net_assets_jpy'] / 10**8, 0)}億円" in (EXAMPLE / "note.ja.md").read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_claims(language: str) -> None:
    page = html.unescape((EXAMPLE / "index.html").read_text(encoding="utf-8"))
    with (EXAMPLE / "claims.csv").open(encoding="utf-8-sig", newline="") as file:
        told = [row[f"text_{language}"] for row in csv.DictReader(file)]
    assert len(told) == len(rows("claims"))
    assert [text for text in told if text not in page] == []
    ytd = {row["size"]: in_percent(row["return_cum"]) for row in rows("fig1") if row["period"] == "YTD"}
    both = next(text for text in told if all(f"{value}%" in text for value in ytd.values()))
    assert f"+{ytd['small']}%" in both
