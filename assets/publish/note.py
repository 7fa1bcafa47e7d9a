"""The desk's copy of the note: the study's template filled from the rows of a release, as Markdown.

Belongs here: looking numbers, claims, events and figures up for a template, how they are printed, what an editor has
to see to. Does not belong here: the sentences (the study's templates), where the file goes (content.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import jinja2

from assets.publish.charts.caption import numbered_title
from assets.publish.charts.style import HouseStyle, load_style
from assets.publish.claims import reasons_without_verdict
from assets.publish.numbers import in_oku, in_percent, signed
from assets.publish.reasons import withheld_reason
from assets.publish.words import COMMON, day_text, month_text, words_of
from assets.study import Event, Language, NumberedFigure, Study
from checks.gate import Withheld
from warehouse.rounding import Number, as_decimal
from warehouse.toml_file import Strict

Row = Mapping[str, Any]
Sentence = Callable[..., str]

NAME = "note"
"""What a note that can't be made is called among what is withheld."""

CLAIMS = "claim"
"""What the claims are called there."""


class NoteWords(Strict):
    """The printed words of one language: what stands where a template's sentence can't, dates, amounts."""

    false: str
    unknown: str
    withheld: str
    lacks: str
    as_of: str
    as_of_month_end: str
    oku: str


NOTE_WORDS = words_of("note", NoteWords)


class NoteError(ValueError):
    """A template that can't be filled from the release: which reference, and why."""


@dataclass(frozen=True)
class Caption:
    """What a figure prints around its picture: the picture in words, the as-of date, the lines below it."""

    alt: str
    as_of: date
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Claimed:
    """A claim as a template sees it: its verdict, its number and its own words."""

    holds: bool | None
    value: Decimal | None
    text: str
    reason: str | None


@dataclass(frozen=True)
class NoteFacts:
    """What a note says beside its template.

    ``tables``: the release's rows by the name of their table (`size_return`); ``captions``: the figures that are
    published, by name; ``claims``: the rows of figure.claim.
    """

    session: date
    revision: int
    tables: Mapping[str, Sequence[Row]]
    claims: Sequence[Row]
    captions: Mapping[str, Caption]
    withheld: Sequence[Withheld] = ()
    is_sample: bool = False
    style: HouseStyle = field(default_factory=load_style)


def note(study: Study, language: Language, facts: NoteFacts) -> bytes:
    """The note in one language. Raises NoteError."""
    lookup = _Lookup(study, language, facts)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True)
    environment.filters |= template_filters(language, facts.style.negative_sign)
    environment.globals |= lookup.names()
    try:
        filled = environment.from_string(study.note[language]).render()
    except NoteError:
        raise
    except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError, AttributeError, LookupError) as error:
        raise NoteError(f"note.{language}.md: {type(error).__name__}: {error}") from error
    return _paragraphs(filled, language).encode()


