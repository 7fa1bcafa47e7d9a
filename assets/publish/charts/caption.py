"""The words around a figure: its title, what its returns contain, the lines below it.

Belongs here: what several figures say alike. Does not belong here: what one figure says (its module), the words
themselves (publish/words).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from assets.publish.charts.canvas import ChartText
from assets.publish.charts.figure_chart import ChartInput
from assets.publish.sources import SourceSpan
from assets.publish.words import COMMON, day_text, month_text, words_of
from assets.study import Language, NumberedFigure, Study, Text
from warehouse.toml_file import Strict


class CaptionWords(Strict):
    """Title and lines around a figure. ``basis`` says what returns contain; ``alt_basis`` is a sentence on it."""

    numbered: str
    sample_mark: str
    source: str
    span: str
    dated: str
    as_of: str
    as_of_month: str
    data: str
    data_vendors: str
    data_sample: str
    data_until: str
    left_out: str
    left_out_name: str
    proxy: str
    monthly: str
    currency: str
    currency_joint: str
    of_index: str
    alt_basis: str
    basis: Mapping[str, str]


WORDS = words_of("caption", CaptionWords)


def numbered_title(number: int | None, title: Text, language: Language) -> str:
    """A figure's number and title as they stand above it; the title alone without a number."""
    return title[language] if number is None else WORDS[language].numbered.format(number=number, title=title[language])


def sample_mark(chart_input: ChartInput, language: Language) -> str | None:
    """The words across invented data."""
    return WORDS[language].sample_mark if chart_input.is_sample else None


def chart_text(
    chart_input: ChartInput,
    language: Language,
    *,
    alt: str,
    subtitle: str,
    footer: tuple[str, ...],
    periods: Mapping[str, str] | None = None,
) -> ChartText:
    """What a figure's picture prints, from what the study says of it."""
    settings = chart_input.settings(NumberedFigure)
    return ChartText(
        language=language,
        title=numbered_title(chart_input.number, settings.title, language),
        subtitle=subtitle,
        unit=settings.unit[language],
        labels=index_names(chart_input.study, language),
        periods=periods or {},
        footer=footer,
        sample_mark=sample_mark(chart_input, language),
        alt=alt,
    )


def index_labels(study: Study) -> dict[str, Text]:
    """The names of indices by index_id; of those that only figure 3 compares, too."""
    settings = study.figure.domestic_revenue_share
    sides = {side.index: side.label for side in settings.side} if settings else {}
    return sides | {index.id: index.label for index in study.index}


def index_names(study: Study, language: Language) -> dict[str, str]:
    """The same in one language."""
    return {index_id: label[language] for index_id, label in index_labels(study).items()}


# --- What returns contain -----------------------------------------------------------------------------------------


def basis_line(chart_input: ChartInput, language: Language) -> str:
    """What the returns of an index figure contain, how often, in which currency: its subtitle."""
    words = WORDS[language]
    line = _basis_text(chart_input, language)
    if chart_input.rows["is_proxy"].any():
        line = words.proxy.format(basis=line)
    if chart_input.study.is_monthly:
        line = words.monthly.format(basis=line)
    return words.currency.format(
        basis=line, currencies=words.currency_joint.join(sorted(set(chart_input.rows["currency"])))
    )


def basis_alt(chart_input: ChartInput, language: Language) -> str:
    """A sentence for the alt text where the returns are no plain total returns; else nothing."""
    if all(kinds == ["total"] for kinds in _basis_kinds(chart_input).values()):
        return ""
    return basis_sentence(_basis_text(chart_input, language), language)


def basis_name(basis: str, language: Language) -> str:
    """What returns of a basis (total, net, price) contain."""
    return WORDS[language].basis[basis]


def basis_sentence(basis: str, language: Language) -> str:
    """What returns contain as a sentence after others."""
    return WORDS[language].alt_basis.format(basis=f"{basis[0].upper()}{basis[1:]}" if language == "en" else basis)


def _basis_kinds(chart_input: ChartInput) -> dict[str, list[str]]:
    """What the returns of each index contain: keys of ``basis``, from the rows, and of each span of a spliced line.

    A fund's dividend-adjusted close contains what a total return does.
    """
    bases = {series.id: series.return_basis for index in chart_input.study.index for series in index.series}
    rows = chart_input.rows[["index_id", "return_basis"]].drop_duplicates().itertuples(index=False, name=None)
    used = [*rows, *((span.index_id, bases[span.series_id]) for span in chart_input.spans if span.series_id in bases)]
    kinds: dict[str, list[str]] = {index_id: [] for index_id, _ in used}
    for index_id, basis in used:
        kind = basis if basis in WORDS["en"].basis else "total"
        if basis != "spliced" and kind not in kinds[index_id]:
            kinds[index_id].append(kind)
    return {index_id: own or ["total"] for index_id, own in kinds.items()}


