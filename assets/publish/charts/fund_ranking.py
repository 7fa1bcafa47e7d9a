"""Figure 5: the funds that the house sells, by net assets, as a picture, as HTML and in words.

Belongs here: columns, how their numbers are written, where they stand, the words and notes of the table.
Does not belong here: which funds are in it, their order and returns (assets/figures), composing titles and
source lines (the caller), the frame (charts/canvas.py), the page.

A picture of a table is for paper and wide screens. A narrow screen needs the HTML: every cell carries the name
of its column, so that ``TABLE_CSS`` can stack them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
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
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import in_oku, in_percent, signed


@dataclass(frozen=True)
class FundTableWords:
    """The printed words of one language.

    ``heads`` has a column's name in the lines in which it stands over the numbers, ``head_joint`` between them
    where they stand in one; ``spoken`` has what the alt text says before and after a column's value; ``rules``
    goes by return_rule; ``day`` formats a date.
    """

    rank: str
    fund: str
    manager: str
    heads: Mapping[str, tuple[str, ...]]
    head_joint: str
    date_head: str
    day: str
    dash: str
    no_value: str
    minus: str
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
    alt_joint: str
    alt_end: str
    spoken: Mapping[str, tuple[str, str]]


JA = FundTableWords(
    rank="順位",
    fund="ファンド名",
    manager="運用会社",
    heads={
        "net_assets_jpy": ("純資産総額", "（億円）"),
        "nav_jpy": ("基準価額", "（円）"),
        "expense_ratio": ("信託報酬", "（年率%）"),
        "return_1y": ("リターン", "1年（%）"),
        "return_3y": ("リターン", "3年（%）"),
    },
    head_joint="",
    date_head="基準日",
    day="{0.year}年{0.month}月{0.day}日",
    dash="―",
    no_value="データなし",
    minus="マイナス",
    hedged="為替ヘッジあり",
    below_joint="　",
    same_day="純資産総額と基準価額は、すべて{due}現在。",
    other_days="純資産総額と基準価額は{due}現在。ただし{n}本のうち{n_other}本は基準日が異なる（基準日の列の太字）。",
    late_day="純資産総額と基準価額は、{n}本すべて{day}現在（{due}現在の値はまだない）。",
    units="純資産総額は億円未満を四捨五入。基準価額は1万口当たり。",
    returns="リターンは分配金を再投資したものとした騰落率で、税金と購入時手数料を考慮していない。3年は累積（年率ではない）。",
    rules={
        "prev": "リターンの期間は、各ファンドの基準日までの1年間と3年間（応当日に基準価額がなければ、その直前から）。",
        "month_end": "リターンの期間は、直近の月末までの1年間と3年間（月末から月末まで）。",
        "printed": "データ提供元が公表するリターンをそのまま掲載。",
    },
    missing="「―」は運用期間が短いなどの理由で値がないもの。",
    unranked="純資産総額のないファンドは末尾に置いた。",
    alt_start="ファンド{n}本を純資産総額の大きい順に並べた表。",
    alt_fund="{rank}位、{name}{by}：{values}。",
    alt_by="（{by}）",
    alt_joint="、",
    alt_end="",
    spoken={
        "net_assets_jpy": ("純資産総額は", "億円"),
        "nav_jpy": ("基準価額は", "円"),
        "expense_ratio": ("信託報酬は年率", "%"),
        "return_1y": ("1年のリターンは", "%"),
        "return_3y": ("3年の累積リターンは", "%"),
        "day": ("基準日は", ""),
    },
)

EN = FundTableWords(
    rank="Rank",
    fund="Fund",
    manager="Manager",
    heads={
        "net_assets_jpy": ("Net assets", "(¥100mn)"),
        "nav_jpy": ("NAV", "(¥)"),
        "expense_ratio": ("Expense", "ratio (%)"),
        "return_1y": ("1-year", "return (%)"),
        "return_3y": ("3-year", "return (%)"),
    },
    head_joint=" ",
    date_head="Valued on",
    day="{0:%Y-%m-%d}",
    dash="–",
    no_value="no data",
    minus="minus ",
    hedged="currency-hedged",
    below_joint=" · ",
    same_day="Net assets and NAV of all funds are of {due}.",
    other_days="Net assets and NAV are of {due}; funds valued on another day (in bold): {n_other} of {n}.",
    late_day="Net assets and NAV of all funds ({n}) are of {day}; none has those of {due} yet.",
    units="Net assets in units of 100 million yen, rounded half up. NAV in yen per 10,000 units. Expense ratio a year.",
    returns="Returns are in yen with distributions reinvested, before tax and sales fees; over three years they are "
    "cumulative, not annualised.",
    rules={
        "prev": "Returns run to each fund's day of valuation, from the same day one and three years before or, "
        "without a NAV on it, the last one before it.",
        "month_end": "Returns run to the last month-end, from the month-ends one and three years before.",
        "printed": "Return as the data vendor prints it.",
    },
    missing="A dash stands for no value, as where the fund is younger than the period.",
    unranked="Funds without net assets come last.",
    alt_start="Table of funds by net assets, largest first; number of funds: {n}. ",
    alt_fund="{rank}. {name}{by}: {values}; ",
    alt_by=" ({by})",
    alt_joint=", ",
    alt_end=".",
    spoken={
        "net_assets_jpy": ("net assets ", " units of 100 million yen"),
        "nav_jpy": ("NAV ", " yen"),
        "expense_ratio": ("expense ratio ", "%"),
        "return_1y": ("1-year return ", "%"),
        "return_3y": ("3-year cumulative return ", "%"),
        "day": ("valued on ", ""),
    },
)

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

LONELY = 4
"""A last line of fewer characters is not left alone: the others are made shorter."""

SMALL_KANA = frozenset("ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょ")
"""No line starts with one of these if it can be helped."""


@dataclass(frozen=True)
class _Fund:
    """One row of the table as it is written. ``numbers`` has the columns of the heads, None where there is none."""

    rank: int
    name: str
    manager: str | None
    is_hedged: bool
    numbers: Mapping[str, str | None]
    mark: str
    day: str
    other_day: bool


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


def _present_text(value: Any) -> str | None:
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
    if any(_present_text(row["name"]) is None for row in records):
        raise ValueError("every fund needs a name")
    return records


def _marks(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return rule -> the mark beside such returns. What the vendor prints is marked even where all are."""
    rules = {str(row["return_rule"]) for row in records}
    both = {"prev", "month_end"} <= rules
    return {"prev": "", "month_end": "†" if both else "", "printed": "*"}


