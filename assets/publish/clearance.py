"""What of a study's sessions may go out, decided before anything is written: figures by the gate, then the claims.

Belongs here: what the gate is asked of each figure, the claims on the figures that passed, and what is withheld. Does
not belong here: the verdict on a figure (checks/gate.py), how a claim is tested (claims.py), writing (release.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from assets import calendar
from assets.calendar import Closed
from assets.deadline import is_overdue
from assets.figures.figure import STATED, Figure
from assets.figures.registry import FIGURES
from assets.publish.claims import (
    CLAIMS,
    ClaimError,
    Verdict,
    check_claims,
    make_claims,
    published_verdicts,
    read_verdicts,
)
from assets.publish.folder import newest_release
from assets.settings import Settings
from assets.study import Study
from checks.gate import FigureNeeds, Recorded, Withheld, judge, judge_claim, read_recorded
from checks.outcome import Outcome, record
from warehouse.contract import contracts
from warehouse.records import record_materialization


@dataclass
class GateResult:
    """What may go out of a session, the claims among it, and what may not; with what the checks of the claims found."""

    figures: list[Figure]
    withheld: list[Withheld]
    claim_outcomes: list[Outcome] = field(default_factory=list)


def apply_gate(
    connection: duckdb.DuckDBPyConnection, study: Study, sessions: list[date], settings: Settings, run_id: str
) -> dict[date, GateResult]:
    """What may go out of each session, in their order. Makes and records the claims of those that have a figure."""
    made = [table for figure in FIGURES if figure.name in study.figure_names() for table in figure.tables]
    recorded = read_recorded(connection, study.study, sessions, made)
    served, closed = settings.served_datasets(), settings.closed_days()
    results = {session: _judge_session(recorded, study, session, served, closed) for session in sessions}
    if study.claim:
        add_claims(connection, study, results, settings.home_folder().published)
        _record_claims(connection, study, results, run_id, settings.cut_off())
    return results


def add_claims(
    connection: duckdb.DuckDBPyConnection, study: Study, results: dict[date, GateResult], published: Path
) -> None:
    """Adds the claims to every session that has a figure to go out, unless a check of them failed: then they are
    withheld there. A claim that is written wrongly withholds them everywhere.
    """
    going_out = {session: result for session, result in sorted(results.items()) if result.figures}
    try:
        outcomes = make_claims(connection, study, {session: result.withheld for session, result in going_out.items()})
    except ClaimError as error:
        for result in going_out.values():
            result.withheld.append(Withheld(CLAIMS.name, "failed", str(error)))
        return
    of_run: dict[date, list[Verdict]] = {}
    for session, result in going_out.items():
        before = _verdicts_before(published, study, session, of_run)
        result.claim_outcomes = [
            *(outcome for outcome in outcomes if outcome.session == session),
            *check_claims(connection, study, session, before),
        ]
        failed = next((outcome for outcome in result.claim_outcomes if outcome.blocking and not outcome.passed), None)
        if failed is None:
            result.figures = [*result.figures, CLAIMS]
            of_run[session] = read_verdicts(connection, study.study, session)
        else:
            result.withheld.append(Withheld(CLAIMS.name, "failed", failed.observed, failed.check_name))
            of_run[session] = []


def _verdicts_before(published: Path, study: Study, session: date, of_run: dict[date, list[Verdict]]) -> list[Verdict]:
    """What the newest session before this one says: one of this run, or one that was published before."""
    earlier = newest_release(published / study.study, before=session)
    last = max(of_run, default=None)
    if last is not None and (earlier is None or earlier.session <= last):
        return of_run[last]
    return published_verdicts(earlier)


def _record_claims(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    results: dict[date, GateResult],
    run_id: str,
    cut_off: datetime,
) -> None:
    checked = {session: result.claim_outcomes for session, result in results.items() if result.claim_outcomes}
    record(connection, run_id, [outcome for outcomes in checked.values() for outcome in outcomes])
    record_materialization(connection, run_id, CLAIMS.table, [study.study], list(checked), cut_off)


def _judge_session(recorded: Recorded, study: Study, session: date, served: set[str], closed: Closed) -> GateResult:
    now = datetime.now(UTC)
    late = session == calendar.newest_closed_session(now, closed) and is_overdue(session, now)
    passed, withheld = [], []
    for figure in FIGURES:
        if figure.name in study.figure_names():
            needs = FigureNeeds(
                figure=figure.name,
                datasets=figure.datasets,
                subjects=_subjects(recorded, figure, study, session),
                made=tuple(figure.tables),
                helpful=(*(name for name in figure.optional_datasets if name in served), *STATED),
                answered=figure.answered,
            )
            verdict = judge(recorded, needs, session, served=served, is_overdue=late)
            if verdict is None:
                passed.append(figure)
                withheld += recorded.left_out.get((session, figure.name), [])
            else:
                withheld.append(verdict)
    for claim in study.claim:
        verdict = judge_claim(recorded, claim.id, claim.datasets, claim.evidence or "", session)
        if verdict is not None:
            withheld.append(verdict)
    if study.release_policy == "all" and any(w.kind == "failed" and w.subject is None for w in withheld):
        reason = "the study publishes all figures or none, and another figure failed"
        withheld += [Withheld(figure.name, "failed", reason) for figure in passed]
        passed = []
    return GateResult(passed, withheld)


def _subjects(recorded: Recorded, figure: Figure, study: Study, session: date) -> frozenset[str]:
    """What the figure says of itself; else the series that it uses, and those that the study prefers to them."""
    if figure.concerns is not None:
        return figure.concerns(study)
    if "series_id" not in contracts()[figure.table].column_names:
        return frozenset()
    used = recorded.series.get((session, figure.table), frozenset())
    concerned = set()
    for index in study.index:
        ids = [series.id for series in index.series]
        last_used = max((ids.index(series) for series in used if series in ids), default=len(ids) - 1)
        concerned |= set(ids[: last_used + 1])
    return frozenset(concerned)
