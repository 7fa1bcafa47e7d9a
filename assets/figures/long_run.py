"""Asset figures/long_run: figure 2, the long run, rebased.

Belongs here: what the figure stands on. Does not belong here: its definition (warehouse/sql/long_run.sql), its
columns and checks (warehouse/contracts/figure.long_run.toml), its chart (publish/).
"""

from __future__ import annotations

from assets.figures.figure import Figure
from assets.study_tables import study_inputs

FIGURE = Figure(
    name="long_run", datasets=("index_level",), lagging="index_level", inputs=study_inputs, detail="long_run_ratio"
)
