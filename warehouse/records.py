"""Records of what was made: which run made a table for a session last.

Belongs here: meta.materialization, which the gate reads. Does not belong here: check results (checks/outcome.py),
loads of payloads (assets/core).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import duckdb

from warehouse.database import append, transaction


def record_materialization(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    table: str,
    studies: Collection[str],
    sessions: Collection[date],
    known_at: datetime,
) -> None:
    """Notes that ``run_id`` made ``table`` for these studies and sessions; ``known_at`` is its cut-off, naive UTC."""
    rows = [
        {"study": study, "session": session, "table_name": table, "run_id": run_id, "known_at": known_at}
        for study in studies
        for session in sessions
    ]
    if not rows:
        return
    with transaction(connection):
        connection.execute(
            """
            DELETE FROM meta.materialization
            WHERE table_name = ? AND list_contains(?, study) AND list_contains(?, session)
            """,
            [table, list(studies), list(sessions)],
        )
        append(connection, "meta.materialization", rows)
