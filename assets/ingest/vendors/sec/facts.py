"""From the facts of SEC filings to the parse result of dataset revenue_geography, the same for every format.

Belongs here: which concepts are looked for, which forms are annual, the tables that a format fills and the rows that
come of them. Does not belong here: reading a format (data_sets.py, filing.py), the rules themselves
(domestic_revenue.sql).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from assets.ingest.frames.row_results import result_frame
from assets.ingest.parsing.delimited_text import Table
from warehouse.database import connect

DATASET = "revenue_geography"

ANNUAL_FORMS = tuple(form + amended for form in ("10-K", "10-K405", "10-KT", "20-F", "40-F") for amended in ("", "/A"))

REVENUE = (
    "Revenues",
    "RevenueFromContractWithCustomerExcludingAssessedTax",
    "RevenueFromContractWithCustomerIncludingAssessedTax",
    "SalesRevenueNet",
    "SalesRevenueGoodsNet",
    "SalesRevenueServicesNet",
    "RevenuesNetOfInterestExpense",
    "RegulatedAndUnregulatedOperatingRevenue",
    "HealthCareOrganizationRevenue",
    "RealEstateRevenueNet",
    "OilAndGasRevenue",
    "Revenue",  # this and the next: IFRS, in a 20-F or 40-F
    "RevenueFromContractsWithCustomers",
)
"""Concepts of all revenue, in the order in which they are preferred."""

DOMICILE = (
    "EntityWideDisclosureOnGeographicAreasRevenueFromExternalCustomersAttributedToEntitysCountryOfDomicile",
)  # fmt: skip
SEGMENTS = ("NumberOfReportableSegments", "NumberOfOperatingSegments")
FOREIGN_INCOME = ("IncomeLossFromContinuingOperationsBeforeIncomeTaxesForeign",)
KINDS = {"revenue": REVENUE, "domicile": DOMICILE, "segments": SEGMENTS, "foreign_income": FOREIGN_INCOME}

GEOGRAPHY_AXES = ("Geographical", "GeographicalAreas")
"""Axes of geography without their namespace, ``Statement`` and ``Axis``: US GAAP's and IFRS's."""


@dataclass(frozen=True)
class Filings(Table):
    """Rows of the result, named by filing and fiscal year rather than by line."""

    def where(self, row: int) -> str:
        """The filing of a row, for a message."""
        return f"filing {self.rows[row][0]}, {self.rows[row][1]}"


def sql(name: str) -> str:
    """The text of a SQL file beside this module."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def fact_tables(spill_to: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the tables of tables.sql.

    ``spill_to``: the folder for what memory can't hold, where there is much to read; without it one filing is read.
    """
    with connect(spill_to=spill_to) as connection:
        if spill_to is None:
            connection.execute("SET threads = 1")
        # as in the warehouse: DuckDB 2.0.0 crashes with it
        connection.execute("SET disabled_optimizers = 'join_filter_pushdown'")
        connection.execute(sql("tables"))
        known = [(name, kind, rank) for kind, names in KINDS.items() for rank, name in enumerate(names)]
        columns = list(map(list, zip(*known, strict=True)))
        connection.execute("INSERT INTO concept SELECT unnest(?), unnest(?), unnest(?)", columns)
        yield connection


def classified(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The parse result of the filings in the tables, by acceptance. Raises PayloadError as result_frame does."""
    cursor = connection.execute(sql("domestic_revenue"))
    names = [column[0] for column in cursor.description or []]
    # rows, not a frame: a BIGINT with gaps would come as floats and lose digits
    rows = cursor.fetchall()
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    keys = [[row[names.index("filing")], str(row[names.index("fiscal_period_end")])] for row in rows]
    return result_frame(DATASET, Filings(names, keys, list(range(len(rows)))), columns)
