"""A figure's rows as files: Parquet with field metadata, and CSV that Excel opens.

Belongs here: rows to bytes. Does not belong here: which rows (checks/gate.py), pictures (pictures.py).
"""

from __future__ import annotations

import io
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from warehouse.contract import Contract

BYTE_ORDER_MARK = "\ufeff".encode()


def release_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, study: str, session: date, revision: int
) -> pa.Table:
    """The rows that a release publishes, with its revision, as the contract's Arrow schema, in key order."""
    rows = connection.sql(
        f"SELECT * REPLACE (CAST(? AS INTEGER) AS revision) FROM {contract.table} WHERE study = ? AND session = ? "
        f"ORDER BY {', '.join(contract.key)}",
        params=[revision, study, session],
    )
    return rows.to_arrow_table().cast(contract.arrow_schema())


def as_parquet(rows: pa.Table) -> bytes:
    """Parquet bytes; the same rows give the same bytes."""
    buffer = io.BytesIO()
    pa.parquet.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()


def as_csv(rows: pa.Table) -> bytes:
    """CSV bytes, UTF-8 with a byte order mark; an empty field is NULL."""
    buffer = io.BytesIO()
    buffer.write(BYTE_ORDER_MARK)
    options = pa.csv.WriteOptions(quoting_style="needed")
    pa.csv.write_csv(rows, buffer, options)
    return buffer.getvalue()
