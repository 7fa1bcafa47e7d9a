"""The pictures of a release: what a chart of the study prints, in each language, and its files.

Belongs here: composing titles, notes and source lines; which chart draws which figure. Does not belong here:
drawing (canvas.py), looks (style.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from assets.publish.charts import constituent_return, domestic_revenue_share, fund_ranking, long_run, size_return
from assets.publish.charts.canvas import ChartText
from assets.publish.charts.render import render_png, render_svg
from assets.publish.charts.style import HouseStyle
from assets.publish.sources import Part, data_line, day_text, members_label, source_line
from assets.study import ConstituentReturn, DomesticRevenueShare, Language, Study, Text

BASIS_WORDS: dict[str, Text] = {
    "total": Text(ja="トータルリターン", en="total return"),
    "net": Text(ja="トータルリターン（配当課税後）", en="total return net of tax on dividends"),
    "price": Text(ja="価格リターン（配当を含まない）", en="price return, dividends left out"),
}
"""What the returns contain, as it is printed; a fund's dividend-adjusted close contains what a total return does."""

SAMPLE_MARK = {"ja": "サンプルデータ（架空）", "en": "SAMPLE DATA (invented)"}


@dataclass(frozen=True)
class Drawing:
    """What a figure's picture is made of."""

    study: Study
    figure: str
    number: int
    as_of: date
    rows: pd.DataFrame
    detail: pd.DataFrame | None
    parts: list[Part]
    vendors: list[str]
    is_sample: bool
    left_out: tuple[str, ...] = ()
    """What the figure goes without because its data failed a check."""
    sensitivity: pd.DataFrame | None = None
    """Figure 3 at every threshold: the page shows it beside the bars, the picture does not."""


def picture_files(drawing: Drawing, style: HouseStyle) -> dict[str, bytes]:
    """figN.<language>.svg and .png for each language of the study, and figN.vl.json in its first language; a table has
    pictures only.
    """
    files: dict[str, bytes] = {}
    for language in drawing.study.languages:
        spec = chart(drawing, style, language)
        files[f"fig{drawing.number}.{language}.svg"] = render_svg(spec)
        files[f"fig{drawing.number}.{language}.png"] = render_png(spec)
        if language == drawing.study.languages[0] and drawing.figure not in TABLES:
            files[f"fig{drawing.number}.vl.json"] = (json.dumps(spec, ensure_ascii=False) + "\n").encode()
    return files


def chart(drawing: Drawing, style: HouseStyle, language: Language) -> dict[str, Any]:
    """The Vega-Lite spec of a figure in one language."""
    return DRAW[drawing.figure](drawing, style, language)


def _size_return(drawing: Drawing, style: HouseStyle, language: Language) -> dict[str, Any]:
    periods: dict[str, str] = {code: label[language] for code, label in drawing.study.period_label.items()}
    labels = _labels(drawing, language)
    alt = size_return.size_return_alt(drawing.rows, labels, periods, language) + _told_basis(drawing, language)
    text = _text(drawing, language, alt, _basis(drawing, language), periods)
    return size_return.size_return_chart(drawing.rows, text, style)


def _long_run(drawing: Drawing, style: HouseStyle, language: Language) -> dict[str, Any]:
    alt = long_run.long_run_alt(drawing.rows, _labels(drawing, language), language) + _told_basis(drawing, language)
    text = _text(drawing, language, alt, _basis(drawing, language))
    base = day_text(drawing.rows["base_date"].iloc[0].date(), language)
    label = f"{base}＝100" if language == "ja" else f"{base} = 100"
    return long_run.long_run_chart(drawing.rows, text, style, label, _event_marks(drawing, language))


def _event_marks(drawing: Drawing, language: Language) -> list[long_run.EventMark]:
    """The study's events up to the as-of date: nothing later is drawn."""
    return [
        long_run.EventMark(event.start, event.end, event.label[language])
        for event in drawing.study.event
        if event.start <= drawing.as_of
    ]


