"""Figure 5: the funds that the house sells, by net assets, as a picture, as a table of the page and in words.

Belongs here: columns, how their numbers are written, where they stand, notes, footer, alt text. Does not belong here:
which funds are in it, their order and returns (assets/figures), the frame (canvas.py), the page's HTML
(page/templates/fund_table.html.jinja), the words (publish/words).

A picture of a table is for paper and wide screens; a narrow screen needs the page's table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from assets.publish.charts.canvas import (
    ChartText,
    Frame,
    Spec,
    head_height,
    picture,
    rule_layer,
    text_layer,
    text_width,
    wrap,
)
from assets.publish.charts.caption import (
    as_of_line,
    chart_text,
    left_out_lines,
    numbered_title,
    sample_mark,
    source_line,
)
from assets.publish.charts.figure_chart import ChartInput, FigureChart
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import in_oku, in_percent, signed
from assets.publish.words import COMMON, day_text, words_of
from assets.study import FundRanking, Language
from warehouse.toml_file import Strict


class FundTableWords(Strict):
    """The printed words of one language.

    ``heads`` has a column's name in the lines in which it stands over the numbers, ``head_joint`` between them
    where they stand in one; ``spoken`` has what the alt text says before and after a column's value; ``rules``
    goes by return_rule.
    """

    rank: str
    fund: str
    manager: str
    heads: Mapping[str, tuple[str, ...]]
    head_joint: str
    date_head: str
    dash: str
    no_value: str
    hedged: str
    below_joint: str
    same_day: str
    other_days: str
    late_day: str
    units: str
    returns: str
    rules: Mapping[str, str]
    missing: str
    unranked: str
    alt_start: str
    alt_fund: str
    alt_by: str
    alt_end: str
    spoken: Mapping[str, tuple[str, str]]


WORDS = words_of("fund_ranking", FundTableWords)

RULES = ("prev", "month_end", "printed")
RETURNS = ("return_1y", "return_3y")

GAP = 14.0
"""Pixels between two columns; a mark beside a number stands in it."""

CELL_LINE = 1.3
"""Distance of two lines within a cell, in font sizes: less than elsewhere, for lines of a row belong together."""

ROW_PADDING = 4.0
"""Pixels above and below the text of a row."""

SMALLEST_NAME = 140.0
"""Pixels that the column of names gets whatever stands beside it."""

MIN_LAST_LINE = 4
"""Characters: a shorter last line is not left alone, the others are made shorter."""

SMALL_KANA = frozenset("ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょ")
"""No line starts with one of these if it can be helped."""


@dataclass(frozen=True)
class Fund:
    """One row of the table as it is written. ``numbers`` has the columns of the heads, None where there is none."""

    rank: int
    name: str
    manager: str | None
    is_hedged: bool
    numbers: Mapping[str, str | None]
    mark: str
    day: str
    other_day: bool

    def mark_of(self, column: str) -> str:
        """The mark beside the number of a column: returns have one that says by which rule they are counted."""
        return self.mark if column in RETURNS and self.numbers[column] is not None else ""


# --- Reading and checking the rows --------------------------------------------------------------------------


def _number(column: str, value: Any, sign: str) -> str | None:
    """A cell's number as the table writes it."""
    if pd.isna(value):
        return None
    if column == "net_assets_jpy":
        return signed(in_oku(value), 0, sign)
    if column == "nav_jpy":
        return signed(value, 0, sign)
    return signed(in_percent(value), 2 if column == "expense_ratio" else 1, sign)


def _text_or_none(value: Any) -> str | None:
    return None if pd.isna(value) or not str(value).strip() else str(value).strip()


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()


