"""One filing as XBRL, plain or inside a page: its facts with their periods, axes and units.

Belongs here: what the two share: contexts, units, who files, which facts are annual. Does not belong here: how a page
prints numbers (inline.py), which figure counts (domestic_revenue.sql).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from html.entities import html5
from typing import Any

import duckdb
import pandas as pd
from lxml import etree

from assets.ingest.payload import PayloadError
from assets.ingest.vendors.sec.facts import (
    ANNUAL_FORMS,
    DOMICILE,
    FOREIGN_INCOME,
    GEOGRAPHY_AXES,
    REVENUE,
    SEGMENTS,
    classified,
    fact_tables,
)
from assets.ingest.vendors.sec.inline import inline_flag, inline_number, plain_number
from assets.ingest.vendors.sec.options import end_of_filing_day, filing_name, unpacked
from assets.ingest.vendors.sec.places import is_us_country, is_us_in_edgar, is_us_state

XBRLI = "{http://www.xbrl.org/2003/instance}"
XBRLDI = "{http://xbrl.org/2006/xbrldi}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
INLINE = ("http://www.xbrl.org/2013/inlineXBRL", "http://www.xbrl.org/2011/inlineXBRL",
          "http://www.xbrl.org/2008/inlineXBRL")  # fmt: skip
EXCLUDE = frozenset(f"{{{namespace}}}exclude" for namespace in INLINE)
ANNUAL_DAYS = range(350, 381)
"""52 weeks are 364 days, 53 are 371."""

LIMIT = Decimal(10) ** 18
AnnualFact = tuple[date, str, str, str | None, Decimal, int | None]
"""Year's end, concept, currency, member, value, decimals."""

SOUGHT = frozenset((*REVENUE, *DOMICILE, *SEGMENTS, *FOREIGN_INCOME))


@dataclass(frozen=True)
class Context:
    """Whom a fact is about, when, and along which axes: (axis, member), without namespace, ``Axis``, ``Member``."""

    entity: str
    start: date | None
    end: date | None
    axes: tuple[tuple[str, str], ...]

    @property
    def is_annual(self) -> bool:
        """Whether the period is a fiscal year."""
        return self.start is not None and self.end is not None and (self.end - self.start).days + 1 in ANNUAL_DAYS

    @property
    def along_geography(self) -> list[str]:
        """The members on the axis of geography."""
        return [member for axis, member in self.axes if axis in GEOGRAPHY_AXES]


@dataclass(frozen=True)
class Fact:
    """A fact as it stands in the document: its concept, its context, and the element that has its value."""

    taxonomy: str
    concept: str
    context: Context
    element: etree._Element


