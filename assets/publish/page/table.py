"""The headline rows of a figure as a table that a person reads: headings, dates and percentages in words.

Belongs here: how a value is written. Does not belong here: which columns a reader sees (the figure's module in charts),
HTML (page.html.jinja), the rows themselves (assets/figures).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from assets.publish.charts.figure_chart import TableLayout
from assets.publish.numbers import in_percent, signed
from assets.publish.words import COMMON, WORDS, day_text, texts
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


HEADINGS, CODES = texts("headings"), texts("codes")
"""What heads a column, and what stands for a code that the tables store."""

BOOKKEEPING = ("study", "session", "revision", "as_of", "is_headline", "size", "period_order")


def headline_table(
    contract: Contract, layout: TableLayout, rows: pd.DataFrame, labels: Mapping[str, Text], negative_sign: str = "-"
) -> Table:
    """The rows that a chart draws (columns of the contract), small before large. ``labels`` names indices, periods and
    events by their codes.
    """
    write = _Writer(contract, labels, negative_sign)
    ordered = rows.sort_values("size", key=lambda sizes: sizes.map({"small": 0, "large": 1}), kind="stable")
    if layout.value:
        return _side_by_side(ordered, layout, write)
    columns = layout.columns or tuple(name for name in contract.column_names if name not in BOOKKEEPING)
    columns = tuple(name for name in columns if name in ordered and ordered[name].notna().any())
    common = [name for name in columns[1:] if _is_common(ordered, name, contract)]
    own = [name for name in columns if name not in common]
    body = [tuple(write.cell(name, row[name]) for name in own) for row in ordered.to_dict("records")]
    first = ordered.iloc[0].to_dict()
    return Table(tuple(write.column(name) for name in own), tuple(body), write.common(common, first))


def _side_by_side(rows: pd.DataFrame, layout: TableLayout, write: _Writer) -> Table:
    keys, value = layout.columns, layout.value
    indices = list(dict.fromkeys(rows["index_id"]))
    head = keys[0]
    common = [name for name in keys[1:] if rows[name].nunique() == 1]
    own = [name for name in keys if name not in common]
    lines = []
    ordered = rows.sort_values(layout.order or head, kind="stable")
    shown = _thinned(ordered[head].drop_duplicates().tolist())
    for _, group in ordered[ordered[head].isin(shown)].groupby(head, sort=False):
        first = group.iloc[0]
        values = dict(zip(group["index_id"], group[value], strict=True))
        cells = [write.cell(name, first[name]) for name in own]
        lines.append((*cells, *(write.cell(value, values.get(index)) for index in indices)))
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
        unit = self._unit(name)
        is_number = unit in ("count", "fraction", "base = 100", "index points")
        heading = HEADINGS.get(name, Text(ja=name, en=name))
        return TableColumn(heading, is_number=is_number, is_day=unit == "date")

    def cell(self, name: str, value: Any) -> Text:
        return Text(ja=self._text(name, value, "ja"), en=self._text(name, value, "en"))

    def common(self, names: Sequence[str], row: Mapping[Any, Any]) -> Text | None:
        if not names:
            return None
        return Text(ja=self._common(names, row, "ja"), en=self._common(names, row, "en"))

    def _common(self, names: Sequence[str], row: Mapping[Any, Any], language: Language) -> str:
        colon = WORDS["colon"][language]
        values = (
            f"{self.column(name).heading[language]}{colon}{self._text(name, row[name], language)}" for name in names
        )
        return COMMON[language].semicolon.join(values)

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
            return CODES[code][language]
        return self.label(code)[language]
