"""Investment Trusts Association, Japan: a fund's NAVs since its start, and the answers of its search of funds.

Belongs here: the two layouts, and the answers that mean "no". Does not belong here: asking for them
(fetching.py), what a fund's row must hold (frames/fund.py), which funds count (the study).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from assets.ingest.fetching import Fetch, FetchContext
from assets.ingest.frames.fund import funds_frame, navs_frame
from assets.ingest.parsing.delimited_text import Days, Table, dates, numbers, read_csv, text_option
from assets.ingest.parsing.json_text import Records, read_json, records
from assets.ingest.parsing.printed_numbers import printed_numbers, whole_amounts
from assets.ingest.parsing.units import AMOUNT, FRACTION
from assets.ingest.payload import FetchError, Parser, Payload, PayloadError
from assets.ingest.vendors.toushin.fetching import fetch_funds, fetch_navs
from assets.profile import Source

ENCODING = "cp932"
"""What the site calls Shift_JIS: plain shift_jis knows neither － and ～ nor ① and 髙, of which names are made."""

DAY, NAV, NET_ASSETS, DISTRIBUTION = "年月日", "基準価額(円)", "純資産総額（百万円）", "分配金"
DATE_FORMAT = "%Y年%m月%d日"
MISSING = ("", "-", "—", "―", "－")
MILLION, PERCENT = 1e6, 0.01

LISTS = ("resultInfoMapList", "resultInfoArray")
"""The list of funds, as the site calls it now and as it did before."""

NEEDED = (
    "isinCd", "fundNm", "entrustCmpNm", "standardPrice", "totalNetAssets", "trustReward", "standardPriceRa1y",
    "standardPriceRa3y",
)  # fmt: skip
NO_DAY = "99999999"
"""The redemption date of a fund that has none."""


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The payloads of a source, whose dataset says what is asked for (fetching.py). Raises FetchError."""
    chosen = FETCHES.get(source.dataset)
    if chosen is None:
        raise FetchError(f"the library of funds has no {source.dataset}; there are: {', '.join(sorted(FETCHES))}")
    yield from chosen(source, context)


