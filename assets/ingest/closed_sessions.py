"""Levels of sessions that had closed when the payload was retrieved: the others are no levels yet.

Belongs here: which rows of a parsed payload are of a later day. Does not belong here: which bar of its own a vendor
calls live (the vendor's module), what a payload as a whole may be (guards.py).
"""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from assets import calendar
from assets.ingest.payload import PayloadError

OF_THE_EXCHANGE = {"index_level": "series_id", "security_level": "security_id"}
"""Datasets whose days are the exchange's sessions, and what a row is of. All others have days of their own."""


def leave_out_later_days(dataset: str, rows: pd.DataFrame, retrieved_at: datetime) -> pd.DataFrame:
    """The rows up to the newest session that had closed at ``retrieved_at`` (naive UTC); early closes count.

    A price before the close, or of the next trade date from trading at night, is no level of its day, whatever the
    vendor calls it: it is never stored, so that the day's own level restates nothing. What is left out is counted and
    named (``attrs``: rejected_rows, left_out). Raises PayloadError where nothing is left.
    """
    if dataset not in OF_THE_EXCHANGE:
        return rows
    closed = calendar.newest_closed_session(retrieved_at.replace(tzinfo=UTC))
    later = rows["date"] > pd.Timestamp(closed)
    if not later.any():
        return rows
    subjects = rows.loc[later, OF_THE_EXCHANGE[dataset]]
    days = rows.loc[later, "date"].dt.date
    reason = f"not closed yet when it was retrieved at {retrieved_at:%Y-%m-%d %H:%M} UTC (newest closed one: {closed})"
    if later.all():
        raise PayloadError(f"every row is of a session {reason}: fetch it again after the close", value=days.max())
    kept = rows[~later].reset_index(drop=True)
    named = [f"{subject} {day}: {reason}" for subject, day in zip(subjects, days, strict=True)]
    kept.attrs = {
        **rows.attrs,
        "rejected_rows": rows.attrs.get("rejected_rows", 0) + len(named),
        "left_out": [*rows.attrs.get("left_out", ()), *named],
    }
    return kept
