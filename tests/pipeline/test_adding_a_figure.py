"""docs/adding-a-figure.md, followed to the letter in a copy of the project: a run makes and publishes its figure."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.support.drop import STUDY_FILE
from tests.support.night import FIRST, REPOSITORY, STUDY, ask
from tests.support.places import make_place

PAGE = (REPOSITORY / "docs" / "adding-a-figure.md").read_text(encoding="utf-8")
BLOCK = r":\n\n```\w+\n(.*?)^```$"
NEW = dict(re.findall(rf"^`(\S+)`{BLOCK}", PAGE, re.MULTILINE | re.DOTALL))
ADDED = re.findall(rf"^At the end of `(\S+)`{BLOCK}", PAGE, re.MULTILINE | re.DOTALL)
[ASKED] = re.findall(rf"^In the study's file{BLOCK}", PAGE, re.MULTILINE | re.DOTALL)
LAYERS = (
    *(f"{layer}/{dataset}" for dataset in ("index_level", "correction") for layer in ("ingest", "core")),
    "figures/fall_from_high",
    "publish/release",
)
RUN = """
import sys
from pathlib import Path
import assets
from tests.support.night import FIRST, Place, run_night
assert Path(assets.__file__).is_relative_to(Path.cwd()), assets.__file__
night = run_night(Place(Path(sys.argv[1])).settings(), FIRST, selection=sys.argv[2:], is_rendered=True)
sys.exit(night.status)
"""


def diffs() -> list[tuple[str, str, str]]:
    """File, text before and text after of each diff of the page; its file is the one that the page named last."""
    found, file = [], ""
    for named, diff in re.findall(r"^In `(\S+)`[^\n]*:$|^```diff\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        file = named or file
        if diff:
            lines = diff.splitlines()
            before = [line[1:] for line in lines if not line.startswith("+")]
            found.append((file, "\n".join(before), "\n".join(line[1:] for line in lines)))
    return found


def follow(project: Path) -> None:
    """Does in a copy of the project what the page says."""
    for package in ("assets", "checks", "pipelines", "warehouse", "tests"):
        shutil.copytree(REPOSITORY / package, project / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in NEW.items():
        assert not (project / name).exists()
        (project / name).write_text(text, encoding="utf-8")
    for name, text in ADDED:
        file = project / name
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
    for name, before, after in diffs():
        text = (project / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} has no single place for:\n{after}"
        (project / name).write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run of the copy published of a study that has this figure alone."""
    project = tmp_path_factory.mktemp("project")
    follow(project)
    place = make_place(project / "place")
    indices = STUDY_FILE[: STUDY_FILE.index("[figure.")]
    (place.studies / f"{STUDY}.toml").write_text(f"{indices}{ASKED}", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", RUN, str(place.folder), *LAYERS],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    return place.published / FIRST.isoformat() / "r1"


def test_the_page_needs_two_modules_and_one_registry() -> None:
    modules = [name for name in NEW if name.endswith(".py")]
    assert modules == ["assets/figures/fall_from_high.py", "assets/publish/charts/fall_from_high.py"]
    changed = {name for name, *_ in (*ADDED, *diffs())}
    assert {name for name in changed if name.endswith(".py")} == {"assets/figures/registry.py"}
    assert changed - {"assets/figures/registry.py"} == {f"assets/publish/words/{one}.toml" for one in ("ja", "en")}


def test_the_figure_is_published(release: Path) -> None:
    assert {path.name for path in release.glob("fig*")} == {
        "fig6.parquet", "fig6.csv", "fig6.ja.svg", "fig6.en.svg", "fig6.ja.png", "fig6.en.png", "fig6.vl.json",
    }  # fmt: skip
    page = (release / "index.html").read_text(encoding="utf-8")
    for said in ("【図表6】52週の高値からの下落率", "Fall from the high", "figure.fall_from_high"):
        assert said in page
    assert "Bar chart of falls from the high of 52 weeks. Small caps " in (release / "fig6.en.svg").read_text("utf-8")


def test_its_sources_are_named(release: Path) -> None:
    assert len(json.loads((release / "datapackage.json").read_bytes())["sources"]) == 2
    svg = (release / "fig6.en.svg").read_text("utf-8")
    assert "Source: Small index; Large index" in svg
    assert "Data: nobody (through files)." in svg


def test_its_numbers_are_those_of_the_levels(release: Path) -> None:
    rows = pd.read_parquet(release / "fig6.parquet").set_index("index_id")
    warehouse = release.parents[4] / "home" / "warehouse.duckdb"
    for index, series in (("R2000", "RU2000TR"), ("R1000", "RU1000TR")):
        levels = ask(warehouse, "SELECT date, level FROM core.index_level WHERE series_id = ? ORDER BY date", series)
        year = [level for day, level in levels if (FIRST - day).days <= 364 and day <= FIRST]
        assert rows.loc[index, "fall"] == pytest.approx(year[-1] / max(year) - 1, abs=1e-6)
        assert rows.loc[index, "fall"] <= 0


def test_the_page_names_files_that_are_there() -> None:
    named = set(re.findall(r"`((?:tests|assets|pipelines|warehouse|checks)/[\w./-]+)`", PAGE)) - NEW.keys()
    assert [name for name in sorted(named) if not (REPOSITORY / name).exists()] == []
