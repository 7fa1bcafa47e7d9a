"""The library of investment trusts replayed: its search, which wants a session's cookie, and NAVs of the funds in it.

Belongs here: the vendor's paths and what stands there. Does not belong here: serving (server.py).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from werkzeug import Request
from werkzeug.exceptions import Forbidden

from tests.support.replay.route import Route

PAGE_ROWS = 20
COOKIE = "JSESSIONID"
MISSING_PARAMETER = b'{"statusCode":null}'
NAV_HEADER = "年月日,基準価額(円),純資産総額（百万円）,分配金,決算期"
CODES = {"JP90C000Q2U6": "9I31223A"}
"""The association's code of the fund whose history is there; the snapshots have no codes, so the others' are made."""

Row = Mapping[str, str]


def routes(data: Path, day: date | None = None) -> Iterator[Route]:
    """The newest snapshot is what is searched; the history of a fund without a file is its days in the snapshots.

    ``day``: the newest day of the snapshots, instead of their own, as of which a live answer would be; the days before
    it move along.
    """
    snapshots = [_rows(file) for file in sorted((data / "funds" / "nisa_snapshots").glob("*.csv"))]
    if day:
        snapshots = _moved(snapshots, day)
    files = {file.stem[4:]: file.read_bytes() for file in (data / "funds" / "toushin_lib").glob("nav_*.csv")}
    days: dict[str, list[Row]] = {}
    for row in (row for rows in snapshots for row in rows):
        days.setdefault(row["isinCd"], []).append(row)

    def search(request: Request) -> bytes:
        if COOKIE not in request.cookies:
            raise Forbidden
        asked = request.get_json()
        return page(snapshots[-1], str(asked.get("t_keyword", "")), int(asked["startNo"]))

    def navs(request: Request) -> bytes:
        isin, code = request.args.get("isinCd", ""), request.args.get("associFundCd", "")
        if isin not in days or code_of(isin) != code:
            return MISSING_PARAMETER
        return files.get(code) or history(days[isin])

    cookie = {"Set-Cookie": f"{COOKIE}=made-up; Path=/"}
    yield Route("toushin", "/FdsWeb/FDST999900", b"<html>search</html>", "text/html", headers=cookie)
    yield Route("toushin", "/FdsWeb/FDST999900/fundDataSearch", search, method="POST")
    # the site says UTF-8, and sends Shift_JIS
    yield Route("toushin", "/FdsWeb/FDST030000/csv-file-download", navs, "text/csv")


def page(rows: list[Row], keyword: str, start: int) -> bytes:
    """The page of a search that begins with a row, counted from 0."""
    found = [row for row in rows if keyword in row["fundNm"]]
    info = {
        "recordsTotal": str(len(found)),
        "pageSize": str(PAGE_ROWS),
        "startNo": str(start),
        "resultInfoMapList": [fund(row) for row in found[start : start + PAGE_ROWS]],
    }
    return json.dumps({"statusCode": None, "searchResultInfo": info}, ensure_ascii=False).encode()


def fund(row: Row) -> dict[str, Any]:
    """A row of a snapshot as the search has it: net assets in millions, percentages without their sign."""
    hundreds_of_millions = row["純資産総額_億円"]
    return {
        "isinCd": row["isinCd"],
        "associFundCd": code_of(row["isinCd"]),
        "fundNm": row["fundNm"],
        "entrustCmpNm": row["entrustCmpNm"],
        "standardPrice": _plain(row["基準価額"]),
        "standardDate": f"{row['基準日']} 00:00:00",
        "totalNetAssets": f"{int(hundreds_of_millions) * 100}" if hundreds_of_millions else None,
        "trustReward": row["信託報酬率pct"],
        "standardPriceRa1y": _plain(row["騰落率1y"]),
        "standardPriceRa3y": _plain(row["騰落率3y"]),
        "redemptionDate": "99999999",
    }


def history(rows: list[Row]) -> bytes:
    """A file of NAVs made of a fund's days in the snapshots."""
    lines = [
        f"{year}年{month}月{day}日,{row['基準価額']},{int(row['純資産総額_億円']) * 100},,"
        for row in rows
        for year, month, day in [row["基準日"].split("-")]
        if row["純資産総額_億円"]
    ]
    return "".join(f"{line}\n" for line in [NAV_HEADER, *dict.fromkeys(lines)]).encode("cp932")


def code_of(isin: str) -> str:
    """The association's code of a fund."""
    return CODES.get(isin, isin[-8:])


def _rows(file: Path) -> list[Row]:
    return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))


def _moved(snapshots: list[list[Row]], day: date) -> list[list[Row]]:
    days = {date.fromisoformat(row["基準日"]) for rows in snapshots for row in rows}
    to_day = {f"{one}": f"{one + (day - max(days))}" for one in days}
    return [[{**row, "基準日": to_day[row["基準日"]]} for row in rows] for rows in snapshots]


def _plain(cell: str) -> str | None:
    return None if cell == "—" else cell.strip("+%")
