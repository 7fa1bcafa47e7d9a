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

import numpy as np
import pandas as pd
from measure import Cost, report, run, size

from assets import calendar
from assets.settings import Settings
from pipelines.__main__ import run_sessions
from pipelines.resources import PIPELINES

SERIES = {"RU2000TR": ("small", "R2000"), "RU1000TR": ("large", "R1000")}
FIRST_LEVEL, NEWEST = date(1985, 1, 2), date(2025, 12, 31)
FIRST = {"small": date(2025, 12, 1), "medium": date(2025, 1, 2), "full": date(1996, 1, 2)}

STUDY = """
study = "one_figure"
title = { ja = "大小", en = "Two sizes" }
period_label = { YTD = { ja = "年初来", en = "YTD" }, 1Y = { ja = "1年", en = "1Y" } }

[figure.size_return]
number = 1
title = { ja = "期間別リターン", en = "Returns by period" }
unit = { ja = "%", en = "%" }
periods = ["1D", "1W", "1M", "3M", "6M", "YTD", "1Y", "3Y", "5Y", "10Y"]
headline_periods = ["YTD", "1Y"]
"""
INDEX = """
[[index]]
id = "{index}"
size = "{size}"
label = {{ ja = "{size}", en = "{size}" }}

[[index.series]]
id = "{series}"
label = {{ ja = "{series}", en = "{series}" }}
provider = "nobody"
return_basis = "gross"
currency = "USD"
"""
DROP = """
[[file]]
path = "*.csv"
dataset = "index_level"
format = "fred_csv"
series_from = "filename"
return_basis = "gross"
currency = "USD"
licence = "invented"
"""


def main() -> None:
    """Prints what a night and the range cost."""
    if len(sys.argv) > 1:
        folder, first, last = sys.argv[1:]
        sys.exit(run_sessions(home_settings(Path(folder)), date.fromisoformat(first), date.fromisoformat(last)))
    rows = []
    for first in (NEWEST, FIRST[size()]):
        with TemporaryDirectory() as folder:
            fill(Path(folder))
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


def fill(folder: Path) -> None:
    """A study, and a drop folder with levels up to the newest session."""
    studies, drop = folder / "studies", folder / "drop"
    studies.mkdir()
    drop.mkdir()
    indices = [INDEX.format(series=series, size=size, index=index) for series, (size, index) in SERIES.items()]
    (studies / "one_figure.toml").write_text(STUDY + "".join(indices), encoding="utf-8")
    (drop / "drop.toml").write_text(DROP, encoding="utf-8")
    days = calendar.sessions(FIRST_LEVEL, NEWEST)
    for seed, series in enumerate(SERIES):
        moves = np.random.default_rng(seed).normal(0.0004, 0.011, len(days))
        levels = pd.Series(np.exp(np.cumsum(moves)) * 100, index=days)
        levels.to_csv(drop / f"{series}.csv", header=["VALUE"], index_label="DATE")


def home_settings(folder: Path) -> Settings:
    """The settings of runs in the home below a folder."""
    return Settings(
        home=str(folder / "home"),
        profile="files",
        drop=str(folder / "drop"),
        studies=str(folder / "studies"),
        profiles=str(PIPELINES / "profiles"),
    )


if __name__ == "__main__":
    main()
