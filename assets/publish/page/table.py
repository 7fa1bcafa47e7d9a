"""The headline rows of a figure as a table that a person reads: headings, dates and percentages in words.

Belongs here: which columns a reader sees, and how a value is written. Does not belong here: HTML (page.html.jinja),
the rows themselves (assets/figures).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from assets.publish.numbers import in_percent, signed
from assets.publish.sources import day_text
from assets.study import Language, Text
from warehouse.contract import Contract

DASH = "–"
MANY = 60
"""Days beyond which only the last one of each year is shown, with the first and the last."""


@dataclass(frozen=True)
class TableColumn:
    """A column: its heading, and whether it holds numbers (they stand to the right) or days (they don't break)."""

    heading: Text
    is_number: bool = False
    is_day: bool = False


@dataclass(frozen=True)
class Table:
    """A table in every language: the first column heads its row; ``note`` stands beneath."""

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Text, ...], ...]
    note: Text | None = None


HEADINGS: dict[str, tuple[str, str]] = {
    "index_id": ("指数", "Index"),
    "period": ("期間", "Period"),
    "base_date": ("起点", "Base date"),
    "end_date": ("終点", "End date"),
    "return_cum": ("累積リターン", "Cumulative return"),
    "return_ann": ("年率リターン", "Annualised return"),
    "date": ("日付", "Date"),
    "rebased": ("起点を100とした値", "Base date = 100"),
    "threshold": ("しきい値", "Threshold"),
    "method": ("集計方法", "Method"),
    "members_date": ("構成銘柄の日付", "Day of the members"),
    "n_members": ("構成銘柄数", "Members"),
    "n_available": ("データのある銘柄数", "With data"),
    "n_at_or_above": ("しきい値以上", "At or above the threshold"),
    "share": ("割合", "Share"),
    "n_trim_per_tail": ("上下各除外数", "Removed from each tail"),
    "n_used": ("集計対象", "Used"),
    "mean_untrimmed": ("除外前の平均", "Mean before trimming"),
    "mean": ("平均", "Mean"),
    "median": ("中央値", "Median"),
    "mean_top": ("上位平均", "Upper mean"),
    "mean_bottom": ("下位平均", "Lower mean"),
    "fiscal_year": ("年度", "Fiscal year"),
    "growth": ("EPS成長率", "Growth of EPS"),
    "source": ("出所", "Source"),
    "source_date": ("出所の日付", "Date of the source"),
    "event_id": ("出来事", "Event"),
    "reason": ("理由", "Reason"),
}

CODES: dict[str, tuple[str, str]] = {
    "reported": ("開示のある会社", "reported"),
    "reported_or_implied": ("開示または推定のある会社", "reported or implied"),
    "lower_bound": ("下限（不明は未満とみなす）", "lower bound (unknown counts as below)"),
    "upper_bound": ("上限（不明は以上とみなす）", "upper bound (unknown counts as above)"),
    "vendor_index": ("指数全体の予想（ベンダー）", "vendor's forecast of the index"),
    "ratio_of_sums": ("構成銘柄の合計の比", "ratio of sums"),
    "profit_both_years": ("両年とも黒字の銘柄", "profit in both years"),
    "median_growth": ("銘柄の中央値", "median of companies"),
}

SHOWN: dict[str, tuple[str, ...]] = {
    "figure.domestic_revenue_share": (
        "index_id", "method", "n_members", "n_available", "n_at_or_above", "share", "threshold", "members_date",
    ),
    "figure.constituent_return_summary": (
        "index_id", "mean", "mean_top", "mean_bottom", "median", "mean_untrimmed", "n_members", "n_available",
        "n_trim_per_tail", "n_used", "members_date", "end_date",
    ),
    "figure.eps_growth": ("index_id", "fiscal_year", "method", "growth", "reason", "source", "source_date"),
}  # fmt: skip
"""The columns of a table that a reader needs; every column is in the files."""

BY_INDEX: dict[str, tuple[tuple[str, ...], str]] = {
    "figure.size_return": (("period", "base_date", "end_date"), "return_cum"),
    "figure.long_run": (("date",), "rebased"),
    "figure.event_return": (("event_id", "base_date", "end_date"), "return_cum"),
}
"""Tables that are read with the indices side by side: what heads a row, and the value."""

ORDER = {"period": "period_order", "event_id": "event_start"}
"""What puts rows in their order where their head does not."""

BOOKKEEPING = ("study", "session", "revision", "as_of", "is_headline", "size", "period_order")


