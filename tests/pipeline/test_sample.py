"""The sample profile: what a newcomer runs first, the committed example, and making everything again."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.settings import Settings
from pipelines.commands import upkeep
from tests.support.night import REPOSITORY, run_night

SESSION = date(2026, 3, 11)
EXAMPLE = REPOSITORY / "docs" / "example" / "us_small_caps" / "2026-03-11" / "r1"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home in which the reference case was made from sample data."""
    settings = Settings(
        home=str(tmp_path_factory.mktemp("sample")),
        profile="sample",
        studies=str(REPOSITORY / "pipelines" / "studies"),
        profiles=str(REPOSITORY / "pipelines" / "profiles"),
    )
    assert run_night(settings, SESSION, is_rendered=True, has_expectations=True).status == 0
    return settings


def release(settings: Settings) -> Path:
    return Path(settings.home) / "published" / "us_small_caps" / "2026-03-11" / "r1"


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_committed_example_is_what_the_reference_case_makes(sample: Settings) -> None:
    made = digests(release(sample))
    del made["build.json"]  # it holds clocks and the run
    assert digests(EXAMPLE) == made, "run `make note example` and look at what changed"


def test_sample_data_is_marked_everywhere(sample: Settings) -> None:
    for language, mark in (("ja", "サンプルデータ（架空）"), ("en", "SAMPLE DATA (invented)")):
        for figure in (1, 2):
            assert mark in (release(sample) / f"fig{figure}.{language}.svg").read_text(encoding="utf-8")
    assert json.loads((release(sample) / "datapackage.json").read_bytes())["zuhyo"]["is_sample"] is True
    database = Path(sample.home) / "published" / "zuhyo.duckdb"
    with duckdb.connect(str(database), read_only=True) as readers:
        rows = readers.execute("SELECT study, is_sample, profile FROM meta.release ORDER BY study").fetchall()
    assert rows == [(study, True, "sample") for study in ("us_size_french", "us_small_caps")]


def test_rebuild_makes_the_same_files_and_keeps_the_history(
    sample: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Path(sample.home) / "published" / "zuhyo.duckdb"
    tables = ("meta.release", "meta.check_result", "meta.payload", "core.index_level", "figure.size_return")

    def counts() -> list[int]:
        with duckdb.connect(str(database), read_only=True) as readers:
            return [readers.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in tables]

    before = counts()
    (Path(sample.home) / "warehouse.duckdb").unlink()
    assert upkeep.rebuild(sample) == 0
    assert "0 files of the newest session differ" in capsys.readouterr().out
    assert counts() == before
    assert min(before) > 0


def test_rebuild_tells_of_a_file_that_comes_out_different(sample: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    csv = release(sample) / "fig1.csv"
    content = csv.read_bytes()
    try:
        csv.write_bytes(content.replace(b"0.0272", b"0.0273", 1))
        assert upkeep.rebuild(sample) == 1
        assert upkeep.verify(sample) == 1
    finally:
        csv.write_bytes(content)
    told = capsys.readouterr().err
    assert f"comes out different: {csv}" in told
    assert f"{csv}: its sha256 differs" in told
    assert upkeep.verify(sample) == 0
