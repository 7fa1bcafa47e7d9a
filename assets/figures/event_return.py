"""Asset figures/event_return: returns since the study's events, beside figure 2.

Belongs here: what it stands on. Does not belong here: its definition (warehouse/sql/event_return.sql), its columns and
checks (warehouse/contracts/figure.event_return.toml), the marks on the chart (publish/).
"""

from __future__ import annotations

from assets.figures.figure import Figure
from assets.study_tables import fill_study_tables

FIGURE = Figure(
    name="event_return",
    datasets=("index_level",),
    lag_dataset="index_level",
    fill_tables=fill_study_tables,
    file_stem="events",
)