def parse_inline(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fiscal year of a filing that is a page with inline XBRL. Raises PayloadError."""
    content = unpacked(content)
    if not any(namespace.encode() in content for namespace in INLINE):
        start = content.strip()[:60].decode("utf-8", "replace").splitlines()[0]
        raise PayloadError("payload is no filing: a page, or other text, without inline XBRL", value=start)
    return _parsed(InlineDocument(_root(_without_html_entities(content))), options)


def parse_instance(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fiscal year of a filing's XBRL instance document. Raises PayloadError."""
    root = _root(unpacked(content))
    if root.tag != f"{XBRLI}xbrl":
        raise PayloadError("payload is no XBRL instance: its root is not xbrl", value=_local(root.tag))
    return _parsed(Document(root), options)


class Document:
    """An XBRL instance document."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.contexts: dict[str | None, Context] = {}
        self.unread: dict[str | None, PayloadError] = {}
        """Contexts whose dates can't be read, which is a fault only where a figure needs one."""
        for element in root.iter(f"{XBRLI}context"):
            try:
                self.contexts[element.get("id")] = _context(element)
            except PayloadError as error:
                self.unread[element.get("id")] = error
        self.ignored: list[str] = []
        """What can't be read and isn't needed."""
        self.currencies = {element.get("id"): _currency(element) for element in root.iter(f"{XBRLI}unit")}

    @cached_property
    def facts(self) -> list[Fact]:
        """The facts of the taxonomies that figures and the cover page use; a filer's own concepts are left out."""
        return list(self._facts())

    @cached_property
    def has_geography(self) -> bool:
        """Whether any fact at all, of whatever concept and period, is along the axis of geography."""
        used = {element.get("contextRef") for element in self.elements()}
        return any(name in used and context.along_geography for name, context in self.contexts.items())

    def elements(self) -> Iterator[etree._Element]:
        """The elements that are facts."""
        return (element for element in self.root.iterchildren() if element.get("contextRef"))

    def qualified_name(self, element: etree._Element) -> tuple[str, str]:
        """Namespace and local name of a fact's concept."""
        name = etree.QName(element)
        return name.namespace or "", name.localname

    def text(self, fact: Fact) -> str:
        """What the document shows of a fact."""
        return "".join(map(str, fact.element.itertext())).strip()

    def number(self, fact: Fact) -> Decimal | None:
        """The value of a fact, None where it is nil. Raises PayloadError."""
        if fact.element.get(NIL) in ("true", "1"):
            return None
        value = self._number(fact)
        if value is not None and abs(value) >= LIMIT:
            raise PayloadError("number is not below 10^18", where=_place(fact), value=value)
        return value

    def is_readable(self, fact: Fact) -> bool:
        """Whether a fact that may be done without has a value, or is nil; one that has none is counted as ignored."""
        try:
            self.number(fact)
        except PayloadError as error:
            self.ignored.append(str(error))
            return False
        return True

    def decimals(self, fact: Fact) -> int | None:
        """How precise the filer says a number is: INF is exact, None where nothing is said."""
        stated = fact.element.get("decimals")
        if stated == "INF":
            return 1000
        try:
            return int(stated) if stated else None
        except ValueError as error:
            raise PayloadError("decimals is no whole number", where=_place(fact), value=stated) from error

    def flag(self, fact: Fact) -> bool:
        """The value of a fact that is true or false."""
        return inline_flag(self.text(fact), fact.element.get("format"))

    def currency(self, fact: Fact) -> str | None:
        """The currency of an amount; None for another unit. Raises PayloadError for a unit that is not there."""
        unit = fact.element.get("unitRef")
        if unit not in self.currencies:
            raise PayloadError("fact names a unit that the filing does not define", where=_place(fact), value=unit)
        return self.currencies[unit]

    def _number(self, fact: Fact) -> Decimal | None:
        return plain_number(self.text(fact), _place(fact))

    def _facts(self) -> Iterator[Fact]:
        for element in self.elements():
            namespace, name = self.qualified_name(element)
            taxonomy = _taxonomy(namespace)
            if taxonomy is None or (taxonomy != "dei" and name not in SOUGHT):
                continue
            used = element.get("contextRef")
            context = self.contexts.get(used)
            if context is None:
                undefined = PayloadError("fact names a context that the filing does not define", where=name, value=used)
                fault = self.unread.get(used, undefined)
                if name in (*REVENUE, *DOMICILE):
                    raise fault
                self.ignored.append(str(fault))
                continue
            yield Fact(taxonomy, name, context, element)


class InlineDocument(Document):
    """A page whose numbers and words are marked as facts."""

    def elements(self) -> Iterator[etree._Element]:
        """The marked places; those of another target are of another document that the page also carries."""
        tags = [f"{{{namespace}}}{kind}" for namespace in INLINE for kind in ("nonFraction", "nonNumeric")]
        return (element for element in self.root.iter(*tags) if element.get("contextRef") and not element.get("target"))

    def qualified_name(self, element: etree._Element) -> tuple[str, str]:
        """Namespace and local name of a fact's concept, which stands in an attribute."""
        prefix, _, name = (element.get("name") or "").rpartition(":")
        return element.nsmap.get(prefix or None) or "", name

    @cached_property
    def continuations(self) -> dict[str, etree._Element]:
        """Where the text of a fact goes on elsewhere on the page."""
        found = [e for namespace in INLINE for e in self.root.iter(f"{{{namespace}}}continuation")]
        return {name: element for element in found if (name := element.get("id"))}

    def text(self, fact: Fact) -> str:
        """What the page shows of a fact, with what is continued elsewhere and without what is excluded."""
        parts = [_shown(fact.element)]
        seen: set[str] = set()
        named = fact.element.get("continuedAt")
        while named in self.continuations and named not in seen:
            seen.add(named)
            parts.append(_shown(self.continuations[named]))
            named = self.continuations[named].get("continuedAt")
        return "".join(parts).strip()

    def _number(self, fact: Fact) -> Decimal | None:
        element = fact.element
        return inline_number(
            self.text(fact), element.get("format"), element.get("scale"), element.get("sign"), _place(fact)
        )


# Reading XML


ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]*;)")
XML_ENTITIES = (b"amp;", b"lt;", b"gt;", b"quot;", b"apos;")