def _basis_text(chart_input: ChartInput, language: Language) -> str:
    """The same in words; index by index where they differ."""
    words, joint = WORDS[language], COMMON[language].semicolon
    by_index = {
        index_id: joint.join(words.basis[kind] for kind in kinds)
        for index_id, kinds in _basis_kinds(chart_input).items()
    }
    if len(set(by_index.values())) <= 1:
        return next(iter(by_index.values()), words.basis["total"])
    names = index_names(chart_input.study, language)
    return joint.join(words.of_index.format(index=names[index_id], basis=basis) for index_id, basis in by_index.items())


# --- Lines below --------------------------------------------------------------------------------------------------


def index_footer(chart_input: ChartInput, language: Language) -> tuple[str, ...]:
    """The footer of figures of index levels: every series by name, and the as-of date."""
    return (_series_line(chart_input.study, chart_input.spans, language), as_of_line(chart_input, language))


def levels_footer(chart_input: ChartInput, language: Language) -> tuple[str, ...]:
    """The same, and up to which day there are levels, where that is before the as-of date: within the lag."""
    ends: dict[str, date] = {}
    for span in chart_input.spans:
        ends[span.index_id] = max(span.last, ends.get(span.index_id, span.last))
    last = min(ends.values(), default=chart_input.as_of)
    if last >= chart_input.as_of:
        return index_footer(chart_input, language)
    until = WORDS[language].data_until.format(day=day_text(last, language))
    return (*index_footer(chart_input, language), until)


def as_of_footer(chart_input: ChartInput, language: Language) -> tuple[str, ...]:
    """The as-of date alone."""
    return (as_of_line(chart_input, language),)


def as_of_line(chart_input: ChartInput, language: Language) -> str:
    """The as-of date, and whose data it is."""
    return WORDS[language].as_of.format(
        day=day_text(chart_input.as_of, language), data=data_line(chart_input, chart_input.spans, language)
    )


def as_of_month_line(chart_input: ChartInput, language: Language) -> str:
    """The as-of month, and which vendors the data came through, for a figure that does not stand on index levels."""
    return WORDS[language].as_of_month.format(
        month=month_text(chart_input.as_of, language), data=data_line(chart_input, [], language)
    )


def left_out_lines(chart_input: ChartInput, language: Language) -> tuple[str, ...]:
    """That subjects are missing, and why: nobody takes the figure for the whole list."""
    words = WORDS[language]
    names = [
        words.left_out_name.format(name=chart_input.study.subject_name(subject)) for subject in chart_input.left_out
    ]
    return (words.left_out.format(names=COMMON[language].comma.join(names)),) if names else ()


def source_line(names: Sequence[str], language: Language) -> str:
    """What the figure stands on, by name."""
    return WORDS[language].source.format(names=COMMON[language].semicolon.join(names))


def dated_name(name: str, day: date, language: Language) -> str:
    """The name of a list, and the day of which it is."""
    return WORDS[language].dated.format(name=name, day=day_text(day, language))


def data_line(chart_input: ChartInput, spans: Sequence[SourceSpan], language: Language) -> str:
    """Whose data it is and which vendors it came through."""
    words, comma = WORDS[language], COMMON[language].comma
    if chart_input.is_sample:
        return words.data_sample
    used = {span.series_id for span in spans}
    providers = dict.fromkeys(s.provider for index in chart_input.study.index for s in index.series if s.id in used)
    vendors = comma.join(chart_input.vendors)
    if not providers:
        return words.data_vendors.format(vendors=vendors)
    return words.data.format(providers=comma.join(providers), vendors=vendors)


def _series_line(study: Study, spans: Sequence[SourceSpan], language: Language) -> str:
    """Names every series that a figure stands on; with its span where one index has more than one."""
    names = []
    for index in study.index:
        own = [span for span in spans if span.index_id == index.id]
        for span in own:
            name = study.series_label(span.series_id, language)
            first, last = day_text(span.first, language), day_text(span.last, language)
            names.append(WORDS[language].span.format(name=name, first=first, last=last) if len(own) > 1 else name)
    return source_line(names, language)
