"""A file of the drop folder with one level restated.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from tests.support.drop import fred_csv, total_return
from tests.support.night import FIRST

MONTH_BEFORE = date(2024, 2, 13)
"""The base of the 1M window of the first session, and a day of the long run."""


def restated_file() -> tuple[bytes, float, float]:
    """The small index with one level restated by 1 %: the file, the old and the new level."""
    levels = total_return("RU2000").loc[: FIRST.isoformat()].copy()
    old = float(levels[pd.Timestamp(MONTH_BEFORE)])
    levels[pd.Timestamp(MONTH_BEFORE)] = round(1.01 * old, 2)
    return fred_csv(levels), old, round(1.01 * old, 2)
