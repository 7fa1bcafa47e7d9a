"""What figure 4 costs on the daily levels of many securities over thirty years, beside other ways to its averages.

Belongs here: an invented panel in a warehouse, the figure's rows under every definition and their checks in SQL, the
same averages under one definition by plain SQL, polars and pandas. Does not belong here: whether the figure is right
(tests/).

Run: ``SIZE=medium python bench/constituents.py``: 1.3 million rows, 13 (medium) or 127 (full; without pandas).
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import measure
import pandas as pd

from assets import calendar
from assets.figures.constituent_return import FIGURE
from assets.figures.figure import make_rows
from assets.study import read_studies
from checks.table_checks import check_table
from pipelines.resources import PIPELINES
from warehouse.contract import contracts
from warehouse.database import create_from_frame, open_warehouse, sql_file

SECURITIES = {"small": 200, "medium": 2_000, "full": 20_000}
SESSIONS, SESSION, START, END = 7_575, date(2026, 3, 11), date(1996, 2, 29), date(2026, 2, 27)
CUT_OFF = datetime(2026, 3, 13)
LIMIT = "1500MB"
"""Memory that DuckDB may take, ours and plain; what a process takes besides is in its peak."""

LEVELS = """
INSERT INTO core.security_level BY NAME
SELECT
    security_id, 'panel' AS source, date, round(100 * exp(sum(move) OVER days), 4) AS level,
    'adjusted_close' AS return_basis, 'USD' AS currency, TIMESTAMP '2026-03-12 01:00' AS known_at,
    repeat('a', 64) AS payload_sha256, false AS is_withdrawn
FROM (
    SELECT
        format('S{{:05d}}', i) AS security_id, t, date,
        CASE WHEN t = 0 THEN 0 ELSE 0.0002 + 0.022 * sqrt(-2 * ln((hash(i, t) + 1) / 18446744073709551617.0))
            * cos(2 * pi() * hash(t, i, 1) / 18446744073709551616.0) END AS move
    FROM range({first}, {until}) AS r (i) CROSS JOIN session
    WHERE i % 3 <> 1 OR t < hash(i) % 7000 + 300
)
WINDOW days AS (PARTITION BY security_id ORDER BY t)
ORDER BY security_id, date
"""
REST = """
INSERT INTO core.security_level BY NAME
SELECT * REPLACE (
    CASE WHEN hash(date, security_id) % 10 > 0 THEN level * 1.001 END AS level,
    hash(date, security_id) % 10 = 0 AS is_withdrawn,
    TIMESTAMP '2026-03-12 02:00' AS known_at, repeat('b', 64) AS payload_sha256
)
FROM core.security_level
WHERE hash(security_id, date) % 100000 = 0 AND year(date) BETWEEN 2005 AND 2015
ORDER BY security_id, date;

INSERT INTO core.security BY NAME
SELECT
    security_id, security_id AS ticker, security_id AS name, DATE '1990-01-02' AS ticker_from,
    CASE WHEN max(date) < DATE '2026-01-01' THEN max(date) END AS delisted_on, 'NYSE' AS exchange,
    CASE WHEN delisted_on IS NOT NULL THEN 'performance' END AS delisting_cause,
    TIMESTAMP '2026-03-12 01:00' AS known_at, repeat('c', 64) AS payload_sha256, false AS is_withdrawn
FROM core.security_level
GROUP BY security_id;

INSERT INTO core.membership BY NAME
SELECT
    'R1000' AS series_id, security_id, security_id AS ticker, DATE '1990-01-02' AS valid_from,
    TIMESTAMP '2026-03-12 01:00' AS known_at, repeat('d', 64) AS payload_sha256, false AS is_withdrawn
