"""Lists of index members as intervals of tickers.

Belongs here: the layout ticker, start_date, end_date. Does not belong here: what makes intervals a history
(frames/membership.py), who a ticker belonged to (core.security), a fund's holdings (ishares.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.frames.membership import members_frame
from assets.ingest.parsing.delimited_text import dates, read_csv, text_option
from assets.ingest.payload import Parser


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a stay: the columns of core.membership that a vendor states. Raises PayloadError.

    Option: series_id. The end is exclusive, empty (NaT) while the ticker is a member; the list has no permanent
    ids, so the ticker is the id.
    """
    table = read_csv(content)
    tickers = table.column(table.pick("ticker"))
    stated = {
        "series_id": text_option(options, "series_id"),
        "security_id": [ticker or None for ticker in tickers],
        "valid_from": dates(table, table.column("start_date")),
        "ticker": [ticker or None for ticker in tickers],
        "valid_to": dates(table, table.column("end_date"), missing=("",)),
    }
    return members_frame(table, stated)


FORMATS: dict[str, Parser] = {"membership_intervals_csv": parse}
