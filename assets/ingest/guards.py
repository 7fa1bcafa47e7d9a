"""Guards: checks of a parsed payload before it is loaded, beside what is known.

Belongs here: comparisons of a whole payload with what came before: what holds for every dataset (guard_payload), and
each dataset's own. Does not belong here: the form of a file (vendors' parsers refuse that), truths about the table
(checks/).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd

from assets import calendar
from assets.ingest.closed_sessions import OF_THE_EXCHANGE
from assets.ingest.payload import Payload, PayloadError
from assets.profile import Source
from warehouse.contract import Contract, contracts
from warehouse.database import rows_as_dicts, sql_file
from warehouse.loads import Loads
from warehouse.rows import Rows, as_view, newest_day

KEEPS_AT_LEAST = 0.75
"""A payload with fewer rows than this share of those known is taken for a part of a file."""

GROWS_AT_MOST = 1.25
"""A live vendor's payload with more than this share of what it sent before is taken for another thing. Files may grow:
a person put them there.
"""

OVERLAPS_AT_LEAST = 0.5
"""The part of all companies of a fund's list and its own before that is in both; with less, another fund's list may be
no more like it.
"""

CHANGES_AT_MOST = 0.1
"""The share of known tickers that a new list may give to another company. Tickers change hands one by one."""

NAMES_AGREE_AT_LEAST = 0.8
"""The share of tickers whose names in the holdings and in the list of tickers have a word in common: 98.4 % and more on
six real lists of members, 1.2 % where the list is shifted by a row.
"""

TOO_FEW_ROWS = 20
"""A payload before of fewer rows is no measure of size: a young fund's history grows by a quarter in a few days."""

SNAPSHOT_OPTIONS = ("file_name", "as_of", "keeps_at_least", "grows_at_most", "withdraws_at_most", "complete")
"""Options that may change from one snapshot of a list to the next."""


def limits_of(source: Source, payload: Payload) -> dict[str, Any]:
    """A payload's options and limits: what drop.toml says of a file before what the profile says."""
    return {**source.limits, **payload.options}


@dataclass(frozen=True)
class PayloadCheck:
    """A parsed payload that is set beside what is known. ``session``: what came for a later one counts for nothing, so
    that an older session can be made again. ``loads``: what came from its vendor before.
    """

    connection: duckdb.DuckDBPyConnection
    source: Source
    payload: Payload
    rows: Rows
    session: date
    loads: Loads

    @property
    def limits(self) -> dict[str, Any]:
        """Those of the payload and its source."""
        return limits_of(self.source, self.payload)

    @property
    def keeps_at_least(self) -> float:
        """The share of what is known below which it is taken for a part."""
        return float(self.limits.get("keeps_at_least", KEEPS_AT_LEAST))

    @property
    def contract(self) -> Contract:
        """That of the core table."""
        return contracts()[f"core.{self.payload.dataset}"]

    def compare(self, query: str) -> list[dict[str, Any]]:
        """The result of a query that sets the rows, as ``incoming``, beside what is known; it may read the variables
        session, vendor and places: its own, and those of files that are gone and for which it stands.
        """
        places = [self.payload.place, *self.payload.replaces]
        variables = {"session": self.session, "vendor": self.payload.vendor, "places": places}
        for name, value in variables.items():
            self.connection.execute(f"SET VARIABLE {name} = ?", [value])
        with as_view(self.connection, "incoming", self.rows):
            return rows_as_dicts(self.connection, query)


Guard = Callable[[PayloadCheck], None]
"""A dataset's own check of a payload. Raises PayloadError."""


def guard_payload(check: PayloadCheck, day: str | None, retrieved_at: datetime) -> None:
    """What holds for the payloads of all datasets. Raises PayloadError.

    None is of a day to come. What a live vendor sends is no older than what it sent from the same place before, and
    about as large, in bytes and in rows; so is a file whose entry states ``grows_at_most``. ``day``: the column that
    says of which day a row is; None where a change may be announced.
    """
    newest = None if day is None or not len(check.rows) else pd.Timestamp(newest_day(check.rows, day)).date()
    if newest is not None and newest > _latest_day(check.payload.dataset, retrieved_at):
        raise PayloadError("the newest date lies in the future", value=newest)
    if check.source.is_live and newest is not None:
        _refuse_older_than_sent(check, newest)
    if check.source.is_live or "grows_at_most" in check.limits:
        _refuse_another_size(check)


def _latest_day(dataset: str, retrieved_at: datetime) -> date:
    """The last day that a payload may name. Trading at night belongs to the exchange's next session, on a Friday to
    that of Monday: such rows are left out later (closed_sessions.py), and the file is no worse for them.
    """
    tomorrow = (retrieved_at + timedelta(days=1)).date()
    if dataset not in OF_THE_EXCHANGE:
        return tomorrow
    closed = calendar.newest_closed_session(retrieved_at.replace(tzinfo=UTC))
    coming = calendar.sessions(closed, closed + timedelta(days=14))
    return max([tomorrow, *coming[1:2]])


