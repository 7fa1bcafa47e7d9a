"""The publication gate: which figures of a session may go out, and why the others may not.

Belongs here: reading what was recorded (meta.check_result, meta.coverage, meta.materialization) and the
verdict. Does not belong here: running checks, writing a release. The gate trusts records only, so a run that
starts at publishing cannot slip past a failed check, and a table that was never checked is not published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import duckdb

from checks.expectations import group_names
from checks.outcome import UNKNOWN_SUBJECT
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts

Kind = Literal["not_served", "not_covered", "failed"]


@dataclass(frozen=True)
class Withheld:
    """A figure that is not published, with the reason; where there is a ``subject``, only that is missing from it: a
    fund of a ranking, a claim.
    """

    figure: str
    kind: Kind
    reason: str
    check_name: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class FigureNeeds:
    """What a figure stands on: its datasets, the helpful ones among them that are served, and the series whose
    failure concerns it; and the tables that it makes. ``answered`` are tables whose failures by subject it answers
    itself: it leaves the subject out, by name.
    """

    figure: str
    datasets: tuple[str, ...]
    subjects: frozenset[str]
    made: tuple[str, ...]
    helpful: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()

    @property
    def tables(self) -> list[str]:
        """Every table whose checks must have held, in the order of the flow."""
        inputs = [f"{layer}.{name}" for name in (*self.datasets, *self.helpful) for layer in ("landing", "core")]
        return [*inputs, *self.made]


@dataclass(frozen=True)
class Recorded:
    """What was recorded of a study's sessions: of each table what the run left that made it last.

    ``runs``, ``checked`` (names of blocking checks that left a result) and ``failed`` (results that did not hold) by
    session and table; ``uncovered`` (is_late, reason, check_name) and ``left_out`` (what alone the figure goes without)
    by session and figure; ``series`` those that a table's rows name, by session and table, where it has rows.
    """

    runs: dict[tuple[date, str], str]
    checked: dict[tuple[date, str], set[str]]
    failed: dict[tuple[date, str], list[dict[str, Any]]]
    uncovered: dict[tuple[date, str], list[tuple[bool, str, str | None]]]
    series: dict[tuple[date, str], frozenset[str]]
    left_out: dict[tuple[date, str], list[Withheld]]


def read_recorded(
    connection: duckdb.DuckDBPyConnection, study: str, sessions: Sequence[date], made: Sequence[str]
) -> Recorded:
    """The records of a study's sessions, read once for all of them; ``made`` are the tables of its figures."""
    span = [study, min(sessions), max(sessions)]
    recorded = Recorded({}, {}, {}, {}, {}, {})
    last_runs = """
        SELECT session, table_name, run_id FROM meta.materialization WHERE study = ? AND session BETWEEN ? AND ?
    """
    for session, table, run in connection.execute(last_runs, span).fetchall():
        recorded.runs[session, table] = run
    checked = f"""
        SELECT session, table_name, list(check_name)
        FROM meta.check_result AS c JOIN ({last_runs}) AS m USING (session, table_name, run_id)
        WHERE c.study = ? AND c.blocking GROUP BY ALL
    """
    for session, table, names in connection.execute(checked, [*span, study]).fetchall():
        recorded.checked[session, table] = set(names)
    failed = f"""
        SELECT session, table_name, check_name, observed, expected, blocking, subjects
        FROM meta.check_result AS c JOIN ({last_runs}) AS m USING (session, table_name, run_id)
        WHERE c.study = ? AND NOT c.passed ORDER BY check_name
    """
    for row in rows_as_dicts(connection, failed, *span, study):
        recorded.failed.setdefault((row["session"], row["table_name"]), []).append(row)
    uncovered = """
        SELECT session, figure, is_late, reason, check_name, subject FROM meta.coverage
        WHERE study = ? AND session BETWEEN ? AND ? ORDER BY reason
    """
    for session, figure, is_late, reason, check, subject in connection.execute(uncovered, span).fetchall():
        if subject is None:
            recorded.uncovered.setdefault((session, figure), []).append((is_late, reason, check))
        else:
            part = Withheld(figure, "failed", reason, check, subject)
            recorded.left_out.setdefault((session, figure), []).append(part)
    for table in made:
        named = "list(DISTINCT series_id)" if "series_id" in contracts()[table].column_names else "[]::VARCHAR[]"
        own = f"SELECT session, {named} FROM {table} WHERE study = ? AND session BETWEEN ? AND ? GROUP BY session"
        for session, series in connection.execute(own, span).fetchall():
            recorded.series[session, table] = frozenset(series)
    return recorded


