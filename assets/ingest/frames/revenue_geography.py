"""The parse result of dataset revenue_geography where a vendor gives plain tables.

Belongs here: the time of a filing, whole units, and the status of a company's figures. Does not belong here:
what a vendor calls its columns, which share counts (warehouse/sql).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from assets.ingest.frames.identifiers import is_cik
from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table
from assets.ingest.payload import PayloadError

NEW_YORK = "America/New_York"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
END_OF_DAY = pd.Timedelta(hours=23, minutes=59, seconds=59)
LATEST = pd.Timestamp("9999-01-01")


def revenues_frame(table: Table, stated: Mapping[str, Any], file_name: str | None = None) -> pd.DataFrame:
    """One row a company, filing and fiscal year: the columns of core.revenue_geography that a vendor states, amounts in
    whole units of their currency, acceptance in UTC, status where none is given.

    ``file_name`` stands for the filing where the vendor names none. Raises PayloadError for a row without a time or
    day of acceptance, and for one whose day is not that of its time.
    """
    revenue, us_revenue = (_column(table, stated, name).astype("Int64") for name in ("revenue", "us_revenue"))
    status, reason = _status(revenue, us_revenue, _column(table, stated, "status"), _column(table, stated, "reason"))
    accepted_at, accepted_on = _acceptance(table, stated)
    filing = _column(table, stated, "filing").astype(object)
    frame = result_frame(
        "revenue_geography",
        table,
        dict(stated)
        | {
            "filing": filing.where(filing.notna(), file_name),
            "revenue": revenue,
            "us_revenue": us_revenue,
            "status": status,
            "reason": reason,
            "accepted_at": accepted_at,
            "accepted_on": accepted_on,
        },
    )
    nobody = (~is_cik(frame["company_id"]) & frame["ticker"].isna()).to_numpy()
    if nobody.any():
        row = int(nobody.argmax())
        what = "company_id is no CIK and there is no ticker: nobody can say which company it is"
        raise PayloadError(what, where=table.where(row), value=frame["company_id"][row])
    return frame


def end_of_day(days: pd.Series) -> pd.Series:
    """The last second of each day in New York, as naive UTC: when a filing counts that has no time. Raises
    PayloadError for a day so late that no time zone has it.
    """
    late = days >= LATEST
    if late.any():
        row = int(late.to_numpy().argmax())
        raise PayloadError("accepted_on is no day of a filing", where=f"row {row + 1}", value=days.iloc[row].date())
    return (days + END_OF_DAY).dt.tz_localize(NEW_YORK).dt.tz_convert("UTC").dt.tz_localize(None)


def _column(table: Table, stated: Mapping[str, Any], name: str) -> pd.Series:
    return pd.Series(stated.get(name), index=range(len(table.rows)), dtype=None if name in stated else object)


def _status(
    revenue: pd.Series, us_revenue: pd.Series, stated: pd.Series, reason: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """Status and reason of each row; figures that can be no share are invalid, whatever is stated."""
    has_both = revenue.notna() & us_revenue.notna()
    outside = has_both & ((revenue <= 0) | (us_revenue < 0) | (us_revenue > revenue)).fillna(False)
    usual = pd.Series(np.where(has_both, "reported", "missing"), dtype=object)
    status = stated.where(stated.notna(), usual).mask(outside, "invalid")
    status = status.mask((status == "reported") & ~has_both, "missing")
    contradiction = "revenue from the US is " + us_revenue.astype("str") + " of " + revenue.astype("str")
    why = pd.Series(None, index=status.index, dtype=object).where(~outside, contradiction.astype(object))
    why = why.mask(status == "missing", "no revenue from the US, or no total, is given")
    return status, reason.where(reason.notna(), why)


def _acceptance(table: Table, stated: Mapping[str, Any]) -> tuple[pd.Series, pd.Series]:
    """Time (naive UTC) and day (New York) of each filing, each from the other where only one is there."""
    times = _times(table, _column(table, stated, "accepted_at"))
    days = pd.to_datetime(_column(table, stated, "accepted_on"))
    neither = (times.isna() & days.isna()).to_numpy()
    if neither.any():
        raise PayloadError("neither accepted_at nor accepted_on is given", where=table.where(int(neither.argmax())))
    of_times = times.dt.tz_localize("UTC").dt.tz_convert(NEW_YORK).dt.tz_localize(None).dt.normalize()
    apart = (times.notna() & days.notna() & (of_times != days)).to_numpy()
    if apart.any():
        row = int(apart.argmax())
        value = f"{times[row]} UTC and {days[row].date()}"
        raise PayloadError("accepted_on is not the day of accepted_at in New York", where=table.where(row), value=value)
    return times.fillna(end_of_day(days)).astype("datetime64[us]"), days.fillna(of_times).astype("datetime64[us]")


def _times(table: Table, cells: pd.Series) -> pd.Series:
    times = pd.to_datetime(cells, format=TIME_FORMAT, errors="coerce")
    broken = (cells.notna() & times.isna()).to_numpy()
    if broken.any():
        row = int(broken.argmax())
        raise PayloadError("accepted_at is not YYYY-MM-DD HH:MM:SS", where=table.where(row), value=cells[row])
    return times.astype("datetime64[us]")
