"""Asset figures/constituent_return: figure 4, returns of the constituents of thirty years ago.

Belongs here: what the figure stands on. Does not belong here: its definition (warehouse/sql/constituent_return*.sql),
its columns and checks (warehouse/contracts/figure.constituent_return*.toml), its chart (publish/).
"""

from __future__ import annotations

from assets.figures.constituent_inputs import constituent_inputs
from assets.figures.figure import Figure

FIGURE = Figure(
    name="constituent_return",
    datasets=("membership", "security_level"),
    helpful=("security",),
    lagging="security_level",
    inputs=constituent_inputs,
    main="constituent_return_summary",
    detail="constituent_return",
)
