"""FactSet GeoRev: revenue by country as the vendor's API answers it.

Belongs here: the answer of /factset-georev/v1/countries. Does not belong here: asking for it (a profile's own vendor
module does that), which company a ticker belongs to (core.company).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import pandas as pd

from assets.ingest.payload import Parser, PayloadError
from assets.ingest.vendors._company_revenue import end_of_day
from assets.ingest.vendors._results import result_frame
from assets.ingest.vendors._text import Table, decode

MILLION = 1_000_000
PERCENT_ONLY = 100 * MILLION
"""Stands for all revenue where the answer has a share and no amount; both columns are then without a currency."""

NEEDED = ("requestId", "countryId", "countryPercent", "fiscalEndDate", "reportDate")


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a company and fiscal year: the columns of core.revenue_geography that a vendor states.

    Only rows of country ``US`` count. The answer states the country's revenue in millions and its percent of all
    revenue; all revenue follows from both, rounded down, so that a share at a threshold stays at it. ``company_id`` is
    the id that was asked for (``AAPL-US``), ``ticker`` its part before the last hyphen. Source: FactSet GeoRev API,
    v1. Raises PayloadError.
    """
    rows = [row for row in _data(content) if row["countryId"] == "US"]
    if not rows:
        raise PayloadError("payload has no row of country US")
    table = Table(list(NEEDED), [[] for _ in rows], list(range(1, len(rows) + 1)))
    return result_frame("revenue_geography", table, _columns([_company(row, at) for at, row in enumerate(rows, 1)]))


def _data(content: bytes) -> Sequence[Mapping[str, Any]]:
    text = decode(content)
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise PayloadError("payload is not JSON, or cut short", value=error) from error
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        found = ", ".join(answer) if isinstance(answer, dict) else type(answer).__name__
        raise PayloadError("payload has no list data", value=found[:200])
    for at, row in enumerate(rows, 1):
        lacking = [name for name in NEEDED if not isinstance(row, dict) or name not in row]
        if lacking:
            raise PayloadError(f"{lacking[0]} is missing", where=f"data {at}")
    return rows


def _company(row: Mapping[str, Any], at: int) -> dict[str, Any]:
    where = f"data {at}, {row['requestId']}"
    share = _number(row, "countryPercent", where)
    amount = _number(row, "countryRevenue", where)
    us, everything = _amounts(share, amount)
    reported = _day(row, "reportDate", where)
    problem = None if share is None or 0 <= share <= 100 else f"{share} % of revenue from the US"
    confidence = _number(row, "countryConfidence", where)
    return {
        "company_id": str(row["requestId"]),
        "filing": f"FactSet GeoRev {row['requestId']} {reported}",
        "fiscal_period_end": pd.Timestamp(_day(row, "fiscalEndDate", where)),
        "name": None,
        "ticker": str(row["requestId"]).rpartition("-")[0] or str(row["requestId"]),
        "form": None,
        "accepted_on": pd.Timestamp(reported),
        "revenue": everything,
        "us_revenue": us,
        "currency": row.get("currency") if amount else None,
        "concept": "GeoRev",
        "status": "invalid" if problem else "missing" if share is None else "reported",
        "reason": problem or ("the vendor has no share for the US" if share is None else None),
        "confidence": None if confidence is None else float(confidence),
    }


def _amounts(share: Decimal | None, amount: Decimal | None) -> tuple[int | None, int | None]:
    """US revenue and all revenue in whole units of the currency."""
    if share is None:
        return None, None
    if not amount or share <= 0:
        return _whole(share * MILLION, ROUND_HALF_UP), PERCENT_ONLY
    us = _whole(amount * MILLION, ROUND_HALF_UP)
    return us, _whole(Decimal(us) * 100 / share, ROUND_DOWN)


def _whole(value: Decimal, rounding: str) -> int:
    return int(value.to_integral_value(rounding=rounding))


def _number(row: Mapping[str, Any], name: str, where: str) -> Decimal | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise PayloadError(f"{name} is not a number", where=where, value=value) from error
    if not number.is_finite() or isinstance(value, bool):
        raise PayloadError(f"{name} is not a number", where=where, value=value)
    return number


def _day(row: Mapping[str, Any], name: str, where: str) -> date:
    try:
        return date.fromisoformat(str(row[name])[:10])
    except ValueError as error:
        raise PayloadError(f"{name} is not a date", where=where, value=row[name]) from error


def _columns(companies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns = {name: [company[name] for company in companies] for name in companies[0]}
    return columns | {"accepted_at": end_of_day(pd.Series(columns["accepted_on"]))}


FORMATS: dict[str, Parser] = {"factset_georev_json": parse}
