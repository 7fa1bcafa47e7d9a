"""The page of the example release, made from the example's own rows.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow.parquet

from assets.publish.charts.figure_chart import ChartInput, headline_rows
from assets.publish.charts.pictures import chart_spec, figure_chart
from assets.publish.charts.style import load_style
from assets.publish.page.page import PageChanges, PageClaim, PageContent, PageEvent, PageFigure, PageWithheld
from assets.publish.page.table import headline_table
from assets.publish.sources import SourceSpan
from assets.study import Language, Study, Text
from warehouse.contract import contracts
from warehouse.toml_file import read_toml

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "example" / "us_small_caps" / "2026-03-11" / "r1"
LANGUAGES: tuple[Language, Language] = ("ja", "en")
FIGURES = {
    "size_return": ("fig1", "figure.size_return"),
    "long_run": ("fig2", "figure.long_run"),
    "domestic_revenue_share": ("fig3", "figure.domestic_revenue_share"),
    "constituent_return": ("fig4", "figure.constituent_return_summary"),
}
CLAIMS = (
    PageClaim(
        "small_cap_ytd_positive", "", True, 0.0272, 0.0, None,
        "米国小型株は年初来で上昇している。", "US small caps are up for the year.",
    ),
    PageClaim(
        "level_until_mid_2021", "at_2021_06_30", False, 0.891, 0.1, None,
        "2021年半ばまで小型株と大型株はほぼ同じ水準だった。", "Small and large ran about level until mid-2021.",
        turned=True, before=True,
    ),
    PageClaim(
        "small_earnings_weak_recently", "", None, None, None,
        Text(ja="過去の実績利益のデータがない", en="no actual earnings are loaded"),
        "小型株の利益は近年低迷していた。", "Small caps' earnings were weak in recent years.",
    ),
)  # fmt: skip


def example_content() -> PageContent:
    """The example release as a page's content; claims, changes and a failed check are made up."""
    study = read_toml(ROOT / "pipelines" / "studies" / "us_small_caps.toml", Study)
    described = json.loads((EXAMPLE / "datapackage.json").read_bytes())["zuhyo"]
    failed = described["checks"][5] | {"passed": False, "blocking": False, "observed": "2 rows break it"}
    changed = {
        "table_name": "figure.size_return", "key": "R2000 1Y prev", "column_name": "return_cum",
        "old": "0.0201", "new": "0.0204", "cause": "restated",
    }  # fmt: skip
    return PageContent(
        study=study.study,
        title=study.title,
        session=date(2026, 3, 11),
        revision=2,
        is_sample=True,
        profile="sample",
        figures=[example_figure(study, name) for name in FIGURES],
        withheld=[
            PageWithheld(
                Text(ja="米国小型株アクティブファンドの例", en="Active US small-cap funds"), 5, "not_served",
                Text(ja="必要なデータの取得元が設定されていない", en="the profile has no source for fund_nav"),
                date(2026, 3, 10), "../../2026-03-10/r1/index.html",
            )
        ],
        claims=CLAIMS,
        changes=[PageChanges("before", "r1", [changed] * 60), PageChanges("approved", None)],
        checks=[*described["checks"], failed],
        event=PageEvent(Text(ja="FOMC", en="FOMC meeting"), date(2026, 3, 17), date(2026, 3, 18)),
        dictionary=[contracts()[table] for _, table in FIGURES.values()],
    )  # fmt: skip


def example_input(study: Study, name: str) -> ChartInput:
    """What a figure of the example is drawn from."""
    asked = getattr(study.figure, name)
    stem = f"fig{asked.number}"
    rows = headline_rows(pyarrow.parquet.read_table(EXAMPLE / f"{stem}.parquet"))
    detail = EXAMPLE / f"{stem}_rows.parquet"
    return ChartInput(
        study=study,
        figure=name,
        number=asked.number,
        as_of=rows["as_of"].iloc[0].date(),
        rows=rows,
        detail_rows=headline_rows(pyarrow.parquet.read_table(detail)) if detail.exists() else None,
        spans=[SourceSpan(index.id, index.series[0].id, date(1996, 3, 11), date(2026, 3, 11)) for index in study.index],
        vendors=["sample"],
        is_sample=True,
    )


def example_figure(study: Study, name: str) -> PageFigure:
    """One figure of the example, drawn in both languages."""
    stem, table = FIGURES[name]
    asked = getattr(study.figure, name)
    chart_input = example_input(study, name)
    specs = {language: chart_spec(chart_input, load_style(), language) or {} for language in LANGUAGES}
    return PageFigure(
        name=name,
        number=asked.number,
        title=asked.title,
        as_of=chart_input.as_of,
        alt={language: specs[language]["description"] for language in LANGUAGES},
        table=headline_table(contracts()[table], figure_chart(name).table, chart_input.rows, example_labels(study)),
        source={"ja": ("出所：サンプル",), "en": ("Source: sample",)},
        method={"ja": f"{asked.title.ja}の計算方法。", "en": f"How {asked.title.en} is computed."},
        specs=specs,
        svg={language: (EXAMPLE / f"{stem}.{language}.svg").read_text(encoding="utf-8") for language in LANGUAGES},
        downloads=tuple(f"{stem}{ending}" for ending in (".csv", ".parquet", ".ja.svg", ".en.svg", ".ja.png")),
    )


def example_labels(study: Study) -> dict[str, Text]:
    """The names of indices and periods."""
    asked = study.figure.domestic_revenue_share
    sides = {side.index: side.label for side in asked.side} if asked else {}
    indices = {index.id: index.label for index in study.index}
    return sides | indices | {str(code): label for code, label in study.period_label.items()}
