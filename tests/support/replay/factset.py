"""FactSet GeoRev, replayed: made answers in the API's own shape, for whatever ids are asked.

Belongs here: the vendor's paths and what stands there. Does not belong here: serving (server.py).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from werkzeug import Request

from tests.support.replay.route import Route


def routes(data: Path) -> Iterator[Route]:
    """The countries of GeoRev. Nothing of ``data`` is used: FactSet's figures are licensed, these are made."""
    yield Route("factset", "/factset-georev/v1/countries", _countries)


def _countries(request: Request) -> bytes:
    year = int(request.args["endDate"][:4]) - 1
    rows = [row_of(company, year) for company in request.args["ids"].split(",")]
    return json.dumps({"data": rows}).encode()


def row_of(company: str, year: int) -> dict[str, Any]:
    """A row of a company: its share depends on its id alone."""
    percent = zlib.crc32(company.encode()) % 1001 / 10
    return {
        "date": f"{year}-12-31",
        "fsymId": f"{zlib.crc32(company.encode()):08X}-E",
        "countryId": "US",
        "requestId": company,
        "countryPercent": percent,
        "countryRevenue": percent * 12.5,
        "countryConfidence": 0.75,
        "countryCertaintyRank": 20,
        "countryCertaintyClass": "B",
        "countryName": "United States",
        "currency": "USD",
        "fiscalEndDate": f"{year}-12-31",
        "reportDate": f"{year + 1}-02-20",
    }