def parse_navs(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a day, sorted: the columns of core.fund_nav that a vendor states. Raises PayloadError.

    The fund is option fund_id, else association_code, else what ``file_name`` has after ``nav_``. The text is
    Shift_JIS, whatever the site's header says; option encoding is for a file that a person saved anew.
    """
    _refuse_answer_without_navs(content, options)
    table = read_csv(content, options.get("encoding", ENCODING))
    days = dates(table, table.column(DAY), DATE_FORMAT)
    nav, distribution = (_exact(table, name) for name in (NAV, DISTRIBUTION))
    net_assets = _exact(table, NET_ASSETS, MILLION)
    if not table.rows:
        raise PayloadError(
            "payload has a header and no rows: the site has no NAV for these codes; check that isinCd and associFundCd "
            "are of one fund, and that it has started",
            where=f"line {table.header_line}",
        )
    return navs_frame(
        table,
        {
            "fund_id": _fund_of(options),
            "date": days.astype("datetime64[us]"),
            "nav_jpy": numbers(table, nav, NAV, ("",), days),
            "net_assets_jpy": whole_amounts(table, NET_ASSETS, net_assets),
            "distribution_jpy": numbers(table, distribution, DISTRIBUTION, ("",), days),
        },
    )


def parse_search(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a fund, in the answer's order: the columns of core.fund that a vendor states. Raises PayloadError.

    A payload is a page or a JSON list of pages, and must have all rows that it counts; option page_of = true says
    that it is one page of several.
    """
    pages = [_page(answer, at) for at, answer in enumerate(_answers(content), 1)]
    table = _table(pages)
    if options.get("page_of") is not True:
        _refuse_incomplete(pages, len(table.rows))
    if not table.rows:
        raise PayloadError("payload has no rows: the search found no fund; widen what is searched for")
    return funds_frame(
        table,
        {
            "fund_id": _texts(table, "isinCd"),
            "valuation_date": _days(table, "standardDate"),
            "association_code": _texts(table, "associFundCd"),
            "name": _texts(table, "name"),
            "manager": _texts(table, "entrustCmpNm"),
            "net_assets_jpy": whole_amounts(table, "totalNetAssets", _exact(table, "totalNetAssets", MILLION)),
            "nav_jpy": numbers(table, _exact(table, "standardPrice"), "standardPrice", ("",)),
            "expense_ratio": _fractions(table, "trustReward"),
            "return_1y": _fractions(table, "standardPriceRa1y"),
            "return_3y": _fractions(table, "standardPriceRa3y"),
            "redeemed_on": _days(table, "redemptionDate"),
        },
    )


def _refuse_answer_without_navs(content: bytes, options: Mapping[str, Any]) -> None:
    start = content.strip()
    if not start:
        raise PayloadError(
            "payload is empty: the site answered without a file; check isinCd and associFundCd, and ask again later",
            value=f"{len(content)} bytes",
        )
    _refuse_missing_parameter(start, "ask with both isinCd and associFundCd")
    if start.startswith((b"{", b"[")):
        raise PayloadError("payload is JSON, not a file of NAVs; ask csv-file-download for it", value=_shown(start))
    if "encoding" not in options and DAY.encode() in content[:200]:
        raise PayloadError('payload is UTF-8, not Shift_JIS; if a person saved it anew, set encoding = "utf-8-sig"')


def _refuse_missing_parameter(content: bytes, advice: str) -> None:
    if re.fullmatch(rb'\{\s*"statusCode"\s*:\s*null\s*\}', content.strip()):
        what = f"payload is the site's answer to a missing parameter; {advice}"
        raise PayloadError(what, value=_shown(content))


def _fund_of(options: Mapping[str, Any]) -> str:
    for name in ("fund_id", "association_code"):
        if name in options:
            return text_option(options, name)
    file_name = options.get("file_name", "")
    match = re.match(r"nav_([0-9A-Za-z]+)", file_name)
    if match is None:
        raise PayloadError("option fund_id is needed: the file's name is not nav_ and a fund's code", value=file_name)
    return match[1]


def _answers(content: bytes) -> list[Any]:
    _refuse_missing_parameter(content, "ask the search with all of its fields")
    read = read_json(content, number=str)  # 0.57 % and a trillion yen lose nothing on the way
    answers = read if isinstance(read, list) else [read]
    if not answers:
        raise PayloadError("payload is an empty list of pages", value=_shown(content))
    return answers


def _page(answer: Any, at: int) -> Mapping[str, Any]:
    """What an answer says of its search; in ``rows`` its funds."""
    info = answer.get("searchResultInfo", answer) if isinstance(answer, dict) else None
    lists = [name for name in LISTS if isinstance(info, dict) and isinstance(info.get(name), list)]
    if not isinstance(info, dict) or not lists:
        keys = ", ".join(info) if isinstance(info, dict) else type(info if info is not None else answer).__name__
        raise PayloadError(f"answer has no list {' or '.join(LISTS)}", where=f"page {at}", value=keys[:200] or "empty")
    return {**info, "rows": info[lists[0]]}


def _table(pages: Sequence[Mapping[str, Any]]) -> Records:
    names = [*NEEDED, "name", "associFundCd", "standardDate", "redemptionDate"]
    dated = [(row, page.get("standardDate")) for page in pages for row in page["rows"]]
    rows = [_row(row, day, f"row {at}") for at, (row, day) in enumerate(dated, 1)]
    return records(names, [[row[name] for name in names] for row in rows])


def _row(row: Any, day_of_page: Any, where: str) -> dict[str, str]:
    """A fund's cells as texts. A short name stands for a missing long one, the page's day for the fund's own."""
    lacking = [name for name in NEEDED if not isinstance(row, dict) or name not in row]
    if lacking:
        raise PayloadError(f"{lacking[0]} is not in the answer", where=where)
    cells = {name: _cell(row.get(name), name, where) for name in (*NEEDED, "associFundCd", "redemptionDate")}
    cells["name"] = cells["fundNm"] or _cell(row.get("fundStNm"), "fundStNm", where)
    own_day = _cell(row.get("standardDate"), "standardDate", where)
    cells["standardDate"] = own_day or _cell(day_of_page, "standardDate", where)
    return cells


def _cell(value: Any, name: str, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PayloadError(f"{name} is neither a text nor a number", where=where, value=str(value)[:80])
    return value.strip()


def _refuse_incomplete(pages: Sequence[Mapping[str, Any]], rows: int) -> None:
    totals = {_count(page, "recordsTotal") for page in pages}
    all_pages = {_count(page, "allPageNo") for page in pages}
    if len(totals) > 1 or len(all_pages) > 1:
        counts = ", ".join(sorted(map(str, totals if len(totals) > 1 else all_pages)))
        raise PayloadError("pages are not of one search: they tell different totals; ask for all again", value=counts)
    (total,), (last_page,) = totals, all_pages
    if total is None and last_page is None:
        raise PayloadError("answer tells neither recordsTotal nor allPageNo: nobody can say whether it is whole")
    if total is not None and rows > total:
        raise PayloadError("payload has more rows than recordsTotal", value=f"{rows} of {total}")
    if total is not None and rows < total:
        raise PayloadError("payload is cut short: it has fewer rows than recordsTotal", value=f"{rows} of {total}")
    if total is None and last_page is not None and len(pages) != last_page:
        counts = f"{len(pages)} of {last_page}"
        raise PayloadError("payload is cut short: its pages are not as many as allPageNo", value=counts)


def _count(page: Mapping[str, Any], name: str) -> int | None:
    cell = _cell(page.get(name), name, "answer").replace(",", "")
    if cell and not re.fullmatch(r"[0-9]{1,9}", cell):
        raise PayloadError(f"{name} is not a count", value=cell[:80])
    return int(cell) if cell else None


def _texts(table: Table, name: str) -> list[str | None]:
    return [cell or None for cell in table.column(name)]


def _exact(table: Table, name: str, scale: float | None = None) -> list[str]:
    measures = (FRACTION,) if scale == PERCENT else ("JPY", AMOUNT)
    cells = table.column(name)
    return printed_numbers(table, name, cells, MISSING, column=name, scale=scale, measures=measures).exact()


def _fractions(table: Table, name: str) -> Any:
    return numbers(table, _exact(table, name, PERCENT), name, ("",))


def _days(table: Table, name: str) -> Days:
    """Days written as 20260821, 2026-08-21 or 2026/08/21, with or without a time behind; NaT for none."""
    cells = [_with_dashes(cell) for cell in table.column(name)]
    return dates(table, cells, missing=(*MISSING, _with_dashes(NO_DAY))).astype("datetime64[us]")


def _with_dashes(cell: str) -> str:
    match = re.fullmatch(r"([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})(?:[ T][0-9:.]+)?", cell)
    return f"{match[1]}-{match[3]}-{match[4]}" if match else cell


def _shown(content: bytes) -> str:
    return content[:60].decode("utf-8", "replace").strip()


FETCHES: dict[str, Fetch] = {"fund": fetch_funds, "fund_nav": fetch_navs}
FORMATS: dict[str, Parser] = {"toushin_nav_csv": parse_navs, "toushin_search_json": parse_search}
