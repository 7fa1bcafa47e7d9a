"""Asset figures/domestic_revenue_share: figure 3, the share of companies that earn at home.

Belongs here: what the figure stands on. Does not belong here: its definition (warehouse/sql/domestic_revenue*.sql),
its columns and checks (warehouse/contracts/figure.domestic_revenue*.toml), its chart (publish/).
"""

from __future__ import annotations

from assets.figures.domestic_inputs import domestic_inputs
from assets.figures.figure import Figure

FIGURE = Figure(
    name="domestic_revenue_share",
    datasets=("holding", "company", "revenue_geography"),
    lagging="holding",
    inputs=domestic_inputs,
    detail="domestic_revenue",
)
