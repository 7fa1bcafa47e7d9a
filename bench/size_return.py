"""What figure 1 costs for every session of thirty years, against pandas, quantstats and ffn.

Belongs here: invented levels of two indices, the figure's own SQL over all sessions, periods and base rules in one
pass, the same windows by pandas, and what quantstats and ffn can say of them. Does not belong here: a whole range of
sessions with checks and releases (backfill.py).

Run: ``python bench/size_return.py``; SIZE=medium or full for more sessions.
"""

from __future__ import annotations

import statistics
import sys
from datetime import date, datetime, timedelta
from functools import partial
from itertools import product

import duckdb
import ffn
import numpy as np
import pandas as pd
import quantstats
from measure import in_turns, ratio, report, size

from assets import calendar
from assets.figures.figure import make_rows
from assets.figures.size_return import FIGURE
from assets.study import Study, read_studies
from assets.study_tables import fill_study_tables, period_length
from pipelines.resources import PIPELINES
from warehouse.contract import contracts
from warehouse.database import connect, create_from_frame, ensure_tables, sql_file

FIRST_LEVEL, NEWEST = date(1965, 1, 4), date(2026, 3, 11)
SESSIONS = {"small": 250, "medium": 2_500, "full": 7_500}
SERIES = {"R2000": "RU2000TR", "R1000": "RU1000TR"}
RULES = ("prev", "next", "month_end")
KEY = ["index_id", "base_rule", "period", "session"]
FFN_HAS = {"3M": "three_month", "6M": "six_month", "YTD": "ytd", "1Y": "one_year"}
SAID = {
    "zuhyo": "all windows: as-of date, lag, bases, rounding, into the table",
    "pandas": "all windows, as a series",
    "quantstats": "windows of five sessions whose base and end are given",
    "ffn": "PerformanceStats of five sessions: 3M, 6M, YTD and 1Y, rule prev; 3Y, 5Y and 10Y are annualised by days",
}


def main() -> None:
    """Compares the answers, then prints the table; exits where two answers differ."""
    [study] = [one for one in read_studies(PIPELINES / "studies") if one.study == "us_small_caps"]
    levels = invented_levels()
    sessions = levels.index[-SESSIONS[size()] :]
    some = middle_of_months(sessions)
    with connect() as connection:
        load(connection, levels)
        own = by_sql(connection, study, sessions)
        windows = own[own.index.get_level_values("session").isin(some)]
        calls = {
            "zuhyo": partial(by_sql, connection, study, sessions),
            "pandas": partial(by_pandas, study, levels, sessions),
            "quantstats": partial(by_quantstats, levels, windows),
            "ffn": partial(by_ffn, levels, some),
        }
        answers = {name: call() for name, call in calls.items() if name != "zuhyo"}
        for name, answer in answers.items():
            compare(own["return_cum"], name, answer)
        seconds = in_turns(calls)
    counts = {"zuhyo": len(own)} | {name: len(answer) for name, answer in answers.items()}
    each = {name: [second / counts[name] for second in times] for name, times in seconds.items()}
    rows = [
        {
            "by": name,
            "what it does": SAID[name],
            "windows": counts[name],
            "seconds": statistics.median(times),
            "microseconds a window": statistics.median(each[name]) * 1e6,
            "a window, times zuhyo's": ratio(each[name], each["zuhyo"]),
        }
        for name, times in seconds.items()
    ]
    print(report(f"Figure 1: {len(sessions):,} sessions x 12 periods x 3 rules x 2 indices", rows))


def invented_levels() -> pd.DataFrame:
    """A level an index (column) and session (row)."""
    days = pd.DatetimeIndex(calendar.sessions(FIRST_LEVEL, NEWEST))
    moves = np.random.default_rng(1).normal(0.0004, 0.011, (len(days), len(SERIES)))
    return pd.DataFrame(np.exp(moves.cumsum(axis=0)) * 100, index=days, columns=list(SERIES))


