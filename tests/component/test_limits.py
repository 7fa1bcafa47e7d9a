"""DuckDB's limits: where they come from, what is refused, and that what does not fit into them loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.datasets import DATASETS
from assets.home import Home
from assets.ingest import vendors
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.ingest import Ingest
from assets.ingest.landing import Landing
from assets.ingest.payload import Answer
from assets.profile import Source
from checks.table_checks import failed_checks
from pipelines.__main__ import main
from tests.support.helpers import STUDY, day, empty_warehouse
from warehouse.contract import contracts
from warehouse.database import connect, open_warehouse, transaction
from warehouse.limits import VARIABLES, LimitError

SORTED = """
CREATE OR REPLACE TABLE meta.large AS
SELECT i, hash(i) AS h, md5(i::VARCHAR) AS m FROM range(400_000) AS t (i) ORDER BY h
"""


@pytest.fixture(autouse=True)
def _nothing_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES.values(), "ZUHYO_TEMP"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Limits that SORTED does not fit into."""
    monkeypatch.setenv("ZUHYO_MEMORY", "30MB")
    monkeypatch.setenv("ZUHYO_TEMP_SIZE", "2MB")
    return monkeypatch


def setting(connection: duckdb.DuckDBPyConnection, name: str) -> Any:
    return connection.execute(f"SELECT current_setting('{name}')").fetchall()[0][0]


def memory(connection: duckdb.DuckDBPyConnection) -> int:
    [(found,)] = connection.execute("SELECT parse_formatted_bytes(current_setting('memory_limit'))").fetchall()
    return int(found)


def fill(path: Path) -> None:
    with open_warehouse(path) as connection, transaction(connection):
        connection.execute("INSERT INTO meta.large VALUES (2)")
        connection.execute(SORTED)


def test_by_default_a_quarter_of_the_memory_and_at_most_two_gigabytes(tmp_path: Path) -> None:
    with duckdb.connect(config={"memory_limit": "25%"}) as connection:
        expected = min(memory(connection), 2e9)
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        assert memory(connection) == pytest.approx(expected, rel=0.06)  # DuckDB prints two digits
        assert setting(connection, "threads") <= 4
        assert setting(connection, "temp_directory") == str(Home(tmp_path).temp) == str(tmp_path / "temp")


def test_the_environment_sets_every_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "disk" / "of its own"
    for name, value in {"MEMORY": "1GiB", "THREADS": "1", "TEMP_SIZE": "3GiB", "TEMP": str(elsewhere)}.items():
        monkeypatch.setenv(f"ZUHYO_{name}", value)
    with open_warehouse(tmp_path / "home" / "warehouse.duckdb") as connection:
        assert [setting(connection, name) for name in VARIABLES] == ["1.0 GiB", 1, "3.0 GiB"]
        assert Path(setting(connection, "temp_directory")).parent == elsewhere
    assert Home(tmp_path / "home").temp != Home(tmp_path / "other").temp, "one run must not empty another home's"


@pytest.mark.parametrize(
    ("name", "value", "like"),
    [
        ("ZUHYO_MEMORY", "2 potatoes", "2GB"),
        ("ZUHYO_MEMORY", "2048", "2GB"),
        ("ZUHYO_THREADS", "two", "2"),
        ("ZUHYO_THREADS", "0", "2"),
        ("ZUHYO_TEMP_SIZE", "much", "50GB"),
    ],
)
def test_a_wrong_limit_is_refused_by_name_before_any_work(
    name: str,
    value: str,
    like: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("ZUHYO_HOME", str(tmp_path / "home"))
    assert main(["run", "--session", "2026-03-11"]) == 2
    said = capsys.readouterr().err
    assert f"{name} is written like {like}" in said
    assert repr(value) in said
    assert not (tmp_path / "home").exists()


def test_what_does_not_fit_says_what_to_set_and_loses_nothing(tmp_path: Path, tight: pytest.MonkeyPatch) -> None:
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path) as connection:
        connection.execute("CREATE TABLE meta.large AS SELECT 1 AS i")
    with pytest.raises(LimitError, match=r"^ZUHYO_TEMP_SIZE=2MB is too little: .*with fewer ZUHYO_THREADS than \d"):
        fill(path)
    with open_warehouse(path) as connection:
        assert connection.execute("SELECT i FROM meta.large").fetchall() == [(1,)]
    tight.delenv("ZUHYO_TEMP_SIZE")
    with open_warehouse(path) as connection:
        connection.execute(SORTED)
        assert connection.execute("SELECT count(*) FROM meta.large").fetchall() == [(400_000,)]
    assert not any(Home(tmp_path).temp.glob("*"))


def test_a_study_that_does_not_fit_is_told_so(tight: pytest.MonkeyPatch) -> None:
    contract = contracts()["figure.size_return"]
    with connect() as connection:
        connection.execute("CREATE SCHEMA meta")
        with pytest.raises(duckdb.OutOfMemoryException) as caught:
            connection.execute(SORTED)
        errors = {outcome.error for outcome in failed_checks(contract, STUDY, [day("2026-03-11")], caught.value)}
    assert len(errors) == 1
    assert "ZUHYO_MEMORY=30MB is too little" in str(errors)


def test_a_payload_that_does_not_fit_is_not_refused_for_it(tmp_path: Path, tight: pytest.MonkeyPatch) -> None:
    def parse(content: bytes, options: Any) -> pd.DataFrame:
        with connect() as connection:
            connection.execute("CREATE SCHEMA meta")
            return connection.execute(SORTED).df()

    answer = Answer("https://acme.example/a.csv", "https://acme.example/a.csv", b"a\n", "text/csv")
    source = Source("acme", "index_level", options={"series_id": "A"})
    tight.setitem(vendors._fetches(), "acme", lambda source, context: [payload_from(source, answer, "acme_csv")])
    tight.setitem(vendors._parsers(), "acme_csv", parse)
    connection = empty_warehouse("core.index_level", "meta.load", "meta.payload", "meta.check_result")
    landing = Landing(tmp_path / "landing")
    intake = Ingest(connection, landing, FetchContext(day("2026-03-11")), DATASETS["index_level"]).ingest([source])
    [refusal] = intake.refused
    assert refusal.reason.startswith("ZUHYO_MEMORY=30MB is too little")
    assert [path.suffix for path in landing.folder.rglob("*") if path.is_file()] == [".arrived"], "the next run's"


def test_a_run_removes_what_a_dead_one_left(tmp_path: Path) -> None:
    left = Home(tmp_path).temp / "duckdb_temp_7_0_storage_DEFAULT-0.tmp"
    left.parent.mkdir()
    left.write_bytes(b"rows")
    Home(tmp_path).lock()
    assert not left.parent.exists()