def _refuse_older_than_sent(check: PayloadCheck, newest: date) -> None:
    before = check.loads.newest_days.get(check.payload.place)
    if before is not None and newest < before:
        raise PayloadError(f"the payload is older than before: it ends on {newest}, the one before on {before}")


def _refuse_another_size(check: PayloadCheck) -> None:
    payload, limits = check.payload, check.limits
    size_before, rows_before = check.loads.sizes.get(payload.place, (0, 0))
    # one page of several has no size of its own
    if rows_before < TOO_FEW_ROWS or limits.get("page_of") is True:
        return
    grows_at_most = float(limits.get("grows_at_most", GROWS_AT_MOST))
    for unit, sent, before in (("bytes", payload.size, size_before), ("rows", len(check.rows), rows_before)):
        refuse_smaller("the payload", unit, sent, before, check.keeps_at_least)
        refuse_larger("the payload", unit, sent, before, grows_at_most)


def guard_index_level(check: PayloadCheck) -> None:
    """Refuses a payload of levels that is older or smaller than before. Raises PayloadError.

    Only dates up to ``session`` are compared, so that a file made for an earlier session is not called old.
    ``keeps_at_least`` in the source's options moves the limit on size (0 for a vendor that sends only news).
    """
    for series in check.compare(sql_file("payload_against_known")):
        _guard_series(series, check.keeps_at_least)


def guard_rows(*, group: str | None = None, may_end_earlier: bool = False) -> Guard:
    """A guard that refuses a payload which is older or smaller than what is known of the same list or file.

    ``group`` names the list or file in the core table, the key's first column by default. ``keeps_at_least`` as above.
    ``may_end_earlier``: the newest day does not tell an old list from one in which that day was corrected.
    """

    def guard(check: PayloadCheck) -> None:
        contract = check.contract
        query = sql_file("rows_against_known").format(
            table=contract.table,
            landing=f"landing.{contract.name}",
            entity=", ".join(contract.entity),
            group=group or contract.entity[0],
            day=contract.day,
        )
        for known in check.compare(query):
            if not may_end_earlier:
                refuse_older(known["list"], known)
            refuse_smaller(known["list"], "rows", known["rows_sent"], known["rows_known"], check.keeps_at_least)

    return guard


def guard_tickers(check: PayloadCheck) -> None:
    """Refuses a list of tickers that is much smaller than the one before, or that is shifted. Raises PayloadError.

    Shifted: many tickers have another company than before (``changes_at_most``), or bear names that are not those of
    the funds' holdings. A list of another day is no fault. core.company keeps only what changed from list to list, and
    tickers that are gone: it can't tell a list's size.
    """
    before = check.connection.execute(
        "SELECT rows_sent FROM meta.load WHERE table_name = 'core.company' ORDER BY known_at DESC LIMIT 1"
    ).fetchall()
    if before:
        refuse_smaller("the list", "tickers", len(check.rows), before[0][0], check.keeps_at_least)
    check.connection.execute(sql_file("company_names"))
    [tickers] = check.compare(sql_file("tickers_against_known"))
    _refuse_other_companies(tickers, float(check.limits.get("changes_at_most", CHANGES_AT_MOST)))
    if tickers["named"] >= TOO_FEW_ROWS and tickers["agreed"] < NAMES_AGREE_AT_LEAST * tickers["named"]:
        raise PayloadError(
            f"of {tickers['named']} tickers that the funds hold {tickers['agreed']} have the name that the funds give "
            f"them (limit {NAMES_AGREE_AT_LEAST:.0%}): are the rows shifted?",
            value=tickers["a_difference"],
        )


def _refuse_other_companies(tickers: Mapping[str, Any], changes_at_most: float) -> None:
    if tickers["known"] >= TOO_FEW_ROWS and tickers["changed"] > changes_at_most * tickers["known"]:
        allowed = _allowed(changes_at_most, "changes_at_most", math.ceil(100 * tickers["changed"] / tickers["known"]))
        raise PayloadError(
            f"{tickers['changed']} of {tickers['known']} tickers have another company than before: are the rows "
            f"shifted? ({allowed})",
            value=tickers["a_change"],
        )


def guard_holdings(check: PayloadCheck) -> None:
    """Refuses a list of holdings that is a part of one, or another fund's. Raises PayloadError.

    A list is set beside the fund's own of the nearest day: its size (``keeps_at_least``), and the companies in both,
    which must be half of all (``overlaps_at_least``) or more than with any other fund's list. Measured on real lists:
    with its own 97 % after three months, 81 % after three years, 30 % after five; with other funds' 26 % and less.
    """
    for holdings in check.compare(sql_file("holdings_against_known")):
        if holdings["own_as_of"] is None or max(holdings["shares"], holdings["own_shares"]) < TOO_FEW_ROWS:
            continue
        name = f"the list of {holdings['series_id']} of {holdings['as_of']}"
        refuse_smaller(name, "shares", holdings["shares"], holdings["own_shares"], check.keeps_at_least)
        limit = float(check.limits.get("overlaps_at_least", OVERLAPS_AT_LEAST))
        own, other = holdings["own_overlap"], holdings["other_overlap"] or 0.0
        if own < limit and other > own:
            raise PayloadError(
                f"{name} is more like another fund's than like its own: it shares {other:.0%} of all companies with "
                f"{holdings['other_id']}'s list of {holdings['other_as_of']}, and {own:.0%} with its own of "
                f"{holdings['own_as_of']} ({_allowed(limit, 'overlaps_at_least', 0)})"
            )


