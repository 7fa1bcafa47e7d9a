"""What a parsed payload would change in core, and how much of that is believed before anybody has explained it.

Belongs here: limits on rows taken back, on restated history, on distributions that vanish. Does not belong here: the
difference itself (warehouse/bitemporal.py), size and days of a payload (guards.py), two files of one list
(overlaps.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from assets.ingest.guards import PayloadCheck
from assets.ingest.overlaps import EarlierPayload, refuse_claimed_rows, refuse_overlaps, shown
from assets.ingest.payload import Payload, PayloadError
from warehouse.bitemporal import Origin, compare_with_known, knows_any
from warehouse.contract import Contract
from warehouse.corrections import day_of
from warehouse.database import rows_as_dicts
from warehouse.incoming import prepare_incoming
from warehouse.rows import as_relation, as_view

WITHDRAWS_AT_MOST = 0.10
"""The share of a list that a payload may take back: a member too many or a dozen lines are corrections."""

DAYS_WITHDRAWN_AT_MOST = 0.01
"""The same of the days of a series: FRED's Russell series have 16 days without trading among some ten thousand, which a
corrected file may leave out.
"""

MAY_ALWAYS_GO = 5
"""So many may go from a list of twenty or more; a quarter of a shorter one, and one of any."""

RESTATED_DAYS = 5
"""So many known days of a series may change in one payload: what vendors mend late is of the last days."""

RESTATED_BY = 0.001
"""A change of a level below this share of it counts as none: a dividend corrected by a cent moves every later adjusted
close by some hundred-thousandths.
"""

RESTATED_SHARE = 0.05
"""Of what has many subjects (a panel of securities, a data set of filings) this share may be restated."""


@dataclass(frozen=True)
class Counted:
    """What is counted of a dataset's rows: ``items`` (columns) of each ``group`` (columns; none: of the payload)."""

    group: tuple[str, ...]
    items: tuple[str, ...]
    unit: str
    withdraws_at_most: float = WITHDRAWS_AT_MOST


COUNTED = {
    "eps_estimate": Counted(("index_id", "source_date"), ("constituent",), "constituents"),
    "fund": Counted((), ("fund_id",), "funds"),
    "fund_nav": Counted(("fund_id",), ("date",), "days", DAYS_WITHDRAWN_AT_MOST),
    "holding": Counted(("series_id", "as_of"), ("line",), "lines"),
    "index_level": Counted(("series_id",), ("date",), "days", DAYS_WITHDRAWN_AT_MOST),
    # a stay that begins on another day is a new row and the old one withdrawn: the member is still there
    "membership": Counted(("series_id",), ("security_id",), "members"),
    "policy_rate": Counted(("series_id",), ("date",), "days", DAYS_WITHDRAWN_AT_MOST),
    "revenue_geography": Counted((), ("company_id",), "companies"),
    "security": Counted((), ("security_id",), "securities"),
    # not by source: a level that comes again from a file of another name is still there
    "security_level": Counted((), ("security_id", "date"), "levels", DAYS_WITHDRAWN_AT_MOST),
}
"""Not core.company: a ticker that is gone from a list is a row of its own there; nor what people state themselves."""

HISTORIES = {"fund_nav": "nav_jpy", "index_level": "level", "policy_rate": "rate", "security_level": "level"}
"""The value of each day whose change is a restatement."""

KEPT = {"fund_nav": "distribution_jpy", "index_level": "dividend"}
"""What was paid once doesn't vanish from a history."""


def refuse_differences(check: PayloadCheck, earlier: Sequence[EarlierPayload] = ()) -> None:
    """Refuses a payload that changes more of what is known than may be believed. Raises PayloadError.

    ``earlier`` are the run's payloads from other places. ``withdraws_at_most`` in the check's limits moves the limit on
    rows taken back; what is known to be restated is stated as a correction.
    """
    connection, contract, payload = check.connection, check.contract, check.payload
    refuse_overlaps(check, earlier)
    if payload.dataset == "correction" or not _knows_any(check):
        return
    with news_of(check):
        refuse_claimed_rows(check, earlier)
        if payload.dataset in COUNTED:
            _refuse_withdrawals(check, COUNTED[payload.dataset])
        if payload.dataset in HISTORIES:
            _refuse_restated_history(connection, contract)
        if payload.dataset in KEPT:
            _refuse_vanished(connection, contract, KEPT[payload.dataset])
        if payload.dataset == "revenue_geography":
            _refuse_restated_filings(connection, contract, payload)


