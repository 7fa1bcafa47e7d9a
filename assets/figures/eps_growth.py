"""Asset figures/eps_growth: growth of this year's earnings per share, a number of the note's text.

Belongs here: what it stands on, and what its SQL reads of a study and a run. Does not belong here: its definition
(warehouse/sql/eps_growth*.sql), its columns and checks (warehouse/contracts/figure.eps_growth.toml).
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from assets.figures.figure import Figure
from assets.study import Study
from assets.study_tables import fill_study_tables, set_variables


def fill_eps_tables(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    sessions: list[date],
    cut_off: datetime,
    lag: str | None,
    figure: str,
) -> None:
    """Fills the study's tables for its sessions, and the variable eps_methods: the methods, preferred ones first.

    ``cut_off``: only what was known then counts (naive UTC). ``lag``: how old an estimate may be on the as-of date,
    like `12 months`; None for of that very day.
    """
    figure_settings = study.figure.eps_growth
    if figure_settings is None:
        raise ValueError(f"study {study.study} has no figure {figure}")
    fill_study_tables(connection, study, sessions, cut_off, lag, figure)
    set_variables(connection, {"eps_methods": list(figure_settings.methods)})


FIGURE = Figure(name="eps_growth", datasets=("eps_estimate",), lag_dataset="eps_estimate", fill_tables=fill_eps_tables)