@dataclass
class _Lookup:
    """The names that a template can use."""

    study: Study
    language: Language
    facts: NoteFacts

    @property
    def words(self) -> NoteWords:
        return NOTE_WORDS[self.language]

    def names(self) -> dict[str, Any]:
        return {
            "title": self.study.title[self.language],
            "study": self.study.study,
            "session": self.facts.session,
            "revision": self.facts.revision,
            "is_sample": self.facts.is_sample,
            "number": self.number,
            "rows": self.rows,
            "known": self.known,
            "claim": self.claim,
            "verdicts": self.verdicts,
            "event": self.event,
            "next_event": self.study.next_event(self.facts.session),
            "since": self.since,
            "holds": self.holds,
            "figure": self.figure,
            "given": self.given,
            "left_out": self.left_out,
            "editor": lambda text: _editor("{text}", text=text),
            "broker": self.facts.style.broker,
            "disclaimer": getattr(self.facts.style.disclaimer, self.language),
        }

    def rows(self, table: str, **where: Any) -> list[Row]:
        """The rows of a table that is published, those that equal ``where``."""
        if table not in self.facts.tables:
            raise NoteError(f"{table}: the release has no such table")
        rows = self.facts.tables[table]
        unknown = sorted(where.keys() - rows[0].keys()) if rows else []
        if unknown:
            raise NoteError(f"{table}: has no column {', '.join(unknown)}")
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    def number(self, table: str, column: str, **where: Any) -> Any:
        """The value of exactly one row."""
        reference = f"number({', '.join([table, column, *(f'{k}={v}' for k, v in where.items())])})"
        rows = self.rows(table, **where)
        if len(rows) != 1:
            raise NoteError(f"{reference}: {len(rows)} rows instead of one")
        if column not in rows[0]:
            raise NoteError(f"{reference}: no such column")
        if rows[0][column] is None:
            raise NoteError(f"{reference}: has no value")
        return _exact(rows[0][column])

    def known(self, table: str, column: str, **where: Any) -> bool:
        """Whether ``number`` has an answer."""
        if table not in self.facts.tables:
            return False
        values = [row[column] for row in self.rows(table, **where)]
        return len(values) == 1 and values[0] is not None

    def verdicts(self, claim_id: str, **where: str) -> list[Claimed]:
        """A claim's verdicts, one a variant; none where the claims are withheld, or speak of a day to come."""
        if not self._is_due(claim_id):
            return []
        rows = [row for row in self.facts.claims if row["claim_id"] == claim_id]
        rows = [row for row in rows if all(row[name] == value for name, value in where.items())]
        text = f"text_{self.language}"
        return [Claimed(r["holds"], _exact(r["value"]), self.facts.style.printed(r[text]), self._why(r)) for r in rows]

    def holds(self, claim_id: str, variant: str | None = None) -> bool:
        """Whether a claim was tested and holds, in all of its variants where none is named."""
        verdicts = self.verdicts(claim_id, **({} if variant is None else {"variant": variant}))
        return bool(verdicts) and all(claim.holds for claim in verdicts)

    def _is_due(self, claim_id: str) -> bool:
        named = [claim for claim in self.study.claim if claim.id == claim_id]
        if not named:
            raise NoteError(f"claim({claim_id}): the study has no such claim")
        return all(claim.is_due(self.facts.session) for claim in named)

    def claim(self, claim_id: str, variant: str | None = None, caller: Sentence | None = None) -> str:
        """The sentence where the claim holds, its own words where the template has none; what is so instead where it
        doesn't. Nothing where it speaks of a day to come.
        """
        if not self._is_due(claim_id):
            return ""
        verdicts = self.verdicts(claim_id, **({} if variant is None else {"variant": variant}))
        missing = self._withheld(CLAIMS)
        if missing is not None:
            return _editor(self.words.unknown, text=claim_id, reason=withheld_reason(missing)[self.language])
        if len(verdicts) != 1:
            name = claim_id if variant is None else f"{claim_id}, {variant}"
            raise NoteError(f"claim({name}): {len(verdicts)} rows instead of one")
        claim = verdicts[0]
        if claim.holds is None:
            return _editor(self.words.unknown, text=claim.text, reason=claim.reason)
        if not claim.holds:
            return _editor(self.words.false, text=claim.text)
        if caller is None:
            return claim.text
        # `{% call claim(…) %}` takes nothing, `{% call(c) claim(…) %}` the claim
        return caller(claim) if getattr(caller, "arguments", ()) else caller()

    def event(self, event_id: str) -> Event:
        """An event of the study that has happened, or begun, by the session."""
        event = self._event(event_id)
        if event.start > self.facts.session:
            raise NoteError(
                f"event({event_id}): is of {event.start}, after the session; put the sentence below `since`"
            )
        return event

    def _event(self, event_id: str) -> Event:
        for event in self.study.event:
            if event.id == event_id:
                return event
        raise NoteError(f"event({event_id}): the study has no such event")

    def since(self, event_id: str, caller: Sentence) -> str:
        """The sentence from the day of an event on; nothing before it."""
        return caller() if self._event(event_id).start <= self.facts.session else ""

    def figure(self, name: str) -> str:
        """Title, as-of date, picture and the lines below it; why not, where the figure is withheld."""
        caption = self.facts.captions.get(name)
        if caption is None:
            return _editor(self.words.withheld, title=self._title(name), reason=self._reason(name))
        stated = getattr(self.study.figure, name)
        as_of = _as_of(caption.as_of, stated.as_of == "last_complete_month", self.language)
        alt = re.sub(r"[\[\]\s]+", " ", caption.alt).strip()
        picture = [f"![{alt}](fig{stated.number}.{self.language}.png)"] if isinstance(stated, NumberedFigure) else []
        head = f"**{self._title(name)}**{as_of}"
        return "\n\n".join([head, *picture, *caption.lines])

    def given(self, name: str, caller: Sentence) -> str:
        """The sentence where the figure is published."""
        if name in self.facts.captions:
            return caller()
        return _editor(self.words.lacks, title=self._title(name), reason=self._reason(name))

    def left_out(self, name: str) -> list[str]:
        """What a figure that is published goes without, by name."""
        parts = dict.fromkeys(w.subject for w in self.facts.withheld if w.figure == name and w.subject)
        return [self.study.subject_name(subject) for subject in parts]

    def _title(self, name: str) -> str:
        stated = getattr(self.study.figure, name, None)
        if stated is None:
            raise NoteError(f"{name}: the study has no such figure")
        number = stated.number if isinstance(stated, NumberedFigure) else None
        return numbered_title(number, stated.title, self.language)

    def _reason(self, name: str) -> str:
        withheld = self._withheld(name)
        if withheld is None:
            raise NoteError(f"{name}: neither published nor withheld")
        return withheld_reason(withheld)[self.language]

    def _why(self, claim: Row) -> str | None:
        """Why a claim has no verdict, in the language of the note."""
        if claim["holds"] is not None:
            return None
        reasons = reasons_without_verdict(self.study, self.facts.withheld)
        return reasons[claim["claim_id"], claim["variant"]][self.language]

    def _withheld(self, name: str) -> Withheld | None:
        whole = (w for w in self.facts.withheld if w.figure == name and w.subject is None)
        return next(whole, None)


