"""What figure 3's SQL reads of a study and a run, as temporary tables and variables of the connection.

Belongs here: study file to tables. Does not belong here: any computation (warehouse/sql).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import duckdb

from assets.corrections import known_closed_days
from assets.study import Study
from assets.study_tables import earlier, fill, member_lists, run_sessions, set_variables
from warehouse.database import sql_file


def domestic_inputs(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    sessions: list[date],
    cut_off: datetime,
    lag: str | None,
    figure: str,
) -> None:
    """Fills the tables of warehouse/sql/domestic_tables.sql for one study and its sessions.

    ``cut_off``: only what was known then counts (naive UTC). ``lag``: how far the list of members may lie behind the
    as-of date, like `6 months`; None for not at all. The study's own limit holds as well.
    """
    asked = study.figure.domestic_revenue_share
    if asked is None:
        raise ValueError(f"study {study.study} has no figure {figure}")
    closed = known_closed_days(connection, cut_off)
    connection.execute(sql_file("domestic_tables"))
    connection.execute(sql_file("company_names"))
    bands = [side.band or (None, None) for side in asked.side]
    fill(
        connection,
        "revenue_side",
        [
            (side.index, order, side.size, *band)
            for order, (side, band) in enumerate(zip(asked.side, bands, strict=True))
        ],
    )
    fill(connection, "revenue_list", member_lists(asked.side))
    fill(connection, "revenue_threshold", [(_ten_thousandths(threshold),) for threshold in asked.thresholds])
    fill(
        connection,
        "run_session",
        [
            (session, day, max(oldest, earlier(day, asked.members_within)))
            for session, day, oldest in run_sessions(sessions, asked.as_of, lag, closed)
        ],
    )
    set_variables(
        connection,
        {
            "study": study.study,
            "known_at": cut_off,
            "method": asked.method,
            "threshold": _ten_thousandths(asked.threshold),
            "min_coverage": _ten_thousandths(asked.min_coverage),
            "fiscal_years_back": asked.fiscal_years_back,
        },
    )


def _ten_thousandths(fraction: Decimal) -> int:
    return int(fraction * 10000)
