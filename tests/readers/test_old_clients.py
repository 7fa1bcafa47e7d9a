"""Every DuckDB since 1.2 opens the readers' database, and finds the same in it: the same rows, types and comments."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.readers.clients import OLD_CLIENTS, READ_EVERYTHING, run_old_client
from tests.support.readers.example import make_readers
from warehouse.contract import contracts
from warehouse.corrections import correction_macros
from warehouse.database import sql_file
from warehouse.readers import published_contracts


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_readers(tmp_path_factory.mktemp("readers"))


@pytest.fixture(scope="module")
def expected(database: Path) -> dict[str, Any]:
    """What this environment's DuckDB reads."""
    command = [sys.executable, str(READ_EVERYTHING), str(database)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_there_is_something_to_read(expected: dict[str, Any]) -> None:
    latest = {f"latest.{c.name}" for c in published_contracts() if c.schema_name == "figure"} | {"latest.freshness"}
    assert latest <= expected.keys()
    empty = [name for name, found in expected.items() if name.startswith("latest.") and not found[1]]
    assert empty == []
    for contract in published_contracts():
        if contract.bitemporal:
            before, after = (
                len(expected[f"{contract.table}_as_known({moment})"][1])
                for moment in ("2026-03-11 23:00:00", "2026-03-13 00:00:00")
            )
            assert before == after + 1, contract.table
    assert len(expected["comments"][1]) > 300
    assert sum(" main" in name for name in expected) > 10


@pytest.mark.parametrize("version", OLD_CLIENTS)
def test_an_older_client_reads_the_same(version: str, database: Path, expected: dict[str, Any]) -> None:
    found = json.loads(run_old_client(version, READ_EVERYTHING, str(database)))
    assert found.pop("version") == version
    wanted = {name: rows for name, rows in expected.items() if name != "version"}
    assert found.keys() == wanted.keys()
    differing = {name: (rows, wanted[name]) for name, rows in found.items() if rows != wanted[name]}
    assert differing == {}


CHANGED = re.compile(
    r"//|%|(?<![\w.])(mod|fmod|log|log2|log10|round|round_even|date_trunc|strftime|random)\s*\(", re.IGNORECASE
)
"""What gives other results in 1.2 than in 2.0, or may: integer division, remainders, logarithms at zero, rounding.

The macros of corrections use ln(), of factors and prices that are above zero.
"""


def test_what_readers_run_has_one_meaning_in_every_version() -> None:
    texts = {"freshness": sql_file("freshness"), "round_half_up": sql_file("round_half_up")}
    published = [contract for contract in contracts().values() if contract.bitemporal and contract.published]
    texts |= {contract.table: contract.as_known_macro() for contract in published}
    texts |= {f"{contract.table} corrected": " ".join(correction_macros(contract)) for contract in published}
    code = {name: re.sub(r"--.*|'[^']*'", "", text) for name, text in texts.items()}
    assert {name: found[0] for name, text in code.items() if (found := CHANGED.search(text))} == {}
    factor = next(column for column in contracts()["core.correction"].column if column.name == "factor")
    assert factor.exclusive_minimum == 0
    assert CHANGED.search("SELECT a // b")
    assert CHANGED.search("SELECT round(a)")
    assert not CHANGED.search("SELECT round_half_up(a, 1)")