def _domestic_revenue_share(drawing: Drawing, style: HouseStyle, language: Language) -> dict[str, Any]:
    words = {"ja": domestic_revenue_share.JA, "en": domestic_revenue_share.EN}[language]
    alt = domestic_revenue_share.domestic_revenue_alt(drawing.rows, _labels(drawing, language), words, language)
    years = sorted({day.year for day in drawing.rows["as_of"]})
    first = years[0] - _domestic(drawing).fiscal_years_back
    subtitle = (
        f"決算期末が{first}年以降の年次報告書による、会社数の割合"
        if language == "ja"
        else f"share of companies, by annual reports for fiscal years ending in {first} or later"
    )
    text = _text(drawing, language, alt, subtitle)
    return domestic_revenue_share.domestic_revenue_chart(drawing.rows, text, style, words, drawing.sensitivity)


def _constituent_return(drawing: Drawing, style: HouseStyle, language: Language) -> dict[str, Any]:
    words = {"ja": constituent_return.JA, "en": constituent_return.EN}[language]
    names = drawing.detail if drawing.detail is not None else pd.DataFrame()
    basis = _constituent(drawing).return_basis
    alt = constituent_return.constituent_alt(drawing.rows, _labels(drawing, language), words, language)
    if basis != "total":
        alt += _sentence(BASIS_WORDS[basis][language], language)
    first = drawing.rows.iloc[0]
    start, end = (day_text(first[column].date(), language) for column in ("members_date", "end_date"))
    subtitle = (
        f"{BASIS_WORDS[basis].ja}、{start}の構成銘柄を{end}まで追跡"
        if language == "ja"
        else f"{BASIS_WORDS[basis].en}, members of {start} followed to {end}"
    )
    text = _text(drawing, language, alt, subtitle)
    return constituent_return.constituent_chart(drawing.rows, names, text, style, words)


def _fund_ranking(drawing: Drawing, style: HouseStyle, language: Language) -> dict[str, Any]:
    words = {"ja": fund_ranking.JA, "en": fund_ranking.EN}[language]
    rows = drawing.rows.sort_values("rank")
    alt = fund_ranking.fund_table_alt(rows, words)
    text = _text(drawing, language, alt, "")
    return fund_ranking.fund_table_chart(rows, text, style, words)


DRAW: dict[str, Callable[[Drawing, HouseStyle, Language], dict[str, Any]]] = {
    "size_return": _size_return,
    "long_run": _long_run,
    "domestic_revenue_share": _domestic_revenue_share,
    "constituent_return": _constituent_return,
    "fund_ranking": _fund_ranking,
}
"""The chart of each figure."""

TABLES = ("fund_ranking",)
"""Figures that are tables: nothing in them is plotted."""


def index_labels(study: Study) -> dict[str, Text]:
    """The names of indices; of those that only figure 3 compares, too."""
    asked = study.figure.domestic_revenue_share
    sides = {side.index: side.label for side in asked.side} if asked else {}
    return sides | {index.id: index.label for index in study.index}


def _labels(drawing: Drawing, language: Language) -> dict[str, str]:
    return {index: label[language] for index, label in index_labels(drawing.study).items()}


def _text(
    drawing: Drawing,
    language: Language,
    alt: str,
    subtitle: str,
    periods: dict[str, str] | None = None,
) -> ChartText:
    figure = getattr(drawing.study.figure, drawing.figure)
    return ChartText(
        language=language,
        title=printed_title(drawing, language),
        subtitle=subtitle,
        unit=figure.unit[language],
        labels=_labels(drawing, language),
        periods=periods or {},
        footer=source_lines(drawing, language),
        sample_mark=SAMPLE_MARK[language] if drawing.is_sample else None,
        alt=alt,
    )