def _exact(value: Any) -> Any:
    """A published number as the decimal that it shows, so that a template's differences are exact, too."""
    return as_decimal(value) if isinstance(value, float) else value


def percent(value: Number, digits: int = 1, sign: bool = False, *, negative: str = "-") -> str:
    """A fraction in percent, like the claims print it; nothing is ever `-0.0%`."""
    return f"{points(value, digits, sign, negative=negative)}%"


def points(value: Number, digits: int = 2, sign: bool = False, *, negative: str = "-") -> str:
    """A fraction in percentage points."""
    return signed(in_percent(value), digits, negative, "+" if sign else "")


def oku(yen: int, language: Language) -> str:
    """An amount of yen in 億円, half up; the same digits in billions in English."""
    whole = in_oku(yen)
    return NOTE_WORDS[language].oku.format(oku=signed(whole, 0), billions=signed(whole / 10, 1))


def month_end(day: date, language: Language) -> str:
    """The end of the month of a day."""
    return COMMON[language].month_end.format(month=month_text(day, language))


def template_filters(language: Language, negative: str) -> dict[str, Callable[..., Any]]:
    """The filters of a template by name, in a language; ``negative`` is the sign of a number below zero."""
    return {
        "percent": lambda value, digits=1, sign=False: percent(value, digits, sign, negative=negative),
        "points": lambda value, digits=2, sign=False: points(value, digits, sign, negative=negative),
        "decimal": lambda value, digits: signed(value, digits, negative),
        "oku": lambda yen: oku(yen, language),
        "date": lambda day: day_text(day, language),
        "month": lambda day: month_text(day, language),
        "month_end": lambda day: month_end(day, language),
    }


def _as_of(day: date, is_month_end: bool, language: Language) -> str:
    if not is_month_end:
        return NOTE_WORDS[language].as_of.format(day=day_text(day, language))
    return NOTE_WORDS[language].as_of_month_end.format(month_end=month_end(day, language))


def _editor(template: str, **words: Any) -> str:
    """A line that a person has to see to before the note goes out."""
    return f"\n[EDITOR: {' '.join(template.format(**words).split())}]\n"


NOT_PROSE = ("#", "!", "[EDITOR:", "**", "- ", "---")


def _paragraphs(text: str, language: Language) -> str:
    """Templates have a sentence a line: those of a paragraph are joined; what is no prose stands alone."""
    glue = "" if language == "ja" else " "
    paragraphs: list[str] = []
    is_open = False
    for line in (line.strip() for line in text.splitlines()):
        is_prose = not line.startswith(NOT_PROSE)
        if line and is_open and is_prose:
            paragraphs[-1] += glue + line
        elif line:
            paragraphs.append(line)
        is_open = bool(line) and is_prose
    return "\n\n".join(paragraphs) + "\n"
