"""A command is broken at everything that it does to its files, one after the other; the next night puts all in order.

After each break every release verifies and a plain reader reads. Then a night that nobody breaks ends well, its rows
and releases are those of a home that was never broken, and nothing is left of the broken one. By default some points
of each command, chosen by a seed; ``EVERY=10`` tries each tenth, ``EVERY=1`` all of them (`make crash`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from assets.core.recovery import LEFTOVER
from tests.support.crash.breaker import Breaker, build_library, compiler
from tests.support.drop import fill_drop
from tests.support.night import NEXT, STUDY, Place, ask, everything_below

COMMANDS = ("night", "range", "render", "approve", "rebuild")
POINTS = {"night": 4, "range": 1, "render": 2, "approve": 2, "rebuild": 1}
"""How many points of each command are tried where nobody says EVERY."""

LEVELS = """
SELECT series_id, date, level, is_withdrawn, count(*) FROM core.index_level GROUP BY ALL ORDER BY ALL
"""
FIGURE = "SELECT session, * EXCLUDE (session) FROM figure.size_return ORDER BY ALL"


@pytest.fixture(scope="module")
def breaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breaker]:
    if not compiler():
        pytest.skip("no C compiler: operations.c can't be built")
    with Breaker(build_library(tmp_path_factory.mktemp("library"))) as warm:
        yield warm


@pytest.fixture(scope="module")
def before(published: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A published session; in the drop folder wait another one and a level that was restated."""
    place = copy(published, tmp_path_factory.mktemp("before") / "place")
    fill_drop(place.drop, NEXT)
    return place


@pytest.fixture(scope="module")
def whole(before: Place, breaker: Breaker, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """What a night makes of it that nobody breaks."""
    place = copy(before, tmp_path_factory.mktemp("whole") / "place")
    assert breaker.run("night", place).status == 0
    return place


def copy(place: Place, folder: Path) -> Place:
    return Place(shutil.copytree(place.folder, folder, symlinks=True))


def release_files(place: Place, session: str = NEXT.isoformat()) -> dict[str, Any]:
    """The newest release of a session, without what differs from run to run."""
    folder = sorted((place.published / session).glob("r[0-9]*"))[-1]
    files = everything_below(folder)
    files.pop("build.json")
    descriptor = json.loads(files.pop("datapackage.json"))
    return files | {"withheld": descriptor["zuhyo"]["withheld"]}


def leftovers(place: Place) -> list[str]:
    found = [str(path.relative_to(place.home)) for path in place.home.rglob("*") if "dagster" not in path.parts]
    return [path for path in found if any(LEFTOVER.fullmatch(part) for part in Path(path).parts)]


def points(command: str, operations: int) -> list[tuple[str, int]]:
    """Where the command is broken, and how."""
    ways = ("killed", "cut", "EIO", "ENOSPC", "EACCES")
    random = Random(f"{command} {os.environ.get('SEED', '')}")
    every = os.environ.get("EVERY")
    chosen = (
        range(1 + random.randrange(int(every)), operations + 1, int(every))
        if every
        else sorted(random.sample(range(1, operations + 1), POINTS[command]))
    )
    return [(ways[(number + at) % len(ways)], at) for number, at in enumerate(chosen)]


@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_breaks_the_next_night_makes_good(
    command: str, before: Place, whole: Place, breaker: Breaker, tmp_path: Path
) -> None:
    operations = breaker.run(command, copy(before, tmp_path / "count")).operations
    assert operations > 20
    faults = []
    for how, at in points(command, operations):
        place = copy(before, tmp_path / f"{how}-{at}")
        broken = breaker.run(command, place, how, at)
        try:
            _assert_is_good(place, whole, breaker)
        except AssertionError as error:
            faults.append(f"{command} {how} at {at} of {operations} ({broken.operation}): {error}")
        shutil.rmtree(place.folder)
    print(f"{command}: {operations} operations")
    assert faults == []


def _assert_is_good(place: Place, whole: Place, breaker: Breaker) -> None:
    assert breaker.run("verify", place).status == 0, "a release does not verify"
    if place.readers_database.exists():
        assert ask(place.readers_database, "SELECT count(*) FROM latest.size_return") != [(0,)]
    assert (place.published / "latest" / "datapackage.json").is_file(), "latest leads nowhere"
    night = breaker.run("night", place)
    log = (place.folder / "log.txt").read_text()[-1000:]
    assert night.status == 0, f"the next night failed: {log}"
    assert ask(place.home / "warehouse.duckdb", LEVELS) == ask(whole.home / "warehouse.duckdb", LEVELS)
    assert release_files(place) == release_files(whole)
    assert ask(place.readers_database, "SELECT DISTINCT session, study FROM latest.size_return") == [(NEXT, STUDY)]
    assert leftovers(place) == []
