"""Appending to a bitemporal table: only what differs from the newest known value of its key.

Belongs here: the append and its counts, the same for every bitemporal contract. Does not belong here: what a
vendor's file means (vendors), the chaining of adjusted closes (sql/chain_adjusted_close.sql).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.contract import Contract


@dataclass(frozen=True)
class Appended:
    """How many rows an append wrote, by reason."""

    sent: int
    new: int
    restated: int
    withdrawn: int

    @property
    def written(self) -> int:
        """All rows written."""
        return self.new + self.restated + self.withdrawn


def append_known(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    incoming: str,
    known_at: datetime,
    payload_sha256: str,
    *,
    is_complete: bool = False,
) -> Appended:
    """Appends the rows of the relation ``incoming`` (entity and value columns) that are news at ``known_at``.

    ``is_complete``: keys known before, inside the first and last date of the payload for the same first key
    column, that the payload no longer has, are withdrawn (a row whose values are NULL). Runs inside the
    caller's transaction. ``known_at`` is naive UTC.
    """
    entity, values, present = contract.entity, contract.values, contract.presence
    on_entity = " AND ".join(f"k.{name} = i.{name}" for name in entity)
    differs = " OR ".join(f"k.{name} IS DISTINCT FROM i.{name}" for name in values)
    columns = [*entity, *values, "known_at", "payload_sha256"]
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE news AS
        WITH k AS ({_known_within(contract, incoming)})
        SELECT {", ".join(f"i.{name}" for name in [*entity, *values])},
               CASE WHEN k.{present} IS NULL THEN 'new'
                    WHEN i.{present} IS NULL THEN 'withdrawn' ELSE 'restated' END AS why
        FROM {incoming} AS i LEFT JOIN k ON {on_entity}
        WHERE CASE WHEN k.{present} IS NULL THEN i.{present} IS NOT NULL ELSE {differs} END
        """
    )
    if is_complete:
        if not contract.withdrawable:
            raise ValueError(f"{contract.table} can't take rows back: leave `complete` out for its payloads")
        connection.execute(_withdrawals(contract, incoming, on_entity))
    chosen = ", ".join([*entity, *values])
    connection.execute(
        f"INSERT INTO {contract.table} ({', '.join(columns)}) SELECT {chosen}, ?, ? FROM news ORDER BY ALL",
        [known_at, payload_sha256],
    )
    counts = dict(connection.execute("SELECT why, count(*) FROM news GROUP BY why").fetchall())
    sent = connection.execute(f"SELECT count(*) FROM {incoming}").fetchall()[0][0]
    return Appended(sent, counts.get("new", 0), counts.get("restated", 0), counts.get("withdrawn", 0))


def _known_within(contract: Contract, incoming: str) -> str:
    """The newest known rows of the incoming rows' own series and dates, withdrawn ones (without a value) among them:
    the rest of the history is not read. One semi-join, and no bounds beside it: in a transaction DuckDB can't tell how
    few the incoming rows are, and would build on the whole history.
    """
    first, day = contract.entity[0], contract.entity[-1]
    return f"""
        SELECT * FROM {contract.table} AS c
        SEMI JOIN (SELECT {first}, min({day}) AS low, max({day}) AS high FROM {incoming} GROUP BY {first}) AS span
          ON span.{first} = c.{first} AND c.{day} BETWEEN span.low AND span.high
        QUALIFY row_number() OVER (PARTITION BY {", ".join(contract.entity)} ORDER BY known_at DESC) = 1
    """


def _withdrawals(contract: Contract, incoming: str, on_entity: str) -> str:
    first, day = contract.entity[0], contract.entity[-1]
    kept = [f"k.{name}" for name in contract.entity]
    emptied = [f"NULL AS {contract.values[0]}", *(f"k.{name}" for name in contract.values[1:])]
    return f"""
        INSERT INTO news
        SELECT {", ".join([*kept, *emptied])}, 'withdrawn'
        FROM ({_known_within(contract, incoming)}) AS k
        JOIN (SELECT {first}, min({day}) AS low, max({day}) AS high FROM {incoming} GROUP BY {first}) AS span
          ON span.{first} = k.{first} AND k.{day} BETWEEN span.low AND span.high
        WHERE k.{contract.values[0]} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {incoming} AS i WHERE {on_entity})
    """
