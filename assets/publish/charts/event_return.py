"""Returns since events: numbers of the text, read beside figure 2.

Belongs here: footer and the columns of the page's table. Does not belong here: the returns (assets/figures).
"""

from assets.publish.charts.caption import index_footer
from assets.publish.charts.figure_chart import FigureChart, TableLayout

CHART = FigureChart(
    index_footer,
    table=TableLayout(("event_id", "base_date", "end_date"), value="return_cum", order="event_start"),
)
