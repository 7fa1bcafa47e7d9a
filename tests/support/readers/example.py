"""A readers' database of two studies, made from the committed example: what README's examples and old clients read.

Belongs here: making the database. Does not belong here: expectations about what is read from it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from assets.publish.changes import changes, first_change
from warehouse.contract import Contract, contracts
from warehouse.database import append
from warehouse.readers import (
    ReleaseRows,
    RunRows,
    add_releases,
    add_runs,
    describe_columns,
    published_contracts,
    readers_database,
)

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "example" / "us_small_caps" / "2026-03-11" / "r1"
STUDY = "us_small_caps"
OTHER_STUDY = "us_size_french"
SESSION = date(2026, 3, 11)
MORNING = datetime(2026, 3, 11, 22, 15)
NEXT_MORNING = datetime(2026, 3, 12, 22, 15)
PAYLOAD = "0" * 64
SPLIT_LEVELS = [(date(2025, 3, 10), 100.0), (date(2025, 3, 11), 50.5), (date(2025, 3, 12), 51.0)]


def figures() -> dict[str, Path]:
    """Each table of the example with its Parquet file."""
    said = json.loads((EXAMPLE / "datapackage.json").read_bytes())["zuhyo"]["figures"]
    return {table: EXAMPLE / f"{stem}.parquet" for stem, table in said.items()}


def make_readers(folder: Path, studies: Sequence[str] = (STUDY, OTHER_STUDY)) -> Path:
    """The database: of each study the example as revision 1 and a restated level as revision 2, and a failed run.

    The second study has the example's rows with other returns. Published core tables have rows that were withdrawn.
    """
    target = folder / "zuhyo.duckdb"
    with duckdb.connect() as connection, readers_database(connection, target):
        for study in studies:
            add_releases(connection, _releases(connection, folder, study))
        add_runs(connection, [_failed_run(study) for study in studies])
        level = {"series_id": "RU2000TR", "date": date(2025, 3, 11), "return_basis": "gross", "currency": "USD"}
        append(
            connection,
            "core.index_level",
            [{**level, "level": 13681.08, "known_at": MORNING, "payload_sha256": PAYLOAD}],
        )
        append(connection, "core.index_level", [_level(day, level) for day, level in SPLIT_LEVELS])
        append(connection, "core.correction", [_split()])
        for contract in published_contracts():
            if contract.bitemporal:
                append(connection, contract.table, _invented_rows(contract))
        describe_columns(connection)
    return target


def _releases(connection: duckdb.DuckDBPyConnection, folder: Path, study: str) -> list[ReleaseRows]:
    first = {table: folder / f"{study}.{table}.parquet" for table in figures()}
    for table, file in first.items():
        other = "" if study == STUDY or "return_cum" not in contracts()[table].column_names else ", return_cum - 0.014"
        moved = other and f"{other} AS return_cum"
        connection.execute(f"COPY (SELECT * REPLACE ('{study}' AS study{moved}) FROM '{figures()[table]}') TO '{file}'")
    figure = contracts()["figure.size_return"]
    restated = folder / f"{study}.restated.parquet"
    connection.execute(
        f"""
        COPY (
            SELECT * REPLACE (
                CAST(2 AS INTEGER) AS revision,
                CASE WHEN index_id = 'R2000' AND period = '1Y' THEN return_cum + 0.01 ELSE return_cum END AS return_cum
            )
            FROM '{first[figure.table]}'
        ) TO '{restated}'
        """
    )
    moved_values = changes(connection, figure, first[figure.table], restated, "restated")
    return [
        _release(study, 1, first, [first_change(contracts()[table]) for table in first]),
        _release(study, 2, {figure.table: restated}, moved_values),
    ]


def _release(study: str, revision: int, files: dict[str, Path], changed: list[dict[str, Any]]) -> ReleaseRows:
    key = {"study": study, "session": SESSION, "revision": revision}
    return ReleaseRows(
        release={
            **key,
            "published_at": MORNING,
            "known_at": MORNING,
            "profile": "sample",
            "is_sample": True,
            "rendered": True,
            "run_id": f"run{revision}",
            "path": f"{study}/2026-03-11/r{revision}",
            "descriptor_sha256": PAYLOAD,
        },
        payloads=[
            {
                "sha256": PAYLOAD,
                "vendor": "sample",
                "dataset": "index_level",
                "url": "sample:RU2000TR",
                "retrieved_at": MORNING,
                "bytes": 1,
                "media_type": "text/csv",
                "licence": "invented",
                "may_publish": True,
            }
        ],
        changes=[{**key, **change} for change in changed],
        figures=files,
    )


def _failed_run(study: str) -> RunRows:
    about = {"study": study, "session": SESSION, "run_id": f"{study}_3", "check_name": "payloads_accepted"}
    run = {"run_id": about["run_id"], "finished_at": MORNING, "profile": "sample", "sessions": 1, "releases": 0}
    return RunRows(
        run={**run, "succeeded": False},
        withheld=[
            {**about, "figure": "size_return", "kind": "failed", "reason": "it is empty", "recorded_at": MORNING}
        ],
        checks=[
            {
                **about,
                "table_name": "landing.index_level",
                "severity": "error",
                "passed": False,
                "blocking": True,
                "observed": "1 row broke it",
                "expected": "a payload",
            }
        ],
        revisions=[],
    )


def _level(day: date, level: float) -> dict[str, Any]:
    known = {"known_at": MORNING, "payload_sha256": PAYLOAD, "return_basis": "price", "currency": "USD"}
    return {"series_id": "SPLIT", "date": day, "level": level, **known}


def _split() -> dict[str, Any]:
    nothing = dict.fromkeys(("until", "column_name", "found", "value"))
    about = {"kind": "split", "dataset": "index_level", "subject": "SPLIT", "date": SPLIT_LEVELS[1][0], "factor": 2.0}
    return _invented_row(contracts()["core.correction"]) | nothing | about


def _invented_row(contract: Contract) -> dict[str, Any]:
    invented = {
        "VARCHAR": "invented", "DATE": SESSION, "TIMESTAMP": MORNING, "BOOLEAN": True,
        "INTEGER": 1, "BIGINT": 1, "DOUBLE": 1.5, "VARCHAR[]": ["invented"],
    }  # fmt: skip
    row: dict[str, Any] = {column.name: invented[column.type] for column in contract.column}
    return row | {"known_at": MORNING, "payload_sha256": PAYLOAD, "is_withdrawn": False}


def _invented_rows(contract: Contract) -> list[dict[str, Any]]:
    """A row that stays, and one that was withdrawn the next morning."""
    row = _invented_row(contract)
    entity = next(name for name in contract.entity if isinstance(row[name], str))
    gone = row | {entity: "withdrawn"}
    return [row, gone, gone | {"known_at": NEXT_MORNING, "is_withdrawn": True}]
