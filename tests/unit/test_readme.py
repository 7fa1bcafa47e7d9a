"""README and the pages of docs: what they print can be run, and what they name exists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.ingest.payload import FetchContext, Source
from assets.ingest.vendors import UnknownFormatError, files, parser_for
from assets.publish.changes import changes, first_change
from assets.study import Study
from checks.expectations import GROUPS
from warehouse.contract import contracts
from warehouse.database import append
from warehouse.readers import ReleaseRows, add_releases, add_runs, create_views, describe_columns, readers_database

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "example" / "us_small_caps" / "2026-03-11" / "r1"
READERS = ".zuhyo/sample/published/zuhyo.duckdb"
PAGES = [
    "README.md",
    "README.ja.md",
    "docs/operations.md",
    "docs/adding-a-vendor.md",
    "docs/adding-a-study.md",
]
FIGURES = {
    "figure.size_return": "fig1.parquet",
    "figure.long_run": "fig2.parquet",
    "figure.domestic_revenue": "fig3_rows.parquet",
    "figure.claim": "claims.parquet",
}
DATASETS = {
    "membership", "security_level", "security", "holding", "company", "revenue_geography", "eps_estimate",
    "fund", "fund_nav", "policy_rate", "correction",
}  # fmt: skip
KEY = {"study": "us_small_caps", "session": date(2026, 3, 11)}
MORNING = datetime(2026, 3, 11, 22, 15)
PAYLOAD = "0" * 64


def blocks(language: str, pages: list[str] = PAGES) -> list[Any]:
    """Every fenced block of a language, as test parameters named by page and number."""
    found = []
    for page in pages:
        text = (ROOT / page).read_text(encoding="utf-8")
        fenced = re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        found += [pytest.param(block, id=f"{page}-{number}") for number, block in enumerate(fenced, start=1)]
    assert found, f"no {language} block in {', '.join(pages)}: the test looks in the wrong place"
    return found


def shell_queries() -> list[Any]:
    """The database, if any, and the SQL of every printed ``duckdb [-readonly …] -c "…"``."""
    line = re.compile(r'^duckdb (?:-readonly (\S+) )?-c "(.+)"$', re.MULTILINE)
    queries = [found for block in blocks("sh") for found in line.findall(block.values[0])]
    assert queries
    return queries


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A readers' database with the example as revision 1 and a restated level as revision 2."""
    folder = tmp_path_factory.mktemp("readers")
    connection = duckdb.connect()
    restated = folder / "fig1.parquet"
    connection.execute(
        f"""
        COPY (
            SELECT * REPLACE (
                CAST(2 AS INTEGER) AS revision,
                CASE WHEN index_id = 'R2000' AND period = '1Y' THEN round(return_cum + 0.01, 6) ELSE return_cum END
                    AS return_cum
            )
            FROM '{EXAMPLE / "fig1.parquet"}'
        ) TO '{restated}'
        """
    )
    figure = contracts()["figure.size_return"]
    moved = changes(connection, figure, EXAMPLE / "fig1.parquet", restated, "restated")
    with readers_database(connection, folder / "zuhyo.duckdb"):
        first = {table: EXAMPLE / name for table, name in FIGURES.items()}
        add_releases(
            connection,
            [
                release(1, first, [first_change(contracts()[table]) for table in FIGURES]),
                release(2, {"figure.size_return": restated}, moved),
            ],
        )
        add_runs(connection, [failed_run()])
        level = {"series_id": "RU2000TR", "date": date(2025, 3, 11), "return_basis": "gross", "currency": "USD"}
        append(
            connection,
            "core.index_level",
            [{**level, "level": 13681.08, "known_at": MORNING, "payload_sha256": PAYLOAD}],
        )
        describe_columns(connection)
        create_views(connection)
    connection.close()
    return folder / "zuhyo.duckdb"