def _funds(
    records: Sequence[Mapping[str, Any]], words: FundTableWords, sign: str, names: Mapping[str, str]
) -> list[_Fund]:
    marks = _marks(records)
    return [
        _Fund(
            rank=int(row["rank"]),
            name=names.get(str(row["fund_id"]), str(row["name"]).strip()),
            manager=_present_text(row["manager"]),
            is_hedged=bool(row["is_hedged"]),
            numbers={column: _number(column, row[column], sign) for column in words.heads},
            mark=marks[str(row["return_rule"])],
            day=words.day.format(_day(row["valuation_date"])),
            other_day=_day(row["valuation_date"]) != _day(row["due_date"]),
        )
        for row in records
    ]


def _below_name(fund: _Fund, words: FundTableWords) -> str:
    """What stands beneath a fund's name: the manager, and whether it is hedged."""
    return words.below_joint.join(part for part in (fund.manager, words.hedged if fund.is_hedged else None) if part)


def _cell(fund: _Fund, column: str, words: FundTableWords) -> tuple[str, str]:
    """What is printed in a cell, and the mark beside it."""
    number = fund.numbers[column]
    return number or words.dash, fund.mark if column in RETURNS and number is not None else ""


def _shows_days(funds: Sequence[_Fund]) -> bool:
    """Whether the days need a column: some differ, and not all in the same way, which a note can tell."""
    return any(fund.other_day for fund in funds) and len({fund.day for fund in funds}) > 1


def _notes(records: Sequence[Mapping[str, Any]], funds: Sequence[_Fund], words: FundTableWords) -> list[str]:
    """What the table's reader must know of days, units, returns and gaps."""
    others = sum(fund.other_day for fund in funds)
    told = words.same_day if not others else words.other_days if _shows_days(funds) else words.late_day
    due = words.day.format(_day(records[0]["due_date"]))
    days = told.format(due=due, n=len(funds), n_other=others, day=funds[0].day)
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


def _columns(funds: Sequence[_Fund], words: FundTableWords, style: HouseStyle, width: float) -> _Columns:
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
        wide["day"] = max(text_width(told, head) for told in (words.date_head, *(fund.day for fund in funds)))
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


def _is_ugly(lines: Sequence[str]) -> bool:
    """Whether a line starts with a small kana or the last one has a few characters only."""
    return any(line[0] in SMALL_KANA for line in lines[1:]) or (len(lines) > 1 and len(lines[-1]) < LONELY)


def _name_lines(text: str, width: float, size: float) -> list[str]:
    """A name in as many lines as it needs, which are made shorter where they would break in an ugly place."""
    lines = wrap(text, width, size)
    for shorter in range(1, 12):
        if not _is_ugly(lines):
            return lines
        tried = wrap(text, width - shorter * size, size)
        if len(tried) <= len(lines) and not _is_ugly(tried):
            return tried
    return lines