FROM core.security
WHERE hash(security_id) % 5 = 0;
"""
PLAIN = """
WITH life AS (
    SELECT
        security_id, min(date) AS first_date, max(date) AS last_date,
        arg_max(level, date) / arg_min(level, date) - 1 AS value
    FROM core.security_level
    WHERE date BETWEEN DATE '1996-02-29' AND DATE '2026-02-27' AND level IS NOT NULL
    GROUP BY security_id
),
ranked AS (
    SELECT value, is_large, row_number() OVER side AS place, count(*) OVER (PARTITION BY is_large) AS n
    FROM (SELECT *, security_id IN (SELECT security_id FROM core.membership) AS is_large FROM life)
    WHERE first_date = DATE '1996-02-29' AND last_date = DATE '2026-02-27'
    WINDOW side AS (PARTITION BY is_large ORDER BY value, security_id)
),
kept AS (
    SELECT is_large, value, place - n // 100 AS place, n - 2 * (n // 100) AS n
    FROM ranked WHERE place > n // 100 AND place <= n - n // 100
)
SELECT
    is_large, avg(value), avg(value) FILTER (place > n - n // 2), avg(value) FILTER (place <= n // 2)
FROM kept GROUP BY is_large ORDER BY is_large
"""

Answer = list[tuple[float, float, float]]
"""Mean, mean of the upper and of the lower half: of small and of large."""


def main() -> None:
    """Prints a line a way; exits with 1 where an answer is another than ours."""
    ways: dict[str, Callable[..., Answer]] = {
        "figure 4: rows of every definition": ours,
        "the same and their checks": ours_with_checks,
        "plain DuckDB, one definition": plain,
        "polars, one definition": by_polars,
        "pandas, one definition": by_pandas,
    }
    if measure.size() == "full":
        del ways["pandas, one definition"]  # 127 million rows take it more than 14 GB
    with TemporaryDirectory() as folder:
        rows = measure.in_own_process(fill, Path(folder), SECURITIES[measure.size()]).answer
        costs: dict[str, list[measure.Cost]] = {way: [] for way in ways}
        for _ in range(measure.ROUNDS):
            for way, call in ways.items():
                costs[way].append(measure.in_own_process(call, Path(folder)))
    expected = costs["plain DuckDB, one definition"][0].answer
    reference = [cost.seconds for cost in costs["plain DuckDB, one definition"]]
    lines = []
    for way, found in costs.items():
        seconds = [cost.seconds for cost in found]
        lines.append(
            {
                "way": way,
                "seconds": statistics.median(seconds),
                "times plain DuckDB": measure.ratio(seconds, reference),
                "peak MB": max(cost.peak_mb for cost in found),
                "answer": "the same" if all(is_same(cost.answer, expected) for cost in found) else "another",
            }
        )
    print(f"{rows:,} levels, DuckDB's memory_limit {LIMIT}.\n\n{measure.table(lines)}\n\n{measure.machine()}")
    sys.exit(any(line["answer"] == "another" for line in lines))


def is_same(one: Answer, other: Answer) -> bool:
    """Six decimals are published."""
    pairs = zip(sum(one, ()), sum(other, ()), strict=True)
    return all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1.001e-6) for a, b in pairs)


def fill(folder: Path, securities: int) -> int:
    """A warehouse with the panel, and the panel as Parquet. A third of the names end on the way; one value in a hundred
    thousand was restated or withdrawn, none of them at either end, for plain SQL does not look at versions.
    """
    days = calendar.sessions(date(1996, 1, 2), SESSION)[-SESSIONS:]
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        connection.execute(f"SET memory_limit = '{LIMIT}'")
        create_from_frame(connection, "TEMP TABLE session", pd.DataFrame({"date": days, "t": range(len(days))}))
        for first in range(0, securities, 200):
            connection.execute(LEVELS.format(first=first, until=min(first + 200, securities)))
        connection.execute(REST)
        connection.execute(
            f"COPY (SELECT security_id, date, level FROM core.security_level) TO '{folder / 'panel.parquet'}'"
        )
        connection.execute(f"COPY (SELECT security_id FROM core.membership) TO '{folder / 'large.parquet'}'")
        return int(connection.execute("SELECT count(*) FROM core.security_level").fetchall()[0][0])


def ours(folder: Path) -> Answer:
    """The figure's inputs and its rows under every definition."""
    return _made(folder, _rows)


def ours_with_checks(folder: Path) -> Answer:
    """The rows, and the truths over them and over the levels behind them."""
    return _made(folder, _checked_rows)


def _rows(connection: duckdb.DuckDBPyConnection, study: Any) -> None:
    FIGURE.fill_tables(connection, study, [SESSION], CUT_OFF, None, FIGURE.name)
    make_rows(connection, FIGURE, study, [SESSION])


def _checked_rows(connection: duckdb.DuckDBPyConnection, study: Any) -> None:
    _rows(connection, study)
    connection.execute(sql_file(f"{FIGURE.name}_checks"))
    for table in FIGURE.tables:
        errors = [outcome.error for outcome in check_table(connection, contracts()[table], study.study, [SESSION])]
        if any(errors):
            sys.exit(f"a check of {table} could not run: {errors}")


def _made(folder: Path, make: Callable[[duckdb.DuckDBPyConnection, Any], object]) -> Answer:
    [study] = [study for study in read_studies(PIPELINES / "studies") if study.study == "us_small_caps"]
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        connection.execute(f"SET memory_limit = '{LIMIT}'")
        make(connection, study)
        return connection.execute(
            f"SELECT mean, mean_top, mean_bottom FROM {FIGURE.table} WHERE is_headline ORDER BY size DESC"
        ).fetchall()


def plain(folder: Path) -> Answer:
    """The first and the last level of each name in SQL, as one writes it for once."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        connection.execute(f"SET memory_limit = '{LIMIT}'")
        return [row[1:] for row in connection.execute(PLAIN).fetchall()]


def by_polars(folder: Path) -> Answer:
    """The same by polars, from Parquet."""
    import polars as pl

    life = (
        pl.scan_parquet(folder / "panel.parquet")
        .filter(pl.col("date").is_between(START, END), pl.col("level").is_not_null())
        .group_by("security_id")
        .agg(
            first=pl.col("date").min(), last=pl.col("date").max(),
            value=pl.col("level").get(pl.col("date").arg_max()) / pl.col("level").get(pl.col("date").arg_min()) - 1,
        )
        .filter(pl.col("first") == START, pl.col("last") == END)
        .collect(engine="streaming")
    )  # fmt: skip
    return _averages(life.to_pandas(), folder)


def by_pandas(folder: Path) -> Answer:
    """The same by pandas, from Parquet."""
    panel = pd.read_parquet(folder / "panel.parquet")
    days = pd.to_datetime(panel["date"])
    panel = panel[days.between(pd.Timestamp(START), pd.Timestamp(END)) & panel["level"].notna()]
    panel = panel.sort_values(["security_id", "date"])
    life = panel.groupby("security_id").agg(
        first=("date", "first"), last=("date", "last"), begun=("level", "first"), ended=("level", "last")
    )
    life = life[
        (pd.to_datetime(life["first"]) == pd.Timestamp(START)) & (pd.to_datetime(life["last"]) == pd.Timestamp(END))
    ]
    return _averages((life["ended"] / life["begun"] - 1).rename("value").reset_index(), folder)


def _averages(life: pd.DataFrame, folder: Path) -> Answer:
    """Mean and means of the halves of what trimming leaves, of small and of large."""
    large = set(pd.read_parquet(folder / "large.parquet")["security_id"])
    answer = []
    for is_large in (False, True):
        values = life[life["security_id"].isin(large) == is_large].sort_values(["value", "security_id"])["value"]
        k = len(values) // 100
        kept = values.iloc[k : len(values) - k]
        half = len(kept) // 2
        answer.append((kept.mean(), kept.iloc[len(kept) - half :].mean(), kept.iloc[:half].mean()))
    return answer


if __name__ == "__main__":
    main()
