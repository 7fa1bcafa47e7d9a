"""Truths over whole tables: checks/sql/<name>.sql returns the rows that break one.

Belongs here: running those files and sharing their failing rows out to sessions. Does not belong here: the
rules themselves (contracts name them, sql/ states them), expectations about single columns (expectations.py).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from checks.outcome import SAMPLE_ROWS, Outcome
from warehouse.contract import Check, Contract
from warehouse.database import rows_as_dicts
from warehouse.limits import explained

SQL = Path(__file__).parent / "sql"


def check_table(
    connection: duckdb.DuckDBPyConnection, contract: Contract, study: str, sessions: list[date]
) -> list[Outcome]:
    """Every check of the contract for one study and its sessions; ``{table}`` in a check's SQL is the contract's table.

    A failing row that names a ``session`` counts against that session; one that names a ``date`` against every
    session from that date on; any other against all. The study's temporary tables
    (assets/study_tables.py) must be there. A check that errors is a failed check, never a passed one.
    """
    return [outcome for check in contract.check for outcome in _run(connection, contract, check, study, sessions)]


def failed_checks(contract: Contract, study: str, sessions: list[date], error: Exception) -> list[Outcome]:
    """Every check of the contract as one that could not run for a study.

    The error is then the reason that the gate gives for this study, and the others go on.
    """
    return [
        _outcome(contract, check, study, session, [], str(explained(error)))
        for check in contract.check
        for session in sessions
    ]


def failing_rows(connection: duckdb.DuckDBPyConnection, check: str, table: str = "") -> list[dict[str, Any]]:
    """The rows that break a check. Raises duckdb.Error."""
    query = (SQL / f"{check}.sql").read_text(encoding="utf-8").replace("{table}", table)
    return rows_as_dicts(connection, query)


def _run(
    connection: duckdb.DuckDBPyConnection, contract: Contract, check: Check, study: str, sessions: list[date]
) -> list[Outcome]:
    try:
        failing = failing_rows(connection, check.name, contract.table)
        error = None
    except (duckdb.Error, OSError) as problem:
        failing, error = [], str(explained(problem))
    return [
        _outcome(contract, check, study, session, [row for row in failing if _concerns(row, session)], error)
        for session in sessions
    ]


def _concerns(row: dict[str, Any], session: date) -> bool:
    if row.get("session") is not None:
        return bool(row["session"] == session)
    if row.get("date") is not None:
        return bool(row["date"] <= session)
    return True


def _outcome(
    contract: Contract, check: Check, study: str, session: date, rows: list[dict[str, Any]], error: str | None
) -> Outcome:
    subjects = [str(row["subject"]) for row in rows if row.get("subject") is not None]
    return Outcome(
        check_name=check.name,
        table=contract.table,
        study=study,
        session=session,
        passed=not rows and error is None,
        blocking=check.blocking,
        expected=check.expected,
        failing=len(rows),
        sample=tuple(rows[:SAMPLE_ROWS]),
        subjects=tuple(dict.fromkeys(subjects)) if subjects and error is None else None,
        error=error,
    )
