"""The outcome of a check, and how it is recorded and shown.

Belongs here: the type, its rows in meta.check_result, its form as a Dagster asset check. Does not belong
here: running a check (table_checks.py, expectations.py), deciding what is published (gate.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
import duckdb

from warehouse.database import append

SAMPLE_ROWS = 5

UNKNOWN_SUBJECT = "?"
"""Stands for the series of a payload that was refused before anybody could read which ones it holds."""


@dataclass(frozen=True)
class Outcome:
    """One check of one table for one study and session.

    ``failing`` counts the rows that broke it, ``sample`` shows a few of them; ``subjects`` are the series that
    broke it, None where the check speaks of the whole table. ``shown_in``: the check of Dagster that shows it among
    others, None for one of its own.
    """

    check_name: str
    table: str
    study: str
    session: date
    passed: bool
    blocking: bool
    expected: str
    failing: int = 0
    sample: tuple[dict[str, Any], ...] = ()
    subjects: tuple[str, ...] | None = None
    error: str | None = None
    shown_in: str | None = None

    @property
    def shown_as(self) -> str:
        """The check of Dagster that shows it."""
        return self.shown_in or self.check_name

    @property
    def observed(self) -> str:
        """Counts and sample rows in one line of text."""
        if self.error:
            return f"check errored: {self.error}"
        if self.passed:
            return "held"
        rows = "; ".join(describe(row) for row in self.sample)
        return f"{self.failing} row{'' if self.failing == 1 else 's'} broke it: {rows}"

    def as_row(self, run_id: str) -> dict[str, Any]:
        """The row of meta.check_result."""
        return {
            "study": self.study,
            "session": self.session,
            "run_id": run_id,
            "check_name": self.check_name,
            "table_name": self.table,
            "severity": "error" if self.blocking else "warning",
            "passed": self.passed,
            "blocking": self.blocking,
            "observed": self.observed,
            "expected": self.expected,
            "subjects": list(self.subjects) if self.subjects is not None else None,
        }


def describe(row: dict[str, Any]) -> str:
    """A row in one line: the columns that have a value."""
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)


def record(connection: duckdb.DuckDBPyConnection, run_id: str, outcomes: list[Outcome]) -> None:
    """Keeps the outcomes; an earlier outcome of the same run, check, study and session is replaced."""
    tables = sorted({outcome.table for outcome in outcomes})
    before = connection.execute(
        "SELECT 1 FROM meta.check_result WHERE run_id = ? AND list_contains(?, table_name) LIMIT 1", [run_id, tables]
    ).fetchall()
    for outcome in outcomes if before else []:
        connection.execute(
            """
            DELETE FROM meta.check_result
            WHERE run_id = ? AND table_name = ? AND check_name = ? AND study = ? AND session = ?
            """,
            [run_id, outcome.table, outcome.check_name, outcome.study, outcome.session],
        )
    append(connection, "meta.check_result", [outcome.as_row(run_id) for outcome in outcomes])


def as_dagster_results(asset: dg.AssetKey, outcomes: list[Outcome]) -> list[dg.AssetCheckResult]:
    """One result a check of Dagster: failed where any study or session failed, with those rows in a table."""
    by_name: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.shown_as, []).append(outcome)
    return [_dagster_result(asset, name, group) for name, group in by_name.items()]


def _dagster_result(asset: dg.AssetKey, name: str, group: list[Outcome]) -> dg.AssetCheckResult:
    failed = [outcome for outcome in group if not outcome.passed]
    worst = failed[0] if failed else group[0]
    metadata: dict[str, Any] = {
        "observed": worst.observed,
        "failing rows": sum(outcome.failing for outcome in failed),
        "blocks publishing": worst.blocking,
    }
    if worst.shown_in:
        metadata["checks"] = _table(_one_row_a_check(group))
    else:
        metadata["expected"] = worst.expected
    sample = [{"study": o.study, "session": str(o.session), **row} for o in failed for row in o.sample]
    if sample:
        metadata["sample rows"] = _table(sample[:SAMPLE_ROWS])
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if worst.blocking else dg.AssetCheckSeverity.WARN,
        description=None if not failed else worst.observed,
        metadata=metadata,
    )


def _one_row_a_check(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """What each of several checks expected and found, over studies and sessions: the first failure of each."""
    worst: dict[str, Outcome] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.passed):
        worst.setdefault(outcome.check_name, outcome)
    return [
        {"check": name, "expected": worst[name].expected, "observed": worst[name].observed}
        for name in dict.fromkeys(outcome.check_name for outcome in outcomes)
    ]


def _table(rows: list[dict[str, Any]]) -> dg.TableMetadataValue:
    names = list(dict.fromkeys(name for row in rows for name in row))
    records = [dg.TableRecord({name: _cell(row.get(name)) for name in names}) for row in rows]
    return dg.MetadataValue.table(records)


def _cell(value: Any) -> str | int | float | bool:
    if isinstance(value, str | int | float | bool):
        return value
    return "" if value is None else json.dumps(value, default=str).strip('"')
