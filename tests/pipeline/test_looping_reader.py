"""A reader that never stops asking, while twenty releases are published under it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assets import calendar
from assets.publish.readers import update_readers
from assets.publish.release import publish_study
from assets.settings import Settings
from tests.support.night import FIRST, Place, ask, run_night

SESSIONS = calendar.sessions(date(2024, 2, 13), FIRST)[-20:]
LONGEST_WAIT = 60
READER = """
import json, sys
import duckdb
path, stop = sys.argv[1:]
QUERY = '''
    SELECT (SELECT count(*) FROM meta.release),
           (SELECT max(session)::VARCHAR FROM meta.release),
           (SELECT max(session)::VARCHAR FROM latest.size_return),
           (SELECT max(session)::VARCHAR FROM latest.long_run),
           (SELECT count(DISTINCT session) FROM figure.size_return),
           (SELECT count(DISTINCT n) FROM (SELECT count(*) AS n FROM figure.size_return GROUP BY session))
'''
import os
while not os.path.exists(stop):
    try:
        with duckdb.connect(path, read_only=True) as connection:
            told = connection.execute(QUERY).fetchall()[0]
    except duckdb.Error as error:
        told = str(error)
    print(json.dumps(told), flush=True)
"""


@pytest.fixture
def made(new_place: Place, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a place whose figures of twenty sessions are made, the first of them published."""
    monkeypatch.setattr(Settings, "renders", lambda self, sessions: False)
    settings = new_place.settings()
    layers = [f"{layer}/{dataset}" for dataset in ("correction", "index_level") for layer in ("ingest", "core")]
    run_night(settings, SESSIONS[0], SESSIONS[-1], selection=[*layers, "figures/size_return", "figures/long_run"])
    publish(settings, SESSIONS[0])
    return settings


def publish(settings: Settings, session: date) -> None:
    [study] = settings.read_studies()
    with settings.warehouse() as connection:
        [result] = publish_study(connection, study, [session], settings, "run")
        assert result.release == "r1"
        update_readers(connection, settings.home_folder(), [study])


def test_a_looping_reader_sees_each_release_whole(made: Settings, new_place: Place, tmp_path: Path) -> None:
    stop, told = tmp_path / "stop", tmp_path / "told"
    with told.open("wb") as output:
        command = [sys.executable, "-c", READER, str(new_place.readers_database), str(stop)]
        reader = subprocess.Popen(command, stdout=output)
    try:
        wait_for(told, SESSIONS[0])
        for session in SESSIONS[1:]:
            with made.warehouse():  # the reader goes on while the writer's database is open
                wait_for_more(told)
            publish(made, session)
            wait_for(told, session)
    finally:
        stop.touch()
        reader.wait(LONGEST_WAIT)
    reads = [json.loads(line) for line in told.read_text().splitlines()]
    assert [one for one in reads if isinstance(one, str)] == [], "no error"
    for releases, newest, newest_returns, newest_line, sessions, sizes in reads:
        assert newest == newest_returns == newest_line, "the figures of one release, never of two"
        assert (sessions, sizes) == (releases, 1), "every release with all of its rows"
    assert [one[0] for one in reads] == sorted(one[0] for one in reads), "never back to an older one"
    assert {one[0] for one in reads} == set(range(1, len(SESSIONS) + 1))
    assert ask(new_place.readers_database, "SELECT count(*) FROM meta.release") == [(len(SESSIONS),)]


def wait_for(told: Path, session: date) -> None:
    """Until the reader has seen the session."""
    wait_until(lambda: f'"{session}"' in last_line(told), f"the reader never saw {session}")


def wait_for_more(told: Path) -> None:
    """Until the reader has read once more."""
    before = told.stat().st_size
    wait_until(lambda: told.stat().st_size > before, "the reader waits for the writer")


def last_line(told: Path) -> str:
    lines = told.read_text().splitlines()
    return lines[-1] if lines else ""


def wait_until(happens: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not happens():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
