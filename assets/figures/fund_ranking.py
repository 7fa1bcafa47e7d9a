"""Asset figures/fund_ranking: figure 5, the funds that the house sells.

Belongs here: what the figure stands on. Does not belong here: its definition (warehouse/sql/fund_*.sql), its columns
and checks (warehouse/contracts/figure.fund_*.toml), its picture (publish/).
"""

from __future__ import annotations

from assets.figures.figure import Figure
from assets.figures.fund_inputs import fund_inputs
from assets.study import Study


def shown_funds(study: Study) -> frozenset[str]:
    """The codes of the funds that the figure shows, whatever the day: ISINs and association codes."""
    asked = study.figure.fund_ranking
    shown = asked.shown if asked else []
    return frozenset(code for fund in shown for code in (fund.isin, fund.association_code) if code)


FIGURE = Figure(
    name="fund_ranking",
    datasets=("fund",),
    helpful=("fund_nav",),
    lagging="fund",
    inputs=fund_inputs,
    detail="fund_return",
    concerns=shown_funds,
    answered=("core.fund", "core.fund_nav"),
)
