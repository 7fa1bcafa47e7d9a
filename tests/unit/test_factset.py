"""FactSet GeoRev answers: what a share and an amount become, and which answers are refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for


def row(**changed: Any) -> dict[str, Any]:
    made = {
        "requestId": "QAAA-US",
        "countryId": "US",
        "countryPercent": 42.5,
        "countryRevenue": 176000.5,
        "countryConfidence": 0.75,
        "currency": "USD",
        "fiscalEndDate": "2025-09-27",
        "reportDate": "2025-10-31",
    }
    return {name: value for name, value in (made | changed).items() if value != "absent"}


def parsed(*rows: dict[str, Any]) -> pd.DataFrame:
    return parser_for("factset_georev_json")(json.dumps({"data": list(rows)}).encode(), {})


def test_an_amount_in_millions_and_its_share_give_both_revenues() -> None:
    found = parsed(row()).iloc[0]
    assert found["us_revenue"] == 176_000_500_000
    assert found["revenue"] == 414_118_823_529  # 176,000.5 / 42.5 %, rounded down
    assert (found["ticker"], found["company_id"], found["status"]) == ("QAAA", "QAAA-US", "reported")
    assert found["confidence"] == 0.75
    assert str(found["accepted_at"]) == "2025-11-01 03:59:59", "the end of the day in New York, summer time"


@pytest.mark.parametrize("percent", [50, 55, 65.5, 80, 95, 100])
def test_a_share_at_a_threshold_stays_at_it(percent: float) -> None:
    found = parsed(row(countryPercent=percent, countryRevenue=1234.567891)).iloc[0]
    assert int(found["us_revenue"]) * 1000 >= int(found["revenue"]) * int(percent * 10)
    assert int(found["us_revenue"]) * 1000 < (int(found["revenue"]) + 2) * int(percent * 10)


def test_a_share_without_an_amount_has_no_currency() -> None:
    found = parsed(row(countryPercent=80.0, countryRevenue=None)).iloc[0]
    assert (found["us_revenue"], found["revenue"]) == (80_000_000, 100_000_000)
    assert pd.isna(found["currency"])


@pytest.mark.parametrize("amount", [None, 0.0004, 0.5, 1234.567891, 250_000.0])
@pytest.mark.parametrize(
    "share", ["79.99", "79.9999", "79.9999999", "79.99999999999999", "80", "80.0000001", "0.00000001"]
)
def test_whole_units_never_move_a_share_over_a_threshold(share: str, amount: float | None) -> None:
    """80 % of a few hundred dollars, rounded to dollars, is 79.9999 % as well: then the share alone is kept."""
    found = parsed(row(countryPercent=float(share), countryRevenue=amount)).iloc[0]
    us, everything = int(found["us_revenue"]), int(found["revenue"])
    for threshold in (80, 79, 81, 50):
        assert (us * 100 >= everything * threshold) == (Decimal(share) >= threshold)
    assert us * 10_000 < 2**127


def test_other_countries_do_not_count_and_no_share_is_missing() -> None:
    found = parsed(row(countryId="AU"), row(countryPercent=None, countryRevenue=None))
    assert list(found["status"]) == ["missing"]
    assert found["us_revenue"].isna().all()


@pytest.mark.parametrize("percent", [-3.0, 100.5])
def test_a_share_outside_0_to_100_is_kept_as_invalid(percent: float) -> None:
    found = parsed(row(countryPercent=percent)).iloc[0]
    assert found["status"] == "invalid"
    assert f"{percent}" in found["reason"]


def test_a_class_of_share_stays_in_the_ticker() -> None:
    assert parsed(row(requestId="QBRK.B-US")).iloc[0]["ticker"] == "QBRK.B"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty"),
        (b"<html><body>login</body></html>", "HTML page"),
        (b'{"data": [', "not JSON, or cut short"),
        (b'{"errors": []}', r"data is missing \(answer: found errors\)"),
        (json.dumps({"data": [row(reportDate="absent")]}).encode(), r"reportDate is missing \(data 1\)"),
        (json.dumps({"data": [row(reportDate="soon")]}).encode(), "reportDate is not a date .*QAAA-US: soon"),
        (json.dumps({"data": [row(countryPercent="many")]}).encode(), "countryPercent is not a number"),
        (json.dumps({"data": [row(countryId="CA")]}).encode(), "no row of country US"),
        (json.dumps({"data": [row(), row()]}).encode(), "given twice"),
    ],
)
def test_a_bad_answer_is_refused_with_its_reason(content: bytes, message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        parser_for("factset_georev_json")(content, {})
