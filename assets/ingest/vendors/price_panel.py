"""Panels of prices of many securities in Parquet: long (a row a ticker and day) or wide (a column a ticker).

Belongs here: the two layouts. Does not belong here: what a level may be and whose it is (frames/security_level.py),
splicing two panels (the figure).
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.ingest.frames.prices import price_columns
from assets.ingest.frames.security_level import ids_by_owner, security_level_frame, source_of
from assets.ingest.parsing.delimited_text import Days, Floats, refuse_no_data, text_option
from assets.ingest.payload import Parser, PayloadError

COPY_SUFFIX = "-checkpoint"
"""Ends the name of a working copy that an editor left among the files behind a panel."""

TIME_COLUMNS = ("time", "date", "Date", "__index_level_0__")


def parse_long(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels from rows of ticker, date, close, adj_close; columns and attrs as security_level_frame gives them.

    Options: return_basis (``adjusted_close`` reads adj_close, ``price`` close), currency, file_name or source,
    optional level_column. Raises PayloadError.
    """
    basis = text_option(options, "return_basis")
    table = _read(content)
    (name,) = price_columns(basis, options.get("level_column"), "close", ("adj_close",))
    tickers, days = _texts(table, "ticker"), _days(table, "date")
    kept = np.flatnonzero(~pc.ends_with(tickers, COPY_SUFFIX).to_numpy())
    closes = _floats(table, "close")[kept] if "close" in table.column_names else None
    return _panel(
        tickers.take(pa.array(kept)), days[kept], _floats(table, name)[kept], closes, kept + 1, options, basis
    )


def parse_wide(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Levels from a table of days by tickers; NaN means no price. Columns, attrs, options as for the long layout.

    ``return_basis`` says what the cells contain; ``close`` is NaN throughout. Raises PayloadError.
    """
    table = _read(content)
    times = [name for name in TIME_COLUMNS if name in table.column_names]
    if len(times) != 1:
        columns = ", ".join(table.column_names[:5])
        raise PayloadError(f"one column of {', '.join(TIME_COLUMNS)} is needed", value=f"found {columns}")
    days = _days(table, times[0])
    names = [name for name in table.column_names if name != times[0] and not name.endswith(COPY_SUFFIX)]
    if not names:
        raise PayloadError("payload has no column of a ticker", value=", ".join(table.column_names))
    cells = np.column_stack([_floats(table, name) for name in names])
    column, row = np.nonzero(~np.isnan(cells.T))
    tickers = pa.DictionaryArray.from_arrays(pa.array(column, pa.int32()), pa.array(names, pa.string()))
    basis = text_option(options, "return_basis")
    return _panel(tickers.cast(pa.string()), days[row], cells[row, column], None, row + 1, options, basis)


def _panel(
    tickers: Any,
    days: Days,
    levels: Floats,
    closes: Floats | None,
    row_numbers: np.ndarray,
    options: Mapping[str, Any],
    basis: str,
) -> pd.DataFrame:
    return security_level_frame(
        ids_by_owner(tickers.to_pandas(), days, levels),
        days,
        levels,
        closes,
        source=source_of(options),
        return_basis=basis,
        currency=text_option(options, "currency"),
        where=lambda row: f"row {row_numbers[row]}, {days[row]}",
    )


def _read(content: bytes) -> pa.Table:
    refuse_no_data(content)
    try:
        table = pq.ParquetFile(io.BytesIO(content)).read()
        table.validate(full=True)
        names = table.column_names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise PayloadError("payload is not a whole Parquet file", value=str(error)[:80]) from error
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise PayloadError(f"column {twice[0]} appears more than once")
    if not table.num_rows:
        raise PayloadError("payload has no rows")
    return table


def _days(table: pa.Table, name: str) -> Days:
    """Days of a column of dates, or of timestamps at midnight: of their own zone, where they have one."""
    column = _column(table, name)
    if not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
        raise PayloadError(f"column {name} holds no days", value=column.type)
    _refuse_null(column, name)
    if getattr(column.type, "tz", None):
        column = pc.local_timestamp(column)
    stamps = column.to_numpy() if pa.types.is_timestamp(column.type) else column.cast(pa.date32()).to_numpy()
    days = stamps.astype("datetime64[D]")
    if (days != stamps).any():
        row = int((days != stamps).argmax())
        raise PayloadError(f"column {name} holds a time of day", where=f"row {row + 1}", value=stamps[row])
    return days


def _floats(table: pa.Table, name: str) -> Floats:
    """A column of numbers, NaN where it has none; integers are numbers too, texts and flags are not."""
    column = _column(table, name)
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise PayloadError(f"column {name} holds no numbers", value=column.type)
    return column.cast(pa.float64(), safe=False).to_numpy()


def _texts(table: pa.Table, name: str) -> pa.ChunkedArray:
    column = _column(table, name)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise PayloadError(f"column {name} holds no text", value=column.type)
    _refuse_null(column, name)
    texts = column.cast(pa.large_string())
    blank = pc.index(pc.utf8_trim_whitespace(texts), "").as_py()
    if blank >= 0:
        raise PayloadError(f"column {name} is blank", where=f"row {blank + 1}")
    return texts


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        columns = ", ".join(table.column_names)[:200]
        raise PayloadError(f"column {name} is missing", value=f"found {columns}")
    return table.column(name)


def _refuse_null(column: pa.ChunkedArray, name: str) -> None:
    if column.null_count:
        row = pc.index(column.is_null(), True).as_py() + 1
        raise PayloadError(f"column {name} has no value", where=f"row {row}")


FORMATS: dict[str, Parser] = {"price_panel_parquet": parse_long, "price_wide_parquet": parse_wide}
