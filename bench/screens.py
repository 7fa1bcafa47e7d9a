"""How often the screens (checks/sql/*_screen.sql) would have warned, over every day that a warehouse knows.

Belongs here: each dataset's screen on each of its days, with what is known now; the alarms a year, by measure, and each
with its day, so that somebody looks at it. Does not belong here: whether a screen finds a fault (tests/).

Run on a copy, or while no run is working: ``python bench/screens.py path/to/warehouse.duckdb [--study us_small_caps]``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import duckdb

from assets import calendar
from assets.datasets import DATASETS
from assets.study import Study, read_studies
from assets.study_tables import fill_session_tables, fill_study_tables
from checks.table_checks import SQL
from pipelines.resources import PIPELINES
from warehouse.database import rows_as_dicts

NOW = datetime(9999, 1, 1)
YEAR = 252
DAYS = {dataset.name: dataset.day for dataset in DATASETS.values() if dataset.day} | {
    "membership": "valid_from",
    "security": "delisted_on",
}
"""The column that says of which day a row is."""


def main() -> None:
    """Prints a line a dataset, one a measure, one an alarm."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--study", default="us_small_caps")
    asked = parser.parse_args()
    [study] = [study for study in read_studies(PIPELINES / "studies") if study.study == asked.study]
    with duckdb.connect(str(asked.warehouse), read_only=True) as connection:
        for dataset in sorted(DAYS):
            days = days_of(connection, dataset)
            alarms = alarms_on(connection, dataset, study, days) if days else []
            print(f"{dataset}: {len(alarms)} alarms in {len(days)} sessions ({len(days) / YEAR:.1f} years)")
            for measure, times in Counter(alarm["measure"] for alarm in alarms).most_common():
                print(f"  {measure}: {times} ({times / len(days) * YEAR:.2f} a year)")
            for alarm in alarms:
                print("    " + ", ".join(f"{name} {value}" for name, value in alarm.items() if value is not None))


def days_of(connection: duckdb.DuckDBPyConnection, dataset: str) -> list[date]:
    """The sessions on which the dataset has rows of a new day."""
    day = DAYS[dataset]
    rows = connection.execute(
        f"SELECT DISTINCT CAST({day} AS DATE) FROM core.{dataset} WHERE {day} IS NOT NULL"
    ).fetchall()
    known = {session.date() for session in calendar.exchange().sessions}
    return sorted({found for (found,) in rows} & known)


def alarms_on(
    connection: duckdb.DuckDBPyConnection, dataset: str, study: Study, days: list[date]
) -> list[dict[str, object]]:
    """What the screen says on each day: that of levels speaks of all sessions at once, the others of the newest."""
    query = (SQL / f"{dataset}_screen.sql").read_text(encoding="utf-8")
    if dataset == "index_level":
        fill_study_tables(connection, study, days, NOW, None)
        return rows_as_dicts(connection, query)
    found = []
    for day in days:
        fill_session_tables(connection, study, [day], NOW, None)
        found += rows_as_dicts(connection, query)
    return found


if __name__ == "__main__":
    main()
