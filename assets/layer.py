"""What the assets of all layers have in common in Dagster: groups, owners, pool, range runs.

Belongs here: these options, once. Does not belong here: partitions (given by pipelines/), any asset.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import dagster as dg

from checks.expectations import group_names
from warehouse.contract import contracts

OWNERS = ["team:research-data"]
POOL = "warehouse"
"""One writer at a time: the warehouse file admits no second process."""


def layer_options(layer: str, name: str, partitions: dg.PartitionsDefinition[str]) -> dict[str, Any]:
    """Keyword arguments of ``dagster.asset`` for an asset ``<layer>/<name>``; a range of sessions is one run."""
    return {
        "key": dg.AssetKey([layer, name]),
        "group_name": layer,
        "owners": OWNERS,
        "partitions_def": partitions,
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "pool": POOL,
    }


def table_options(table: str) -> dict[str, Any]:
    """Keyword arguments for an asset that makes a contract's table: description, column schema, checks."""
    contract = contracts()[table]
    layer, name = {"core": "core", "figure": "figures"}[contract.schema_name], contract.name
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
            dg.AssetCheckSpec(name=check, asset=dg.AssetKey([layer, name]), description=description)
            for check, description in _checks(table)
        ],
    }


def _checks(table: str) -> list[tuple[str, str]]:
    contract = contracts()[table]
    generated = [(name, "Generated from the contract's columns") for name in group_names(contract)]
    return [*generated, *((check.name, check.description) for check in contract.check)]


def sessions_of(context: dg.AssetExecutionContext) -> list[date]:
    """The sessions that the run asks for, in order."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)
