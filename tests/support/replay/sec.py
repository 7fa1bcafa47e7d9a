"""The SEC replayed: the list of tickers, two data sets, and the annual reports of five companies.

Belongs here: the vendor's paths and what stands there. Does not belong here: serving (server.py).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from tests.support.replay.route import Route

DATA_SETS = {"2025q3": "20250701.zip", "2025q4": "2009q3.zip"}
"""The file behind each quarter: one day's filings stand for their quarter; a whole quarter of 2009 for the newest."""

COMPANIES = {"hd": 354950, "wmt": 104169, "adbe": 796343, "ko": 21344, "unp": 100885}
"""The CIK of each company with a report; its ticker is the beginning of the file's name."""


def routes(data: Path) -> Iterator[Route]:
    """Lists of filings are made, with made accession numbers; the reports that they lead to are real."""
    yield Route("sec", "/files/company_tickers.json", (data / "membership" / "sec_company_tickers.json").read_bytes())
    geography = data / "revenue_geography"
    for quarter, file in DATA_SETS.items():
        path = f"/files/dera/data/financial-statement-data-sets/{quarter}.zip"
        yield Route("sec", path, (geography / "fsds" / file).read_bytes(), "application/zip")
    for file in sorted((geography / "ixbrl_10k").glob("*.html.gz")):
        yield from filings(file)


def filings(file: Path) -> Iterator[Route]:
    """A company's list of filings, and its report: hd-10-k-2025-03-21.html.gz is named by the day of filing."""
    ticker, _, filed = file.name.removesuffix(".html.gz").partition("-10-k-")
    cik = COMPANIES[ticker]
    report = f"{cik:010d}-{filed[2:4]}-000010"
    rows = [
        ("4", "2026-01-05", f"{cik:010d}-26-000001", "xslF345X05/form4.xml", 0),
        ("10-Q", f"{filed[:4]}-11-20", f"{cik:010d}-{filed[2:4]}-000030", f"{ticker}-10q.htm", 1),
        ("10-K/A", f"{filed[:4]}-06-02", f"{cik:010d}-{filed[2:4]}-000020", f"{ticker}-10ka.htm", 1),
        ("10-K", filed, report, f"{ticker}-10k.htm", 1),
    ]
    names = ("form", "filingDate", "accessionNumber", "primaryDocument", "isInlineXBRL")
    recent = {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    recent["acceptanceDateTime"] = [f"{day}T21:15:00.000Z" for day in recent["filingDate"]]
    content = json.dumps(
        {"cik": f"{cik:010d}", "tickers": [ticker.upper()], "filings": {"recent": recent, "files": []}}
    )
    yield Route("sec", f"/submissions/CIK{cik:010d}.json", content.encode())
    folder = f"/Archives/edgar/data/{cik}/{report.replace('-', '')}"
    yield Route("sec", f"{folder}/{ticker}-10k.htm", gzip.decompress(file.read_bytes()), "text/html")
