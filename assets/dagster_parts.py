"""What the assets of all layers have in common in Dagster: groups, owners, pool, range runs.

Belongs here: these options, once. Does not belong here: partitions (given by pipelines/), any asset.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from assets import calendar
from assets.calendar import Closed
from checks.expectations import GROUPS, contract_check
from warehouse.contract import contracts

OWNERS = ["team:research-data"]
WITHHOLDS = "A failure withholds the figures that it concerns."
WARNS = "A failure is a warning."

POOL = "warehouse"
"""One writer at a time: the warehouse file admits no second process."""


FIRST_SESSION, LAST_SESSION = "zuhyo/first_session", "zuhyo/last_session"
"""Tags of a run whose sessions are no partitions of it."""

Partitions = dg.PartitionsDefinition[str] | None
"""One a session; None for a run that says its sessions by tags, as history does: Dagster writes two events for each
asset and partition of a run, which for a year of sessions takes longer than the work.
"""


def layer_options(layer: str, name: str, partitions: Partitions) -> dict[str, Any]:
    """Keyword arguments of ``dagster.asset`` for an asset ``<layer>/<name>``; a range of sessions is one run."""
    return {
        "key": dg.AssetKey([layer, name]),
        "group_name": layer,
        "owners": OWNERS,
        "partitions_def": partitions,
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "pool": POOL,
    }


def table_options(key: dg.AssetKey, tables: list[str]) -> dict[str, Any]:
    """Keyword arguments for an asset that makes contracts' tables: description and column schema of the first one,
    checks of all.
    """
    contract = contracts()[tables[0]]
    return {
        "description": f"{contract.title}. {contract.description}.",
        "kinds": {"duckdb", "sql"},
        "metadata": {
            "dagster/column_schema": contract.dagster_schema(),
            "dagster/table_name": contract.table,
            "key": ", ".join(contract.key),
            "licence": contract.licence,
        },
        "check_specs": [
            dg.AssetCheckSpec(name=check, asset=key, description=description)
            for table in tables
            for check, description in _checks(table)
        ],
    }


def _checks(table: str) -> list[tuple[str, str]]:
    contract = contracts()[table]
    columns = "; ".join(group.expected for group in GROUPS.values())
    own = [(c.name, f"{c.description}. {WITHHOLDS if c.blocking else WARNS}") for c in contract.check]
    return [(contract_check(contract), f"From the contract: {columns}. {WITHHOLDS}"), *own]


def sessions_of(context: dg.AssetExecutionContext, closed: Closed) -> list[date]:
    """The sessions that the run asks for, in order, without days on which the exchange stayed ``closed``. One that has
    not closed yet fails the run, and so does a run for closed days alone.
    """
    sessions = tagged_sessions(context.run.tags) or sorted(date.fromisoformat(key) for key in context.partition_keys)
    if closed.issuperset(sessions):
        raise dg.Failure(
            f"{sessions[0]} is no session: a closure is stated of it, in corrections.toml of the drop folder or in "
            "pipelines/corrections",
            allow_retries=False,
        )
    sessions = [session for session in sessions if session not in closed]
    newest = calendar.newest_closed_session(datetime.now(UTC))
    if sessions[-1] > newest:
        raise dg.Failure(
            f"session {sessions[-1]} has not closed yet; the newest closed one is {newest}", allow_retries=False
        )
    return sessions


def session_tags(first: date, last: date) -> dict[str, str]:
    """The tags of a run for the sessions from ``first`` to ``last``."""
    return {FIRST_SESSION: first.isoformat(), LAST_SESSION: last.isoformat()}


def tagged_sessions(tags: Mapping[str, str]) -> list[date]:
    """The sessions that a run's tags say; none where its partitions say them."""
    if FIRST_SESSION not in tags:
        return []
    return calendar.sessions(date.fromisoformat(tags[FIRST_SESSION]), date.fromisoformat(tags[LAST_SESSION]))
