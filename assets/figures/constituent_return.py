"""Asset figures/constituent_return: figure 4, returns of the constituents of thirty years ago.

Belongs here: what it stands on, and what its SQL reads of a study and a run. Does not belong here: its definition
(warehouse/sql/constituent_return*.sql), its columns and checks (warehouse/contracts/figure.constituent_return*.toml),
its chart (publish/).
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from assets.corrections import known_closed_days
from assets.figures.figure import Figure
from assets.study import Study
from assets.study_tables import fill, fill_calendar, member_lists, run_sessions, set_variables
from warehouse.database import sql_file


def fill_constituent_tables(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    sessions: list[date],
    cut_off: datetime,
    lag: str | None,
    figure: str,
) -> None:
    """Fills the tables of warehouse/sql/constituent_tables.sql for one study and its sessions, and makes the macros of
    warehouse/sql/security_step.sql.

    ``cut_off``: only what was known then counts (naive UTC). ``lag``: how far the end date may lie behind the as-of
    date, like `36 months`; None for not at all.
    """
    figure_settings = study.figure.constituent_return
    if figure_settings is None:
        raise ValueError(f"study {study.study} has no figure {figure}")
    sizes = {index.id: index.size for index in study.index}
    connection.execute(sql_file("constituent_tables"))
    connection.execute(sql_file("security_step"))
    bands = [side.band or (None, None) for side in figure_settings.side]
    fill(
        connection,
        "side",
        [
            (side.index, order, sizes[side.index], side.rest is not None, *band)
            for order, (side, band) in enumerate(zip(figure_settings.side, bands, strict=True))
        ],
    )
    fill(connection, "side_members", member_lists(figure_settings.side))
    closed = known_closed_days(connection, cut_off)
    fill(connection, "run_session", run_sessions(sessions, figure_settings.as_of, lag, closed))
    fill_calendar(connection, closed)
    chosen = (
        "years", "trim_share", "min_coverage", "min_members", "cash_rate", "availability", "grouping", "measure",
        "rounding", "return_basis",
    )  # fmt: skip
    set_variables(
        connection,
        {"study": study.study, "known_at": cut_off, **{name: getattr(figure_settings, name) for name in chosen}},
    )


FIGURE = Figure(
    name="constituent_return",
    datasets=("membership", "security_level"),
    optional_datasets=("security",),
    lag_dataset="security_level",
    fill_tables=fill_constituent_tables,
    main_table="constituent_return_summary",
    detail_table="constituent_return",
)
