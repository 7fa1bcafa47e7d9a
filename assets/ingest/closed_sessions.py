"""Levels of sessions that had closed when the payload was retrieved: the others are no levels yet.

Belongs here: which rows of a parsed payload are of a later day. Does not belong here: which bar of its own a vendor
calls live (the vendor's module), what a payload as a whole may be (guards.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from assets import calendar
from assets.ingest.payload import PayloadError
from warehouse.rows import FileRows, Rows

OF_THE_EXCHANGE = {"index_level": "series_id", "security_level": "security_id"}
"""Datasets whose days are the exchange's sessions, and what a row is of. All others have days of their own."""


def leave_out_later_days(dataset: str, rows: Rows, retrieved_at: datetime) -> Rows:
    """The rows up to the newest session that had closed at ``retrieved_at`` (naive UTC); early closes count.

    A price before the close, or of the next trade date from trading at night, is no level of its day, whatever the
    vendor calls it: it is never stored, so that the day's own level restates nothing. What is left out is counted and
    named (``attrs``: rejected_rows, left_out). Raises PayloadError where nothing is left.
    """
    if dataset not in OF_THE_EXCHANGE:
        return rows
    closed = calendar.newest_closed_session(retrieved_at.replace(tzinfo=UTC))
    later = _later_rows(rows, OF_THE_EXCHANGE[dataset], closed)
    if not later:
        return rows
    reason = f"not closed yet when it was retrieved at {retrieved_at:%Y-%m-%d %H:%M} UTC (newest closed one: {closed})"
    if len(later) == len(rows):
        newest = max(day for _, day in later)
        raise PayloadError(f"every row is of a session {reason}: fetch it again after the close", value=newest)
    attrs: dict[Any, Any] = {
        **rows.attrs,
        "rejected_rows": rows.attrs.get("rejected_rows", 0) + len(later),
        "left_out": [*rows.attrs.get("left_out", ()), *(f"{subject} {day}: {reason}" for subject, day in later)],
    }
    if isinstance(rows, FileRows):
        query = f"SELECT * FROM ({rows.query}) WHERE date <= DATE '{closed}'"
        return replace(rows, query=query, count=rows.count - len(later), attrs=attrs)
    kept = rows[rows["date"] <= pd.Timestamp(closed)].reset_index(drop=True)
    kept.attrs = attrs
    return kept


def _later_rows(rows: Rows, subject: str, closed: date) -> list[tuple[str, date]]:
    """The subject and day of each row after a day."""
    if isinstance(rows, FileRows):
        return rows.select(f"{subject}, date FROM rows WHERE date > DATE '{closed}' ORDER BY ALL")
    later = rows[rows["date"] > pd.Timestamp(closed)]
    return list(zip(later[subject], later["date"].dt.date, strict=True))