def _without_html_entities(content: bytes) -> bytes:
    """A page's &nbsp; and the like as characters: HTML knows them, XML doesn't."""

    def character(match: re.Match[bytes]) -> bytes:
        named = None if match[1] in XML_ENTITIES else html5.get(match[1].decode("ascii"))
        return match[0] if named is None else "".join(f"&#{ord(c)};" for c in named).encode("ascii")

    return ENTITY.sub(character, content)


def _shown(element: etree._Element) -> str:
    """The text inside an element, but for what the page marks as no part of the fact (ix:exclude)."""
    parts = [element.text or ""]
    for child in element:
        is_excluded = child.tag in EXCLUDE
        parts += ["" if is_excluded or not isinstance(child.tag, str) else _shown(child), child.tail or ""]
    return "".join(parts)


def _root(content: bytes) -> etree._Element:
    # Nothing outside the file is read, and nothing in it may grow: a filing declares no entities
    if b"\0" in content[:200] or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PayloadError("payload is not UTF-8 text", where="line 1", value=content[:4].hex(" "))
    if b"<!ENTITY" in content:
        raise PayloadError("payload declares XML entities, which a filing never does")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        is_cut = "Premature end" in str(error) or not content.rstrip().endswith(b">")
        what = "payload is cut short" if is_cut else "payload is no well-formed XML"
        raise PayloadError(what, where=f"line {error.lineno}", value=error.msg) from error


def _context(element: etree._Element) -> Context:
    dates = {_local(child.tag): _day(child) for child in element.iterfind(f"{XBRLI}period/*")}
    places = (f"{XBRLI}entity/{XBRLI}segment/*", f"{XBRLI}scenario/*")
    axes = tuple(_axis(child) for place in places for child in element.iterfind(place))
    entity = (element.findtext(f"{XBRLI}entity/{XBRLI}identifier") or "").strip().zfill(10)
    return Context(entity, dates.get("startDate"), dates.get("endDate"), axes)


def _axis(element: etree._Element) -> tuple[str, str]:
    """Axis and member; an axis without named members (typed) has none."""
    axis = _stripped(element.get("dimension") or _local(element.tag), "Axis").removeprefix("Statement")
    is_named = element.tag == f"{XBRLDI}explicitMember"
    return axis, _stripped(element.text or "", "Member") if is_named else ""


def _stripped(name: str, suffix: str) -> str:
    return name.strip().rpartition(":")[2].removesuffix(suffix)


def _day(element: etree._Element) -> date | None:
    text = (element.text or "").strip()[:10]
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PayloadError("date of a context can't be read", where=f"line {element.sourceline}", value=text) from error


def _currency(element: etree._Element) -> str | None:
    """The code of a unit that is a currency; a price a share is none."""
    measures = [(child.text or "").strip() for child in element.iterchildren(f"{XBRLI}measure")]
    if len(measures) != 1 or ":" not in measures[0]:
        return None
    prefix, _, code = measures[0].rpartition(":")
    return code if (element.nsmap.get(prefix) or "").endswith("iso4217") else None


def _taxonomy(namespace: str) -> str | None:
    """Which standard taxonomy a namespace is; None for a filer's own."""
    if "/us-gaap/" in namespace:
        return "us-gaap"
    if "xbrl.ifrs.org/" in namespace:
        return "ifrs"
    return "dei" if "/dei/" in namespace else None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _place(fact: Fact) -> str:
    return f"{fact.concept}, line {fact.element.sourceline}"


# One filing


