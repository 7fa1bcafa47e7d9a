"""Specimens of the SEC's formats: tickers, a data set, and one filing as page and as instance."""

from __future__ import annotations

import json
from datetime import date

from assets.ingest.sample.filings import filings_zip
from tests.support.specimens import Specimen

NAMESPACES = (
    'xmlns:xbrli="http://www.xbrl.org/2003/instance" xmlns:xbrldi="http://xbrl.org/2006/xbrldi" '
    'xmlns:ix="http://www.xbrl.org/2013/inlineXBRL" xmlns:iso4217="http://www.xbrl.org/2003/iso4217" '
    'xmlns:us-gaap="http://fasb.org/us-gaap/2024" xmlns:srt="http://fasb.org/srt/2024" '
    'xmlns:country="http://xbrl.sec.gov/country/2024" xmlns:dei="http://xbrl.sec.gov/dei/2024"'
)
US = '<xbrldi:explicitMember dimension="srt:StatementGeographicalAxis">country:US</xbrldi:explicitMember>'
COVER = {"EntityCentralIndexKey": "0000001234", "EntityRegistrantName": "MADE UP CO", "DocumentType": "10-K"}
AMOUNTS = {"year": 100, "us": 60}


def _context(name: str, segment: str = "") -> str:
    return (
        f'<xbrli:context id="{name}"><xbrli:entity><xbrli:identifier scheme="http://www.sec.gov/CIK">0000001234'
        f"</xbrli:identifier>{segment and f'<xbrli:segment>{segment}</xbrli:segment>'}</xbrli:entity><xbrli:period>"
        "<xbrli:startDate>2024-01-01</xbrli:startDate><xbrli:endDate>2024-12-31</xbrli:endDate></xbrli:period>"
        "</xbrli:context>"
    )


RESOURCES = (
    _context("year")
    + _context("us", US)
    + '<xbrli:unit id="USD"><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unit>'
)
INSTANCE = (
    f"<xbrli:xbrl {NAMESPACES}>{RESOURCES}"
    + "".join(f'<dei:{name} contextRef="year">{text}</dei:{name}>' for name, text in COVER.items())
    + "".join(
        f'<us-gaap:Revenues contextRef="{context}" unitRef="USD" decimals="0">{amount}</us-gaap:Revenues>'
        for context, amount in AMOUNTS.items()
    )
    + "</xbrli:xbrl>"
).encode()
PAGE = (
    f'<html xmlns="http://www.w3.org/1999/xhtml" {NAMESPACES}><head><title>10-K</title></head><body>'
    f'<div style="display:none"><ix:header><ix:resources>{RESOURCES}</ix:resources></ix:header></div>'
    + "".join(
        f'<p><ix:nonNumeric name="dei:{name}" contextRef="year">{text}</ix:nonNumeric></p>'
        for name, text in COVER.items()
    )
    + "".join(
        f'<p><ix:nonFraction name="us-gaap:Revenues" contextRef="{context}" unitRef="USD" decimals="0">{amount}'
        "</ix:nonFraction></p>"
        for context, amount in AMOUNTS.items()
    )
    + "</body></html>"
).encode()
TICKERS = json.dumps({"0": {"cik_str": 1234, "ticker": "MADE", "title": "Made Up Co"}}).encode()
FACTS = json.dumps({"cik": 1234, "entityName": "MADE UP CO", "facts": {}}).encode()
FILED = {"file_name": "made-10-k-2025-02-14.html"}

SPECIMENS = (
    Specimen("sec_company_tickers_json", "company", TICKERS, {"as_of": "2026-03-11"}),
    Specimen("sec_fsds_zip", "revenue_geography", filings_zip(date(2010, 2, 10))),
    Specimen("sec_ixbrl", "revenue_geography", PAGE, FILED),
    Specimen("sec_xbrl", "revenue_geography", INSTANCE, FILED),
    Specimen("sec_companyfacts_json", "revenue_geography", FACTS, is_refused=True),
)
