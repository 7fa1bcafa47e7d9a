"""The event log over connections that stay open: it keeps what Dagster's own storage keeps, in the same files.

Belongs here: what is read back, by either storage, and who is told of it. Does not belong here: what our runs report.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from pipelines.event_log import OPEN_AT_MOST
from pipelines.partitions import build_session_partitions

SETTINGS = Path(__file__).parents[2] / "pipelines" / "dagster.yaml"
SESSION = "2026-03-11"
KEY = dg.AssetKey("levels")


@dg.asset(
    key=KEY,
    partitions_def=build_session_partitions(),
    check_specs=[dg.AssetCheckSpec("held", asset=KEY), dg.AssetCheckSpec("broke", asset=KEY)],
)
def levels() -> dg.MaterializeResult:
    results = [dg.AssetCheckResult(check_name=name, passed=name == "held") for name in ("held", "broke")]
    return dg.MaterializeResult(metadata={"rows": 3}, check_results=results)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of Dagster with our settings."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text(SETTINGS.read_text().replace("$DAGSTER_HOME", str(tmp_path)))
    return tmp_path


def run(instance: dg.DagsterInstance) -> str:
    return dg.materialize([levels], instance=instance, partition_key=SESSION).run_id


def as_told(instance: dg.DagsterInstance, run_id: str) -> list[Any]:
    """What the event log says of a run and of its checks."""
    storage = instance.event_log_storage
    events = [record.event_log_entry.dagster_event_type for record in instance.get_records_for_run(run_id).records]
    checks = [
        storage.get_asset_check_execution_history(dg.AssetCheckKey(KEY, name), limit=10) for name in ("held", "broke")
    ]
    return [events, [[(check.run_id, check.status.value) for check in history] for history in checks]]


def test_dagsters_own_storage_reads_the_same_of_the_same_files(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        runs = [run(instance), run(instance)]
        ours = [as_told(instance, run_id) for run_id in runs]
        assert instance.get_materialized_partitions(KEY) == {SESSION}
    _, [held, broke] = ours[0]
    assert held == [(run_id, "SUCCEEDED") for run_id in reversed(runs)], "no check stays planned beside its result"
    assert broke == [(run_id, "FAILED") for run_id in reversed(runs)]
    settings = yaml.safe_load(SETTINGS.read_text())
    del settings["event_log_storage"]
    (home / "dagster.yaml").write_text(yaml.safe_dump(settings))
    with dg.DagsterInstance.get() as instance:
        assert [as_told(instance, run_id) for run_id in runs] == ours
    assert not list(home.glob("history/runs/*-wal")), "what is closed needs no log beside it"


def test_who_watches_a_run_is_told_while_its_file_stays_open(home: Path) -> None:
    with dg.DagsterInstance.get() as writer, dg.DagsterInstance.get() as reader:
        run_id = run(writer)
        told: list[Any] = []
        reader.event_log_storage.watch(run_id, None, lambda entry, cursor: told.append(entry.message))
        writer.report_engine_event("still at work", writer.get_run_by_id(run_id))
        deadline = time.monotonic() + 20
        while "still at work" not in told and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "still at work" in told


def test_few_runs_stay_open(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        storage = instance.event_log_storage
        for number in range(3 * OPEN_AT_MOST):
            assert list(storage.get_logs_for_run(f"run-{number}")) == []
        assert len(list(home.glob("history/runs/*-shm"))) <= OPEN_AT_MOST + 1