_guard_size_of_list = guard_rows(may_end_earlier=True)


def guard_members(check: PayloadCheck) -> None:
    """Refuses a list of members that is much smaller than the one before, or older. Raises PayloadError.

    One that was corrected may end earlier: its last member is gone, or came on another day.
    """
    _guard_size_of_list(check)
    for lost in check.compare(sql_file("members_lost")):
        raise PayloadError(
            f"{lost['series_id']} is older than before: it ends on {lost['ends_on']}, and lacks all who came from "
            f"{lost['first_day']} to {lost['last_day']}"
        )


def guard_estimates(check: PayloadCheck) -> None:
    """Refuses estimates of an index with much fewer constituents than on the day before. Raises PayloadError.

    A file may be of one day or of many, and an older one is no fault: each day stands for itself.
    """
    for estimates in check.compare(sql_file("estimates_against_known")):
        refuse_older_or_smaller(f"estimates of {estimates['index_id']}", estimates, check.keeps_at_least)


def guard_funds(check: PayloadCheck) -> None:
    """Refuses a snapshot with much fewer funds than the newest one of the same list up to its day. Raises PayloadError.

    core.fund keeps the funds of all days, so it can't tell a snapshot's size: the record of loads can. An older
    snapshot is no fault, and one page of several has no size of its own.
    """
    if check.limits.get("page_of") is True:
        return
    before = _rows_before(check, newest_day(check.rows, "valuation_date").date())
    if before is not None:
        refuse_smaller("the snapshot", "funds", len(check.rows), before, check.keeps_at_least)


def _rows_before(check: PayloadCheck, day: date) -> int | None:
    """How many funds the newest known snapshot of the same list had that is not newer than the day."""
    snapshots = check.connection.execute(
        """
        SELECT l.options, l.rows_sent
        FROM meta.load AS l
        JOIN (
            SELECT payload_sha256, known_at, max(valuation_date) AS day FROM core.fund GROUP BY ALL
        ) AS snapshot USING (payload_sha256, known_at)
        WHERE l.table_name = 'core.fund' AND snapshot.day <= ?
        ORDER BY snapshot.day DESC, l.known_at DESC
        """,
        [day],
    ).fetchall()
    own = _list_of(check.limits)
    same = [rows_sent for text, rows_sent in snapshots if _list_of(json.loads(text)[1]) == own]
    return same[0] if same else None


def _list_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What tells a vendor's list from another: how it is read, without what changes from day to day."""
    return {name: value for name, value in options.items() if name not in SNAPSHOT_OPTIONS}


def refuse_smaller(name: str, unit: str, sent: int, before: int, keeps_at_least: float) -> None:
    """Compares a payload with the one before it, where the table can't tell what that had. Raises PayloadError."""
    if before and sent / before < keeps_at_least:
        allowed = _allowed(keeps_at_least, "keeps_at_least", math.floor(100 * sent / before))
        raise PayloadError(f"{name} is smaller than before: {sent} {unit}, before {before} ({allowed})")


def refuse_larger(name: str, unit: str, sent: int, before: int, grows_at_most: float) -> None:
    """The same for what grew. Raises PayloadError."""
    if before and sent / before > grows_at_most:
        allowed = _allowed(grows_at_most, "grows_at_most", math.ceil(100 * sent / before))
        raise PayloadError(f"{name} is larger than before: {sent} {unit}, before {before} ({allowed})")


def refuse_older_or_smaller(name: str, counts: Mapping[str, Any], keeps_at_least: float) -> None:
    """Compares rows_sent, rows_known, newest_sent, newest_known. Raises PayloadError."""
    refuse_older(name, counts)
    refuse_smaller(name, "rows", counts["rows_sent"], counts["rows_known"], keeps_at_least)


def refuse_older(name: str, counts: Mapping[str, Any]) -> None:
    """Compares newest_sent and newest_known. Raises PayloadError."""
    if counts["newest_known"] is not None and counts["newest_sent"] < counts["newest_known"]:
        raise PayloadError(
            f"{name} is older than before: it ends on {counts['newest_sent']}, known to {counts['newest_known']}"
        )


def _allowed(limit: float, key: str, percent: int) -> str:
    """The limit, and what to write into the source's entry for one run so that the payload gets through."""
    return f"limit {limit:.0%}; {key} = {percent / 100} in its entry lets it through"


def _guard_series(series: dict[str, Any], keeps_at_least: float) -> None:
    name = series["series_id"]
    refuse_older_or_smaller(name, series, keeps_at_least)
    if series["is_chained"] and series["common_dates"] == 0:
        raise PayloadError(
            f"{name} has no date in common with what is stored: an adjusted close can't be chained without one; "
            "send a longer file"
        )
