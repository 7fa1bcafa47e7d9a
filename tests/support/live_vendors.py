"""Two vendors on loopback, with the levels of the short invented history, and what their faults come to.

Belongs here: their answers, their entries in a profile, what is said of each fault. Does not belong here: the faults
themselves (replay/faults.py), what intake or a whole run makes of them (the tests).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from assets.ingest.http import client as http
from assets.ingest.vendors import yahoo
from tests.support.drop import FUNDS, fred_until, fund_prices, yahoo_csv
from tests.support.replay import fred as replayed_fred
from tests.support.replay import yahoo as replayed_yahoo
from tests.support.replay.faults import Fault
from tests.support.replay.route import Route
from tests.support.replay.server import ReplayServer, environment, replay

IWM, ALL_INDICES = "/yahoo/v8/finance/chart/IWM", "/fred/graph/fredgraph.csv"
INDEX_SERIES = {"RU2000TR": "gross", "RU1000TR": "gross", "RU2000PR": "price"}
CHANGES = {"yahoo": replayed_yahoo.CHANGES, "fred": replayed_fred.CHANGES}
SOURCE = """
[[source]]
vendor = "{vendor}"
dataset = "index_level"
series_id = "{series}"
symbol = "{series}"
return_basis = "{basis}"
currency = "USD"
licence = "invented"
"""


@dataclass(frozen=True)
class Lasting:
    """What becomes of a fault that lasts: how often it is asked, what is said, whether bytes came that are kept."""

    asked: int
    says: str
    is_kept: bool = True


HEALS = {"too_many_requests": 2, "error_twice": 3, "cut_once": 2, "clock_skew": 1}
"""Faults that pass, or don't matter, and how often the vendor is asked then."""

LASTS = {
    "error_always": Lasting(4, "HTTP 500, 4 tries in the 120 s that it may take; try again later", is_kept=False),
    "stall": Lasting(4, r"the body stalled after \d+ of \d+ bytes, 4 tries .*; try again later"),
    "cut_body": Lasting(4, r"the body was cut after \d+ of \d+ bytes, 4 tries .*; try again later"),
    "wrong_content_length": Lasting(4, "the body was cut, and there is no rest of it .*; try again later"),
    "gzip_of_wrong_length": Lasting(4, "the body can't be decoded as gzip .*; try again later"),
    "login_redirect": Lasting(1, "it led to a web page, 127.0.0.1/yahoo/replayed-login .a login.*; look at the site"),
    "foreign_redirect": Lasting(1, "it led to login.example.org/account, another site .a login.*; look", is_kept=False),
    "html_200": Lasting(1, "payload is an HTML page, not data"),
    "another_schema": Lasting(1, "timestamp is missing"),
    "older_than_yesterday": Lasting(
        1, "the payload is older than before: it ends on 2024-03-12, the one before on 2024-03-13"
    ),
    "empty": Lasting(1, r"payload is empty \(0 bytes\)"),
    "empty_list": Lasting(1, r"payload is not one chart \(chart.result: 0 charts\)"),
    "duplicate_rows": Lasting(1, "timestamps are out of order"),
}
FRED_SAYS = {
    "another_schema": "column DATE or observation_date is missing",
    "older_than_yesterday": LASTS["older_than_yesterday"].says,
    "empty_list": "payload has no rows",
    "duplicate_rows": "date is given twice",
}


@cache
def routes(last: date) -> list[Route]:
    """What both vendors have once the session has closed."""
    charts = {fund: replayed_yahoo.chart(yahoo_csv(fund_prices(fund, last)), fund) for fund in FUNDS}
    return [
        *(Route("yahoo", f"/v8/finance/chart/{fund}", json.dumps(chart).encode()) for fund, chart in charts.items()),
        *(
            Route("fred", "/graph/fredgraph.csv", fred_until(series, last), "text/csv", query={"id": series})
            for series in INDEX_SERIES
        ),
    ]


@contextmanager
def live_vendors(last: date) -> Iterator[ReplayServer]:
    """Both vendors after a session; nothing waits, and a silence is short."""
    with replay(list(routes(last))) as server, pytest.MonkeyPatch.context() as patch:
        for name, address in environment(server).items():
            patch.setenv(name, address)
        patch.setattr(http, "pause", lambda seconds: None)
        patch.setattr(yahoo, "SITE", replace(yahoo.SITE, stall_seconds=0.1))
        yield server


def set_up(vendors: ReplayServer, last: date, faults: dict[str, Fault]) -> None:
    """The vendors after another session, under some faults, and asked for nothing yet."""
    vendors.routes, vendors.faults = list(routes(last)), faults
    vendors.met.clear()


def write_live_profile(folder: Path) -> Path:
    """The folder with the profile `live`, which asks both vendors."""
    entries = [
        *(SOURCE.format(vendor="fred", series=series, basis=basis) for series, basis in INDEX_SERIES.items()),
        *(SOURCE.format(vendor="yahoo", series=fund, basis="adjusted_close") for fund in FUNDS),
    ]
    profile = 'profile = "live"\ndescription = "Two vendors that are asked"\n' + "".join(entries)
    folder.mkdir(exist_ok=True)
    (folder / "live.toml").write_text(profile, encoding="utf-8")
    return folder


def rejected(landing: Path, vendor: str) -> dict[bytes, str]:
    """The refused bytes below a landing folder, each with the reason in its origin record."""
    reasons = {}
    for record in (landing / vendor / "index_level" / "rejected").glob("*.origin.jsonl"):
        origin = json.loads(record.read_text(encoding="utf-8").splitlines()[-1])
        reasons[(record.parent / origin["file"]).read_bytes()] = origin["rejected_because"]
    return reasons
