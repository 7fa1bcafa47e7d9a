"""What the SQL of earnings growth reads of a study and a run, as temporary tables and variables of the connection.

Belongs here: study file to tables. Does not belong here: any computation (warehouse/sql).
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from assets.study import Study
from assets.study_tables import set_variables, study_inputs


def eps_inputs(
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
    asked = study.figure.eps_growth
    if asked is None:
        raise ValueError(f"study {study.study} has no figure {figure}")
    study_inputs(connection, study, sessions, cut_off, lag, figure)
    set_variables(connection, {"eps_methods": list(asked.methods)})
