"""The parse result of dataset holding: one row a line of a fund's list of holdings.

Belongs here: the numbering of lines. Does not belong here: what a vendor calls its columns, which holdings are shares
(warehouse/sql).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table


def holdings_frame(table: Table, stated: Mapping[str, Any]) -> pd.DataFrame:
    """One row a line, with the columns of core.holding that a vendor states, in the file's order.

    Where the vendor doesn't number the lines, their order does. Raises PayloadError as ``result_frame`` does.
    """
    return result_frame("holding", table, {"line": range(1, len(table.rows) + 1)} | dict(stated))