def release(revision: int, figures: dict[str, Path], changed: list[dict[str, Any]]) -> ReleaseRows:
    key = {**KEY, "revision": revision}
    return ReleaseRows(
        release={
            **key,
            "published_at": MORNING,
            "known_at": MORNING,
            "profile": "sample",
            "is_sample": True,
            "rendered": True,
            "run_id": f"run{revision}",
            "path": f"us_small_caps/2026-03-11/r{revision}",
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
        figures=figures,
    )


def failed_run() -> dict[str, Any]:
    run = {"run_id": "run3", "finished_at": MORNING, "profile": "sample", "sessions": 1, "releases": 0}
    about = {**KEY, "run_id": "run3", "check_name": "payloads_accepted"}
    return {
        "run": {**run, "succeeded": False},
        "withheld": [
            {**about, "figure": "size_return", "kind": "failed", "reason": "it is empty", "recorded_at": MORNING}
        ],
        "checks": [
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
    }


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printed paths start at the root of the repository."""
    monkeypatch.chdir(ROOT)


def test_the_example_release_is_there() -> None:
    missing = [name for name in (*FIGURES.values(), "datapackage.json") if not (EXAMPLE / name).is_file()]
    assert not missing, f"{EXAMPLE} lacks {missing}: `make note example` makes it"


@pytest.mark.usefixtures("at_root")
@pytest.mark.parametrize("query", blocks("sql"))
def test_printed_sql_returns_rows(query: str, request: pytest.FixtureRequest) -> None:
    target = "" if "docs/example" in query else str(request.getfixturevalue("readers"))
    with duckdb.connect(target, read_only=bool(target)) as connection:
        assert connection.execute(query).fetchall()


@pytest.mark.usefixtures("at_root")
@pytest.mark.parametrize(("database", "query"), shell_queries())
def test_sql_on_a_printed_command_line_returns_rows(database: str, query: str, readers: Path) -> None:
    assert database in ("", READERS)
    with duckdb.connect(str(readers) if database else "", read_only=bool(database)) as connection:
        assert connection.execute(query).fetchall()


@pytest.mark.parametrize("code", blocks("r", ["README.md", "README.ja.md"]))
def test_printed_r_reads_what_is_there(code: str, readers: Path) -> None:
    """Not run, for R is not part of the environment: its SQL gives rows, its files exist."""
    assert f'dbdir = "{READERS}", read_only = TRUE' in code
    [query] = re.findall(r'dbGetQuery\(zuhyo, "(.+)"\)', code)
    [parquet] = re.findall(r'read_parquet\("(.+)"\)', code)
    assert (ROOT / parquet).is_file()
    with duckdb.connect(str(readers), read_only=True) as connection:
        assert connection.execute(query).fetchall()


@pytest.mark.usefixtures("at_root")
@pytest.mark.parametrize("code", blocks("python", ["README.md"]))
def test_printed_python_prints_rows(code: str, readers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(code.replace(READERS, str(readers)), {})
    assert "2026-03-11" in capsys.readouterr().out


@pytest.mark.parametrize("text", blocks("toml", ["README.md", "README.ja.md"]))
def test_a_printed_drop_folder_loads(text: str, tmp_path: Path) -> None:
    (tmp_path / files.DROP_FILE).write_text(text, encoding="utf-8")
    entries = files.read_drop(tmp_path).file
    for entry in entries:
        place = tmp_path / entry.path.replace("*", "RU2000TR")
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"".join(file_of(entry)))
    payloads = list(files.fetch(Source("files", "index_level"), FetchContext(date(2026, 3, 11), tmp_path)))
    assert len(payloads) == len(entries)
    for payload in payloads:
        rows = parser_for(payload.format)(payload.content, payload.options)
        assert rows[["series_id", "level"]].to_numpy().tolist() == [[payload.subjects[0], 7207.07]]
        assert payload.licence
    assert files.unclaimed_files(tmp_path, files.read_drop(tmp_path)) == []


def file_of(entry: files.Entry) -> Iterator[bytes]:
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
