"""README and the pages of docs: what they print can be run, and what they name exists."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets import drop
from assets.ingest.fetching import FetchContext
from assets.ingest.vendors import UnknownFormatError, files, parse_payload, parser_for
from assets.profile import Source
from assets.study import Study
from checks.expectations import GROUPS
from tests.support.readers.clients import command_line_folder, r_program
from tests.support.readers.example import EXAMPLE, OTHER_STUDY, ROOT, STUDY, figures, make_readers
from warehouse.contract import contracts

READERS = ".zuhyo/sample/published/zuhyo.duckdb"
PAGES = [
    "README.md",
    "README.ja.md",
    "docs/operations.md",
    "docs/adding-a-vendor.md",
    "docs/adding-a-study.md",
]
READMES = ["README.md", "README.ja.md"]
STAND_INS = ROOT / "tests" / "support" / "readers" / "r"
DATASETS = {
    "membership", "security_level", "security", "holding", "company", "revenue_geography", "eps_estimate",
    "fund", "fund_nav", "policy_rate", "correction",
}  # fmt: skip


def blocks(language: str, pages: list[str] = PAGES) -> list[Any]:
    """Every fenced block of a language, as test parameters named by page and number."""
    found = []
    for page in pages:
        text = (ROOT / page).read_text(encoding="utf-8")
        fenced = re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        found += [pytest.param(block, id=f"{page}-{number}") for number, block in enumerate(fenced, start=1)]
    assert found, f"no {language} block in {', '.join(pages)}: the test looks in the wrong place"
    return found


def shell_queries(pages: list[str]) -> list[str]:
    """The SQL of every printed ``duckdb [-readonly …] -c "…"``."""
    line = re.compile(r'^duckdb (?:-readonly \S+ )?-c "(.+)"$', re.MULTILINE)
    queries = [found for block in blocks("sh", pages) for found in line.findall(block.values[0])]
    assert queries
    return queries


def r_queries() -> list[str]:
    """The SQL that is printed as R's."""
    queries = [re.findall(r'dbGetQuery\(zuhyo, "(.+)"\)', block.values[0]) for block in blocks("r", READMES)]
    assert all(len(found) == 1 for found in queries)
    return [found for [found] in queries]


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A readers' database with two studies, as `make run` publishes them."""
    return make_readers(tmp_path_factory.mktemp("readers"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the note's study only."""
    return make_readers(tmp_path_factory.mktemp("alone"), [STUDY])


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printed paths start at the root of the repository."""
    monkeypatch.chdir(ROOT)


def test_the_example_release_is_there() -> None:
    missing = [file.name for file in (*figures().values(), EXAMPLE / "datapackage.json") if not file.is_file()]
    assert not missing, f"{EXAMPLE} lacks {missing}: `make note example` makes it"


def rows(query: str, database: Path | str = "") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=bool(database)) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.usefixtures("at_root")
@pytest.mark.parametrize("query", blocks("sql"))
def test_printed_sql_returns_rows(query: str, request: pytest.FixtureRequest) -> None:
    assert rows(query, "" if "docs/example" in query else request.getfixturevalue("readers"))


@pytest.mark.parametrize("query", [*blocks("sql", READMES), *shell_queries(READMES), *r_queries()])
def test_a_second_study_adds_no_rows(query: str, readers: Path, alone: Path) -> None:
    """A row is printed twice where a query does not name its study."""
    if "docs/example" not in query:
        assert rows(query, readers) == rows(query, alone) != []


@pytest.mark.parametrize("page", READMES)
def test_figure_1_as_drawn_has_a_row_a_bar(page: str, readers: Path) -> None:
    [query] = [p.values[0] for p in blocks("sql", [page]) if "FROM latest.size_return" in p.values[0]]
    drawn = rows(
        "SELECT period, size FROM latest.size_return WHERE study = ? AND is_headline".replace("?", f"'{STUDY}'"),
        readers,
    )
    assert len(rows(query, readers)) == len(drawn) == len(set(drawn)) == 14


@pytest.mark.parametrize("script", blocks("sh", READMES))
def test_printed_shell_runs(script: str, readers: Path, home: Path) -> None:
    """Run as printed by the program `duckdb`; what runs the pipeline is tested elsewhere."""
    lines = [line for line in script.splitlines() if line.startswith("duckdb ")]
    if not lines:
        assert re.match(r"(export .*\n)?make ", script), "a block of another kind needs a test of its own"
        return
    path = f"{command_line_folder()}:{os.environ['PATH']}"
    for line in lines:
        done = subprocess.run(
            ["sh", "-c", line], cwd=home, env=os.environ | {"PATH": path}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert "2026-03-11" in done.stdout
        assert OTHER_STUDY not in done.stdout
        assert "┌" in done.stdout


@pytest.mark.parametrize("code", blocks("r", READMES))
def test_printed_r_runs(code: str, readers: Path, home: Path, r_library: Path) -> None:
    """Run as printed by Debian's R and DBI, with small stand-ins for the packages that only CRAN has."""
    environment = os.environ | {"R_LIBS": str(r_library), "PATH": f"{command_line_folder()}:{os.environ['PATH']}"}
    done = run([r_program("Rscript"), "--vanilla", "-e", code], home, environment)
    assert len(re.findall(r"^\d+ +\S+ +(?:small|large) ", done, re.MULTILINE)) == 14
    assert "2026-03-11" in done
    [parquet] = re.findall(r'read_parquet\("(.+)"\)', code)
    assert (ROOT / parquet).is_file()


@pytest.fixture
def home(tmp_path: Path, readers: Path) -> Path:
    """A folder where the printed paths lead to the example and to a readers' database of two studies."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    database = tmp_path / READERS
    database.parent.mkdir(parents=True)
    database.symlink_to(readers)
    return tmp_path


@pytest.fixture(scope="module")
def r_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of R with the stand-ins."""
    library = tmp_path_factory.mktemp("library")
    packages = [str(folder) for folder in sorted(STAND_INS.iterdir())]
    command = [r_program("R"), "CMD", "INSTALL", "--no-docs", "--no-test-load", f"--library={library}", *packages]
    run(command, library, dict(os.environ))
    return library


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a program prints; it must end well."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("at_root")
@pytest.mark.parametrize("code", blocks("python", ["README.md"]))
def test_printed_python_prints_rows(code: str, readers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(code.replace(READERS, str(readers)), {})
    assert "2026-03-11" in capsys.readouterr().out


@pytest.mark.parametrize("text", blocks("toml", ["README.md", "README.ja.md"]))
def test_a_printed_drop_folder_loads(text: str, tmp_path: Path) -> None:
    (tmp_path / drop.DROP_FILE).write_text(text, encoding="utf-8")
    entries = drop.read_drop(tmp_path).file
    for entry in entries:
        place = tmp_path / entry.path.replace("*", "RU2000TR")
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"".join(file_of(entry)))
    payloads = list(files.fetch(Source("files", "index_level"), FetchContext(date(2026, 3, 11), tmp_path)))
    assert len(payloads) == len(entries)
    for payload in payloads:
        rows = parse_payload(payload)
        assert rows[["series_id", "level"]].to_numpy().tolist() == [[payload.subjects[0], 7207.07]]
        assert payload.licence
    assert drop.unclaimed_files(tmp_path, drop.read_drop(tmp_path)) == []


def file_of(entry: drop.Entry) -> Iterator[bytes]:
    """A file of one row, in the layout that the entry names."""
    if entry.format == "csv":
        said = entry.model_extra or {}
        day = date(2026, 3, 11).strftime(said.get("date_format", "%Y-%m-%d"))
        yield f"{said['columns']['date']},{said['columns']['level']}\n".encode(said.get("encoding", "utf-8"))
        yield f"{day},7207.07\n".encode()
        return
    yield {"fred_csv": b"DATE,VALUE\n2026-03-11,", "yahoo_csv": b"Date,AdjClose\n2026-03-11,"}[entry.format]
    yield b"7207.07\n"


def test_every_format_is_listed() -> None:
    with pytest.raises(UnknownFormatError) as unknown:
        parser_for("")
    known = str(unknown.value).split("there are: ")[1].split(", ")
    told = re.search(r"^Formats of index levels: (.*?) The study", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    assert told
    named = set(re.findall(r"`([a-z_]+)`", told[1]))
    assert named - DATASETS == set(known)


@pytest.mark.parametrize("text", blocks("toml", ["docs/adding-a-study.md"]))
def test_the_printed_study_is_one(text: str) -> None:
    study = Study.model_validate(tomllib.loads(text))
    assert study.figure_names() == ["size_return", "long_run"]
    assert study.figure.size_return
    assert set(study.figure.size_return.headline_periods) <= set(study.period_label)


def test_operations_names_every_check() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    checks = {check.name for contract in contracts().values() for check in contract.check}
    named = {
        *checks,
        "payloads_accepted",
        "drop_folder_is_described",
        *(f"…_{group.name}" for group in GROUPS.values()),
    }
    assert sorted(name for name in named if f"| `{name}` |" not in text) == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_printed_commands_exist(page: str) -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    assert sorted(named - known) == []