def _checked(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows by rank. Raises ``ValueError`` unless ranks, order, rules and dates fit together."""
    if rows.empty:
        raise ValueError("a table needs at least one fund")
    records: list[dict[str, Any]] = [
        {str(key): row[key] for key in row} for row in rows.sort_values("rank").to_dict("records")
    ]
    if [int(row["rank"]) for row in records] != list(range(1, len(records) + 1)):
        raise ValueError("ranks must go from 1 to the number of funds without a gap")
    assets = [-1 if pd.isna(row["net_assets_jpy"]) else int(row["net_assets_jpy"]) for row in records]
    if assets != sorted(assets, reverse=True):
        raise ValueError("ranks must follow the net assets, missing ones last")
    strange = {str(row["return_rule"]) for row in records} - set(RULES)
    if strange:
        raise ValueError(f"unknown return rule: {', '.join(sorted(strange))}")
    if any(pd.isna(row[column]) for row in records for column in ("valuation_date", "due_date")):
        raise ValueError("every fund needs the day of its valuation and the day that is due")
    if len({_day(row["due_date"]) for row in records}) != 1:
        raise ValueError("all funds need the same day that is due")
    if any(_text_or_none(row["name"]) is None for row in records):
        raise ValueError("every fund needs a name")
    return records


def _marks(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return rule -> the mark beside such returns. What the vendor prints is marked even where all are."""
    rules = {str(row["return_rule"]) for row in records}
    both = {"prev", "month_end"} <= rules
    return {"prev": "", "month_end": "†" if both else "", "printed": "*"}


def _funds(records: Sequence[Mapping[str, Any]], language: Language, sign: str, names: Mapping[str, str]) -> list[Fund]:
    marks, words = _marks(records), WORDS[language]
    return [
        Fund(
            rank=int(row["rank"]),
            name=names.get(str(row["fund_id"]), str(row["name"]).strip()),
            manager=_text_or_none(row["manager"]),
            is_hedged=bool(row["is_hedged"]),
            numbers={column: _number(column, row[column], sign) for column in words.heads},
            mark=marks[str(row["return_rule"])],
            day=day_text(_day(row["valuation_date"]), language),
            other_day=_day(row["valuation_date"]) != _day(row["due_date"]),
        )
        for row in records
    ]


def _below_name(fund: Fund, words: FundTableWords) -> str:
    """What stands beneath a fund's name: the manager, and whether it is hedged."""
    return words.below_joint.join(part for part in (fund.manager, words.hedged if fund.is_hedged else None) if part)


def _cell(fund: Fund, column: str, words: FundTableWords) -> tuple[str, str]:
    """What is printed in a cell, and the mark beside it."""
    number = fund.numbers[column]
    return number or words.dash, fund.mark_of(column)


def _shows_days(funds: Sequence[Fund]) -> bool:
    """Whether the days need a column: some differ, and not all in the same way, which a note can tell."""
    return any(fund.other_day for fund in funds) and len({fund.day for fund in funds}) > 1


def _notes(records: Sequence[Mapping[str, Any]], funds: Sequence[Fund], language: Language) -> list[str]:
    """What the table's reader must know of days, units, returns and gaps."""
    words, others = WORDS[language], sum(fund.other_day for fund in funds)
    sentence = words.same_day if not others else words.other_days if _shows_days(funds) else words.late_day
    due = day_text(_day(records[0]["due_date"]), language)
    days = sentence.format(due=due, n=len(funds), n_other=others, day=funds[0].day)
    marks = _marks(records)
    # a rule whose funds have no returns explains nothing
    used = [
        rule
        for rule in RULES
        if any(row["return_rule"] == rule and not all(pd.isna(row[column]) for column in RETURNS) for row in records)
    ]
    rules = [f"{marks[rule]} {words.rules[rule]}".strip() for rule in used]
    gaps = words.missing if any(number is None for fund in funds for number in fund.numbers.values()) else ""
    last = words.unranked if any(fund.numbers["net_assets_jpy"] is None for fund in funds) else ""
    joined = words.head_joint.join(part for part in (gaps, last) if part)
    return [
        days,
        words.units,
        *([words.returns] if used else []),
        *rules,
        *([joined] if joined else []),
    ]


# --- The picture ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Columns:
    """Where the columns stand: names begin at ``name`` and take ``name_width``; the others end at ``right``."""

    name: float
    name_width: float
    right: Mapping[str, float]


def _hang(line: str, size: float) -> float:
    """How far a line that ends at an edge stands over it: a closing bracket fills the left half of its square."""
    return size * 0.45 if line[-1:] == "）" else 0.0


def _columns(funds: Sequence[Fund], words: FundTableWords, style: HouseStyle, width: float) -> _Columns:
    """Columns as wide as what stands in them; the names get the rest."""
    size, head = style.sizes.label, style.sizes.footer
    wide = {
        column: max(
            *(text_width(line, head) - _hang(line, head) for line in lines),
            *(text_width(_cell(fund, column, words)[0], size) for fund in funds),
        )
        for column, lines in words.heads.items()
    }
    if _shows_days(funds):
        wide["day"] = max(text_width(day, head) for day in (words.date_head, *(fund.day for fund in funds)))
    right: dict[str, float] = {}
    edge = width
    for column in reversed(wide):
        right[column] = round(edge, 2)
        edge -= wide[column] + GAP
    ranks = max(text_width(words.rank, head), *(text_width(str(fund.rank), size) for fund in funds))
    name = math.ceil(ranks + GAP * 0.7)
    return _Columns(name, max(SMALLEST_NAME, edge - name), right | {"rank": round(ranks, 2)})


def _head_layers(words: FundTableWords, columns: _Columns, style: HouseStyle) -> tuple[list[Spec], float]:
    """The names of the columns, their last lines on one level, and the line beneath; layers and height."""
    size, colours = style.sizes.footer, style.colours
    step = size * CELL_LINE
    heads = {column: words.heads.get(column, (words.date_head,)) for column in columns.right if column != "rank"}
    tall = max(len(lines) for lines in heads.values())
    bottom = size + (tall - 1) * step
    layers = [
        text_layer(words.rank, 0, bottom, size, colours.muted),
        text_layer(f"{words.fund} / {words.manager}", columns.name, bottom, size, colours.muted),
    ]
    for column, lines in heads.items():
        for number, line in enumerate(reversed(lines)):
            x = columns.right[column] + _hang(line, size)
            layers.append(text_layer(line, x, bottom - number * step, size, colours.muted, align="right"))
    return layers, bottom + 6


def _breaks_badly(lines: Sequence[str]) -> bool:
    """Whether a line starts with a small kana or the last one has a few characters only."""
    return any(line[0] in SMALL_KANA for line in lines[1:]) or (len(lines) > 1 and len(lines[-1]) < MIN_LAST_LINE)


def _name_lines(text: str, width: float, size: float) -> list[str]:
    """A name in as many lines as it needs, which are made shorter where they would break badly."""
    lines = wrap(text, width, size)
    for shorter in range(1, 12):
        if not _breaks_badly(lines):
            return lines
        tried = wrap(text, width - shorter * size, size)
        if len(tried) <= len(lines) and not _breaks_badly(tried):
            return tried
    return lines


def _row_texts(
    fund: Fund, top: float, columns: _Columns, words: FundTableWords, style: HouseStyle
) -> tuple[list[Spec], float]:
    """Every line of text of one fund with its pixels, and the height of its row."""
    size, small = style.sizes.label, style.sizes.footer
    y = top + ROW_PADDING + size * 0.9

    def put(kind: str, column: str, text: str, x: float, at: float = y) -> Spec:
        return {"rank": fund.rank, "kind": kind, "column": column, "text": text} | {"x": round(x, 2), "y": round(at, 2)}

    texts = [put("number", "rank", str(fund.rank), columns.right["rank"])]
    at = y
    for number, line in enumerate(_name_lines(fund.name, columns.name_width, size)):
        at = y + number * size * CELL_LINE
        texts.append(put("name", "name", line, columns.name, at))
    for line in wrap(_below_name(fund, words), columns.name_width, small):
        at += small * CELL_LINE + 1
        texts.append(put("below", "below", line, columns.name, at))
    for column in words.heads:
        shown, mark = _cell(fund, column, words)
        texts.append(put("number", column, shown, columns.right[column]))
        if mark:
            texts.append(put("mark", column, mark, columns.right[column] + 1))
    if "day" in columns.right:
        texts.append(put("other day" if fund.other_day else "day", "day", fund.day, columns.right["day"]))
    return texts, at + small * 0.3 + ROW_PADDING - top


def _text_layers(texts: Sequence[Spec], style: HouseStyle) -> list[Spec]:
    """One layer for each kind of text that there is."""
    size, small, colours = style.sizes.label, style.sizes.footer, style.colours
    looks: dict[str, Spec] = {
        "number": {"align": "right", "fontSize": size, "fill": colours.text},
        "name": {"align": "left", "fontSize": size, "fill": colours.text},
        "below": {"align": "left", "fontSize": small, "fill": colours.muted},
        "mark": {"align": "left", "fontSize": small, "fill": colours.text},
        "day": {"align": "right", "fontSize": small, "fill": colours.muted},
        "other day": {"align": "right", "fontSize": small, "fill": colours.text}
        | {"stroke": colours.text, "strokeWidth": 0.4},
    }
    encoding: Spec = {
        channel: {"field": channel, "type": "quantitative", "scale": None, "axis": None} for channel in ("x", "y")
    }
    encoding["text"] = {"field": "text", "type": "nominal"}
    there = {text["kind"] for text in texts}
    return [
        {
            "transform": [{"filter": f"datum.kind == '{kind}'"}],
            "mark": {"type": "text", "baseline": "alphabetic"} | look,
            "encoding": encoding,
        }
        for kind, look in looks.items()
        if kind in there
    ]


def fund_table_chart(rows: pd.DataFrame, text: ChartText, style: HouseStyle) -> Spec:
    """Figure 5 as a Vega-Lite spec of texts and lines: a row a fund, as high as its name needs.

    ``rows`` are those of figure.fund_ranking. ``text.labels`` may map a fund_id to a name to print instead of the
    vendor's; ``text.unit`` is not printed, for each column has its own. Raises ``ValueError`` without rows and
    where they don't belong together.
    """
    sizes, colours, words = style.sizes, style.colours, WORDS[text.language]
    width = sizes.width - 2.0 * sizes.margin
    records = _checked(rows)
    funds = _funds(records, text.language, style.negative_sign, text.labels)
    columns = _columns(funds, words, style, width)
    heads, y = _head_layers(words, columns, style)
    texts: list[Spec] = []
    lines = [rule_layer(0, y, width, y, colours.zero)]
    for fund in funds:
        more, tall = _row_texts(fund, y, columns, words, style)
        texts += more
        y += tall
        lines.append(rule_layer(0, y, width, y, colours.zero if fund is funds[-1] else colours.grid))
    head = head_height(text, style, width)
    top = math.ceil(sizes.margin + head + 16)
    # the frame leaves room for an axis below itself, which a table does not have
    frame = Frame(width, y - sizes.axis - 32 + sizes.footer + 8, sizes.margin, sizes.margin, top)
    notes = [line for note in _notes(records, funds, text.language) for line in wrap(note, width, sizes.footer)]
    layers = [*heads, *lines, *_text_layers(texts, style)]
    return {**picture(text, style, frame, layers, notes), "data": {"values": texts}}


# --- The page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FundTable:
    """Figure 5 as the page's macro ``fund_table`` prints it. ``caption`` is the numbered title, ``has_days`` whether
    the days of valuation have a column.
    """

    language: Language
    words: FundTableWords
    caption: str
    sample_mark: str | None
    funds: Sequence[Fund]
    notes: Sequence[str]
    has_days: bool


def fund_table(
    rows: pd.DataFrame, language: Language, caption: str, negative_sign: str = "-", sample_mark: str | None = None
) -> FundTable:
    """The table with its notes; ``rows`` as for :func:`fund_table_chart`. Raises ``ValueError`` as the chart does."""
    words, records = WORDS[language], _checked(rows)
    funds = _funds(records, language, negative_sign, {})
    return FundTable(language, words, caption, sample_mark, funds, _notes(records, funds, language), _shows_days(funds))


# --- Description for screen readers -----------------------------------------------------------------------------


def fund_table_alt(rows: pd.DataFrame, language: Language, labels: Mapping[str, str] | None = None) -> str:
    """Every value of figure 5 in words, fund by fund; ``rows`` and ``labels`` as for :func:`fund_table_chart`."""
    words, comma = WORDS[language], COMMON[language].comma
    funds = _funds(_checked(rows), language, COMMON[language].minus, labels or {})
    sentences = []
    for fund in funds:
        values = [_alt_text(column, fund.numbers[column], words) for column in words.heads]
        values += [_alt_text("day", fund.day, words)] if fund.other_day else []
        by = comma.join(part for part in (fund.manager, words.hedged if fund.is_hedged else None) if part)
        named = words.alt_by.format(by=by) if by else ""
        sentences.append(words.alt_fund.format(rank=fund.rank, name=fund.name, by=named, values=comma.join(values)))
    return words.alt_start.format(n=len(funds)) + "".join(sentences).rstrip("; ") + words.alt_end


def _alt_text(column: str, value: str | None, words: FundTableWords) -> str:
    before, after = words.spoken[column]
    return f"{before}{words.no_value}" if value is None else f"{before}{value}{after}"


# --- The figure -------------------------------------------------------------------------------------------------


def _footer(chart_input: ChartInput, language: Language) -> tuple[str, ...]:
    """The list that the funds are from, what is missing of it, the as-of date."""
    source = source_line([chart_input.settings(FundRanking).source[language]], language)
    return (source, *left_out_lines(chart_input, language), as_of_line(chart_input, language))


def _draw(chart_input: ChartInput, style: HouseStyle, language: Language) -> Spec:
    rows = chart_input.rows.sort_values("rank")
    alt = fund_table_alt(rows, language)
    text = chart_text(chart_input, language, alt=alt, subtitle="", footer=_footer(chart_input, language))
    return fund_table_chart(rows, text, style)


def _page_table(chart_input: ChartInput, style: HouseStyle, language: Language) -> FundTable:
    title = numbered_title(chart_input.number, chart_input.settings(FundRanking).title, language)
    mark = sample_mark(chart_input, language)
    return fund_table(chart_input.rows.sort_values("rank"), language, title, style.negative_sign, mark)


CHART = FigureChart(_footer, draw=_draw, own_table=_page_table)
