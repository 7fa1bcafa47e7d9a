"""EOD Historical Data: daily prices of one security, with a close that is adjusted for splits and dividends.

Belongs here: EODHD's column names. Does not belong here: what it has in common with other price files
(frames/prices.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.frames.prices import prices_frame
from assets.ingest.parsing.delimited_text import read_csv
from assets.ingest.payload import Parser

COUNT = re.compile(rb"(?<=\n)([0-9]+)[ \t]*(\r?\n)?[\r\n]*\Z")
"""The last line of some answers: a count, of what their documentation does not say."""

CUT_YEAR = re.compile(rb"1|2|19[0-9]{0,2}|20[0-9]{0,2}")
"""What is left of a row that is cut short in its year."""


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels of one series (columns: frames/index_level.COLUMNS), or of one security for dataset security_level
    (frames/prices.prices_frame says what differs). Raises PayloadError.

    Options: series_id, currency, return_basis (``adjusted_close`` reads Adjusted_close, ``price`` Close),
    optional level_column.
    """
    table = read_csv(_without_count(content))
    return prices_frame(table, options, close="Close", adjusted=("Adjusted_close",), missing=("",))


def _without_count(content: bytes) -> bytes:
    count = COUNT.search(content)
    if count is None or (not count[2] and CUT_YEAR.fullmatch(count[1])):
        return content
    return content[: count.start()]


FORMATS: dict[str, Parser] = {"eodhd_csv": parse}
