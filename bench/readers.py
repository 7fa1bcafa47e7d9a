"""How long readers of the readers' database wait, while a night or a range works beside them and while it does not.

Belongs here: four processes that open and query the database without end, and their longest pauses beside a process
that only keeps a core busy, a night and a range. Does not belong here: whether they read the right thing (tests/).

Run: ``python bench/readers.py`` (SIZE=small, medium or full in the environment).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from backfill import FIRST_LEVEL, NEWEST
from measure import report, size
from one_figure import fill, home_settings

from assets import calendar

READERS = 4
RELEASES = {"small": 20, "medium": 250, "full": 1_000}
"""Those of the home, before a night of one and a range of twenty sessions are added."""

RANGE = 20
READER = """
import json, os, sys, time
import duckdb
path, stop = sys.argv[1:]
QUERY = '''
    SELECT (SELECT count(*) FROM meta.release), (SELECT max(session) FROM latest.freshness),
           (SELECT avg(return_cum) FROM latest.size_return)
'''
pauses, errors = [], 0
while not os.path.exists(stop):
    start = time.perf_counter()
    try:
        with duckdb.connect(path, read_only=True) as connection:
            connection.execute(QUERY).fetchall()
    except duckdb.Error:
        errors += 1
    pauses.append(time.perf_counter() - start)
print(json.dumps([errors, pauses]))
"""
BUSY = "import time; end = time.perf_counter() + {seconds}\nwhile time.perf_counter() < end: sum(range(1000))"


def main() -> None:
    """Prints reads, errors and pauses."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        fill(folder, calendar.sessions(FIRST_LEVEL, NEWEST))
        days = calendar.sessions(NEWEST.replace(year=2015), NEWEST)[-RELEASES[size()] - RANGE - 1 :]
        history, night, later = days[: -RANGE - 1], days[-RANGE - 1], days[-RANGE:]
        backfill = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("backfill.py")), place]
        subprocess.run([*backfill, f"{history[0]}", f"{history[-1]}"], check=True, stdout=subprocess.DEVNULL)
        rows = [
            {"beside": name} | _pauses(folder, [*backfill, f"{first}", f"{last}"])
            for name, first, last in (("a night", night, night), (f"a range of {RANGE} sessions", later[0], later[-1]))
        ]
        busy = [sys.executable, "-c", BUSY.format(seconds=rows[-1]["s"])]
        rows.append({"beside": "a busy process"} | _pauses(folder, busy))
    home = f"a home with {RELEASES[size()]:,} releases"
    print(report(f"{READERS} readers of {home}, each opening the database for each read", rows))


def _pauses(folder: Path, command: Sequence[str]) -> dict[str, object]:
    """What the readers met while the command ran."""
    stop = folder / "stop"
    stop.unlink(missing_ok=True)
    database = home_settings(folder).home_folder().readers_database
    reader = [sys.executable, "-c", READER, str(database), str(stop)]
    readers = [subprocess.Popen(reader, stdout=subprocess.PIPE) for _ in range(READERS)]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    stop.touch()
    found = [json.loads(process.communicate()[0]) for process in readers]
    pauses = sorted(pause * 1e3 for _, own in found for pause in own)
    return {
        "s": seconds,
        "reads": len(pauses),
        "errors": sum(errors for errors, _ in found),
        "median ms": pauses[len(pauses) // 2],
        "99 % ms": pauses[len(pauses) * 99 // 100],
        "longest ms": pauses[-1],
    }


if __name__ == "__main__":
    main()
