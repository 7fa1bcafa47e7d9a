"""Yahoo Finance: daily prices of one security, with a close that is adjusted for dividends.

Belongs here: Yahoo's column names and its mark for a missing day. Does not belong here: how a rewritten
adjusted close is chained to stored levels (core).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.payload import Parser
from assets.ingest.vendors._levels import price_levels
from assets.ingest.vendors._security_levels import DATASET, security_prices

MISSING = ("null", "")


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels of one series (columns: _levels.COLUMNS), or of one security for dataset security_level
    (_security_levels.security_prices says what differs). Raises PayloadError.

    Options: series_id, currency, return_basis (``adjusted_close`` reads AdjClose or Adj Close, ``price``
    Close), optional level_column. Columns stand in any order; a date may carry a time and a zone.
    """
    read = security_prices if options.get("dataset") == DATASET else price_levels
    return read(content, options, close="Close", adjusted=("AdjClose", "Adj Close"), missing=MISSING)


FORMATS: dict[str, Parser] = {"yahoo_csv": parse}
