"""Where a figure's numbers come from: the payloads, corrections and index series behind its rows.

Belongs here: look-ups. Does not belong here: the lines that name them (charts/caption.py), the descriptor
(descriptor.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from warehouse.contract import contracts
from warehouse.database import has_sql, rows_as_dicts, sql_file

PAYLOADS_OF_LEVELS = """
SELECT l.payload_sha256
FROM ({levels}) AS u
JOIN core.index_level_as_known(getvariable('known_at')) AS l USING (series_id, date)
"""
"""For a figure that names the index levels that it stands on (sql/<figure>_levels.sql)."""


@dataclass(frozen=True)
class Part:
    """A stretch of a figure that one series gave: first and last date used."""

    index_id: str
    series_id: str
    first: date
    last: date


def payloads_behind(
    connection: duckdb.DuckDBPyConnection, figure: str, study: str, session: date, cut_off: datetime
) -> list[dict[str, Any]]:
    """The origin of every payload behind a figure's rows of a session (rows of meta.payload), by sha256."""
    _point_at(connection, study, session)
    connection.execute("SET VARIABLE known_at = ?", [cut_off])
    own = f"{figure}_payloads"
    used = sql_file(own) if has_sql(own) else PAYLOADS_OF_LEVELS.format(levels=sql_file(f"{figure}_levels"))
    return rows_as_dicts(
        connection,
        f"""
        SELECT DISTINCT p.*
        FROM ({used}) AS used
        JOIN meta.payload AS p ON p.sha256 = used.payload_sha256
        ORDER BY p.sha256
        """,
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
    cursor = connection.execute(
        f"""
        SELECT * FROM ({" UNION ALL ".join(stated)})
        WHERE state IN ('applied', 'excuses') AND date <= $session
        ORDER BY stated_in, correction_id
        """,
        {"known_at": cut_off, "session": session},
    )
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def parts_of(connection: duckdb.DuckDBPyConnection, figure: str, study: str, session: date) -> list[Part]:
    """The index series behind a figure, each with the stretch that it gave; none for one that stands on others."""
    if not has_sql(f"{figure}_levels"):
        return []
    _point_at(connection, study, session)
    rows = rows_as_dicts(
        connection,
        f"""
        SELECT f.index_id, used.series_id, min(used.date) AS first, max(used.date) AS last
        FROM ({sql_file(f"{figure}_levels")}) AS used
        JOIN (SELECT DISTINCT index_id, series_id FROM figure.{figure} WHERE study = ? AND session = ?) AS f
          USING (series_id)
        GROUP BY ALL ORDER BY first, used.series_id
        """,
        study,
        session,
    )
    return [Part(**row) for row in rows]


def _point_at(connection: duckdb.DuckDBPyConnection, study: str, session: date) -> None:
    connection.execute("SET VARIABLE study = ?", [study])
    connection.execute("SET VARIABLE session = ?", [session])
