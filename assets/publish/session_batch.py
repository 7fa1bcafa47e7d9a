"""What the releases of some sessions of a study are made from: each kind of record is read once for all of them.

Belongs here: the look-ups of the warehouse and of a run's settings that releases share. Does not belong here: what goes
into a release (content.py), how many sessions make a batch (release.py).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from assets.figures.figure import Figure
from assets.home import Home
from assets.profile import Profile
from assets.publish.charts.style import HouseStyle, load_style
from assets.publish.claims import CLAIMS
from assets.publish.sources import corrections_behind, payloads_behind, payloads_behind_claims
from assets.publish.tables import session_rows
from assets.settings import Settings
from assets.study import Study
from warehouse.contract import Contract
from warehouse.database import rows_as_dicts

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class SessionBatch:
    """Sessions of a study whose rows are in the warehouse. What it has read is not read again: where rows are made
    anew, another batch is needed.
    """

    connection: duckdb.DuckDBPyConnection
    study: Study
    sessions: Sequence[date]
    settings: Settings
    _rows: dict[str, dict[date, pa.Table]] = field(default_factory=dict)
    _lags: dict[str, str | None] = field(default_factory=dict)
    _corrections: dict[tuple[frozenset[str], datetime], Rows] = field(default_factory=dict)
    _of_claims: dict[datetime, Rows] = field(default_factory=dict)

    @cached_property
    def profile(self) -> Profile:
        """The profile of the run."""
        return self.settings.read_profile()

    @cached_property
    def home(self) -> Home:
        """The home folder."""
        return self.settings.home_folder()

    @cached_property
    def style(self) -> HouseStyle:
        """How the house prints."""
        return load_style(self.settings.style)

    def lag(self, dataset: str) -> str | None:
        """How far the dataset may lag behind the as-of date."""
        if dataset not in self._lags:
            self._lags[dataset] = self.settings.read_lag(dataset)
        return self._lags[dataset]

    def rows(self, contract: Contract, session: date) -> pa.Table:
        """A session's rows of a table, as they are in the warehouse."""
        if contract.table not in self._rows:
            self._rows[contract.table] = session_rows(self.connection, contract, self.study.study, self.sessions)
        return self._rows[contract.table][session]

    def payloads(self, figure: Figure, session: date, known_at: datetime) -> Rows:
        """The rows of meta.payload behind a figure of a session, by sha256."""
        if figure is not CLAIMS:
            return self._payloads.get((session, figure.name), [])
        if known_at not in self._of_claims:
            self._of_claims[known_at] = payloads_behind_claims(self.connection, known_at)
        return self._of_claims[known_at]

    def corrections(self, figures: Iterable[Figure], session: date, known_at: datetime) -> Rows:
        """What people state of the data behind the figures (sources.corrections_behind)."""
        key = frozenset(name for figure in figures for name in figure.reads), known_at
        if key not in self._corrections:
            self._corrections[key] = corrections_behind(self.connection, key[0], max(self.sessions), known_at)
        return [stated for stated in self._corrections[key] if stated["date"] <= session]

    def checks(self, figures: Iterable[Figure], session: date) -> Rows:
        """What the checks found of the figures' tables and of those that they read, by table and check."""
        inputs = [f"{layer}.{name}" for figure in figures for name in figure.reads for layer in ("landing", "core")]
        tables = {*inputs, *(table for figure in figures for table in figure.tables)}
        return [check for table in sorted(tables) for check in self._checks.get((session, table), [])]

    def newest_knowledge(self, figures: Iterable[Figure], session: date) -> datetime:
        """When the newest payload that the figures knew of was retrieved: made again as known then, they are equal."""
        cut_off = max(self._cut_offs[session, figure.table] for figure in figures)
        return self._loads[bisect_right(self._loads, cut_off) - 1]

    @cached_property
    def _payloads(self) -> dict[tuple[date, str], Rows]:
        return payloads_behind(self.connection, self.study.study, self.sessions)

    @cached_property
    def _checks(self) -> dict[tuple[date, str], Rows]:
        found = rows_as_dicts(
            self.connection,
            """
            SELECT session, check_name, table_name, severity, passed, blocking, observed, expected
            FROM meta.check_result
            JOIN meta.materialization USING (study, session, table_name, run_id)
            WHERE study = ? AND list_contains(?, session)
            ORDER BY check_name
            """,
            self.study.study,
            self.sessions,
        )
        checks: dict[tuple[date, str], Rows] = {}
        for check in found:
            checks.setdefault((check.pop("session"), check["table_name"]), []).append(check)
        return checks

    @cached_property
    def _cut_offs(self) -> dict[tuple[date, str], datetime]:
        made = self.connection.execute(
            "SELECT session, table_name, known_at FROM meta.materialization "
            "WHERE study = ? AND list_contains(?, session)",
            [self.study.study, self.sessions],
        ).fetchall()
        return {(session, table): known_at for session, table, known_at in made}

    @cached_property
    def _loads(self) -> list[datetime]:
        loads = self.connection.execute("SELECT DISTINCT known_at FROM meta.load ORDER BY known_at").fetchall()
        return [known_at for (known_at,) in loads]
