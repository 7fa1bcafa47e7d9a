"""Asset figures/long_run: figure 2, the long run, rebased.

Belongs here: what the figure stands on. Does not belong here: its definition (warehouse/sql/long_run.sql), its
columns and checks (warehouse/contracts/figure.long_run.toml), its chart (publish/).
"""

from __future__ import annotations

from assets.figures.figure import Figure
from assets.study_tables import fill_study_tables

FIGURE = Figure(
    name="long_run",
    datasets=("index_level",),
    lag_dataset="index_level",
    fill_tables=fill_study_tables,
    detail_table="long_run_ratio",
)
