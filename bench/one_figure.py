"""A home whose only study is figure 1, on invented levels: what several measurements begin with.

Belongs here: its study and drop folder, and the settings of its runs. Does not belong here: what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from assets.settings import Settings
from pipelines.resources import PIPELINES

SERIES = {"RU2000TR": ("small", "R2000"), "RU1000TR": ("large", "R1000")}

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
path = "RU*.csv"
dataset = "index_level"
format = "fred_csv"
series_from = "filename"
return_basis = "gross"
currency = "USD"
licence = "invented"
"""


def fill(folder: Path, days: Sequence[date], drop_entries: str = "") -> None:
    """The study, and a drop folder with its levels on some days; ``drop_entries`` are added to its drop.toml."""
    studies, drop = folder / "studies", folder / "drop"
    studies.mkdir(parents=True)
    drop.mkdir()
    indices = [INDEX.format(series=series, size=size, index=index) for series, (size, index) in SERIES.items()]
    (studies / "one_figure.toml").write_text(STUDY + "".join(indices), encoding="utf-8")
    (drop / "drop.toml").write_text(DROP + drop_entries, encoding="utf-8")
    for seed, series in enumerate(SERIES):
        moves = np.random.default_rng(seed).normal(0.0004, 0.011, len(days))
        levels = pd.Series(np.exp(np.cumsum(moves)) * 100, index=pd.DatetimeIndex(days).date)
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