def printed_title(drawing: Drawing, language: Language) -> str:
    """The figure's number and title as they stand above it."""
    title: str = getattr(drawing.study.figure, drawing.figure).title[language]
    return f"【図表{drawing.number}】{title}" if language == "ja" else f"Figure {drawing.number}: {title}"


def source_lines(drawing: Drawing, language: Language) -> tuple[str, ...]:
    """What stands below the picture: sources, notes, the as-of date and whose data it is."""
    return FOOTERS[drawing.figure](drawing, language)


def _fund_footer(drawing: Drawing, language: Language) -> tuple[str, ...]:
    asked = drawing.study.figure.fund_ranking
    if asked is None:
        raise ValueError(f"study {drawing.study.study} has no figure {drawing.figure}")
    source = f"出所：{asked.source[language]}" if language == "ja" else f"Source: {asked.source[language]}"
    return (source, *_left_out(drawing, language), _as_of(drawing, language))


def _left_out(drawing: Drawing, language: Language) -> tuple[str, ...]:
    """That funds are missing, and why: nobody takes the table for the whole list."""
    names = [drawing.study.subject_name(one) for one in drawing.left_out]
    if not names:
        return ()
    if language == "ja":
        return (f"データの検査で問題が見つかったため、{'、'.join(f'「{name}」' for name in names)}は掲載していない。",)
    return (f"Not shown, because the data failed a check: {', '.join(names)}.",)


def _index_footer(drawing: Drawing, language: Language) -> tuple[str, ...]:
    return (source_line(drawing.study, drawing.parts, language), _as_of(drawing, language))


def _levels_footer(drawing: Drawing, language: Language) -> tuple[str, ...]:
    """The same, and up to which day there are levels, where that is before the as-of date: within the lag."""
    ends: dict[str, date] = {}
    for part in drawing.parts:
        ends[part.index_id] = max(part.last, ends.get(part.index_id, part.last))
    last = min(ends.values(), default=drawing.as_of)
    if last >= drawing.as_of:
        return _index_footer(drawing, language)
    day = day_text(last, language)
    late = f"データは{day}まで" if language == "ja" else f"The data ends on {day}."
    return (*_index_footer(drawing, language), late)


def _domestic(drawing: Drawing) -> DomesticRevenueShare:
    asked = drawing.study.figure.domestic_revenue_share
    if asked is None:
        raise ValueError(f"study {drawing.study.study} has no figure {drawing.figure}")
    return asked


def _constituent(drawing: Drawing) -> ConstituentReturn:
    asked = drawing.study.figure.constituent_return
    if asked is None:
        raise ValueError(f"study {drawing.study.study} has no figure {drawing.figure}")
    return asked


def _members_footer(drawing: Drawing, language: Language) -> tuple[str, ...]:
    """Whose figures of revenue these are, and the lists of members by name and day."""
    used = drawing.rows.drop_duplicates("index_id").set_index("index_id")
    asked = _domestic(drawing)
    lists = [asked.revenue_source[language]]
    for side in asked.side:
        row = used.loc[side.index]
        label = next(one.label[language] for one in side.members if one.series_id == row["members_source"])
        day = day_text(row["members_date"].date(), language)
        lists.append(f"{label}（{day}現在）" if language == "ja" else f"{label}, {day}")
    source = f"出所：{'、'.join(lists)}" if language == "ja" else f"Source: {'; '.join(lists)}"
    return (source, _as_of(drawing, language))


def _constituent_footer(drawing: Drawing, language: Language) -> tuple[str, ...]:
    """The lists of members by name, stand-ins as such; the bias of counting survivors; the as-of month."""
    asked = _constituent(drawing)
    used = dict(zip(drawing.rows["index_id"], drawing.rows["members_source"].astype(str), strict=True))
    lists = [members_label(side, used[side.index], language) for side in asked.side if side.index in used]
    month = (
        f"{drawing.as_of.year}年{drawing.as_of.month}月末時点" if language == "ja" else f"As of {drawing.as_of:%B %Y}"
    )
    vendors = data_line(drawing.study, [], drawing.vendors, drawing.is_sample, language)
    source = f"出所：{'、'.join(lists)}" if language == "ja" else f"Source: {'; '.join(lists)}"
    stop = "。" if language == "ja" else ". "
    note = (asked.survivors_note[language],) if asked.availability == "survivors" else ()
    return (source, *note, f"{month}{stop}{vendors}")


