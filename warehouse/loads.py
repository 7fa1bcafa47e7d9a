"""What core loaded from a vendor's places before: read once for all payloads of a run, for they may be thousands.

Belongs here: the last load of each place, its size and its newest day. Does not belong here: what follows from that for
a payload (assets/ingest), writing the record (assets/core/load.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import duckdb

from warehouse.contract import Contract
from warehouse.database import sql_file
from warehouse.staging import PayloadToLoad


@dataclass(frozen=True)
class Loads:
    """The loads of a vendor into a core table as they are when each property is first read. ``session``: what came for
    a later one counts for neither size nor day.
    """

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    vendor: str
    session: date

    def is_last(self, payload: PayloadToLoad) -> bool:
        """Whether core loaded these bytes, read in this way, as the last ones from this place, and no other file has
        taken its place since. One that stands for a file which is gone was loaded for that.
        """
        return not payload.replaces and self._last.get(payload.place) == (payload.payload_sha256, payload.options)

    @cached_property
    def places(self) -> list[str]:
        """Every place from which something was loaded."""
        loaded = self.connection.execute(
            "SELECT DISTINCT place FROM meta.load WHERE table_name = ? AND vendor = ? ORDER BY ALL",
            [self.contract.table, self.vendor],
        ).fetchall()
        return [place for (place,) in loaded]

    @cached_property
    def _last(self) -> dict[str, tuple[str, str]]:
        """Bytes (sha256) and options of the last load by place, also of the places for which a payload stood."""
        last = self.connection.execute(
            """
            SELECT place, arg_max((payload_sha256, options), known_at)
            FROM (
                SELECT place, payload_sha256, options, known_at FROM meta.load
                WHERE table_name = $table AND vendor = $vendor
                UNION ALL
                SELECT unnest(string_split(replaces, chr(10))), payload_sha256, options, known_at FROM meta.load
                WHERE table_name = $table AND vendor = $vendor
            )
            GROUP BY place
            """,
            {"table": self.contract.table, "vendor": self.vendor},
        ).fetchall()
        return dict(last)

    @cached_property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """Bytes and rows by place of what was loaded for the newest session that counts."""
        name = self.contract.name
        sizes = self.connection.execute(
            sql_file("last_good_payload"), [f"landing.{name}", f"core.{name}", self.vendor, self.session]
        ).fetchall()
        return {place: (size, rows) for place, size, rows in sizes}

    @cached_property
    def newest_days(self) -> dict[str, date]:
        """The newest day by place of what was loaded."""
        days = self.connection.execute(
            sql_file("newest_day_sent").format(table=self.contract.table, day=self.contract.day),
            [self.contract.table, self.vendor, self.session],
        ).fetchall()
        return dict(days)
