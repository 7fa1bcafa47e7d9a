"""docs/adding-a-vendor.md, followed to the letter: its files are put where it says, and a night's intake asks Acme."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest

import tests.support.replay
from assets.datasets import DATASETS
from assets.ingest import vendors
from assets.ingest.fetching import FetchContext
from assets.ingest.http import client as http
from assets.ingest.http.client import Http
from assets.ingest.ingest import Ingest, IngestResult
from assets.ingest.landing import Landing
from assets.profile import Dataset, Profile, SourceEntry, read_profile
from tests.support import specimens
from tests.support.helpers import empty_warehouse
from tests.support.replay.__main__ import fault_at, vendor_modules
from tests.support.replay.faults import CONTENT
from tests.support.replay.server import ReplayServer, environment, replay
from tests.support.vendor_cases import CASES, try_case

PAGE = (Path(__file__).parents[2] / "docs" / "adding-a-vendor.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
MODULE, PROFILE = "assets/ingest/vendors/acme.py", "pipelines/profiles/desk.toml"
REPLAYED, SPECIMEN = "tests/support/replay/acme.py", "tests/support/specimens/acme.py"
KEY = "s3cret"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's files at their places below a folder that both packages look into."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for package, name in ((vendors, MODULE), (tests.support.replay, REPLAYED), (specimens, SPECIMEN)):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str((tmp_path / name).parent)])
    monkeypatch.setenv("ACME_KEY", KEY)
    monkeypatch.setattr(http, "pause", lambda seconds: None)
    forget()
    yield tmp_path
    for name in ("assets.ingest.vendors.acme", "tests.support.replay.acme", "tests.support.specimens.acme"):
        sys.modules.pop(name, None)
    forget()


def forget() -> None:
    """What was found in the package."""
    for found in (vendors._modules, vendors._parsers, vendors._fetches):
        found.cache_clear()


@pytest.fixture
def profile(folder: Path) -> Profile:
    return read_profile((folder / PROFILE).parent, "desk")


@pytest.fixture
def acme(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    with replay(vendor_modules()["acme"].routes(folder)) as server:
        for name, address in environment(server).items():
            monkeypatch.setenv(name, address)
        yield server


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse("core.index_level", "meta.load", "meta.payload")


def take(connection: duckdb.DuckDBPyConnection, folder: Path, profile: Profile) -> IngestResult:
    with Http(folder / "kept") as web:
        context = FetchContext(date(2026, 3, 11), http=web)
        sources = profile.sources("index_level")
        return Ingest(connection, Landing(folder / "landing"), context, DATASETS["index_level"]).ingest(sources)


def test_the_page_has_its_files() -> None:
    assert list(FILES) == [MODULE, PROFILE, SPECIMEN, REPLAYED]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_acme_passes_the_cases_of_every_vendor(case: Callable[..., None], request: pytest.FixtureRequest) -> None:
    try_case(case, "acme", request)


def test_a_night_takes_in_what_acme_sends(
    folder: Path, acme: ReplayServer, profile: Profile, connection: duckdb.DuckDBPyConnection
) -> None:
    intake = take(connection, folder, profile)
    assert (intake.refused, intake.late) == ([], [])
    [(retrieval, rows)] = intake.accepted
    told = rows[["series_id", "date", "level", "return_basis", "currency", "quantum"]].astype(str).to_numpy().tolist()
    assert told == [
        ["RU2000TR", "2026-03-10", "7190.5", "gross", "USD", "0.01"],
        ["RU2000TR", "2026-03-11", "7207.07", "gross", "USD", "0.01"],
    ]
    assert retrieval.payload.url == acme.url_for("/acme/v1/history.csv?code=R2-TR")
    assert (retrieval.payload.licence, retrieval.payload.may_publish) == ("Acme: for the desk's own use", False)
    [(request, _)] = acme.log
    assert request.args["key"] == KEY
    records = [path.read_bytes() for path in (folder / "landing").rglob("*") if path.is_file()]
    assert len(records) == 2
    assert not any(KEY.encode() in record for record in records)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("another_schema", "column Stand is missing"),
        ("empty_list", "no rows"),
        ("duplicate_rows", "date is given twice"),
        ("cut_body", "the body was cut"),
    ],
)
def test_a_fault_put_on_acme_by_name_is_refused(
    folder: Path, acme: ReplayServer, profile: Profile, connection: duckdb.DuckDBPyConnection, fault: str, says: str
) -> None:
    acme.faults = dict([fault_at(f"{fault}=acme", vendor_modules())])
    intake = take(connection, folder, profile)
    assert intake.accepted == []
    [refusal] = intake.refused
    assert says in refusal.reason
    assert refusal.subjects == ("RU2000TR",)


def test_the_older_answer_is_late(
    folder: Path, acme: ReplayServer, profile: Profile, connection: duckdb.DuckDBPyConnection
) -> None:
    acme.faults = dict([fault_at("older_than_yesterday=acme", vendor_modules())])
    assert take(connection, folder, profile).late == ["RU2000TR"]
    assert vendor_modules()["acme"].CHANGES.keys() == set(CONTENT)


def test_without_its_key_acme_is_not_asked(
    folder: Path,
    acme: ReplayServer,
    profile: Profile,
    connection: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ACME_KEY")
    [refusal] = take(connection, folder, profile).refused
    assert "ACME_KEY (acme)" in refusal.reason
    assert acme.log == []


def test_the_page_lists_every_dataset_and_key() -> None:
    [told] = re.findall(r"^Datasets: (.*?)\. One series", PAGE, re.MULTILINE | re.DOTALL)
    assert sorted(re.findall(r"`(\w+)`", told)) == sorted(get_args(Dataset))
    rows: Any = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    keys = {key for row in rows for key in re.findall(r"`(\w+)", row)}
    of_guards = {"overlaps_at_least", "changes_at_most"}
    assert keys == SourceEntry.model_fields.keys() - {"vendor", "dataset"} | of_guards


def test_the_page_names_files_that_are_there() -> None:
    named = re.findall(r"`((?:tests|assets|pipelines|warehouse)/[\w./-]+)`", PAGE)
    root = Path(__file__).parents[2]
    assert [name for name in named if name not in FILES and not os.path.exists(root / name)] == []
