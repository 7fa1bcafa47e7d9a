"""The annual filings of the invented companies: what they sell where, as the SEC's data sets have it.

Belongs here: a company's revenue of a fiscal year, what it files of it, and the zip of four files. Does not belong
here: the companies (companies.py), which source gets which file (vendors/sample.py), parsing (vendors/sec).

All is drawn by company and fiscal year from fixed seeds, so what a session sees never changes later.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from assets import calendar
from assets.ingest.parsing.delimited_text import Days
from assets.ingest.sample.companies import (
    INDICES,
    INVALID,
    REPORTED,
    SECTORS,
    SEED,
    Bools,
    Ints,
    cik_number,
    companies,
    company_name,
    company_ticker,
)

FIRST_ACCEPTED = date(2010, 1, 1)
"""No filing is older: geography in data begins with the fiscal years that end late in 2009."""

FILINGS_OF = pd.DateOffset(months=15)
"""How far back the zip of filings reaches: every company's last fiscal year, late filers included."""

AMENDED = 0.02
"""Share of filings that are amended."""

SIC_CODES = (3500, 7372, 6331, 3841, 5651, 2000, 1381, 2800, 6798, 4841, 4911)

SUB_HEADER = (
    "adsh cik name sic countryba stprba cityba zipba bas1 bas2 baph countryma stprma cityma zipma mas1 mas2 countryinc "
    "stprinc ein former changed afs wksi fye form period fy fp filed accepted prevrpt detail instance nciks aciks"
)
NUM_HEADER = "adsh tag version ddate qtrs uom segments coreg value footnote"
TAG_HEADER = "tag version custom abstract datatype iord crdr tlabel doc"
PRE_HEADER = "adsh report line stmt inpth rfile tag version plabel negating"

REVENUES, SEGMENTS = "Revenues", "NumberOfReportableSegments"
CONTRACT, BEFORE_CONTRACT = "RevenueFromContractWithCustomerExcludingAssessedTax", "SalesRevenueNet"
HOME_SALES = "EntityWideDisclosureOnGeographicAreasRevenueFromExternalCustomersAttributedToEntitysCountryOfDomicile"
TAGS = {
    REVENUES: ("monetary", "D", "C", "Revenues"),
    CONTRACT: ("monetary", "D", "C", "Revenue from contracts with customers"),
    BEFORE_CONTRACT: ("monetary", "D", "C", "Net sales"),
    HOME_SALES: ("monetary", "D", "C", "Sales in the country of domicile"),
    SEGMENTS: ("integer", "D", "", "Number of reportable segments"),
}
ABROAD = (
    ("NonUs",),
    ("CA", "Europe", "AsiaPacific"),
    ("CA", "AU", "RestOfWorld"),
    ("EMEA", "LatinAmerica", "AsiaPacific"),
)
"""How companies divide what they sell outside the US."""

REGIONS = ("Americas", "NorthAmerica")


@dataclass(frozen=True)
class Filing:
    """One filing as its rows in the four files; ``accepted`` is its day in New York."""

    accepted: date
    sub: str
    num: str
    pre: str
    version: str


def filings_zip(session: date) -> bytes:
    """The annual filings of the last fifteen months, up to the session before, as a zip of sub, num, tag and pre.

    One row a filing, number, tag and line of a statement, under the headers above. Nothing before the first filing.
    """
    if session <= FIRST_ACCEPTED:
        return b""
    last = calendar.session_before(session)
    first = max((pd.Timestamp(last) - FILINGS_OF).date(), FIRST_ACCEPTED)
    filings = [
        filing
        for year in range(max(first.year - 1, FIRST_ACCEPTED.year - 1), last.year + 1)
        for filing in filings_of(year)
        if first <= filing.accepted <= last
    ]
    return _zipped(filings) if filings else b""


