"""Growth of earnings per share: numbers of the text.

Belongs here: footer and the columns of the page's table. Does not belong here: the growth (assets/figures).
"""

from assets.publish.charts.caption import as_of_footer
from assets.publish.charts.figure_chart import FigureChart, TableLayout

CHART = FigureChart(
    as_of_footer,
    table=TableLayout(("index_id", "fiscal_year", "method", "growth", "reason", "source", "source_date")),
)
