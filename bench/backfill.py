"""What a range of sessions costs in one run, as a multiple of one night, each as a whole process.

Belongs here: a study of figure 1 alone on invented levels of thirty years, one night, a year of sessions, and with
``--all`` every session since 1996. Does not belong here: whether the figures are right (tests/).

Run: ``python bench/backfill.py`` (options: --all, --rounds).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from assets import calendar
from assets.settings import Settings
from pipelines.__main__ import run_sessions
from pipelines.resources import PIPELINES

SERIES = {"RU2000TR": ("small", "R2000"), "RU1000TR": ("large", "R1000")}
FIRST_LEVEL, FIRST, NEWEST = date(1985, 1, 2), date(1996, 1, 2), date(2025, 12, 31)
YEAR = (date(2025, 1, 2), NEWEST)

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
    """Prints seconds and multiples."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--all", action="store_true", help="also every session since 1996, once")
    options.add_argument("--run", nargs=3, metavar=("FOLDER", "FROM", "TO"), help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.run:
        folder, first, last = asked.run
        sys.exit(run_sessions(_settings(Path(folder)), date.fromisoformat(first), date.fromisoformat(last)))
    ratios = []
    for number in range(1, asked.rounds + 1):
        night, year = _seconds(NEWEST, NEWEST), _seconds(*YEAR)
        ratios.append(year / night)
        print(f"round {number}: a night {night:.1f} s, a year {year:.1f} s, {year / night:.2f} nights", flush=True)
    print(f"a year of sessions costs {statistics.median(ratios):.2f} nights (median; limit 3)")
    if asked.all:
        print(f"{len(calendar.sessions(FIRST, NEWEST))} sessions since {FIRST}: {_seconds(FIRST, NEWEST):.0f} s")


def _seconds(first: date, last: date) -> float:
    """How long a run of these sessions takes in an empty home, as a process of its own."""
    with TemporaryDirectory() as folder:
        _fill(Path(folder))
        start = time.perf_counter()
        command = [sys.executable, "-W", "ignore", __file__, "--run", folder, first.isoformat(), last.isoformat()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def _fill(folder: Path) -> None:
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


def _settings(folder: Path) -> Settings:
    return Settings(
        home=str(folder / "home"),
        profile="files",
        drop=str(folder / "drop"),
        studies=str(folder / "studies"),
        profiles=str(PIPELINES / "profiles"),
    )


if __name__ == "__main__":
    main()
