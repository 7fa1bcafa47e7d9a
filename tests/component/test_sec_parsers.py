"""The SEC's formats, in filings made here as the SEC and its filers write them: figures, statuses, every refusal.

Belongs here: one filing or data set at a time. Does not belong here: which filing a figure uses (core, figures).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for
from assets.ingest.vendors.sec.facts import classified, fact_tables
from assets.ingest.vendors.sec.inline import inline_flag, inline_number

SHARED = Path(os.environ.get("ZUHYO_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
GEOGRAPHY = SHARED / "revenue_geography"
needs_real_files = pytest.mark.skipif(
    not (SHARED / "drop.toml").is_file(), reason=f"no real vendor files in {SHARED} (ZUHYO_SHARED_DATA)"
)

CONTRACT = "RevenueFromContractWithCustomerExcludingAssessedTax"
DOMICILE = "EntityWideDisclosureOnGeographicAreasRevenueFromExternalCustomersAttributedToEntitysCountryOfDomicile"
FOREIGN = "IncomeLossFromContinuingOperationsBeforeIncomeTaxesForeign"
SEGMENTS = "NumberOfReportableSegments"
YEAR = (date(2024, 1, 1), date(2024, 12, 31))
YEAR_BEFORE = (date(2023, 1, 1), date(2023, 12, 31))
QUARTER = (date(2024, 10, 1), date(2024, 12, 31))
PRODUCT = ("ProductOrService", "Cola")
FILED = {"file_name": "made-10-k-2025-02-14.html.gz"}
ADSH = "0000001234-25-000001"


@dataclass(frozen=True)
class Amount:
    """A number of a filing, before it is written in some format."""

    concept: str
    value: str | int | None
    member: str | None = None
    other_axis: tuple[str, str] | None = None
    period: tuple[date, date] = YEAR
    unit: str = "USD"
    decimals: str | None = "0"
    attributes: str = ""


def total(value: str | int, concept: str = "Revenues", **more: Any) -> Amount:
    return Amount(concept, value, **more)


def of(member: str, value: str | int, concept: str = "Revenues", **more: Any) -> Amount:
    return Amount(concept, value, member, **more)


def one_segment(count: int = 1) -> Amount:
    return Amount(SEGMENTS, count, unit="segment")


# Writing filings: pages and instances


NAMESPACES = """xmlns:xbrli="http://www.xbrl.org/2003/instance" xmlns:xbrldi="http://xbrl.org/2006/xbrldi"
 xmlns:ix="http://www.xbrl.org/2013/inlineXBRL" xmlns:ixt="http://www.xbrl.org/inlineXBRL/transformation/2020-02-12"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:iso4217="http://www.xbrl.org/2003/iso4217"
 xmlns:us-gaap="http://fasb.org/us-gaap/2024" xmlns:srt="http://fasb.org/srt/2024" xmlns:own="http://own.com/20241231"
 xmlns:country="http://xbrl.sec.gov/country/2024" xmlns:dei="http://xbrl.sec.gov/dei/2024"
 xmlns:ifrs-full="https://xbrl.ifrs.org/taxonomy/2023-03-23/ifrs-full" """
COVER = {
    "EntityCentralIndexKey": "0000001234",
    "EntityRegistrantName": "MADE UP CO",
    "DocumentType": "10-K",
    "AmendmentFlag": "false",
    "EntityIncorporationStateCountryCode": "DE",
    "TradingSymbol": "MADE",
}


def member_name(member: str) -> str:
    """country:US for US, us-gaap:EuropeMember for Europe; a name with a namespace as it is."""
    if ":" in member:
        return member
    return f"country:{member}" if len(member) == 2 else f"srt:{member}Member"


def context_xml(name: str, period: tuple[date, date], axes: Mapping[str, str], cik: str = "0000001234") -> str:
    members = "".join(f'<xbrldi:explicitMember dimension="{a}">{m}</xbrldi:explicitMember>' for a, m in axes.items())
    return (
        f'<xbrli:context id="{name}"><xbrli:entity><xbrli:identifier scheme="http://www.sec.gov/CIK">{cik}'
        f"</xbrli:identifier>{f'<xbrli:segment>{members}</xbrli:segment>' if members else ''}</xbrli:entity>"
        f"<xbrli:period><xbrli:startDate>{period[0]}</xbrli:startDate><xbrli:endDate>{period[1]}</xbrli:endDate>"
        "</xbrli:period></xbrli:context>"
    )


def axes_of(amount: Amount) -> dict[str, str]:
    axes = {"srt:StatementGeographicalAxis": member_name(amount.member)} if amount.member else {}
    return axes | (
        {f"srt:{amount.other_axis[0]}Axis": f"own:{amount.other_axis[1]}Member"} if amount.other_axis else {}
    )


def resources(amounts: Sequence[Amount]) -> str:
    units = {amount.unit for amount in amounts}
    measures = {unit: f"iso4217:{unit}" if unit.isupper() else f"own:{unit}" for unit in units}
    return (
        context_xml("cover", YEAR, {})
        + "".join(context_xml(f"c{at}", amount.period, axes_of(amount)) for at, amount in enumerate(amounts))
        + "".join(f'<xbrli:unit id="{u}"><xbrli:measure>{m}</xbrli:measure></xbrli:unit>' for u, m in measures.items())
    )


def number_attributes(at: int, amount: Amount) -> str:
    decimals = f' decimals="{amount.decimals}"' if amount.decimals else ""
    return f'contextRef="c{at}" unitRef="{amount.unit}"{decimals} {amount.attributes}'


def concept_name(concept: str) -> str:
    return concept if ":" in concept else f"us-gaap:{concept}"


def instance(amounts: Sequence[Amount], **cover: str | None) -> bytes:
    words = "".join(
        f'<dei:{name} contextRef="cover">\n  {text}\n</dei:{name}>'
        for name, text in (COVER | cover).items()
        if text is not None
    )
    numbers = "".join(
        f"<{concept_name(a.concept)} {number_attributes(at, a)}>{a.value}</{concept_name(a.concept)}>"
        for at, a in enumerate(amounts)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><!-- made --><xbrli:xbrl {NAMESPACES}>'
        f"{resources(amounts)}{words}{numbers}</xbrli:xbrl>"
    ).encode()


def page(amounts: Sequence[Amount], **cover: str | None) -> bytes:
    words = "".join(
        f'<p><ix:nonNumeric name="dei:{name}" contextRef="cover">{text}</ix:nonNumeric></p>'
        for name, text in (COVER | cover).items()
        if text is not None
    )
    numbers = "".join(f"<td>{inline_xml(at, amount)}</td>" for at, amount in enumerate(amounts))
    return (
        "<?xml version='1.0' encoding='ASCII'?>\n<!--made-->"
        f'<html xmlns="http://www.w3.org/1999/xhtml" {NAMESPACES}><head><title>10-K</title></head><body>'
        f'<div style="display:none"><ix:header><ix:resources>{resources(amounts)}</ix:resources></ix:header></div>'
        f"{words}<table><tr>{numbers}</tr></table></body></html>"
    ).encode("ascii", "xmlcharrefreplace")


def inline_xml(at: int, amount: Amount) -> str:
    """A number as it is, or printed with its sign apart."""
    text, more = str(amount.value), ""
    if text.startswith("-"):
        text, more = text[1:], ' sign="-"'
    name = concept_name(amount.concept)
    return f'<ix:nonFraction name="{name}" {number_attributes(at, amount)}{more}>{text}</ix:nonFraction>'


def inline_rows(amounts: Sequence[Amount], options: Mapping[str, Any] = FILED, **cover: str | None) -> pd.DataFrame:
    return parser_for("sec_ixbrl")(page(amounts, **cover), options)


# Writing data sets


SUB_ORDERS = {
    "sec": "adsh cik name sic countryba stprba countryinc stprinc fye form period fy fp filed accepted prevrpt",
    "other": "adsh cik name sic fye form period filed accepted fy fp",
}
NUM_ORDERS = {
    "sec": "adsh tag version ddate qtrs uom segments coreg value footnote",
    "other": "adsh tag version ddate qtrs coreg uom value segments footnote",
}
SUBMISSION = {
    "adsh": ADSH, "cik": "1234", "name": '"MADE UP CO', "form": "10-K", "period": "20241231", "fy": "2024",
    "filed": "20250214", "accepted": "2025-02-14 16:05:00.0", "countryba": "US", "countryinc": "US",
}  # fmt: skip


def num_row(amount: Amount, segments: str | None = None, **more: str) -> dict[str, str]:
    """A row of num.txt; dates are rounded to the month's end, as the SEC does."""
    if segments is None:
        member = amount.member and amount.member.rpartition(":")[2].removesuffix("Member")
        axes = {"Geographical": member} if member else {}
        axes |= {amount.other_axis[0]: amount.other_axis[1]} if amount.other_axis else {}
        segments = "".join(f"{axis}={name};" for axis, name in sorted(axes.items()))
    start, end = amount.period
    end = (pd.Timestamp(end) - pd.Timedelta(days=15) + pd.offsets.MonthEnd(0)).date()
    return {
        "adsh": ADSH, "tag": amount.concept.rpartition(":")[2], "ddate": f"{end:%Y%m%d}",
        "version": ADSH if ":" in amount.concept else "us-gaap/2024", "segments": segments,
        "qtrs": str(round((amount.period[1] - start).days / 91.25)), "uom": amount.unit,
        "value": "" if amount.value is None else f"{amount.value}.0000",
    } | more  # fmt: skip


