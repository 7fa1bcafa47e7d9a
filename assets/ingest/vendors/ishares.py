"""iShares: the holdings of a fund on one day, as its page shows them and offers them for download.

Belongs here: asking for a fund, the layouts of the file over the years and of the page's data. Does not belong here:
which lines count as companies, which index a fund stands for (the study).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.batches import required_text
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.frames.holding import holdings_frame
from assets.ingest.http.client import Site
from assets.ingest.parsing.delimited_text import Floats, Table, decode, numbers, read_table, text_option
from assets.ingest.parsing.json_text import Records, part, read_json, records
from assets.ingest.parsing.printed_numbers import printed_numbers
from assets.ingest.payload import FetchError, Parser, Payload, PayloadError
from assets.profile import Source

SITE = Site(vendor="ishares", url="https://www.blackrock.com", calls_per_second=0.5)
PRODUCT_DATA = "/varnish-api/blk-one01-product-data/product-data/api/v2/get-product-data"
PAGE = {
    "appType": "PRODUCT_PAGE", "appSubType": "ISHARES", "targetSite": "us-ishares", "locale": "en_US",
    "userType": "individual", "component": "holdings",
}  # fmt: skip

CSV_SITE = Site(vendor="ishares", url="https://www.ishares.com", calls_per_second=0.5)
CSV_FILE = "1467271812596.ajax"

FUNDS = {
    "IWM": {"product_id": "239710", "slug": "ishares-russell-2000-etf", "marks": "2000"},
    "IWB": {"product_id": "239707", "slug": "ishares-russell-1000-etf", "marks": "1000"},
    "IVV": {"product_id": "239726", "slug": "ishares-core-sp-500-etf", "marks": "500"},
    "IJR": {"product_id": "239774", "slug": "ishares-core-sp-smallcap-etf", "marks": "small smallcap 600"},
}
"""A fund's product, the end of its page's address, and which of MARKS its name has had over the years. Options
product_id and slug stand for other funds.
"""

DATA_POINTS = ("componentsByNameMap", "holdings", "containersByNameMap", "all", "dataPointsByNameMap")
PRODUCT_DAY = "asOfDate"
PRODUCT_TEXTS = {
    "name": "issueName", "ticker": "ticker", "asset_class": "assetClass", "sector": "sectorName",
    "cusip": "cusip", "isin": "isin", "exchange": "exchange",
}  # fmt: skip
PRODUCT_MARKET_VALUE, PRODUCT_WEIGHT, PRODUCT_QUANTITY = "marketValue", "holdingPercent", "unitsHeld"
PRODUCT_PRICE = "unitPrice"
"""What the page's data calls its columns: read in code of others, not yet on a real answer. Weights are percent."""

AS_OF = "Fund Holdings as of"
MISSING = ("-", "")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TEXTS = {
    "name": "Name", "ticker": "Ticker", "asset_class": "Asset Class", "sector": "Sector",
    "cusip": "CUSIP", "isin": "ISIN", "exchange": "Exchange",
}  # fmt: skip
OPTIONAL = ("cusip", "isin", "exchange")
PRICE = "Price"
QUANTITY, WEIGHT = ("Shares", "Quantity"), ("Weight (%)", "Market Weight")
ELSEWHERE = {"Nominal": "Quantity", "Issuer Ticker": "Ticker"}
"""What the English sites outside the US call a column."""

CURRENCY = "Market Currency"
VALUE_OF_SHARES_WITHIN = 0.01
"""So much market values may differ from price times quantity: both are rounded, and priced at other minutes."""

