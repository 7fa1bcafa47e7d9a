"""EOD Historical Data: daily prices of one security, with a close that is adjusted for splits and dividends.

Belongs here: EODHD's column names. Does not belong here: what it has in common with other price files
(_levels.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.payload import Parser
from assets.ingest.vendors._levels import price_levels
from assets.ingest.vendors._security_levels import DATASET, security_prices


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels of one series (columns: _levels.COLUMNS), or of one security for dataset security_level
    (_security_levels.security_prices says what differs). Raises PayloadError.

    Options: series_id, currency, return_basis (``adjusted_close`` reads Adjusted_close, ``price`` Close),
    optional level_column.
    """
    read = security_prices if options.get("dataset") == DATASET else price_levels
    return read(content, options, close="Close", adjusted=("Adjusted_close",), missing=("",))


FORMATS: dict[str, Parser] = {"eodhd_csv": parse}