def _parsed(document: Document, options: Mapping[str, Any]) -> pd.DataFrame:
    with fact_tables() as connection:
        _fill(connection, document, options)
        rows = classified(connection)
    rows.attrs |= {"rejected_rows": len(document.ignored), "left_out": document.ignored}
    return rows


def _fill(connection: duckdb.DuckDBPyConnection, document: Document, options: Mapping[str, Any]) -> None:
    name, accepted = filing_name(options), end_of_filing_day(options)
    form, company = _form(document), _company(document)
    own = [fact for fact in document.facts if fact.context.entity == company]
    facts = _annual_facts(document, own)
    years = {end for end, concept, _, member, *_ in facts if concept in REVENUE and member is None}
    if not years:
        raise PayloadError("filing has no consolidated annual revenue under a known concept", value=name)
    _refuse_early(max(years), accepted)
    connection.execute(
        "INSERT INTO filing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        [
            name, company, _cover(document, "EntityRegistrantName"), _ticker(document), form, accepted,
            _domicile(document), document.has_geography, _has_one_segment(document, own),
            _has_foreign_income(document, own),
        ],
    )  # fmt: skip
    connection.executemany("INSERT INTO period VALUES (?, ?)", [(name, end) for end in sorted(years)])
    connection.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)", [(name, *fact) for fact in facts])


def _refuse_early(year_end: date, accepted: datetime) -> None:
    """A day on or before the year's end is the period's own day, as in many file names, not that of the filing."""
    if accepted.date() <= year_end:
        raise PayloadError(
            "the filing day is not after the fiscal year's end: give option filed",
            where=f"fiscal year to {year_end}",
            value=accepted.date(),
        )


def _annual_facts(document: Document, facts: list[Fact]) -> list[AnnualFact]:
    """The annual amounts on no axis or on geography alone.

    One that can't be read refuses the filing where the newest year's figure may stand on it; else it is ignored, and
    of an earlier year with the whole year.
    """
    amounts = [fact for fact in facts if fact.concept in (*REVENUE, *DOMICILE) and fact.context.is_annual]
    starts = _starts(amounts)
    chosen = [fact for fact in amounts if _is_annual_amount(fact.context, starts)]
    newest = max((fact.context.end for fact in chosen if fact.context.end and not fact.context.axes), default=None)
    read: list[AnnualFact] = []
    faults: list[tuple[Fact, PayloadError]] = []
    for fact in chosen:
        try:
            read += _annual_fact(document, fact)
        except PayloadError as error:
            faults.append((fact, error))
    stated = _stated_concept([fact for fact in read if fact[0] == newest])
    for fact, fault in faults:
        if fact.context.end == newest and (stated is None or fact.concept in REVENUE[: REVENUE.index(stated) + 1]):
            raise fault
        document.ignored.append(str(fault))
    broken_years = {fact.context.end for fact, _ in faults} - {newest}
    return [fact for fact in read if fact[0] not in broken_years]


def _annual_fact(document: Document, fact: Fact) -> Iterator[AnnualFact]:
    context = fact.context
    value, currency = document.number(fact), document.currency(fact)
    if context.end is not None and value is not None and currency is not None:
        member = context.axes[0][1] if context.axes else None
        yield context.end, fact.concept, currency, member, value, document.decimals(fact)


def _stated_concept(facts: list[AnnualFact]) -> str | None:
    """The first concept that has a total and a figure of the US: none after it is needed (domestic_revenue.sql)."""
    members: dict[str, set[str | None]] = defaultdict(set)
    for _, concept, _, member, *_ in facts:
        members[concept].add(member)
    return next((name for name in REVENUE if {None, "US"} <= members[name]), None)


def _is_annual_amount(context: Context, starts: Mapping[date | None, date | None]) -> bool:
    """Whether an annual context is of the fiscal year as the filing has it, on no axis or on geography alone."""
    if context.start != starts[context.end] or len(context.axes) > 1:
        return False
    return not context.axes or bool(context.along_geography)