def headline_table(
    contract: Contract, rows: pd.DataFrame, labels: Mapping[str, Text], negative_sign: str = "-"
) -> Table:
    """The rows that a chart draws, small before large. ``labels`` names indices and period codes."""
    write = _Writer(contract, labels, negative_sign)
    ordered = rows.sort_values("size", key=lambda sizes: sizes.map({"small": 0, "large": 1}), kind="stable")
    if contract.table in BY_INDEX:
        return _side_by_side(ordered, *BY_INDEX[contract.table], write)
    columns = SHOWN.get(contract.table) or [name for name in contract.column_names if name not in BOOKKEEPING]
    columns = [name for name in columns if name in ordered and ordered[name].notna().any()]
    common = [name for name in columns[1:] if _is_common(ordered, name, contract)]
    own = [name for name in columns if name not in common]
    body = [tuple(write.cell(name, row[name]) for name in own) for row in ordered.to_dict("records")]
    first = ordered.iloc[0].to_dict()
    return Table(tuple(write.column(name) for name in own), tuple(body), write.common(common, first))


def _side_by_side(rows: pd.DataFrame, keys: Sequence[str], value: str, write: _Writer) -> Table:
    indices = list(dict.fromkeys(rows["index_id"]))
    head = keys[0]
    common = [name for name in keys[1:] if rows[name].nunique() == 1]
    own = [name for name in keys if name not in common]
    lines = []
    ordered = rows.sort_values(ORDER.get(head, head), kind="stable")
    shown = _thinned(ordered[head].drop_duplicates().tolist())
    for _, group in ordered[ordered[head].isin(shown)].groupby(head, sort=False):
        first = group.iloc[0]
        found = dict(zip(group["index_id"], group[value], strict=True))
        cells = [write.cell(name, first[name]) for name in own]
        lines.append((*cells, *(write.cell(value, found.get(index)) for index in indices)))
    columns = [*(write.column(name) for name in own), *(TableColumn(write.label(index), True) for index in indices)]
    note = write.common(common, rows.iloc[0].to_dict())
    return Table(tuple(columns), tuple(lines), note)


def _thinned(keys: list[Any]) -> list[Any]:
    """The first day and the last one of each year where there are many, chosen before anything is written."""
    if len(keys) <= MANY:
        return keys
    last_of_year = {key.year: key for key in keys}
    return [keys[0], *last_of_year.values()]


def _is_common(rows: pd.DataFrame, name: str, contract: Contract) -> bool:
    """Equal in every row, and no result: it is said once, below."""
    unit = next((column.unit for column in contract.column if column.name == name), "any")
    is_result = unit in ("count", "fraction") and name != "threshold"
    return len(rows) > 1 and not is_result and rows[name].nunique(dropna=False) == 1


@dataclass(frozen=True)
class _Writer:
    contract: Contract
    labels: Mapping[str, Text]
    sign: str

    def label(self, code: str) -> Text:
        return self.labels[code] if code in self.labels else Text(ja=code, en=code)

    def column(self, name: str) -> TableColumn:
        ja, en = HEADINGS.get(name, (name, name))
        unit = self._unit(name)
        is_number = unit in ("count", "fraction", "base = 100", "index points")
        return TableColumn(Text(ja=ja, en=en), is_number=is_number, is_day=unit == "date")

    def cell(self, name: str, value: Any) -> Text:
        return Text(ja=self._text(name, value, "ja"), en=self._text(name, value, "en"))

    def common(self, names: Sequence[str], row: Mapping[Any, Any]) -> Text | None:
        if not names:
            return None
        told = [(self.column(name).heading, self.cell(name, row[name])) for name in names]
        return Text(ja="、".join(f"{h.ja}：{v.ja}" for h, v in told), en="; ".join(f"{h.en}: {v.en}" for h, v in told))

    def _unit(self, name: str) -> str:
        return next((column.unit for column in self.contract.column if column.name == name), "any")

    def _text(self, name: str, value: Any, language: Language) -> str:
        if value is None or pd.isna(value):
            return DASH
        unit = self._unit(name)
        if unit == "fraction":
            return signed(in_percent(value), 1, self.sign) + "%"
        if unit in ("base = 100", "index points"):
            return signed(value, 1, self.sign)
        if unit == "count":
            return f"{int(value):,}"
        if isinstance(value, datetime):  # what pandas makes of a DATE
            return day_text(value.date(), language)
        if isinstance(value, date):
            return day_text(value, language)
        code = str(value)
        if code in CODES:
            return CODES[code][0 if language == "ja" else 1]
        return self.label(code)[language]