def _zipped(filings: list[Filing]) -> bytes:
    """Equal filings give equal bytes: the files inside carry a fixed time."""
    versions = sorted({filing.version for filing in filings})
    files = {
        "sub.txt": _table(SUB_HEADER, (filing.sub for filing in filings)),
        "num.txt": _table(NUM_HEADER, (filing.num for filing in filings)),
        "tag.txt": _table(TAG_HEADER, _tag_rows(versions)),
        "pre.txt": _table(PRE_HEADER, (filing.pre for filing in filings)),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as folder:
        for name, text in files.items():
            folder.writestr(_entry(name), text, zipfile.ZIP_STORED)  # compressed bytes depend on the zlib build
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
    entry.create_system = 3  # else the bytes depend on the machine's system
    return entry


def _table(header: str, rows: Iterable[str]) -> str:
    return "\n".join([header.replace(" ", "\t"), *rows, ""])


def _tag_rows(versions: list[str]) -> Iterator[str]:
    for version in versions:
        for tag, (datatype, duration, side, label) in TAGS.items():
            yield "\t".join([tag, version, "0", "0", datatype, duration, side, label, label])


@dataclass(frozen=True)
class _Sales:
    """All revenue and that from the US of every company in one fiscal year."""

    total: Ints
    us: Ints


@cache
def filings_of(year: int) -> tuple[Filing, ...]:
    """The annual filings for fiscal years that end in a calendar year, amendments included, by day."""
    all_ = companies()
    rng = np.random.default_rng([SEED, 9, year])
    count = len(all_.group)
    ends = _fiscal_ends(year)
    accepted = _accepted(rng, ends)
    minutes = rng.integers(6 * 60, 21 * 60, count)
    is_amended = (rng.uniform(size=count) < AMENDED) & (all_.kind == REPORTED) & ~all_.is_foreign
    again = np.busday_offset(accepted, rng.integers(15, 45, count), roll="forward")
    factors = rng.choice([0.85, 0.92, 1.06], count)
    files = (ends > all_.start - np.timedelta64(730, "D")) & (ends < all_.end + np.timedelta64(365, "D"))
    sales, before = _sales(year), _sales(year - 1)
    filings = []
    for at in np.flatnonzero(files).tolist():
        numbers = int(sales.total[at]), int(sales.us[at])
        fiscal_year = _Year(at, ends[at].item(), int(before.total[at]), int(before.us[at]))
        filings.append(_filing(fiscal_year, accepted[at].item(), int(minutes[at]), *numbers, is_amendment=False))
        if is_amended[at]:
            us = min(int(numbers[1] * factors[at]) // 1000 * 1000, numbers[0])
            filings.append(_filing(fiscal_year, again[at].item(), int(minutes[at]), numbers[0], us, is_amendment=True))
    return tuple(sorted(filings, key=lambda filing: (filing.accepted, filing.sub)))


@dataclass(frozen=True)
class _Year:
    """A company's fiscal year: its last day, and the revenue of the year before."""

    at: int
    end: date
    total_before: int
    us_before: int


def _fiscal_ends(year: int) -> Days:
    months = np.datetime64(f"{year}-01", "M") + companies().fiscal_month
    return months.astype("datetime64[D]") - 1


def _accepted(rng: np.random.Generator, ends: Days) -> Days:
    """Large companies are first; those that file a 20-F have more time."""
    all_ = companies()
    first, last = (np.array([index.lag[side] for index in INDICES])[all_.group] for side in (0, 1))
    days = first + (last - first) * rng.beta(1.6, 1.6, len(ends)) + 35 * _files_20f()
    filed: Days = np.busday_offset(ends + days.astype(int), 0, roll="forward")
    return filed


def _files_20f() -> Bools:
    """Every second company from abroad; the others file as those of the country do."""
    return companies().is_foreign & (companies().number % 2 == 0)


def _sales(year: int) -> _Sales:
    """Both drift slowly, in steps of the unit that a company reports in."""
    all_ = companies()
    unit = np.array([index.unit for index in INDICES])[all_.group]
    waves = np.sin(year * (0.3 + all_.phase / 15) + all_.phase)
    # Multiples of five units, so that four fifths of them are whole units too.
    total = np.round(all_.revenue * np.exp(all_.growth * (year - 2015) + 0.06 * waves) / (5 * unit)) * 5 * unit
    odds = all_.us_share / (1 - all_.us_share) * np.exp(0.08 * waves)
    us = np.round(total * odds / (1 + odds) / unit) * unit
    us = np.select([all_.kind == INVALID, all_.is_exact], [total * 1.08, total / 5 * 4], us)
    return _Sales(total.round().astype(np.int64), us.round().astype(np.int64))


def _filing(year: _Year, day: date, minute: int, total: int, us: int, *, is_amendment: bool) -> Filing:
    adsh = f"{cik_number(year.at):010d}-{day:%y}-{2 if is_amendment else 1:06d}"
    version = f"us-gaap/{year.end.year}"
    rows = _num_rows(year, total, us)
    num = "\n".join(f"{adsh}\t{tag}\t{version}\t{rest}" for tag, rest in rows)
    tag = rows[0][0]
    pre = "\t".join([adsh, "2", "1", "IS", "0", "H", tag, version, TAGS[tag][-1], "0"])
    return Filing(day, _sub_row(year, adsh, day, minute, is_amendment), num, pre, version)


def _sub_row(year: _Year, adsh: str, day: date, minute: int, is_amendment: bool) -> str:
    all_, at = companies(), year.at
    country = "BM" if all_.is_foreign[at] else "US"
    form = "20-F" if _files_20f()[at] else "10-K"
    # From half past five in the afternoon on, a filing carries the date of the next working day.
    filed = np.busday_offset(day, 1 if minute >= 17 * 60 + 30 else 0, roll="forward").item()
    cells = {
        "adsh": adsh, "cik": str(cik_number(at)), "name": company_name(at), "sic": str(SIC_CODES[at % len(SECTORS)]),
        "countryba": country, "countryma": country, "countryinc": country,
        "stprinc": "DE" if country == "US" else "", "afs": "1-LAF", "wksi": "0", "fye": f"{year.end:%m%d}",
        "form": f"{form}/A" if is_amendment else form, "period": f"{year.end:%Y%m%d}",
        "fy": str(year.end.year - (year.end.month == 1)), "fp": "FY", "filed": f"{filed:%Y%m%d}",
        "accepted": f"{day} {minute // 60:02d}:{minute % 60:02d}:00.0", "prevrpt": "0", "detail": "1",
        "instance": f"{company_ticker(at).lower()}-{year.end:%Y%m%d}.xml", "nciks": "1",
    }  # fmt: skip
    return "\t".join(cells.get(column, "") for column in SUB_HEADER.split())


Row = tuple[str, str]
"""A number's tag, and its cells from ddate on."""


def _num_rows(year: _Year, total: int, us: int) -> list[Row]:
    """What the filing says on revenue, the total first; then numbers that are not the year's, or not the company's."""
    kind, number = int(companies().kind[year.at]), year.at
    tag = _concept(year)
    rows = [_fact(tag, year.end, total), *KIND_ROWS[kind](year, tag, total, us)]
    if tag == CONTRACT and number % 12 == 0:
        # Two concepts, of which only one carries the geography.
        rows.append(_fact(REVENUES, year.end, total // 100 * 103))
    if number % 3 == 0:
        rows.append(_fact(tag, _year_before(year.end), year.total_before))
    if number % 4 == 0:
        rows.append(_fact(tag, year.end, total // 4, quarters=1))
    if number % 40 == 0:
        rows.append(_fact(tag, year.end, total // 2, coreg="ParentCompany"))
    return rows


def _concept(year: _Year) -> str:
    if year.at % 5 < 2:
        return REVENUES
    return CONTRACT if year.end.year >= 2018 else BEFORE_CONTRACT


def _fact(tag: str, day: date, amount: int, segments: str = "", *, quarters: int = 4, coreg: str = "") -> Row:
    return tag, f"{day:%Y%m%d}\t{quarters}\tUSD\t{segments}\t{coreg}\t{amount}.0000\t"


def _count(year: _Year, segments: int) -> Row:
    return SEGMENTS, f"{year.end:%Y%m%d}\t4\tpure\t\t\t{segments}.0000\t"


def _year_before(day: date) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(years=1)).date()


def _geography(year: _Year, tag: str, total: int, us: int, home: str = "US") -> Iterator[Row]:
    yield _fact(tag, year.end, us, f"Geographical={home};")
    members, left = ABROAD[year.at // 3 % len(ABROAD)], total - us
    for member in members[:-1]:
        part = (total - us) * 2 // 5 // 1000 * 1000
        left -= part
        yield _fact(tag, year.end, part, f"Geographical={member};")
    yield _fact(tag, year.end, left, f"Geographical={members[-1]};")


def _reported(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield from _geography(year, tag, total, us)
    if year.at % 3 == 0:
        yield _fact(tag, _year_before(year.end), year.us_before, "Geographical=US;")
        yield _fact(tag, year.end, us * 3 // 5, "Geographical=US;ProductOrService=Product;")
    if year.at % 4 == 0:
        yield _fact(tag, year.end, us // 4, "Geographical=US;", quarters=1)
    if year.at % 40 == 0:
        yield _fact(tag, year.end, us // 2, "Geographical=US;", coreg="ParentCompany")
    yield _count(year, 1 + year.at % 4)


def _implied(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield _count(year, 1)


def _missing(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield _fact(tag, year.end, total * 3 // 5, "BusinessSegments=Services;")
    yield _fact(tag, year.end, total - total * 3 // 5, "BusinessSegments=Products;")
    if year.at % 2:
        yield _count(year, 2)


def _region(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield from _geography(year, tag, total, us, REGIONS[year.at % len(REGIONS)])


def _invalid(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    """More revenue in the US than there is in all."""
    yield _fact(tag, year.end, us, "Geographical=US;")


def _domicile(year: _Year, tag: str, total: int, us: int) -> Iterator[Row]:
    yield _fact(HOME_SALES, year.end, us)
    yield _count(year, 2)


KIND_ROWS: tuple[Callable[[_Year, str, int, int], Iterator[Row]], ...] = (
    _reported, _implied, _missing, _region, _invalid, _domicile,
)  # fmt: skip
"""What a company of each of KINDS files beside its total."""
