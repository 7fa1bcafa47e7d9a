"""Every way in which a vendor fails over HTTP, taken in: a good answer, one under the fault, and a good one after it.

Belongs here: what intake makes of a fault. Does not belong here: what the client makes of it (test_http.py), what a
whole run publishes then (tests/replay/test_faults.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.core.assets import load_staged
from assets.datasets import DATASETS
from assets.ingest.fetching import FetchContext
from assets.ingest.http.client import Http
from assets.ingest.ingest import Ingest, IngestResult
from assets.ingest.landing import Landing
from assets.profile import read_profile
from tests.support.drop import FUNDS
from tests.support.helpers import empty_warehouse
from tests.support.live_vendors import (
    ALL_INDICES,
    CHANGES,
    FRED_SAYS,
    HEALS,
    INDEX_SERIES,
    IWM,
    LASTS,
    live_vendors,
    rejected,
    set_up,
    write_live_profile,
)
from tests.support.night import FIRST, NEXT
from tests.support.replay.faults import CONTENT, FAULTS, PAGE, named
from tests.support.replay.server import ReplayServer
from warehouse.staging import stage_payloads

EVERY_SERIES = {*INDEX_SERIES, *FUNDS}


@dataclass(frozen=True)
class Desk:
    """A warehouse in memory, a landing folder, and a profile that asks both vendors."""

    connection: duckdb.DuckDBPyConnection
    folder: Path

    def take(self, session: date) -> IngestResult:
        """Asks both vendors, as the asset ingest/index_level does it."""
        sources = read_profile(self.folder / "profiles", "live").sources("index_level")
        with Http(self.folder / "kept") as web:
            context = FetchContext(session, http=web)
            landing = Landing(self.folder / "landing")
            return Ingest(self.connection, landing, context, DATASETS["index_level"]).ingest(sources)

    def load(self, intake: IngestResult) -> None:
        """What was accepted goes into core."""
        stage_payloads(self.connection, "index_level", intake.payloads_to_load(), is_again=False)
        load_staged(self.connection, "index_level", "run")
        self.connection.execute("DROP TABLE IF EXISTS incoming")

    def last_days(self) -> dict[str, date]:
        """The newest day that core has of each series."""
        rows = self.connection.execute("SELECT series_id, max(date) FROM core.index_level GROUP BY ALL").fetchall()
        return dict(rows)

    def rejected(self, vendor: str) -> dict[bytes, str]:
        return rejected(self.folder / "landing", vendor)


@pytest.fixture(scope="module")
def vendors() -> Iterator[ReplayServer]:
    with live_vendors(FIRST) as server:
        yield server


@pytest.fixture
def desk(vendors: ReplayServer, tmp_path: Path) -> Iterator[Desk]:
    """The first session is loaded."""
    write_live_profile(tmp_path / "profiles")
    connection = empty_warehouse("core.index_level", "meta.load", "meta.payload", "meta.check_result")
    desk = Desk(connection, tmp_path)
    set_up(vendors, FIRST, {})
    intake = desk.take(FIRST)
    assert intake.refused == []
    desk.load(intake)
    assert desk.last_days() == dict.fromkeys(EVERY_SERIES, FIRST)
    yield desk
    connection.execute("DROP SCHEMA IF EXISTS staging CASCADE")


def rows_of(intake: IngestResult) -> dict[str, pd.DataFrame]:
    return {str(rows["series_id"].iloc[0]): rows for _, rows in intake.accepted}


def test_every_fault_is_tried() -> None:
    assert HEALS.keys() | LASTS.keys() == FAULTS.keys() | set(CONTENT)
    for changes in CHANGES.values():
        assert changes.keys() == set(CONTENT)


@pytest.mark.parametrize("fault", HEALS)
def test_what_passes_leaves_no_trace(desk: Desk, vendors: ReplayServer, fault: str) -> None:
    set_up(vendors, NEXT, {IWM: named(fault)})
    intake = desk.take(NEXT)
    assert (intake.refused, intake.absent) == ([], [])
    assert vendors.met[IWM] == HEALS[fault]
    assert rows_of(intake).keys() == EVERY_SERIES
    assert rows_of(intake)["IWM"]["date"].tolist() == rows_of(intake)["IWB"]["date"].tolist()
    assert rows_of(intake)["IWM"]["date"].max().date() == NEXT
    assert desk.rejected("yahoo") == {}


@pytest.mark.parametrize(
    ("vendor", "fault", "says"),
    [
        *(pytest.param("yahoo", fault, lasting.says, id=f"yahoo-{fault}") for fault, lasting in LASTS.items()),
        *(pytest.param("fred", fault, says, id=f"fred-{fault}") for fault, says in FRED_SAYS.items()),
    ],
)
def test_what_lasts_costs_its_own_series_until_a_good_answer_comes(
    desk: Desk, vendors: ReplayServer, vendor: str, fault: str, says: str
) -> None:
    path, hit = {"yahoo": (IWM, {"IWM"}), "fred": (ALL_INDICES, set(INDEX_SERIES))}[vendor]
    set_up(vendors, NEXT, {path: named(fault, CHANGES[vendor])})
    intake = desk.take(NEXT)

    assert {series for refusal in intake.refused for series in refusal.subjects or ()} == hit
    for refusal in intake.refused:
        assert refusal.vendor == vendor
        assert re.search(says, refusal.reason), refusal.reason
        assert path in refusal.url + refusal.reason
    assert vendors.met[path] == (LASTS[fault].asked if vendor == "yahoo" else len(hit))
    desk.load(intake)
    assert desk.last_days() == {series: FIRST if series in hit else NEXT for series in EVERY_SERIES}
    kept = desk.rejected(vendor)
    assert bool(kept) == LASTS[fault].is_kept
    assert all(re.search(says, reason) for reason in kept.values())
    if fault in ("html_200", "login_redirect"):
        assert list(kept) == [PAGE]

    set_up(vendors, NEXT, {})
    intake = desk.take(NEXT)
    assert intake.refused == []
    desk.load(intake)
    assert desk.last_days() == dict.fromkeys(EVERY_SERIES, NEXT)
    assert desk.rejected(vendor) == kept
