"""Only levels of sessions that had closed when they were retrieved go on, whatever the vendor calls the others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.core.assets import load_staged
from assets.core.reload import load_again
from assets.datasets import DATASETS
from assets.ingest import ingest as intake_module
from assets.ingest.closed_sessions import leave_out_later_days
from assets.ingest.fetching import FetchContext
from assets.ingest.ingest import Ingest
from assets.ingest.landing import Landing
from assets.ingest.payload import Payload, PayloadError
from assets.profile import Source
from tests.support.helpers import day, empty_warehouse
from warehouse.database import rows_as_dicts
from warehouse.staging import stage_payloads

NAMES = {"index_level": "series_id", "security_level": "security_id"}


def frame(*days: str, dataset: str = "index_level") -> pd.DataFrame:
    rows = pd.DataFrame({NAMES.get(dataset, "fund_id"): "X", "date": pd.to_datetime(list(days)), "level": 100.0})
    return rows.astype({"date": "datetime64[us]"})


def left(rows: pd.DataFrame, at: str, dataset: str = "index_level") -> list[str]:
    return leave_out_later_days(dataset, rows, datetime.fromisoformat(at))["date"].dt.strftime("%m-%d").tolist()


WEEK = ("2026-03-10", "2026-03-11", "2026-03-12")
"""In New York the clocks are forward since 2026-03-08: the close is 20:00 UTC."""


@pytest.mark.parametrize("dataset", sorted(NAMES))
@pytest.mark.parametrize(
    ("at", "kept"),
    [
        ("2026-03-11T19:59:59", ["03-10"]),  # a bar of today, before the close
        ("2026-03-11T20:00:00", ["03-10", "03-11"]),
        ("2026-03-12T02:00:00", ["03-10", "03-11"]),  # the next trade date, traded at night
        ("2026-03-12T22:15:00", ["03-10", "03-11", "03-12"]),
    ],
)
def test_what_had_not_closed_is_left_out(dataset: str, at: str, kept: list[str]) -> None:
    assert left(frame(*WEEK, dataset=dataset), at, dataset) == kept


@pytest.mark.parametrize(("at", "kept"), [("18:00:00", ["11-25", "11-27"]), ("17:59:00", ["11-25"])])
def test_an_early_close_counts(at: str, kept: list[str]) -> None:
    """The day after Thanksgiving ends at 13:00 in New York."""
    assert left(frame("2026-11-25", "2026-11-27"), f"2026-11-27T{at}") == kept


def test_in_winter_the_close_is_an_hour_later() -> None:
    assert left(frame("2026-01-15", "2026-01-16"), "2026-01-16T20:30:00") == ["01-15"]
    assert left(frame("2026-01-15", "2026-01-16"), "2026-01-16T21:00:00") == ["01-15", "01-16"]


def test_a_weekend_after_the_newest_session_is_no_session() -> None:
    assert left(frame("2026-03-13", "2026-03-14"), "2026-03-14T12:00:00") == ["03-13"]


@pytest.mark.parametrize("dataset", ["fund_nav", "policy_rate", "holding"])
def test_datasets_with_days_of_their_own_are_let_be(dataset: str) -> None:
    assert left(frame(*WEEK, dataset=dataset), "2026-03-10T12:00:00", dataset) == ["03-10", "03-11", "03-12"]


def test_what_is_left_out_is_counted_and_named() -> None:
    rows = frame(*WEEK)
    rows.attrs = {"rejected_rows": 2, "left_out": ["a row before"]}
    attrs = leave_out_later_days("index_level", rows, datetime(2026, 3, 11, 12)).attrs
    assert attrs["rejected_rows"] == 4
    assert attrs["left_out"][:2] == [
        "a row before",
        "X 2026-03-11: not closed yet when it was retrieved at 2026-03-11 12:00 UTC (newest closed one: 2026-03-10)",
    ]


def test_a_payload_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(PayloadError, match=r"fetch it again after the close \(2026-03-12\)"):
        leave_out_later_days("index_level", frame(*WEEK[1:]), datetime(2026, 3, 11, 12))


# ---- from the file to core, and again from landing

SOURCE = Source("files", "index_level")


def payload(*levels: float) -> Payload:
    content = "day,px\n" + "".join(f"{one},{level}\n" for one, level in zip(WEEK, levels, strict=False))
    options = {
        "dataset": "index_level", "columns": {"date": "day", "level": "px"}, "series_id": "X", "return_basis": "gross",
        "currency": "USD",
    }  # fmt: skip
    return Payload("files", "index_level", "csv", "file:x.csv", content.encode(), options, subjects=("X",))


def test_a_provisional_level_is_never_stored_so_that_the_true_one_restates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, landing = empty_warehouse("core.index_level", "meta.load", "meta.payload"), Landing(tmp_path)
    for at, sent in (("2026-03-11T18:00", payload(100.0, 133.0)), ("2026-03-11T23:00", payload(100.0, 101.0, 140.0))):
        monkeypatch.setattr(intake_module, "fetch_for", lambda vendor, sent=sent: lambda source, context: iter([sent]))
        context = FetchContext(day("2026-03-11"))
        taken = Ingest(
            connection, landing, context, DATASETS["index_level"], now=lambda at=at: datetime.fromisoformat(at)
        ).ingest([SOURCE])
        assert taken.refused == []
        stage_payloads(connection, "index_level", taken.payloads_to_load())
        assert [rows.attrs["rejected_rows"] for _, rows in taken.accepted] == [1]
        load_staged(connection, "index_level", "run")
    told = stored(connection)
    assert [(row["date"], row["level"]) for row in told] == [(day("2026-03-10"), 100.0), (day("2026-03-11"), 101.0)]
    assert connection.execute("SELECT sum(rows_restated) FROM meta.load").fetchall() == [(0,)]

    connection.execute("DELETE FROM core.index_level; DELETE FROM meta.load; DELETE FROM meta.payload")
    for retrieval in landing.retrievals():
        load_again(connection, retrieval)
    assert stored(connection) == told


def stored(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    return rows_as_dicts(connection, "SELECT * FROM core.index_level ORDER BY date, known_at")
