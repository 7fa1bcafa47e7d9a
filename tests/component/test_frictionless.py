"""The committed example is a Frictionless Data Package to the letter."""

from __future__ import annotations

import shutil
from pathlib import Path

import frictionless
import pytest

EXAMPLE = Path(__file__).parents[2] / "docs" / "example"
RELEASES = sorted(path.parent for path in EXAMPLE.glob("*/*/*/datapackage.json"))


def faults(folder: Path) -> list[str]:
    report = frictionless.validate(str(folder / "datapackage.json"))
    found = [error.message for error in report.errors]
    return found + [f"{task.place}: {error.message}" for task in report.tasks for error in task.errors]


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.parts[-3])
def test_the_official_validator_accepts_the_example(release: Path) -> None:
    assert faults(release) == []


def test_the_official_validator_finds_a_changed_value(tmp_path: Path) -> None:
    release = Path(shutil.copytree(RELEASES[0], tmp_path / "release"))
    csv = release / "fig1.csv"
    csv.write_bytes(csv.read_bytes().replace(b"YTD", b"YTX", 1))
    assert any("fig1.csv" in fault for fault in faults(release))