MARKS = (
    "100", "400", "500", "600", "1000", "2000", "2500", "3000", "value", "growth", "mid", "midcap", "small", "smallcap",
    "large", "largecap", "micro", "microcap", "total",
)  # fmt: skip
"""Words and numbers in a fund's name that tell it from its sisters."""


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The newest holdings of option ``fund`` (IWM), or those of a past day, option as_of (ISO). Raises FetchError.

    Option layout: ``json``, the data behind the fund's page, or ``csv``, the file that the page offered before.
    """
    fund, layout = required_text(source, "fund"), source.options.get("layout", "json")
    day = {PRODUCT_DAY: _asked_day(source)} if "as_of" in source.options else {}
    product_id, series_id = _of_fund(source, fund, "product_id"), source.options.get("series_id", fund)
    if layout == "json":
        answer = context.web().get(SITE, PRODUCT_DATA, {**PAGE, "portfolioId": product_id, **day})
        yield payload_from(source, answer, "ishares_product_json", series_id=series_id)
    elif layout == "csv":
        path = f"/us/products/{product_id}/{_of_fund(source, fund, 'slug')}/{CSV_FILE}"
        params = {"fileType": "csv", "fileName": f"{fund}_holdings", "dataType": "fund", **day}
        yield payload_from(source, context.web().get(CSV_SITE, path, params), "ishares_csv", series_id=series_id)
    else:
        raise FetchError(f"option layout is json or csv (found {layout!r})")


def _of_fund(source: Source, fund: str, name: str) -> str:
    stands_for_itself = name in source.options or fund not in FUNDS
    return required_text(source, name) if stands_for_itself else FUNDS[fund][name]


def _asked_day(source: Source) -> str:
    stated = required_text(source, "as_of")
    try:
        return date.fromisoformat(stated).strftime("%Y%m%d")
    except ValueError as error:
        raise FetchError(f"option as_of can't be read (found {stated!r})") from error


def parse_product(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """``parse`` of the data behind a fund's page: a list a column. Raises PayloadError.

    The day is the one that the answer itself states, whichever was asked for.
    """
    points = part(read_json(content, number=str), *DATA_POINTS)
    day = _product_day(points)
    table = _product_table(points)
    numbers = {
        "market_value_usd": _numbers(table, PRODUCT_MARKET_VALUE),
        "weight": _numbers(table, PRODUCT_WEIGHT, 0.01),
        "quantity": _numbers(table, PRODUCT_QUANTITY),
    }
    if PRODUCT_PRICE in table.header:
        numbers["price"] = _numbers(table, PRODUCT_PRICE)
    return _holdings(table, text_option(options, "series_id"), day, PRODUCT_TEXTS, numbers)


def _product_day(points: Any) -> date:
    """A day as "20260515", else printed as "May 15, 2026"."""
    point = part(points, PRODUCT_DAY)
    stated = _stated(point)
    if isinstance(stated, str) and re.fullmatch(r"[0-9]{8}", stated):
        try:
            return date.fromisoformat(stated)
        except ValueError:
            pass  # a day that no month has
    return _printed_day(str(stated or ""), PRODUCT_DAY)


def _product_table(points: Mapping[str, Any]) -> Records:
    needed = [*(theirs for ours, theirs in PRODUCT_TEXTS.items() if ours not in OPTIONAL)]
    needed += [PRODUCT_MARKET_VALUE, PRODUCT_WEIGHT, PRODUCT_QUANTITY]
    optional = [*(PRODUCT_TEXTS[ours] for ours in OPTIONAL), PRODUCT_PRICE]
    wanted = needed + [theirs for theirs in optional if theirs in points]
    columns = {name: _column(points, name) for name in wanted}
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) != 1:
        raise PayloadError("columns are of different length", where="holdings", value=str(lengths)[:200])
    return records(wanted, [list(row) for row in zip(*columns.values(), strict=True)])


def _column(points: Mapping[str, Any], name: str) -> list[str]:
    cells = _stated(part(points, name))
    if cells is None:
        raise PayloadError("payload has no holdings: the vendor has none for that day", where=name)
    if not isinstance(cells, list):
        raise PayloadError(f"{name} is not a list", where="holdings", value=str(cells)[:80])
    for row, cell in enumerate(cells, 1):
        if cell is not None and not isinstance(cell, str):
            raise PayloadError(f"{name} is neither a text nor a number", where=f"row {row}", value=str(cell)[:80])
    return ["" if cell is None else cell for cell in cells]


def _stated(point: Any) -> Any:
    """What a data point says: its value, else the value as it is printed."""
    if not isinstance(point, dict) or not {"value", "formattedValue"} & set(point):
        raise PayloadError("data point has neither value nor formattedValue", where="holdings", value=str(point)[:80])
    return point["value"] if point.get("value") is not None else point.get("formattedValue")


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a line of the table: the columns of core.holding that a vendor states. Raises PayloadError.

    Weights are fractions, market values US dollars. Options: series_id, else the first word of ``file_name``;
    as_of (ISO) for the layout without a preamble, where the preamble's own day wins. The English files of the sites
    outside the US are read too, where their market values are dollars.
    """
    lines = list(io.StringIO(decode(content), newline=None))
    start = _header_at(lines)
    end = _end_of_table(lines, start)
    table = read_table(lines[start:end], first_line=start + 1)
    _refuse_rows_behind(lines, end, len(table.header))
    fund = options.get("series_id") or _first_word(text_option(options, "file_name"))
    _refuse_another_fund(lines[:start], fund)
    is_elsewhere = bool(ELSEWHERE.keys() & set(table.header))
    table = replace(table, header=[ELSEWHERE.get(name, name) for name in table.header])
    numbers = {
        "market_value_usd": _numbers(table, "Market Value"),
        "weight": _numbers(table, table.pick(*WEIGHT), 0.01),
        "quantity": _numbers(table, table.pick(*QUANTITY)),
    }
    if PRICE in table.header:
        numbers["price"] = _numbers(table, PRICE)
    if is_elsewhere:
        _refuse_other_money(table, numbers)
    return _holdings(table, fund, _as_of(lines[:start], options), TEXTS, numbers)


def _holdings(
    table: Table, fund: str, day: date, texts: Mapping[str, str], numbers: Mapping[str, Floats]
) -> pd.DataFrame:
    stated: dict[str, Any] = {ours: _texts(table, theirs, ours in OPTIONAL) for ours, theirs in texts.items()}
    return holdings_frame(table, {**stated, **numbers, "series_id": fund, "as_of": pd.Timestamp(day)})


