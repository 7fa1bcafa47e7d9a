"""Appending to a bitemporal table: only what differs from the newest known value of its key; and what is taken back.

Belongs here: the difference between a payload and what is known, the append and its counts, the same for every
bitemporal contract. Does not belong here: what a vendor's file means (vendors), the chaining of adjusted closes
(sql/chain_adjusted_close.sql), how much of a difference is believed (assets/ingest/guards.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from warehouse.contract import PLACE, Contract

LOADS = """
    SELECT payload_sha256, known_at FROM meta.load WHERE table_name = ? AND vendor = ? AND list_contains(?, place)
"""
"""What was loaded from some places of a vendor."""


@dataclass(frozen=True)
class Origin:
    """What decides which known rows a payload replaces: where it came from, and how much it speaks of.

    ``is_complete``: it is the whole truth of its scope, so that known rows of the scope which it lacks are withdrawn.
    ``replaces``: places of files that are gone, for which it stands now: their rows count as its own.
    ``speaks_until``: the last day that it can know of, where it was made for an older session; None: every day.
    """

    vendor: str = ""
    place: str = ""
    is_complete: bool = True
    speaks_until: date | None = None
    replaces: tuple[str, ...] = ()

    @property
    def places(self) -> list[str]:
        """Every place whose rows are its own."""
        return [self.place, *self.replaces]


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
    origin: Origin,
    *,
    is_sorted: bool = False,
) -> Appended:
    """Appends the rows of the relation ``incoming`` (entity and value columns) that are news at ``known_at``.

    Known rows that the payload is the whole truth of and no longer has are withdrawn: a row more with their values and
    ``is_withdrawn``. Runs inside the caller's transaction. ``known_at`` is naive UTC. ``is_sorted``: the incoming rows
    come in the order of the key.
    """
    [(sent,)] = connection.execute(f"SELECT count(*) FROM {incoming}").fetchall()
    entity, blank = ", ".join(contract.entity), contract.blank_when_withdrawn
    if knows_any(connection, contract, incoming, origin):
        compare_with_known(connection, contract, incoming, origin)
        rows, order = "news", f"ORDER BY {entity}"
    else:
        first = f"FROM {incoming} {f'WHERE {blank} IS NOT NULL' if blank else ''}"
        rows, order = f"(SELECT *, 'new' AS why {first})", "" if is_sorted else f"ORDER BY {entity}"
    columns = ", ".join([*contract.entity, *contract.values])
    [(written,)] = connection.execute(
        f"""
        INSERT INTO {contract.table} ({columns}, known_at, payload_sha256, is_withdrawn)
        SELECT {columns}, ?, ?, why = 'withdrawn' FROM {rows} {order}
        """,
        [known_at, payload_sha256],
    ).fetchall()
    counts = {"new": written}
    if rows == "news":
        counts = dict(connection.execute("SELECT why, count(*) FROM news GROUP BY why").fetchall())
    return Appended(sent, counts.get("new", 0), counts.get("restated", 0), counts.get("withdrawn", 0))


def knows_any(connection: duckdb.DuckDBPyConnection, contract: Contract, incoming: str, origin: Origin) -> bool:
    """Whether anything is known of what the incoming rows speak of; without it all of them are new."""
    scope = ", ".join(contract.scope)
    is_by_place = PLACE in contract.scope or origin.replaces
    same = "" if is_by_place else f"SEMI JOIN (SELECT DISTINCT {scope} FROM {incoming}) USING ({scope})"
    return bool(connection.execute(f"SELECT 1 FROM {contract.table} {same} LIMIT 1").fetchall())


def compare_with_known(
    connection: duckdb.DuckDBPyConnection, contract: Contract, incoming: str, origin: Origin
) -> None:
    """Makes the temporary table ``news``: the rows of ``incoming`` that differ from the newest known ones, and the
    known rows that it takes back. Column ``why`` is new, restated or withdrawn.
    """
    entity, values, blank = contract.entity, contract.values, contract.blank_when_withdrawn
    on_entity = " AND ".join(f"k.{name} = i.{name}" for name in entity)
    differs = " OR ".join(f"k.{name} IS DISTINCT FROM i.{name}" for name in values)
    is_blank = f"i.{blank} IS NULL" if blank else "false"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE news AS
        WITH k AS ({_known_near(contract, incoming)})
        SELECT {", ".join(f"i.{name}" for name in [*entity, *values])},
               CASE WHEN coalesce(k.is_withdrawn, true) THEN 'new'
                    WHEN {is_blank} THEN 'withdrawn' ELSE 'restated' END AS why
        FROM {incoming} AS i LEFT JOIN k ON {on_entity}
        WHERE CASE WHEN coalesce(k.is_withdrawn, true) THEN NOT ({is_blank}) ELSE {differs} END
        """
    )
    if origin.is_complete:
        _add_withdrawals(connection, contract, incoming, origin)


def _add_withdrawals(connection: duckdb.DuckDBPyConnection, contract: Contract, incoming: str, origin: Origin) -> None:
    by_place = PLACE in contract.scope
    from_places = [contract.table, origin.vendor, origin.places]  # the parameters of queries by place
    known = _known_from_place(contract, incoming) if by_place else _known_in_scope(contract, incoming)
    _withdraw(connection, contract, incoming, origin, known, from_places if by_place else [])
    if contract.file_column and origin.replaces:
        _withdraw(connection, contract, incoming, origin, _known_of_other_files(contract, incoming), from_places)


