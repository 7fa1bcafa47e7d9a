"""What it costs to take in a panel of prices: the first night, the next one with nothing new, and one with a day more.

Belongs here: an invented panel, these nights as whole processes, the same file into a table of DuckDB, and the nights
of another checkout beside them. Does not belong here: whether the rows are right (tests/), figures on them, parsers of
other formats.

Run: ``python bench/intake.py``; 1.25 million rows, with ``SIZE=medium`` 12.5 and with ``SIZE=full`` 125 million.
``BASE=folder`` names another checkout, with its own environment.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from measure import Cost, in_own_process, machine, run, size, table
from one_figure import fill, home_settings

SECURITIES = {"small": 200, "medium": 2_000, "full": 20_000}
DAYS, SESSIONS = 6_250, (date(2026, 3, 10), date(2026, 3, 11))
AT_ONCE = 100
CHECKSUM = "SELECT count(*), sum(hash({security}, date, CAST({level} AS DOUBLE), CAST(close AS DOUBLE))) FROM {rows}"

PANEL = """
[[file]]
path = "panel.parquet"
dataset = "security_level"
format = "price_panel_parquet"
return_basis = "adjusted_close"
currency = "USD"
licence = "invented"
"""
NIGHTS = ("first night", "nothing new", "a day more")


def main() -> None:
    """Prints a table; exits with 1 where a night did not store what the file holds."""
    if len(sys.argv) == 3:
        _run_night(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))
        return
    pythons = {"here": Path(sys.executable)}
    if os.environ.get("BASE"):
        pythons["BASE"] = Path(os.environ["BASE"]).resolve() / ".venv" / "bin" / "python"
    rows = []
    with TemporaryDirectory(prefix="intake_bench_", dir=os.environ.get("ZUHYO_TEMP")) as name:
        folder = Path(name)
        panels = _panels(folder, SECURITIES[size()])
        plain = [in_own_process(_into_table, panel, folder / "plain.duckdb") for panel in panels]
        wanted = dict(zip(NIGHTS, [plain[0].answer, plain[0].answer, plain[1].answer], strict=True))
        rows.append(_row("a table of DuckDB", "first night", plain[0], plain[0]))
        nights = {build: _nights(folder / build, python, panels) for build, python in pythons.items()}
        for _ in NIGHTS:
            for build in pythons:  # in turns, so that what else the machine does meets both
                night, cost = next(nights[build])
                if cost.answer != wanted[night]:
                    sys.exit(f"{build}, {night}: rows and checksum {cost.answer}, in the file {wanted[night]}")
                rows.append(_row(build, night, cost, plain[0]))
    print(f"A panel of {SECURITIES[size()]:,} securities and {DAYS:,} days.\n\n{table(rows)}\n\n{machine()}")


def _row(build: str, night: str, cost: Cost, plain: Cost) -> dict[str, object]:
    times = cost.seconds / plain.seconds
    return {"build": build, "night": night, "s": cost.seconds, "CPU s": cost.cpu, "peak MB": cost.peak_mb,
            "times the plain table": times}  # fmt: skip


def _nights(folder: Path, python: Path, panels: tuple[Path, Path]) -> Iterator[tuple[str, Cost]]:
    """Each night with what it cost; the answer is the number of rows in core and their checksum."""
    fill(folder, pd.bdate_range(end=SESSIONS[1], periods=3_000).date, PANEL)
    query = CHECKSUM.format(security="security_id", level="level", rows="core.security_level")
    for night, panel, session in zip(
        NIGHTS, (*panels[:1] * 2, panels[1]), (*SESSIONS[:1] * 2, SESSIONS[1]), strict=True
    ):
        shutil.copyfile(panel, folder / "drop" / "panel.parquet")
        cost = run([python, "-W", "ignore", __file__, str(folder), session.isoformat()], folder)
        with duckdb.connect(str(folder / "home" / "warehouse.duckdb"), read_only=True) as connection:
            answer = connection.execute(query).fetchone()
        yield night, Cost(cost.seconds, cost.cpu, cost.peak_mb, answer)


def _panels(folder: Path, securities: int) -> tuple[Path, Path]:
    """A panel up to the first session, and one that ends a day later: rows of a ticker stand together."""
    days = pd.bdate_range(end=SESSIONS[1], periods=DAYS + 1).to_numpy().astype("datetime64[D]")
    schema = pa.schema(
        [("ticker", pa.string()), ("date", pa.date32()), ("close", pa.float32()), ("adj_close", pa.float64())]
    )
    random, paths = np.random.default_rng(1), (folder / "until_first.parquet", folder / "until_second.parquet")
    with pq.ParquetWriter(paths[0], schema) as first, pq.ParquetWriter(paths[1], schema) as second:
        for start in range(0, securities, AT_ONCE):
            levels = 20 * np.exp(np.cumsum(random.normal(0.0003, 0.02, (AT_ONCE, DAYS + 1)), axis=1))
            for writer, length in ((first, DAYS), (second, DAYS + 1)):
                names = pa.array([f"T{start + number:05d}" for number in range(AT_ONCE)])
                tickers = names.take(pa.array(np.repeat(np.arange(AT_ONCE), length)))
                cells = levels[:, :length].ravel()
                columns = [
                    tickers,
                    pa.array(np.tile(days[:length], AT_ONCE)),
                    pa.array(cells.astype("f4")),
                    pa.array(cells),
                ]
                writer.write_table(pa.table(columns, schema=schema))
    return paths


def _into_table(panel: Path, database: Path) -> tuple[int, int]:
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"CREATE OR REPLACE TABLE panel AS FROM '{panel}'")
        return connection.execute(CHECKSUM.format(security="ticker", level="adj_close", rows="panel")).fetchone()


def _run_night(folder: Path, session: date) -> None:
    from pipelines.__main__ import run_sessions

    sys.exit(run_sessions(home_settings(folder), session, session))


if __name__ == "__main__":
    main()
