"""XBRL documents, plain or inside a page: their facts with periods, axes and units.

Belongs here: what the two share: contexts, units, reading XML. Does not belong here: how a page prints numbers
(inline.py), what a filing's facts come to (filing.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from html.entities import html5

from lxml import etree

from assets.ingest.payload import PayloadError
from assets.ingest.vendors.sec.facts import (
    DOMICILE,
    FOREIGN_INCOME,
    GEOGRAPHY_AXES,
    REVENUE,
    SEGMENTS,
)
from assets.ingest.vendors.sec.inline import inline_flag, inline_number, plain_number

XBRLI = "{http://www.xbrl.org/2003/instance}"
XBRLDI = "{http://xbrl.org/2006/xbrldi}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
INLINE = ("http://www.xbrl.org/2013/inlineXBRL", "http://www.xbrl.org/2011/inlineXBRL",
          "http://www.xbrl.org/2008/inlineXBRL")  # fmt: skip
EXCLUDE = frozenset(f"{{{namespace}}}exclude" for namespace in INLINE)
ANNUAL_DAYS = range(350, 381)
"""52 weeks are 364 days, 53 are 371."""

LIMIT = Decimal(10) ** 18
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


def without_html_entities(content: bytes) -> bytes:
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


def xml_root(content: bytes) -> etree._Element:
    """The root of a payload that is XML. Raises PayloadError: not UTF-8, entities, cut short, not well-formed."""
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
    dates = {local_name(child.tag): _day(child) for child in element.iterfind(f"{XBRLI}period/*")}
    places = (f"{XBRLI}entity/{XBRLI}segment/*", f"{XBRLI}scenario/*")
    axes = tuple(_axis(child) for place in places for child in element.iterfind(place))
    entity = (element.findtext(f"{XBRLI}entity/{XBRLI}identifier") or "").strip().zfill(10)
    return Context(entity, dates.get("startDate"), dates.get("endDate"), axes)


def _axis(element: etree._Element) -> tuple[str, str]:
    """Axis and member; an axis without named members (typed) has none."""
    axis = _stripped(element.get("dimension") or local_name(element.tag), "Axis").removeprefix("Statement")
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


def local_name(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def _place(fact: Fact) -> str:
    return f"{fact.concept}, line {fact.element.sourceline}"
