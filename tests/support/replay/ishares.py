"""iShares replayed: holdings of real files, as the file of a fund's page and as the data behind the page."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from tests.support.replay.route import Route

PRODUCT_DATA = "/varnish-api/blk-one01-product-data/product-data/api/v2/get-product-data"
PAGES = {
    "IWM": ("239710", "ishares-russell-2000-etf"),
    "IVV": ("239726", "ishares-core-sp-500-etf"),
    "IJR": ("239774", "ishares-core-sp-smallcap-etf"),
}
DATA_POINTS = {
    "ticker": ("Ticker", "symbol"), "issueName": ("Name", "name"), "sectorName": ("Sector", "sector"),
    "assetClass": ("Asset Class", "asset_class"), "marketValue": ("Market Value", "market_value"),
    "holdingPercent": ("Weight (%)", "Market Weight", "weight_pct"), "unitsHeld": ("Shares", "Quantity", "shares"),
    "unitPrice": ("Price", "price"), "exchange": ("Exchange", "exchange"), "cusip": ("CUSIP",), "isin": ("ISIN",),
}  # fmt: skip
"""The page's names, and what the files call the same over the years."""
NUMBERS = ("marketValue", "holdingPercent", "unitsHeld", "unitPrice")


def routes(data: Path, day: date | None = None) -> Iterator[Route]:
    """Both layouts of every dated file, by its day and, for the newest of a layout, without one.

    ``day``: of which the newest data behind a page says that it is, instead of its file's, as a live answer does.
    """
    found = {}
    for file in sorted(filter(_day, (data / "holdings").glob("*_2*.csv")), key=_day):
        for asked_for in ({}, {"asOfDate": _day(file)}):
            stated = f"{day:%Y%m%d}" if day and not asked_for else _day(file)
            for path, query, body, media_type in _answers(file, stated):
                asked = {**query, **asked_for}
                found[path, *asked.values()] = Route("ishares", path, body, media_type, query=asked)
    yield from found.values()


def _answers(file: Path, day: str) -> Iterator[tuple[str, dict[str, str], bytes, str]]:
    product_id, slug = PAGES[file.name[:3]]
    content = file.read_bytes()
    body = json.dumps(product_data(content, day)).encode()
    yield PRODUCT_DATA, {"portfolioId": product_id}, body, "application/json"
    if "_holdings_" in file.name:
        yield f"/us/products/{product_id}/{slug}/1467271812596.ajax", {"fileType": "csv"}, content, "text/csv"


def product_data(content: bytes, day: str) -> dict[str, Any]:
    """A file of holdings as the data behind the page: a list a column."""
    rows = _rows(content.decode("utf-8-sig").splitlines())
    points: dict[str, Any] = {"asOfDate": {"name": "asOfDate", "value": int(day)}}
    for name, theirs in DATA_POINTS.items():
        for one in [one for one in theirs if one in rows[0]]:
            cells = [row[one] for row in rows]
            points[name] = {"name": name, "value": [_number(cell) for cell in cells] if name in NUMBERS else cells}
    holdings = {"containersByNameMap": {"all": {"dataPointsByNameMap": points}}}
    return {"componentsByNameMap": {"holdings": holdings}}


def _day(file: Path) -> str:
    found = re.search(r"_(\d{8})\.csv$", file.name)
    return found[1] if found else ""


def _rows(lines: list[str]) -> list[dict[str, str]]:
    """The rows of the table, which a blank line ends."""
    start = next(at for at, line in enumerate(lines) if line.startswith(("Ticker,", '"symbol",')))
    end = next((at for at in range(start, len(lines)) if not lines[at].strip()), len(lines))
    return list(csv.DictReader(lines[start:end]))


def _number(cell: str) -> float | None:
    return None if cell in ("-", "") else float(cell.replace(",", ""))