def judge(
    recorded: Recorded, needs: FigureNeeds, session: date, *, served: set[str], is_overdue: bool
) -> Withheld | None:
    """Why the figure may not be published for the session, or None.

    ``served`` are the datasets that the profile has a source for; ``is_overdue`` says that the session is the
    newest closed one and its deadline has passed, so that data that is merely missing counts as a failure.
    """
    missing = [name for name in needs.datasets if name not in served]
    if missing:
        return Withheld(needs.figure, "not_served", f"the profile has no source for {', '.join(missing)}")
    return (
        _unchecked(recorded, needs, session)
        or _failed(recorded, needs, session)
        or _not_covered(recorded, needs, session, is_overdue)
        or _without_rows(recorded, needs, session)
    )


def judge_claim(
    recorded: Recorded, claim_id: str, datasets: Sequence[str], evidence: str, session: date
) -> Withheld | None:
    """Why a claim that reads ``datasets`` itself may not be tested for the session, or None.

    A failure that names series concerns it where its evidence names one of them too, or nobody could tell which series
    a refused payload holds.
    """
    for table in (f"{layer}.{name}" for name in datasets for layer in ("landing", "core")):
        for result in recorded.failed.get((session, table), []):
            named = result["subjects"] or ()
            concerns = not named or any(subject == UNKNOWN_SUBJECT or f"'{subject}'" in evidence for subject in named)
            if result["blocking"] and concerns:
                reason = f"{table}: {result['observed']} (expected: {result['expected']})"
                return Withheld("claim", "failed", reason, result["check_name"], claim_id)
    return None


def _unchecked(recorded: Recorded, needs: FigureNeeds, session: date) -> Withheld | None:
    for table in needs.tables:
        if (session, table) not in recorded.runs:
            reason = f"{table} was not made for this session; run the whole job `nightly` for it"
            return Withheld(needs.figure, "failed", reason)
        unrecorded = sorted(set(_blocking_checks(table)) - recorded.checked.get((session, table), set()))
        if unrecorded:
            reason = f"{table} was not checked by the run that made it: {', '.join(unrecorded)} left no result"
            return Withheld(needs.figure, "failed", reason, unrecorded[0])
    return None


def _blocking_checks(table: str) -> list[str]:
    contract = contracts().get(table)
    if contract is None:
        return ["payloads_accepted"]
    return [*group_names(contract), *(check.name for check in contract.check if check.blocking)]


def _failed(recorded: Recorded, needs: FigureNeeds, session: date) -> Withheld | None:
    gone = {withheld.subject for withheld in recorded.left_out.get((session, needs.figure), [])}
    for table in needs.tables:
        for result in recorded.failed.get((session, table), []):
            if result["subjects"] and table in needs.answered:
                continue
            concerns = not result["subjects"] or needs.subjects & set(result["subjects"]) - gone
            if result["blocking"] and concerns:
                reason = f"{table}: {result['observed']} (expected: {result['expected']})"
                return Withheld(needs.figure, "failed", reason, result["check_name"])
    return None


def _not_covered(recorded: Recorded, needs: FigureNeeds, session: date, is_overdue: bool) -> Withheld | None:
    gaps = recorded.uncovered.get((session, needs.figure))
    if not gaps:
        return None
    reason = "; ".join(reason for _, reason, _ in gaps)
    failed = [check for *_, check in gaps if check is not None]
    if failed:
        return Withheld(needs.figure, "failed", reason, failed[0])
    if _refused_unread(recorded, needs, session):
        reason += "; a payload was refused before anybody could tell what it holds"
        return Withheld(needs.figure, "failed", reason, "payloads_accepted")
    if is_overdue and all(is_late for is_late, *_ in gaps):
        return Withheld(needs.figure, "failed", f"{reason}; the newest session is missing after its deadline")
    return Withheld(needs.figure, "not_covered", reason)


def _without_rows(recorded: Recorded, needs: FigureNeeds, session: date) -> Withheld | None:
    for table in needs.made:
        if (session, table) not in recorded.series:
            reason = f"{table} has no rows of this session any more; run the whole job `nightly` for it"
            return Withheld(needs.figure, "failed", reason)
    return None


def _refused_unread(recorded: Recorded, needs: FigureNeeds, session: date) -> bool:
    """Whether a payload was refused of which nobody knows the series: it may be what is missing."""
    results = [result for table in needs.tables for result in recorded.failed.get((session, table), [])]
    return any(UNKNOWN_SUBJECT in (result["subjects"] or ()) for result in results)
