"""Where a figure's numbers come from: the payloads, corrections and index series behind its rows.

Belongs here: look-ups. Does not belong here: the lines that name them (charts/caption.py), the descriptor
(descriptor.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from warehouse.contract import contracts
from warehouse.database import rows_as_dicts


@dataclass(frozen=True)
class SourceSpan:
    """A stretch of a figure that one series gave: first and last date used."""

    index_id: str
    series_id: str
    first: date
    last: date


def payloads_behind(
    connection: duckdb.DuckDBPyConnection, study: str, sessions: Sequence[date]
) -> dict[tuple[date, str], list[dict[str, Any]]]:
    """The origin of every payload behind rows of a study (rows of meta.payload, by sha256), by session and figure."""
    used = "FROM meta.figure_payload WHERE study = ? AND list_contains(?, session)"
    origins = rows_as_dicts(
        connection,
        f"FROM meta.payload WHERE sha256 IN (SELECT payload_sha256 {used}) ORDER BY sha256",
        study,
        list(sessions),
    )
    by_sha256 = {origin["sha256"]: origin for origin in origins}
    behind: dict[tuple[date, str], list[dict[str, Any]]] = {}
    query = f"SELECT session, figure, payload_sha256 {used} ORDER BY payload_sha256"
    for session, figure, sha256 in connection.execute(query, [study, list(sessions)]).fetchall():
        if sha256 in by_sha256:
            behind.setdefault((session, figure), []).append(by_sha256[sha256])
    return behind


def payloads_behind_claims(connection: duckdb.DuckDBPyConnection, cut_off: datetime) -> list[dict[str, Any]]:
    """The same of what claims read and no figure does: policy rates."""
    return rows_as_dicts(
        connection,
        """
        FROM meta.payload
        WHERE sha256 IN (SELECT payload_sha256 FROM core.policy_rate WHERE known_at <= ?)
        ORDER BY sha256
        """,
        cut_off,
    )


def corrections_behind(
    connection: duckdb.DuckDBPyConnection, datasets: Iterable[str], session: date, cut_off: datetime
) -> list[dict[str, Any]]:
    """What people state of the datasets up to a session, and closures: what is applied and what excuses a check.

    Without times and hashes, so that equal statements give equal bytes.
    """
    columns = (
        "correction_id, stated_in, kind, dataset, subject, date, until, column_name, found, value, factor, reason, "
        "source, stated_by, stated_on"
    )
    correctable = [name for name in sorted(set(datasets)) if contracts()[f"core.{name}"].is_correctable]
    stated = [f"SELECT {columns}, state FROM core.{name}_corrections($known_at)" for name in correctable]
    stated.append(
        f"SELECT {columns}, 'applied' AS state FROM core.correction_as_known($known_at) WHERE kind = 'closure'"
    )
    return rows_as_dicts(
        connection,
        f"""
        SELECT * FROM ({" UNION ALL ".join(stated)})
        WHERE state IN ('applied', 'excuses') AND date <= $session
        ORDER BY stated_in, correction_id
        """,
        known_at=cut_off,
        session=session,
    )


def source_spans(connection: duckdb.DuckDBPyConnection, figure: str, study: str, session: date) -> list[SourceSpan]:
    """The index series behind a figure, each with the stretch that it gave; none for one that stands on others.

    A row of a line stands on the level of its ``date``, one of a return on those of ``base_date`` and ``end_date``.
    """
    table = f"figure.{figure}"
    columns = contracts()[table].column_names
    if "series_id" not in columns:
        return []
    days = "[date]" if "date" in columns else "[base_date, end_date]"
    rows = rows_as_dicts(
        connection,
        f"""
        SELECT index_id, series_id, min(day) AS first, max(day) AS last
        FROM (
            SELECT index_id, series_id, unnest({days}) AS day
            FROM {table}
            WHERE study = ? AND session = ? AND base_date IS NOT NULL
        )
        GROUP BY ALL ORDER BY first, series_id
        """,
        study,
        session,
    )
    return [SourceSpan(**row) for row in rows]
