"""What a range of sessions costs in one run, as a multiple of one night, each as a whole process.

Belongs here: a study of figure 1 alone on invented levels of thirty years, one night, and a month, a year or every
session since 1996. Does not belong here: whether the figures are right (tests/).

Run: ``python bench/backfill.py`` (SIZE=small, medium or full in the environment).
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Cost, report, run, size
from one_figure import fill, home_settings

from assets import calendar
from pipelines.__main__ import run_sessions

FIRST_LEVEL, NEWEST = date(1985, 1, 2), date(2025, 12, 31)
FIRST = {"small": date(2025, 12, 1), "medium": date(2025, 1, 2), "full": date(1996, 1, 2)}


def main() -> None:
    """Prints what a night and the range cost."""
    if len(sys.argv) > 1:
        folder, first, last = sys.argv[1:]
        sys.exit(run_sessions(home_settings(Path(folder)), date.fromisoformat(first), date.fromisoformat(last)))
    rows = []
    for first in (NEWEST, FIRST[size()]):
        with TemporaryDirectory() as folder:
            fill(Path(folder), calendar.sessions(FIRST_LEVEL, NEWEST))
            cost = make(Path(folder), first, NEWEST)
        sessions = len(calendar.sessions(first, NEWEST))
        rows.append(
            {"sessions": sessions, "s": cost.seconds, "s of CPU": cost.cpu, "peak MB": cost.peak_mb}
            | {
                "nights": cost.cpu / (rows[0]["s of CPU"] if rows else cost.cpu),
                "ms a session": cost.seconds / sessions * 1e3,
            }
        )
    print(report("A range of sessions of figure 1 in one run, into an empty home", rows))


def make(folder: Path, first: date, last: date) -> Cost:
    """A run of these sessions in the home below a folder, as a process of its own."""
    return run([sys.executable, "-W", "ignore", __file__, str(folder), first.isoformat(), last.isoformat()])


if __name__ == "__main__":
    main()
