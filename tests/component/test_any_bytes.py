"""Any bytes become a table or the one documented refusal, whatever the format: seeded changes of every specimen."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from assets.ingest import vendors
from assets.ingest.frames.revenue_geography import end_of_day
from assets.ingest.payload import Payload, PayloadError
from assets.ingest.vendors import UnknownFormatError, parse_payload, parser_for
from tests.support.mutations import mutate
from tests.support.specimens import LEVELS, Specimen, all_specimens

SPECIMENS = {f"{at}-{specimen.format}": specimen for at, specimen in enumerate(all_specimens())}
TIMES = 150


def payload(format: str, content: bytes, options: dict[str, Any]) -> Payload:
    return Payload("acme", "index_level", format, "https://example.org/a", content, options)


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_changed_payload_is_a_table_or_refused(name: str) -> None:
    specimen = SPECIMENS[name]
    random = Random(name)
    for _ in range(TIMES if len(specimen.content) < 20_000 else 10):
        try:
            rows = parser_for(specimen.format)(mutate(specimen.content, random), dict(specimen.options))
        except PayloadError as refusal:
            str(refusal).encode()
        else:
            pa.Table.from_pandas(rows)  # what a database takes


FRED = b"observation_date,RU2000TR\n2026-03-10,7207.07\n2026-03-11,%s\n"
CSV = {"columns": {"date": "d", "level": "l"}, **LEVELS}


@pytest.mark.parametrize("exponent", ["1e99999999999999999999", "1e-99999999999999999999"])
def test_a_number_with_an_exponent_of_twenty_digits_is_refused(exponent: str) -> None:
    with pytest.raises(PayloadError, match=r"is not a number|must be above 0"):
        parse_payload(payload("fred_csv", FRED % exponent.encode(), dict(LEVELS)))


def test_half_of_a_character_is_refused_and_said_in_plain_text() -> None:
    chart = json.dumps({"data": [{"requestId": "\ud800-US"}]}).encode()
    with pytest.raises(PayloadError, match="half of a character") as refusal:
        parse_payload(payload("factset_georev_json", chart, {}))
    str(refusal.value).encode()
    whole = json.dumps({"data": [{"requestId": "\N{GRINNING FACE}"}]}).encode()
    with pytest.raises(PayloadError, match="countryId is missing"):  # both halves are one character
        parse_payload(payload("factset_georev_json", whole, {}))


def test_a_zip_whose_lzma_stream_is_broken_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", b"a,b\n" * 500)
    broken = bytearray(target.getvalue())
    broken[60:70] = bytes(10)
    with pytest.raises(PayloadError, match="zip"):
        parse_payload(payload("kenneth_french_zip", bytes(broken), {"return_basis": "gross", "currency": "USD"}))


def chart(**changed: Any) -> bytes:
    """The specimen of a Yahoo chart with other values of its meta, or of its first close."""
    [specimen] = [one for one in SPECIMENS.values() if one.format == "yahoo_chart_json"][:1]
    tree = json.loads(specimen.content)
    [result] = tree["chart"]["result"]
    result["meta"] |= {name: value for name, value in changed.items() if name != "close"}
    if "close" in changed:
        for group, name in (("quote", "close"), ("adjclose", "adjclose")):
            result["indicators"][group][0][name][0] = changed["close"]
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"close": 10**400}, "is not a number"),
        ({"exchangeTimezoneName": "America/" + "9" * 300}, "time zone is unknown"),
    ],
    ids=["an integer that no float holds", "a zone that no file system takes"],
)
def test_a_chart_with_an_absurd_value_is_refused(changed: dict[str, Any], refusal: str) -> None:
    [specimen] = [one for one in SPECIMENS.values() if one.format == "yahoo_chart_json"][:1]
    with pytest.raises(PayloadError, match=refusal) as refused:
        parse_payload(payload("yahoo_chart_json", chart(**changed), dict(specimen.options)))
    assert "failed with" not in str(refused.value)


def test_millions_that_no_bigint_holds_are_refused() -> None:
    [specimen] = [one for one in SPECIMENS.values() if one.format == "factset_georev_json"]
    tree = json.loads(specimen.content)
    tree["data"][0] |= {"countryId": "US", "countryRevenue": 1e30}
    with pytest.raises(PayloadError, match="countryRevenue is too large"):
        parse_payload(payload("factset_georev_json", json.dumps(tree).encode(), dict(specimen.options)))


def test_a_zip_whose_offsets_lead_out_of_it_is_refused() -> None:
    [specimen] = [one for one in SPECIMENS.values() if one.format == "kenneth_french_zip"]
    moved = specimen.content[: len(specimen.content) - 6] + b"\xff\xff\xff\x7f" + specimen.content[-2:]
    with pytest.raises(PayloadError, match="zip"):
        parse_payload(payload("kenneth_french_zip", moved, dict(specimen.options)))


def test_a_day_before_any_exchange_is_refused_by_its_row() -> None:
    with pytest.raises(PayloadError, match=r"date is before 1700-01-01 \(line 2: 0999"):
        parse_payload(payload("csv", b"d,l\n0999-03-10,1\n2026-03-11,2\n", CSV))
    assert len(parse_payload(payload("csv", b"d,l\n1926-07-01,1\n2026-03-11,2\n", CSV))) == 2


def test_a_filing_of_the_last_year_that_there_is_is_refused() -> None:
    with pytest.raises(PayloadError, match="accepted_on is no day of a filing"):
        end_of_day(pd.Series([pd.Timestamp("2026-03-10"), pd.Timestamp("9999-12-31")]))


def test_what_a_parser_did_not_foresee_is_a_refusal_in_its_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def parse(content: bytes, options: Any) -> pd.DataFrame:
        raise ZeroDivisionError("nobody thought of it")

    monkeypatch.setattr(vendors, "parser_for", lambda format: parse)
    with pytest.raises(PayloadError, match=r"parser of format csv failed with ZeroDivisionError.*nobody thought of it"):
        parse_payload(payload("csv", b"d,l\n", CSV))
    assert "ZeroDivisionError" in caplog.text


def test_an_unknown_format_is_not_taken_for_a_bad_payload() -> None:
    with pytest.raises(UnknownFormatError):
        parse_payload(replace(payload("csv", b"", CSV), format="no_such_format"))


def test_every_format_has_a_specimen() -> None:
    tried = {specimen.format for specimen in SPECIMENS.values()}
    assert isinstance(next(iter(SPECIMENS.values())), Specimen)
    assert set(vendors._parsers()) <= tried
