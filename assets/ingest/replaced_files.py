"""Files that are gone from the drop folder, and the payload that stands for each of them now.

Belongs here: which payload of the run is the corrected version of a file that had another name. Does not belong here:
what then is withdrawn (warehouse/bitemporal.py), how much of it is believed (differences.py).
"""

from __future__ import annotations

from dataclasses import replace

from assets.ingest.differences import news_of
from assets.ingest.guards import PayloadCheck
from assets.ingest.payload import Payload
from warehouse.bitemporal import known_of_gone_files
from warehouse.loads import Loads
from warehouse.rows import as_view


def with_replaced_files(check: PayloadCheck) -> Payload:
    """The payload with ``replaces``: the files that are gone, of whose rows it lacks or changes any, and of whose
    subjects (securities, funds, companies) within its days it lacks a quarter at most, or one. What is gone and has no
    such successor is an archive, and holds.
    """
    connection, payload = check.connection, check.payload
    candidates = _candidates(check)
    if not candidates:
        return payload
    with news_of(replace(check, payload=replace(payload, replaces=tuple(candidates)))):
        replaced = connection.execute(
            """
            SELECT DISTINCT l.place FROM known AS k JOIN meta.load AS l USING (payload_sha256, known_at)
            WHERE l.table_name = ? AND l.vendor = ? AND list_contains(?, l.place) ORDER BY ALL
            """,
            [check.contract.table, payload.vendor, candidates],
        ).fetchall()
    return replace(payload, replaces=tuple(place for (place,) in replaced))


def has_lost_files(loads: Loads, payload: Payload) -> bool:
    """Whether any file of the payload's dataset is gone that it might stand for."""
    return known_of_gone_files(loads.contract, "incoming") is not None and bool(_gone(loads, payload))


def _gone(loads: Loads, payload: Payload) -> list[str]:
    if payload.beside is None or not payload.is_complete:
        return []
    return [place for place in loads.places if place not in payload.beside]


def _candidates(check: PayloadCheck) -> list[str]:
    """The files that are gone and whose subjects are its own."""
    connection, payload, contract = check.connection, check.payload, check.contract
    known, gone, subject = known_of_gone_files(contract, "incoming"), _gone(check.loads, payload), contract.entity[0]
    if known is None or not gone:
        return []
    with as_view(connection, "incoming", check.rows):
        found = connection.execute(
            f"""
            WITH theirs AS (
                SELECT DISTINCT l.place, k.{subject}
                FROM ({known}) AS k JOIN meta.load AS l USING (payload_sha256, known_at)
                WHERE NOT k.is_withdrawn AND l.table_name = '{contract.table}'
            )
            SELECT place
            FROM theirs LEFT JOIN (SELECT DISTINCT {subject}, true AS is_mine FROM incoming) USING ({subject})
            GROUP BY place
            HAVING count(is_mine) > 0 AND count(*) - count(is_mine) <= greatest(1, count(*) // 4)
            ORDER BY place
            """,
            [contract.table, payload.vendor, gone],
        ).fetchall()
    return [place for (place,) in found]
