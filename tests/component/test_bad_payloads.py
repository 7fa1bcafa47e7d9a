"""Files in the drop folder that are broken in every way: refused with a reason, kept, and nothing in core changes.

Belongs here: what intake makes of such files. Does not belong here: what a whole run publishes then
(tests/pipeline/test_bad_payloads.py), vendors that are asked (test_faults.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.core.assets import load_staged
from assets.datasets import DATASETS
from assets.ingest.fetching import FetchContext
from assets.ingest.ingest import Ingest, IngestResult
from assets.ingest.landing import Landing
from assets.profile import Source
from tests.support.bad_files import BAD, FILE
from tests.support.drop import DROP, fill_drop, total_return
from tests.support.helpers import empty_warehouse
from tests.support.night import FIRST, NEXT
from warehouse.staging import stage_payloads

BOTH = (
    '[[file]]\npath = "fred/both.csv"\ndataset = "index_level"\nformat = "csv"\nreturn_basis = "gross"\n'
    'currency = "USD"\ncolumns = { series_id = "name", date = "day", level = "level" }\n'
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = empty_warehouse("core.index_level", "meta.load", "meta.payload", "meta.check_result")
    yield connection
    connection.execute("DROP SCHEMA IF EXISTS staging CASCADE")


def take(connection: duckdb.DuckDBPyConnection, folder: Path, session: date) -> IngestResult:
    """What the drop folder has, as the asset ingest/index_level takes it in, loaded into core."""
    context = FetchContext(session, drop=folder / "drop")
    sources = [Source("files", "index_level")]
    intake = Ingest(connection, Landing(folder / "landing"), context, DATASETS["index_level"]).ingest(sources)
    stage_payloads(connection, "index_level", intake.payloads_to_load(), is_again=False)
    load_staged(connection, "index_level", "run")
    connection.execute("DROP TABLE IF EXISTS incoming")
    return intake


def last_days(connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
    rows = connection.execute("SELECT series_id, max(date) FROM core.index_level GROUP BY ALL").fetchall()
    return dict(rows)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_and_kept_and_a_good_one_cures_it(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str
) -> None:
    make, message = BAD[kind]
    content = make()
    fill_drop(tmp_path / "drop", FIRST)
    assert take(connection, tmp_path, FIRST).refused == []
    fill_drop(tmp_path / "drop", NEXT, {FILE: content})

    [refusal] = take(connection, tmp_path, NEXT).refused

    assert message in refusal.reason
    assert (refusal.vendor, refusal.url, refusal.subjects) == ("files", f"file:{FILE}", ("RU2000TR",))
    others = dict.fromkeys(("RU1000TR", "RU2000PR", "IWM", "IWB"), NEXT)
    assert last_days(connection) == {**others, "RU2000TR": FIRST}
    sha256 = hashlib.sha256(content).hexdigest()
    landing = tmp_path / "landing" / "files" / "index_level"
    assert (landing / "rejected" / f"{sha256}.csv").read_bytes() == content
    [line] = (landing / "rejected" / f"{sha256}.origin.jsonl").read_text(encoding="utf-8").splitlines()
    origin = json.loads(line)
    assert message in origin["rejected_because"]
    assert (origin["url"], origin["bytes"]) == (f"file:{FILE}", len(content))
    assert not (landing / f"{sha256}.csv").exists()

    fill_drop(tmp_path / "drop", NEXT)
    assert take(connection, tmp_path, NEXT).refused == []
    assert last_days(connection) == {**others, "RU2000TR": NEXT}


def test_a_bad_file_of_several_series_stands_for_those_that_it_served(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "drop" / "fred").mkdir(parents=True)
    (tmp_path / "drop" / "drop.toml").write_text(BOTH, encoding="utf-8")
    file = tmp_path / "drop" / "fred" / "both.csv"
    file.write_bytes(one_file_of_both_indices(FIRST))
    assert take(connection, tmp_path, FIRST).refused == []
    file.write_bytes(one_file_of_both_indices(NEXT)[:-1])
    [refusal] = take(connection, tmp_path, NEXT).refused
    assert refusal.subjects == ("RU1000TR", "RU2000TR")


def one_file_of_both_indices(last: date) -> bytes:
    rows = [
        f"{series},{day:%Y-%m-%d},{level}\n"
        for series, index in [("RU2000TR", "RU2000"), ("RU1000TR", "RU1000")]
        for day, level in total_return(index).loc[: last.isoformat()].items()
    ]
    return "".join(["name,day,level\n", *rows]).encode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[[file]\n", "drop.toml", id="no_toml"),
        pytest.param(
            DROP + '\n[[file]]\npath = "fred/RU2000TR.csv"\ndataset = "index_level"\nformat = "fred_csv"\n',
            "is claimed twice",
            id="claimed_twice",
        ),
    ],
)
def test_a_drop_folder_that_cannot_be_read_concerns_every_figure(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, text: str, message: str
) -> None:
    """A fetch that fails for good is a failure, also where nobody can tell which series it would have brought."""
    fill_drop(tmp_path / "drop", FIRST)
    (tmp_path / "drop" / "drop.toml").write_text(text, encoding="utf-8")
    [refusal] = take(connection, tmp_path, FIRST).refused
    assert message in refusal.reason
    assert refusal.subjects is None
