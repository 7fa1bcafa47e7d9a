"""Homes that earlier versions made: read, verified, known as then, continued and rebuilt by this one.

How the archives in homes/ were made stands in homes/README.md.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from assets.core.reload import LostPayloadsError, update_warehouse
from assets.publish.readers import update_readers
from pipelines.commands import upkeep
from pipelines.commands.as_known import run_as_known
from tests.support.drop import fill_drop
from tests.support.night import FIRST, NEXT, STUDY, Place, ask, everything_below, run_night
from warehouse import contract as contract_module
from warehouse.contract import CONTRACTS, contracts
from warehouse.earlier_versions import is_outdated

HOMES = Path(__file__).parent / "homes"
KNOWN_AT = "2024-03-14T06:01:00Z"
"""After the one run that made each of the homes."""


def unpack(name: str, folder: Path) -> Place:
    with tarfile.open(HOMES / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return Place(folder)


@pytest.fixture(params=sorted(path.name.split(".")[0] for path in HOMES.glob("*.tar.xz")))
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return unpack(request.param, tmp_path / "place")


def test_it_is_read_verified_and_known_as_then(earlier: Place, capsys: pytest.CaptureFixture[str]) -> None:
    periods = "SELECT count(DISTINCT period) FROM latest.size_return WHERE study = ?"
    assert ask(earlier.readers_database, periods, STUDY) == [(5,)]
    assert upkeep.verify(earlier.settings()) == 0
    published = everything_below(earlier.home / "published")
    assert run_as_known(earlier.settings(known_at=KNOWN_AT), [FIRST]) == 0
    assert "equals r1 (" in capsys.readouterr().out
    assert everything_below(earlier.home / "published") == published


def test_it_is_continued_and_rebuilt(earlier: Place) -> None:
    released = everything_below(earlier.published / FIRST.isoformat())
    fill_drop(earlier.drop, NEXT)
    night = run_night(earlier.settings(), NEXT)
    assert night.status == 0
    assert night.said(NEXT)["release"] == "r1"
    sessions = "SELECT DISTINCT session FROM figure.size_return ORDER BY session"
    assert ask(earlier.readers_database, sessions) == [(FIRST,), (NEXT,)]
    restated = ask(earlier.home / "warehouse.duckdb", "SELECT sum(rows_restated + rows_withdrawn) FROM meta.load")
    assert restated == [(0,)]
    assert upkeep.rebuild(earlier.settings()) == 0
    assert ask(earlier.readers_database, sessions) == [(FIRST,), (NEXT,)]
    assert upkeep.verify(earlier.settings()) == 0
    assert everything_below(earlier.published / FIRST.isoformat()) == released


def test_a_rebuild_compares_the_rows_of_its_release(earlier: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert upkeep.rebuild(earlier.settings(git_sha="another")) == 0
    figure = earlier.published / FIRST.isoformat() / "r1" / "fig1.parquet"
    with duckdb.connect() as connection:
        wrong = "SELECT * REPLACE (return_cum + 0.1 AS return_cum)"
        connection.execute(f"CREATE TABLE wrong AS {wrong} FROM '{figure}'; COPY wrong TO '{figure}'")
    assert upkeep.rebuild(earlier.settings(git_sha="another")) == 1
    assert capsys.readouterr().err == f"comes out different: {figure}\n"


@pytest.fixture
def renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A home of a version that called two columns otherwise, and lacked a third."""
    place = unpack("9f7e195", tmp_path / "place")
    release = place.published / FIRST.isoformat() / "r1"
    for database in (place.home / "warehouse.duckdb", place.readers_database):
        with duckdb.connect(str(database)) as connection:
            connection.execute(
                """
                ALTER TABLE figure.long_run RENAME rebased TO in_hundreds;
                ALTER TABLE core.index_level RENAME level TO points;
                ALTER TABLE core.index_level DROP split_factor;
                """
            )
    with duckdb.connect() as connection:
        figure = release / "fig2.parquet"
        connection.execute(
            f"CREATE TABLE line AS SELECT * RENAME (rebased AS in_hundreds) FROM '{figure}'; COPY line TO '{figure}'"
        )
    describe_anew(release, "fig2.parquet")
    folder = tmp_path / "contracts"
    folder.mkdir()
    for path in CONTRACTS.glob("*.toml"):
        (folder / path.name).write_bytes(path.read_bytes())
    for file, name, earlier in (
        ("figure.long_run", "rebased", "in_hundreds"),
        ("core.index_level", "level", "points"),
    ):
        text = (folder / f"{file}.toml").read_text(encoding="utf-8")
        column = f'[[column]]\nname = "{name}"\n'
        assert column in text
        text = text.replace(column, f'{column}renamed_from = "{earlier}"\n')
        (folder / f"{file}.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(contract_module, "CONTRACTS", folder)
    contracts.cache_clear()
    yield place
    contracts.cache_clear()


def describe_anew(release: Path, name: str) -> None:
    """Puts bytes and hash of a file into the descriptor, as the version that wrote the file would have."""
    path, content = release / "datapackage.json", (release / name).read_bytes()
    descriptor = json.loads(path.read_bytes())
    for resource in descriptor["resources"]:
        if resource["path"] == name:
            resource |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    path.write_text(json.dumps(descriptor), encoding="utf-8")


def test_columns_of_other_names_are_read(renamed: Place) -> None:
    settings = renamed.settings()
    home, warehouse = settings.home_folder(), renamed.home / "warehouse.duckdb"
    levels = "SELECT series_id, date, {} FROM core.index_level ORDER BY ALL"
    lines = "SELECT date, {} FROM figure.long_run ORDER BY ALL"
    before = ask(warehouse, levels.format("points"))
    line_before = ask(renamed.readers_database, lines.format("in_hundreds"))
    [done] = update_warehouse(home)
    assert "an earlier version made" in done
    assert done.endswith("loaded again from landing: core.index_level")
    assert ask(warehouse, levels.format("level")) == before
    assert ask(warehouse, "SELECT count(*) FROM meta.materialization") != [(0,)]
    assert update_warehouse(home) == []
    with settings.warehouse() as connection:
        update_readers(connection, home, settings.read_studies())
    assert ask(renamed.readers_database, lines.format("rebased")) == line_before
    assert ask(renamed.readers_database, "SELECT count(*) FROM latest.long_run") == [(len(line_before),)]
    assert upkeep.verify(settings) == 0


def test_without_its_landing_a_warehouse_is_left_as_it_is(renamed: Place) -> None:
    home = renamed.settings().home_folder()
    [*payloads] = renamed.landing.glob("*.origin.jsonl")
    payloads[0].unlink()
    before = home.warehouse.read_bytes()
    with pytest.raises(LostPayloadsError, match=r"load 5 payloads again.* lacks 1 of them: file:.*\.csv; take landing"):
        update_warehouse(home)
    assert home.warehouse.read_bytes() == before
    assert is_outdated(home.warehouse)
