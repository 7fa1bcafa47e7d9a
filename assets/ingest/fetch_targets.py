"""What a vendor that answers name by name is asked for: companies and fiscal years, funds of the reviewed lists,
tickers of constituents; and which files of corrections are known.

Belongs here: reading it from the warehouse and the studies. Does not belong here: fetching (vendors/), which holdings
are shares and which ticker is whose (warehouse/sql/domestic_revenue_share_prepare.sql).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import duckdb

from assets import calendar
from assets.corrections import known_closed_days
from assets.ingest.fetching import Company, FetchContext, Fund
from assets.study import Study
from assets.study_tables import as_of, fill, set_variables
from warehouse.database import sql_file


def with_fetch_targets(
    connection: duckdb.DuckDBPyConnection, context: FetchContext, studies: Sequence[Study], known_at: datetime
) -> FetchContext:
    """The context with what the studies want and what is known at a time (naive UTC), read when a vendor needs it."""
    return replace(
        context,
        fiscal_years_back=fiscal_years_back(studies),
        companies=lambda series: companies_to_ask(connection, studies, series, context.session, known_at),
        funds=lambda: funds_to_ask(connection, studies, known_at),
        securities=lambda members_of, held_by, count: securities_to_ask(
            connection, studies, members_of, held_by, context.session, known_at, count
        ),
        correction_files=lambda: known_correction_files(connection, known_at),
    )


def known_correction_files(connection: duckdb.DuckDBPyConnection, known_at: datetime) -> list[str]:
    """The files that state the corrections which are known: of one that is gone, all entries are taken back."""
    known = connection.execute(
        "SELECT DISTINCT stated_in FROM core.correction_as_known(?) ORDER BY stated_in", [known_at]
    ).fetchall()
    return [name for (name,) in known]


def fiscal_years_back(studies: Sequence[Study]) -> int:
    """How many fiscal years before the session's the studies' figures of revenue count, the most of all."""
    figures = [study.figure.domestic_revenue_share for study in studies]
    return max((figure.fiscal_years_back for figure in figures if figure), default=FetchContext.fiscal_years_back)


def companies_to_ask(
    connection: duckdb.DuckDBPyConnection,
    studies: Sequence[Study],
    series: Sequence[str],
    session: date,
    known_at: datetime,
) -> list[Company]:
    """The companies behind the newest holdings, up to the session, of some funds, the largest holding first.

    A company is left out while no newer annual report than the known one can be out. Reports come 30 to 90 days after
    a fiscal year's end, so it is asked again from twelve months and thirty days after the newest year's end of which a
    filing, accepted by the session, is known, and every day until the next one is there. Waiting for the last
    day of filing instead would leave the figure without reports in the season of filing: in March 2026 it takes no year
    that ended before 2025. A vendor's figure (no CIK) is no filing, and spares nobody the question.
    """
    _read_holdings(connection, studies, series, session, known_at)
    return [Company(*row) for row in connection.execute(sql_file("companies_to_ask")).fetchall()]


def funds_to_ask(connection: duckdb.DuckDBPyConnection, studies: Sequence[Study], known_at: datetime) -> list[Fund]:
    """The funds that the studies' figures show, each once, in the studies' order.

    The association's code is the one that the study says, else the newest one that the lists of funds have, as in the
    figure (warehouse/sql/fund_ranking_prepare.sql). A fund without one can't be asked for and is left out.
    """
    figures = [study.figure.fund_ranking for study in studies]
    shown = [fund for figure in figures if figure for fund in figure.shown]
    isins = list(dict.fromkeys(fund.isin for fund in shown))
    known = connection.execute(
        """
        SELECT fund_id, association_code FROM core.fund_as_known(?)
        WHERE association_code IS NOT NULL AND list_contains(?::VARCHAR[], fund_id)
        QUALIFY row_number() OVER (PARTITION BY fund_id ORDER BY valuation_date DESC) = 1
        """,
        [known_at, isins],
    ).fetchall()
    codes = dict(known) | {fund.isin: fund.association_code for fund in shown if fund.association_code}
    return [Fund(isin, codes[isin]) for isin in isins if isin in codes]


def securities_to_ask(
    connection: duckdb.DuckDBPyConnection,
    studies: Sequence[Study],
    members_of: Sequence[str],
    held_by: Sequence[str],
    session: date,
    known_at: datetime,
    count: int,
) -> list[str]:
    """At most ``count`` tickers of members of some lists, and of the newest holdings of some funds up to the session.

    Members count on the day that a study's figure of constituents begins with. A ticker is left out once its levels
    reach the figure's as-of date, or where they begin after the members' day: no figure reads those. Members come
    first. Of the others each session begins ``count`` tickers further in the list of all: within as many sessions as it
    takes to go round, each has been asked for, whichever its vendor does not have.
    """
    figures = [study.figure.constituent_return for study in studies if study.figure.constituent_return]
    if not figures:
        return []
    closed = known_closed_days(connection, known_at)
    ends = [as_of(figure.as_of, session, closed) for figure in figures]
    days = {
        calendar.last_session_of_month(end.year - figure.years, end.month, closed)
        for figure, end in zip(figures, ends, strict=True)
    }
    _read_holdings(connection, studies, held_by, session, known_at)
    connection.execute("CREATE OR REPLACE TEMP TABLE members_day (day DATE)")
    fill(connection, "members_day", [(day,) for day in sorted(days)])
    set_variables(
        connection,
        {
            "members_of": list(members_of),
            "reaches": max(ends),
            "session_number": calendar.session_number(session),
            "count": count,
        },
    )
    return [ticker for (ticker,) in connection.execute(sql_file("securities_to_ask")).fetchall()]


def _read_holdings(
    connection: duckdb.DuckDBPyConnection,
    studies: Sequence[Study],
    series: Sequence[str],
    session: date,
    known_at: datetime,
) -> None:
    """The newest holdings, up to the session, of some funds, as figure 3 reads them."""
    connection.execute(sql_file("domestic_tables"))
    fill(connection, "revenue_list", [(fund, 0, fund, False) for fund in series])
    fill(connection, "run_session", [(session, session, date(1900, 1, 1))])  # however old the newest list is
    set_variables(connection, {"known_at": known_at, "fiscal_years_back": fiscal_years_back(studies)})
    connection.execute(sql_file("domestic_revenue_share_prepare"))