def _row_texts(
    fund: _Fund, top: float, columns: _Columns, words: FundTableWords, style: HouseStyle
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
        told, mark = _cell(fund, column, words)
        texts.append(put("number", column, told, columns.right[column]))
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


def fund_table_chart(rows: pd.DataFrame, text: ChartText, style: HouseStyle, words: FundTableWords) -> Spec:
    """Figure 5 as a Vega-Lite spec of texts and lines: a row a fund, as high as its name needs.

    ``rows`` are those of figure.fund_ranking. ``text.labels`` may map a fund_id to a name to print instead of the
    vendor's; ``text.unit`` is not printed, for each column has its own. Raises ``ValueError`` without rows and
    where they don't belong together.
    """
    sizes, colours = style.sizes, style.colours
    width = sizes.width - 2.0 * sizes.margin
    records = _checked(rows)
    funds = _funds(records, words, style.negative_sign, text.labels)
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
    notes = [line for note in _notes(records, funds, words) for line in wrap(note, width, sizes.footer)]
    layers = [*heads, *lines, *_text_layers(texts, style)]
    return {**picture(text, style, frame, layers, notes), "data": {"values": texts}}


# --- HTML -------------------------------------------------------------------------------------------------------

TABLE_CSS = """\
.fund-table { width: 100%; border-collapse: collapse; font-size: 0.9rem; line-height: 1.4; }
.fund-table caption { text-align: left; font-weight: bold; padding-bottom: 0.6rem; }
.fund-table th, .fund-table td { padding: 0.4rem 0.5rem; text-align: left; vertical-align: top; }
.fund-table thead th { font-weight: normal; font-size: 0.85em; color: var(--muted); vertical-align: bottom; }
.fund-table thead { border-bottom: 1px solid var(--zero); }
.fund-table thead .part { display: inline-block; }
.fund-table thead .part, .fund-table thead .rank { white-space: nowrap; }
.fund-table tbody tr { border-bottom: 1px solid var(--grid); }
.fund-table tbody tr:last-child { border-bottom-color: var(--zero); }
.fund-table tbody th { font-weight: normal; overflow-wrap: anywhere; }
.fund-table .name { display: block; text-wrap: balance; word-break: auto-phrase; }
.fund-table .below { display: block; font-size: 0.85em; color: var(--muted); }
.fund-table .hedged { white-space: nowrap; }
.fund-table .sample { color: var(--sample); }
.fund-table thead .number, .fund-table thead .day { width: 1%; }
.fund-table .number { text-align: right; font-variant-numeric: tabular-nums; }
.fund-table tbody .number, .fund-table tbody .day { white-space: nowrap; }
.fund-table .mark { display: inline-block; width: 0; overflow: visible; }
.fund-table .missing abbr { text-decoration: none; }
.fund-table .other-day { font-weight: bold; }
.fund-table tfoot td { font-size: 0.8rem; color: var(--muted); }
.fund-table tfoot p { margin: 0 0 0.2rem; }
@media (max-width: 640px) {
  .fund-table, .fund-table caption, .fund-table tbody, .fund-table tfoot, .fund-table tfoot tr { display: block; }
  .fund-table thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .fund-table tbody { border-top: 1px solid var(--zero); }
  .fund-table tbody tr { display: grid; grid-template-columns: 1.3rem repeat(3, minmax(0, 1fr)); }
  .fund-table tbody tr { gap: 0.35rem 0.4rem; align-items: end; padding: 0.6rem 0; }
  .fund-table tbody th, .fund-table tbody td { padding: 0; }
  .fund-table tbody th { grid-column: 2 / 5; font-size: 1rem; }
  .fund-table tbody .rank { grid-column: 1; align-self: start; text-align: left; font-size: 1rem; }
  .fund-table tbody td:not(.rank) { text-align: left; }
  .fund-table tbody td:nth-child(3n) { grid-column: 2; }
  .fund-table tbody td:not(.rank)::before { content: attr(data-label); display: block; }
  .fund-table tbody td:not(.rank)::before { font-size: 0.7rem; font-weight: normal; }
  .fund-table tbody td:not(.rank)::before { color: var(--muted); }
  .fund-table tbody td:not(.rank)::before { line-height: 1.25; white-space: normal; }
  .fund-table tbody .day { font-size: 0.8rem; white-space: normal; }
  .fund-table tfoot td { display: block; padding: 0.6rem 0 0; }
}
@media print { .fund-table thead { display: table-header-group; } .fund-table tr { break-inside: avoid; } }
"""
"""A stylesheet for :func:`fund_table_html`, in the page's colours; below 640 pixels a fund's cells stand one below the
other.
"""


def _html_head(words: FundTableWords, with_days: bool) -> str:
    def part(lines: Sequence[str]) -> str:
        return words.head_joint.join(f'<span class="part">{escape(line)}</span>' for line in lines)

    heads = [f'<th scope="col" class="number rank">{escape(words.rank)}</th>']
    heads.append(f'<th scope="col">{escape(words.fund)}<span class="below">{escape(words.manager)}</span></th>')
    heads += [f'<th scope="col" class="number">{part(lines)}</th>' for lines in words.heads.values()]
    if with_days:
        heads.append(f'<th scope="col" class="day">{escape(words.date_head)}</th>')
    return f"<thead><tr>{''.join(heads)}</tr></thead>"


def _html_name(fund: _Fund, words: FundTableWords) -> str:
    parts = [f'<span class="manager">{escape(fund.manager)}</span>'] if fund.manager else []
    parts += [f'<span class="hedged">{escape(words.hedged)}</span>'] if fund.is_hedged else []
    below = f'<span class="below">{escape(words.below_joint).join(parts)}</span>' if parts else ""
    return f'<th scope="row"><span class="name">{escape(fund.name)}</span>{below}</th>'


def _html_number(fund: _Fund, column: str, words: FundTableWords) -> str:
    label = escape(words.head_joint.join(words.heads[column]))
    told, mark = _cell(fund, column, words)
    if fund.numbers[column] is None:
        dash = f'<abbr title="{escape(words.no_value)}">{escape(told)}</abbr>'
        return f'<td class="number missing" data-label="{label}">{dash}</td>'
    # number and mark in one element, so that a stylesheet that spreads the cell keeps them together
    shown = f'{escape(told)}<span class="mark">{escape(mark)}</span>' if mark else escape(told)
    return f'<td class="number" data-label="{label}"><span class="value">{shown}</span></td>'


def _html_row(fund: _Fund, words: FundTableWords, with_days: bool) -> str:
    cells = [f'<td class="number rank" data-label="{escape(words.rank)}">{fund.rank}</td>', _html_name(fund, words)]
    cells += [_html_number(fund, column, words) for column in words.heads]
    if with_days:
        kind = "day other-day" if fund.other_day else "day"
        cells.append(f'<td class="{kind}" data-label="{escape(words.date_head)}">{escape(fund.day)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def fund_table_html(
    rows: pd.DataFrame,
    words: FundTableWords,
    language: str,
    caption: str,
    negative_sign: str = "-",
    labels: Mapping[str, str] | None = None,
    footer: Sequence[str] = (),
    sample_mark: str | None = None,
) -> str:
    """Figure 5 as a ``<table>`` with the notes in its foot; ``rows`` as for :func:`fund_table_chart`.

    All text is escaped and nothing is styled in place: ``TABLE_CSS`` suits its classes. ``labels`` may map a
    fund_id to a name to print instead of the vendor's; ``footer`` and ``sample_mark`` are those of the picture.
    Raises ``ValueError`` as the chart does.
    """
    records = _checked(rows)
    funds = _funds(records, words, negative_sign, labels or {})
    with_days = _shows_days(funds)
    body = "\n".join(_html_row(fund, words, with_days) for fund in funds)
    notes = "".join(f"<p>{escape(note)}</p>" for note in _notes(records, funds, words))
    source = "".join(f'<p class="source">{escape(line)}</p>' for line in footer)
    sample = f' <span class="sample">{escape(sample_mark)}</span>' if sample_mark else ""
    span = len(words.heads) + 2 + with_days
    return (
        f'<table class="fund-table" lang="{escape(language)}">\n<caption>{escape(caption)}{sample}</caption>\n'
        f"{_html_head(words, with_days)}\n<tbody>\n{body}\n</tbody>\n"
        f'<tfoot><tr><td colspan="{span}">{notes}{source}</td></tr></tfoot>\n</table>\n'
    )


# --- Description for screen readers -----------------------------------------------------------------------------


def fund_table_alt(rows: pd.DataFrame, words: FundTableWords, labels: Mapping[str, str] | None = None) -> str:
    """Every value of figure 5 in words, fund by fund; ``rows`` and ``labels`` as for :func:`fund_table_html`."""
    funds = _funds(_checked(rows), words, words.minus, labels or {})
    told = []
    for fund in funds:
        values = [_spoken(column, fund.numbers[column], words) for column in words.heads]
        values += [_spoken("day", fund.day, words)] if fund.other_day else []
        by = words.alt_joint.join(part for part in (fund.manager, words.hedged if fund.is_hedged else None) if part)
        named = words.alt_by.format(by=by) if by else ""
        told.append(
            words.alt_fund.format(rank=fund.rank, name=fund.name, by=named, values=words.alt_joint.join(values))
        )
    return words.alt_start.format(n=len(funds)) + "".join(told).rstrip("; ") + words.alt_end


def _spoken(column: str, value: str | None, words: FundTableWords) -> str:
    before, after = words.spoken[column]
    return f"{before}{words.no_value}" if value is None else f"{before}{value}{after}"
