"""The page of a release: index.html, one file with everything inside, in both languages.

Belongs here: what the page says, as data; its assembly from template, stylesheet, script, charts and font. Does not
belong here: looking anything up (content.py), drawing (charts/canvas.py), the list of releases (release_list.py).

Equal content gives equal bytes. A content security policy keeps the page from loading or sending anything, and from
running any script but its own: those are named by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import jinja2
from markupsafe import Markup

from assets.files import write_atomically
from assets.publish.charts.caption import numbered_title
from assets.publish.charts.font import font_face, svg_without_font
from assets.publish.charts.fund_ranking import FundTable
from assets.publish.charts.style import HouseStyle
from assets.publish.numbers import signed
from assets.publish.page.table import Table
from assets.publish.words import COMMON, WORD_FILES, WORDS, day_text
from assets.study import Language, Text
from warehouse.contract import Contract
from warehouse.rounding import as_decimal, round_half_up

TEMPLATES = Path(__file__).parent / "templates"
STYLESHEETS = ("fund_table.css", "page.css")
PAGE_FILES = (*sorted(TEMPLATES.iterdir()), *WORD_FILES)
"""What a page and the list of releases are made from, beside what they say of releases."""

SHOWN_CHANGES = 50
"""Changes beyond these are counted only; all are in meta.change."""

BUNDLE_SNIPPET = "window.vegaEmbed = vegaEmbed;"
"""All that the page's script needs of the bundle."""

Spec = dict[str, Any]
ByLanguage = Mapping[Language, str]


@dataclass(frozen=True)
class PageFigure:
    """A figure: its picture, numbers and origin.

    ``specs`` holds Vega-Lite specs and ``svg`` the same pictures drawn before, both by language; a figure that is a
    table has neither, and one of the text's numbers has no ``number``. ``table`` is a :class:`Table`, or a figure's own
    one by language. ``source`` holds lines by language. ``downloads`` are names of files beside the page.
    """

    name: str
    number: int | None
    title: Text
    as_of: date
    alt: ByLanguage
    table: Table | Mapping[Language, FundTable]
    source: Mapping[Language, Sequence[str]]
    method: ByLanguage
    specs: Mapping[Language, Spec] | None = None
    svg: ByLanguage | None = None
    downloads: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """The figure's id on the page: figN, or its own name."""
        return self.name if self.number is None else f"fig{self.number}"

    @property
    def is_plain_table(self) -> bool:
        """Whether the table is all that there is to see."""
        return not self.specs and not self.svg

    @property
    def own_table(self) -> Mapping[Language, FundTable] | None:
        """The table that the figure is, by language."""
        return None if isinstance(self.table, Table) else self.table


@dataclass(frozen=True)
class PageWithheld:
    """A figure that is not in the release; ``last_path`` leads from the page's folder to its last good release."""

    title: Text
    number: int | None
    kind: Literal["not_served", "not_covered", "failed"]
    reason: Text
    last_good: date | None = None
    last_path: str | None = None
    is_part: bool = False
    """Whether only this is missing, from a figure that is there."""


@dataclass(frozen=True)
class PageClaim:
    """A statement of the note with today's verdict; None: not testable. ``before`` is read where it ``turned``."""

    claim_id: str
    variant: str
    holds: bool | None
    value: float | None
    threshold: float | None
    reason: Text | None
    text_ja: str
    text_en: str
    unit: Literal["percent", "points", "number"] = "number"
    turned: bool = False
    before: bool | None = None

    @property
    def text(self) -> Text:
        """The statement in both languages."""
        return Text(ja=self.text_ja, en=self.text_en)


@dataclass(frozen=True)
class PageChanges:
    """What changed since another release: ``against`` names it (None: there is none); ``rows`` are of meta.change."""

    since: Literal["before", "approved"]
    against: str | None
    rows: Sequence[Mapping[str, Any]] = ()

    @property
    def shown(self) -> Sequence[Mapping[str, Any]]:
        """The first of the rows."""
        return self.rows[:SHOWN_CHANGES]

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """How many rows each table has of each cause."""
        found = Counter((str(row["table_name"]), str(row["cause"])) for row in self.rows)
        return [(table, cause, n) for (table, cause), n in sorted(found.items())]


@dataclass(frozen=True)
class PageEvent:
    """The next scheduled event."""

    label: Text
    start: date
    end: date | None = None


@dataclass(frozen=True)
class PageContent:
    """Everything that the page says. ``checks`` are rows of meta.check_result, ``dictionary`` the figures' tables."""

    study: str
    title: Text
    session: date
    revision: int
    is_sample: bool
    profile: str
    figures: Sequence[PageFigure]
    withheld: Sequence[PageWithheld] = ()
    claims: Sequence[PageClaim] = ()
    changes: Sequence[PageChanges] = ()
    checks: Sequence[Mapping[str, Any]] = ()
    corrections: Sequence[Mapping[str, Any]] = ()
    event: PageEvent | None = None
    dictionary: Sequence[Contract] = ()
    languages: tuple[Language, ...] = ("ja", "en")

    @property
    def turned(self) -> list[PageClaim]:
        """The statements whose verdict is another than before."""
        return [claim for claim in self.claims if claim.turned]

    @property
    def failed_checks(self) -> list[Mapping[str, Any]]:
        """The checks that did not hold, blocking ones first."""
        return sorted(
            (check for check in self.checks if not check["passed"]), key=lambda check: not check.get("blocking")
        )

    @property
    def passed_checks(self) -> list[Mapping[str, Any]]:
        """The checks that held."""
        return [check for check in self.checks if check["passed"]]

    @property
    def as_of(self) -> list[tuple[date, list[PageFigure]]]:
        """The dates that the figures speak of, the newest first, each with its figures."""
        days = sorted({figure.as_of for figure in self.figures}, reverse=True)
        return [(day, [figure for figure in self.figures if figure.as_of == day]) for day in days]


