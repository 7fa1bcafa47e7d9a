"""What a night repairs by itself: what dead runs left, a warehouse that can't be read or is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from assets.core.recovery import repair_home
from assets.home import HomeError
from assets.ingest.landing import Landing
from pipelines.commands import upkeep
from tests.support.night import FIRST, Place, ask, run_night

KNOWN = "SELECT series_id, date, level, known_at FROM core.index_level ORDER BY ALL"
BLOCK = 262_144


def warehouse(place: Place) -> Path:
    return place.home / "warehouse.duckdb"


def set_aside(place: Place) -> list[Path]:
    return sorted(place.home.glob("warehouse.duckdb.unreadable-*"))


def break_blocks(database: Path) -> None:
    """Half of every block but the headers, as a write that was cut in half leaves it."""
    content = bytearray(database.read_bytes())
    for start in range(3 * 4096, len(content), BLOCK):
        content[start + BLOCK // 2 : start + BLOCK] = bytes(len(content[start + BLOCK // 2 : start + BLOCK]))
    database.write_bytes(content)


def fail_last_run(place: Place) -> None:
    [record] = (place.home / "runs").glob("*.json")
    record.write_text(json.dumps(json.loads(record.read_text()) | {"succeeded": False}))


@pytest.mark.parametrize("is_page", [True, False], ids=["a broken page", "a broken header"])
def test_a_warehouse_that_cannot_be_read_is_set_aside_and_made_again(place: Place, is_page: bool) -> None:
    known, runs = ask(warehouse(place), KNOWN), list((place.home / "runs").glob("*.json"))
    if is_page:
        break_blocks(warehouse(place))
    else:
        warehouse(place).write_bytes(b"\0" * 12_288 + warehouse(place).read_bytes()[12_288:])
    fail_last_run(place)  # as the night did that met it
    night = run_night(place.settings(), FIRST)
    assert night.status == 0
    assert night.said(FIRST)["release"] == "r1"  # the same rows: no new revision
    assert ask(warehouse(place), KNOWN) == known
    assert len(set_aside(place)) == 1
    assert upkeep.verify(place.settings()) == 0
    assert runs


def test_a_good_warehouse_is_left_alone_whatever_the_last_run_said(place: Place) -> None:
    fail_last_run(place)
    before = warehouse(place).read_bytes()
    assert repair_home(place.settings().home_folder()) == []
    assert warehouse(place).read_bytes() == before
    assert set_aside(place) == []


def test_a_warehouse_that_is_lost_is_made_again(place: Place) -> None:
    known = ask(warehouse(place), KNOWN)
    warehouse(place).unlink()
    [said] = repair_home(place.settings().home_folder())
    assert said.endswith("could not be read (it is not there): it was made again from landing")
    assert ask(warehouse(place), KNOWN) == known


def test_a_warehouse_that_another_program_holds_is_not_taken_for_a_broken_one(place: Place) -> None:
    fail_last_run(place)
    home = place.settings().home_folder()
    script = f"import duckdb, sys; c = duckdb.connect({str(home.warehouse)!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(HomeError, match=r"another program has .* open"):
            repair_home(home)
        holder.stdin.close()
    assert set_aside(place) == []


def test_what_dead_runs_left_is_cleared_and_nothing_else(place: Place) -> None:
    home = place.home
    session = place.published / FIRST.isoformat()
    left = [
        home / ".home.json.4711.tmp",
        home / "runs" / ".a-run.json.4711.tmp",
        home / "published" / ".zuhyo.duckdb.4711.tmp",
        home / "published" / ".zuhyo.duckdb.4711.tmp.wal",
        home / "cache" / ".answer.4711.tmp",
        place.landing / "abc.csv.arrived",
        place.published / ".latest.4711",
        session / ".r2.staging",
    ]
    before = {path for path in home.rglob("*") if "dagster" not in path.parts}
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".staging":
            path.mkdir()
            (path / "fig1.csv").write_text("half of it")
        elif path.name.startswith(".latest"):
            path.symlink_to(session / "r1", target_is_directory=True)
        else:
            path.write_text("half of it")
    assert repair_home(place.settings().home_folder()) == []
    after = {path for path in home.rglob("*") if "dagster" not in path.parts}
    assert after - {home / ".lock", home / "cache"} == before - {home / ".lock", home / "cache"}


def test_an_origin_record_whose_last_line_was_cut_counts_up_to_there(place: Place) -> None:
    landing = Landing(place.home / "landing")
    retrievals = [(r.sha256, r.retrieved_at) for r in landing.retrievals()]
    loaded = ask(warehouse(place), KNOWN)
    for record in place.landing.glob("*.origin.jsonl"):
        content = record.read_bytes()
        record.write_bytes(content + content[: len(content) // 2])
    assert [(r.sha256, r.retrieved_at) for r in landing.retrievals()] == retrievals
    assert run_night(place.settings(), FIRST).status == 0
    assert ask(warehouse(place), KNOWN) == loaded  # no row twice
    assert len(list(landing.retrievals())) == 2 * len(retrievals)


def test_a_line_that_cannot_be_read_is_named(place: Place) -> None:
    record = next(place.landing.glob("*.origin.jsonl"))
    record.write_bytes(b"not JSON\n" + record.read_bytes())
    with pytest.raises(HomeError, match=r"origin\.jsonl has a line that can't be read .* backup"):
        list(Landing(place.home / "landing").retrievals())


def test_the_database_of_these_tests_has_blocks_that_can_be_broken(place: Place) -> None:
    """So that the first test can fail: a broken block is an error of DuckDB's, not a silent other number."""
    break_blocks(warehouse(place))
    with pytest.raises(duckdb.Error):
        ask(warehouse(place), KNOWN)
