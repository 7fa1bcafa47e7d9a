"""Records of what was made: which run made a table for a session last.

Belongs here: meta.materialization, which the gate reads. Does not belong here: check results (checks/outcome.py),
loads of payloads (assets/core).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import duckdb

from warehouse.database import append, transaction


def record_materialization(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    table: str,
    studies: Iterable[str],
    sessions: Iterable[date],
    known_at: datetime,
) -> None:
    """Notes that ``run_id`` made ``table`` for these studies and sessions; ``known_at`` is its cut-off, naive UTC."""
    rows = [
        {"study": study, "session": session, "table_name": table, "run_id": run_id, "known_at": known_at}
        for study in studies
        for session in sessions
    ]
    with transaction(connection):
        connection.executemany(
            "DELETE FROM meta.materialization WHERE study = ? AND session = ? AND table_name = ?",
            [[row["study"], row["session"], table] for row in rows],
        )
        append(connection, "meta.materialization", rows)
