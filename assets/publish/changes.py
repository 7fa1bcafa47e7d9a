"""What a revision changed against the one before of the same session: rows of meta.change.

Belongs here: the comparison. Does not belong here: deciding whether there is a new revision (identity.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import duckdb

from warehouse.contract import Contract, quoted
from warehouse.database import rows_as_dicts
from warehouse.earlier_versions import released_columns, released_rows

Cause = Literal["restated", "new_data", "method", "first"]
ALWAYS_SAME = ("study", "session", "revision", "evidence")


def first_change(contract: Contract) -> dict[str, Any]:
    """The one row of a table in a first revision."""
    return {
        "table_name": contract.table,
        "key": "",
        "column_name": "*",
        "old": None,
        "new": None,
        "cause": "first",
    }


def changes(
    connection: duckdb.DuckDBPyConnection, contract: Contract, before: Path, after: Path, cause: Cause
) -> list[dict[str, Any]]:
    """A row for every value that differs between two Parquet files of a figure.

    A row that only one of them has is one change of the column ``*``; it is ``new_data`` unless the method
    changed. A column that an earlier version of the contract lacked, or named otherwise, is one change of the method
    for all rows. ``cause`` names the others.
    """
    columns = released_columns(before)
    earlier = {column.name: column.name_in(columns) for column in contract.column}
    key = [name for name in contract.key if name not in ALWAYS_SAME]
    values = [name for name in contract.column_names if name not in (*key, *ALWAYS_SAME)]
    key_text = " || ' ' || ".join(f"CAST({name} AS VARCHAR)" for name in key)
    both = f"""
        SELECT {key_text} AS key, o, n
        FROM (SELECT {", ".join(key)}, t AS o FROM ({released_rows(contract, [before])[0]}) AS t)
        FULL JOIN (SELECT {", ".join(key)}, t AS n FROM read_parquet({quoted(str(after))}) AS t)
        USING ({", ".join(key)})
    """
    differing = [
        f"SELECT key, '{name}' AS column_name, CAST(o.{name} AS VARCHAR) AS old, CAST(n.{name} AS VARCHAR) AS new, "
        f"{quoted(cause)} AS cause FROM pairs WHERE o IS NOT NULL AND n IS NOT NULL "
        f"AND o.{name} IS DISTINCT FROM n.{name}"
        for name in values
        if earlier[name] is not None
    ]
    of_columns = [
        {"key": "", "column_name": name, "old": before_name, "new": name, "cause": "method"}
        for name, before_name in earlier.items()
        if before_name != name
    ]
    row_cause = quoted(cause if cause == "method" else "new_data")
    one_sided = f"""
        SELECT key, '*', CASE WHEN o IS NULL THEN NULL ELSE 'row' END, CASE WHEN n IS NULL THEN NULL ELSE 'row' END,
               {row_cause} FROM pairs WHERE o IS NULL OR n IS NULL
    """
    query = f"WITH pairs AS ({both}) " + " UNION ALL ".join([*differing, one_sided]) + " ORDER BY ALL"
    return [{"table_name": contract.table, **row} for row in [*of_columns, *rows_as_dicts(connection, query)]]