def _starts(facts: list[Fact]) -> dict[date | None, date | None]:
    """The start of each fiscal year: the one that most facts of that end have, so that no two years are mixed."""
    starts: dict[date | None, Counter[date | None]] = defaultdict(Counter)
    for fact in facts:
        starts[fact.context.end][fact.context.start] += 1
    return {end: counted.most_common(1)[0][0] for end, counted in starts.items()}


def _cover(document: Document, name: str) -> str | None:
    """What the cover page says of the filer as a whole."""
    found = [document.text(fact) for fact in document.facts if _is_cover(fact, name) and not fact.context.axes]
    return next((text for text in found if text), None)


def _is_cover(fact: Fact, name: str) -> bool:
    return fact.taxonomy == "dei" and fact.concept == name


def _form(document: Document) -> str:
    stated = _cover(document, "DocumentType") or ""
    form = _annual_form(stated)
    amends = any(document.flag(fact) for fact in document.facts if _is_cover(fact, "AmendmentFlag"))
    if form is None:
        raise PayloadError("document is no annual report", where="dei:DocumentType", value=stated or "missing")
    return form + "/A" if amends and not form.endswith("/A") else form


def _annual_form(stated: str) -> str | None:
    """The annual form in a cover page's own words, such as "Form 10-K" or "FORM 10-K/A (Amendment No. 1)"."""
    text = re.sub(r"\s*([/-])\s*", r"\1", re.sub(r"[‐-―−]", "-", stated.translate({0xAD: None})).upper())
    match = re.fullmatch(
        r"(?:ANNUAL REPORT ON )?(?:FORM )?([0-9]{2}-[A-Z0-9]+(?:/A)?)(?:\W.*)?", " ".join(text.split())
    )
    return match[1] if match and match[1] in ANNUAL_FORMS else None


def _company(document: Document) -> str:
    stated = _cover(document, "EntityCentralIndexKey")
    entities = {context.entity for context in document.contexts.values() if not context.axes}
    company = (stated or (entities.pop() if len(entities) == 1 else "")).zfill(10)
    if not company.isdigit() or len(company) > 10 or not int(company):
        raise PayloadError(
            "filing does not say whose it is", where="dei:EntityCentralIndexKey", value=stated or "missing"
        )
    return company


def _ticker(document: Document) -> str | None:
    """The symbol of the company, else that of its only common stock: notes have symbols too."""
    symbols: dict[bool, set[str]] = {True: set(), False: set()}
    for fact in document.facts:
        members = [member.lower() for _, member in fact.context.axes]
        is_common = all("common" in member or "ordinary" in member for member in members)
        text = document.text(fact).upper() if _is_cover(fact, "TradingSymbol") else ""
        if is_common and text and text not in ("N/A", "NONE", "NA"):
            symbols[not members].add(text)
    found = symbols[True] or symbols[False]
    return found.pop() if len(found) == 1 else None


def _domicile(document: Document) -> str | None:
    """Country of incorporation, else of the address, as far as the cover page tells: 'US' or another."""
    lists = {
        "EntityIncorporationStateCountryCode": is_us_in_edgar,
        "EntityAddressCountry": is_us_country,
        "EntityAddressStateOrProvince": is_us_state,
    }
    for element, is_us in lists.items():
        place = _cover(document, element)
        if place:
            return "US" if is_us(place) else place
    return None


def _has_one_segment(document: Document, facts: list[Fact]) -> bool:
    """Whether the filer, in the newest period of which he tells, has one segment by either count."""
    counted = [fact for fact in facts if fact.concept in SEGMENTS and not fact.context.axes and fact.context.end]
    newest = max((fact.context.end for fact in counted if fact.context.end), default=None)
    counts: dict[str, set[Decimal | None]] = defaultdict(set)
    for fact in counted:
        if fact.context.end == newest:
            counts[fact.concept].add(document.number(fact) if document.is_readable(fact) else None)
    return any(values == {Decimal(1)} for values in counts.values())


def _has_foreign_income(document: Document, facts: list[Fact]) -> bool:
    """Whether there is income from abroad; an amount that can't be read may be some."""
    own = [fact for fact in facts if fact.concept in FOREIGN_INCOME and not fact.context.axes]
    return any(not document.is_readable(fact) or document.number(fact) for fact in own)