def page(content: PageContent, style: HouseStyle, bundle: str) -> bytes:
    """The bytes of index.html. ``bundle`` is that of :func:`javascript_bundle`; empty: the drawn pictures stay."""
    specs = {
        f"spec-{figure.anchor}-{language}": json_for_script(figure.specs[language])
        for figure in content.figures
        for language in content.languages
        if figure.specs and language in figure.specs
    }
    svg = {
        (figure.anchor, language): _inline_svg(figure.svg[language], f"{figure.anchor}-{language}-")
        for figure in content.figures
        for language in content.languages
        if figure.svg and language in figure.svg
    }
    return document(
        "page.html.jinja", style, content.languages, bundle if specs else "", page=content, specs=specs, svg=svg
    )


def javascript_bundle(cache_folder: Path) -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; made once for a version, for it takes seconds."""
    kept = cache_folder / f"vega-{importlib.metadata.version('vl-convert-python')}.js"
    if not kept.is_file():
        import vl_convert  # only where it is needed: the code location must load without it

        write_atomically(kept, vl_convert.javascript_bundle(BUNDLE_SNIPPET).encode())
    return kept.read_text(encoding="utf-8")


def document(name: str, style: HouseStyle, languages: Sequence[Language], bundle: str, **values: Any) -> bytes:
    """A template filled in, with stylesheet, scripts, policy and a font that has the characters of its text."""
    if bundle:
        bundle = script_text(bundle)
    script = script_text((TEMPLATES / "page.js").read_text(encoding="utf-8"))
    css = Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in STYLESHEETS))  # the project's own
    policy = _policy([text for text in (bundle, script) if text])
    values |= {"style": style, "languages": list(languages), "css": css, "policy": policy}
    places = {part: Markup(f"\0{part}\0") for part in ("bundle", "script", "font")}
    if not bundle:
        places["bundle"] = Markup("")
    text = environment(style).get_template(name).render(**values, **places)
    characters = "".join(map(chr, range(0x20, 0x7F))) + text.replace("\0", "")  # what a script prints may be in no text
    for part, content in (("font", font_face(characters)), ("script", script), ("bundle", bundle)):
        text = text.replace(f"\0{part}\0", content)
    return text.encode()


def json_for_script(content: Any) -> Markup:
    """JSON that can stand in a script element: nothing in it ends the element or opens a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def script_text(code: str) -> str:
    """JavaScript that can stand in a script element, with the line ends that a browser hashes."""
    code = code.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"<(?=/script|script|!--)", r"\\x3c", code, flags=re.IGNORECASE)


def _policy(scripts: Sequence[str]) -> str:
    """Nothing is loaded, nothing is sent; only these scripts run, and none can make code from text."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join(f"'sha256-{found}'" for found in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; font-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _inline_svg(svg: str, prefix: str) -> Markup:
    """A drawn picture as part of the page: ids are its own, the font is the page's, and it holds no script."""
    if "<script" in svg.lower():
        raise ValueError(f"the picture {prefix} holds a script")
    own = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", svg_without_font(svg[svg.index("<svg") :]))
    return Markup(own)


def environment(style: HouseStyle) -> jinja2.Environment:
    """What fills the templates: everything is escaped, and a name that is not given is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = WORDS
    environment.filters |= _filters(style)
    return environment


def _filters(style: HouseStyle) -> dict[str, Callable[..., Any]]:
    return {
        "day": day_text,
        "amount": lambda value, unit: _amount(value, unit, style.negative_sign),
        "page_family": lambda language: Markup(style.page_fonts.family(language)),  # names are plain words
        "event_days": _event_days,
        "figures_in_brackets": _figures_in_brackets,
        "numbered": lambda title, number, language: numbered_title(number, title, language),
        "verdict": lambda holds: {True: "holds", False: "fails"}.get(holds, "untestable"),
        "suffix": lambda name: name.split(".", 1)[1],
        "name": lambda language: {"ja": "日本語", "en": "English"}[language],
    }


def _figures_in_brackets(figures: Sequence[PageFigure], language: Language) -> str:
    """Figures as they stand after the day that they speak of: by number, numbers of the text by title."""
    by_number = WORDS["figure_number_in_list"][language]
    names = (f.title[language] if f.number is None else by_number.format(number=f.number) for f in figures)
    return WORDS["figures_in_brackets"][language].format(figures=COMMON[language].comma.join(names))


def _event_days(event: PageEvent, language: Language) -> str:
    """The day of an event, or its first and last one."""
    days = day_text(event.start, language)
    if event.end and event.end != event.start:
        days = WORDS["first_to_last"][language].format(first=days, last=day_text(event.end, language))
    return WORDS["event_days"][language].format(days=days)


def _amount(value: float | None, unit: str, sign: str) -> Text:
    """A value of a statement in its unit; ``percent`` and ``points`` are of fractions."""
    if unit == "number" or value is None or value != value:
        return Text(ja=_number(value, sign), en=_number(value, sign))
    hundredths = _number(float(Decimal(repr(value)) * 100), sign)
    if unit == "percent":
        return Text(ja=f"{hundredths}%", en=f"{hundredths}%")
    return Text(ja=WORDS["points"].ja.format(number=hundredths), en=WORDS["points"].en.format(number=hundredths))


def _number(value: float | None, sign: str) -> str:
    """A number as it is: as many digits as it needs, at most six."""
    if value is None or value != value:
        return "–"
    before = max(0, as_decimal(value).adjusted() + 1)
    digits = round_half_up(value, max(0, 6 - before)).normalize()
    return signed(digits, max(0, -int(digits.as_tuple().exponent)), sign)
