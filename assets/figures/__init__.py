"""Figures: the public tables, one module a figure.

Belongs here: the list of figures, in the order of the note. Does not belong here: anything about one of them.
"""

from assets.figures import (
    constituent_return,
    domestic_revenue_share,
    eps_growth,
    event_return,
    fund_ranking,
    long_run,
    size_return,
)

FIGURES = (
    size_return.FIGURE,
    long_run.FIGURE,
    event_return.FIGURE,
    domestic_revenue_share.FIGURE,
    constituent_return.FIGURE,
    fund_ranking.FIGURE,
    eps_growth.FIGURE,
)