def _knows_any(check: PayloadCheck) -> bool:
    with as_view(check.connection, "incoming", check.rows):
        return knows_any(check.connection, check.contract, "incoming", _origin(check.payload))


def _origin(payload: Payload) -> Origin:
    return Origin(payload.vendor, payload.place, payload.is_complete, payload.speaks_until, payload.replaces)


@contextmanager
def news_of(check: PayloadCheck) -> Iterator[None]:
    """The temporary tables ``incoming`` and ``news`` as the load would make them, and ``known``: the newest known rows
    behind those that are restated or withdrawn.
    """
    connection, contract, payload = check.connection, check.contract, check.payload
    origin = _origin(payload)
    with as_relation(connection, "incoming", check.rows):
        try:
            comparable = prepare_incoming(connection, payload.dataset, origin)
            compare_with_known(connection, contract, comparable, origin)
            entity = ", ".join(contract.entity)
            connection.execute(
                f"""
                CREATE OR REPLACE TEMP TABLE known AS
                SELECT * FROM {contract.table}
                SEMI JOIN (SELECT {entity} FROM news WHERE why <> 'new') USING ({entity})
                QUALIFY row_number() OVER (PARTITION BY {entity} ORDER BY known_at DESC) = 1
                """
            )
            yield
        finally:
            connection.execute("DROP TABLE IF EXISTS news; DROP TABLE IF EXISTS known")


