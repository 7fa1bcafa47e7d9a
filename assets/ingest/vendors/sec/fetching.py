"""Asking the SEC: the list of tickers, quarterly data sets, and the annual reports of single companies.

Belongs here: addresses, and which quarter or filing is asked for. Does not belong here: reading what comes (the other
modules of sec/), which companies are asked for (assets/ingest/fetch_targets.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

from assets.ingest.batches import count_option, fetch_each, series_option
from assets.ingest.fetching import Company, FetchContext, payload_from
from assets.ingest.http.client import Site
from assets.ingest.payload import FetchError, NotThereError, Payload
from assets.ingest.vendors.sec.facts import ANNUAL_FORMS
from assets.profile import Source

CALLS_PER_SECOND = 8.0
"""The SEC allows ten, of all its sites together: one vendor's sites share a rate."""

SITE = Site("sec", "https://www.sec.gov", calls_per_second=CALLS_PER_SECOND)
SITE_OF_DATA_SETS = replace(SITE, byte_limit=500_000_000, seconds=900.0)
SITE_OF_LISTS = Site("sec", "https://data.sec.gov", calls_per_second=CALLS_PER_SECOND)

TICKERS = "/files/company_tickers.json"
DATA_SET = "/files/dera/data/financial-statement-data-sets/{year}q{quarter}.zip"
"""Believed, not documented: the SEC's page of data sets links to such names."""

COMPANIES_A_RUN = 200
COLUMNS = ("form", "filingDate", "accessionNumber", "primaryDocument", "isInlineXBRL")
WHOLE_REPORTS = frozenset(form for form in ANNUAL_FORMS if not form.endswith("/A"))
"""An amendment mostly has no figures, and would hide the report that it amends."""


class Filing(NamedTuple):
    """An annual report: the day on which the SEC counts it as filed, its accession number and its main document."""

    filed: str
    accession: str
    document: str


def fetch_company_tickers(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The list of tickers, as of the session, since it has no day of its own."""
    answer = context.web().get(SITE, TICKERS)
    yield payload_from(source, answer, "sec_company_tickers_json", as_of=context.session.isoformat())


def fetch_data_sets(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The data sets of the last complete quarters before the session, oldest first; option quarters says how many,
    else the fiscal years that the studies count.

    A quarter that is not out yet is left out. Raises NotThereError where none is there.
    """
    quarters = _quarters_before(
        context.session, count_option(source, "quarters", _quarters_of(context.fiscal_years_back))
    )
    fetched = 0
    for year, quarter in quarters:
        try:
            answer = context.web().get(SITE_OF_DATA_SETS, DATA_SET.format(year=year, quarter=quarter))
        except NotThereError:
            continue
        fetched += 1
        yield payload_from(source, answer, "sec_fsds_zip")
    if not fetched:
        names = ", ".join(f"{year}q{quarter}" for year, quarter in quarters)
        raise NotThereError(f"the SEC has none of the data sets {names}")


def fetch_annual_reports(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The newest annual report, filed by the session, of companies behind the funds in option members_of (series ids).

    At most option companies_per_night companies are asked for. One that has no such report is skipped; what one that
    fails costs, batches.fetch_each says.
    """
    companies = context.companies(series_option(source, "members_of"))
    companies = companies[: count_option(source, "companies_per_night", COMPANIES_A_RUN)]
    yield from fetch_each(
        [(company.ticker, partial(_annual_report, source, context, company)) for company in companies], "companies"
    )


def _annual_report(source: Source, context: FetchContext, company: Company) -> Payload | None:
    listed = context.web().get(SITE_OF_LISTS, f"/submissions/CIK{company.company_id}.json")
    filing = _newest_report(listed.content, context.session)
    if filing is None:
        return None
    folder = f"/Archives/edgar/data/{int(company.company_id)}/{filing.accession.replace('-', '')}"
    answer = context.web().get(SITE, f"{folder}/{filing.document}", headers={"Accept": "text/html"})
    # Not acceptanceDateTime: for some filers it is UTC and for others New York's clock, with a Z behind either. A time
    # that may be hours too early is worse than the end of the day.
    return payload_from(source, answer, "sec_ixbrl", filing=filing.accession, filed=filing.filed)


def _newest_report(content: bytes, session: date) -> Filing | None:
    """The newest annual report with inline XBRL in a company's list of filings, filed by the session.

    The list has a year of filings at least, or a thousand: older pages of it are not needed.
    """
    try:
        recent = json.loads(content)["filings"]["recent"]
        rows = list(zip(*(recent[column] for column in COLUMNS), strict=True))
        reports = [
            _filing(filed, accession, document)
            for form, filed, accession, document, is_inline in rows
            if form in WHOLE_REPORTS and is_inline
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise FetchError(f"the list of filings can't be read: {type(error).__name__}: {error}") from error
    return max((report for report in reports if report.filed <= session.isoformat()), default=None)


def _filing(filed: str, accession: str, document: str) -> Filing:
    if not re.fullmatch(r"[0-9]{10}-[0-9]{2}-[0-9]{6}", accession) or not re.fullmatch(r"[\w-][\w.-]*", document):
        raise ValueError(f"no accession number and file name: {accession!r}, {document!r}")
    return Filing(date.fromisoformat(filed).isoformat(), accession, document)


def _quarters_of(fiscal_years: int) -> int:
    """So many years of annual reports, at least one, and one more quarter for those that come late."""
    return 4 * max(1, fiscal_years) + 1


def _quarters_before(session: date, count: int) -> list[tuple[int, int]]:
    """(year, quarter) of the quarters that ended before the session's own, oldest first."""
    current = session.year * 4 + (session.month - 1) // 3
    return [(at // 4, at % 4 + 1) for at in range(current - count, current)]
