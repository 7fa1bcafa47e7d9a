"""Dagster's event log in SQLite, over connections that stay open.

Belongs here: how the files of Dagster's own SQLite storage are opened. Does not belong here: what is in them, which is
Dagster's, and where they lie: both are as without this module, so that dagster.yaml may name either storage.

Dagster opens and closes a file several times an event, and SQLite writes its log back into the database each time: some
thousand times a night, which took a third of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Connection, Engine, create_engine, event

INDEX = "index"
"""The database of all runs, beside one for each run."""

OPEN_AT_MOST = 8
"""So many databases stay open: the UI reads those of many runs."""

BUSY_SECONDS = 60
"""How long a statement waits for another process, as in Dagster's own storage."""


class OpenEventLogStorage(SqliteEventLogStorage):
    """The storage that dagster.yaml names; the two methods that give connections are those of SqlEventLogStorage."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._open: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> OpenEventLogStorage:
        """The storage in the folder ``base_dir``; in Dagster's own this makes one of Dagster's."""
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        """A connection to the database of one run, in a transaction."""
        return self._connection(str(run_id), super().run_connection(run_id))

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A connection to the database of all runs, in a transaction."""
        return self._connection(INDEX, super().index_connection())

    def store_event(self, event: EventLogEntry) -> None:
        """Stores an event. Who watches a run (the UI) looks at the time of its file, which SQLite leaves alone while it
        writes to the log beside it.
        """
        super().store_event(_planned_as_evaluated(event))
        os.utime(self.path_for_shard(event.run_id))

    def dispose(self) -> None:
        """Closes everything."""
        super().dispose()
        while self._open:
            self._open.popitem()[1].dispose()

    @contextmanager
    def _connection(self, shard: str, first: AbstractContextManager[Connection]) -> Iterator[Connection]:
        """``first`` makes the tables where the database is new."""
        if shard not in self._open:
            with first:
                pass
            while len(self._open) >= OPEN_AT_MOST:
                self._open.pop(next(iter(self._open))).dispose()
            engine = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": BUSY_SECONDS})
            # safe with a write-ahead log, which these databases have; after a power cut the last events may be missing
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = NORMAL"))
            self._open[shard] = engine
        with self._open[shard].begin() as connection:
            yield connection


def _planned_as_evaluated(entry: EventLogEntry) -> EventLogEntry:
    """A check that is planned, without the run's partitions, which its result does not have either (our checks have
    none). Dagster 1.13 would not find the plan again, and keep the check as planned beside its result; and each plan
    would carry the partitions' definition with every holiday since 1979, 38 kB.
    """
    dagster_event = entry.dagster_event
    planned = dagster_event.event_specific_data if dagster_event else None
    if dagster_event is None or not isinstance(planned, AssetCheckEvaluationPlanned):
        return entry
    planned = AssetCheckEvaluationPlanned(asset_key=planned.asset_key, check_name=planned.check_name)
    return entry._replace(dagster_event=dagster_event._replace(event_specific_data=planned))