def middle_of_months(sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Five sessions, none at a month's end, where ffn takes another base on purpose."""
    middle = sessions[(sessions.day > 5) & (sessions.day < 25)]
    return middle[:: len(middle) // 5][:5]


def load(connection: duckdb.DuckDBPyConnection, levels: pd.DataFrame) -> None:
    """Makes a warehouse whose core has the levels."""
    connection.execute("SET TimeZone = 'UTC'")
    ensure_tables(connection, contracts().values())
    connection.execute(sql_file("macros"))
    rows = levels.rename(columns=SERIES).stack().rename_axis(["date", "series_id"]).rename("level").reset_index()
    create_from_frame(connection, "TEMP TABLE bench_level", rows)
    connection.execute(
        """
        INSERT INTO core.index_level BY NAME
        SELECT * REPLACE (CAST(date AS DATE) AS date), 'gross' AS return_basis, 'USD' AS currency,
            TIMESTAMP '2026-03-12' AS known_at, 'payload' AS payload_sha256, false AS is_withdrawn
        FROM bench_level
        """
    )


def by_sql(connection: duckdb.DuckDBPyConnection, study: Study, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """The figure's own rows that have a return, by KEY: it, with the window's base and end."""
    days = [session.date() for session in sessions]
    fill_study_tables(connection, study, days, datetime(2026, 3, 13), None, FIGURE.name)
    make_rows(connection, FIGURE, study, days)
    chosen = ", ".join([*KEY, "base_date", "end_date", "return_cum"])
    rows = connection.execute(f"SELECT {chosen} FROM figure.size_return WHERE return_cum IS NOT NULL").df()
    return rows.set_index(KEY)


def by_pandas(study: Study, levels: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.Series:
    """Every window: rows of bases and ends are looked up in the sorted days, for all sessions at once."""
    days, values = levels.index, levels.to_numpy()
    known = pd.DatetimeIndex(calendar.sessions(FIRST_LEVEL, NEWEST + timedelta(days=31)))
    month_ends = pd.DatetimeIndex(known.to_series().groupby(known.to_period("M")).max())
    found = {}
    for rule, period in product(RULES, study.figure.size_return.periods):
        unit, n = period_length(period)
        if rule == "month_end" and unit in ("day", "session"):
            continue
        ends = month_ends[month_ends.searchsorted(sessions, side="right") - 1] if rule == "month_end" else sessions
        if unit == "ytd":
            anniversaries = ends - pd.offsets.YearEnd(1, normalize=True)
        else:
            anniversaries = ends - pd.DateOffset(**{"days" if unit == "session" else f"{unit}s": n or 1})
        if rule == "month_end":
            anniversaries = anniversaries + pd.offsets.MonthEnd(0)
        is_next = rule == "next" and unit not in ("ytd", "session")
        bases = days.searchsorted(anniversaries) if is_next else days.searchsorted(anniversaries, side="right") - 1
        at_end = days.searchsorted(ends)
        has_base = (anniversaries >= days[0]) & (bases < at_end)
        returns = np.where(has_base[:, None], values[at_end] / values[bases] - 1, np.nan)
        found[rule, period] = pd.DataFrame(returns, index=sessions, columns=levels.columns)
    wide = pd.concat(found, axis="columns", names=["base_rule", "period", "index_id"]).rename_axis("session")
    return wide.stack(["index_id", "base_rule", "period"]).dropna().reorder_levels(KEY)


def by_quantstats(levels: pd.DataFrame, windows: pd.DataFrame) -> pd.Series:
    """The compounded returns of windows whose days are given: it has no base rules for a day of the past."""
    returns = levels.pct_change()
    compounded = [
        quantstats.stats.comp(returns[key[0]].loc[window.base_date : window.end_date].iloc[1:])
        for key, window in zip(windows.index, windows.itertuples(), strict=True)
    ]
    return pd.Series(compounded, index=windows.index)


def by_ffn(levels: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.Series:
    """What PerformanceStats has of the windows of a session, by rule prev."""
    found = {}
    for session, index in product(sessions, levels.columns):
        stats = ffn.PerformanceStats(levels[index].loc[:session])
        found |= {(index, "prev", period, session): getattr(stats, name) for period, name in FFN_HAS.items()}
    return pd.Series(found).rename_axis(KEY)


def compare(own: pd.Series, name: str, answer: pd.Series) -> None:
    """Exits where an answer is missing, or is not the figure's to its last digit."""
    both = pd.concat({"own": own, "answer": answer}, axis="columns")
    both = both if name == "pandas" else both.dropna(subset="answer")
    different = both[~(both["own"] - both["answer"]).abs().le(0.5e-6 + 1e-9)]
    if len(different) or both.empty:
        sys.exit(f"{name} differs in {len(different)} of {len(both)} windows:\n{different.head()}")


if __name__ == "__main__":
    main()