def _header_at(lines: list[str]) -> int:
    for at, line in enumerate(lines):
        if line.startswith(("Ticker,", '"Ticker",', "Issuer Ticker,", '"Issuer Ticker",')):
            return at
    raise PayloadError(
        "no table of holdings: no line begins with Ticker; the English csv of www.ishares.com/us is wanted",
        value=lines[0].strip()[:60],
    )


def _end_of_table(lines: list[str], start: int) -> int:
    """The blank line (a no-break space is blank too) after the rows: without it the table may go on."""
    for at in range(start, len(lines)):
        if not lines[at].strip():
            return at
    last = lines[-1].strip()[:60]
    raise PayloadError(
        "payload is cut short: no blank line ends its table of holdings", where=f"line {len(lines)}", value=last
    )


def _refuse_rows_behind(lines: list[str], end: int, width: int) -> None:
    """Raises PayloadError for a row of the table behind the blank line that ends it; a disclaimer has no numbers."""
    for at in range(end, len(lines)):
        try:
            cells = next(csv.reader([lines[at]]), [])
        except csv.Error:
            continue
        numbers = [cell for cell in cells if re.fullmatch(r"-?[0-9][0-9.,]*", cell.strip())]
        if len(cells) == width and len(numbers) > 1:
            what = "rows stand behind the blank line that ends the table of holdings"
            raise PayloadError(what, where=f"line {at + 1}", value=lines[at].strip()[:60])


def _refuse_other_money(table: Table, numbers: Mapping[str, Floats]) -> None:
    """Outside the US, market values are in the fund's currency, which the file does not name: they are dollars where
    those of shares priced in dollars are price times quantity. Raises PayloadError.
    """
    in_dollars = np.array([cell == "USD" for cell in table.column(CURRENCY)])
    if "price" in numbers:
        values = numbers["price"] * numbers["quantity"]
        ratios = numbers["market_value_usd"][in_dollars & (values > 0)] / values[in_dollars & (values > 0)]
        if len(ratios) and abs(float(np.nanmedian(ratios)) - 1) <= VALUE_OF_SHARES_WITHIN:
            return
    raise PayloadError(
        "nothing says that market values are US dollars: the csv of www.ishares.com/us is wanted",
        where=f"line {table.header_line}",
    )


def _refuse_another_fund(preamble: list[str], fund: str) -> None:
    """Raises PayloadError where the name above the table is that of a sister of a known fund."""
    name = preamble[0].strip().strip('"\ufeff') if preamble else ""
    marks = set(re.split(r"[^a-z0-9]+", name.lower().replace("mid-cap", "midcap").replace("small-cap", "smallcap")))
    if fund in FUNDS and (others := sorted(marks & set(MARKS) - set(FUNDS[fund]["marks"].split()))):
        raise PayloadError(f"holdings are not those of {fund} ({', '.join(others)})", where="line 1", value=name[:80])


def _as_of(preamble: list[str], options: Mapping[str, Any]) -> date:
    for at, line in enumerate(preamble):
        if line.startswith(AS_OF):
            return _printed_day(line.partition(",")[2].strip().strip('"'), f"line {at + 1}")
    if any(line.strip() for line in preamble):
        raise PayloadError(f"no line {AS_OF!r} before the table", value=preamble[0].strip()[:60])
    stated = text_option(options, "as_of")
    try:
        return date.fromisoformat(stated)
    except ValueError as error:
        raise PayloadError("option as_of can't be read", value=stated) from error


def _printed_day(text: str, where: str) -> date:
    """A day such as "Jun 19, 2026", or "19/Jun/2026" outside the US; by our own list of months, since strptime reads
    those of the locale.
    """
    us = re.fullmatch(r"(?P<month>[A-Z][a-z]{2}) (?P<day>[0-9]{1,2}), (?P<year>[0-9]{4})", text)
    match = us or re.fullmatch(r"(?P<day>[0-9]{1,2})[-/ .](?P<month>[A-Z][a-z]{2})[-/ .](?P<year>[0-9]{4})", text)
    try:
        if match and match["month"] in MONTHS:
            return date(int(match["year"]), MONTHS.index(match["month"]) + 1, int(match["day"]))
    except ValueError:
        pass  # a day that no month has
    raise PayloadError("day of the holdings can't be read", where=where, value=text or "empty")


def _texts(table: Table, theirs: str, optional: bool) -> list[str | None] | None:
    if optional and theirs not in table.header:
        return None
    return [None if cell in MISSING else cell for cell in table.column(theirs)]


def _numbers(table: Table, theirs: str, scale: float | None = None) -> Floats:
    printed = printed_numbers(table, theirs, table.column(theirs), MISSING, column=theirs, scale=scale)
    return numbers(table, printed.exact(), theirs, ("",))


def _first_word(file_name: str) -> str:
    match = re.match(r"[A-Za-z0-9]+", file_name)
    if match is None:
        raise PayloadError("option series_id is needed: the file's name begins with no fund", value=file_name)
    return match[0]


FORMATS: dict[str, Parser] = {"ishares_csv": parse, "ishares_product_json": parse_product}
