"""Asset figures/domestic_revenue_share: figure 3, the share of companies whose revenue is mostly domestic.

Belongs here: what it stands on, and what its SQL reads of a study and a run. Does not belong here: its definition
(warehouse/sql/domestic_revenue*.sql), its columns and checks (warehouse/contracts/figure.domestic_revenue*.toml), its
chart (publish/).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import duckdb

from assets.corrections import known_closed_days
from assets.figures.figure import Figure
from assets.study import Study
from assets.study_tables import earlier, fill, member_lists, run_sessions, set_variables
from warehouse.database import sql_file


def fill_domestic_tables(
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
    figure_settings = study.figure.domestic_revenue_share
    if figure_settings is None:
        raise ValueError(f"study {study.study} has no figure {figure}")
    closed = known_closed_days(connection, cut_off)
    connection.execute(sql_file("domestic_tables"))
    connection.execute(sql_file("company_names"))
    bands = [side.band or (None, None) for side in figure_settings.side]
    fill(
        connection,
        "revenue_side",
        [
            (side.index, order, side.size, *band)
            for order, (side, band) in enumerate(zip(figure_settings.side, bands, strict=True))
        ],
    )
    fill(connection, "revenue_list", member_lists(figure_settings.side))
    fill(connection, "revenue_threshold", [(_ten_thousandths(threshold),) for threshold in figure_settings.thresholds])
    fill(
        connection,
        "run_session",
        [
            (session, day, max(oldest, earlier(day, figure_settings.members_within)))
            for session, day, oldest in run_sessions(sessions, figure_settings.as_of, lag, closed)
        ],
    )
    set_variables(
        connection,
        {
            "study": study.study,
            "known_at": cut_off,
            "method": figure_settings.method,
            "threshold": _ten_thousandths(figure_settings.threshold),
            "min_coverage": _ten_thousandths(figure_settings.min_coverage),
            "fiscal_years_back": figure_settings.fiscal_years_back,
        },
    )


def _ten_thousandths(fraction: Decimal) -> int:
    return int(fraction * 10000)


FIGURE = Figure(
    name="domestic_revenue_share",
    datasets=("holding", "company", "revenue_geography"),
    lag_dataset="holding",
    fill_tables=fill_domestic_tables,
    detail_table="domestic_revenue",
)