def text_of(rows: Sequence[Mapping[str, str]], order: str, end: str = "\n") -> str:
    names = order.split()
    lines = ["\t".join(names), *("\t".join(row.get(name, "") for name in names) for row in rows)]
    return end.join([*lines, ""])


def zip_of(files: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


def data_set(
    numbers: Sequence[Mapping[str, str]],
    submissions: Sequence[Mapping[str, str]] = (SUBMISSION,),
    order: str = "sec",
    end: str = "\n",
) -> bytes:
    sub, num = text_of(submissions, SUB_ORDERS[order], end), text_of(numbers, NUM_ORDERS[order], end)
    return zip_of({"sub.txt": sub, "num.txt": num, "readme.htm": "<html>"})


def zip_rows(amounts: Sequence[Amount], **submission: str) -> pd.DataFrame:
    numbers = [num_row(amount) for amount in amounts]
    return parser_for("sec_fsds_zip")(data_set(numbers, [SUBMISSION | submission]), {})


def zip_rows_in_other_order(amounts: Sequence[Amount]) -> pd.DataFrame:
    """The order that has no countries; its line ends are Windows'."""
    content = data_set([num_row(amount) for amount in amounts], order="other", end="\r\n")
    return parser_for("sec_fsds_zip")(content, {})


def instance_rows(amounts: Sequence[Amount], **cover: str | None) -> pd.DataFrame:
    return parser_for("sec_xbrl")(instance(amounts, **cover), FILED)


Rows = Callable[[Sequence[Amount]], pd.DataFrame]
EVERY_FORMAT = {
    "zip": zip_rows,
    "zip in the other order": zip_rows_in_other_order,
    "page": inline_rows,
    "instance": instance_rows,
}
every_format = pytest.mark.parametrize("rows_of", EVERY_FORMAT.values(), ids=EVERY_FORMAT)
a_zip_and_a_page = pytest.mark.parametrize("rows_of", [zip_rows, inline_rows], ids=["zip", "page"])
with_domicile = pytest.mark.parametrize("rows_of", [zip_rows, inline_rows, instance_rows], ids=["zip", "page", "inst"])


def only_row(rows: pd.DataFrame) -> dict[str, Any]:
    assert len(rows) == 1
    return {name: None if pd.isna(value) else value for name, value in rows.iloc[0].items()}


def figures(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["status"], row["revenue"], row["us_revenue"]


# What a filing's figure is, whatever the format


@every_format
def test_a_row_has_everything_that_the_filing_says(rows_of: Rows) -> None:
    rows = rows_of([total(680_985), of("US", 557_622), of("NonUs", 123_363)])
    row = only_row(rows)
    assert figures(row) == ("reported", 680_985, 557_622)
    assert (row["company_id"], row["form"], row["currency"], row["concept"]) == (
        "0000001234",
        "10-K",
        "USD",
        "Revenues",
    )
    assert row["fiscal_period_end"] == datetime(2024, 12, 31)
    assert row["accepted_on"] == datetime(2025, 2, 14)
    assert row["reason"] is None
    assert row["confidence"] is None
    assert row["name"].endswith("MADE UP CO")
    assert str(rows["revenue"].dtype) == str(rows["us_revenue"].dtype) == "Int64"
    assert str(rows["accepted_at"].dtype) == "datetime64[us]"


@every_format
def test_total_and_us_figure_are_of_one_concept_and_revenues_comes_first(rows_of: Rows) -> None:
    both = [total(674, CONTRACT), total(680), of("US", 557, CONTRACT), of("US", 556)]
    assert only_row(rows_of(both))["concept"] == "Revenues"
    assert figures(only_row(rows_of(both))) == ("reported", 680, 556)
    second = only_row(rows_of([total(680), total(674, CONTRACT), of("US", 557, CONTRACT)]))
    assert (second["concept"], *figures(second)) == (CONTRACT, "reported", 674, 557)


@every_format
def test_a_us_figure_without_a_total_of_its_concept_is_no_figure(rows_of: Rows) -> None:
    row = only_row(rows_of([total(680), of("US", 557, CONTRACT)]))
    assert figures(row) == ("missing", 680, None)
    assert CONTRACT in row["reason"]


@every_format
def test_a_concept_of_the_filers_own_is_not_the_standard_one(rows_of: Rows) -> None:
    row = only_row(rows_of([total(100), of("US", 60), total(999, "own:Revenues"), of("US", 998, "own:Revenues")]))
    assert figures(row) == ("reported", 100, 60)


@a_zip_and_a_page
@pytest.mark.parametrize("member", ["US", "own:UnitedStatesMember", "own:US", "own:UsMember"])
def test_the_us_is_the_member_that_names_it_and_nothing_else(rows_of: Rows, member: str) -> None:
    assert figures(only_row(rows_of([total(100), of(member, 60)]))) == ("reported", 100, 60)


@a_zip_and_a_page
@pytest.mark.parametrize(
    "member",
    ["own:AUSTRALIAMember", "AU", "Americas", "NorthAmerica", "own:USCanadaMember", "NonUs", "own:RussiaMember"],
)
def test_geography_without_the_us_alone_is_region_only_and_is_named(rows_of: Rows, member: str) -> None:
    row = only_row(rows_of([total(100), of(member, 60), of("Europe", 40)]))
    assert figures(row) == ("region_only", 100, None)
    assert member.rpartition(":")[2].removesuffix("Member") in row["reason"]
    assert "Europe" in row["reason"]


@every_format
def test_two_spellings_of_the_us_count_once(rows_of: Rows) -> None:
    amounts = [total(100), of("US", 60), of("own:UnitedStatesMember", 60), of("Europe", 40)]
    assert figures(only_row(rows_of(amounts))) == ("reported", 100, 60)


RECONCILING = {
    "the US alone": {"US": 60},
    "all members": {"US": 60, "Europe": 40},
    "one per cent above": {"US": 60, "Europe": 41},
    "a part only": {"US": 60, "Europe": 10},
    "negative geography of another member": {"US": 60, "Europe": 55, "own:CorporateMember": -15},
    "eliminations below 0": {"US": 70, "Europe": 50, "own:GeographicEliminationsMember": -20},
    "eliminations above 0": {"US": 60, "Europe": 40, "own:GeographicEliminationsMember": 20},
    "the US and the others, with countries among them": {"US": 60, "NonUs": 40, "DE": 15, "CN": 5},
    "an area beside its countries": {"US": 60, "CA": 10, "Americas": 70, "Europe": 30},
    "areas, with countries out of them": {"US": 60, "DE": 15, "Americas": 70, "Europe": 30},
    "North America beside the US": {"US": 60, "own:OtherMember": 10, "NorthAmerica": 70, "Europe": 30},
}


@a_zip_and_a_page
@pytest.mark.parametrize("members", RECONCILING.values(), ids=RECONCILING)
def test_members_that_reconcile(rows_of: Rows, members: Mapping[str, int]) -> None:
    amounts = [total(100), *(of(name, value) for name, value in members.items())]
    row = only_row(rows_of(amounts))
    assert figures(row) == ("reported", 100, members["US"])
    assert row["reason"] is None


INVALID = {
    "members above the total": ({"US": 60, "Europe": 50, "Asia": 20}, "add up to 130, the total is 100"),
    "more than one per cent above": ({"US": 60, "Europe": 42}, "add up to 102"),
    "the US above the total": ({"US": 101}, "above the total: 101 of 100"),
    "the US below 0": ({"US": -1, "Europe": 101}, "below 0: -1 of 100"),
}


@a_zip_and_a_page
@pytest.mark.parametrize(("members", "reason"), INVALID.values(), ids=INVALID)
def test_an_impossible_figure_is_invalid_and_kept_as_found(
    rows_of: Rows, members: Mapping[str, int], reason: str
) -> None:
    row = only_row(rows_of([total(100), *(of(name, value) for name, value in members.items())]))
    assert figures(row) == ("invalid", 100, members["US"])
    assert reason in row["reason"]


@every_format
def test_no_share_is_taken_of_nothing(rows_of: Rows) -> None:
    assert figures(only_row(rows_of([total(0), of("US", 0)]))) == ("invalid", 0, 0)


@every_format
def test_of_two_axes_none_is_read(rows_of: Rows) -> None:
    crossed = of("US", 55, other_axis=PRODUCT)
    assert figures(only_row(rows_of([total(100), of("US", 60), crossed]))) == ("reported", 100, 60)
    row = only_row(rows_of([total(100), crossed, Amount("Revenues", 30, other_axis=PRODUCT), one_segment()]))
    assert figures(row) == ("missing", 100, None)
    assert "alone" in row["reason"]


@every_format
def test_quarters_are_no_years(rows_of: Rows) -> None:
    amounts = [total(100), of("US", 60), total(30, period=QUARTER), of("US", 29, period=QUARTER)]
    assert figures(only_row(rows_of(amounts))) == ("reported", 100, 60)
    assert figures(only_row(rows_of([total(100), of("US", 29, period=QUARTER)]))) == ("missing", 100, None)


@every_format
def test_shares_and_other_units_are_no_revenue(rows_of: Rows) -> None:
    amounts = [
        total(100),
        of("US", 60),
        *(Amount("Revenues", 7, member, unit="shares") for member in (None, "US", "DE")),
    ]
    assert figures(only_row(rows_of(amounts))) == ("reported", 100, 60)


@every_format
def test_both_figures_are_in_one_currency(rows_of: Rows) -> None:
    yuan = [total(700, unit="CNY"), of("US", 420, unit="CNY"), of("CN", 280, unit="CNY")]
    row = only_row(rows_of([total(100), of("US", 60), *yuan]))
    assert (row["currency"], *figures(row)) == ("CNY", "reported", 700, 420)
    assert only_row(rows_of([total(700, unit="CNY"), of("US", 60)]))["status"] == "missing"


@every_format
def test_a_filing_without_geography_is_missing(rows_of: Rows) -> None:
    row = only_row(rows_of([total(100)]))
    assert figures(row) == ("missing", 100, None)
    assert row["reason"] == "no revenue by geography is given"


@every_format
def test_amounts_are_exact_and_rounded_half_away_from_zero(rows_of: Rows) -> None:
    row = only_row(rows_of([total(9_007_199_254_740_993), of("US", 9_007_199_254_740_991)]))
    assert figures(row) == ("reported", 9_007_199_254_740_993, 9_007_199_254_740_991)


def test_cents_are_rounded_half_away_from_zero() -> None:
    numbers = [num_row(total(0), value="100.5000"), num_row(of("US", 0), value="-2.5000")]
    row = only_row(parser_for("sec_fsds_zip")(data_set(numbers), {}))
    assert figures(row) == ("invalid", 101, -3)


def test_a_foreign_filers_own_taxonomy() -> None:
    """IFRS: another concept, another axis."""
    numbers = [num_row(total(100, "Revenue")), num_row(of("US", 60, "Revenue"), "GeographicalAreas=US;")]
    content = data_set([row | {"version": "ifrs/2023"} for row in numbers], [SUBMISSION | {"form": "20-F"}])
    assert figures(only_row(parser_for("sec_fsds_zip")(content, {}))) == ("reported", 100, 60)
    content = instance([total(100, "ifrs-full:Revenue"), of("US", 60, "ifrs-full:Revenue")], DocumentType="20-F")
    content = content.replace(b"srt:StatementGeographicalAxis", b"ifrs-full:GeographicalAreasAxis")
    assert figures(only_row(parser_for("sec_xbrl")(content, FILED))) == ("reported", 100, 60)


STATE_OR_COUNTRY = ("IL", "KY", "CA", "DE", "IN", "GA", "AL", "AR", "CO", "MA", "MD", "ME", "MN", "MO", "MS", "MT")
"""A state in EDGAR's list, and another country in ISO's."""


@pytest.mark.parametrize("code", STATE_OR_COUNTRY)
def test_a_code_of_the_cover_page_is_read_by_the_list_of_its_element(code: str) -> None:
    amounts = [total(100), total(90, DOMICILE)]
    cover: dict[str, str | None] = {"EntityIncorporationStateCountryCode": None}
    abroad = only_row(inline_rows(amounts, **cover, EntityAddressCountry=code))
    assert (*figures(abroad), abroad["reason"][-2:]) == ("missing", 100, None, code)
    assert only_row(instance_rows(amounts, **cover, EntityAddressCountry=code))["status"] == "missing"
    for element in ("EntityIncorporationStateCountryCode", "EntityAddressStateOrProvince"):
        assert only_row(inline_rows(amounts, **cover | {element: code}))["status"] == "domicile_tag"
    both = {"EntityAddressCountry": code, "EntityAddressStateOrProvince": "DE"}
    assert only_row(inline_rows(amounts, **cover | both))["status"] == "missing"
    assert only_row(zip_rows(amounts, countryinc="", countryba=code, stprba="DE"))["status"] == "missing"
    assert only_row(zip_rows(amounts, countryinc=code, countryba="US", stprinc="DE"))["status"] == "missing"
    assert only_row(zip_rows(amounts, countryinc="", countryba="", stprinc=code))["status"] == "domicile_tag"
    assert only_row(zip_rows(amounts, countryinc="", countryba="", stprba=code))["status"] == "domicile_tag"


@pytest.mark.parametrize(
    ("element", "place", "is_us"),
    [
        ("EntityIncorporationStateCountryCode", "X1", True),
        ("EntityIncorporationStateCountryCode", "Delaware", True),
        ("EntityIncorporationStateCountryCode", "L3", False),
        ("EntityIncorporationStateCountryCode", "E9", False),
        ("EntityIncorporationStateCountryCode", "A6", False),
        ("EntityAddressCountry", "US", True),
        ("EntityAddressCountry", "United States", True),
        ("EntityAddressCountry", "USA", True),
        ("EntityAddressCountry", "X1", False),
        ("EntityAddressCountry", "Georgia", False),
        ("EntityAddressStateOrProvince", "Georgia", True),
        ("EntityAddressStateOrProvince", "ON", False),
    ],
)
def test_places_of_the_cover_page(element: str, place: str, is_us: bool) -> None:
    cover: dict[str, str | None] = {"EntityIncorporationStateCountryCode": None, element: place}
    row = only_row(inline_rows([total(100), total(90, DOMICILE)], **cover))
    assert row["status"] == ("domicile_tag" if is_us else "missing")


@with_domicile
def test_domicile_tag_of_a_us_filer(rows_of: Rows) -> None:
    row = only_row(rows_of([total(100), total(99, CONTRACT), total(83, DOMICILE)]))
    assert (row["concept"], *figures(row)) == ("Revenues", "domicile_tag", 100, 83)
    assert figures(only_row(rows_of([total(100), total(101, DOMICILE)])))[0] == "invalid"
    assert figures(only_row(rows_of([total(100), of("US", 60), total(83, DOMICILE)]))) == ("reported", 100, 60)
    assert figures(only_row(rows_of([total(100), of("Americas", 90), total(83, DOMICILE)])))[0] == "domicile_tag"


def test_domicile_tag_of_a_foreign_filer_is_no_us_figure() -> None:
    amounts = [total(100), total(83, DOMICILE)]
    for row in (
        only_row(zip_rows(amounts, countryinc="KY")),
        only_row(inline_rows(amounts, EntityIncorporationStateCountryCode="E9")),
        only_row(instance_rows(amounts, EntityIncorporationStateCountryCode="E9")),
    ):
        assert figures(row) == ("missing", 100, None)
        assert "country of domicile" in row["reason"]
    assert only_row(zip_rows_in_other_order(amounts))["status"] == "missing"
    assert only_row(inline_rows(amounts, EntityIncorporationStateCountryCode=None))["status"] == "missing"


@with_domicile
def test_one_segment_at_home_is_implied(rows_of: Rows) -> None:
    assert figures(only_row(rows_of([total(100), one_segment()]))) == ("implied_domestic", 100, 100)
    operating = Amount("NumberOfOperatingSegments", 1, unit="segment")
    assert only_row(rows_of([total(100), operating, one_segment(2)]))["status"] == "implied_domestic"
    assert only_row(rows_of([total(100), one_segment(), total(0, FOREIGN)]))["status"] == "implied_domestic"


NOT_IMPLIED = {
    "two segments": [one_segment(2)],
    "one segment and two": [one_segment(), one_segment(2)],
    "foreign income": [one_segment(), total(-5, FOREIGN)],
    "geography of something else": [one_segment(), of("MX", 5, "Assets")],
    "geography of another year": [one_segment(), of("MX", 5, period=YEAR_BEFORE)],
    "nothing said": [],
}


@a_zip_and_a_page
@pytest.mark.parametrize("more", NOT_IMPLIED.values(), ids=NOT_IMPLIED)
def test_not_implied(rows_of: Rows, more: Sequence[Amount]) -> None:
    assert figures(only_row(rows_of([total(100), *more]))) == ("missing", 100, None)


def test_a_foreign_filer_with_one_segment_is_not_implied() -> None:
    amounts = [total(100), one_segment()]
    assert only_row(zip_rows(amounts, countryinc="", countryba="CA"))["status"] == "missing"
    assert only_row(zip_rows(amounts, countryinc="", countryba="US"))["status"] == "implied_domestic"
    assert only_row(inline_rows(amounts, EntityIncorporationStateCountryCode="Ontario"))["status"] == "missing"
    assert only_row(inline_rows(amounts, EntityIncorporationStateCountryCode="Utah"))["status"] == "implied_domestic"


@with_domicile
def test_a_fiscal_year_may_end_in_january(rows_of: Rows) -> None:
    year = (date(2024, 1, 29), date(2025, 2, 2))
    amounts = [total(159_514, CONTRACT, period=year), of("US", 147_007, CONTRACT, period=year)]
    if rows_of is zip_rows:
        row, end = only_row(zip_rows(amounts, period="20250131")), datetime(2025, 1, 31)
    else:
        row, end = only_row(rows_of(amounts)), datetime(2025, 2, 2)
    assert (row["fiscal_period_end"], *figures(row)) == (end, "reported", 159_514, 147_007)


# Facts given more than once


def test_a_fact_given_twice_counts_once() -> None:
    amounts = [total(100), of("US", 60), of("Europe", 40)]
    assert figures(only_row(inline_rows([*amounts, *amounts]))) == ("reported", 100, 60)


def test_of_two_precisions_the_finer_one_counts() -> None:
    rough, exact = of("US", 60_000_000, decimals="-6"), of("US", 60_400_000, decimals="-5")
    for amounts in ([rough, exact], [exact, rough]):
        assert figures(only_row(instance_rows([total(100_000_000), *amounts])))[2] == 60_400_000
    exact = of("US", 60_400_001, decimals="INF")
    assert figures(only_row(instance_rows([total(100_000_000), exact, rough])))[2] == 60_400_001


@every_format
def test_two_values_of_one_precision_are_invalid(rows_of: Rows) -> None:
    row = only_row(rows_of([total(100), of("US", 60), of("US", 61)]))
    assert row["status"] == "invalid"
    assert row["reason"] == "Revenues of US is given as 60 and as 61"
    assert only_row(rows_of([total(100), total(101)]))["status"] == "invalid"


# The data sets


SPELLINGS = [
    "Geographical=US;",
    "Geographical=US",
    "Geographical=UnitedStates;",
    "StatementGeographical=US;",
    "StatementGeographicalAxis=country:US;",
    "us-gaap:StatementGeographicalAxis/country:US",
    "srt:StatementGeographicalAxis/country:US",
    "srt:StatementGeographicalAxis/own:UnitedStatesMember",
    "StatementGeographicalAxis/US",
]


@pytest.mark.parametrize("segments", SPELLINGS)
def test_each_spelling_of_the_axis(segments: str) -> None:
    content = data_set([num_row(total(100)), num_row(of("US", 60), segments)], order="other")
    assert figures(only_row(parser_for("sec_fsds_zip")(content, {}))) == ("reported", 100, 60)


@pytest.mark.parametrize(
    "segments",
    [
        "Geographical=AUSTRALIA;", "srt:StatementGeographicalAxis/country:AU", "Geographical=US;ProductOrService=Cola;",
        "ProductOrService=US;", "ConsolidationItems=GeographicalUS;", "us-gaap:StatementGeographicalAxis/country:AUS",
        "srt:StatementGeographicalAxis/country:US,srt:ProductOrServiceAxis/own:ColaMember",
        "srt:StatementGeographicalAxis/country:US srt:ProductOrServiceAxis/own:ColaMember",
    ],
)  # fmt: skip
def test_what_is_not_the_us_alone(segments: str) -> None:
    content = data_set([num_row(total(100)), num_row(of("US", 60), segments)], order="other")
    assert only_row(parser_for("sec_fsds_zip")(content, {}))["us_revenue"] is None


def test_the_year_before_is_not_the_filings_year() -> None:
    before = [total(90, period=YEAR_BEFORE), of("US", 80, period=YEAR_BEFORE)]
    assert figures(only_row(zip_rows([total(100), of("US", 60), *before]))) == ("reported", 100, 60)
    assert figures(only_row(zip_rows(before))) == ("missing", None, None)


def test_a_filing_without_a_total_is_missing() -> None:
    row = only_row(zip_rows([of("US", 60)]))
    assert figures(row) == ("missing", None, None)
    assert row["currency"] is row["concept"] is None
    assert "no consolidated annual revenue" in row["reason"]
    assert only_row(zip_rows([Amount("Revenues", None), of("US", 60)]))["revenue"] is None


def test_numbers_of_a_co_registrant_are_not_the_filers() -> None:
    numbers = [num_row(total(100)), num_row(of("US", 60)), num_row(of("US", 70), coreg="Subsidiary")]
    assert figures(only_row(parser_for("sec_fsds_zip")(data_set(numbers), {}))) == ("reported", 100, 60)


def test_only_annual_forms_and_amendments_are_rows_of_their_own() -> None:
    forms = ["10-K", "10-K/A", "10-K405", "10-KT", "20-F", "40-F/A", "10-Q", "8-K", "10-K12"]
    filings = [SUBMISSION | {"adsh": f"0000001234-25-{at:06d}", "form": form} for at, form in enumerate(forms)]
    numbers = [num_row(amount, adsh=filing["adsh"]) for filing in filings for amount in (total(100), of("US", 60))]
    rows = parser_for("sec_fsds_zip")(data_set(numbers, filings), {})
    assert rows["form"].tolist() == forms[:6]
    assert rows["filing"].is_unique
    assert set(rows["name"]) == {'"MADE UP CO'}
    assert set(rows["status"]) == {"reported"}


ACCEPTED = {
    "winter": ("2025-02-14 16:05:00.0", "", "2025-02-14 21:05:00", "2025-02-14"),
    "summer": ("2009-08-07 09:10:00.0", "", "2009-08-07 13:10:00", "2009-08-07"),
    "evening": ("2025-02-14 21:30:00", "", "2025-02-15 02:30:00", "2025-02-14"),
    "day only": ("20250701", "20250630", "2025-07-02 03:59:59", "2025-07-01"),
    "ISO day": ("2025-07-01", "", "2025-07-02 03:59:59", "2025-07-01"),
    "midnight is no time": ("2025-07-01 00:00:00.0", "", "2025-07-02 03:59:59", "2025-07-01"),
    "filed": ("", "20250214", "2025-02-15 04:59:59", "2025-02-14"),
}


@pytest.mark.parametrize("order", SUB_ORDERS)
@pytest.mark.parametrize(("accepted", "filed", "at", "on"), ACCEPTED.values(), ids=ACCEPTED)
def test_acceptance_is_new_york_time(accepted: str, filed: str, at: str, on: str, order: str) -> None:
    filing = SUBMISSION | {"accepted": accepted, "filed": filed}
    row = only_row(parser_for("sec_fsds_zip")(data_set([num_row(total(100))], [filing], order), {}))
    assert (row["accepted_at"], row["accepted_on"]) == (pd.Timestamp(at), pd.Timestamp(on))


def test_rows_come_in_the_order_of_acceptance() -> None:
    filings = [
        SUBMISSION | {"adsh": f"0000001234-25-{at:06d}", "accepted": f"2025-02-{day} 16:05:00.0"}
        for at, day in enumerate((20, 14, 17))
    ]
    rows = parser_for("sec_fsds_zip")(data_set([num_row(total(1))], filings), {})
    assert rows["accepted_on"].dt.day.tolist() == [14, 17, 20]


def without_column(name: str, file: str) -> bytes:
    orders = {"sub.txt": SUB_ORDERS["sec"], "num.txt": NUM_ORDERS["sec"]}
    orders[file] = " ".join(column for column in orders[file].split() if column != name)
    return zip_of({"sub.txt": text_of([SUBMISSION], orders["sub.txt"]), "num.txt": text_of([], orders["num.txt"])})


def broken_data_set(numbers: str | bytes) -> bytes:
    head = text_of([], NUM_ORDERS["sec"]).encode()
    tail = numbers if isinstance(numbers, bytes) else numbers.encode()
    return zip_of({"sub.txt": text_of([SUBMISSION], SUB_ORDERS["sec"]), "num.txt": head + tail})


def with_submission(**cells: str) -> bytes:
    return data_set([num_row(total(100))], [SUBMISSION | cells])


GOOD_ZIP = data_set([num_row(total(100)), num_row(of("US", 60))])
BAD_ZIPS = {
    "cut short": (GOOD_ZIP[:-40], "cut short"),
    "cut in its data": (GOOD_ZIP[:60] + b"\0" * 20 + GOOD_ZIP[80:], "cut short or broken"),
    "gzip cut short": (gzip.compress(GOOD_ZIP)[:-20], "its gzip has no end"),
    "no zip": (b"adsh\tcik\n", "no zip"),
    "no numbers": (zip_of({"sub.txt": "adsh\n"}), r"needs one num.txt \(found sub.txt\)"),
    "numbers twice": (zip_of({"sub.txt": "x\n", "num.txt": "x\n", "a/num.txt": "x\n"}), "needs one num.txt"),
    "no segments": (without_column("segments", "num.txt"), r"column segments is missing \(num.txt, line 1"),
    "no coreg": (without_column("coreg", "num.txt"), "column coreg is missing"),
    "no period": (without_column("period", "sub.txt"), r"column period is missing \(sub.txt, line 1"),
    "file cut short": (broken_data_set("abc"), r"cut short: its last line has no line end \(num.txt\)"),
    "row cut short": (broken_data_set("a\tb\n"), r"can't be read as tab-separated.*num.txt, line 2.*Found: 2"),
    "other encoding": (
        zip_of({"sub.txt": text_of([SUBMISSION | {"name": "Café"}], SUB_ORDERS["sec"]).encode("latin-1"),
                "num.txt": text_of([], NUM_ORDERS["sec"])}),
        r"UTF-8 text \(sub.txt, line 2: Invalid unicode",
    ),
    "no rows": (data_set([], []), r"no annual filing \(sub.txt: forms: none\)"),
    "no annual filing": (data_set([], [SUBMISSION | {"form": "10-Q"}]), r"no annual filing \(sub.txt: forms: 10-Q\)"),
    "no acceptance": (with_submission(accepted="", filed=""), f"neither a time of acceptance.*{ADSH}"),
    "acceptance unread": (with_submission(accepted="yesterday"), "time of acceptance can't be read.*yesterday"),
    "no CIK": (with_submission(cik="abc"), r"cik is no CIK \(sub.txt, filing .*: abc\)"),
    "no accession number": (with_submission(adsh="17"), r"adsh is no accession number \(sub.txt, filing 17"),
    "period unread": (with_submission(period="2024-13-31"), "period is no day.*2024-13-31"),
    "filing twice": (data_set([], [SUBMISSION, SUBMISSION]), "row is given twice"),
    "number unread": (data_set([num_row(total(1), value="1,000")]), "value is no number.*Revenues: 1,000"),
    "number with _": (data_set([num_row(total(1), value="1_000")]), "value is no number"),
    "number too large": (data_set([num_row(total(10**18))]), r"below 10\^18"),
    "page": (b"<!DOCTYPE html><html><body>Request Rate Threshold Exceeded</body></html>", "HTML page"),
    "empty": (b" \n", "payload is empty"),
    "nothing": (b"", "payload is empty"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), BAD_ZIPS.values(), ids=BAD_ZIPS)
def test_a_bad_data_set_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        parser_for("sec_fsds_zip")(content, {})


def test_a_number_that_no_figure_needs_may_be_anything() -> None:
    numbers = [num_row(total(100)), num_row(of("US", 60)), num_row(total(0, "Assets"), value="1,000")]
    assert only_row(parser_for("sec_fsds_zip")(data_set(numbers), {}))["status"] == "reported"


def test_a_data_set_may_be_compressed_once_more() -> None:
    assert len(parser_for("sec_fsds_zip")(gzip.compress(GOOD_ZIP), {})) == 1


# Single filings


@pytest.mark.parametrize("rows_of", [inline_rows, instance_rows])
def test_each_annual_period_with_a_total_is_a_row(rows_of: Rows) -> None:
    before = [total(90, period=YEAR_BEFORE), of("US", 80, period=YEAR_BEFORE)]
    without_total = of("US", 70, period=(date(2022, 1, 1), date(2022, 12, 31)))
    rows = rows_of([total(100), of("US", 60), *before, without_total])
    assert rows["fiscal_period_end"].dt.year.tolist() == [2023, 2024]
    assert rows["us_revenue"].tolist() == [80, 60]
    assert set(rows["filing"]) == {"made-10-k-2025-02-14"}


def test_years_have_350_to_380_days() -> None:
    def last_day(days: int) -> tuple[date, date]:
        return date(2024, 1, 1), (pd.Timestamp(2024, 1, 1) + pd.Timedelta(days=days - 1)).date()

    for days in (350, 364, 371, 380):
        assert len(inline_rows([total(100, period=last_day(days))], {"filed": "2025-06-30", "filing": "x"})) == 1
    for days in (349, 381):
        with pytest.raises(PayloadError, match="no consolidated annual revenue"):
            inline_rows([total(100, period=last_day(days))], {"filed": "2025-06-30", "filing": "x"})


def test_figures_of_two_years_with_one_end_are_not_mixed() -> None:
    other = (date(2023, 12, 25), date(2024, 12, 31))
    amounts = [total(100), of("US", 60), of("Europe", 40), total(103, period=other)]
    assert figures(only_row(instance_rows(amounts))) == ("reported", 100, 60)


@pytest.mark.parametrize("rows_of", [inline_rows, instance_rows])
def test_what_the_cover_says(rows_of: Callable[..., pd.DataFrame]) -> None:
    row = only_row(rows_of([total(100)]))
    assert (row["name"], row["ticker"], row["form"]) == ("MADE UP CO", "MADE", "10-K")
    assert only_row(rows_of([total(100)], TradingSymbol=None))["ticker"] is None
    assert only_row(rows_of([total(100)], TradingSymbol="N/A"))["ticker"] is None
    assert only_row(rows_of([total(100)], AmendmentFlag="true"))["form"] == "10-K/A"
    assert only_row(rows_of([total(100)], DocumentType="10-K/A", AmendmentFlag="true"))["form"] == "10-K/A"
    assert only_row(rows_of([total(100)], DocumentType="20-F"))["form"] == "20-F"


def test_the_symbol_of_the_common_stock_not_of_notes() -> None:
    symbols = {"own:CommonStockMember": "MADE", "own:A2550NotesDue2026Member": "MADE26"}
    more = "".join(
        context_xml(symbol, YEAR, {"us-gaap:StatementClassOfStockAxis": member})
        + f'<dei:TradingSymbol contextRef="{symbol}">{symbol}</dei:TradingSymbol>'
        for member, symbol in symbols.items()
    )
    content = instance([total(100)], TradingSymbol=None).replace(b"</xbrli:xbrl>", f"{more}</xbrli:xbrl>".encode())
    assert only_row(parser_for("sec_xbrl")(content, FILED))["ticker"] == "MADE"


def test_facts_about_another_company_are_left_out() -> None:
    other = context_xml("other", YEAR, {}, cik="0000009999")
    fact = '<us-gaap:Revenues contextRef="other" unitRef="USD" decimals="0">777</us-gaap:Revenues>'
    content = instance([total(100)]).replace(b"</xbrli:xbrl>", f"{other}{fact}</xbrli:xbrl>".encode())
    assert figures(only_row(parser_for("sec_xbrl")(content, FILED))) == ("missing", 100, None)


def test_an_axis_without_named_members_is_an_axis() -> None:
    typed = '<xbrldi:typedMember dimension="own:LineAxis"><own:line>1</own:line></xbrldi:typedMember>'
    context = context_xml("typed", YEAR, {"a:b": "c"}).replace(
        '<xbrldi:explicitMember dimension="a:b">c</xbrldi:explicitMember>', typed
    )
    fact = '<us-gaap:Revenues contextRef="typed" unitRef="USD" decimals="0">7</us-gaap:Revenues>'
    content = instance([total(100)]).replace(b"</xbrli:xbrl>", f"{context}{fact}</xbrli:xbrl>".encode())
    assert figures(only_row(parser_for("sec_xbrl")(content, FILED))) == ("missing", 100, None)


def test_scale_sign_and_nil_on_a_page() -> None:
    printed = 'scale="6" format="ixt:num-dot-decimal"'
    amounts = [
        total("680,985", attributes=printed, decimals="-6"),
        of("US", "557,622.5", attributes=printed, decimals="-5"),
        of("Europe", "123,372.5", attributes=printed, decimals="-5"),
        of("own:CorporateMember", "-10", attributes=printed, decimals="-6"),
        of("Asia", "—", attributes='format="ixt:fixed-zero" scale="6"', decimals="-6"),
        of("MX", "", attributes='xsi:nil="true"'),
    ]
    row = only_row(inline_rows(amounts))
    assert figures(row) == ("reported", 680_985_000_000, 557_622_500_000)
    nil = [total(100), of("US", "", attributes='xsi:nil="true"')]
    assert only_row(inline_rows(nil))["status"] == "missing"
    assert only_row(instance_rows(nil))["status"] == "missing"


@pytest.mark.parametrize(
    ("text", "kind", "scale", "sign", "value"),
    [
        ("1,234.56", "ixt:num-dot-decimal", "0", None, "1234.56"),
        ("1.234,56", "ixt:num-comma-decimal", None, "-", "-1234.56"),
        ("1 234,5", "ixt:numspacecomma", "3", None, "1234500"),
        ("557,622", "ixt:numdotdecimal", "6", None, "557622000000"),
        ("1\xa0234", "ixt:num-dot-decimal", "0", None, "1234"),
        ("—", "ixt:fixed-zero", "6", None, "0"),
        ("-", "ixt:zerodash", "6", "-", "0"),
        ("3.0", None, "9", None, "3000000000"),
        ("67", None, "-2", None, "0.67"),
        ("one", "ixt-sec:numwordsen", "0", None, "1"),
        ("Twelve", "ixt-sec:numwordsen", "0", None, "12"),
        ("thirty-eight", "ixt-sec:numwordsen", "0", None, "38"),
        ("Ninety\xa0nine", "ixt-sec:numwordsen", "0", None, "99"),
        ("forty\u2011two", "ixt-sec:numwordsen", "0", None, "42"),
        ("One Hundred and Five", "ixt-sec:numwordsen", "0", None, "105"),
        ("a hundred", "ixt-sec:numwordsen", "0", None, "100"),
        ("two thousand, three hundred", "ixt-sec:numwordsen", "0", None, "2300"),
        ("no", "ixt-sec:numwordsen", "0", None, "0"),
        ("\xa01\u2009234\u2007567\n", "ixt:num-dot-decimal", "0", None, "1234567"),
        ("\xa012\xa0", None, "0", None, "12"),
    ],
)
def test_printed_numbers(text: str, kind: str | None, scale: str | None, sign: str | None, value: str) -> None:
    assert inline_number(text, kind, scale, sign, "here") == Decimal(value)


@pytest.mark.parametrize(
    ("text", "kind", "scale"),
    [("1,234", None, "0"), ("n/a", "ixt:num-dot-decimal", "0"), ("", None, "0"), ("1.2.3", "ixt:num-dot-decimal", "0"),
     ("5", "ixt:unheard-of", "0"), ("5", None, "six"), ("several", "ixt-sec:numwordsen", "0"), ("(5)", None, "0"),
     ("two three", "ixt-sec:numwordsen", "0"), ("twenty-eleven", "ixt-sec:numwordsen", "0"),
     ("one thousand thousand", "ixt-sec:numwordsen", "0"), ("", "ixt-sec:numwordsen", "0")],
)  # fmt: skip
def test_a_printed_number_that_cant_be_read(text: str, kind: str | None, scale: str) -> None:
    with pytest.raises(PayloadError, match="here"):
        inline_number(text, kind, scale, None, "here")


def many_filings(broken: int, of_all: int = 200) -> bytes:
    """A data set of companies with 60 of 100 in the US; the total of some can't be read."""
    names = [f"{n:010d}-25-000001" for n in range(1, of_all + 1)]
    numbers = []
    for at, name in enumerate(names):
        numbers += [num_row(total("1,00" if at < broken else 100), adsh=name), num_row(of("US", 60), adsh=name)]
    numbers.append(num_row(one_segment(), adsh=names[-1], value="some"))
    submissions = [SUBMISSION | {"adsh": name, "cik": str(at)} for at, name in enumerate(names, 1)]
    return data_set(numbers, submissions)


@pytest.mark.parametrize("us", [100_000, 60, 0])
@pytest.mark.parametrize(("changed", "of_all", "passes"), [(20, 40, True), (21, 40, False), (12, 19, True)])
def test_a_data_set_whose_us_figures_miss_the_total_is_refused(
    us: int, changed: int, of_all: int, passes: bool
) -> None:
    """All revenue, or a thousandth, in the place of the true US figure; the other places are as they were."""
    names = [f"{n:010d}-25-000001" for n in range(1, of_all + 1)]
    numbers = [
        num_row(amount, adsh=name)
        for at, name in enumerate(names)
        for amount in (total(100_000), of("US", us if at < changed else 60_000), of("Europe", 25_000), of("JP", 15_000))
    ]
    submissions = [SUBMISSION | {"adsh": name, "cik": str(at)} for at, name in enumerate(names, 1)]
    if passes:
        assert len(parser_for("sec_fsds_zip")(data_set(numbers, submissions), {})) == of_all
        return
    with pytest.raises(
        PayloadError, match=rf"misses the total in {changed} of {of_all} filings .*0000000001-25-000001: "
    ):
        parser_for("sec_fsds_zip")(data_set(numbers, submissions), {})


def test_a_number_that_cant_be_read_costs_its_own_filing_of_a_data_set() -> None:
    rows = parser_for("sec_fsds_zip")(many_filings(2), {}).sort_values("company_id")
    assert rows["status"].tolist() == ["invalid"] * 2 + ["reported"] * 198
    assert rows["reason"].iloc[0] == "Revenues can't be read: 1,00.0000"
    with pytest.raises(PayloadError, match=r"value is no number.*filing 0000000001-25-000001, Revenues: 1,00"):
        parser_for("sec_fsds_zip")(many_filings(3), {})


UNNEEDED = {
    "segments in words": Amount(SEGMENTS, "quite a few", unit="segment", attributes='format="ixt-sec:numwordsen"'),
    "segments in a format that is not known": Amount(SEGMENTS, "3", unit="segment", attributes='format="ixt:unheard"'),
    "income from abroad": Amount(FOREIGN, "n/a"),
    "the year before": total("n/a", period=YEAR_BEFORE),
    "part of the year before": of("US", "n/a", period=YEAR_BEFORE),
    "the country of domicile": total("n/a", DOMICILE),
    "another concept": total("n/a", CONTRACT),
    "a part of another concept": of("US", "n/a", CONTRACT),
    "a quarter": total("n/a", period=QUARTER),
    "a product": Amount("Revenues", "n/a", other_axis=PRODUCT),
}


@pytest.mark.parametrize("amount", UNNEEDED.values(), ids=UNNEEDED)
def test_a_number_that_is_not_needed_costs_no_filing(amount: Amount) -> None:
    rows = inline_rows([total(100), of("US", 60), amount])
    assert figures(only_row(rows)) == ("reported", 100, 60)
    assert rows.attrs["rejected_rows"] == (amount.period != QUARTER and amount.other_axis is None)


@pytest.mark.parametrize(
    ("amount", "others"),
    [
        (total("n/a"), [total(100, CONTRACT), of("US", 60, CONTRACT)]),
        (of("US", "n/a"), [total(100)]),
        (of("DE", "n/a"), [total(100), of("US", 60)]),
        (total("n/a", CONTRACT), [total(100)]),
        (total("n/a", DOMICILE), [total(100)]),
    ],
)
def test_a_number_that_is_needed_and_cant_be_read_is_refused_with_its_place(
    amount: Amount, others: list[Amount]
) -> None:
    with pytest.raises(PayloadError, match=rf"number can't be read \({amount.concept}, line [0-9]+: n/a\)"):
        inline_rows([*others, amount])


def test_what_cant_be_read_implies_nothing() -> None:
    """One segment and no income from abroad would mean that all revenue is domestic."""
    assert only_row(inline_rows([total(100), one_segment()]))["status"] == "implied_domestic"
    for unread in (replace(one_segment(), value="some"), Amount(FOREIGN, "some")):
        assert only_row(inline_rows([total(100), one_segment(), unread]))["status"] == "missing"


def test_a_context_without_a_readable_day_costs_what_needs_it_only() -> None:
    broken = context_xml("odd", YEAR, {}).replace("2024-12-31", "someday").encode()
    content = without(PAGE, b"</ix:resources>", broken + b"</ix:resources>")
    unneeded = b'<ix:nonNumeric name="dei:EntityFilerCategory" contextRef="odd">Large</ix:nonNumeric><table>'
    assert figures(only_row(parser_for("sec_ixbrl")(without(content, b"<table>", unneeded), FILED))) == (
        "reported",
        100,
        60,
    )
    needed = b'<ix:nonFraction name="us-gaap:Revenues" contextRef="odd" unitRef="USD">5</ix:nonFraction><table>'
    with pytest.raises(PayloadError, match=r"date of a context can't be read.*someday"):
        parser_for("sec_ixbrl")(without(content, b"<table>", needed), FILED)


@pytest.mark.parametrize(
    ("stated", "form"),
    [
        ("Form 10-K", "10-K"),
        ("FORM\xa010-K", "10-K"),
        ("10\u2011K", "10-K"),
        ("Form 10-K/A (Amendment No. 1)", "10-K/A"),
        ("10 - K / A", "10-K/A"),
        ("Annual Report on Form 20-F", "20-F"),
        ("10-K405", "10-K405"),
    ],
)
def test_the_form_in_the_words_of_the_cover_page(stated: str, form: str) -> None:
    assert only_row(inline_rows([total(100)], DocumentType=stated))["form"] == form


@pytest.mark.parametrize("stated", ["Form 10-Q", "10-KSB", "8-K", "Form 10", "10-K10", "Proxy for 10-K holders"])
def test_another_form_is_no_annual_report(stated: str) -> None:
    with pytest.raises(PayloadError, match="no annual report"):
        inline_rows([total(100)], DocumentType=stated)


def test_what_a_page_excludes_is_no_part_of_a_name_and_what_it_continues_is() -> None:
    name = "MADE <ix:exclude>Table of Contents <b>7</b></ix:exclude>UP&nbsp;<i>CO</i><ix:exclude/>"
    assert only_row(inline_rows([total(100)], EntityRegistrantName=name))["name"] == "MADE UP\xa0CO"
    cut = without(PAGE, b'EntityRegistrantName" contextRef="cover">MADE UP CO', b'EntityRegistrantName" '
                  b'contextRef="cover" continuedAt="rest">MADE ')  # fmt: skip
    rest = b'<ix:continuation id="rest">UP CO</ix:continuation><table>'
    assert only_row(parser_for("sec_ixbrl")(without(cut, b"<table>", rest), FILED))["name"] == "MADE UP CO"


def test_a_pages_entities_are_read_and_xmls_own_stay() -> None:
    rows = inline_rows(
        [total("1&nbsp;000", attributes='format="ixt:num-dot-decimal"'), of("US", 60)],
        EntityRegistrantName="MADE &amp; &ldquo;UP&rdquo; CO",
    )
    assert (only_row(rows)["name"], only_row(rows)["revenue"]) == ("MADE & “UP” CO", 1000)


def test_a_ballot_box_is_what_it_shows() -> None:
    assert inline_flag("☒", "ixt-sec:boolballotbox")
    assert not inline_flag("☐", "ixt-sec:boolballotbox")
    assert not inline_flag("☒", "ixt:fixed-false")
    assert inline_flag("true", None)


@pytest.mark.parametrize(
    ("filed", "at", "on"),
    [("2025-02-14", "2025-02-15 04:59:59", "2025-02-14"), ("2025-07-01", "2025-07-02 03:59:59", "2025-07-01")],
)
def test_a_single_filing_is_known_at_the_end_of_its_day(filed: str, at: str, on: str) -> None:
    for options in ({"filed": filed, "filing": ADSH}, {"file_name": f"made-10-k-{filed}.htm"}):
        row = only_row(inline_rows([total(100)], options))
        assert (row["accepted_at"], row["accepted_on"]) == (pd.Timestamp(at), pd.Timestamp(on))
    row = only_row(inline_rows([total(100)], {"filed": filed, "filing": ADSH, "file_name": "made-2024-01-01.htm"}))
    assert (row["accepted_on"], row["filing"]) == (pd.Timestamp(on), ADSH)


@pytest.mark.parametrize(
    ("name", "filing"),
    [
        ("made-10-k-2025-02-14.html.gz", "made-10-k-2025-02-14"),
        ("a.10K.2025-02-14.xml", "a.10K.2025-02-14"),
        ("x", "x"),
    ],
)
def test_a_filing_is_named_by_its_file(name: str, filing: str) -> None:
    rows = inline_rows([total(100)], {"file_name": name, "filed": "2025-02-14"})
    assert only_row(rows)["filing"] == filing


UNDATED = {
    "no option at all": ({"filing": ADSH}, "time of acceptance is not in such a file"),
    "no day in the name": ({"file_name": "apple.10K.xbrl.xml.gz"}, "option filed.*apple.10K"),
    "a day that no month has": ({"file_name": "x-2025-02-30.htm"}, "time of acceptance is not in such a file"),
    "two days": ({"file_name": "x-2025-02-14-2025-03-01.htm"}, "one day"),
    "no ISO day": ({"filing": ADSH, "filed": "14.02.2025"}, "option filed is no day"),
    "the period's own day": ({"file_name": "x-2024-12-31.htm"}, "not after the fiscal year's end"),
    "no name": ({"filed": "2025-02-14"}, "option filing"),
}


@pytest.mark.parametrize(("options", "message"), UNDATED.values(), ids=UNDATED)
@pytest.mark.parametrize(("format_", "made"), [("sec_ixbrl", page), ("sec_xbrl", instance)])
def test_a_filing_without_its_day_is_refused(
    format_: str, made: Callable[..., bytes], options: Mapping[str, str], message: str
) -> None:
    with pytest.raises(PayloadError, match=message):
        parser_for(format_)(made([total(100)]), options)


def without(content: bytes, part: bytes, replacement: bytes = b"") -> bytes:
    assert part in content
    return content.replace(part, replacement)


PAGE, INSTANCE = page([total(100), of("US", 60)]), instance([total(100), of("US", 60)])
ENTITY = b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
BOMB = b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
BAD_FILINGS: dict[str, tuple[str, bytes, str]] = {
    "empty": ("sec_ixbrl", b"", "payload is empty"),
    "blank": ("sec_xbrl", b" \n\t", "payload is empty"),
    "page without XBRL": ("sec_ixbrl", b"<!DOCTYPE html><html><body>Blocked</body></html>", "without inline XBRL"),
    "page for an instance": ("sec_xbrl", b"<!DOCTYPE html><html><body>Blocked</body></html>", "root is not xbrl|XML"),
    "inline page for an instance": ("sec_xbrl", PAGE, r"root is not xbrl \(html\)"),
    "text": ("sec_ixbrl", b"Your request was blocked", "without inline XBRL"),
    "instance cut short": ("sec_xbrl", INSTANCE[:-300], "cut short"),
    "page cut short": ("sec_ixbrl", PAGE[:-100], "cut short"),
    "gzip cut short": ("sec_ixbrl", gzip.compress(PAGE)[:-10], "its gzip has no end"),
    "gzip broken": ("sec_xbrl", gzip.compress(INSTANCE)[:40] + b"xxxx" + gzip.compress(INSTANCE)[44:], "gzip"),
    "not well-formed": ("sec_ixbrl", without(PAGE, b"</table>"), "no well-formed XML"),
    "UTF-16": ("sec_xbrl", INSTANCE.decode().encode("utf-16"), "not UTF-8"),
    "entity on a page": ("sec_ixbrl", without(PAGE, b"<html", ENTITY + b"<html"), "declares XML entities"),
    "entity": ("sec_xbrl", without(INSTANCE, b"<xbrli:xbrl", ENTITY + b"<xbrli:xbrl"), "declares XML entities"),
    "growing entity": ("sec_xbrl", without(INSTANCE, b"<xbrli:xbrl", BOMB + b"<xbrli:xbrl"), "declares XML entities"),
    "quarterly": ("sec_ixbrl", page([total(100)], DocumentType="10-Q"), "no annual report.*10-Q"),
    "no form": ("sec_xbrl", instance([total(100)], DocumentType=None), "no annual report.*missing"),
    "no revenue": ("sec_ixbrl", page([of("US", 60)]), "no consolidated annual revenue"),
    "quarters only": ("sec_xbrl", instance([total(100, period=QUARTER)]), "no consolidated annual revenue"),
    "whose": ("sec_xbrl", instance([total(100)], EntityCentralIndexKey="unknown"), "whose it is.*unknown"),
    "number unread": ("sec_xbrl", instance([total("1,000")]), "number can't be read.*Revenues, line"),
    "number unread on a page": ("sec_ixbrl", page([total("1,000")]), "number can't be read.*Revenues, line"),
    "number too large": ("sec_ixbrl", page([total(5, attributes='scale="18"')]), r"not below 10\^18"),
    "decimals": ("sec_xbrl", instance([total(5, decimals="many")]), "decimals is no whole number"),
    "no context": ("sec_xbrl", without(INSTANCE, b'contextRef="c0"', b'contextRef="c9"'), "context.*c9"),
    "no unit": ("sec_xbrl", without(INSTANCE, b'unitRef="USD"', b'unitRef="EUR"'), "unit.*EUR"),
    "date": ("sec_xbrl", without(INSTANCE, b"2024-12-31</xbrli:endDate", b"2024-12-32</xbrli:endDate"), "date of a"),
}


@pytest.mark.parametrize(("format_", "content", "message"), BAD_FILINGS.values(), ids=BAD_FILINGS)
def test_a_bad_filing_is_refused(format_: str, content: bytes, message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        parser_for(format_)(content, FILED)


def test_a_doctype_alone_fetches_nothing() -> None:
    doctype = b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://localhost:9/none.dtd">'
    assert len(parser_for("sec_ixbrl")(without(PAGE, b"<html", doctype + b"<html"), FILED)) == 1


def test_deep_and_large_trees_are_read() -> None:
    deep = b"<div>" * 400 + b"x" * 11_000_000 + b"</div>" * 400
    assert len(parser_for("sec_ixbrl")(without(PAGE, b"<table>", deep + b"<table>"), FILED)) == 1


def test_numbers_nested_in_others_are_read() -> None:
    start = '<ix:nonFraction name="{}" contextRef="c0" unitRef="USD" decimals="0">'
    nested = f"{start.format('us-gaap:Revenues')}1<!--7-->00</ix:nonFraction>"
    outer = f"{start.format('own:Sales')}<b>{nested}</b></ix:nonFraction>"
    content = without(PAGE, b"<table>", f"<p>{outer}</p><table>".encode())
    assert figures(only_row(parser_for("sec_ixbrl")(content, FILED))) == ("reported", 100, 60)


# Company facts and tickers


COMPANY_FACTS = json.dumps({"cik": 1234, "entityName": "MADE UP CO", "facts": {"us-gaap": {"Revenues": {}}}}).encode()


@pytest.mark.parametrize(
    "format_", ["sec_companyfacts_json", "sec_fsds_zip", "sec_ixbrl", "sec_xbrl", "sec_company_tickers_json"]
)
def test_company_facts_are_refused_with_what_to_use_instead(format_: str) -> None:
    for content in (COMPANY_FACTS, gzip.compress(COMPANY_FACTS)):
        with pytest.raises(PayloadError, match=r"company facts carry no geography.*Financial Statement Data Sets"):
            parser_for(format_)(content, FILED | {"as_of": "2026-01-01"})


TICKERS = {
    "0": {"cik_str": 789019, "ticker": "MSFT", "title": "MICROSOFT CORP"},
    "1": {"cik_str": 320193, "ticker": "AAPL", "title": "Apple Inc."},
}
TICKER_TABLE = {
    "fields": ["cik", "name", "ticker", "exchange"],
    "data": [[789019, "MICROSOFT CORP", "MSFT", "Nasdaq"], [320193, "Apple Inc.", "AAPL", None]],
}
AS_OF = {"as_of": "2026-08-22"}


def tickers(loaded: Any, options: Mapping[str, Any] = AS_OF) -> pd.DataFrame:
    return parser_for("sec_company_tickers_json")(json.dumps(loaded).encode(), options)


@pytest.mark.parametrize("loaded", [TICKERS, TICKER_TABLE], ids=["companies", "fields and data"])
def test_tickers(loaded: Any) -> None:
    rows = tickers(loaded)
    assert list(rows.columns) == ["ticker", "as_of", "company_id", "name"]
    assert rows["company_id"].tolist() == ["0000789019", "0000320193"]
    assert rows["ticker"].tolist() == ["MSFT", "AAPL"]
    assert rows["name"].tolist() == ["MICROSOFT CORP", "Apple Inc."]
    assert set(rows["as_of"]) == {pd.Timestamp("2026-08-22")}


def test_a_ticker_twice_of_one_company_counts_once() -> None:
    rows = tickers(TICKERS | {"2": {"cik_str": 320193, "ticker": "AAPL", "title": "APPLE AGAIN"}})
    assert rows["name"].tolist() == ["MICROSOFT CORP", "Apple Inc."]


BAD_ENTRIES: dict[str, Any] = {
    "no ticker": {"cik_str": 7, "title": "x"},
    "an empty name": {"cik_str": 7, "ticker": "BAD", "title": " "},
    "no CIK": {"cik_str": "x1", "ticker": "BAD", "title": "x"},
    "CIK of nobody": {"cik_str": 0, "ticker": "BAD", "title": "x"},
    "CIK too long": {"cik_str": 12345678901, "ticker": "BAD", "title": "x"},
    "a number": 7,
    "nothing": None,
}


@pytest.mark.parametrize("bad", BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_one_bad_entry_costs_itself_only_and_is_named(bad: Any) -> None:
    rows = tickers({"0": TICKERS["0"], "x": bad, "1": TICKERS["1"]})
    assert rows["ticker"].tolist() == ["MSFT", "AAPL"]
    assert rows.attrs["rejected_rows"] == 1
    assert "entry 1" in rows.attrs["left_out"][0]
    table = TICKER_TABLE | {"data": [*TICKER_TABLE["data"], [1, "x", "BAD"]]}
    assert tickers(table)["ticker"].tolist() == ["MSFT", "AAPL"]


def test_a_ticker_of_two_companies_is_neithers() -> None:
    rows = tickers(TICKERS | {"2": {"cik_str": 5, "ticker": "AAPL", "title": "x"}})
    assert rows["ticker"].tolist() == ["MSFT"]
    assert rows.attrs["left_out"] == ["ticker is given twice, for two companies (entry 1: AAPL: 5 and 320193)"]


@pytest.mark.parametrize(("good", "bad", "passes"), [(400, 10, True), (400, 11, False), (38, 2, True), (37, 3, False)])
def test_more_than_a_few_bad_entries_refuse_the_list(good: int, bad: int, passes: bool) -> None:
    entries: dict[str, Any] = {str(n): {"cik_str": n, "ticker": f"T{n}", "title": "x"} for n in range(1, good + 1)}
    entries |= {f"bad {n}": {"cik_str": 7, "title": "x"} for n in range(bad)}
    if passes:
        assert len(tickers(entries)) == good
    else:
        with pytest.raises(PayloadError, match=rf"{bad} entries of the list can't be used, the first: ticker is miss"):
            tickers(entries)


@pytest.mark.parametrize("cik", [320193.0, "320193.0", "CIK0000320193", "0000320193"])
def test_ciks_of_the_list_in_other_spellings(cik: Any) -> None:
    assert tickers({"0": {"cik_str": cik, "ticker": "AAPL", "title": "x"}})["company_id"].tolist() == ["0000320193"]


BAD_TICKERS: dict[str, tuple[bytes, Mapping[str, Any], str]] = {
    "two companies": (
        json.dumps({"0": TICKERS["1"], "2": {"cik_str": 5, "ticker": "AAPL", "title": "x"}}).encode(),
        AS_OF,
        "ticker is given twice, for two companies.*entry 0: AAPL: 5 and 320193",
    ),
    "no day": (json.dumps(TICKERS).encode(), {}, "option as_of is needed"),
    "bad day": (json.dumps(TICKERS).encode(), {"as_of": "August"}, "option as_of can't be read"),
    "cut short": (json.dumps(TICKERS).encode()[:-9], AS_OF, "cut short"),
    "empty": (b"", AS_OF, "payload is empty"),
    "page": (b"<html><body>Blocked</body></html>", AS_OF, "HTML page"),
    "no entries": (b"{}", AS_OF, "no rows"),
    "list": (b"[1, 2]", AS_OF, "no list of tickers"),
    "no column": (b'{"fields": ["cik", "name"], "data": []}', AS_OF, "column ticker is missing.*found"),
    "short entry": (b'{"fields": ["cik", "name", "ticker"], "data": [[1, "x"]]}', AS_OF, "entry has not 3 fields"),
    "no ticker": (b'{"0": {"cik_str": 1, "title": "x"}}', AS_OF, r"ticker is missing.*entry 0"),
    "no CIK": (b'{"0": {"cik_str": "x1", "ticker": "A", "title": "x"}}', AS_OF, "company_id is no CIK"),
}


@pytest.mark.parametrize(("content", "options", "message"), BAD_TICKERS.values(), ids=BAD_TICKERS)
def test_a_bad_list_of_tickers_is_refused(content: bytes, options: Mapping[str, Any], message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        parser_for("sec_company_tickers_json")(content, options)


# Real files, and answers taken from them by others


ANSWERS = "derived_geo_revenue_facts_from_edgartools_fixtures.csv"
REAL_FILINGS = {
    "hd-10-k-2025-03-21": "ixbrl_10k/hd-10-k-2025-03-21.html.gz",
    "wmt-10-k-2025-03-14": "ixbrl_10k/wmt-10-k-2025-03-14.html.gz",
    "adbe-10-k-2025-01-13": "ixbrl_10k/adbe-10-k-2025-01-13.html.gz",
    "ko-10-k-2025-02-20": "ixbrl_10k/ko-10-k-2025-02-20.html.gz",
    "unp-10-k-2025-02-07": "ixbrl_10k/unp-10-k-2025-02-07.html.gz",
    "apple.10K.xbrl": "xbrl_instance/apple.10K.xbrl.xml.gz",
    "crr.xbrl": "xbrl_instance/crr.xbrl.xml.gz",
}


def answers() -> list[dict[str, str]]:
    """Facts of fiscal years, with the bare name of their concept."""
    with (GEOGRAPHY / ANSWERS).open(encoding="utf-8") as file:
        rows = [row | {"concept": row["concept"].rpartition(":")[2]} for row in csv.DictReader(file)]
    return [
        row for row in rows if 349 <= (date.fromisoformat(row["end"]) - date.fromisoformat(row["start"])).days < 380
    ]


def real_rows(path: str) -> pd.DataFrame:
    format_ = "sec_ixbrl" if path.startswith("ixbrl") else "sec_xbrl"
    # the two old instances carry no day in their names; they were filed on these
    filed = {"apple.10K.xbrl.xml.gz": "2022-10-28", "crr.xbrl.xml.gz": "2018-03-05"}
    name = path.partition("/")[2]
    options = {"file_name": name} | ({"filed": filed[name]} if name in filed else {})
    return parser_for(format_)((GEOGRAPHY / path).read_bytes(), options)


@needs_real_files
@pytest.mark.parametrize(("source", "path"), REAL_FILINGS.items(), ids=REAL_FILINGS)
def test_real_filings_agree_with_the_answers(source: str, path: str) -> None:
    expected = {
        (row["end"], row["concept"], row["geo_member"]): int(float(row["value"]))
        for row in answers()
        if Path(row["source_path"]).stem == source
    }
    rows = real_rows(path)
    differences = []
    for row in rows.itertuples():
        year = str(row.fiscal_period_end.date())
        us_revenue = None if pd.isna(row.us_revenue) else row.us_revenue
        found = (row.revenue, us_revenue)
        answer = expected.get((year, row.concept, "")), expected.get((year, row.concept, "country:US"))
        if found != answer:
            differences.append(f"{row.name} {year} {row.concept}: found {found}, answer {answer}")
    assert not differences
    assert {year for year, *_ in expected} == {str(end.date()) for end in rows["fiscal_period_end"]}


@needs_real_files
def test_known_shares_of_real_filings() -> None:
    shares = {}
    for source in ("hd-10-k-2025-03-21", "wmt-10-k-2025-03-14"):
        row = real_rows(REAL_FILINGS[source]).iloc[-1]
        shares[row["ticker"]] = (row["us_revenue"], row["revenue"], f"{row['us_revenue'] / row['revenue']:.1%}")
    assert shares == {
        "HD": (147_007_000_000, 159_514_000_000, "92.2%"),
        "WMT": (557_622_000_000, 680_985_000_000, "81.9%"),
    }


@needs_real_files
def test_statuses_of_real_filings() -> None:
    found = {source: real_rows(path)["status"].unique().tolist() for source, path in REAL_FILINGS.items()}
    assert found == {
        "hd-10-k-2025-03-21": ["reported"],
        "wmt-10-k-2025-03-14": ["reported"],
        "adbe-10-k-2025-01-13": ["reported"],
        "ko-10-k-2025-02-20": ["reported"],
        "unp-10-k-2025-02-07": ["region_only"],  # Mexico is all that it names
        "apple.10K.xbrl": ["reported"],
        "crr.xbrl": ["missing"],  # its geography is on two axes
    }


@needs_real_files
def test_a_real_instance_without_its_day_is_refused() -> None:
    content = (GEOGRAPHY / REAL_FILINGS["apple.10K.xbrl"]).read_bytes()
    with pytest.raises(PayloadError, match="time of acceptance is not in such a file"):
        parser_for("sec_xbrl")(content, {"file_name": "apple.10K.xbrl.xml.gz"})


@needs_real_files
def test_no_real_company_is_invalid() -> None:
    """Every filing of the answers through the rules: how companies really overlap areas and countries."""
    with fact_tables() as connection:
        facts = answers()
        for source, cik in sorted({(row["source_path"], row["cik"]) for row in facts}):
            connection.execute(
                "INSERT INTO filing VALUES (?, ?, NULL, NULL, '10-K', ?, 'US', true, false, false, NULL)",
                [source, cik, datetime(2025, 12, 1)],
            )
        years = sorted({(row["source_path"], row["end"]) for row in facts})
        connection.executemany("INSERT INTO period VALUES (?, ?)", years)
        connection.executemany(
            "INSERT INTO fact VALUES (?, ?, ?, 'USD', ?, ?, ?)",
            [(row["source_path"], row["end"], row["concept"], row["geo_member"] or None, row["value"],
              row["decimals"]) for row in facts],
        )  # fmt: skip
        rows = classified(connection)
    assert len(rows) == len(years) == 99
    assert set(rows["status"]) == {"reported", "region_only", "missing"}
    named = rows[rows["status"] == "reported"].set_index(["filing", "fiscal_period_end"])["us_revenue"]
    assert len(named) == len({(row["source_path"], row["end"]) for row in facts if row["geo_member"] == "country:US"})


@needs_real_files
@pytest.mark.parametrize(("name", "filings"), [("2009q3.zip", 1), ("20250701.zip", 2)])
def test_real_data_sets(name: str, filings: int) -> None:
    rows = parser_for("sec_fsds_zip")((GEOGRAPHY / "fsds" / name).read_bytes(), {})
    assert len(rows) == filings
    assert set(rows["status"]) == {"missing"}


@needs_real_files
def test_the_real_time_of_acceptance() -> None:
    row = only_row(parser_for("sec_fsds_zip")((GEOGRAPHY / "fsds" / "2009q3.zip").read_bytes(), {}))
    assert (row["name"], row["revenue"]) == ("OPEN TEXT CORP", 785_665_000)
    assert row["accepted_at"] == datetime(2009, 8, 21, 20, 34)


@needs_real_files
@pytest.mark.parametrize("name", ["lpa_facts.json.gz", "snow_facts.json.gz"])
def test_real_company_facts_are_refused(name: str) -> None:
    for format_ in ("sec_companyfacts_json", "sec_xbrl", "sec_ixbrl", "sec_fsds_zip"):
        with pytest.raises(PayloadError, match="company facts carry no geography"):
            parser_for(format_)((GEOGRAPHY / "companyfacts" / name).read_bytes(), {"file_name": name})


@needs_real_files
def test_the_real_list_of_tickers() -> None:
    content = (SHARED / "membership" / "sec_company_tickers.json").read_bytes()
    rows = parser_for("sec_company_tickers_json")(content, AS_OF)
    assert len(rows) == len(json.loads(content))
    assert rows["ticker"].is_unique
    assert rows.set_index("ticker")["company_id"][["MSFT", "WMT", "HD"]].tolist() == [
        "0000789019", "0000104169", "0000354950",
    ]  # fmt: skip