def may_go(known: int, share: float) -> int:
    """How many of so many may be taken back by one payload."""
    return max(1, min(MAY_ALWAYS_GO, known // 4), int(share * known))


def _refuse_withdrawals(check: PayloadCheck, counted: Counted) -> None:
    contract = check.contract
    names = [*counted.group, *counted.items]
    blank = contract.blank_when_withdrawn
    lists = rows_as_dicts(
        check.connection,
        f"""
        WITH sent AS (SELECT * FROM incoming {f"WHERE {blank} IS NOT NULL" if blank else ""}),
        gone AS (
            SELECT DISTINCT {", ".join(names)} FROM news WHERE why = 'withdrawn'
            EXCEPT SELECT {", ".join(names)} FROM sent
        ),
        kept AS (
            SELECT DISTINCT {", ".join(names)}
            FROM sent ANTI JOIN (FROM news WHERE why = 'new') USING ({", ".join(contract.entity)})
            UNION SELECT {", ".join(names)} FROM news WHERE why = 'withdrawn'
        )
        SELECT {", ".join([*counted.group, ""])} count(*) AS known, count(g.{counted.items[0]}) AS gone
        FROM kept AS k LEFT JOIN gone AS g USING ({", ".join(names)})
        GROUP BY ALL HAVING gone > 0 ORDER BY ALL
        """,
    )
    for known_list in lists:
        share = float(check.limits.get("withdraws_at_most", counted.withdraws_at_most))
        gone, known = known_list["gone"], known_list["known"]
        allowed = may_go(known, share)
        if gone > allowed:
            name = ", ".join(shown(known_list[column]) for column in counted.group) or "the payload"
            needed = -(-100 * gone // known) / 100
            raise PayloadError(
                f"{name} takes {gone} of {known} known {counted.unit} back "
                f"(limit {allowed}, {share:.0%}; withdraws_at_most = {needed} in its entry lets it through; "
                "complete = false where it is a part)" + _in_place_of(check.payload.replaces)
            )


def _in_place_of(replaces: Sequence[str]) -> str:
    return f", standing for {', '.join(replaces)}, which is gone from the folder" if replaces else ""


STATED = """
    NOT EXISTS (
        FROM core.correction_as_known(TIMESTAMP '9999-01-01') AS s
        WHERE s.kind = 'restatement' AND s.dataset = '{dataset}' AND s.subject = k.{subject}
            AND k.{day} BETWEEN s.date AND coalesce(s.until, s.date)
    )
"""
EXPLAIN = "where that is right, say why in corrections.toml: kind 'restatement' (docs/corrections.md)"


def _stated(contract: Contract) -> str:
    """Whether nobody has stated that the known row ``k`` was rightly restated."""
    return STATED.format(dataset=contract.name, subject=contract.entity[0], day=day_of(contract))


def _refuse_restated_history(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    value, day, subject = HISTORIES[contract.name], contract.day, contract.entity[0]
    restated = rows_as_dicts(
        connection,
        f"""
        SELECT
            k.{subject} AS subject, count(*) AS days, min(k.{day}) AS first_day, max(k.{day}) AS last_day,
            max_by(k.{day}, abs(n.{value} / k.{value} - 1)) AS worst_day, max(abs(n.{value} / k.{value} - 1)) AS most
        FROM news AS n JOIN known AS k USING ({", ".join(contract.entity)})
        WHERE n.why = 'restated' AND abs(n.{value} - k.{value}) > {RESTATED_BY} * abs(k.{value}) AND {_stated(contract)}
        GROUP BY ALL HAVING days > {RESTATED_DAYS} ORDER BY days DESC, subject
        """,
    )
    [(subjects,)] = connection.execute(f"SELECT count(DISTINCT {subject}) FROM incoming").fetchall()
    if not restated or len(restated) <= RESTATED_SHARE * subjects:
        return
    worst = restated[0]
    others = f" and of {len(restated) - 1} more" if len(restated) > 1 else ""
    raise PayloadError(
        f"the history of {worst['subject']}{others} is not the one that is known: {worst['days']} days from "
        f"{worst['first_day']} to {worst['last_day']} are restated, by {worst['most']:.1%} on {worst['worst_day']} "
        f"(limit {RESTATED_DAYS} days by more than {RESTATED_BY:.1%}); {EXPLAIN}"
    )


def _refuse_vanished(connection: duckdb.DuckDBPyConnection, contract: Contract, column: str) -> None:
    subject, day = contract.entity[0], contract.day
    vanished = rows_as_dicts(
        connection,
        f"""
        SELECT
            k.{subject} AS subject, count(*) AS days, min(k.{day}) AS first_day, max(k.{day}) AS last_day,
            min_by(k.{column}, k.{day}) AS paid
        FROM news AS n JOIN known AS k USING ({", ".join(contract.entity)})
        WHERE k.{column} > 0 AND (n.why = 'withdrawn' OR coalesce(n.{column}, 0) = 0) AND {_stated(contract)}
        GROUP BY ALL ORDER BY days DESC, subject
        """,
    )
    for history in vanished:
        raise PayloadError(
            f"{history['subject']} lacks {history['days']} known values of {column} from {history['first_day']} to "
            f"{history['last_day']} (the first was {history['paid']:g}); {EXPLAIN}"
        )


def _refuse_restated_filings(connection: duckdb.DuckDBPyConnection, contract: Contract, payload: Payload) -> None:
    """Of what the same place said: another source of a filing may say more of it."""
    changed = rows_as_dicts(
        connection,
        f"""
        SELECT k.company_id, k.name, k.filing, k.us_revenue AS before, n.us_revenue AS now
        FROM news AS n JOIN known AS k USING ({", ".join(contract.entity)})
        JOIN meta.load AS l ON l.payload_sha256 = k.payload_sha256 AND l.known_at = k.known_at
        WHERE n.why = 'restated' AND l.table_name = '{contract.table}' AND l.vendor = ? AND list_contains(?, l.place)
            AND (n.revenue IS DISTINCT FROM k.revenue OR n.us_revenue IS DISTINCT FROM k.us_revenue)
            AND {_stated(contract)}
        ORDER BY k.company_id, k.filing
        """,
        payload.vendor,
        [payload.place, *payload.replaces],
    )
    [(sent,)] = connection.execute("SELECT count(*) FROM incoming").fetchall()
    allowed = max(RESTATED_DAYS, int(RESTATED_SHARE * sent))
    if len(changed) > allowed:
        filing = changed[0]
        raise PayloadError(
            f"{len(changed)} of {sent} known filings have other figures now, the first one "
            f"{filing['name'] or filing['company_id']} ({filing['filing']}: {filing['before']} from the US, "
            f"now {filing['now']}) (limit {allowed}); {EXPLAIN}"
        )
