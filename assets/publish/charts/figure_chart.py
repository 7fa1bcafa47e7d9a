"""What every figure's chart takes and gives: its input, and what its module has to say.

Belongs here: these two and the table of the page. Does not belong here: any figure (its own module), looking the input
up (publish/content.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa

from assets.publish.charts.canvas import Spec
from assets.publish.charts.style import HouseStyle
from assets.publish.sources import SourceSpan
from assets.study import Language, Study

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class ChartInput:
    """What a figure of a session is drawn from.

    ``rows`` are the headline rows of its main table, ``detail_rows`` those of the table behind it, ``all_rows`` the
    whole main table, where more of it is shown than the picture has. ``spans`` are the series behind the rows,
    ``vendors`` whom the data came through. ``left_out``: the subjects that the figure goes without because their data
    failed a check.
    """

    study: Study
    figure: str
    number: int
    as_of: date
    rows: pd.DataFrame
    detail_rows: pd.DataFrame | None
    spans: list[SourceSpan]
    vendors: list[str]
    is_sample: bool
    left_out: tuple[str, ...] = ()
    all_rows: pd.DataFrame | None = None

    def settings(self, model: type[Settings]) -> Settings:
        """What the study asks of the figure. Raises ValueError where it does not have it."""
        settings = getattr(self.study.figure, self.figure)
        if not isinstance(settings, model):
            raise ValueError(f"study {self.study.study} has no figure {self.figure}")
        return settings


@dataclass(frozen=True)
class TableLayout:
    """How the page's table shows the headline rows of a figure.

    ``columns`` are those that a reader needs, the first one heads its row; none: all but bookkeeping. With ``value``
    the indices stand side by side: ``columns`` head a row, and each index has a column of that value. ``order`` is the
    column that puts the rows in their order; empty: the first of ``columns``.
    """

    columns: tuple[str, ...] = ()
    value: str = ""
    order: str = ""


@dataclass(frozen=True)
class FigureChart:
    """What the module of a figure has as ``CHART``.

    ``footer`` gives the lines below the figure: sources, notes, as-of date. ``draw`` makes its picture; None: numbers
    of the text. ``own_table`` makes a table that takes the place of the page's picture, for a macro of the page's
    templates; where there is none, ``table`` says how the page shows the numbers.
    """

    footer: Callable[[ChartInput, Language], tuple[str, ...]]
    draw: Callable[[ChartInput, HouseStyle, Language], Spec] | None = None
    table: TableLayout = TableLayout()
    own_table: Callable[[ChartInput, HouseStyle, Language], Any] | None = None


def headline_rows(rows: pa.Table) -> pd.DataFrame:
    """The rows that a chart draws: those of a figure's table with ``is_headline``."""
    frame = rows.to_pandas(date_as_object=False)
    return frame[frame["is_headline"]].reset_index(drop=True)