def _withdraw(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    incoming: str,
    origin: Origin,
    known: str,
    parameters: list[Any],
) -> None:
    """Adds to ``news`` the known rows of a query that the incoming rows lack."""
    on_entity = " AND ".join(f"k.{name} = i.{name}" for name in contract.entity)
    blank = contract.blank_when_withdrawn
    values = [f"NULL AS {name}" if name == blank else f"k.{name}" for name in contract.values]
    until = "" if origin.speaks_until is None else f"AND k.{contract.day} <= DATE '{origin.speaks_until}'"
    connection.execute(
        f"""
        INSERT INTO news
        SELECT {", ".join([*(f"k.{name}" for name in contract.entity), *values])}, 'withdrawn'
        FROM ({known}) AS k
        WHERE NOT k.is_withdrawn {until} AND NOT EXISTS (SELECT 1 FROM {incoming} AS i WHERE {on_entity})
        """,
        parameters,
    )


def _known_near(contract: Contract, incoming: str) -> str:
    """The newest known rows, withdrawn ones among them, that the incoming rows can be about: the rest of the history is
    not read. One semi-join, and no bounds beside it: in a transaction DuckDB can't tell how few the incoming rows are,
    and would build on the whole history.
    """
    first, last = contract.entity[0], contract.entity[-1]
    return f"""
        SELECT * FROM {contract.table} AS c
        SEMI JOIN (SELECT {first}, min({last}) AS low, max({last}) AS high FROM {incoming} GROUP BY {first}) AS span
          ON span.{first} = c.{first} AND c.{last} BETWEEN span.low AND span.high
        {_newest(contract)}
    """


def _known_in_scope(contract: Contract, incoming: str) -> str:
    """The newest known rows of the lists, days or series that the incoming rows speak of."""
    names, day = ", ".join(contract.scope), contract.day
    same, days = [f"span.{name} = c.{name}" for name in contract.scope], ""
    if contract.scope_days != "all":
        same.append(f"c.{day} BETWEEN span.low AND span.high")
        days = f", {_first_day(contract)}({day}) AS low, max({day}) AS high"
    return f"""
        SELECT * FROM {contract.table} AS c
        SEMI JOIN (SELECT {names}{days} FROM {incoming} GROUP BY {names}) AS span ON {" AND ".join(same)}
        {_newest(contract)}
    """


def _known_from_place(contract: Contract, incoming: str) -> str:
    """The newest known rows that came from some places: parameters are table, vendor and places."""
    return f"""
        WITH load AS ({LOADS}),
        ours AS (
            SELECT DISTINCT {", ".join(f"c.{name}" for name in contract.entity)}
            FROM {contract.table} AS c SEMI JOIN load USING (payload_sha256, known_at)
            {_within(contract, incoming)}
        )
        SELECT * FROM (
            SELECT * FROM {contract.table} AS c SEMI JOIN ours USING ({", ".join(contract.entity)})
            {_newest(contract)}
        ) SEMI JOIN load USING (payload_sha256, known_at)
    """


def _known_of_other_files(contract: Contract, incoming: str) -> str:
    """The newest known rows of files at some places (parameters as above), on the days that the incoming rows speak of,
    of the same subjects. Where such a file reaches further, the day on which the one goes over into the other stays.
    """
    day, file = contract.day, contract.file_column
    own = ", ".join(name for name in contract.entity if name not in (day, file))
    return f"""
        WITH load AS ({LOADS}),
        span AS (SELECT {own}, min({day}) AS low, max({day}) AS high FROM {incoming} GROUP BY ALL),
        theirs AS (
            SELECT * FROM (SELECT * FROM {contract.table} AS c SEMI JOIN span USING ({own}) {_newest(contract)})
            SEMI JOIN load USING (payload_sha256, known_at)
            ANTI JOIN (SELECT DISTINCT {own}, {file} FROM {incoming}) USING ({own}, {file})
        ),
        life AS (
            SELECT {own}, {file}, min({day}) AS first_day, max({day}) AS last_day
            FROM theirs WHERE NOT is_withdrawn GROUP BY ALL
        )
        SELECT t.*
        FROM theirs AS t JOIN life USING ({own}, {file}) JOIN span USING ({own})
        WHERE t.{day} BETWEEN low AND high
            AND NOT (t.{day} = low AND first_day < low) AND NOT (t.{day} = high AND last_day > high)
    """


def known_of_gone_files(contract: Contract, incoming: str) -> str | None:
    """The newest known rows that a payload would take over from files that are gone; parameters are table, vendor and
    their places. None where a later file takes everything over by its key.
    """
    if contract.file_column:
        return _known_of_other_files(contract, incoming)
    return _known_from_place(contract, incoming) if PLACE in contract.scope else None


def _within(contract: Contract, incoming: str) -> str:
    """The days of a place that a payload speaks of, as a WHERE clause on ``c``."""
    if contract.scope_days == "all":
        return ""
    day, first, subject = contract.day, _first_day(contract), contract.entity[0]
    if contract.scope_days == "since_first":
        return f"""
            LEFT JOIN (SELECT {subject}, min({day}) AS day FROM {incoming} GROUP BY ALL) AS own
              ON own.{subject} = c.{subject}
            WHERE c.{day} >= coalesce(own.day, (SELECT min({day}) FROM {incoming}))
        """
    return f"WHERE c.{day} BETWEEN (SELECT {first}({day}) FROM {incoming}) AND (SELECT max({day}) FROM {incoming})"


def _first_day(contract: Contract) -> str:
    """Which of a payload's days is the first that it speaks of."""
    return "max" if contract.scope_days == "newest" else "min"


def _newest(contract: Contract) -> str:
    return f"QUALIFY row_number() OVER (PARTITION BY {', '.join(contract.entity)} ORDER BY known_at DESC) = 1"
