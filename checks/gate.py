"""The publication gate: which figures of a session may go out, and why the others may not.

Belongs here: reading what was recorded (meta.check_result, meta.coverage, meta.materialization) and the
verdict. Does not belong here: running checks, writing a release. The gate trusts records only, so a run that
starts at publishing cannot slip past a failed check, and a table that was never checked is not published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import duckdb

from checks.expectations import group_names
from checks.outcome import UNKNOWN_SUBJECT
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts

Kind = Literal["not_served", "not_covered", "failed"]


@dataclass(frozen=True)
class Withheld:
    """A figure that is not published, with the reason."""

    figure: str
    kind: Kind
    reason: str
    check_name: str | None = None


@dataclass(frozen=True)
class FigureNeeds:
    """What a figure stands on: its datasets, the helpful ones among them that are served, and the series whose
    failure concerns it; and the tables that it makes.
    """

    figure: str
    datasets: tuple[str, ...]
    subjects: frozenset[str]
    made: tuple[str, ...]
    helpful: tuple[str, ...] = ()

    @property
    def tables(self) -> list[str]:
        """Every table whose checks must have held, in the order of the flow."""
        inputs = [f"{layer}.{name}" for name in (*self.datasets, *self.helpful) for layer in ("landing", "core")]
        return [*inputs, *self.made]


def judge(
    connection: duckdb.DuckDBPyConnection,
    needs: FigureNeeds,
    study: str,
    session: date,
    *,
    served: set[str],
    is_overdue: bool,
) -> Withheld | None:
    """Why the figure may not be published for the session, or None.

    ``served`` are the datasets that the profile has a source for; ``is_overdue`` says that the session is the
    newest closed one and its deadline has passed, so that data that is merely missing counts as a failure.
    """
    missing = [name for name in needs.datasets if name not in served]
    if missing:
        return Withheld(needs.figure, "not_served", f"the profile has no source for {', '.join(missing)}")
    return (
        _unchecked(connection, needs, study, session)
        or _failed(connection, needs, study, session)
        or _not_covered(connection, needs, study, session, is_overdue)
        or _without_rows(connection, needs, study, session)
    )


def _latest_run(connection: duckdb.DuckDBPyConnection, table: str, study: str, session: date) -> str | None:
    found = connection.execute(
        "SELECT run_id FROM meta.materialization WHERE table_name = ? AND study = ? AND session = ?",
        [table, study, session],
    ).fetchall()
    return found[0][0] if found else None


def _unchecked(connection: duckdb.DuckDBPyConnection, needs: FigureNeeds, study: str, session: date) -> Withheld | None:
    for table in needs.tables:
        run = _latest_run(connection, table, study, session)
        if run is None:
            reason = f"{table} was not made for this session; run the whole job `nightly` for it"
            return Withheld(needs.figure, "failed", reason)
        recorded = connection.execute(
            """
            SELECT check_name FROM meta.check_result
            WHERE table_name = ? AND study = ? AND session = ? AND run_id = ?
            """,
            [table, study, session, run],
        ).fetchall()
        unrecorded = sorted(set(_blocking_checks(table)) - {name for (name,) in recorded})
        if unrecorded:
            reason = f"{table} was not checked by the run that made it: {', '.join(unrecorded)} left no result"
            return Withheld(needs.figure, "failed", reason, unrecorded[0])
    return None


def _blocking_checks(table: str) -> list[str]:
    contract = contracts().get(table)
    if contract is None:
        return ["payloads_accepted"]
    return [*group_names(contract), *(check.name for check in contract.check if check.blocking)]


def _failed(connection: duckdb.DuckDBPyConnection, needs: FigureNeeds, study: str, session: date) -> Withheld | None:
    for table in needs.tables:
        results = rows_as_dicts(
            connection,
            """
            SELECT check_name, table_name, observed, expected, subjects FROM meta.check_result
            WHERE table_name = ? AND study = ? AND session = ? AND run_id = ? AND blocking AND NOT passed
            ORDER BY check_name
            """,
            table,
            study,
            session,
            _latest_run(connection, table, study, session),
        )
        for result in results:
            if not result["subjects"] or needs.subjects & set(result["subjects"]):
                reason = f"{result['table_name']}: {result['observed']} (expected: {result['expected']})"
                return Withheld(needs.figure, "failed", reason, result["check_name"])
    return None


def _not_covered(
    connection: duckdb.DuckDBPyConnection, needs: FigureNeeds, study: str, session: date, is_overdue: bool
) -> Withheld | None:
    found = connection.execute(
        "SELECT is_late, reason FROM meta.coverage WHERE study = ? AND session = ? AND figure = ? ORDER BY reason",
        [study, session, needs.figure],
    ).fetchall()
    if not found:
        return None
    reason = "; ".join(reason for _, reason in found)
    if _refused_unread(connection, needs, study, session):
        reason += "; a payload was refused before anybody could tell what it holds"
        return Withheld(needs.figure, "failed", reason, "payloads_accepted")
    if is_overdue and all(is_late for is_late, _ in found):
        return Withheld(needs.figure, "failed", f"{reason}; the newest session is missing after its deadline")
    return Withheld(needs.figure, "not_covered", reason)


def _without_rows(
    connection: duckdb.DuckDBPyConnection, needs: FigureNeeds, study: str, session: date
) -> Withheld | None:
    for table in needs.made:
        rows = connection.execute(
            f"SELECT 1 FROM {table} WHERE study = ? AND session = ? LIMIT 1", [study, session]
        ).fetchall()
        if not rows:
            reason = f"{table} has no rows of this session any more; run the whole job `nightly` for it"
            return Withheld(needs.figure, "failed", reason)
    return None


def _refused_unread(connection: duckdb.DuckDBPyConnection, needs: FigureNeeds, study: str, session: date) -> bool:
    """Whether a payload was refused of which nobody knows the series: it may be what is missing."""
    return any(
        connection.execute(
            """
            SELECT 1 FROM meta.check_result
            WHERE table_name = ? AND study = ? AND session = ? AND run_id = ? AND list_contains(subjects, ?)
            """,
            [table, study, session, _latest_run(connection, table, study, session), UNKNOWN_SUBJECT],
        ).fetchall()
        for table in needs.tables
    )
