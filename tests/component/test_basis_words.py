"""The words of a picture follow what its rows contain: total returns, net ones, or prices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.publish.charts import constituent_return, long_run, size_return
from assets.publish.charts.figure_chart import ChartInput
from assets.publish.charts.pictures import chart_spec
from assets.publish.sources import SourceSpan
from assets.study import Language, Series, read_studies
from checks.table_checks import check_table
from tests.support.constituents import (
    CORE,
    END,
    NAMES,
    SESSION,
    START,
    SUMMARY,
    add_levels,
    add_members,
    prepare,
)  # fmt: skip
from tests.support.helpers import STUDY, day, empty_warehouse, make_study
from warehouse.contract import contracts

STUDIES = Path(__file__).parents[2] / "pipelines" / "studies"
AS_OF = day("2026-03-11")
TOTAL = ("トータルリターン", "total return")
PRICE = ("価格リターン", "price return")


def drawing(
    figure: str, *rows: tuple[str, str, str], parts: list[SourceSpan] | None = None, **series: str
) -> ChartInput:
    """Of rows (index, basis, value's series); ``series``: the basis of series of the small study."""
    study = make_study()
    changed = [
        index.model_copy(
            update={
                "series": tuple(
                    one.model_copy(update={"return_basis": series.get(one.id, one.return_basis)})
                    for one in index.series
                )
            }
        )
        for index in study.index
    ]
    study = study.model_copy(update={"index": tuple(changed)})
    sizes = {"R2000": "small", "R1000": "large"}
    frame = pd.DataFrame(
        [
            {
                "index_id": index, "return_basis": basis, "series_id": one, "size": sizes[index], "currency": "USD",
                "is_proxy": one.endswith("FUND"), "period": "1M", "period_order": 1, "return_cum": 0.01,
                "date": pd.Timestamp(at), "base_date": pd.Timestamp("2024-03-11"), "rebased": 100.0,
            }
            for index, basis, one in rows
            for at in ("2024-03-11", "2026-03-11")[figure == "size_return" :]
        ]
    )  # fmt: skip
    return ChartInput(study, figure, 1, AS_OF, frame, None, parts or [], ["acme"], is_sample=False)


def printed(of: ChartInput, language: Language, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Subtitle and alt text that the chart is given."""
    given: list[Any] = []
    for module, name in ((size_return, "size_return_chart"), (long_run, "long_run_chart")):
        monkeypatch.setattr(module, name, lambda rows, text, *more: given.append(text) or {})
        monkeypatch.setattr(module, "levels_footer", lambda chart_input, language: ())
    chart_spec(of, None, language)  # type: ignore[arg-type]
    return given[0].subtitle, given[0].alt


@pytest.mark.parametrize("figure", ["size_return", "long_run"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_prices_are_called_prices(figure: str, language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    of = drawing(figure, ("R2000", "price", "SMALL"), ("R1000", "price", "LARGE"), SMALL="price", LARGE="price")
    subtitle, alt = printed(of, language, monkeypatch)
    said, silent = (PRICE[language == "en"], TOTAL[language == "en"])
    assert said in subtitle.lower()
    assert said in alt.lower()
    assert silent not in (subtitle + alt).lower()


@pytest.mark.parametrize("figure", ["size_return", "long_run"])
def test_total_returns_are_called_as_before(figure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of = drawing(figure, ("R2000", "gross", "SMALL"), ("R1000", "gross", "LARGE"))
    assert printed(of, "en", monkeypatch)[0] == "total return, USD"
    subtitle, alt = printed(of, "ja", monkeypatch)
    assert subtitle == "トータルリターン、USD建て"
    assert "リターン（" not in alt
    of = drawing(figure, ("R2000", "adjusted_close", "SMALL_FUND"), ("R1000", "adjusted_close", "LARGE_FUND"))
    told = "total return; dividend-adjusted close where a fund stands in, USD"
    assert printed(of, "en", monkeypatch)[0] == told


def test_net_returns_are_called_net(monkeypatch: pytest.MonkeyPatch) -> None:
    of = drawing("size_return", ("R2000", "net", "SMALL"), ("R1000", "net", "LARGE"))
    subtitle, alt = printed(of, "en", monkeypatch)
    assert subtitle == "total return net of tax on dividends, USD"
    assert alt.endswith(" Total return net of tax on dividends.")


def test_sides_of_two_kinds_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    of = drawing("size_return", ("R2000", "price", "SMALL"), ("R1000", "gross", "LARGE"))
    subtitle, alt = printed(of, "en", monkeypatch)
    assert subtitle == "R2000: price return, dividends left out; R1000: total return, USD"
    assert "R1000: total return" in alt


def test_a_spliced_line_says_what_each_part_contains(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [SourceSpan("R2000", "SMALL", AS_OF, AS_OF), SourceSpan("R2000", "SMALL_OTHER", AS_OF, AS_OF)]
    rows = (("R2000", "spliced", "SMALL"), ("R1000", "gross", "LARGE"))
    of = drawing("long_run", *rows, parts=parts, SMALL_OTHER="price")
    said = printed(of, "en", monkeypatch)[0]
    assert said == "R2000: total return; price return, dividends left out; R1000: total return, USD"
    assert printed(drawing("long_run", *rows, parts=parts), "en", monkeypatch)[0] == "total return, USD"


@pytest.mark.parametrize("label", ["Invented total return index", "架空指数（トータルリターン）", "架空の総収益指数"])
def test_a_label_may_not_call_a_price_series_a_total_return(label: str) -> None:
    said = {
        "id": "INV", "label": {"ja": label, "en": label}, "provider": "nobody", "currency": "USD",
        "return_basis": "price",
    }  # fmt: skip
    with pytest.raises(ValueError, match="series INV has return_basis price, and its label says"):
        Series.model_validate(said)
    assert Series.model_validate(said | {"return_basis": "gross"}).id == "INV"


# ---- figure 4


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(("basis", "words"), [("total", TOTAL), ("price", PRICE)])
def test_figure_4_says_what_the_study_asks_for(
    basis: str, words: tuple[str, str], language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = next(one for one in read_studies(STUDIES) if one.study == "us_small_caps")
    settings = study.figure.constituent_return.model_copy(update={"return_basis": basis})  # type: ignore[union-attr]
    study = study.model_copy(update={"figure": study.figure.model_copy(update={"constituent_return": settings})})
    monkeypatch.setattr(constituent_return, "constituent_alt", lambda *given: "Alt.")
    monkeypatch.setattr(constituent_return, "_footer", lambda *given: ())
    monkeypatch.setattr(constituent_return, "constituent_chart", lambda rows, names, text, style: vars(text))
    rows = pd.DataFrame([{"members_date": pd.Timestamp(START), "end_date": pd.Timestamp(END)}])
    of = ChartInput(study, "constituent_return", 4, AS_OF, rows, None, [], [], is_sample=False)
    text = chart_spec(of, None, language)  # type: ignore[arg-type]
    assert text
    subtitle, alt = text["subtitle"], text["alt"]
    assert subtitle.startswith(words[language == "en"])
    assert (alt == "Alt.") == (basis == "total")


@pytest.mark.parametrize(
    ("of_name", "of_others", "asked", "passes"),
    [
        ("adjusted_close", "gross", "total", True),
        ("net", "gross", "total", True),
        ("price", "price", "price", True),
        ("price", "price", "total", False),
        ("price", "gross", "total", False),
        ("gross", "price", "price", False),
    ],
)
def test_levels_of_another_kind_withhold_figure_4(of_name: str, of_others: str, asked: str, passes: bool) -> None:
    connection: duckdb.DuckDBPyConnection = empty_warehouse(*CORE, SUMMARY, NAMES, "core.correction")
    add_members(connection, "SMALLS", ["A", "B"])
    add_members(connection, "LARGES", ["X"])
    for name in ("A", "B", "X", "UNUSED"):
        add_levels(connection, name, {START: 100, END: 110}, source="one" if name == "A" else "other")
    connection.execute("UPDATE core.security_level SET return_basis = ?", [of_others])
    connection.execute("UPDATE core.security_level SET return_basis = ? WHERE security_id = 'A'", [of_name])
    connection.execute("UPDATE core.security_level SET return_basis = 'net' WHERE security_id = 'UNUSED'")
    prepare(connection, return_basis=asked)
    found = {one.check_name: one for one in check_table(connection, contracts()[NAMES], STUDY, [day(SESSION)])}
    assert found["constituents_basis"].error is None
    assert (found["constituents_basis"].passed, found["constituents_basis"].blocking) == (passes, True)
    if of_name != of_others:
        assert passes or found["constituents_basis"].sample[0]["security_id"] == "A"
