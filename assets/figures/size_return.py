"""Asset figures/size_return: figure 1, returns over periods by size.

Belongs here: what the figure stands on. Does not belong here: its definition (warehouse/sql/size_return.sql), its
columns and checks (warehouse/contracts/figure.size_return.toml), its chart (publish/).
"""

from __future__ import annotations

from assets.figures.figure import Figure
from assets.study_tables import fill_study_tables

FIGURE = Figure(name="size_return", datasets=("index_level",), lag_dataset="index_level", fill_tables=fill_study_tables)