FOOTERS: dict[str, Callable[[Drawing, Language], tuple[str, ...]]] = {
    "size_return": _levels_footer,
    "long_run": _levels_footer,
    "domestic_revenue_share": _members_footer,
    "constituent_return": _constituent_footer,
    "fund_ranking": _fund_footer,
    "event_return": _index_footer,
    "eps_growth": lambda drawing, language: (_as_of(drawing, language),),
}
"""What stands below each figure; numbers of the text have it on the page."""


def _basis_kinds(drawing: Drawing) -> dict[str, list[str]]:
    """What the returns of each index contain: keys of BASIS_WORDS, from the basis of the rows, and of each part of a
    spliced line.
    """
    bases = {series.id: series.return_basis for index in drawing.study.index for series in index.series}
    rows = drawing.rows[["index_id", "return_basis"]].drop_duplicates().itertuples(index=False, name=None)
    used = [*rows, *((part.index_id, bases[part.series_id]) for part in drawing.parts if part.series_id in bases)]
    kinds: dict[str, list[str]] = {index_id: [] for index_id, _ in used}
    for index_id, basis in used:
        kind = basis if basis in BASIS_WORDS else "total"
        if basis != "spliced" and kind not in kinds[index_id]:
            kinds[index_id].append(kind)
    return {index_id: own or ["total"] for index_id, own in kinds.items()}


def _basis_told(drawing: Drawing, language: Language) -> str:
    """The same in words; index by index where they differ."""
    kinds, comma = _basis_kinds(drawing), "、" if language == "ja" else "; "
    told = {index_id: comma.join(BASIS_WORDS[kind][language] for kind in own) for index_id, own in kinds.items()}
    if len(set(told.values())) <= 1:
        return next(iter(told.values()), BASIS_WORDS["total"][language])
    labels, colon = _labels(drawing, language), "：" if language == "ja" else ": "
    return comma.join(f"{labels[index_id]}{colon}{words}" for index_id, words in told.items())


def _told_basis(drawing: Drawing, language: Language) -> str:
    """A sentence for the alt text where the returns are no plain total returns."""
    if all(own == ["total"] for own in _basis_kinds(drawing).values()):
        return ""
    return _sentence(_basis_told(drawing, language), language)


def _sentence(words: str, language: Language) -> str:
    return f"{words}。" if language == "ja" else f" {words[0].upper()}{words[1:]}."


def _basis(drawing: Drawing, language: Language) -> str:
    currencies = sorted(set(drawing.rows["currency"]))
    ja = en = _basis_told(drawing, language)
    if drawing.rows["is_proxy"].any():
        ja, en = f"{ja}、代用のETFは配当調整後終値", f"{en}; dividend-adjusted close where a fund stands in"
    if drawing.study.is_monthly:
        ja, en = f"{ja}、月次", f"{en}, monthly"
    return f"{ja}、{'・'.join(currencies)}建て" if language == "ja" else f"{en}, {', '.join(currencies)}"


def _as_of(drawing: Drawing, language: Language) -> str:
    day = day_text(drawing.as_of, language)
    data = data_line(drawing.study, drawing.parts, drawing.vendors, drawing.is_sample, language)
    return f"{day}時点。{data}" if language == "ja" else f"As of {day}. {data}"


def headline_rows(rows: pa.Table) -> pd.DataFrame:
    """The rows that the chart draws."""
    frame = rows.to_pandas(date_as_object=False)
    return frame[frame["is_headline"]].reset_index(drop=True)
