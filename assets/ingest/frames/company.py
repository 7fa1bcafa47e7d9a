"""The parse result of dataset company: whose ticker it is.

Belongs here: CIKs. Does not belong here: what a vendor calls its columns, tickers given twice (vendors/sec).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.frames.identifiers import is_cik
from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table
from assets.ingest.payload import PayloadError


def companies_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """One row a ticker: the columns of core.company that a vendor states. A CIK gets its leading zeros back.

    Raises PayloadError for an id that is no CIK.
    """
    frame = result_frame("company", table, stated)
    wrong = (~is_cik(frame["company_id"])).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise PayloadError("company_id is no CIK", where=table.where(row), value=frame["company_id"][row])
    return frame
