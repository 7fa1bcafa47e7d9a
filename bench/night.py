"""What a night on sample data costs: the first one, the same session again, and the session after it.

Belongs here: whole runs in processes of their own, their processor time, time and peak memory, and the same of another
checkout beside it. Does not belong here: one step of a run (the other scripts), whether the figures are right (tests/).

Run: ``python bench/night.py``; ``BASE=path/of/another/checkout`` runs that one too, in turns; ``SIZE=full`` takes the
median of five rounds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb
from measure import ROUNDS, Cost, ratio, report, run, size

HERE = Path(__file__).parents[1]
NIGHTS = {"first": "2026-03-11", "nothing new": "2026-03-11", "next session": "2026-03-12"}


def main() -> None:
    """Prints a table; exits with 1 where a run fails or two checkouts publish other figures."""
    checkouts = {"this": HERE} | ({"base": Path(os.environ["BASE"]).resolve()} if os.environ.get("BASE") else {})
    costs: dict[tuple[str, str], list[Cost]] = {}
    for _ in range(1 if size() == "small" else ROUNDS):
        with TemporaryDirectory() as folder:
            for night, session in NIGHTS.items():
                for name, checkout in checkouts.items():
                    command = [checkout / ".venv/bin/python", "-m", "pipelines", "run", "--session", session]
                    home = {"ZUHYO_HOME": f"{folder}/{name}", "ZUHYO_PROFILE": "sample"}
                    costs.setdefault((night, name), []).append(run(command, checkout, **home))
            if "base" in checkouts:
                compare(Path(folder) / "this", Path(folder) / "base")
    print(report("Nights on sample data", [row(night, name, costs) for night, name in costs]))


def row(night: str, name: str, costs: dict[tuple[str, str], list[Cost]]) -> dict[str, object]:
    """A line of the table: medians, and the share of what the other checkout took in the same round."""
    own, base = costs[night, name], costs.get((night, "base"), costs[night, name])
    return {
        "night": night,
        "checkout": name,
        "CPU s": median(cost.cpu for cost in own),
        "s": median(cost.seconds for cost in own),
        "peak MB": median(cost.peak_mb for cost in own),
        "CPU, share of base": ratio([cost.cpu for cost in own], [cost.cpu for cost in base]),
        "s, share of base": ratio([cost.seconds for cost in own], [cost.seconds for cost in base]),
    }


def compare(this: Path, base: Path) -> None:
    """Every figure's table that both published has the same rows, in the columns that both know."""
    paths = sorted(base.glob("published/*/2*/r1/*.parquet"))
    # a claim's row has the text of its query, which a version may write otherwise
    tables = [path.relative_to(base) for path in paths if path.name != "claims.parquet"]
    if not tables:
        sys.exit(f"{base} has no releases")
    for path in tables:
        mine, theirs = (f"read_parquet('{home / path}')" for home in (this, base))
        known = [set(duckdb.sql(f"SELECT * FROM {rows}").columns) for rows in (mine, theirs)]
        columns = ", ".join(sorted(set.intersection(*known)))
        for some, other in ((mine, theirs), (theirs, mine)):
            rows = duckdb.sql(f"SELECT {columns} FROM {some} EXCEPT ALL SELECT {columns} FROM {other}").fetchall()
            if rows:
                sys.exit(f"{path}: {len(rows)} rows differ, such as {rows[0]}")


if __name__ == "__main__":
    main()
