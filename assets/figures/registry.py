"""The list of figures, in the order of the note: a new one is one line here.

Belongs here: nothing else. Does not belong here: anything about a figure (its own module).
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
