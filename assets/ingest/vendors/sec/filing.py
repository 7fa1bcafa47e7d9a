"""One filing as XBRL: who files, for which fiscal years, and the annual amounts by geography.

Belongs here: the cover page, which facts are annual, what can't be read and isn't needed. Does not belong here: reading
a document (xbrl.py), which figure counts (domestic_revenue.sql).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd

from assets.ingest.payload import PayloadError
from assets.ingest.vendors.sec.facts import (
    ANNUAL_FORMS,
    DOMICILE,
    FOREIGN_INCOME,
    REVENUE,
    SEGMENTS,
    classified,
    fact_tables,
)
from assets.ingest.vendors.sec.options import end_of_filing_day, filing_name, unpacked
from assets.ingest.vendors.sec.places import is_us_country, is_us_in_edgar, is_us_state
from assets.ingest.vendors.sec.xbrl import (
    INLINE,
    XBRLI,
    Context,
    Document,
    Fact,
    InlineDocument,
    local_name,
    without_html_entities,
    xml_root,
)

AnnualFact = tuple[date, str, str, str | None, Decimal, int | None]
"""Year's end, concept, currency, member, value, decimals."""


def parse_inline(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fiscal year of a filing that is a page with inline XBRL. Raises PayloadError."""
    content = unpacked(content)
    if not any(namespace.encode() in content for namespace in INLINE):
        start = content.strip()[:60].decode("utf-8", "replace").splitlines()[0]
        raise PayloadError("payload is no filing: a page, or other text, without inline XBRL", value=start)
    return _parsed(InlineDocument(xml_root(without_html_entities(content))), options)


def parse_instance(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fiscal year of a filing's XBRL instance document. Raises PayloadError."""
    root = xml_root(unpacked(content))
    if root.tag != f"{XBRLI}xbrl":
        raise PayloadError("payload is no XBRL instance: its root is not xbrl", value=local_name(root.tag))
    return _parsed(Document(root), options)


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
    texts = [document.text(fact) for fact in document.facts if _is_cover(fact, name) and not fact.context.axes]
    return next((text for text in texts if text), None)


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
    """Country of incorporation, else of the address, as far as the cover page says: 'US' or another."""
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
    """Whether the filer, in the newest period of which it speaks, has one segment by either count."""
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
