"""A figure's rows as files: Parquet with field metadata, and CSV that Excel opens.

Belongs here: rows to bytes. Does not belong here: which rows (checks/gate.py), pictures (pictures.py).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from warehouse.contract import Contract

BYTE_ORDER_MARK = "\ufeff".encode()

CSV_TIME = "%Y-%m-%dT%H:%M:%SZ"
"""The form of a `datetime` of Frictionless Table Schema; UTC, as every time that is published."""


def session_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, study: str, sessions: Sequence[date]
) -> dict[date, pa.Table]:
    """The rows of each of the sessions, as they are in the warehouse, in key order; all are read at once."""
    rows = connection.sql(
        f"SELECT * FROM {contract.table} WHERE study = ? AND list_contains(?, session) "
        f"ORDER BY session, {', '.join(contract.key)}",
        params=[study, list(sessions)],
    ).to_arrow_table()
    runs = pa.compute.run_end_encode(rows.column("session").combine_chunks()) if rows.num_rows else None
    ends = [0, *(runs.run_ends.to_pylist() if runs else [])]
    cut = {
        session.as_py(): rows.slice(start, end - start)
        for session, start, end in zip(runs.values if runs else [], ends, ends[1:], strict=False)
    }
    return {session: cut.get(session, rows.slice(0, 0)) for session in sessions}


def release_rows(rows: pa.Table, contract: Contract, revision: int) -> pa.Table:
    """Rows of a session as its release publishes them: with its revision, as the contract's Arrow schema."""
    said: dict[str, pa.Array] = {"revision": pa.array([revision] * rows.num_rows, pa.int32())}
    if "evidence" in contract.column_names:  # SQL that has to name the revision that it speaks of
        said["evidence"] = pa.compute.replace_substring(rows.column("evidence"), "$revision", str(revision))
    for name, values in said.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return rows.cast(contract.arrow_schema())


def as_parquet(rows: pa.Table) -> bytes:
    """Parquet bytes; the same rows give the same bytes."""
    buffer = io.BytesIO()
    pa.parquet.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()


def as_csv(rows: pa.Table) -> bytes:
    """CSV bytes, UTF-8 with a byte order mark, by which Excel knows the encoding; an empty field is NULL.

    The names of the columns stand without quotes: a strict reader refuses a quote behind the mark. Times are UTC to the
    second, in the form that the descriptor's schema promises. A text that Excel would take for a formula gets an
    apostrophe before it, as Excel's own way of saying text.
    """
    buffer = io.BytesIO()
    buffer.write(BYTE_ORDER_MARK)
    options = pa.csv.WriteOptions(quoting_style="needed", quoting_header="none")
    pa.csv.write_csv(_with_stated_times(_without_formulas(rows)), buffer, options)
    return buffer.getvalue()


def _without_formulas(rows: pa.Table) -> pa.Table:
    for at, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            safe = pa.compute.replace_substring_regex(rows.column(at), r"^([=+\-@\t\r＝＋－＠])", r"'\1")
            rows = rows.set_column(at, field, safe)
    return rows


def _with_stated_times(rows: pa.Table) -> pa.Table:
    for at, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            seconds = pa.compute.floor_temporal(rows.column(at), unit="second").cast(pa.timestamp("s"))
            rows = rows.set_column(at, field.name, pa.compute.strftime(seconds, CSV_TIME))
    return rows
