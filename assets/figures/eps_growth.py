"""Asset figures/eps_growth: growth of this year's earnings per share, a number of the note's text.

Belongs here: what the figure stands on. Does not belong here: its definition (warehouse/sql/eps_growth*.sql), its
columns and checks (warehouse/contracts/figure.eps_growth.toml).
"""

from __future__ import annotations

from assets.figures.eps_inputs import eps_inputs
from assets.figures.figure import Figure

FIGURE = Figure(name="eps_growth", datasets=("eps_estimate",), lagging="eps_estimate", inputs=eps_inputs)
